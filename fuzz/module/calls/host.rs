//! The host: what it passes as arguments, and what it remembers.

mod arguments;

use std::ptr::null_mut;

use cryptoki_sys::*;

use super::memory::Memory;
use super::model::{Meant, Model};
use super::service::{ORGANIZATION, Service, TOKEN};

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

/// Only what the module needs: each variable more is compared with the names of all settings.
fn set_environment(port: u16) {
    let ours = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("SIGNPATH_"));
    for name in ours {
        // SAFETY: the other threads are those of the service, which read no variable
        unsafe { std::env::remove_var(name) };
    }
    for (name, value) in [
        ("SIGNPATH_API_URL", format!("http://127.0.0.1:{port}/Api").as_str()),
        ("SIGNPATH_ORGANIZATION_ID", ORGANIZATION),
        ("SIGNPATH_API_TOKEN", TOKEN),
        ("SIGNPATH_LOG_CONSOLE_LEVEL", "none"),
        ("SIGNPATH_LOG_FILE_LEVEL", "none"),
    ] {
        // SAFETY: as above
        unsafe { std::env::set_var(name, value) };
    }
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
        set_environment(service.port);
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
}
