//! General purpose functions (PKCS#11 v3.1 section 5.4).

use cryptoki_sys::{
    CK_C_INITIALIZE_ARGS, CK_FLAGS, CK_INFO, CK_INFO_PTR, CK_SLOT_ID_PTR, CK_VERSION, CK_VOID_PTR,
    CKF_DONT_BLOCK,
};

use super::gate;
use super::pointers::Caller;
use crate::token::encoding::padded;
use crate::token::names::ReturnValue;
use crate::token::{Module, Result, refused};

/// C_Initialize (section 5.4.1). Locks and threads are the system's own: whatever a host offers or forbids is fine.
pub(super) fn initialize(caller: Caller<'_>, arguments: CK_VOID_PTR) -> Result<()> {
    if !arguments.is_null() {
        check_arguments(&caller.read(arguments.cast_const().cast())?)?;
    }
    gate::initialize()
}

/// The members are copied out: on Windows the structure is packed, and nothing may refer into it.
fn check_arguments(arguments: &CK_C_INITIALIZE_ARGS) -> Result<()> {
    let CK_C_INITIALIZE_ARGS {
        CreateMutex: create,
        DestroyMutex: destroy,
        LockMutex: lock,
        UnlockMutex: unlock,
        pReserved: reserved,
        ..
    } = *arguments;
    let callbacks = [create.is_some(), destroy.is_some(), lock.is_some(), unlock.is_some()];
    if !reserved.is_null() {
        return Err(refused(ReturnValue::ARGUMENTS_BAD, "pReserved is not NULL"));
    }
    if callbacks.contains(&true) && callbacks.contains(&false) {
        return Err(refused(ReturnValue::ARGUMENTS_BAD, "some mutex functions are given, and not all four"));
    }
    Ok(())
}

/// C_Finalize (section 5.4.2).
pub(super) fn finalize(reserved: CK_VOID_PTR) -> Result<()> {
    if !reserved.is_null() {
        return Err(refused(ReturnValue::ARGUMENTS_BAD, "pReserved is not NULL"));
    }
    gate::finalize()
}

/// C_GetInfo (section 5.4.3). Each function list tells its own version: a host of the 2.40 list must not be told 3.2.
pub(super) fn info(caller: Caller<'_>, pointer: CK_INFO_PTR, version: CK_VERSION) -> Result<()> {
    caller.write(
        pointer,
        CK_INFO {
            cryptokiVersion: version,
            manufacturerID: padded("signpath-pkcs11"),
            flags: 0,
            libraryDescription: padded("PKCS#11 module for SignPath"),
            libraryVersion: super::slots::VERSION,
        },
    )
}

/// C_WaitForSlotEvent (section 5.5.4). The slot never changes: who waits, waits for C_Finalize.
pub(super) fn wait_for_slot_event(
    module: &Module,
    caller: Caller<'_>,
    flags: CK_FLAGS,
    slot: CK_SLOT_ID_PTR,
    reserved: CK_VOID_PTR,
) -> Result<()> {
    caller.need(slot)?;
    if !reserved.is_null() {
        return Err(refused(ReturnValue::ARGUMENTS_BAD, "pReserved is not NULL"));
    }
    if flags & CKF_DONT_BLOCK != 0 {
        return Err(refused(ReturnValue::NO_EVENT, "the slot never changes"));
    }
    module.wait_for_end();
    Err(refused(ReturnValue::CRYPTOKI_NOT_INITIALIZED, "the module was finalised"))
}
