//! PKCS#11 from the host's side: the C functions, found by C_GetInterface, with values in place of pointers.
//!
//! Each method is one C call, or two where the standard asks for the length first; the result is the `CK_RV` by name.

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{AttributeType, MechanismType, ObjectClass, ReturnValue, SessionState};

use super::artifacts;

pub type Result<T> = std::result::Result<T, ReturnValue>;

/// A loaded module.
#[derive(Clone, Copy)]
pub struct Pkcs11 {
    pub list: &'static CK_FUNCTION_LIST_3_2,
}

/// Loads and initialises the built module with these variables set.
pub fn initialized(variables: &[(&str, String)]) -> Pkcs11 {
    set(variables);
    let pkcs11 = Pkcs11::load();
    pkcs11.initialize().unwrap();
    pkcs11
}

/// Sets environment variables, in a test that has its process for itself.
pub fn set(variables: &[(&str, String)]) {
    for (name, value) in variables {
        unsafe { std::env::set_var(name, value) };
    }
}

/// Loads a module that may know no more than version 2.40; it stays loaded.
pub fn load(path: &Path) -> &'static CK_FUNCTION_LIST {
    let library = ManuallyDrop::new(unsafe { libloading::Library::new(path).unwrap() });
    let get: libloading::Symbol<unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV> =
        unsafe { library.get(b"C_GetFunctionList\0").unwrap() };
    let mut list = null_mut();
    assert_eq!(unsafe { get(&mut list) }, CKR_OK);
    unsafe { &*list }
}

impl Pkcs11 {
    /// Loads the built module.
    pub fn load() -> Self {
        Self::load_file(&artifacts::module())
    }

    /// Loads a module; it stays loaded.
    pub fn load_file(path: &Path) -> Self {
        let library = ManuallyDrop::new(unsafe { libloading::Library::new(path).unwrap() });
        Self::of_library(&library)
    }

    /// The functions of a library, which must not be called once it is unloaded.
    pub fn of_library(library: &libloading::Library) -> Self {
        let get_interface: libloading::Symbol<
            unsafe extern "C" fn(*mut u8, *mut CK_VERSION, *mut *mut CK_INTERFACE, CK_FLAGS) -> CK_RV,
        > = unsafe { library.get(b"C_GetInterface\0").unwrap() };
        let mut version = CK_VERSION { major: 3, minor: 2 };
        let mut interface = null_mut();
        assert_eq!(unsafe { get_interface(null_mut(), &mut version, &mut interface, 0) }, CKR_OK);
        Self { list: unsafe { &*(*interface).pFunctionList.cast() } }
    }

    pub fn initialize(&self) -> Result<()> {
        let mut arguments =
            CK_C_INITIALIZE_ARGS { flags: CKF_OS_LOCKING_OK, ..CK_C_INITIALIZE_ARGS::default() };
        check(unsafe { self.list.C_Initialize.unwrap()((&raw mut arguments).cast()) })
    }

    pub fn finalize(&self) -> Result<()> {
        check(unsafe { self.list.C_Finalize.unwrap()(null_mut()) })
    }

    pub fn slots(&self) -> Vec<CK_SLOT_ID> {
        let (mut slots, mut count) = (vec![0; 8], 8);
        check(unsafe { self.list.C_GetSlotList.unwrap()(CK_TRUE, slots.as_mut_ptr(), &mut count) }).unwrap();
        slots.truncate(count as usize);
        slots
    }

    pub fn token_info(&self) -> Result<CK_TOKEN_INFO> {
        let mut info = CK_TOKEN_INFO::default();
        check(unsafe { self.list.C_GetTokenInfo.unwrap()(1, &mut info) })?;
        Ok(info)
    }

    pub fn open(&self, flags: CK_FLAGS) -> Result<Session> {
        let mut handle = 0;
        let flags = flags | CKF_SERIAL_SESSION;
        check(unsafe { self.list.C_OpenSession.unwrap()(1, flags, null_mut(), None, &mut handle) })?;
        Ok(Session { pkcs11: *self, handle })
    }

    /// A session in which the keys are visible.
    pub fn session(&self) -> Session {
        self.open(CKF_RW_SESSION).unwrap()
    }

