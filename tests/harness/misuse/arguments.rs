//! What the arguments of a function are, and right ones in guarded memory.

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{MechanismType, ReturnValue};

use super::stage::Stage;
use crate::memory::{Buffer, Placement};

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    Slot,
    Session,
    PrivateKey,
    PublicKey,
    Object,
    /// A number that may be anything.
    Number(CK_ULONG),
    /// At most so many of what stands before.
    Most(CK_ULONG),
    /// Input, whose length is the next argument.
    Bytes(&'static [u8]),
    /// A template of one attribute to create from, or to search by; the next argument counts its attributes.
    Template,
    /// A template of one attribute to be answered.
    Attributes,
    /// The length of what stands before.
    Length,
    Mechanism(MechanismType),
    /// Input that is needed and has no length.
    Text(&'static [u8]),
    /// Input, or NULL.
    Optional(&'static [u8]),
    /// Output of a fixed number of bytes.
    Into(usize),
    /// Output of variable length, or NULL to ask for the length: bytes of an element, and elements.
    Buffer(usize, usize),
    /// Where the room in the buffer before stands.
    Room,
    /// NULL, and nothing else.
    Reserved,
    Callback,
}

impl Argument {
    /// What a handle is answered with that is not valid.
    pub fn refusal_of_handle(self) -> Option<ReturnValue> {
        match self {
            Self::Slot => Some(ReturnValue::SLOT_ID_INVALID),
            Self::Session => Some(ReturnValue::SESSION_HANDLE_INVALID),
            Self::PrivateKey | Self::PublicKey => Some(ReturnValue::KEY_HANDLE_INVALID),
            Self::Object => Some(ReturnValue::OBJECT_HANDLE_INVALID),
            _ => None,
        }
    }

    /// A pointer without which nothing can be done.
    pub fn is_needed_pointer(self) -> bool {
        use Argument::{Attributes, Bytes, Into, Mechanism, Room, Template, Text};
        matches!(self, Bytes(_) | Template | Attributes | Mechanism(_) | Text(_) | Into(_) | Room)
    }

    /// A pointer that may be NULL.
    pub fn is_optional_pointer(self) -> bool {
        matches!(self, Self::Optional(_) | Self::Buffer(..))
    }
}

/// How an argument differs from the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// This word in its place.
    Word(usize),
    /// Room for so many elements.
    Room(usize),
    /// Enough room, and a length that says there is this much.
    RoomSaidToBe(CK_ULONG),
    /// A parameter of the mechanism, said to be of this length.
    Parameter(CK_ULONG),
    /// The same, and NULL.
    NullParameter(CK_ULONG),
    /// The attribute's value is said to be of this length.
    Value(CK_ULONG),
    /// The attribute's value is NULL, and has a length.
    NullValue,
}

/// Arguments as they are passed, and the memory that they point to.
pub struct Laid {
    pub words: Vec<usize>,
    outputs: Vec<Buffer>,
    room: Option<Buffer>,
    said: CK_ULONG,
    _inputs: Vec<Buffer>,
}

impl Laid {
    /// Lays out right arguments, but for the changes.
    pub fn new(
        arguments: &[Argument],
        changes: &[(usize, Change)],
        stage: &Stage,
        placement: Placement,
    ) -> Self {
        let mut laid =
            Self { words: Vec::new(), outputs: Vec::new(), room: None, said: 0, _inputs: Vec::new() };
        for (index, argument) in arguments.iter().enumerate() {
            let change = changes.iter().find(|(place, _)| *place == index).map(|(_, change)| *change);
            let word = match change {
                Some(Change::Word(word)) => word,
                other => laid.lay(*argument, other, stage, placement, arguments.get(index.wrapping_sub(1))),
            };
            laid.words.push(word);
        }
        laid
    }

    fn lay(
        &mut self,
        argument: Argument,
        change: Option<Change>,
        stage: &Stage,
        placement: Placement,
        before: Option<&Argument>,
    ) -> usize {
        match argument {
            Argument::Slot => stage.slot as usize,
            Argument::Session => stage.session as usize,
            Argument::PrivateKey | Argument::Object => stage.private_key as usize,
            Argument::PublicKey => stage.public_key as usize,
            Argument::Number(number) | Argument::Most(number) => number as usize,
            Argument::Bytes(bytes) | Argument::Text(bytes) | Argument::Optional(bytes) => {
                self.input(placement.input(bytes))
            }
            Argument::Length => length_of(before),
            Argument::Mechanism(kind) => self.mechanism(kind, change, placement),
            Argument::Template | Argument::Attributes => self.attribute(argument, change, placement),
            Argument::Into(size) => self.output(placement.output(size)),
            Argument::Buffer(size, count) => {
                let count = if let Some(Change::Room(room)) = change { room } else { count };
                self.said = count as CK_ULONG;
                if let Some(Change::RoomSaidToBe(said)) = change {
                    self.said = said;
                }
                self.output(placement.output(size * count))
            }
            Argument::Room => {
                let room = placement.inout_of(&[self.said]);
                let word = room.pointer::<u8>().addr();
                self.room = Some(room);
                word
            }
            Argument::Reserved | Argument::Callback => 0,
        }
    }

    fn mechanism(&mut self, kind: MechanismType, change: Option<Change>, placement: Placement) -> usize {
        let parameter = self.input(placement.input(&[0; 8]));
        let (parameter, length) = match change {
            Some(Change::Parameter(length)) => (parameter, length),
            Some(Change::NullParameter(length)) => (0, length),
            _ => (0, 0),
        };
        let pointer = std::ptr::with_exposed_provenance_mut(parameter);
        let mechanism = CK_MECHANISM { mechanism: kind.0, pParameter: pointer, ulParameterLen: length };
        self.input(placement.input_of(&[mechanism]))
    }

    fn attribute(&mut self, argument: Argument, change: Option<Change>, placement: Placement) -> usize {
        let class = CKO_PRIVATE_KEY.to_ne_bytes();
        let said = if let Some(Change::Value(length)) = change { length } else { class.len() as CK_ULONG };
        let is_output = argument == Argument::Attributes;
        let value = if is_output { placement.output(class.len()) } else { placement.input(&class) };
        let value = if is_output { self.output(value) } else { self.input(value) };
        let value = if change == Some(Change::NullValue) { 0 } else { value };
        let pointer = std::ptr::with_exposed_provenance_mut(value);
        let attribute = CK_ATTRIBUTE { type_: CKA_CLASS, pValue: pointer, ulValueLen: said };
        let template =
            if is_output { placement.inout_of(&[attribute]) } else { placement.input_of(&[attribute]) };
        self.input(template)
    }

    fn input(&mut self, buffer: Buffer) -> usize {
        let word = buffer.pointer::<u8>().expose_provenance();
        self._inputs.push(buffer);
        word
    }

    fn output(&mut self, buffer: Buffer) -> usize {
        let word = buffer.pointer::<u8>().expose_provenance();
        self.outputs.push(buffer);
        word
    }

    /// Whether nothing was written to any output.
    pub fn are_outputs_untouched(&self) -> bool {
        self.outputs.iter().all(Buffer::is_untouched)
    }

    /// The room that was told, and now is.
    pub fn room(&self) -> Option<(CK_ULONG, CK_ULONG)> {
        self.room.as_ref().map(|room| (self.said, room.get(0)))
    }
}

fn length_of(before: Option<&Argument>) -> usize {
    match before {
        Some(Argument::Bytes(bytes)) => bytes.len(),
        _ => 1,
    }
}
