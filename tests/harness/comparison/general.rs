//! The host's calls on library, slots and token (PKCS#11 v3.1 sections 5.4 and 5.5).

use std::ffi::c_void;
use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::MechanismType;

use super::host::{Host, Room, call};
use super::transcript::{field, flags};

/// Ways to call C_Initialize.
#[derive(Clone, Copy)]
pub enum Arguments {
    Null,
    Flags(CK_FLAGS),
    Mutexes(CK_FLAGS),
    SomeMutexes,
    Reserved,
}

const INITIALIZE_FLAGS: [(CK_FLAGS, &str); 2] = [
    (CKF_LIBRARY_CANT_CREATE_OS_THREADS, "CKF_LIBRARY_CANT_CREATE_OS_THREADS"),
    (CKF_OS_LOCKING_OK, "CKF_OS_LOCKING_OK"),
];

const TOKEN_FLAGS: [(CK_FLAGS, &str); 7] = [
    (CKF_RNG, "CKF_RNG"),
    (CKF_WRITE_PROTECTED, "CKF_WRITE_PROTECTED"),
    (CKF_LOGIN_REQUIRED, "CKF_LOGIN_REQUIRED"),
    (CKF_USER_PIN_INITIALIZED, "CKF_USER_PIN_INITIALIZED"),
    (CKF_RESTORE_KEY_NOT_NEEDED, "CKF_RESTORE_KEY_NOT_NEEDED"),
    (CKF_TOKEN_INITIALIZED, "CKF_TOKEN_INITIALIZED"),
    (CKF_DUAL_CRYPTO_OPERATIONS, "CKF_DUAL_CRYPTO_OPERATIONS"),
];

const MECHANISM_FLAGS: [(CK_FLAGS, &str); 13] = [
    (CKF_HW, "CKF_HW"),
    (CKF_ENCRYPT, "CKF_ENCRYPT"),
    (CKF_DECRYPT, "CKF_DECRYPT"),
    (CKF_DIGEST, "CKF_DIGEST"),
    (CKF_SIGN, "CKF_SIGN"),
    (CKF_SIGN_RECOVER, "CKF_SIGN_RECOVER"),
    (CKF_VERIFY, "CKF_VERIFY"),
    (CKF_VERIFY_RECOVER, "CKF_VERIFY_RECOVER"),
    (CKF_WRAP, "CKF_WRAP"),
    (CKF_UNWRAP, "CKF_UNWRAP"),
    (CKF_EC_F_P, "CKF_EC_F_P"),
    (CKF_EC_OID, "CKF_EC_OID"),
    (CKF_EC_UNCOMPRESS, "CKF_EC_UNCOMPRESS"),
];

unsafe extern "C" fn create_mutex(mutex: *mut *mut c_void) -> CK_RV {
    unsafe { mutex.write(std::ptr::dangling_mut()) };
    CKR_OK
}

unsafe extern "C" fn use_mutex(_: *mut c_void) -> CK_RV {
    CKR_OK
}

impl Arguments {
    fn in_words(self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Flags(value) => flags(value, &INITIALIZE_FLAGS),
            Self::Mutexes(value) => format!("four mutex functions, {}", flags(value, &INITIALIZE_FLAGS)),
            Self::SomeMutexes => "two mutex functions".to_owned(),
            Self::Reserved => "pReserved".to_owned(),
        }
    }

    fn structure(self) -> CK_C_INITIALIZE_ARGS {
        let mut arguments = CK_C_INITIALIZE_ARGS::default();
        match self {
            Self::Null => {}
            Self::Flags(flags) => arguments.flags = flags,
            Self::Mutexes(flags) => {
                arguments.flags = flags;
                arguments.CreateMutex = Some(create_mutex);
                arguments.DestroyMutex = Some(use_mutex);
                arguments.LockMutex = Some(use_mutex);
                arguments.UnlockMutex = Some(use_mutex);
            }
            Self::SomeMutexes => {
                arguments.LockMutex = Some(use_mutex);
                arguments.UnlockMutex = Some(use_mutex);
            }
            Self::Reserved => arguments.pReserved = std::ptr::dangling_mut(),
        }
        arguments
    }
}

