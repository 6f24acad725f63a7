//! C_GetAttributeValue with its template and its values in guarded memory.

use cryptoki_sys::*;
use signpath_pkcs11::token::names::ReturnValue;

use crate::memory::{Buffer, Placement};
use crate::support::pkcs11::Session;
use crate::templates::{Asked, Template};

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
    let template = Template::asking(asked, placement);
    let before: Vec<CK_ATTRIBUTE> = template.attributes().map(|(structure, _)| structure).collect();
    let get = session.pkcs11.list.C_GetAttributeValue.unwrap();
    let value = unsafe { get(session.handle, object, template.pointer(), template.count()) };
    let answer = |(before, (after, buffer)): (&CK_ATTRIBUTE, (CK_ATTRIBUTE, Option<&Buffer>))| {
        assert_eq!((after.type_, after.pValue), (before.type_, before.pValue));
        answer(after.ulValueLen, buffer)
    };
    (ReturnValue(value), before.iter().zip(template.attributes()).map(answer).collect())
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
