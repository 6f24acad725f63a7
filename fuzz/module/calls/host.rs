//! The host: what it passes as arguments, and what it remembers.

use std::ptr::null_mut;

use cryptoki_sys::*;

use super::memory::{LARGEST, Memory};
use super::model::{Meant, Model};
use super::service::{ORGANIZATION, Service, TOKEN};

const MECHANISMS: [CK_MECHANISM_TYPE; 20] = [
    CKM_RSA_PKCS,
    CKM_SHA256_RSA_PKCS,
    CKM_SHA384_RSA_PKCS,
    CKM_SHA512_RSA_PKCS,
    CKM_RSA_PKCS_PSS,
    CKM_SHA256_RSA_PKCS_PSS,
    CKM_SHA384_RSA_PKCS_PSS,
    CKM_SHA512_RSA_PKCS_PSS,
    CKM_ECDSA,
    CKM_ECDSA_SHA256,
    CKM_ECDSA_SHA384,
    CKM_ECDSA_SHA512,
    CKM_SHA256,
    CKM_SHA384,
    CKM_SHA512,
    CKM_SHA_1,
    CKM_RSA_X_509,
    CKM_EDDSA,
    CKM_VENDOR_DEFINED,
    CK_ULONG::MAX,
];

const ATTRIBUTES: [CK_ATTRIBUTE_TYPE; 22] = [
    CKA_CLASS,
    CKA_TOKEN,
    CKA_PRIVATE,
    CKA_LABEL,
    CKA_ID,
    CKA_KEY_TYPE,
    CKA_SIGN,
    CKA_VERIFY,
    CKA_MODULUS,
    CKA_PUBLIC_EXPONENT,
    CKA_EC_PARAMS,
    CKA_EC_POINT,
    CKA_VALUE,
    CKA_SUBJECT,
    CKA_ALLOWED_MECHANISMS,
    CKA_PUBLIC_KEY_INFO,
    CKA_WRAP_TEMPLATE,
    CKA_PRIVATE_EXPONENT,
    CKA_UNIQUE_ID,
    CKA_PROFILE_ID,
    CKA_VENDOR_DEFINED | 0x5350_0001,
    CK_ULONG::MAX,
];

/// Values of attributes that lead to objects.
const VALUES: [&[u8]; 8] = [
    b"p/p-256",
    b"p/rsa",
    b"p/p-384",
    b"p/none",
    &[2, 0, 0, 0, 0, 0, 0, 0],
    &[3, 0, 0, 0, 0, 0, 0, 0],
    &[1],
    &[0],
];

/// Lengths that no memory has.
const ABSURD: [CK_ULONG; 4] = [CK_ULONG::MAX, 1 << 63, 1 << 57, CK_ULONG::MAX - 7];

/// What the last call was given, as far as somebody asks.
pub(super) struct Arguments {
    pub(super) session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    mechanism: CK_MECHANISM_TYPE,
    pss_hash: Option<CK_MECHANISM_TYPE>,
    has_mechanism: bool,
    /// The first data.
    pub(super) data: Vec<u8>,
    has_data: bool,
    /// The length that goes with the pointer before it.
    length: CK_ULONG,
    output: *mut u8,
    /// Whether there is a buffer, not only a length.
    pub(super) has_output: bool,
    room: CK_ULONG,
    room_place: *mut CK_ULONG,
    place: *mut u8,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            session: 0,
            object: 0,
            mechanism: 0,
            pss_hash: None,
            has_mechanism: false,
            data: Vec::new(),
            has_data: false,
            length: 0,
            output: null_mut(),
            has_output: false,
            room: 0,
            room_place: null_mut(),
            place: null_mut(),
        }
    }
}

/// A host.
pub(super) struct Host {
    pub(super) memory: Memory,
    pub(super) service: Service,
    pub(super) model: Model,
    pub(super) arguments: Arguments,
    list: *const CK_FUNCTION_LIST_3_2,
    input: Vec<u8>,
    position: usize,
    sessions: Vec<CK_SESSION_HANDLE>,
    objects: Vec<CK_OBJECT_HANDLE>,
}

unsafe extern "C" {
    fn C_GetInterface(
        name: *mut u8,
        version: *mut CK_VERSION,
        found: *mut *mut CK_INTERFACE,
        flags: CK_FLAGS,
    ) -> CK_RV;
}

