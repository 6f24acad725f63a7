//! The functions of a list as what they are: pointers behind a version, to be gone through one after the other.

use cryptoki_sys::{CK_FUNCTION_LIST_3_2, CK_RV};

/// How many functions the list of version 3.2 has.
pub const FUNCTIONS: usize = 104;

pub const GET_INTERFACE_LIST: usize = 68;
pub const GET_INTERFACE: usize = 69;

/// C_Initialize, C_Finalize, C_GetFunctionList and those for interfaces: they work without an initialised module.
pub const WITHOUT_MODULE: [usize; 5] = [0, 1, 3, GET_INTERFACE_LIST, GET_INTERFACE];

/// A function, whatever it takes: none takes more arguments than these.
pub type Anything = unsafe extern "C" fn(
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
) -> CK_RV;

/// The functions of a list, in their order. A list of an earlier version is shorter: take no more of them than it has.
pub fn functions(list: *const CK_FUNCTION_LIST_3_2) -> impl Iterator<Item = Option<Anything>> {
    let start = list.cast::<Option<Anything>>();
    (1..=FUNCTIONS).map(move |index| unsafe { start.add(index).read() })
}

/// Calls a function with a first argument and zeros.
pub fn call(function: Anything, first: usize) -> CK_RV {
    unsafe { function(first, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }
}
