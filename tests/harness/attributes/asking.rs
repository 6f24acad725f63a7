//! C_GetAttributeValue with its template and its values in guarded memory.

use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{AttributeType as A, ReturnValue};

use crate::memory::{Buffer, Placement};
use crate::support::pkcs11::Session;

/// What is asked for: an attribute, and room for its value, or none to ask for the length.
pub type Asked = (A, Option<usize>);

/// What came for one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Length(usize),
    Value(Vec<u8>),
    /// `CK_UNAVAILABLE_INFORMATION`, and nothing was written.
    Unavailable,
}

/// Asks for several attributes at once.
pub fn ask(
    session: Session,
    object: CK_OBJECT_HANDLE,
    asked: &[Asked],
    placement: Placement,
) -> (ReturnValue, Vec<Answer>) {
    let buffers: Vec<Option<Buffer>> =
        asked.iter().map(|(_, room)| room.map(|room| placement.output(room))).collect();
    let attributes: Vec<CK_ATTRIBUTE> = asked
        .iter()
        .zip(&buffers)
        .map(|((kind, room), buffer)| CK_ATTRIBUTE {
            type_: kind.0,
            pValue: buffer.as_ref().map_or(null_mut(), Buffer::pointer),
            ulValueLen: room.unwrap_or(0) as CK_ULONG,
        })
        .collect();
    let template = placement.inout_of(&attributes);
    let get = session.pkcs11.list.C_GetAttributeValue.unwrap();
    let value = unsafe { get(session.handle, object, template.pointer(), asked.len() as CK_ULONG) };
    let answer = |(index, buffer): (usize, &Option<Buffer>)| {
        let after: CK_ATTRIBUTE = template.get(index);
        assert_eq!((after.type_, after.pValue), (attributes[index].type_, attributes[index].pValue));
        answer(after.ulValueLen, buffer.as_ref())
    };
    (ReturnValue(value), buffers.iter().enumerate().map(answer).collect())
}

fn answer(length: CK_ULONG, buffer: Option<&Buffer>) -> Answer {
    match buffer {
        _ if length == CK_UNAVAILABLE_INFORMATION => {
            assert!(buffer.is_none_or(Buffer::is_untouched), "a value that is not available was written to");
            Answer::Unavailable
        }
        None => Answer::Length(length as usize),
        Some(buffer) => {
            let (value, rest) = buffer.split(length as usize);
            assert!(
                rest.iter().all(|byte| *byte == crate::memory::UNTOUCHED),
                "more than the value was written"
            );
            Answer::Value(value)
        }
    }
}
