//! Verification: done here with the public key, for every mechanism that signs.

use cryptoki_sys::{CK_RSA_PKCS_PSS_PARAMS, CKF_VERIFY, CKG_MGF1_SHA256};
use sha2::{Digest, Sha256};
use signpath_pkcs11::token::names::{MechanismType as M, ObjectClass, ReturnValue};

use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Mechanism, Session, initialized};

const DATA: &[u8] = b"what was signed";

fn pss(kind: M) -> Mechanism {
    Mechanism {
        kind,
        pss: Some(CK_RSA_PKCS_PSS_PARAMS { hashAlg: M::SHA256.0, mgf: CKG_MGF1_SHA256, sLen: 32 }),
    }
}

/// A mechanism, the key that it is for, and data that it takes.
fn mechanisms() -> Vec<(Mechanism, &'static str, Vec<u8>)> {
    let digest = Sha256::digest(DATA).to_vec();
    let prefix = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0, 4,
        32,
    ];
    let info = [&prefix[..], &digest].concat();
    vec![
        (M::SHA256_RSA_PKCS.into(), "rsa-2048", DATA.to_vec()),
        (M::SHA384_RSA_PKCS.into(), "rsa-3072", DATA.to_vec()),
        (M::SHA512_RSA_PKCS.into(), "rsa-4096", DATA.to_vec()),
        (pss(M::SHA256_RSA_PKCS_PSS), "rsa-2048", DATA.to_vec()),
        (M::ECDSA_SHA256.into(), "p-256", DATA.to_vec()),
        (M::ECDSA_SHA384.into(), "p-384", DATA.to_vec()),
        (M::ECDSA_SHA512.into(), "p-521", DATA.to_vec()),
        (M::ECDSA_SHA512.into(), "p-256", DATA.to_vec()),
        (M::RSA_PKCS.into(), "rsa-2048", info),
        (pss(M::RSA_PKCS_PSS), "rsa-3072", digest.clone()),
        (M::ECDSA.into(), "p-384", digest),
    ]
}

/// A session, and the two halves of a key in it.
fn keys(session: &Session, name: &str) -> (u64, u64) {
    let label = format!("container-images/{name}");
    (session.private_key(&label), session.object(ObjectClass::PUBLIC_KEY, &label))
}

#[test]
fn every_signature_verifies_and_no_other_does() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        for (mechanism, name, data) in mechanisms() {
            let (private, public) = keys(&session, name);
            let signature = session.signature(mechanism, private, &data).unwrap();
            let verify = |signature: &[u8]| {
                session.verify_init(mechanism, public).unwrap();
                session.verify(&data, signature)
            };
            let mut wrong = signature.clone();
            wrong[20] ^= 1;

            assert_eq!(verify(&signature), Ok(()), "{name}");
            assert_eq!(verify(&wrong), Err(ReturnValue::SIGNATURE_INVALID));
            assert_eq!(verify(&signature[1..]), Err(ReturnValue::SIGNATURE_LEN_RANGE));
            assert_eq!(session.verify(&data, &signature), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
        }
        assert_eq!(emulator.audit().len(), mechanisms().len());
    });
}

#[test]
fn data_is_verified_in_parts() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let (private, public) = keys(&session, "p-256");
        let signature = session.signature(M::ECDSA_SHA256, private, DATA).unwrap();
        session.verify_init(M::ECDSA_SHA256, public).unwrap();
        for part in DATA.chunks(4) {
            session.verify_update(part).unwrap();
        }
        assert_eq!(session.verify_final(&signature), Ok(()));

        session.verify_init(M::ECDSA_SHA256, public).unwrap();
        session.verify_update(b"other data").unwrap();
        assert_eq!(session.verify_final(&signature), Err(ReturnValue::SIGNATURE_INVALID));
    });
}

#[test]
fn a_signature_may_come_before_its_data() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let (private, public) = keys(&session, "p-256");
        let signature = session.signature(M::ECDSA_SHA256, private, DATA).unwrap();
        session.verify_signature_init(M::ECDSA_SHA256, public, &signature).unwrap();
        assert_eq!(session.verify_signature(DATA), Ok(()));

        session.verify_signature_init(M::ECDSA_SHA256, public, &signature).unwrap();
        session.verify_signature_update(DATA).unwrap();
        assert_eq!(session.verify_signature_final(), Ok(()));

        session.verify_signature_init(M::ECDSA_SHA256, public, &signature).unwrap();
        assert_eq!(session.verify_signature(b"other data"), Err(ReturnValue::SIGNATURE_INVALID));
        session.verify_init(M::ECDSA_SHA256, public).unwrap();
        assert_eq!(session.verify_signature(DATA), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
    });
}

#[test]
fn only_public_keys_verify_and_only_with_mechanisms_that_fit() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let (private, public) = keys(&session, "p-256");

        assert_eq!(session.verify_init(M::ECDSA, private), Err(ReturnValue::KEY_FUNCTION_NOT_PERMITTED));
        assert_eq!(session.verify_init(M::RSA_PKCS, public), Err(ReturnValue::KEY_TYPE_INCONSISTENT));
        assert_eq!(session.verify_init(M::SHA256, public), Err(ReturnValue::MECHANISM_INVALID));
        assert_eq!(session.verify_init(M::ECDSA, 0xdead), Err(ReturnValue::KEY_HANDLE_INVALID));
    });
}

#[test]
fn a_verification_is_cancelled_with_the_session_or_without_a_mechanism() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let (_, public) = keys(&session, "p-256");
        session.verify_init(M::ECDSA, public).unwrap();
        assert_eq!(session.verify_init(M::ECDSA, public), Err(ReturnValue::OPERATION_ACTIVE));
        session.cancel(CKF_VERIFY).unwrap();
        session.verify_init(M::ECDSA, public).unwrap();
        let without = unsafe {
            session.pkcs11.list.C_VerifyInit.unwrap()(session.handle, std::ptr::null_mut(), public)
        };

        assert_eq!(ReturnValue(without), ReturnValue::OK);
        assert_eq!(session.verify(&[7; 32], &[0; 64]), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
    });
}
