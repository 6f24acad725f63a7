//! What every call passes: which process is this, is the module initialised, one line for the log, an error into a
//! `CK_RV`, and a net under every panic.
//!
//! After a fork the child finds an uninitialised module. What it inherited is left as it is: locks may be held by
//! threads that it does not have, connections are its parent's.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use cryptoki_sys::CK_RV;

use super::process::{self, ProcessIdentity, StandardError};
use crate::config::Environment;
use crate::error::{Code, FailureKind, Notice};
use crate::log::Console;
use crate::token::names::ReturnValue;
use crate::token::{Error, Module, Result, Surroundings, refused};

/// A call to a function that needs an initialised module.
pub(super) fn enter(name: &'static str, body: impl FnOnce(&Module) -> Result<()>) -> CK_RV {
    netted(name, || {
        let started = Instant::now();
        let module = current()?;
        let result = body(&module);
        tell(&module, name, &result, started);
        result
    })
}

/// A call to a function that works without one.
pub(super) fn pass(name: &'static str, body: impl FnOnce() -> Result<()>) -> CK_RV {
    netted(name, body)
}

/// Starts a run.
///
/// # Errors
///
/// `CKR_CRYPTOKI_ALREADY_INITIALIZED`.
pub(super) fn initialize() -> Result<()> {
    process::watch_forks();
    install_panic_hook();
    let mut module = this_process().module.write().unwrap_or_else(PoisonError::into_inner);
    if module.is_some() {
        return Err(refused(ReturnValue::CRYPTOKI_ALREADY_INITIALIZED, "the module is initialised"));
    }
    let believes_environment = !process::is_secure();
    let environment = if believes_environment { Environment::of_process() } else { Environment::default() };
    let started =
        Module::start(Surroundings { environment, believes_environment, console: Box::new(StandardError) });
    *module = Some(Arc::new(started));
    Ok(())
}

/// Ends the run. Calls that are inside hold on to it until they have returned.
///
/// # Errors
///
/// `CKR_CRYPTOKI_NOT_INITIALIZED`.
pub(super) fn finalize() -> Result<()> {
    let module = this_process().module.write().unwrap_or_else(PoisonError::into_inner).take();
    module.ok_or_else(not_initialized)?.end();
    Ok(())
}

/// What one process has of the module. Never freed: a child must not touch its parent's, and a new one is a few bytes.
struct Process {
    identity: ProcessIdentity,
    module: RwLock<Option<Arc<Module>>>,
    /// What its parent had, which is only held: a host's leak checker should find nothing lost.
    _inherited: Option<&'static Process>,
}

static PROCESS: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());

fn this_process() -> &'static Process {
    let identity = ProcessIdentity::current();
    loop {
        let known = PROCESS.load(Ordering::Acquire);
        // SAFETY: NULL, or from Box::into_raw below and never freed
        let inherited = unsafe { known.as_ref() };
        if let Some(process) = inherited.filter(|process| process.identity == identity) {
            return process;
        }
        let process = Process { identity, module: RwLock::new(None), _inherited: inherited };
        let fresh = Box::into_raw(Box::new(process));
        if PROCESS.compare_exchange(known, fresh, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: from Box::into_raw above, and not published
            drop(unsafe { Box::from_raw(fresh) });
        }
    }
}

fn current() -> Result<Arc<Module>> {
    let module = this_process().module.read().unwrap_or_else(PoisonError::into_inner);
    module.clone().ok_or_else(not_initialized)
}

fn not_initialized() -> Error {
    refused(ReturnValue::CRYPTOKI_NOT_INITIALIZED, "the module is not initialised in this process")
}

fn tell(module: &Module, name: &str, result: &Result<()>, started: Instant) {
    let log = module.log();
    match result {
        // C_Finalize was the host's own wish, and no person has to mend anything
        Err(Error::Failed { failure, .. }) if failure.kind() == FailureKind::Stopped => {
            log.info(&format!("{name}: {failure}"));
        }
        Err(Error::Failed { failure, .. }) => log.error(&failure.notice()),
        Err(refusal) if !is_routine(refusal.value()) => log.info(&format!("{name}: {refusal}")),
        _ => {}
    }
    log.debug(|| {
        let value = result.as_ref().map_or_else(Error::value, |()| ReturnValue::OK);
        format!("{name}: {value} after {} µs", started.elapsed().as_micros())
    });
}

/// Answers that every host provokes all the time, and handles.
fn is_routine(value: ReturnValue) -> bool {
    [
        ReturnValue::BUFFER_TOO_SMALL,
        ReturnValue::ATTRIBUTE_TYPE_INVALID,
        ReturnValue::ATTRIBUTE_SENSITIVE,
        ReturnValue::NO_EVENT,
        ReturnValue::USER_ALREADY_LOGGED_IN,
        ReturnValue::USER_NOT_LOGGED_IN,
        ReturnValue::FUNCTION_NOT_SUPPORTED,
        ReturnValue::FUNCTION_NOT_PARALLEL,
    ]
    .contains(&value)
}

fn netted(name: &str, body: impl FnOnce() -> Result<()>) -> CK_RV {
    // nothing that the body leaves half done is read again: locks are taken by into_inner, state is replaced whole
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => ReturnValue::OK.0,
        Ok(Err(error)) => error.value().0,
        Err(_) => {
            // what made the body panic, a clock that cannot be read say, may make this panic, too
            let _ = catch_unwind(|| tell_panic(name));
            ReturnValue::GENERAL_ERROR.0
        }
    }
}

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps what a panic says for [`tell_panic`]: the default hook writes to standard error in its own way, which can
/// raise a signal in the host. No `Once`: a fork could leave it half done for ever.
fn install_panic_hook() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if !INSTALLED.swap(true, Ordering::AcqRel) {
        std::panic::set_hook(Box::new(keep_panic));
    }
}

fn keep_panic(panic: &PanicHookInfo<'_>) {
    let _ = PANIC.try_with(|kept| *kept.borrow_mut() = Some(panic.to_string()));
}

fn tell_panic(name: &str) {
    let panic = PANIC.with_borrow_mut(Option::take).unwrap_or_default();
    let text = format!("{name}: internal error: {panic}; report this to the makers of signpath-pkcs11");
    let notice = Notice::new(Code::Panicked, text);
    match current() {
        Ok(module) => module.log().error(&notice),
        Err(_) => {
            let line = notice.to_string().replace('\n', " ");
            StandardError.write(format!("signpath-pkcs11: error: {line}\n").as_bytes());
        }
    }
}
