//! Digests: made here, equal to another implementation's, whole and in parts.

use cryptoki_sys::CKF_DIGEST;
use sha2::{Digest, Sha256, Sha384, Sha512};
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Session, initialized};

const DATA: &[u8] = b"what is digested";

fn digests(data: &[u8]) -> [(M, Vec<u8>); 4] {
    [
        (M::SHA_1, sha1::Sha1::digest(data).to_vec()),
        (M::SHA256, Sha256::digest(data).to_vec()),
        (M::SHA384, Sha384::digest(data).to_vec()),
        (M::SHA512, Sha512::digest(data).to_vec()),
    ]
}

fn session() -> Session {
    initialized(&Emulator::start().address()).session()
}

#[test]
fn data_is_digested_whole_and_in_parts_and_nobody_is_asked() {
    in_own_process(|| {
        let session = session();
        for data in [DATA, b""] {
            for (mechanism, expected) in digests(data) {
                session.digest_init(mechanism).unwrap();
                assert_eq!(session.digest(data).unwrap(), expected);

                session.digest_init(mechanism).unwrap();
                for part in data.chunks(5) {
                    session.digest_update(part).unwrap();
                }
                assert_eq!(session.digest_final().unwrap(), expected);
            }
        }
    });
}

#[test]
fn a_finished_digest_has_ended_and_a_second_one_waits_for_the_first() {
    in_own_process(|| {
        let session = session();
        assert_eq!(session.digest(DATA), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
        session.digest_init(M::SHA256).unwrap();
        assert_eq!(session.digest_init(M::SHA256), Err(ReturnValue::OPERATION_ACTIVE));
        session.digest(DATA).unwrap();
        assert_eq!(session.digest_final(), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
    });
}

#[test]
fn a_digest_that_came_in_parts_is_ended_by_its_final_function() {
    in_own_process(|| {
        let session = session();
        session.digest_init(M::SHA256).unwrap();
        session.digest_update(DATA).unwrap();

        assert_eq!(session.digest(DATA), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
    });
}

#[test]
fn a_mechanism_that_signs_does_not_digest_and_the_other_way_round() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let key = session.private_key("container-images/rsa-2048");

        assert_eq!(session.digest_init(M::SHA256_RSA_PKCS), Err(ReturnValue::MECHANISM_INVALID));
        assert_eq!(session.sign_init(M::SHA256, key), Err(ReturnValue::MECHANISM_INVALID));
    });
}

#[test]
fn no_key_can_be_digested() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let key = session.private_key("container-images/rsa-2048");
        let digest_key =
            |key| ReturnValue(unsafe { session.pkcs11.list.C_DigestKey.unwrap()(session.handle, key) });
        assert_eq!(digest_key(key), ReturnValue::OPERATION_NOT_INITIALIZED);
        session.digest_init(M::SHA256).unwrap();
        assert_eq!(digest_key(key), ReturnValue::KEY_INDIGESTIBLE);
        session.digest_init(M::SHA256).unwrap();
        assert_eq!(digest_key(0xdead), ReturnValue::KEY_HANDLE_INVALID);
    });
}

#[test]
fn a_digest_is_cancelled_with_the_session_and_others_are_not() {
    in_own_process(|| {
        let session = session();
        session.digest_init(M::SHA256).unwrap();
        session.cancel(cryptoki_sys::CKF_SIGN).unwrap();
        session.digest_update(DATA).unwrap();
        session.cancel(CKF_DIGEST).unwrap();

        assert_eq!(session.digest_update(DATA), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
    });
}
