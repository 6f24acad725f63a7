//! Verifying (PKCS#11 v3.1 section 5.15; with the signature first, v3.2 section 5.16): done here, with the public key.

use cryptoki_sys::{CK_BYTE_PTR, CK_MECHANISM_PTR, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CK_ULONG};

use super::pointers::Caller;
use super::signing::ending;
use crate::token::names::{ObjectHandle, SessionHandle};
use crate::token::signatures::Data;
use crate::token::{Module, Result};

/// The signature of a call, and none where the function of this name has none.
type Signature = Option<(CK_BYTE_PTR, CK_ULONG)>;

/// C_VerifyInit and C_VerifySignatureInit. Without a mechanism the active operation ends.
pub(super) fn begin(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    mechanism: CK_MECHANISM_PTR,
    key: CK_OBJECT_HANDLE,
    signature: Signature,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    if mechanism.is_null() && session.verifying.is_active() {
        return session.verifying.end();
    }
    let (key, _) = module.key(ObjectHandle(key))?;
    let (mechanism, parameter) = caller.mechanism(mechanism)?;
    module.begin_verifying(&session, mechanism, parameter, key, read(caller, signature)?)
}

/// C_Verify, and without a signature C_VerifySignature.
pub(super) fn verify(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    data: (CK_BYTE_PTR, CK_ULONG),
    signature: Signature,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.verifying, || {
        let data = caller.bytes(data.0, data.1)?;
        module.verify(&session, Data::Whole(data), read(caller, signature)?)
    })
}

/// C_VerifyUpdate and C_VerifySignatureUpdate.
pub(super) fn update(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    part: CK_BYTE_PTR,
    length: CK_ULONG,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.verifying, || {
        let part = caller.bytes(part, length)?;
        session.verifying.with(|operation| operation.input.update(part))
    })
}

/// C_VerifyFinal, and without a signature C_VerifySignatureFinal.
pub(super) fn verify_parts(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    signature: Signature,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    ending(&session.verifying, || module.verify(&session, Data::Parts, read(caller, signature)?))
}

fn read(caller: Caller<'_>, signature: Signature) -> Result<Option<&[u8]>> {
    signature.map(|(pointer, length)| caller.bytes(pointer, length)).transpose()
}