impl Host {
    /// A host that has found the module, and a service behind it.
    pub(super) fn start() -> Self {
        let service = Service::start();
        let url = format!("http://127.0.0.1:{}/Api", service.port);
        let variables = [
            ("SIGNPATH_API_URL", url.as_str()),
            ("SIGNPATH_ORGANIZATION_ID", ORGANIZATION),
            ("SIGNPATH_API_TOKEN", TOKEN),
            ("SIGNPATH_LOG_CONSOLE_LEVEL", "none"),
            ("SIGNPATH_LOG_FILE_LEVEL", "none"),
        ];
        for (name, value) in variables {
            // SAFETY: the other threads are those of the service, which read no variable
            unsafe { std::env::set_var(name, value) };
        }
        let mut found = null_mut();
        // SAFETY: `found` is valid for writes
        assert_eq!(unsafe { C_GetInterface(null_mut(), null_mut(), &raw mut found, 0) }, CKR_OK);
        // SAFETY: C_GetInterface answered with an interface, which lives as long as the process
        let list = unsafe { *found }.pFunctionList.cast();
        let host = Self {
            memory: Memory::new(),
            service,
            model: Model::default(),
            arguments: Arguments::default(),
            list,
            input: Vec::new(),
            position: 0,
            sessions: Vec::new(),
            objects: Vec::new(),
        };
        host.initialize_for_fuzzing();
        host
    }

    /// The module keeps panics for itself from its first initialisation on; here they are to end the process.
    fn initialize_for_fuzzing(&self) {
        let hook = std::panic::take_hook();
        self.initialize();
        std::panic::set_hook(hook);
    }

