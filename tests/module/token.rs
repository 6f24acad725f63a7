//! The token: its names, its flags, its mechanisms.

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Pkcs11, check, initialized};

fn flags(variables: &[(&str, String)]) -> CK_FLAGS {
    initialized(variables).token_info().unwrap().flags
}

const ALWAYS: CK_FLAGS = CKF_RNG | CKF_WRITE_PROTECTED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;

#[test]
fn the_slot_has_id_1_and_is_listed_whether_tokens_are_asked_for_or_not() {
    in_own_process(|| {
        let pkcs11 = initialized(&Emulator::start().address());
        let list = pkcs11.list.C_GetSlotList.unwrap();
        for token_present in [CK_TRUE, CK_FALSE] {
            let (mut slot, mut count) = (0, 1);
            check(unsafe { list(token_present, &mut slot, &mut count) }).unwrap();
            assert_eq!((slot, count), (1, 1));
        }
    });
}

#[test]
fn the_tokens_strings_are_padded_with_spaces_and_never_change() {
    in_own_process(|| {
        let info = initialized(&Emulator::start().address()).token_info().unwrap();

        assert_eq!(&info.label, b"SignPath                        ");
        assert_eq!(&info.manufacturerID, b"SignPath                        ");
        assert_eq!(&info.model, b"SignPath        ");
        assert_eq!(&info.serialNumber, b"1               ");
        assert_eq!((info.ulMaxSessionCount, info.ulMaxRwSessionCount), (0, 0));
    });
}

#[test]
fn session_counts_are_those_of_the_sessions_that_are_open() {
    in_own_process(|| {
        let pkcs11 = initialized(&Emulator::start().address());
        pkcs11.open(0).unwrap();
        pkcs11.open(CKF_RW_SESSION).unwrap();
        pkcs11.open(CKF_RW_SESSION).unwrap().close().unwrap();
        let info = pkcs11.token_info().unwrap();

        assert_eq!((info.ulSessionCount, info.ulRwSessionCount), (2, 1));
    });
}

#[test]
fn without_credentials_a_login_is_required() {
    in_own_process(|| assert_eq!(flags(&Emulator::start().address()), ALWAYS | CKF_LOGIN_REQUIRED));
}

#[test]
fn with_credentials_no_login_is_required() {
    in_own_process(|| assert_eq!(flags(&Emulator::start().variables()), ALWAYS));
}

#[test]
fn with_half_of_the_credentials_a_login_is_required() {
    in_own_process(|| {
        let mut variables = Emulator::start().variables();
        variables.retain(|(name, _)| *name != "SIGNPATH_ORGANIZATION_ID");
        assert_eq!(flags(&variables), ALWAYS | CKF_LOGIN_REQUIRED);
    });
}

#[test]
fn with_credentials_a_login_is_required_where_that_is_configured() {
    in_own_process(|| {
        let mut variables = Emulator::start().variables();
        variables.push(("SIGNPATH_CRYPTOKI_LOGIN_REQUIRED", "always".to_owned()));
        assert_eq!(flags(&variables), ALWAYS | CKF_LOGIN_REQUIRED);
    });
}

#[test]
fn mechanisms_that_sign_and_hash_come_first_and_those_that_digest_last() {
    in_own_process(|| {
        let pkcs11 = initialized(&Emulator::start().address());

        assert_eq!(
            pkcs11.mechanisms(),
            [
                M::SHA256_RSA_PKCS,
                M::SHA384_RSA_PKCS,
                M::SHA512_RSA_PKCS,
                M::SHA256_RSA_PKCS_PSS,
                M::SHA384_RSA_PKCS_PSS,
                M::SHA512_RSA_PKCS_PSS,
                M::ECDSA_SHA256,
                M::ECDSA_SHA384,
                M::ECDSA_SHA512,
                M::RSA_PKCS,
                M::RSA_PKCS_PSS,
                M::ECDSA,
                M::SHA256,
                M::SHA384,
                M::SHA512,
                M::SHA_1,
            ]
        );
        let ec = CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS;
        for (number, mechanism) in pkcs11.mechanisms().into_iter().enumerate() {
            let flags = mechanism_info(&pkcs11, mechanism).unwrap().flags & !ec;
            assert_eq!(
                flags,
                if number < 12 { CKF_HW | CKF_SIGN | CKF_VERIFY } else { CKF_DIGEST },
                "{mechanism}"
            );
        }
    });
}

#[test]
fn a_mechanism_that_the_token_does_not_have_is_none() {
    in_own_process(|| {
        let pkcs11 = initialized(&Emulator::start().address());

        assert_eq!(mechanism_info(&pkcs11, M::RSA_X_509).err(), Some(ReturnValue::MECHANISM_INVALID));
    });
}

#[test]
fn another_slot_does_not_exist() {
    in_own_process(|| {
        let list = initialized(&Emulator::start().address()).list;
        let (mut slot, mut token) = (CK_SLOT_INFO::default(), CK_TOKEN_INFO::default());
        for other in [0, 2, CK_ULONG::MAX] {
            assert_eq!(unsafe { list.C_GetSlotInfo.unwrap()(other, &mut slot) }, CKR_SLOT_ID_INVALID);
            assert_eq!(unsafe { list.C_GetTokenInfo.unwrap()(other, &mut token) }, CKR_SLOT_ID_INVALID);
            assert_eq!(unsafe { list.C_CloseAllSessions.unwrap()(other) }, CKR_SLOT_ID_INVALID);
        }
    });
}

#[test]
fn random_numbers_are_made_and_seeds_are_not_taken() {
    in_own_process(|| {
        let session = initialized(&Emulator::start().address()).session();
        let list = session.pkcs11.list;
        let mut random = vec![0; 10_000];
        let length = random.len() as CK_ULONG;
        check(unsafe { list.C_GenerateRandom.unwrap()(session.handle, random.as_mut_ptr(), length) })
            .unwrap();

        let zeros = random.iter().filter(|byte| **byte == 0).count();
        assert!((1..200).contains(&zeros), "{zeros} of 10000 random bytes are zero");
        assert!(random.chunks(100).all(|chunk| chunk.iter().any(|byte| *byte != 0)));
        assert_eq!(
            ReturnValue(unsafe { list.C_SeedRandom.unwrap()(session.handle, random.as_mut_ptr(), 10) }),
            ReturnValue::RANDOM_SEED_NOT_SUPPORTED
        );
    });
}

fn mechanism_info(pkcs11: &Pkcs11, kind: M) -> Result<CK_MECHANISM_INFO, ReturnValue> {
    let mut info = CK_MECHANISM_INFO::default();
    check(unsafe { pkcs11.list.C_GetMechanismInfo.unwrap()(1, kind.0, &mut info) })?;
    Ok(info)
}
