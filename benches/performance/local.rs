//! What needs no service, beside SoftHSM doing the same with as many keys.

use std::path::Path;
use std::ptr::null_mut;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cryptoki_sys::*;

use crate::figures::{Figure, Goal, in_microseconds};
use crate::stopwatch::{in_turns, time_each};
use crate::support::artifacts;
use crate::support::pkcs11::{load, set};
use crate::support::softhsm::SoftHsm;

/// So many times each side has its turn; a turn is many calls.
const TURNS: usize = 60;

/// So many public keys each token has.
const KEYS: usize = 1000;
const ONE_OF_MANY: &str = "benchmark/policy-00500";

/// A module with its token, used by the functions that both have.
struct Token {
    list: &'static CK_FUNCTION_LIST,
    slot: CK_SLOT_ID,
    session: CK_SESSION_HANDLE,
    /// The label of the keys that verify.
    prefix: &'static str,
}

/// Calls a function, which must succeed.
macro_rules! call {
    ($token:expr, $function:ident($($argument:expr),*)) => {
        assert_eq!(unsafe { $token.list.$function.unwrap()($($argument),*) }, CKR_OK, stringify!($function))
    };
}

/// Every local function of the list.
pub fn compare() -> Vec<Figure> {
    let fixtures = SoftHsm::new();
    set(&[fixtures.variable()]);
    let softhsm = Token::softhsm(&SoftHsm::module());
    let ours = Token::ours();
    let compared = |what: &str, calls, work: fn(&Token, CK_OBJECT_HANDLE)| {
        side_by_side(what, calls, [&ours, &softhsm], |token| token.object(ONE_OF_MANY), work)
    };
    let mut figures = vec![
        compared("C_OpenSession and C_CloseSession", 200, |token, _| token.open_and_close()),
        compared("search among 1,000 public keys by label", 20, |token, _| token.find()),
        compared("a search without a result: eight calls of C_FindObjects", 20, |token, _| {
            token.find_nothing()
        }),
        compared("C_GetAttributeValue, six attributes of a public key", 200, Token::read_attributes),
        compared("C_Digest, SHA-256, 32 bytes", 200, |token, _| token.digest(&[7; 32])),
        compared("C_Digest, SHA-256, 1 MB", 1, |token, _| token.digest(&[7; 1_000_000])),
    ];
    for key in ["rsa-3072", "p-256"] {
        let signed = Signed::of(key);
        let find = |token: &Token| token.object(&format!("{}{key}", token.prefix));
        let verify = |token: &Token, object| token.verify(object, &signed);
        let figure = side_by_side(&format!("C_Verify, {key}"), 10, [&ours, &softhsm], find, verify);
        // nothing is promised of it: what a signature costs is
        figures.push(Figure { goal: None, ..figure });
    }
    figures.extend(crates());
    for token in [&ours, &softhsm] {
        call!(token, C_Finalize(null_mut()));
    }
    let start_and_end = |token: &Token, ()| token.start_and_end();
    let what = "C_Initialize, C_OpenSession and C_Finalize";
    figures.push(side_by_side(what, 1, [&ours, &softhsm], |_| (), start_and_end));
    figures
}

/// The same work of both modules, with what each has to find before.
fn side_by_side<T: Copy>(
    what: &str,
    calls: u32,
    tokens: [&Token; 2],
    find: impl Fn(&Token) -> T,
    work: impl Fn(&Token, T),
) -> Figure {
    let found = tokens.map(find);
    let once = |side: usize| work(tokens[side], found[side]);
    once(0);
    once(1);
    let (mut of_ours, mut of_softhsm) = (Vec::new(), Vec::new());
    in_turns(
        TURNS,
        |_| of_ours.push(time_each(calls, || once(0))),
        |_| of_softhsm.push(time_each(calls, || once(1))),
    );
    let what = format!("{what}, beside SoftHSM");
    Figure::ratio(what, in_microseconds(&of_ours), in_microseconds(&of_softhsm), Some(Goal::AtMost(1.0)))
}