    pub fn mechanisms(&self) -> Vec<MechanismType> {
        let mut count = 0;
        check(unsafe { self.list.C_GetMechanismList.unwrap()(1, null_mut(), &mut count) }).unwrap();
        let mut list = vec![0; count as usize];
        check(unsafe { self.list.C_GetMechanismList.unwrap()(1, list.as_mut_ptr(), &mut count) }).unwrap();
        list.into_iter().map(MechanismType).collect()
    }

    pub fn close_all(&self) -> Result<()> {
        check(unsafe { self.list.C_CloseAllSessions.unwrap()(1) })
    }
}

/// An open session.
#[derive(Clone, Copy)]
pub struct Session {
    pub pkcs11: Pkcs11,
    pub handle: CK_SESSION_HANDLE,
}

/// A mechanism with its parameter.
#[derive(Clone, Copy)]
pub struct Mechanism {
    pub kind: MechanismType,
    pub pss: Option<CK_RSA_PKCS_PSS_PARAMS>,
}

impl From<MechanismType> for Mechanism {
    fn from(kind: MechanismType) -> Self {
        Self { kind, pss: None }
    }
}

impl Session {
    pub fn close(&self) -> Result<()> {
        check(unsafe { self.pkcs11.list.C_CloseSession.unwrap()(self.handle) })
    }

    pub fn log_in(&self, pin: &str) -> Result<()> {
        let mut pin = pin.as_bytes().to_vec();
        let length = pin.len() as CK_ULONG;
        check(unsafe { self.pkcs11.list.C_Login.unwrap()(self.handle, CKU_USER, pin.as_mut_ptr(), length) })
    }

    pub fn log_out(&self) -> Result<()> {
        check(unsafe { self.pkcs11.list.C_Logout.unwrap()(self.handle) })
    }

    pub fn info(&self) -> Result<CK_SESSION_INFO> {
        let mut info = CK_SESSION_INFO::default();
        check(unsafe { self.pkcs11.list.C_GetSessionInfo.unwrap()(self.handle, &mut info) })?;
        Ok(info)
    }

    pub fn state(&self) -> Result<SessionState> {
        self.info().map(|info| SessionState(info.state))
    }

    pub fn find_init(&self, template: &[(AttributeType, &[u8])]) -> Result<()> {
        let mut template = attributes(template);
        let count = template.len() as CK_ULONG;
        check(unsafe {
            self.pkcs11.list.C_FindObjectsInit.unwrap()(self.handle, template.as_mut_ptr(), count)
        })
    }

    pub fn find_next(&self, most: usize) -> Result<Vec<CK_OBJECT_HANDLE>> {
        let mut found = vec![0; most];
        let mut count = 0;
        let most = most as CK_ULONG;
        check(unsafe {
            self.pkcs11.list.C_FindObjects.unwrap()(self.handle, found.as_mut_ptr(), most, &mut count)
        })?;
        found.truncate(count as usize);
        Ok(found)
    }

    pub fn find_final(&self) -> Result<()> {
        check(unsafe { self.pkcs11.list.C_FindObjectsFinal.unwrap()(self.handle) })
    }

    /// All objects that meet a template.
    pub fn find(&self, template: &[(AttributeType, &[u8])]) -> Result<Vec<CK_OBJECT_HANDLE>> {
        self.find_init(template)?;
        let found = self.find_next(10_000);
        self.find_final()?;
        found
    }

    /// Every object that is a side of a key; profiles are visible to everybody.
    pub fn find_keys(&self) -> Result<Vec<CK_OBJECT_HANDLE>> {
        let mut found = self.find(&[])?;
        found.retain(|object| self.attribute(*object, AttributeType::ID).is_ok());
        Ok(found)
    }

    /// The one object of a class with a label.
    pub fn object(&self, class: ObjectClass, label: &str) -> CK_OBJECT_HANDLE {
        let class = class.0.to_ne_bytes();
        let template: [(AttributeType, &[u8]); 2] =
            [(AttributeType::CLASS, &class), (AttributeType::LABEL, label.as_bytes())];
        let found = self.find(&template).unwrap();
        assert_eq!(found.len(), 1, "objects with label {label}");
        found[0]
    }

    pub fn private_key(&self, label: &str) -> CK_OBJECT_HANDLE {
        self.object(ObjectClass::PRIVATE_KEY, label)
    }

