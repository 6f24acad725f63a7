//! One signature at a time: what the module adds to the exchange with the service.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cryptoki_sys::CK_OBJECT_HANDLE;
use signpath_pkcs11::token::names::MechanismType;

use crate::bare::Bare;
use crate::figures::{Distribution, Figure, Goal, in_microseconds};
use crate::stopwatch::in_turns;
use crate::support::pkcs11::{Pkcs11, Session};

/// The keys that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    P256,
    Rsa3072,
}

impl Key {
    pub const ALL: [Self; 2] = [Self::P256, Self::Rsa3072];

    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::Rsa3072 => "RSA-3072",
        }
    }

    pub fn slug(self) -> &'static str {
        match self {
            Self::P256 => "p-256",
            Self::Rsa3072 => "rsa-3072",
        }
    }

    pub fn mechanism(self) -> MechanismType {
        match self {
            Self::P256 => MechanismType::ECDSA,
            Self::Rsa3072 => MechanismType::RSA_PKCS,
        }
    }

    /// What C_Sign gets: RSA wants a DigestInfo.
    pub fn input(self, hash: &[u8]) -> Vec<u8> {
        const SHA_256: &[u8] =
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
        match self {
            Self::P256 => hash.to_vec(),
            Self::Rsa3072 => [SHA_256, hash].concat(),
        }
    }

    /// The body of the request that the module sends for this hash, by other means.
    pub fn request(self, hash: &[u8]) -> Vec<u8> {
        let hash = BASE64_STANDARD.encode(hash);
        let how = match self {
            Self::P256 => r#""signatureAlgorithm":"Ecdsa","ecdsaOptions":{"signatureFormat":"Ieee"}"#,
            Self::Rsa3072 => {
                r#""signatureAlgorithm":"Rsa","rsaOptions":{"hashAlgorithmOid":"2.16.840.1.101.3.4.2.1","paddingMode":"Pkcs1"}"#
            }
        };
        let metadata = r#"{"sourceProcess":{"commandLine":"benchmark","user":"root","operatingSystem":{"type":"Linux","version":"6.1.0","architecture":"x86_64"}}}"#;
        format!(
            r#"{{"projectSlug":"container-images","signingPolicySlug":"{}","hashSigningData":{{"hash":"{hash}",{how},"metadata":{metadata}}}}}"#,
            self.slug()
        )
        .into_bytes()
    }
}

/// So many hashes take turns: the emulator signs each once.
const HASHES: usize = 16;

/// A hash for a turn.
pub fn hash(turn: usize) -> [u8; 32] {
    [(turn % HASHES) as u8 + 1; 32]
}

/// A session with a key.
pub struct Signer {
    pub session: Session,
    key: Key,
    object: CK_OBJECT_HANDLE,
}

impl Signer {
    pub fn new(pkcs11: &Pkcs11, key: Key) -> Self {
        let session = pkcs11.session();
        let object = session.private_key(&format!("container-images/{}", key.slug()));
        Self { session, key, object }
    }

    /// C_SignInit and C_Sign.
    pub fn sign(&self, hash: &[u8]) {
        self.session.signature(self.key.mechanism(), self.object, &self.key.input(hash)).unwrap();
    }
}

/// The module, loaded and initialised.
pub fn module() -> Pkcs11 {
    let pkcs11 = Pkcs11::load();
    pkcs11.initialize().unwrap();
    pkcs11
}

/// Warm signatures where the service is next door.
pub fn near() -> Vec<Figure> {
    more_than_bare(2000, |key| format!("warm signature, {key}, https, 0 ms away: more than the bare client"))
}

/// Warm signatures without TLS: the rest of the exchange is the smallest, and the module's own share the plainest.
pub fn own_share() -> Vec<Figure> {
    more_than_bare(4000, |key| format!("own share of a warm signature, {key}, with the verification"))
}

fn more_than_bare(turns: usize, what: impl Fn(&str) -> String) -> Vec<Figure> {
    let figure = |key: Key| {
        let (ours, bare) = compare(key, turns);
        Figure::difference(what(key.name()), ours, bare, Some(Goal::AtMost(150.0)))
    };
    Key::ALL.map(figure).into()
}

/// Warm signatures where the service is in the next town.
pub fn middle() -> Vec<Figure> {
    far_away(400, 5, None)
}

/// Warm signatures where the service is on another continent.
pub fn far() -> Vec<Figure> {
    far_away(100, 50, Some(Goal::AtMost(1.005)))
}

fn far_away(turns: usize, distance: u32, goal: Option<Goal>) -> Vec<Figure> {
    let figure = |key: Key| {
        let (ours, bare) = compare(key, turns);
        let what = format!("warm signature, {}, https, {distance} ms away", key.name());
        Figure::ratio(what, ours, bare, goal)
    };
    Key::ALL.map(figure).into()
}

/// The module's signatures, and the bare client's.
fn compare(key: Key, turns: usize) -> (Distribution, Distribution) {
    let pkcs11 = module();
    let (signer, bare) = (Signer::new(&pkcs11, key), Bare::new());
    let (sign, ask) = (|turn| signer.sign(&hash(turn)), |turn| bare.sign(key, &hash(turn)));
    for turn in 0..HASHES {
        ask(turn);
        sign(turn);
    }
    let (ours, theirs) = in_turns(turns, sign, ask);
    pkcs11.finalize().unwrap();
    (in_microseconds(&ours), in_microseconds(&theirs))
}