/// The verification that the module does not use, to be known beside the one that it does.
fn crates() -> Vec<Figure> {
    use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
    use rsa::pkcs8::DecodePublicKey as _;
    let pem = |key| std::fs::read_to_string(artifacts::public_key(key)).unwrap();
    let (rsa, p256) = (Signed::of("rsa-3072"), Signed::of("p-256"));
    let rsa_key = rsa::RsaPublicKey::from_public_key_pem(&pem("rsa-3072")).unwrap();
    let p256_key = p256::ecdsa::VerifyingKey::from_public_key_pem(&pem("p-256")).unwrap();
    let p256_signature = p256::ecdsa::Signature::from_slice(&p256.signature).unwrap();
    let by_rsa = || {
        let scheme = rsa::Pkcs1v15Sign::new::<sha2::Sha256>();
        rsa_key.verify(scheme, &Signed::HASH, &rsa.signature).unwrap();
    };
    let by_p256 = || p256_key.verify_prehash(&Signed::HASH, &p256_signature).unwrap();
    let samples = |work: &dyn Fn()| (0..TURNS).map(|_| time_each(10, work)).collect::<Vec<_>>();
    vec![
        Figure::of(
            "the same verification of RSA-3072 by the crate rsa",
            in_microseconds(&samples(&by_rsa)),
            None,
        ),
        Figure::of(
            "the same verification of P-256 by the crate p256",
            in_microseconds(&samples(&by_p256)),
            None,
        ),
    ]
}

/// A signature that both tokens verify.
struct Signed {
    mechanism: CK_MECHANISM_TYPE,
    input: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    const HASH: [u8; 32] = [7; 32];

    /// Signed by the fixture's private half.
    fn of(key: &'static str) -> Self {
        use rsa::pkcs8::DecodePrivateKey as _;
        let pem = std::fs::read_to_string(artifacts::fixture(&format!("keys/{key}.pem"))).unwrap();
        if key == "p-256" {
            use p256::ecdsa::signature::hazmat::PrehashSigner as _;
            let private = p256::ecdsa::SigningKey::from_pkcs8_pem(&pem).unwrap();
            let signature: p256::ecdsa::Signature = private.sign_prehash(&Self::HASH).unwrap();
            let signature = signature.to_bytes().to_vec();
            return Self { mechanism: CKM_ECDSA, input: Self::HASH.into(), signature };
        }
        let private = rsa::RsaPrivateKey::from_pkcs8_pem(&pem).unwrap();
        let signature = private.sign(rsa::Pkcs1v15Sign::new::<sha2::Sha256>(), &Self::HASH).unwrap();
        let prefix = BASE64_STANDARD.decode("MDEwDQYJYIZIAWUDBAIBBQAEIA==").unwrap();
        Self { mechanism: CKM_RSA_PKCS, input: [&prefix[..], &Self::HASH].concat(), signature }
    }
}

impl Token {
    fn ours() -> Self {
        let list = load(&artifacts::module());
        let mut token = Self { list, slot: 1, session: 0, prefix: "container-images/" };
        call!(token, C_Initialize(null_mut()));
        token.session = token.open();
        token.find();
        token
    }

    /// With as many public keys as ours has.
    fn softhsm(module: &Path) -> Self {
        let mut token = Self { list: load(module), slot: 0, session: 0, prefix: "" };
        let (mut slots, mut count) = ([0; 8], 8);
        call!(token, C_Initialize(null_mut()));
        call!(token, C_GetSlotList(CK_TRUE, slots.as_mut_ptr(), &mut count));
        // the first one has the token; the other is where SoftHSM would put a new one
        token.slot = slots[0];
        token.session = token.open();
        let pin = b"1234";
        call!(token, C_Login(token.session, CKU_USER, pin.as_ptr().cast_mut(), 4));
        (0..KEYS).for_each(|number| token.create(&format!("benchmark/policy-{number:05}")));
        token
    }

    fn open(&self) -> CK_SESSION_HANDLE {
        let mut session = 0;
        let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
        call!(self, C_OpenSession(self.slot, flags, null_mut(), None, &mut session));
        session
    }

    fn open_and_close(&self) {
        let session = self.open();
        call!(self, C_CloseSession(session));
    }

    fn start_and_end(&self) {
        call!(self, C_Initialize(null_mut()));
        self.open();
        call!(self, C_Finalize(null_mut()));
    }
}