    /// The value of an attribute.
    pub fn attribute(&self, object: CK_OBJECT_HANDLE, kind: AttributeType) -> Result<Vec<u8>> {
        let get = self.pkcs11.list.C_GetAttributeValue.unwrap();
        let mut attribute = CK_ATTRIBUTE { type_: kind.0, pValue: null_mut(), ulValueLen: 0 };
        check(unsafe { get(self.handle, object, &mut attribute, 1) })?;
        let mut value = vec![0_u8; attribute.ulValueLen as usize];
        attribute.pValue = value.as_mut_ptr().cast::<c_void>();
        check(unsafe { get(self.handle, object, &mut attribute, 1) })?;
        assert_eq!(attribute.ulValueLen as usize, value.len());
        Ok(value)
    }

    pub fn sign_init(&self, mechanism: impl Into<Mechanism>, key: CK_OBJECT_HANDLE) -> Result<()> {
        let sign_init = self.pkcs11.list.C_SignInit.unwrap();
        with_mechanism(mechanism.into(), |mechanism| check(unsafe { sign_init(self.handle, mechanism, key) }))
    }

    /// C_Sign into a buffer of this size; `None` asks for the length.
    pub fn sign_into(&self, data: &[u8], room: Option<usize>) -> (ReturnValue, CK_ULONG, Vec<u8>) {
        let mut data = data.to_vec();
        let mut buffer = vec![0; room.unwrap_or_default()];
        let mut length = buffer.len() as CK_ULONG;
        let pointer = if room.is_some() { buffer.as_mut_ptr() } else { null_mut() };
        let value = unsafe {
            self.pkcs11.list.C_Sign.unwrap()(
                self.handle,
                data.as_mut_ptr(),
                data.len() as CK_ULONG,
                pointer,
                &mut length,
            )
        };
        (ReturnValue(value), length, buffer)
    }

    /// C_Sign with a buffer that is large enough.
    pub fn sign(&self, data: &[u8]) -> Result<Vec<u8>> {
        let (value, length, mut signature) = self.sign_into(data, Some(1024));
        check(value.0)?;
        signature.truncate(length as usize);
        Ok(signature)
    }

    pub fn sign_update(&self, part: &[u8]) -> Result<()> {
        let mut part = part.to_vec();
        let length = part.len() as CK_ULONG;
        check(unsafe { self.pkcs11.list.C_SignUpdate.unwrap()(self.handle, part.as_mut_ptr(), length) })
    }

    pub fn sign_final(&self) -> Result<Vec<u8>> {
        let mut signature = vec![0; 1024];
        let mut length = 1024;
        check(unsafe {
            self.pkcs11.list.C_SignFinal.unwrap()(self.handle, signature.as_mut_ptr(), &mut length)
        })?;
        signature.truncate(length as usize);
        Ok(signature)
    }

    /// A whole signature.
    pub fn signature(
        &self,
        mechanism: impl Into<Mechanism>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
    ) -> Result<Vec<u8>> {
        self.sign_init(mechanism, key)?;
        self.sign(data)
    }
}

impl Session {
    pub fn verify_init(&self, mechanism: impl Into<Mechanism>, key: CK_OBJECT_HANDLE) -> Result<()> {
        let verify_init = self.pkcs11.list.C_VerifyInit.unwrap();
        with_mechanism(mechanism.into(), |mechanism| {
            check(unsafe { verify_init(self.handle, mechanism, key) })
        })
    }

    pub fn verify(&self, data: &[u8], signature: &[u8]) -> Result<()> {
        let (data, signature) = (data.to_vec(), signature.to_vec());
        check(unsafe {
            self.pkcs11.list.C_Verify.unwrap()(
                self.handle,
                data.as_ptr().cast_mut(),
                data.len() as CK_ULONG,
                signature.as_ptr().cast_mut(),
                signature.len() as CK_ULONG,
            )
        })
    }

    pub fn verify_update(&self, part: &[u8]) -> Result<()> {
        let update = self.pkcs11.list.C_VerifyUpdate.unwrap();
        check(unsafe { update(self.handle, part.as_ptr().cast_mut(), part.len() as CK_ULONG) })
    }

    pub fn verify_final(&self, signature: &[u8]) -> Result<()> {
        let end = self.pkcs11.list.C_VerifyFinal.unwrap();
        check(unsafe { end(self.handle, signature.as_ptr().cast_mut(), signature.len() as CK_ULONG) })
    }

