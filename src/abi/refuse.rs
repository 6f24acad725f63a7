//! What a token that only signs does not do. The answers come in the order that conformance suites ask for: not
//! initialised, bad handle, bad argument, and only then "not supported".

use cryptoki_sys::{CK_ATTRIBUTE_PTR, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CK_SLOT_ID, CK_ULONG};

use super::pointers::Caller;
use super::slots;
use crate::token::names::{ObjectHandle, ReturnValue, SessionHandle};
use crate::token::{Module, Result, refused};

/// A refusal on its way through the checks; the first that fails decides.
pub(super) struct Refusal<'a, 'call> {
    module: &'a Module,
    caller: Caller<'call>,
    checked: Result<()>,
}

/// Refuses a function of a session.
pub(super) fn in_session<'a, 'call>(
    module: &'a Module,
    caller: Caller<'call>,
    session: CK_SESSION_HANDLE,
) -> Refusal<'a, 'call> {
    let checked = module.session(SessionHandle(session)).map(drop);
    Refusal { module, caller, checked }
}

/// Refuses a function of the slot.
pub(super) fn in_slot<'a, 'call>(
    module: &'a Module,
    caller: Caller<'call>,
    slot: CK_SLOT_ID,
) -> Refusal<'a, 'call> {
    Refusal { module, caller, checked: slots::check(slot) }
}

impl Refusal<'_, '_> {
    /// A key that the function takes.
    pub(super) fn key(self, key: CK_OBJECT_HANDLE) -> Self {
        self.then(|refusal| {
            let unknown = |_| refused(ReturnValue::KEY_HANDLE_INVALID, format!("there is no object {key}"));
            refusal.module.object(ObjectHandle(key)).map(drop).map_err(unknown)
        })
    }

    /// An object that the function takes.
    pub(super) fn object(self, object: CK_OBJECT_HANDLE) -> Self {
        self.then(|refusal| refusal.module.object(ObjectHandle(object)).map(drop))
    }

    /// A pointer that the function needs.
    pub(super) fn pointer<T>(self, pointer: *const T) -> Self {
        self.then(|refusal| refusal.caller.need(pointer))
    }

    /// Input bytes that the function takes.
    pub(super) fn bytes(self, pointer: *const u8, length: CK_ULONG) -> Self {
        self.then(|refusal| refusal.caller.bytes(pointer, length).map(drop))
    }

    /// A template that the function takes.
    pub(super) fn template(self, pointer: CK_ATTRIBUTE_PTR, count: CK_ULONG) -> Self {
        self.then(|refusal| refusal.caller.template(pointer, count).map(drop))
    }

    /// The function is one that this token does not have.
    pub(super) fn not_supported(self) -> Result<()> {
        self.refuse(ReturnValue::FUNCTION_NOT_SUPPORTED, "the token signs, and does nothing else with keys")
    }

    /// The function would write to the token.
    pub(super) fn write_protected(self) -> Result<()> {
        self.refuse(ReturnValue::TOKEN_WRITE_PROTECTED, "keys are managed in SignPath")
    }

    /// The function is of the parallel sessions that nobody has (PKCS#11 v3.1 section 5.20).
    pub(super) fn not_parallel(self) -> Result<()> {
        self.refuse(ReturnValue::FUNCTION_NOT_PARALLEL, "no function runs in parallel")
    }

    fn then(mut self, check: impl FnOnce(&Self) -> Result<()>) -> Self {
        if self.checked.is_ok() {
            self.checked = check(&self);
        }
        self
    }

    fn refuse(self, value: ReturnValue, reason: &'static str) -> Result<()> {
        self.checked.and(Err(refused(value, reason)))
    }
}
