//! Signing (PKCS#11 v3.1 section 5.13).
//!
//! A length query and a buffer that is too small leave the operation as it was and ask nobody: the key tells how long
//! its signature will be. Everything else ends the operation.

use cryptoki_sys::{
    CK_BYTE_PTR, CK_MECHANISM_PTR, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CK_ULONG, CK_ULONG_PTR,
};

use super::pointers::{Caller, Output, Wanted};
use crate::token::names::{ObjectHandle, ReturnValue, SessionHandle};
use crate::token::session::{Place, Session};
use crate::token::{Module, Result};

/// C_SignInit (section 5.13.1). Without a mechanism it ends the active operation, unless a request is out for it.
pub(super) fn begin(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    mechanism: CK_MECHANISM_PTR,
    key: CK_OBJECT_HANDLE,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    if mechanism.is_null() && session.signing.is_active() {
        return session.signing.end();
    }
    let key = module.key(ObjectHandle(key))?;
    let (mechanism, parameter) = caller.mechanism(mechanism)?;
    module.begin_signing(&session, mechanism, parameter, key)
}

/// C_Sign (section 5.13.2).
pub(super) fn sign(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    data: CK_BYTE_PTR,
    data_length: CK_ULONG,
    signature: CK_BYTE_PTR,
    signature_length: CK_ULONG_PTR,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.signing, || {
        let data = caller.bytes(data, data_length)?;
        let output = caller.output(signature, signature_length)?;
        finish(&session, &output, || module.sign(&session, data))
    })
}

/// C_SignUpdate (section 5.13.3).
pub(super) fn update(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    part: CK_BYTE_PTR,
    length: CK_ULONG,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.signing, || {
        let part = caller.bytes(part, length)?;
        session.signing.with(|operation| operation.input.update(part))
    })
}

/// C_SignFinal (section 5.13.4).
pub(super) fn sign_parts(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    signature: CK_BYTE_PTR,
    signature_length: CK_ULONG_PTR,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.signing, || {
        let output = caller.output(signature, signature_length)?;
        finish(&session, &output, || module.sign_parts(&session))
    })
}

fn finish(session: &Session, output: &Output<'_, u8>, sign: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
    let length = session.signing.with(|operation| Ok(operation.input.signature_length()))?;
    match output.announce(length)? {
        Wanted::Length => Ok(()),
        Wanted::Content => output.fill(&sign()?),
    }
}

/// An error ends the operation, unless it is a buffer that was too small, or another thread is finishing it.
pub(super) fn ending<T>(place: &Place<T>, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let result = work();
    if result.as_ref().is_err_and(|error| error.value() != ReturnValue::BUFFER_TOO_SMALL) {
        place.cancel();
    }
    result
}
