//! Forks, in every state that a module can be in, and children that end in either way.

use std::thread::JoinHandle;
use std::time::Duration;

use cryptoki_sys::CK_OBJECT_HANDLE;
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue, SessionState};

use crate::signing::{DIGEST, KEY, delay_signatures, sign, verify, wait_for_signing_request};
use crate::support::children::{End, in_child};
use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process_each;
use crate::support::pkcs11::{Session, initialized};

/// What the parent's module is in the middle of.
#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    LoggedIn,
    SearchOpen,
    SignatureBegun,
    SignatureUnderWay,
}

const STATES: [State; 5] =
    [State::Idle, State::LoggedIn, State::SearchOpen, State::SignatureBegun, State::SignatureUnderWay];

/// What was begun, and has to go on as if nothing had happened.
enum Begun {
    Idle,
    Login,
    Search { rest: usize },
    Signature,
    Request(JoinHandle<Result<Vec<u8>, ReturnValue>>),
}

#[test]
fn in_every_state_a_child_starts_anew_and_signs_and_the_parent_goes_on() {
    let cases: Vec<_> = STATES.into_iter().flat_map(|state| End::BOTH.map(|end| (state, end))).collect();
    in_own_process_each(cases, |(state, end)| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let begun = begin(&emulator, session, state);
        for _ in 0..2 {
            let good = in_child(end, || starts_anew(session) && session.pkcs11.finalize().is_ok());
            assert!(good, "{state:?}, {end:?}");
        }
        go_on(session, begun);
        verify(&sign(&session).unwrap());
    });
}

fn begin(emulator: &Emulator, session: Session, state: State) -> Begun {
    let key: CK_OBJECT_HANDLE = session.private_key(KEY);
    match state {
        State::Idle => Begun::Idle,
        State::LoggedIn => {
            session.log_in("CONFIG").unwrap();
            Begun::Login
        }
        State::SearchOpen => {
            let all = session.find(&[]).unwrap().len();
            session.find_init(&[]).unwrap();
            Begun::Search { rest: all - session.find_next(1).unwrap().len() }
        }
        State::SignatureBegun => {
            session.sign_init(M::ECDSA, key).unwrap();
            Begun::Signature
        }
        State::SignatureUnderWay => {
            delay_signatures(emulator, Duration::from_secs(1), 1);
            let request = std::thread::spawn(move || session.signature(M::ECDSA, key, &DIGEST));
            wait_for_signing_request(emulator);
            Begun::Request(request)
        }
    }
}

fn starts_anew(inherited: Session) -> bool {
    let uninitialised = Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED);
    let pkcs11 = inherited.pkcs11;
    inherited.state() == uninitialised.map(|()| SessionState::RW_PUBLIC_SESSION)
        && inherited.find_init(&[]) == uninitialised
        && inherited.sign(&DIGEST).map(drop) == uninitialised
        && inherited.log_out() == uninitialised
        && pkcs11.finalize() == uninitialised
        && pkcs11.initialize().is_ok()
        && inherited.state() == Err(ReturnValue::SESSION_HANDLE_INVALID)
        && pkcs11.session().state() == Ok(SessionState::RW_PUBLIC_SESSION)
        && sign(&pkcs11.session()).is_ok_and(|signature| signature.len() == 64)
}

fn go_on(session: Session, begun: Begun) {
    match begun {
        Begun::Idle => assert_eq!(session.state(), Ok(SessionState::RW_PUBLIC_SESSION)),
        Begun::Login => assert_eq!(session.state(), Ok(SessionState::RW_USER_FUNCTIONS)),
        Begun::Search { rest } => {
            assert_eq!(session.find_next(1000).unwrap().len(), rest);
            session.find_final().unwrap();
        }
        Begun::Signature => verify(&session.sign(&DIGEST).unwrap()),
        Begun::Request(request) => verify(&request.join().unwrap().unwrap()),
    }
}

#[test]
fn ten_generations_start_anew_and_sign_and_each_goes_on_when_its_child_has_ended() {
    in_own_process_each(End::BOTH, |end| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        sign(&session).unwrap();
        assert!(in_child(end, || is_good_generation(session, end, 10)), "{end:?}");
        verify(&sign(&session).unwrap());
        assert_eq!(emulator.audit().len(), 2 + 10 * 3);
    });
}

/// A generation, and those that come of it.
fn is_good_generation(inherited: Session, end: End, left: u32) -> bool {
    let good = starts_anew(inherited);
    let session = inherited.pkcs11.session();
    good && sign(&session).is_ok()
        && (left == 1 || in_child(end, || is_good_generation(session, end, left - 1)))
        && sign(&session).is_ok()
}