impl Host<'_> {
    pub fn initialize(&mut self, arguments: Arguments) {
        let structure = self.placement.input_of(&[arguments.structure()]);
        let pointer = if matches!(arguments, Arguments::Null) { null_mut() } else { structure.pointer() };
        call!(self, format!("C_Initialize({})", arguments.in_words()), C_Initialize(pointer));
    }

    pub fn finalize(&mut self) {
        call!(self, "C_Finalize(NULL)", C_Finalize(null_mut()));
    }

    pub fn finalize_with_argument(&mut self) {
        call!(self, "C_Finalize(pReserved)", C_Finalize(std::ptr::dangling_mut()));
    }

    pub fn get_info(&mut self) {
        let info = self.placement.output_of::<CK_INFO>(1);
        let step = call!(self, "C_GetInfo()", C_GetInfo(info.pointer()));
        if step.value.0 == CKR_OK {
            let info: CK_INFO = info.get(0);
            let version = info.cryptokiVersion;
            step.part("cryptokiVersion", format!("{}.{}", version.major, version.minor))
                .part("manufacturerID", field(&info.manufacturerID))
                .part("flags", format!("{:#x}", info.flags))
                .part("libraryDescription", field(&info.libraryDescription));
        }
    }

    pub fn function_list(&mut self) {
        let list = self.placement.output_of::<*mut CK_FUNCTION_LIST>(1);
        let expected = std::ptr::from_ref(self.list());
        let step = call!(self, "C_GetFunctionList()", C_GetFunctionList(list.pointer()));
        let same = list.get::<*const CK_FUNCTION_LIST>(0) == expected;
        step.part("*ppFunctionList", if same { "the list" } else { "another list" });
        call!(self, "C_GetFunctionList(NULL)", C_GetFunctionList(null_mut()));
    }

    pub fn slot_list(&mut self, present: bool, room: Room) {
        let output = self.room_for::<CK_SLOT_ID>(room);
        let (flag, slot) = (CK_BBOOL::from(present), self.module.slot);
        let call = format!("C_GetSlotList({}, {room})", if present { "CK_TRUE" } else { "CK_FALSE" });
        let step = call!(self, call, C_GetSlotList(flag, output.pointer(), output.length_pointer()));
        step.part("*pulCount", output.length().to_string());
        if let (CKR_OK, Room::For(_)) = (step.value.0, room) {
            let slots: Vec<CK_SLOT_ID> = (0..output.length())
                .map(|index| unsafe { output.pointer::<CK_SLOT_ID>().add(index).read() })
                .collect();
            step.part(
                "pSlotList",
                if slots.contains(&slot) { "the slot is in it" } else { "the slot is missing" },
            );
        }
    }

    pub fn slot_info(&mut self, slot: CK_SLOT_ID, name: &str) {
        let info = self.placement.output_of::<CK_SLOT_INFO>(1);
        let step = call!(self, format!("C_GetSlotInfo({name})"), C_GetSlotInfo(slot, info.pointer()));
        if step.value.0 == CKR_OK {
            let info: CK_SLOT_INFO = info.get(0);
            let description = field(&info.slotDescription);
            // SoftHSM ends it with a number of the token's own
            let name = description.split(" ID ").next().unwrap().trim_matches(['“', '”']);
            step.part("slotDescription", name)
                .part("manufacturerID", field(&info.manufacturerID))
                .part("flags", flags(info.flags, &[(CKF_TOKEN_PRESENT, "CKF_TOKEN_PRESENT")]));
        }
    }

    pub fn token_info(&mut self, slot: CK_SLOT_ID, name: &str) {
        let info = self.placement.output_of::<CK_TOKEN_INFO>(1);
        let step = call!(self, format!("C_GetTokenInfo({name})"), C_GetTokenInfo(slot, info.pointer()));
        if step.value.0 == CKR_OK {
            let info: CK_TOKEN_INFO = info.get(0);
            step.part("label", field(&info.label))
                .part("manufacturerID", field(&info.manufacturerID))
                .part("model", field(&info.model))
                .part("flags", flags(info.flags, &TOKEN_FLAGS))
                .part("ulMaxSessionCount", number(info.ulMaxSessionCount))
                .part("ulSessionCount", number(info.ulSessionCount))
                .part("ulMaxRwSessionCount", number(info.ulMaxRwSessionCount))
                .part("ulRwSessionCount", number(info.ulRwSessionCount))
                .part("ulMaxPinLen", number(info.ulMaxPinLen))
                .part("ulMinPinLen", number(info.ulMinPinLen))
                .part("ulTotalPublicMemory", number(info.ulTotalPublicMemory))
                .part("ulFreePrivateMemory", number(info.ulFreePrivateMemory));
        }
    }

    pub fn mechanism_list(&mut self, room: Room, wanted: &[MechanismType]) {
        let output = self.room_for::<CK_MECHANISM_TYPE>(room);
        let slot = self.module.slot;
        let call = format!("C_GetMechanismList({room})");
        let step = call!(self, call, C_GetMechanismList(slot, output.pointer(), output.length_pointer()));
        step.part("*pulCount", output.length().to_string());
        if let (CKR_OK, Room::For(_)) = (step.value.0, room) {
            let listed: Vec<CK_MECHANISM_TYPE> = (0..output.length())
                .map(|index| unsafe { output.pointer::<CK_MECHANISM_TYPE>().add(index).read() })
                .collect();
            for kind in wanted {
                step.part(&kind.to_string(), if listed.contains(&kind.0) { "listed" } else { "not listed" });
            }
        }
    }

    pub fn mechanism_info(&mut self, slot: CK_SLOT_ID, kind: MechanismType, name: &str) {
        let info = self.placement.output_of::<CK_MECHANISM_INFO>(1);
        let call = format!("C_GetMechanismInfo({name}, {kind})");
        let step = call!(self, call, C_GetMechanismInfo(slot, kind.0, info.pointer()));
        if step.value.0 == CKR_OK {
            let info: CK_MECHANISM_INFO = info.get(0);
            step.part("ulMinKeySize", number(info.ulMinKeySize))
                .part("ulMaxKeySize", number(info.ulMaxKeySize))
                .part("flags", flags(info.flags, &MECHANISM_FLAGS));
        }
    }

    pub fn wait_for_slot_event(&mut self) {
        let slot = self.placement.output_of::<CK_SLOT_ID>(1);
        let call = "C_WaitForSlotEvent(CKF_DONT_BLOCK)";
        call!(self, call, C_WaitForSlotEvent(CKF_DONT_BLOCK, slot.pointer(), null_mut()));
    }
}

fn number(number: CK_ULONG) -> String {
    match number {
        CK_UNAVAILABLE_INFORMATION => "CK_UNAVAILABLE_INFORMATION".to_owned(),
        other => other.to_string(),
    }
}