    /// The functions of the module.
    pub(super) fn list(&self) -> &'static CK_FUNCTION_LIST_3_2 {
        // SAFETY: the default interface is that of version 3.2, and its list lives as long as the process
        unsafe { &*self.list }
    }

    /// Takes another input: an initialised module, no session but one, the handles of all objects.
    pub(super) fn begin(&mut self, input: &[u8]) {
        self.input = input.to_owned();
        self.position = 0;
        self.sessions.clear();
        self.objects.clear();
        self.model.clear();
        self.initialize();
        self.close_all();
        self.open();
        self.find_all();
    }

    fn initialize(&self) {
        // SAFETY: no argument is a valid one
        unsafe { self.list().C_Initialize.unwrap()(null_mut()) };
    }

    fn close_all(&self) {
        // SAFETY: there is no pointer among the arguments
        unsafe { self.list().C_CloseAllSessions.unwrap()(1) };
    }

    fn open(&mut self) {
        let mut session = 0;
        // SAFETY: `session` is valid for writes
        let value = unsafe {
            self.list().C_OpenSession.unwrap()(1, CKF_SERIAL_SESSION, null_mut(), None, &raw mut session)
        };
        assert_eq!(value, CKR_OK);
        self.sessions.push(session);
    }

    fn find_all(&mut self) {
        let (list, session) = (self.list(), self.sessions[0]);
        let (mut found, mut count) = ([0; 16], 0);
        // SAFETY: a template without attributes may be NULL
        assert_eq!(unsafe { list.C_FindObjectsInit.unwrap()(session, null_mut(), 0) }, CKR_OK);
        // SAFETY: `found` has room for 16 handles, and `count` is valid for writes
        unsafe { list.C_FindObjects.unwrap()(session, found.as_mut_ptr(), 16, &raw mut count) };
        // SAFETY: there is no pointer among the arguments
        unsafe { list.C_FindObjectsFinal.unwrap()(session) };
        self.objects.extend(&found[..count as usize]);
        assert!(self.objects.len() >= 6, "the keys were not listed");
    }

    /// Gives the memory of the call before back.
    pub(super) fn forget_arguments(&mut self) {
        self.memory.clear();
        self.arguments = Arguments::default();
    }

    /// What was written is not longer than there was room for.
    pub(super) fn check_output(&self, name: &str) {
        if self.arguments.has_output && !self.arguments.room_place.is_null() {
            // SAFETY: the place of the length is a buffer of this host
            let length = unsafe { self.arguments.room_place.read_unaligned() };
            assert!(length <= self.arguments.room, "{name} wrote {length} into {}", self.arguments.room);
        }
    }

    /// Remembers what a call that succeeded has changed.
    pub(super) fn learn(&mut self, name: &str) {
        let session = self.arguments.session;
        match name {
            "C_OpenSession" => self.sessions.push(self.written()),
            "C_FindObjects" => self.learn_objects(),
            "C_SignInit" if self.arguments.has_mechanism => {
                let meant = Meant {
                    label: self.label_of(session, self.arguments.object),
                    mechanism: self.arguments.mechanism,
                    pss_hash: self.arguments.pss_hash,
                    parts: Vec::new(),
                };
                self.model.begin(session, meant);
            }
            "C_SignUpdate" => self.model.add_part(session, &self.arguments.data),
            _ => {}
        }
    }

    /// The number that was written to the place of the call.
    fn written(&self) -> CK_ULONG {
        // SAFETY: the call succeeded, so its place is a buffer of this host for a number
        unsafe { self.arguments.place.cast::<CK_ULONG>().read_unaligned() }
    }

    fn learn_objects(&mut self) {
        let found = self.arguments.output.cast::<CK_OBJECT_HANDLE>();
        let count = self.written().min(self.arguments.room) as usize;
        for index in 0..count {
            // SAFETY: there is room for as many handles in the buffer of this host
            self.objects.push(unsafe { found.wrapping_add(index).read_unaligned() });
        }
    }

    fn label_of(&self, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> String {
        let mut label = [0; 64];
        let mut attribute =
            CK_ATTRIBUTE { type_: CKA_LABEL, pValue: label.as_mut_ptr().cast(), ulValueLen: 64 };
        // SAFETY: one attribute, with room for 64 bytes
        let value =
            unsafe { self.list().C_GetAttributeValue.unwrap()(session, object, &raw mut attribute, 1) };
        assert_eq!(value, CKR_OK);
        String::from_utf8(label[..attribute.ulValueLen as usize].to_owned()).unwrap()
    }

    // ---- What the input says ----------------------------------------------------------------------------------------

    pub(super) fn next_byte(&mut self) -> Option<u8> {
        let byte = self.input.get(self.position).copied();
        self.position += 1;
        byte
    }

    fn byte(&mut self) -> usize {
        self.next_byte().map_or(0, usize::from)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.byte() % all.len()]
    }

    /// Bytes of the input, then zeros.
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let mut bytes = rest[..rest.len().min(length)].to_owned();
        bytes.resize(length, 0);
        self.position += length;
        bytes
    }

    /// Mostly small, sometimes those of digests, sometimes a page.
    fn size(&mut self) -> usize {
        match self.byte() {
            size @ 0..=200 => size,
            size => [20, 32, 35, 48, 51, 64, 67, 83, 96, 256, LARGEST][size % 11],
        }
    }

    fn value_of<T>(&mut self, value: &T) -> *mut T {
        // SAFETY: `value` is valid for reads of its size; the types that come here have no padding that matters
        let bytes = unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) };
        self.memory.buffer(bytes).cast()
    }

    // ---- Arguments --------------------------------------------------------------------------------------------------

    pub(super) fn session(&mut self) -> CK_SESSION_HANDLE {
        let choice = self.byte();
        let known = self.sessions.get(choice % 8).or(self.sessions.first()).copied();
        self.arguments.session = match choice {
            250.. => [0, 1, CK_ULONG::MAX, 77, 1 << 32, 2][choice % 6],
            _ => known.unwrap_or_default(),
        };
        self.arguments.session
    }

    pub(super) fn object(&mut self) -> CK_OBJECT_HANDLE {
        let choice = self.byte();
        let known = self.objects.get(choice % self.objects.len().max(1)).copied();
        self.arguments.object =
            if choice >= 250 { [0, CK_ULONG::MAX][choice % 2] } else { known.unwrap_or_default() };
        self.arguments.object
    }

    pub(super) fn slot(&mut self) -> CK_SLOT_ID {
        if self.byte() < 240 { 1 } else { self.one_of(&[0, 2, CK_ULONG::MAX]) }
    }

    pub(super) fn boolean(&mut self) -> CK_BBOOL {
        self.byte() as CK_BBOOL
    }

    pub(super) fn flags(&mut self) -> CK_FLAGS {
        self.one_of(&[
            CKF_SERIAL_SESSION,
            CKF_SERIAL_SESSION | CKF_RW_SESSION,
            0,
            CK_ULONG::MAX,
            CKF_SIGN,
            CKF_FIND_OBJECTS,
        ])
    }

    pub(super) fn without_waiting(&mut self) -> CK_FLAGS {
        self.flags() | CKF_DONT_BLOCK
    }

    pub(super) fn user(&mut self) -> CK_USER_TYPE {
        self.one_of(&[CKU_USER, CKU_USER, CKU_SO, CKU_CONTEXT_SPECIFIC, CK_ULONG::MAX])
    }

    pub(super) fn notify(&mut self) -> CK_NOTIFY {
        None
    }

    pub(super) fn reserved(&mut self) -> CK_VOID_PTR {
        if self.byte() < 240 { null_mut() } else { self.memory.buffer(b"reserved").cast() }
    }

    pub(super) fn initialization(&mut self) -> CK_VOID_PTR {
        match self.byte() {
            0..=127 => null_mut(),
            choice => {
                let content = self.bytes(size_of::<CK_C_INITIALIZE_ARGS>());
                let zeros = vec![0; content.len()];
                self.memory.buffer(if choice % 2 == 0 { &zeros } else { &content }).cast()
            }
        }
    }

    /// A place for something of a known size.
    pub(super) fn structure<T>(&mut self) -> *mut T {
        if self.byte() >= 250 {
            return null_mut();
        }
        let content = self.bytes(size_of::<T>().min(8));
        let rest = vec![0; size_of::<T>() - content.len()];
        self.arguments.place = self.memory.buffer(&[content, rest].concat());
        self.arguments.place.cast()
    }

    /// Text that ends with a zero.
    pub(super) fn name(&mut self) -> *mut u8 {
        match self.byte() {
            0..=100 => null_mut(),
            101..=200 => self.memory.buffer(b"PKCS 11\0"),
            size => {
                let mut text = self.bytes(size % 32);
                text.push(0);
                self.memory.buffer(&text)
            }
        }
    }

    /// A label, which is as long as the standard says.
    pub(super) fn label(&mut self) -> *mut u8 {
        let label = self.bytes(32);
        self.memory.buffer(&label)
    }

    pub(super) fn pin(&mut self) -> *mut u8 {
        let known = format!("{ORGANIZATION}:{TOKEN}");
        let pins = ["CONFIG", known.as_str(), "", "0a1b2c3d-0000-4000-8000-00000000000f:wrong", "config"];
        match self.byte() {
            choice @ 0..=199 => {
                let pin = pins[choice % pins.len()];
                self.arguments.length = pin.len() as CK_ULONG;
                self.memory.buffer(pin.as_bytes())
            }
            _ => self.data(),
        }
    }

    pub(super) fn pin_length(&mut self) -> CK_ULONG {
        self.arguments.length
    }

    /// Input, whose length comes next.
    pub(super) fn data<T>(&mut self) -> *mut T {
        let (pointer, length, data) = match self.byte() {
            250.. => (null_mut(), self.one_of(&[0, 1, 32, CK_ULONG::MAX]), Vec::new()),
            245..=249 => (self.memory.buffer(b"short"), self.one_of(&ABSURD), Vec::new()),
            _ => {
                let size = self.size();
                let data = self.bytes(size);
                (self.memory.buffer(&data), size as CK_ULONG, data)
            }
        };
        self.arguments.length = length;
        if !std::mem::replace(&mut self.arguments.has_data, true) {
            self.arguments.data = data;
        }
        pointer.cast()
    }

    pub(super) fn length(&mut self) -> CK_ULONG {
        self.arguments.length
    }

    /// Room for output, whose length comes next.
    pub(super) fn output<T>(&mut self) -> *mut T {
        let choice = self.byte();
        let elements = (self.size() * 2).min(LARGEST / size_of::<T>().max(1));
        self.arguments.room = elements as CK_ULONG;
        self.arguments.has_output = choice < 220;
        if self.arguments.has_output {
            self.arguments.output = self.memory.buffer(&vec![0; elements * size_of::<T>().max(1)]);
        }
        self.arguments.output.cast()
    }

    pub(super) fn room(&mut self) -> *mut CK_ULONG {
        if self.byte() >= 250 {
            return null_mut();
        }
        let room = self.arguments.room;
        self.arguments.room_place = self.value_of(&room);
        self.arguments.room_place
    }

    pub(super) fn capacity(&mut self) -> CK_ULONG {
        if self.arguments.has_output { self.arguments.room } else { self.one_of(&[0, 1, CK_ULONG::MAX]) }
    }

    pub(super) fn mechanism_type(&mut self) -> CK_MECHANISM_TYPE {
        self.one_of(&MECHANISMS)
    }

    pub(super) fn mechanism(&mut self) -> *mut CK_MECHANISM {
        let kind = self.mechanism_type();
        let (parameter, length) = self.parameter(kind);
        self.arguments.mechanism = kind;
        self.arguments.has_mechanism = self.byte() < 250;
        if !self.arguments.has_mechanism {
            return null_mut();
        }
        self.value_of(&CK_MECHANISM { mechanism: kind, pParameter: parameter, ulParameterLen: length })
    }

    /// Mostly what the mechanism needs, sometimes anything.
    fn parameter(&mut self, kind: CK_MECHANISM_TYPE) -> (CK_VOID_PTR, CK_ULONG) {
        let is_pss =
            [CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS, CKM_SHA384_RSA_PKCS_PSS, CKM_SHA512_RSA_PKCS_PSS]
                .contains(&kind);
        match self.byte() {
            0..=219 if !is_pss => (null_mut(), 0),
            0..=219 => {
                let (hash, mgf, salt) = self.one_of(&[
                    (CKM_SHA256, CKG_MGF1_SHA256, 32),
                    (CKM_SHA384, CKG_MGF1_SHA384, 48),
                    (CKM_SHA512, CKG_MGF1_SHA512, 64),
                    (CKM_SHA_1, CKG_MGF1_SHA1, 20),
                    (CKM_SHA256, CKG_MGF1_SHA384, 32),
                    (CKM_SHA256, CKG_MGF1_SHA256, CK_ULONG::MAX),
                ]);
                self.arguments.pss_hash = Some(hash);
                let parameter = self.value_of(&CK_RSA_PKCS_PSS_PARAMS { hashAlg: hash, mgf, sLen: salt });
                (parameter.cast(), size_of::<CK_RSA_PKCS_PSS_PARAMS>() as CK_ULONG)
            }
            220..=229 => (null_mut(), self.one_of(&[1, CK_ULONG::MAX])),
            _ => {
                let size = self.size();
                let parameter = self.bytes(size);
                (self.memory.buffer(&parameter).cast(), size as CK_ULONG)
            }
        }
    }

    /// Attributes, whose number comes next.
    pub(super) fn template(&mut self) -> *mut CK_ATTRIBUTE {
        let choice = self.byte();
        let count = choice % 8;
        self.arguments.length = count as CK_ULONG;
        if choice >= 250 {
            self.arguments.length = self.one_of(&[0, 1, (1 << 16) + 1, CK_ULONG::MAX]);
            return null_mut();
        }
        let attributes: Vec<CK_ATTRIBUTE> = (0..count).map(|_| self.attribute()).collect();
        let mut bytes = Vec::new();
        for CK_ATTRIBUTE { type_, pValue, ulValueLen } in attributes {
            let members = [type_, pValue.expose_provenance() as CK_ULONG, ulValueLen];
            bytes.extend(members.into_iter().flat_map(CK_ULONG::to_ne_bytes));
        }
        if choice >= 245 {
            self.arguments.length = self.one_of(&[(1 << 16) + 1, CK_ULONG::MAX]);
        }
        self.memory.buffer(&bytes).cast()
    }

    fn attribute(&mut self) -> CK_ATTRIBUTE {
        let type_ = self.one_of(&ATTRIBUTES);
        let (value, length) = match self.byte() {
            0..=80 => {
                let value = self.one_of(&VALUES);
                (self.memory.buffer(value), value.len() as CK_ULONG)
            }
            81..=110 => (null_mut(), 0),
            111..=120 => (null_mut(), self.one_of(&ABSURD)),
            _ => {
                let size = self.size();
                let value = self.bytes(size);
                (self.memory.buffer(&value), size as CK_ULONG)
            }
        };
        CK_ATTRIBUTE { type_, pValue: value.cast(), ulValueLen: length }
    }

    pub(super) fn count(&mut self) -> CK_ULONG {
        self.arguments.length
    }
}
