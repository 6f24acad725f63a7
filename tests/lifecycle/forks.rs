//! Forks, in every state that a module can be in, and children that end in either way.

use std::thread::JoinHandle;
use std::time::Duration;

use cryptoki_sys::CK_OBJECT_HANDLE;
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue, SessionState};

use crate::signing::{DIGEST, KEY, delay_signatures, sign, verify, wait_for_signing_request};
use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process_each;
use crate::support::pkcs11::{Session, initialized};

/// How a child ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// By exit, which runs what the host and its libraries registered.
    Orderly,
    /// By _exit, which runs nothing.
    Immediate,
}

const ENDS: [End; 2] = [End::Orderly, End::Immediate];

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
    let cases: Vec<_> = STATES.into_iter().flat_map(|state| ENDS.map(|end| (state, end))).collect();
    in_own_process_each(cases, |(state, end)| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let begun = begin(&emulator, session, state);
        for _ in 0..2 {
            assert!(in_child(end, || starts_anew(session)), "{state:?}, {end:?}");
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

/// Forks; the child does the work and ends, with 0 if the work returned true.
fn in_child(end: End, work: impl FnOnce() -> bool) -> bool {
    match unsafe { libc::fork() } {
        0 => {
            let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
            match end {
                End::Orderly => unsafe { libc::exit(i32::from(!good)) },
                End::Immediate => unsafe { libc::_exit(i32::from(!good)) },
            }
        }
        child => {
            let mut status = 0;
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
        }
    }
}
