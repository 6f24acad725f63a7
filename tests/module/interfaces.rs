//! The function lists: complete, of the right version, in the right order of checks.

use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::ReturnValue;

use crate::support::emulator::Emulator;
use crate::support::functions::{
    FUNCTIONS, GET_INTERFACE, GET_INTERFACE_LIST, WITHOUT_MODULE, call, functions,
};
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Pkcs11, check, initialized};

fn interface(
    pkcs11: &Pkcs11,
    name: Option<&[u8]>,
    version: Option<(u8, u8)>,
    flags: CK_FLAGS,
) -> Result<CK_INTERFACE, ReturnValue> {
    let mut version = version.map(|(major, minor)| CK_VERSION { major, minor });
    let version = version.as_mut().map_or(null_mut(), std::ptr::from_mut);
    let mut name = name.map(<[u8]>::to_vec);
    let name = name.as_mut().map_or(null_mut(), Vec::as_mut_ptr);
    let mut found = null_mut();
    check(unsafe { pkcs11.list.C_GetInterface.unwrap()(name, version, &mut found, flags) })?;
    Ok(unsafe { *found })
}

#[test]
fn no_function_of_any_list_is_missing() {
    in_own_process(|| {
        let pkcs11 = Pkcs11::load();

        assert_eq!(size_of::<CK_FUNCTION_LIST_3_2>(), (1 + FUNCTIONS) * size_of::<usize>());
        assert!(functions(pkcs11.list).all(|function| function.is_some()));
    });
}

#[test]
fn the_three_lists_hold_the_same_functions() {
    in_own_process(|| {
        let pkcs11 = Pkcs11::load();
        let list = |version| interface(&pkcs11, None, Some(version), 0).unwrap().pFunctionList;
        let get_info = 2;
        for (version, length) in [((2, 40), 68), ((3, 0), 92)] {
            let newest: Vec<_> = functions(pkcs11.list).collect();
            for (index, function) in functions(list(version).cast()).take(length).enumerate() {
                if index != get_info {
                    assert_eq!(
                        function.map(|function| function as usize),
                        newest[index].map(|function| function as usize)
                    );
                }
            }
        }
    });
}

#[test]
fn each_list_tells_its_own_version_and_its_info_tells_the_same() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.address());
        for (major, minor) in [(2, 40), (3, 0), (3, 2)] {
            let list = interface(&pkcs11, None, Some((major, minor)), 0).unwrap().pFunctionList;
            let list = unsafe { &*list.cast::<CK_FUNCTION_LIST>() };
            let mut info = CK_INFO::default();
            check(unsafe { list.C_GetInfo.unwrap()(&mut info) }).unwrap();

            assert_eq!((list.version.major, list.version.minor), (major, minor));
            assert_eq!((info.cryptokiVersion.major, info.cryptokiVersion.minor), (major, minor));
        }
    });
}

#[test]
fn interfaces_are_found_by_name_version_and_flags() {
    in_own_process(|| {
        let pkcs11 = Pkcs11::load();
        let version = |found: CK_INTERFACE| unsafe { *found.pFunctionList.cast::<CK_VERSION>() };

        let default = version(interface(&pkcs11, None, None, 0).unwrap());
        assert_eq!((default.major, default.minor), (3, 2));
        assert!(interface(&pkcs11, Some(b"PKCS 11\0"), Some((3, 0)), 0).is_ok());
        for (name, wanted, flags) in [
            (Some(&b"Vendor\0"[..]), None, 0),
            (None, Some((3, 1)), 0),
            (None, None, CKF_INTERFACE_FORK_SAFE),
        ] {
            assert_eq!(interface(&pkcs11, name, wanted, flags).err(), Some(ReturnValue::FUNCTION_FAILED));
        }
    });
}

