//! Calls while the request of another thread is out, to a service that answers late: nobody waits for a stranger's
//! request, and C_Finalize ends it.
//!
//! The service would answer after a minute. A call that waited for it would find that the request has ended.

use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use cryptoki_sys::{CKF_RW_SESSION, CKF_SIGN};
use serde_json::json;
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue, SessionState};

use crate::signing::{DIGEST, KEY, delay, delay_signatures, sign, wait_for, wait_for_signing_request};
use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Pkcs11, Session, check, initialized};

/// Beyond every limit of these tests.
const LATE: Duration = Duration::from_secs(60);

/// What a call that is not to wait is given to notice that the request has ended.
const MOMENT: Duration = Duration::from_millis(100);

/// The request that is out.
#[derive(Clone, Copy, Debug)]
enum Request {
    Login,
    Search,
    Signature,
}

type Outcome = Result<(), ReturnValue>;

#[test]
fn no_call_of_another_session_waits_for_a_request_that_is_out() {
    in_own_process_each([Request::Login, Request::Search, Request::Signature], |request| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let (session, other, third) = (pkcs11.session(), pkcs11.session(), pkcs11.session());
        let outcome = send(&emulator, session, request);

        assert_eq!(session.state(), Ok(SessionState::RW_PUBLIC_SESSION));
        assert_eq!(other.state(), Ok(SessionState::RW_PUBLIC_SESSION));
        pkcs11.token_info().unwrap();
        third.close().unwrap();
        pkcs11.close_all().unwrap();
        assert_eq!(session.state(), Err(ReturnValue::SESSION_HANDLE_INVALID));
        pkcs11.open(CKF_RW_SESSION).unwrap();
        assert_eq!(outcome.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout), "{request:?}");
        pkcs11.finalize().unwrap();
        assert_eq!(outcome.recv().unwrap(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED), "{request:?}");
    });
}

/// Sends a request from another thread, and returns when it is out.
fn send(emulator: &Emulator, session: Session, request: Request) -> Receiver<Outcome> {
    let (sender, receiver) = channel();
    let (route, line) = match request {
        Request::Login | Request::Search => ("mySigningPolicies", "/MySigningPolicies"),
        Request::Signature => ("signHash", "/SignHash"),
    };
    delay(emulator, route, LATE, 1);
    std::thread::spawn(move || {
        let outcome = match request {
            Request::Login => session.log_in("CONFIG"),
            Request::Search => session.find(&[]).map(drop),
            Request::Signature => sign(&session).map(drop),
        };
        sender.send(outcome).unwrap();
    });
    wait_for(emulator, line, 1);
    receiver
}

#[test]
fn a_session_whose_signature_is_out_begins_no_other_and_cancels_none() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let (session, other) = (pkcs11.session(), pkcs11.session());
        let outcome = send(&emulator, session, Request::Signature);

        other.find(&[]).unwrap();
        assert_eq!(session.sign_init(M::ECDSA, 1), Err(ReturnValue::OPERATION_ACTIVE));
        let sign_init = pkcs11.list.C_SignInit.unwrap();
        let cancelled = check(unsafe { sign_init(session.handle, null_mut(), 0) });
        assert_eq!(cancelled, Err(ReturnValue::OPERATION_CANCEL_FAILED));
        assert_eq!(session.cancel(CKF_SIGN), Err(ReturnValue::OPERATION_CANCEL_FAILED));
        assert_eq!(outcome.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout));
    });
}

#[test]
fn a_signature_whose_session_was_closed_meanwhile_is_not_handed_out() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let (session, key) = (pkcs11.session(), pkcs11.session().private_key(KEY));
        delay_signatures(&emulator, Duration::from_millis(500), 1);
        let signer = std::thread::spawn(move || session.signature(M::ECDSA, key, &DIGEST));
        wait_for_signing_request(&emulator);
        pkcs11.close_all().unwrap();

        assert_eq!(signer.join().unwrap(), Err(ReturnValue::SESSION_CLOSED));
    });
}

#[test]
fn the_signatures_of_many_threads_are_out_at_once() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        delay_signatures(&emulator, LATE, 32);
        let signers: Vec<_> = (0..32).map(|_| std::thread::spawn(move || sign(&pkcs11.session()))).collect();
        wait_for(&emulator, "/SignHash", 32);

        assert!(signers.iter().all(|signer| !signer.is_finished()));
        expect_end_by_finalize(pkcs11, signers);
    });
}

#[test]
fn finalising_ends_a_request_that_is_out_without_a_word() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        delay_signatures(&emulator, LATE, 1);
        let ((), console) = watching(|| {
            let signer = std::thread::spawn(move || sign(&pkcs11.session()));
            wait_for_signing_request(&emulator);
            expect_end_by_finalize(pkcs11, [signer]);
        });

        assert_eq!(console, "");
    });
}

#[test]
fn finalising_ends_the_wait_between_attempts() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "300".to_owned()));
        let pkcs11 = initialized(&variables);
        emulator.tell("POST", "faults", json!({"route": "signHash", "status": 503}));
        let signer = std::thread::spawn(move || sign(&pkcs11.session()));
        while !emulator.log().contains("attempt 1 failed") {
            std::thread::sleep(Duration::from_millis(5));
        }
        expect_end_by_finalize(pkcs11, [signer]);
    });
}

type Signer = std::thread::JoinHandle<Result<Vec<u8>, ReturnValue>>;

fn expect_end_by_finalize(pkcs11: Pkcs11, signers: impl IntoIterator<Item = Signer>) {
    pkcs11.finalize().unwrap();
    for signer in signers {
        assert_eq!(signer.join().unwrap(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED));
    }
}
