//! The host's last calls: from a handler of atexit, when the thread's own variables, the module's among them, are gone.

use signpath_pkcs11::token::names::ReturnValue;

use crate::signing::sign;
use crate::support::children::status_of_child;
use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Pkcs11, set};

/// A handler of atexit; it ends the process with [`CONTENT`] or something else.
type LastCall = extern "C" fn();

/// Forks a host that signs once and then exits with this handler registered; whether the handler was content.
fn exits_content(last_call: LastCall) -> bool {
    let status = status_of_child(|| {
        let pkcs11 = Pkcs11::load();
        let signed = pkcs11.initialize().and_then(|()| sign(&pkcs11.session()));
        unsafe { libc::atexit(last_call) };
        unsafe { libc::exit(i32::from(signed.is_err())) }
    });
    status == Some(CONTENT)
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

/// What drives a request is kept in a variable of its thread, which is gone by then.
#[test]
fn a_signature_in_a_handler_of_exit_is_refused_with_a_remedy_and_the_module_can_still_be_finalised() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        assert!(exits_content(sign_and_finalize));
        let log = emulator.log();
        let told = log.lines().filter(|line| line.ends_with(AT_THE_END)).count();
        assert_eq!((told, log.contains("internal error")), (1, false), "{log}");
    });
}

const AT_THE_END: &str = "this thread is at its very end, and nothing can be requested on it any more; have the host \
                          program sign before it exits, not in a handler of atexit [SP6002]";
