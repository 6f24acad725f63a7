//! How a host finds the functions: C_GetFunctionList (PKCS#11 v3.1 section 5.4.4), and since version 3.0
//! C_GetInterfaceList and C_GetInterface (sections 5.4.5 and 5.4.6).
//!
//! The flag `CKF_INTERFACE_FORK_SAFE` is not set: it promises a child its parent's sessions, and here a child starts
//! anew.

use std::ffi::c_void;
use std::ptr::from_ref;

use cryptoki_sys::{
    CK_FLAGS, CK_FUNCTION_LIST_PTR_PTR, CK_INTERFACE, CK_INTERFACE_PTR, CK_INTERFACE_PTR_PTR, CK_ULONG_PTR,
    CK_UTF8CHAR_PTR, CK_VERSION, CK_VERSION_PTR,
};

use super::functions::{LIST_2_40, LIST_3_0, LIST_3_2, V2_40, V3_0, V3_2};
use super::pointers::Caller;
use crate::token::names::ReturnValue;
use crate::token::{Result, refused};

const NAME: &std::ffi::CStr = c"PKCS 11";

/// The interfaces, the default one first.
struct Interfaces([(CK_VERSION, CK_INTERFACE); 3]);

// SAFETY: the pointers in it are to statics that nobody writes to
unsafe impl Sync for Interfaces {}

static INTERFACES: Interfaces = Interfaces([
    (V3_2, interface(from_ref(&LIST_3_2).cast())),
    (V3_0, interface(from_ref(&LIST_3_0).cast())),
    (V2_40, interface(from_ref(&LIST_2_40).cast())),
]);

const fn interface(list: *const c_void) -> CK_INTERFACE {
    // the standard has no `const`: hosts must not write to either, and none does
    CK_INTERFACE { pInterfaceName: NAME.as_ptr().cast_mut().cast(), pFunctionList: list.cast_mut(), flags: 0 }
}

/// C_GetFunctionList.
pub(super) fn function_list(caller: Caller<'_>, list: CK_FUNCTION_LIST_PTR_PTR) -> Result<()> {
    caller.write(list, from_ref(&LIST_2_40).cast_mut())
}

/// C_GetInterfaceList.
pub(super) fn list(caller: Caller<'_>, list: CK_INTERFACE_PTR, count: CK_ULONG_PTR) -> Result<()> {
    let interfaces: Vec<CK_INTERFACE> = INTERFACES.0.iter().map(|(_, interface)| *interface).collect();
    caller.output(list, count)?.fill(&interfaces)
}

/// C_GetInterface. A missing name, version or flag asks for nothing in particular.
pub(super) fn find(
    caller: Caller<'_>,
    name: CK_UTF8CHAR_PTR,
    version: CK_VERSION_PTR,
    found: CK_INTERFACE_PTR_PTR,
    flags: CK_FLAGS,
) -> Result<()> {
    caller.need(found)?;
    let is_named = name.is_null() || caller.text(name)? == NAME;
    let version = if version.is_null() { None } else { Some(caller.read(version)?) };
    let is_wanted = |candidate: &CK_VERSION| {
        version.is_none_or(|version| (version.major, version.minor) == (candidate.major, candidate.minor))
    };
    let interface = INTERFACES.0.iter().find(|(candidate, _)| is_wanted(candidate));
    match interface.filter(|_| is_named && flags == 0) {
        Some((_, interface)) => caller.write(found, from_ref(interface).cast_mut()),
        None => Err(refused(ReturnValue::FUNCTION_FAILED, "there is no such interface")),
    }
}
