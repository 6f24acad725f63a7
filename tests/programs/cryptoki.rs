//! Rust's cryptoki: list, sign, verify, with sessions in many threads.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::signatures::{DATA, check};
use crate::support::artifacts;
use crate::support::bench::{Bench, Credentials, hex};
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::set;

/// A kind of signature as signatures.rs calls it, and the mechanism that hashes for it.
fn kinds() -> [(&'static str, Mechanism<'static>); 9] {
    [
        ("pkcs1 sha256 container-images/rsa-2048", Mechanism::Sha256RsaPkcs),
        ("pkcs1 sha384 container-images/rsa-3072", Mechanism::Sha384RsaPkcs),
        ("pkcs1 sha512 container-images/rsa-4096", Mechanism::Sha512RsaPkcs),
        (
            "pss sha256 container-images/rsa-2048",
            Mechanism::Sha256RsaPkcsPss(pss(MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32)),
        ),
        (
            "pss sha384 container-images/rsa-3072",
            Mechanism::Sha384RsaPkcsPss(pss(MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48)),
        ),
        (
            "pss sha512 container-images/rsa-4096",
            Mechanism::Sha512RsaPkcsPss(pss(MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64)),
        ),
        ("ecdsa sha256 container-images/p-256", Mechanism::EcdsaSha256),
        ("ecdsa sha384 container-images/p-384", Mechanism::EcdsaSha384),
        ("ecdsa sha512 container-images/p-521", Mechanism::EcdsaSha512),
    ]
}

fn pss(hash_alg: MechanismType, mgf: PkcsMgfType, salt: u64) -> PkcsPssParams {
    PkcsPssParams { hash_alg, mgf, s_len: salt.into() }
}

/// The initialised module, and the slot of its token.
fn token(bench: &Bench) -> (Pkcs11, Slot) {
    set(&bench.variables());
    let module = Pkcs11::new(artifacts::module()).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slots = module.get_slots_with_initialized_token().unwrap();
    assert_eq!(slots.iter().map(Slot::id).collect::<Vec<_>>(), [1]);
    let info = module.get_token_info(slots[0]).unwrap();
    assert_eq!(info.label(), "SignPath");
    assert_eq!(info.login_required(), bench.credentials == Credentials::Pin);
    (module, slots[0])
}

fn session(module: &Pkcs11, slot: Slot, bench: &Bench) -> Session {
    let session = module.open_ro_session(slot).unwrap();
    if let Some(pin) = bench.pin() {
        session.login(UserType::User, Some(&AuthPin::new(pin.into()))).unwrap();
    }
    session
}

fn key(session: &Session, class: ObjectClass, label: &str) -> ObjectHandle {
    let template = [Attribute::Class(class), Attribute::Label(label.into())];
    let found = session.find_objects(&template).unwrap();
    assert_eq!(found.len(), 1, "{label}");
    found[0]
}

/// The lines that signatures.rs reads.
fn list(session: &Session) -> String {
    let label = |key| match &session.get_attributes(key, &[AttributeType::Label]).unwrap()[..] {
        [Attribute::Label(label)] => format!("key {}\n", String::from_utf8_lossy(label)),
        other => panic!("{other:?}"),
    };
    let keys = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap();
    keys.into_iter().map(label).collect()
}

fn signature(session: &Session, kind: &str, mechanism: &Mechanism) -> Vec<u8> {
    let label = kind.rsplit(' ').next().unwrap();
    let private = key(session, ObjectClass::PRIVATE_KEY, label);
    session.sign(mechanism, private, DATA.as_bytes()).unwrap()
}

fn line(kind: &str, signature: &[u8]) -> String {
    format!("{kind} {}\n", hex(signature))
}

#[test]
fn lists_signs_and_verifies_pkcs1_pss_and_ecdsa() {
    in_own_process_each(Credentials::BOTH, |credentials| {
        let bench = Bench::new(credentials);
        let (module, slot) = token(&bench);
        let session = session(&module, slot, &bench);
        let mut lines = list(&session);
        for (kind, mechanism) in kinds() {
            let mut signature = signature(&session, kind, &mechanism);
            lines += &line(kind, &signature);
            let public = key(&session, ObjectClass::PUBLIC_KEY, kind.rsplit(' ').next().unwrap());
            session.verify(&mechanism, public, DATA.as_bytes(), &signature).unwrap();
            *signature.last_mut().unwrap() ^= 1;
            let wrong = session.verify(&mechanism, public, DATA.as_bytes(), &signature);
            assert!(matches!(wrong, Err(Error::Pkcs11(RvError::SignatureInvalid, _))), "{kind}: {wrong:?}");
        }
        check(&lines, 1);
        assert_eq!(bench.signers(), [bench.user(); 9]);
    });
}

#[test]
fn many_threads_sign_at_once_each_with_a_session_of_its_own() {
    in_own_process(|| {
        let bench = Bench::new(Credentials::Pin);
        let (module, slot) = token(&bench);
        // the login belongs to all sessions, and lasts as long as one is open
        let first = session(&module, slot, &bench);
        let signed: String = std::thread::scope(|scope| {
            let sign = || {
                let session = module.open_ro_session(slot).unwrap();
                kinds().map(|(kind, mechanism)| line(kind, &signature(&session, kind, &mechanism))).concat()
            };
            let threads: Vec<_> = (0..12).map(|_| scope.spawn(sign)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        check(&(list(&first) + &signed), 12);
        assert_eq!(bench.emulator.requests().len(), 1 + 12 * 9, "one list, and a request a signature");
    });
}
