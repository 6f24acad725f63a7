//! Signatures: every mechanism with every key, verified by another implementation; what is refused; what ends an
//! operation.

use cryptoki_sys::{
    CK_RSA_PKCS_PSS_PARAMS, CK_ULONG, CKG_MGF1_SHA1, CKG_MGF1_SHA256, CKG_MGF1_SHA384, CKG_MGF1_SHA512,
};
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::support::bench::{EC_KEYS, RSA_KEYS};
use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Mechanism, Session, initialized};
use crate::support::verification::{digest, verify};

const DATA: &[u8] = b"what is signed";

fn session(emulator: &Emulator) -> Session {
    initialized(&emulator.variables()).session()
}

fn key(session: &Session, name: &str) -> u64 {
    session.private_key(&format!("container-images/{name}"))
}

fn pss(hash: M) -> CK_RSA_PKCS_PSS_PARAMS {
    let (mgf, salt) = match hash {
        M::SHA256 => (CKG_MGF1_SHA256, 32),
        M::SHA384 => (CKG_MGF1_SHA384, 48),
        _ => (CKG_MGF1_SHA512, 64),
    };
    CK_RSA_PKCS_PSS_PARAMS { hashAlg: hash.0, mgf, sLen: salt }
}

fn with_pss(kind: M, hash: M) -> Mechanism {
    Mechanism { kind, pss: Some(pss(hash)) }
}

/// Every mechanism that hashes: itself, its hash, its scheme.
fn hashing_rsa() -> [(Mechanism, &'static str, &'static str); 6] {
    [
        (M::SHA256_RSA_PKCS.into(), "sha256", "pkcs1"),
        (M::SHA384_RSA_PKCS.into(), "sha384", "pkcs1"),
        (M::SHA512_RSA_PKCS.into(), "sha512", "pkcs1"),
        (with_pss(M::SHA256_RSA_PKCS_PSS, M::SHA256), "sha256", "pss"),
        (with_pss(M::SHA384_RSA_PKCS_PSS, M::SHA384), "sha384", "pss"),
        (with_pss(M::SHA512_RSA_PKCS_PSS, M::SHA512), "sha512", "pss"),
    ]
}

fn hashing_ec() -> [(Mechanism, &'static str, &'static str); 3] {
    [
        (M::ECDSA_SHA256.into(), "sha256", "ecdsa"),
        (M::ECDSA_SHA384.into(), "sha384", "ecdsa"),
        (M::ECDSA_SHA512.into(), "sha512", "ecdsa"),
    ]
}

/// DigestInfo by openssl's naming of the algorithm, built from its parts.
fn digest_info(hash: &str, digest: &[u8]) -> Vec<u8> {
    let oid: &[u8] = match hash {
        "sha1" => &[0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a],
        "sha256" => &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        "sha384" => &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        _ => &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
    };
    let algorithm = [&[0x30, oid.len() as u8 + 2], oid, &[0x05, 0x00]].concat();
    let octets = [&[0x04, digest.len() as u8], digest].concat();
    [&[0x30, (algorithm.len() + octets.len()) as u8], &algorithm[..], &octets].concat()
}

#[test]
fn every_mechanism_that_hashes_signs_with_every_rsa_key_whole_and_in_parts() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        for name in RSA_KEYS {
            for (mechanism, hash, scheme) in hashing_rsa() {
                whole_and_in_parts(&session, name, mechanism, hash, scheme);
            }
        }
    });
}

#[test]
fn every_mechanism_that_hashes_signs_with_every_ec_key_whole_and_in_parts() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        for name in EC_KEYS {
            for (mechanism, hash, scheme) in hashing_ec() {
                whole_and_in_parts(&session, name, mechanism, hash, scheme);
            }
        }
    });
}

fn whole_and_in_parts(session: &Session, name: &str, mechanism: Mechanism, hash: &str, scheme: &str) {
    let key = key(session, name);
    let whole = session.signature(mechanism, key, DATA).unwrap();
    verify(name, scheme, hash, &digest(hash, DATA), &whole);

    session.sign_init(mechanism, key).unwrap();
    for part in DATA.chunks(5).chain([&[][..]]) {
        session.sign_update(part).unwrap();
    }
    let in_parts = session.sign_final().unwrap();
    verify(name, scheme, hash, &digest(hash, DATA), &in_parts);
}

#[test]
fn nothing_is_data_too() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = key(&session, "p-256");
        let whole = session.signature(M::ECDSA_SHA256, key, b"").unwrap();
        verify("p-256", "ecdsa", "sha256", &digest("sha256", b""), &whole);

        session.sign_init(M::ECDSA_SHA256, key).unwrap();
        verify("p-256", "ecdsa", "sha256", &digest("sha256", b""), &session.sign_final().unwrap());
    });
}

