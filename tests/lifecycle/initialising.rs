//! C_Initialize with every combination of what its arguments can say (PKCS#11 v3.1 section 5.4.1).

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};

use cryptoki_sys::*;
use signpath_pkcs11::token::names::ReturnValue;

use crate::signing::{sign, verify};
use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Pkcs11, set};

const FLAGS: [CK_FLAGS; 4] = [
    0,
    CKF_OS_LOCKING_OK,
    CKF_LIBRARY_CANT_CREATE_OS_THREADS,
    CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS,
];

/// All four mutex functions, as bits.
const ALL: u8 = 0b1111;

static MUTEX_CALLS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn create(_: *mut *mut c_void) -> CK_RV {
    MUTEX_CALLS.fetch_add(1, Ordering::Relaxed);
    CKR_GENERAL_ERROR
}

unsafe extern "C" fn mutex(_: *mut c_void) -> CK_RV {
    MUTEX_CALLS.fetch_add(1, Ordering::Relaxed);
    CKR_MUTEX_BAD
}

/// Arguments with those mutex functions whose bits are set.
fn arguments(flags: CK_FLAGS, functions: u8) -> CK_C_INITIALIZE_ARGS {
    let is_given = |bit: u8| functions & (1 << bit) != 0;
    CK_C_INITIALIZE_ARGS {
        CreateMutex: is_given(0).then_some(create as _),
        DestroyMutex: is_given(1).then_some(mutex as _),
        LockMutex: is_given(2).then_some(mutex as _),
        UnlockMutex: is_given(3).then_some(mutex as _),
        flags,
        pReserved: null_mut(),
    }
}

fn initialize(pkcs11: Pkcs11, mut arguments: CK_C_INITIALIZE_ARGS) -> ReturnValue {
    ReturnValue(unsafe { pkcs11.list.C_Initialize.unwrap()((&raw mut arguments).cast()) })
}

#[test]
fn without_arguments_the_module_is_initialised_once_and_signs() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        let pkcs11 = Pkcs11::load();
        let initialize = || ReturnValue(unsafe { pkcs11.list.C_Initialize.unwrap()(null_mut()) });
        assert_eq!(initialize(), ReturnValue::OK);
        assert_eq!(initialize(), ReturnValue::CRYPTOKI_ALREADY_INITIALIZED);
        verify(&sign(&pkcs11.session()).unwrap());
    });
}

#[test]
fn with_all_mutex_functions_or_none_every_combination_of_flags_signs_and_no_function_is_called() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        let pkcs11 = Pkcs11::load();
        for (flags, functions) in FLAGS.into_iter().flat_map(|flags| [(flags, 0), (flags, ALL)]) {
            assert_eq!(
                initialize(pkcs11, arguments(flags, functions)),
                ReturnValue::OK,
                "{flags} {functions}"
            );
            let again = initialize(pkcs11, arguments(flags, functions));
            assert_eq!(again, ReturnValue::CRYPTOKI_ALREADY_INITIALIZED);
            verify(&sign(&pkcs11.session()).unwrap());
            pkcs11.finalize().unwrap();
        }
        assert_eq!(MUTEX_CALLS.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn with_some_mutex_functions_every_combination_is_refused_and_nothing_is_initialised() {
    in_own_process(|| {
        let pkcs11 = Pkcs11::load();
        for (flags, functions) in FLAGS.into_iter().flat_map(|flags| (1..ALL).map(move |some| (flags, some)))
        {
            let value = initialize(pkcs11, arguments(flags, functions));
            assert_eq!(value, ReturnValue::ARGUMENTS_BAD, "flags {flags}, functions {functions:04b}");
            assert_eq!(pkcs11.finalize(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED));
        }
    });
}

#[test]
fn a_reserved_argument_that_is_not_null_is_refused_whatever_else_is_said() {
    in_own_process(|| {
        let pkcs11 = Pkcs11::load();
        let mut anything = 0;
        for (flags, functions) in FLAGS.into_iter().flat_map(|flags| [(flags, 0), (flags, ALL)]) {
            let arguments =
                CK_C_INITIALIZE_ARGS { pReserved: (&raw mut anything).cast(), ..arguments(flags, functions) };
            assert_eq!(initialize(pkcs11, arguments), ReturnValue::ARGUMENTS_BAD, "{flags} {functions}");
            assert_eq!(pkcs11.finalize(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED));
        }
    });
}