    /// C_VerifySignatureInit, of version 3.2.
    pub fn verify_signature_init(
        &self,
        mechanism: impl Into<Mechanism>,
        key: CK_OBJECT_HANDLE,
        signature: &[u8],
    ) -> Result<()> {
        let init = self.pkcs11.list.C_VerifySignatureInit.unwrap();
        with_mechanism(mechanism.into(), |mechanism| {
            let (pointer, length) = (signature.as_ptr().cast_mut(), signature.len() as CK_ULONG);
            check(unsafe { init(self.handle, mechanism, key, pointer, length) })
        })
    }

    pub fn verify_signature(&self, data: &[u8]) -> Result<()> {
        let verify = self.pkcs11.list.C_VerifySignature.unwrap();
        check(unsafe { verify(self.handle, data.as_ptr().cast_mut(), data.len() as CK_ULONG) })
    }

    pub fn verify_signature_update(&self, part: &[u8]) -> Result<()> {
        let update = self.pkcs11.list.C_VerifySignatureUpdate.unwrap();
        check(unsafe { update(self.handle, part.as_ptr().cast_mut(), part.len() as CK_ULONG) })
    }

    pub fn verify_signature_final(&self) -> Result<()> {
        check(unsafe { self.pkcs11.list.C_VerifySignatureFinal.unwrap()(self.handle) })
    }

    pub fn digest_init(&self, mechanism: impl Into<Mechanism>) -> Result<()> {
        let digest_init = self.pkcs11.list.C_DigestInit.unwrap();
        with_mechanism(mechanism.into(), |mechanism| check(unsafe { digest_init(self.handle, mechanism) }))
    }

    pub fn digest(&self, data: &[u8]) -> Result<Vec<u8>> {
        let digest = self.pkcs11.list.C_Digest.unwrap();
        let (mut output, mut length) = (vec![0; 64], 64);
        let (pointer, count) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        check(unsafe { digest(self.handle, pointer, count, output.as_mut_ptr(), &mut length) })?;
        output.truncate(length as usize);
        Ok(output)
    }

    pub fn digest_update(&self, part: &[u8]) -> Result<()> {
        let update = self.pkcs11.list.C_DigestUpdate.unwrap();
        check(unsafe { update(self.handle, part.as_ptr().cast_mut(), part.len() as CK_ULONG) })
    }

    pub fn digest_final(&self) -> Result<Vec<u8>> {
        let (mut output, mut length) = (vec![0; 64], 64);
        check(unsafe {
            self.pkcs11.list.C_DigestFinal.unwrap()(self.handle, output.as_mut_ptr(), &mut length)
        })?;
        output.truncate(length as usize);
        Ok(output)
    }

    pub fn cancel(&self, flags: CK_FLAGS) -> Result<()> {
        check(unsafe { self.pkcs11.list.C_SessionCancel.unwrap()(self.handle, flags) })
    }
}

/// Calls something with a mechanism as C has it.
fn with_mechanism<T>(mechanism: Mechanism, call: impl FnOnce(*mut CK_MECHANISM) -> T) -> T {
    let Mechanism { kind, mut pss } = mechanism;
    let (parameter, length) = match &mut pss {
        Some(pss) => ((&raw mut *pss).cast::<c_void>(), size_of::<CK_RSA_PKCS_PSS_PARAMS>()),
        None => (null_mut(), 0),
    };
    let mut mechanism =
        CK_MECHANISM { mechanism: kind.0, pParameter: parameter, ulParameterLen: length as CK_ULONG };
    call(&mut mechanism)
}

/// `CKR_OK` or the value.
pub fn check(value: CK_RV) -> Result<()> {
    if value == CKR_OK { Ok(()) } else { Err(ReturnValue(value)) }
}

/// A template for C; it borrows the values.
pub fn attributes(template: &[(AttributeType, &[u8])]) -> Vec<CK_ATTRIBUTE> {
    let attribute = |(kind, value): &(AttributeType, &[u8])| CK_ATTRIBUTE {
        type_: kind.0,
        pValue: value.as_ptr().cast_mut().cast(),
        ulValueLen: value.len() as CK_ULONG,
    };
    template.iter().map(attribute).collect()
}
