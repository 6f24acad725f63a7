//! Digesting (PKCS#11 v3.1 section 5.12), which is done here.

use cryptoki_sys::{
    CK_BYTE_PTR, CK_MECHANISM_PTR, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CK_ULONG, CK_ULONG_PTR,
};

use super::pointers::{Caller, Output, Wanted};
use super::signing::ending;
use crate::token::names::{ObjectHandle, ReturnValue, SessionHandle};
use crate::token::operation::DigestingOperation;
use crate::token::session::Session;
use crate::token::{Module, Result, refused};

/// C_DigestInit. Without a mechanism it ends the active operation.
pub(super) fn begin(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    mechanism: CK_MECHANISM_PTR,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    if mechanism.is_null() && session.digesting.is_active() {
        return session.digesting.end();
    }
    let (mechanism, parameter) = caller.mechanism(mechanism)?;
    session.digesting.check_idle()?;
    session.digesting.begin(DigestingOperation::new(mechanism, parameter)?)
}

/// C_Digest.
pub(super) fn digest(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    data: (CK_BYTE_PTR, CK_ULONG),
    digest: (CK_BYTE_PTR, CK_ULONG_PTR),
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.digesting, || {
        let data = caller.bytes(data.0, data.1)?;
        finish(&session, &caller.output(digest.0, digest.1)?, |operation| operation.whole(data))
    })
}

/// C_DigestUpdate.
pub(super) fn update(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    part: CK_BYTE_PTR,
    length: CK_ULONG,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.digesting, || {
        let part = caller.bytes(part, length)?;
        session.digesting.with(|operation| {
            operation.update(part);
            Ok(())
        })
    })
}

/// C_DigestKey: no key of this token has a value that could be digested.
pub(super) fn key(module: &Module, session: CK_SESSION_HANDLE, key: CK_OBJECT_HANDLE) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.digesting, || {
        let unknown = |_| refused(ReturnValue::KEY_HANDLE_INVALID, format!("there is no object {key}"));
        module.object(ObjectHandle(key)).map_err(unknown)?;
        session
            .digesting
            .with(|_| Err(refused(ReturnValue::KEY_INDIGESTIBLE, "the key never leaves SignPath")))
    })
}

/// C_DigestFinal.
pub(super) fn digest_parts(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    digest: (CK_BYTE_PTR, CK_ULONG_PTR),
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.digesting, || {
        finish(&session, &caller.output(digest.0, digest.1)?, |operation| Ok(operation.end_of_parts()))
    })
}

fn finish(
    session: &Session,
    output: &Output<'_, u8>,
    digest: impl FnOnce(DigestingOperation) -> Result<Vec<u8>>,
) -> Result<()> {
    let length = session.digesting.with(|operation| Ok(operation.length()))?;
    if output.announce(length)? == Wanted::Length {
        return Ok(());
    }
    let (operation, _under_way) = session.digesting.take()?;
    output.fill(&digest(operation)?)
}