#[test]
fn a_digest_info_of_each_algorithm_is_signed_with_every_rsa_key() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        for name in RSA_KEYS {
            for (hash, length) in [("sha1", 20), ("sha256", 32), ("sha384", 48), ("sha512", 64)] {
                let digest = vec![7; length];
                let signature =
                    session.signature(M::RSA_PKCS, key(&session, name), &digest_info(hash, &digest)).unwrap();
                verify(name, "pkcs1", hash, &digest, &signature);
            }
        }
    });
}

#[test]
fn a_digest_is_signed_with_pss_as_its_parameter_says() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        for (algorithm, hash, length) in
            [(M::SHA256, "sha256", 32), (M::SHA384, "sha384", 48), (M::SHA512, "sha512", 64)]
        {
            let digest = vec![7; length];
            let mechanism = with_pss(M::RSA_PKCS_PSS, algorithm);
            let signature = session.signature(mechanism, key(&session, "rsa-3072"), &digest).unwrap();
            verify("rsa-3072", "pss", hash, &digest, &signature);
        }
    });
}

#[test]
fn a_digest_of_any_length_is_signed_with_every_curve() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        for name in EC_KEYS {
            for length in [20, 28, 32, 48, 64] {
                let digest: Vec<u8> = (1..=length).collect();
                let signature = session.signature(M::ECDSA, key(&session, name), &digest).unwrap();
                verify(name, "ecdsa", "none", &digest, &signature);
            }
        }
    });
}

#[test]
fn a_server_that_takes_only_digests_of_the_curves_length_signs_them_all_the_same() {
    in_own_process(|| {
        let emulator = Emulator::with(&["--shape", "ec-hash-lengths=curve-only"]);
        let session = session(&emulator);
        for name in EC_KEYS {
            for length in [20, 32, 64] {
                let digest: Vec<u8> = (1..=length).collect();
                let signature = session.signature(M::ECDSA, key(&session, name), &digest).unwrap();
                verify(name, "ecdsa", "none", &digest, &signature);
            }
        }
    });
}

#[test]
fn what_signpath_cannot_express_is_refused_and_nobody_is_asked() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let (rsa, ec) = (key(&session, "rsa-2048"), key(&session, "p-256"));
        let refused =
            |mechanism: Mechanism, key, data: &[u8]| session.signature(mechanism, key, data).unwrap_err();
        let info = digest_info("sha256", &[7; 32]);

        for data in [DATA, &info[..50], &[&info[..], &[0]].concat(), &info[19..], &[]] {
            assert_eq!(refused(M::RSA_PKCS.into(), rsa, data), ReturnValue::DATA_INVALID);
        }
        assert_eq!(refused(M::RSA_PKCS.into(), rsa, &[7; 246]), ReturnValue::DATA_LEN_RANGE);
        assert_eq!(refused(with_pss(M::RSA_PKCS_PSS, M::SHA256), rsa, &[7; 20]), ReturnValue::DATA_LEN_RANGE);
        for length in [0, 19, 65] {
            assert_eq!(refused(M::ECDSA.into(), ec, &vec![7; length]), ReturnValue::DATA_LEN_RANGE);
        }
        assert_eq!(emulator.audit().len(), 0);
    });
}

#[test]
fn a_pss_parameter_that_signpath_cannot_express_is_refused_at_once() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = key(&session, "rsa-2048");
        let good = pss(M::SHA256);
        let from_libp11 = CK_ULONG::MAX - 2;
        for parameter in [
            CK_RSA_PKCS_PSS_PARAMS { sLen: 20, ..good },
            CK_RSA_PKCS_PSS_PARAMS { sLen: from_libp11, ..good },
            CK_RSA_PKCS_PSS_PARAMS { mgf: CKG_MGF1_SHA384, ..good },
            CK_RSA_PKCS_PSS_PARAMS { hashAlg: M::SHA_1.0, mgf: CKG_MGF1_SHA1, sLen: 20 },
        ] {
            let mechanism = Mechanism { kind: M::RSA_PKCS_PSS, pss: Some(parameter) };
            assert_eq!(session.sign_init(mechanism, key), Err(ReturnValue::MECHANISM_PARAM_INVALID));
        }
        assert_eq!(session.sign_init(M::RSA_PKCS_PSS, key), Err(ReturnValue::MECHANISM_PARAM_INVALID));
        assert_eq!(
            session.sign_init(Mechanism { kind: M::RSA_PKCS, pss: Some(good) }, key),
            Err(ReturnValue::MECHANISM_PARAM_INVALID)
        );
    });
}

