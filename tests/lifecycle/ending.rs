//! The host's last calls: from a handler of atexit, when the thread's own variables, the module's among them, are gone.

use signpath_pkcs11::token::names::ReturnValue;

use crate::signing::sign;
use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Pkcs11, set};

/// A handler of atexit; it ends the process with [`CONTENT`] or something else.
type LastCall = extern "C" fn();

/// Forks a host that signs once and then exits with this handler registered; whether the handler was content.
fn exits_content(last_call: LastCall) -> bool {
    match unsafe { libc::fork() } {
        0 => {
            let pkcs11 = Pkcs11::load();
            let signed = pkcs11.initialize().and_then(|()| sign(&pkcs11.session()));
            unsafe { libc::atexit(last_call) };
            unsafe { libc::exit(i32::from(signed.is_err())) }
        }
        child => {
            let mut status = 0;
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == CONTENT
        }
    }
}

/// How a handler ends the process that is content.
const CONTENT: i32 = 42;

extern "C" fn finalize() {
    let pkcs11 = Pkcs11::load();
    let content =
        pkcs11.finalize() == Ok(()) && pkcs11.finalize() == Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED);
    unsafe { libc::_exit(if content { CONTENT } else { 1 }) }
}

extern "C" fn sign_and_finalize() {
    let pkcs11 = Pkcs11::load();
    let signed = sign(&pkcs11.session());
    let content = signed == Err(ReturnValue::GENERAL_ERROR) && pkcs11.finalize() == Ok(());
    unsafe { libc::_exit(if content { CONTENT } else { 1 }) }
}

#[test]
fn a_host_may_finalise_in_a_handler_of_exit() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        assert!(exits_content(finalize));
    });
}

/// The asynchronous runtime cannot run any more, and panics. No hook and no fault is needed for that: it is the proof that
/// a panic within the shipped file reaches the host as a value.
#[test]
fn a_signature_in_a_handler_of_exit_is_a_general_error_and_the_module_can_still_be_finalised() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        assert!(exits_content(sign_and_finalize));
        assert!(emulator.log().contains("C_Sign: internal error: "));
    });
}