impl Token {
    /// A public key that lasts as long as the session, and so costs no file: the curve's base point, as good as any.
    fn create(&self, label: &str) {
        const P256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
        let mut point = vec![4, 65];
        point.extend(base_point());
        let (class, kind) = (CKO_PUBLIC_KEY.to_ne_bytes(), CKK_EC.to_ne_bytes());
        let mut template = [
            attribute(CKA_CLASS, &class),
            attribute(CKA_KEY_TYPE, &kind),
            attribute(CKA_LABEL, label.as_bytes()),
            attribute(CKA_ID, label.as_bytes()),
            attribute(CKA_EC_PARAMS, P256),
            attribute(CKA_EC_POINT, &point),
        ];
        let mut object = 0;
        let count = template.len() as CK_ULONG;
        call!(self, C_CreateObject(self.session, template.as_mut_ptr(), count, &mut object));
    }

    /// One public key by its label.
    fn find(&self) {
        self.object(ONE_OF_MANY);
    }

    fn object(&self, label: &str) -> CK_OBJECT_HANDLE {
        let class = CKO_PUBLIC_KEY.to_ne_bytes();
        let mut template = [attribute(CKA_CLASS, &class), attribute(CKA_LABEL, label.as_bytes())];
        let (mut object, mut count) = (0, 0);
        call!(self, C_FindObjectsInit(self.session, template.as_mut_ptr(), 2));
        call!(self, C_FindObjects(self.session, &mut object, 1, &mut count));
        call!(self, C_FindObjectsFinal(self.session));
        assert_eq!(count, 1, "{label}");
        object
    }

    /// The call of a search that has no more to find.
    fn find_nothing(&self) {
        let class = CKO_DATA.to_ne_bytes();
        let mut template = [attribute(CKA_CLASS, &class)];
        let (mut object, mut count) = (0, 0);
        call!(self, C_FindObjectsInit(self.session, template.as_mut_ptr(), 1));
        for _ in 0..8 {
            call!(self, C_FindObjects(self.session, &mut object, 1, &mut count));
        }
        call!(self, C_FindObjectsFinal(self.session));
    }

    fn read_attributes(&self, object: CK_OBJECT_HANDLE) {
        let mut room = [[0_u8; 256]; 6];
        let kinds = [CKA_CLASS, CKA_KEY_TYPE, CKA_LABEL, CKA_ID, CKA_TOKEN, CKA_VERIFY];
        let mut position = 0;
        let mut template = kinds.map(|kind| {
            let attribute =
                CK_ATTRIBUTE { type_: kind, pValue: room[position].as_mut_ptr().cast(), ulValueLen: 256 };
            position += 1;
            attribute
        });
        call!(self, C_GetAttributeValue(self.session, object, template.as_mut_ptr(), 6));
    }

    fn digest(&self, data: &[u8]) {
        let mut mechanism = mechanism(CKM_SHA256);
        let (mut digest, mut length) = ([0; 32], 32);
        let (pointer, count) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        call!(self, C_DigestInit(self.session, &mut mechanism));
        call!(self, C_Digest(self.session, pointer, count, digest.as_mut_ptr(), &mut length));
    }

    fn verify(&self, key: CK_OBJECT_HANDLE, signed: &Signed) {
        let mut mechanism = mechanism(signed.mechanism);
        let (input, signature) = (signed.input.as_ptr().cast_mut(), signed.signature.as_ptr().cast_mut());
        let (length, size) = (signed.input.len() as CK_ULONG, signed.signature.len() as CK_ULONG);
        call!(self, C_VerifyInit(self.session, &mut mechanism, key));
        call!(self, C_Verify(self.session, input, length, signature, size));
    }
}

/// Of P-256, uncompressed (SEC 2, section 2.4.2).
fn base_point() -> Vec<u8> {
    use p256::elliptic_curve::sec1::ToEncodedPoint as _;
    p256::AffinePoint::GENERATOR.to_encoded_point(false).as_bytes().to_vec()
}

fn attribute(kind: CK_ATTRIBUTE_TYPE, value: &[u8]) -> CK_ATTRIBUTE {
    let length = value.len() as CK_ULONG;
    CK_ATTRIBUTE { type_: kind, pValue: value.as_ptr().cast_mut().cast(), ulValueLen: length }
}

fn mechanism(kind: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism: kind, pParameter: null_mut(), ulParameterLen: 0 }
}
