//! A host program: each method is one C call, with its arguments in guarded memory, and a step of the transcript.
//!
//! What differs from module to module without meaning anything is mapped: handles and slots become names, labels and
//! ids lose what SignPath puts before a key's name.

use std::collections::BTreeMap;
use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::ReturnValue;

use super::transcript::Step;
use crate::crash;
use crate::memory::{Buffer, Placement};
use crate::modules::Module;

/// Makes one call and notes it; arguments are pointers into guarded memory.
macro_rules! call {
    ($host:expr, $call:expr, $function:ident($($argument:expr),* $(,)?)) => {{
        let call = $host.begin($call.into());
        let value = unsafe { $host.list().$function.unwrap()($($argument),*) };
        $host.end(call, value)
    }};
}
pub(super) use call;

/// A host of one module.
pub struct Host<'a> {
    pub module: &'a Module,
    pub placement: Placement,
    scene: &'static str,
    pub steps: Vec<Step>,
    objects: BTreeMap<String, CK_OBJECT_HANDLE>,
    pub signatures: Vec<Signature>,
}

/// A signature that was made during the script, for the other module to verify.
#[derive(Debug, Clone)]
pub struct Signature {
    pub key: &'static str,
    pub mechanism: super::mechanism::Mechanism,
    pub data: Vec<u8>,
    pub bytes: Vec<u8>,
}

/// A session, by its handle and by what the transcript calls it.
#[derive(Clone, Copy)]
pub struct Session {
    pub handle: CK_SESSION_HANDLE,
    pub name: &'static str,
}

impl Session {
    /// One that no module has.
    pub const NONE: Self = Self { handle: 0, name: "session 0" };
}

/// An object, by its handle and by what the transcript calls it.
#[derive(Clone)]
pub struct Object {
    pub handle: CK_OBJECT_HANDLE,
    pub name: String,
}

impl Object {
    /// One that no module has.
    pub fn none() -> Self {
        Self { handle: 0, name: "object 0".to_owned() }
    }
}

/// Room for output of variable length.
#[derive(Clone, Copy)]
pub enum Room {
    /// No buffer: the length is asked for.
    Query,
    /// A buffer for so many bytes or elements.
    For(usize),
}

impl std::fmt::Display for Room {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Query => formatter.write_str("length query"),
            Self::For(room) => write!(formatter, "room for {room}"),
        }
    }
}

/// A buffer and the length that goes with it.
pub struct Output {
    buffer: Option<Buffer>,
    length: Buffer,
}

impl Output {
    pub fn pointer<T>(&self) -> *mut T {
        self.buffer.as_ref().map_or(null_mut(), Buffer::pointer)
    }

    pub fn length_pointer(&self) -> CK_ULONG_PTR {
        self.length.pointer()
    }

    /// The length that the module told.
    pub fn length(&self) -> usize {
        usize::try_from(self.length.get::<CK_ULONG>(0)).unwrap()
    }

    /// What the module wrote, if the call succeeded and there was a buffer.
    pub fn content(&self, value: ReturnValue) -> Option<Vec<u8>> {
        let buffer = self.buffer.as_ref().filter(|_| value == ReturnValue::OK)?;
        Some(buffer.bytes()[..self.length()].to_vec())
    }
}

impl<'a> Host<'a> {
    pub fn new(module: &'a Module, placement: Placement) -> Self {
        let (steps, signatures) = (Vec::new(), Vec::new());
        Self { module, placement, scene: "", steps, objects: BTreeMap::new(), signatures }
    }

    pub fn list(&self) -> &'static CK_FUNCTION_LIST {
        self.module.list
    }

    /// What follows belongs to this scene.
    pub fn scene(&mut self, name: &'static str) {
        self.scene = name;
    }

    pub fn begin(&self, call: String) -> String {
        let call = format!("{}: {call}", self.scene);
        crash::announce(&format!("{call} of {}", self.module.name));
        call
    }

    pub fn end(&mut self, call: String, value: CK_RV) -> &mut Step {
        self.steps.push(Step { call, value: ReturnValue(value), parts: Vec::new() });
        self.last()
    }

    /// The step that was made last.
    pub fn last(&mut self) -> &mut Step {
        self.steps.last_mut().unwrap()
    }

    /// Room for elements of a type, and the length that says so.
    pub fn room_for<T>(&self, room: Room) -> Output {
        let (buffer, length) = match room {
            Room::Query => (None, 0),
            Room::For(count) => (Some(self.placement.output_of::<T>(count)), count),
        };
        Output { buffer, length: self.placement.inout_of(&[length as CK_ULONG]) }
    }

    /// A session, and logged in: where most scenes begin.
    pub fn logged_in(&mut self) -> Session {
        let session = self.open(CKF_SERIAL_SESSION, "");
        self.log_in(session, CKU_USER, super::sessions::Pin::Right);
        self.learn_objects(session);
        session
    }

    /// An object by the name that the transcript has for it, such as `private rsa-2048`.
    pub fn object(&self, name: &str) -> Object {
        let handle = *self.objects.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.module.name));
        Object { handle, name: name.to_owned() }
    }

    /// The names of handles, in the order of the names: the standard leaves the order of a search open.
    pub fn names(&self, handles: &[CK_OBJECT_HANDLE]) -> String {
        let name = |handle: &CK_OBJECT_HANDLE| {
            let known = self.objects.iter().find(|(_, known)| *known == handle);
            known.map_or_else(|| "an unknown object".to_owned(), |(name, _)| name.clone())
        };
        let mut names: Vec<String> = handles.iter().map(name).collect();
        names.sort();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    }

    /// Finds out which handle is which object; no part of the script.
    pub fn learn_objects(&mut self, session: Session) {
        self.objects = self.module.objects(session.handle).into_iter().collect();
    }

    /// A label or an id without what SignPath puts before the key's name.
    pub fn mapped<'b>(&self, value: &'b [u8]) -> &'b [u8] {
        value.strip_prefix(self.module.prefix.as_bytes()).unwrap_or(value)
    }

    /// The label and id of a key for this module.
    pub fn unmapped(&self, name: &str) -> Vec<u8> {
        format!("{}{name}", self.module.prefix).into_bytes()
    }
}
