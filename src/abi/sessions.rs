//! Session management (PKCS#11 v3.1 section 5.6).

use cryptoki_sys::{
    CK_FLAGS, CK_SESSION_HANDLE, CK_SESSION_HANDLE_PTR, CK_SESSION_INFO, CK_SESSION_INFO_PTR, CK_SLOT_ID,
    CK_ULONG, CK_USER_TYPE, CKF_ASYNC_SESSION, CKF_DIGEST, CKF_FIND_OBJECTS, CKF_RW_SESSION,
    CKF_SERIAL_SESSION, CKF_SIGN, CKF_VERIFY,
};

use super::pointers::Caller;
use super::slots;
use crate::token::names::{ReturnValue, SessionHandle, UserType};
use crate::token::session::SessionKind;
use crate::token::{Module, Result, refused};

/// C_OpenSession (section 5.6.1). Read/write sessions are granted: cosign and Java open no others.
pub(super) fn open(
    module: &Module,
    caller: Caller<'_>,
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    handle: CK_SESSION_HANDLE_PTR,
) -> Result<()> {
    slots::check(slot)?;
    caller.need(handle)?;
    if flags & CKF_SERIAL_SESSION == 0 {
        return Err(refused(ReturnValue::SESSION_PARALLEL_NOT_SUPPORTED, "CKF_SERIAL_SESSION is not set"));
    }
    if flags & CKF_ASYNC_SESSION != 0 {
        return Err(refused(ReturnValue::SESSION_ASYNC_NOT_SUPPORTED, "there are no asynchronous sessions"));
    }
    let kind = if flags & CKF_RW_SESSION == 0 { SessionKind::ReadOnly } else { SessionKind::ReadWrite };
    caller.write(handle, module.open_session(kind).0)
}

/// C_CloseAllSessions (section 5.6.3).
pub(super) fn close_all(module: &Module, slot: CK_SLOT_ID) -> Result<()> {
    slots::check(slot)?;
    module.close_all_sessions();
    Ok(())
}

/// C_GetSessionInfo (section 5.6.5).
pub(super) fn info(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    pointer: CK_SESSION_INFO_PTR,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    let kind = match session.kind {
        SessionKind::ReadOnly => 0,
        SessionKind::ReadWrite => CKF_RW_SESSION,
    };
    caller.write(
        pointer,
        CK_SESSION_INFO {
            slotID: slots::SLOT.0,
            state: module.session_state(&session).0,
            flags: CKF_SERIAL_SESSION | kind,
            ulDeviceError: 0,
        },
    )
}

/// C_Login (section 5.6.8).
pub(super) fn log_in(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *const u8,
    length: CK_ULONG,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    let pin = caller.bytes(pin, length)?;
    module.log_in(&session, UserType(user), pin)
}

/// C_Logout (section 5.6.10).
pub(super) fn log_out(module: &Module, session: CK_SESSION_HANDLE) -> Result<()> {
    module.session(SessionHandle(session))?;
    module.log_out()
}

/// C_LoginUser (section 5.6.9). The user's name is the organization's id, the PIN the API token; without a name it is
/// C_Login.
pub(super) fn log_in_user(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: (*const u8, CK_ULONG),
    name: (*const u8, CK_ULONG),
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    let (pin, name) = (caller.bytes(pin.0, pin.1)?, caller.bytes(name.0, name.1)?);
    if name.is_empty() {
        return module.log_in(&session, UserType(user), pin);
    }
    let whole = zeroize::Zeroizing::new([name, b":", pin].concat());
    module.log_in(&session, UserType(user), &whole)
}

/// C_SessionCancel (section 5.6.7): what is asked for and active is ended.
///
/// # Errors
///
/// `CKR_OPERATION_CANCEL_FAILED`: another thread is finishing it.
pub(super) fn cancel(module: &Module, session: CK_SESSION_HANDLE, flags: CK_FLAGS) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    let asked = |flag, end: &dyn Fn() -> Result<()>| if flags & flag == 0 { Ok(()) } else { end() };
    let ended = [
        asked(CKF_FIND_OBJECTS, &|| session.search.end()),
        asked(CKF_DIGEST, &|| session.digesting.end()),
        asked(CKF_VERIFY, &|| session.verifying.end()),
        asked(CKF_SIGN, &|| session.signing.end()),
    ];
    ended.into_iter().collect()
}

/// C_GetSessionValidationFlags (PKCS#11 v3.2 section 5.6.8): nothing here was validated by anybody.
pub(super) fn validation_flags(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    flags: *mut CK_FLAGS,
) -> Result<()> {
    module.session(SessionHandle(session))?;
    caller.write(flags, 0)
}