#[test]
fn a_key_that_does_not_fit_is_refused_at_once() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let (rsa, ec) = (key(&session, "rsa-2048"), key(&session, "p-256"));
        let public = session
            .object(signpath_pkcs11::token::names::ObjectClass::PUBLIC_KEY, "container-images/rsa-2048");

        assert_eq!(session.sign_init(M::ECDSA, rsa), Err(ReturnValue::KEY_TYPE_INCONSISTENT));
        assert_eq!(session.sign_init(M::RSA_PKCS, ec), Err(ReturnValue::KEY_TYPE_INCONSISTENT));
        assert_eq!(session.sign_init(M::RSA_PKCS, public), Err(ReturnValue::KEY_FUNCTION_NOT_PERMITTED));
        assert_eq!(session.sign_init(M::RSA_PKCS, 0xdead), Err(ReturnValue::KEY_HANDLE_INVALID));
        assert_eq!(session.sign_init(M::RSA_X_509, rsa), Err(ReturnValue::MECHANISM_INVALID));
    });
}

#[test]
fn a_length_query_and_a_short_buffer_ask_nobody_and_leave_the_operation_active() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        for (name, length) in [("rsa-2048", 256), ("rsa-4096", 512), ("p-256", 64), ("p-521", 132)] {
            let mechanism = if name.starts_with("rsa") { M::SHA256_RSA_PKCS } else { M::ECDSA_SHA256 };
            emulator.tell("POST", "reset", serde_json::json!({}));
            session.sign_init(mechanism, key(&session, name)).unwrap();
            assert_eq!(session.sign_into(DATA, None).0, ReturnValue::OK);
            for room in [0, 1, length - 1] {
                let (value, told, buffer) = session.sign_into(DATA, Some(room));
                assert_eq!((value, told as usize), (ReturnValue::BUFFER_TOO_SMALL, length), "{name} {room}");
                assert!(buffer.iter().all(|byte| *byte == 0));
            }
            assert_eq!(emulator.audit().len(), 0);

            let (value, told, _) = session.sign_into(DATA, Some(length));
            assert_eq!((value, told as usize), (ReturnValue::OK, length));
            assert_eq!(emulator.audit().len(), 1);
        }
    });
}

#[test]
fn a_finished_or_failed_signature_ends_the_operation() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = key(&session, "p-256");
        assert_eq!(session.sign(DATA), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
        session.signature(M::ECDSA_SHA256, key, DATA).unwrap();
        assert_eq!(session.sign(DATA), Err(ReturnValue::OPERATION_NOT_INITIALIZED));

        assert_eq!(session.signature(M::ECDSA, key, b"short"), Err(ReturnValue::DATA_LEN_RANGE));
        assert_eq!(session.sign(&[7; 32]), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
    });
}

#[test]
fn a_second_operation_is_refused_until_the_first_has_ended() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = key(&session, "p-256");
        session.sign_init(M::ECDSA, key).unwrap();

        assert_eq!(session.sign_init(M::ECDSA, key), Err(ReturnValue::OPERATION_ACTIVE));
        session.sign(&[7; 32]).unwrap();
        session.sign_init(M::ECDSA, key).unwrap();
    });
}

#[test]
fn parts_are_ended_by_c_sign_final_and_mechanisms_that_do_not_hash_take_none() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = key(&session, "p-256");
        session.sign_init(M::ECDSA_SHA256, key).unwrap();
        session.sign_update(DATA).unwrap();
        assert_eq!(session.sign(DATA), Err(ReturnValue::OPERATION_NOT_INITIALIZED));

        session.sign_init(M::ECDSA, key).unwrap();
        assert_eq!(session.sign_update(&[7; 32]), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
        assert_eq!(emulator.audit().len(), 0);
    });
}

#[test]
fn a_sign_init_without_mechanism_cancels_the_active_operation() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let cancel = || {
            let list = session.pkcs11.list;
            ReturnValue(unsafe { list.C_SignInit.unwrap()(session.handle, std::ptr::null_mut(), 0) })
        };
        assert_eq!(cancel(), ReturnValue::KEY_HANDLE_INVALID);
        session.sign_init(M::ECDSA, key(&session, "p-256")).unwrap();

        assert_eq!(cancel(), ReturnValue::OK);
        assert_eq!(session.sign(&[7; 32]), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
    });
}

#[test]
fn a_logout_ends_signatures_that_were_begun() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        session.log_in(&emulator.pin()).unwrap();
        session.sign_init(M::ECDSA, key(&session, "p-256")).unwrap();
        session.log_out().unwrap();

        assert_eq!(session.sign(&[7; 32]), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
    });
}
