//! Logging in: which PINs there are, what they show, how long a login lasts.

use signpath_pkcs11::token::names::{ReturnValue, SessionState};

use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Session, initialized};

/// How many objects a session sees.
fn visible(session: &Session) -> usize {
    session.find_keys().unwrap().len()
}

fn state(session: &Session) -> SessionState {
    session.state().unwrap()
}

fn always(emulator: &Emulator) -> Vec<(&'static str, String)> {
    let mut variables = emulator.variables();
    variables.push(("SIGNPATH_CRYPTOKI_LOGIN_REQUIRED", "always".to_owned()));
    variables
}

#[test]
fn without_credentials_nothing_is_visible_before_the_login_and_everything_after_it() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        assert_eq!(visible(&session), 0);
        session.log_in(&emulator.pin()).unwrap();

        assert!(visible(&session) > 0);
        assert_eq!(emulator.requests().len(), 1);
    });
}

#[test]
fn a_token_with_colons_and_every_other_awkward_character_is_a_pin() {
    in_own_process(|| {
        let emulator = Emulator::start();
        for character in ['+', '/', '=', ':'] {
            assert!(emulator.token_awkward.contains(character));
        }
        let session = initialized(&emulator.address()).session();
        session.log_in(&format!("{}:{}", emulator.organization, emulator.token_awkward)).unwrap();

        assert!(visible(&session) > 0);
    });
}

#[test]
fn the_pin_beats_the_configured_credentials() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        session.log_in(&format!("{}:{}", emulator.organization, emulator.token_some)).unwrap();

        assert_eq!(visible(&session), 6, "private key, public key and certificate of two policies");
    });
}

#[test]
fn with_credentials_the_pin_is_config_or_empty() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        for pin in ["CONFIG", ""] {
            session.log_in(pin).unwrap();
            assert_eq!(state(&session), SessionState::RW_USER_FUNCTIONS);
            session.log_out().unwrap();
        }
    });
}

#[test]
fn a_second_login_is_refused_and_changes_nothing() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        session.log_in("CONFIG").unwrap();

        assert_eq!(session.log_in("CONFIG"), Err(ReturnValue::USER_ALREADY_LOGGED_IN));
        assert_eq!(state(&session), SessionState::RW_USER_FUNCTIONS);
    });
}

#[test]
fn what_is_no_pin_is_an_incorrect_one_and_nobody_is_asked() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        for pin in
            ["", "CONFIG", "1234", &emulator.token, &format!("{}:", emulator.organization), "acme:token"]
        {
            assert_eq!(session.log_in(pin), Err(ReturnValue::PIN_INCORRECT), "{pin}");
        }
        assert_eq!(emulator.requests().len(), 0);
    });
}

#[test]
fn the_login_is_the_processs_and_ends_with_its_last_session() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.address());
        let (one, other) = (pkcs11.session(), pkcs11.open(0).unwrap());
        one.log_in(&emulator.pin()).unwrap();
        assert_eq!(state(&other), SessionState::RO_USER_FUNCTIONS);

        one.close().unwrap();
        assert_eq!(state(&other), SessionState::RO_USER_FUNCTIONS);
        other.close().unwrap();
        assert_eq!(state(&pkcs11.session()), SessionState::RW_PUBLIC_SESSION);
    });
}

#[test]
fn closing_all_sessions_ends_the_login() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.address());
        pkcs11.session().log_in(&emulator.pin()).unwrap();
        pkcs11.close_all().unwrap();

        let session = pkcs11.session();
        assert_eq!(state(&session), SessionState::RW_PUBLIC_SESSION);
        assert_eq!(visible(&session), 0);
    });
}

#[test]
fn the_same_credentials_are_not_asked_about_again_within_a_minute() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.address());
        for _ in 0..13 {
            let session = pkcs11.session();
            session.log_in(&emulator.pin()).unwrap();
            session.private_key("container-images/p-256");
            session.close().unwrap();
        }

        assert_eq!(emulator.requests().len(), 1);
    });
}

#[test]
fn other_credentials_within_that_minute_are_asked_about() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        session.log_in(&emulator.pin()).unwrap();
        session.log_out().unwrap();

        let wrong = format!("{}x", emulator.pin());
        assert_eq!(session.log_in(&wrong), Err(ReturnValue::PIN_INCORRECT));
        assert_eq!(visible(&session), 0);
    });
}

#[test]
fn after_a_logout_old_handles_stay_invalid_also_when_logged_in_again() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        session.log_in(&emulator.pin()).unwrap();
        let key = session.private_key("container-images/p-256");
        session.log_out().unwrap();
        assert_eq!(visible(&session), 0);
        session.log_in(&emulator.pin()).unwrap();

        let mechanism = signpath_pkcs11::token::names::MechanismType::ECDSA;
        assert_eq!(session.sign_init(mechanism, key), Err(ReturnValue::KEY_HANDLE_INVALID));
        assert_ne!(session.private_key("container-images/p-256"), key);
    });
}

#[test]
fn where_a_login_is_always_required_configured_credentials_show_nothing_before_it() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&always(&emulator)).session();
        assert_eq!(visible(&session), 0);
        assert_eq!(emulator.requests().len(), 0);
        session.log_in("CONFIG").unwrap();

        assert!(visible(&session) > 0);
    });
}

#[test]
fn where_a_login_is_always_required_an_explicit_pin_is_the_one_that_counts() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&always(&emulator)).session();
        session.log_in(&format!("{}:{}", emulator.organization, emulator.token_some)).unwrap();

        assert_eq!(visible(&session), 6);
    });
}

#[test]
fn the_token_has_no_security_officer_and_no_key_wants_a_login_of_its_own() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let log_in = |user| {
            ReturnValue(unsafe {
                session.pkcs11.list.C_Login.unwrap()(session.handle, user, std::ptr::null_mut(), 0)
            })
        };

        assert_eq!(log_in(cryptoki_sys::CKU_SO), ReturnValue::USER_TYPE_INVALID);
        assert_eq!(log_in(cryptoki_sys::CKU_CONTEXT_SPECIFIC), ReturnValue::OPERATION_NOT_INITIALIZED);
        assert_eq!(log_in(77), ReturnValue::USER_TYPE_INVALID);
    });
}

#[test]
fn logging_out_without_a_login_is_refused() {
    in_own_process(|| {
        let session = initialized(&Emulator::start().variables()).session();

        assert_eq!(session.log_out(), Err(ReturnValue::USER_NOT_LOGGED_IN));
    });
}

#[test]
fn with_a_name_the_organization_is_the_name_and_the_token_the_pin() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        let log_in = |pin: &str, name: &str| {
            let (pin_length, name_length) = (pin.len() as u64, name.len() as u64);
            let (pin, name) = (pin.as_ptr().cast_mut(), name.as_ptr().cast_mut());
            let log_in_user = session.pkcs11.list.C_LoginUser.unwrap();
            let user = cryptoki_sys::CKU_USER;
            ReturnValue(unsafe { log_in_user(session.handle, user, pin, pin_length, name, name_length) })
        };
        assert_eq!(log_in("wrong", &emulator.organization), ReturnValue::PIN_INCORRECT);
        assert_eq!(log_in(&emulator.token_awkward, &emulator.organization), ReturnValue::OK);
        assert!(visible(&session) > 0);
        session.log_out().unwrap();
        assert_eq!(log_in(&emulator.pin(), ""), ReturnValue::OK);
    });
}
