//! The two modules: ours with an emulator behind it, and SoftHSM with the same keys.

use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::ObjectClass;

use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::support::pkcs11::{load, set};
use crate::support::softhsm::SoftHsm;

/// A loaded module with its token.
pub struct Module {
    pub name: &'static str,
    /// Its functions, as far as version 2.40 has them.
    pub list: &'static CK_FUNCTION_LIST,
    pub slot: CK_SLOT_ID,
    pub pin: String,
    /// What stands before a key's name in labels and ids.
    pub prefix: &'static str,
}

impl Module {
    /// SoftHSM.
    pub fn softhsm(token: &SoftHsm) -> Self {
        set(&[token.variable()]);
        let list = load(&SoftHsm::module());
        let slot = slot_of(list, "signpath-fixtures");
        Self { name: "SoftHSM", list, slot, pin: "1234".to_owned(), prefix: "" }
    }

    /// Ours, which sees the fixtures' keys once somebody is logged in.
    pub fn ours(emulator: &Emulator) -> Self {
        set(&emulator.address());
        set(&[("SIGNPATH_PROJECT_SLUG", "container-images".to_owned())]);
        let list = load(&artifacts::module());
        Self { name: "ours", list, slot: 1, pin: emulator.pin(), prefix: "container-images/" }
    }

    /// Every visible object by class and key, such as `private rsa-2048`.
    pub fn objects(&self, session: CK_SESSION_HANDLE) -> Vec<(String, CK_OBJECT_HANDLE)> {
        let handles = self.handles(session);
        handles.into_iter().map(|handle| (self.object_name(session, handle), handle)).collect()
    }

    fn handles(&self, session: CK_SESSION_HANDLE) -> Vec<CK_OBJECT_HANDLE> {
        let mut handles = vec![0; 100];
        let mut count = 0;
        unsafe {
            assert_eq!(self.list.C_FindObjectsInit.unwrap()(session, null_mut(), 0), CKR_OK);
            let find = self.list.C_FindObjects.unwrap();
            assert_eq!(find(session, handles.as_mut_ptr(), 100, &mut count), CKR_OK);
            assert_eq!(self.list.C_FindObjectsFinal.unwrap()(session), CKR_OK);
        }
        handles.truncate(usize::try_from(count).unwrap());
        handles
    }

    fn object_name(&self, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> String {
        let class = self.attribute(session, object, CKA_CLASS);
        let class = ObjectClass(CK_OBJECT_CLASS::from_ne_bytes(class.try_into().unwrap()));
        let label = String::from_utf8(self.attribute(session, object, CKA_LABEL)).unwrap();
        let class = match class {
            ObjectClass::PRIVATE_KEY => "private",
            ObjectClass::PUBLIC_KEY => "public",
            ObjectClass::CERTIFICATE => "certificate",
            ObjectClass::PROFILE => return format!("profile {label}"),
            other => panic!("an object of {other}"),
        };
        format!("{class} {}", label.strip_prefix(self.prefix).unwrap())
    }

    fn attribute(
        &self,
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        kind: CK_ATTRIBUTE_TYPE,
    ) -> Vec<u8> {
        let mut value = vec![0_u8; 256];
        let mut attribute = CK_ATTRIBUTE { type_: kind, pValue: value.as_mut_ptr().cast(), ulValueLen: 256 };
        let get = self.list.C_GetAttributeValue.unwrap();
        assert_eq!(unsafe { get(session, object, &mut attribute, 1) }, CKR_OK);
        value.truncate(usize::try_from(attribute.ulValueLen).unwrap());
        value
    }
}

/// An emulator that lists the fixtures' keys and nothing else of their project.
pub fn emulator() -> Emulator {
    Emulator::with(&["--shape", "approval-policies=hidden"])
}

/// The slot whose token has this label.
fn slot_of(list: &CK_FUNCTION_LIST, label: &str) -> CK_SLOT_ID {
    let (mut slots, mut count) = ([0; 16], 16);
    let mut info = CK_TOKEN_INFO::default();
    unsafe {
        assert_eq!(list.C_Initialize.unwrap()(null_mut()), CKR_OK);
        assert_eq!(list.C_GetSlotList.unwrap()(CK_TRUE, slots.as_mut_ptr(), &mut count), CKR_OK);
    }
    let slots = &slots[..usize::try_from(count).unwrap()];
    let found = slots.iter().find(|slot| unsafe {
        list.C_GetTokenInfo.unwrap()(**slot, &mut info) == CKR_OK && info.label.starts_with(label.as_bytes())
    });
    let found = *found.expect("the token's slot");
    assert_eq!(unsafe { list.C_Finalize.unwrap()(null_mut()) }, CKR_OK);
    found
}
