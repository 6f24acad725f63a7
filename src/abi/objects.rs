//! Object management (PKCS#11 v3.1 section 5.7), as far as objects can be read.

use std::borrow::Cow;

use cryptoki_sys::{
    CK_ATTRIBUTE_PTR, CK_OBJECT_HANDLE, CK_OBJECT_HANDLE_PTR, CK_SESSION_HANDLE, CK_ULONG, CK_ULONG_PTR,
};

use super::pointers::Caller;
use crate::token::attributes::Attribute;
use crate::token::names::{AttributeType, ObjectHandle, ReturnValue, SessionHandle};
use crate::token::object::Object;
use crate::token::{Module, Result, refused};

/// C_GetAttributeValue (section 5.7.5): every attribute is answered, whatever is wrong with another.
pub(super) fn attribute_values(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: CK_ATTRIBUTE_PTR,
    count: CK_ULONG,
) -> Result<()> {
    module.session(SessionHandle(session))?;
    let object = module.object(ObjectHandle(object))?;
    let mut outcome = Ok(());
    for place in caller.attributes(template, count)? {
        let kind = AttributeType(caller.read(place)?.type_);
        let value = value(&object, kind);
        let result = caller.answer_attribute(place, value.as_deref().map_err(Clone::clone));
        // the standard leaves open which of several errors is returned; the first is the easiest to understand
        outcome = outcome.and(result);
    }
    outcome
}

fn value(object: &Object, kind: AttributeType) -> Result<Cow<'_, [u8]>> {
    match object.attribute(kind) {
        Some(Attribute::Value(value)) => Ok(value),
        Some(Attribute::Sensitive) => {
            Err(refused(ReturnValue::ATTRIBUTE_SENSITIVE, format!("{kind} never leaves SignPath")))
        }
        None => {
            Err(refused(ReturnValue::ATTRIBUTE_TYPE_INVALID, format!("{} has no {kind}", object.class())))
        }
    }
}

/// C_GetObjectSize (section 5.7.4): the bytes of all values.
pub(super) fn size(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    size: CK_ULONG_PTR,
) -> Result<()> {
    module.session(SessionHandle(session))?;
    let object = module.object(ObjectHandle(object))?;
    let lengths =
        object.attribute_types().filter_map(|kind| value(&object, kind).ok()).map(|value| value.len());
    caller.write(size, lengths.sum::<usize>() as CK_ULONG)
}

/// C_FindObjectsInit (section 5.7.7).
pub(super) fn begin_search(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    template: CK_ATTRIBUTE_PTR,
    count: CK_ULONG,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    let template = caller.template(template, count)?;
    module.begin_search(&session, &template)
}

/// C_FindObjects (section 5.7.8).
pub(super) fn next_found(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    handles: CK_OBJECT_HANDLE_PTR,
    most: CK_ULONG,
    count: CK_ULONG_PTR,
) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    caller.need(count)?;
    if most > 0 {
        caller.need(handles)?;
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let found: Vec<ObjectHandle> = session.search.with(|search| Ok(search.take(most).collect()))?;
    for (index, handle) in found.iter().enumerate() {
        caller.write(handles.wrapping_add(index), handle.0)?;
    }
    caller.write(count, found.len() as CK_ULONG)
}

/// C_FindObjectsFinal (section 5.7.9).
pub(super) fn end_search(module: &Module, session: CK_SESSION_HANDLE) -> Result<()> {
    let session = module.session(SessionHandle(session))?;
    session.search.take().map(drop)
}