#[test]
fn the_list_of_interfaces_follows_the_convention_for_output() {
    in_own_process(|| {
        let get = Pkcs11::load().list.C_GetInterfaceList.unwrap();
        let mut count = 0;
        check(unsafe { get(null_mut(), &mut count) }).unwrap();
        assert_eq!(count, 3);

        let mut list = [CK_INTERFACE::default(); 3];
        count = 2;
        assert_eq!(unsafe { get(list.as_mut_ptr(), &mut count) }, CKR_BUFFER_TOO_SMALL);
        assert_eq!(count, 3);
        check(unsafe { get(list.as_mut_ptr(), &mut count) }).unwrap();
        assert!(list.iter().all(|interface| interface.flags == 0));
        assert_eq!(unsafe { get(null_mut(), null_mut()) }, CKR_ARGUMENTS_BAD);
    });
}

#[test]
fn before_initialisation_every_other_function_says_so_whatever_its_arguments() {
    in_own_process(|| {
        for (index, function) in functions(Pkcs11::load().list).enumerate() {
            if !WITHOUT_MODULE.contains(&index) {
                let value = ReturnValue(call(function.unwrap(), 0));
                assert_eq!(value, ReturnValue::CRYPTOKI_NOT_INITIALIZED, "function {index}");
            }
        }
    });
}

#[test]
fn a_bad_session_comes_before_a_bad_argument_and_both_before_not_supported() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let (sessions_begin, wait_for_slot_event) = (12, 67);
        let takes_session = |index: usize| index >= sessions_begin && index != wait_for_slot_event;
        let others = [12, 14, GET_INTERFACE_LIST, GET_INTERFACE];
        for (index, function) in functions(pkcs11.list).enumerate() {
            if takes_session(index) && !others.contains(&index) {
                let call = |session| ReturnValue(call(function.unwrap(), session));
                assert_eq!(call(0xdead), ReturnValue::SESSION_HANDLE_INVALID, "function {index}");
                let value = call(pkcs11.session().handle as usize);
                assert_ne!(value, ReturnValue::SESSION_HANDLE_INVALID, "function {index}");
                assert_ne!(value, ReturnValue::GENERAL_ERROR, "function {index}");
            }
        }
    });
}

#[test]
fn what_a_token_that_only_signs_does_not_do_is_told_after_every_other_check() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let list = session.pkcs11.list;
        let (key, unknown) = (session.private_key("container-images/rsa-2048"), 0xdead);
        let mut mechanism = CK_MECHANISM { mechanism: CKM_RSA_PKCS, ..CK_MECHANISM::default() };
        let handle = session.handle;

        let encrypt_init =
            |mechanism, key| ReturnValue(unsafe { list.C_EncryptInit.unwrap()(handle, mechanism, key) });
        assert_eq!(encrypt_init(null_mut(), unknown), ReturnValue::KEY_HANDLE_INVALID);
        assert_eq!(encrypt_init(null_mut(), key), ReturnValue::ARGUMENTS_BAD);
        assert_eq!(encrypt_init(&mut mechanism, key), ReturnValue::FUNCTION_NOT_SUPPORTED);

        let destroy = |object| ReturnValue(unsafe { list.C_DestroyObject.unwrap()(handle, object) });
        assert_eq!(destroy(unknown), ReturnValue::OBJECT_HANDLE_INVALID);
        assert_eq!(destroy(key), ReturnValue::TOKEN_WRITE_PROTECTED);

        let mut created = 0;
        let create =
            |created| ReturnValue(unsafe { list.C_CreateObject.unwrap()(handle, null_mut(), 0, created) });
        assert_eq!(create(null_mut()), ReturnValue::ARGUMENTS_BAD);
        assert_eq!(create(&mut created), ReturnValue::TOKEN_WRITE_PROTECTED);
    });
}

#[test]
fn the_slot_never_has_an_event_and_who_waits_for_one_waits_for_the_end() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.address());
        let wait = pkcs11.list.C_WaitForSlotEvent.unwrap();
        let mut slot = 0;
        assert_eq!(unsafe { wait(CKF_DONT_BLOCK, &mut slot, null_mut()) }, CKR_NO_EVENT);

        let waiter = std::thread::spawn(move || {
            let mut slot = 0;
            ReturnValue(unsafe { wait(0, &mut slot, null_mut()) })
        });
        std::thread::sleep(std::time::Duration::from_millis(50));
        pkcs11.finalize().unwrap();
        assert_eq!(waiter.join().unwrap(), ReturnValue::CRYPTOKI_NOT_INITIALIZED);
    });
}
