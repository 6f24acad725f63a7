//! The host's calls on objects (PKCS#11 v3.1 section 5.7).

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{AttributeType as A, ReturnValue};

use super::host::{Host, Object, Session, call};
use super::sessions::in_session;
use super::transcript::in_words;
use crate::memory::Buffer;
use crate::templates::{Asked, Template};

/// An attribute to search by: what, its value, and how the transcript calls the value.
pub struct Criterion {
    pub kind: A,
    pub value: Vec<u8>,
    pub name: String,
}

impl Host<'_> {
    /// A template to search by or to create from.
    pub fn template(&self, template: &[(A, Vec<u8>)]) -> Template {
        Template::of(template, self.placement)
    }

    pub fn find_init(&mut self, session: Session, criteria: &[Criterion]) {
        let template: Vec<(A, Vec<u8>)> =
            criteria.iter().map(|criterion| (criterion.kind, criterion.value.clone())).collect();
        let template = self.template(&template);
        let call = in_session("C_FindObjectsInit", session, &in_words_of(criteria));
        call!(self, call, C_FindObjectsInit(session.handle, template.pointer(), template.count()));
    }

    pub fn find(&mut self, session: Session, most: usize) -> Vec<CK_OBJECT_HANDLE> {
        let handles = self.placement.output_of::<CK_OBJECT_HANDLE>(most);
        let count = self.placement.inout_of::<CK_ULONG>(&[0]);
        let call = in_session("C_FindObjects", session, &format!("at most {most}"));
        let step = call!(
            self,
            call,
            C_FindObjects(session.handle, handles.pointer(), most as CK_ULONG, count.pointer())
        );
        let value = step.value;
        let found = usize::try_from(count.get::<CK_ULONG>(0)).unwrap();
        if value == ReturnValue::OK {
            step.part("*pulObjectCount", found.to_string());
        }
        (0..found).map(|index| handles.get(index)).collect()
    }

    pub fn find_final(&mut self, session: Session) {
        call!(self, in_session("C_FindObjectsFinal", session, ""), C_FindObjectsFinal(session.handle));
    }

    /// A whole search, `most` at a time, as one step: how often C_FindObjects is called depends on what there is.
    pub fn search(&mut self, session: Session, criteria: &[Criterion], most: usize) {
        self.find_init(session, criteria);
        let before = self.steps.len();
        let (mut found, mut counts) = (Vec::new(), Vec::new());
        while !matches!(counts.last(), Some(0)) {
            let more = self.find(session, most);
            counts.push(more.len());
            found.extend_from_slice(&more);
        }
        assert!(counts.iter().rev().skip(2).all(|count| *count == most), "{most} at a time: {counts:?}");
        self.steps.truncate(before + 1);
        let names = self.names(&found);
        let step = self.last();
        step.parts.clear();
        step.call.push_str(&format!(", {}", in_words_of(criteria)));
        step.part("found in all", names);
        self.find_final(session);
    }

    pub fn object_size(&mut self, session: Session, object: &Object) {
        let size = self.placement.output_of::<CK_ULONG>(1);
        let call = in_session("C_GetObjectSize", session, &object.name);
        let step = call!(self, call, C_GetObjectSize(session.handle, object.handle, size.pointer()));
        if step.value == ReturnValue::OK {
            step.part("*pulSize", if size.get::<CK_ULONG>(0) > 0 { "a number" } else { "0" });
        }
    }

    /// C_GetAttributeValue: for each attribute the room that there is, or none to ask for the length. Returns the values
    /// that came.
    pub fn attributes(
        &mut self,
        session: Session,
        object: &Object,
        wanted: &[Asked],
    ) -> Vec<Option<Vec<u8>>> {
        let template = Template::asking(wanted, self.placement);
        let names: Vec<String> = wanted.iter().map(asked).collect();
        let call =
            in_session("C_GetAttributeValue", session, &format!("{}: {}", object.name, names.join(", ")));
        let (handle, count) = (object.handle, template.count());
        call!(self, call, C_GetAttributeValue(session.handle, handle, template.pointer(), count));
        let mut contents = Vec::new();
        for (index, ((kind, _), (after, buffer))) in wanted.iter().zip(template.attributes()).enumerate() {
            let name = if wanted.len() == 1 { kind.to_string() } else { format!("{}. {kind}", index + 1) };
            contents.push(self.note_attribute(&name, *kind, after.ulValueLen, buffer));
        }
        contents
    }

    fn note_attribute(
        &mut self,
        name: &str,
        kind: A,
        length: CK_ULONG,
        buffer: Option<&Buffer>,
    ) -> Option<Vec<u8>> {
        let (seen, value) = match (usize::try_from(length), buffer) {
            (_, _) if length == CK_UNAVAILABLE_INFORMATION => ("unavailable".to_owned(), None),
            (Ok(length @ 1..), Some(buffer)) if length == buffer.len() && buffer.is_untouched() => {
                ("untouched".to_owned(), None)
            }
            (Ok(length), Some(buffer)) if length <= buffer.len() => {
                let value = buffer.bytes()[..length].to_vec();
                (in_words(self.comparable(kind, &value)), Some(value))
            }
            (Ok(_), Some(_)) => ("longer than the buffer".to_owned(), None),
            _ => (self.length_in_words(kind, length), None),
        };
        self.last().part(name, seen);
        value
    }

    fn comparable<'b>(&self, kind: A, value: &'b [u8]) -> &'b [u8] {
        if matches!(kind, A::LABEL | A::ID) { self.mapped(value) } else { value }
    }

    fn length_in_words(&self, kind: A, length: CK_ULONG) -> String {
        let extra = if matches!(kind, A::LABEL | A::ID) { self.module.prefix.len() as CK_ULONG } else { 0 };
        format!("length {}", length.saturating_sub(extra))
    }

    pub fn create_object(&mut self, session: Session, template: &[(A, Vec<u8>)], name: &str) -> Object {
        let template = self.template(template);
        let handle = self.placement.inout_of::<CK_OBJECT_HANDLE>(&[0]);
        let call = in_session("C_CreateObject", session, name);
        call!(
            self,
            call,
            C_CreateObject(session.handle, template.pointer(), template.count(), handle.pointer())
        );
        Object { handle: handle.get(0), name: "what was created".to_owned() }
    }

    pub fn copy_object(&mut self, session: Session, object: &Object, template: &[(A, Vec<u8>)], name: &str) {
        let template = self.template(template);
        let copy = self.placement.inout_of::<CK_OBJECT_HANDLE>(&[0]);
        let call = in_session("C_CopyObject", session, &format!("{}, {name}", object.name));
        let (pointer, count) = (template.pointer(), template.count());
        call!(self, call, C_CopyObject(session.handle, object.handle, pointer, count, copy.pointer()));
    }

    pub fn destroy_object(&mut self, session: Session, object: &Object) {
        let call = in_session("C_DestroyObject", session, &object.name);
        call!(self, call, C_DestroyObject(session.handle, object.handle));
    }

    pub fn set_attribute(&mut self, session: Session, object: &Object, kind: A, value: &[u8]) {
        let template = self.template(&[(kind, value.to_vec())]);
        let call = in_session("C_SetAttributeValue", session, &format!("{}, {kind}", object.name));
        let (pointer, count) = (template.pointer(), template.count());
        call!(self, call, C_SetAttributeValue(session.handle, object.handle, pointer, count));
    }
}

fn in_words_of(criteria: &[Criterion]) -> String {
    let criterion = |criterion: &Criterion| format!("{} = {}", criterion.kind, criterion.name);
    criteria.iter().map(criterion).collect::<Vec<_>>().join(", ")
}

fn asked((kind, room): &(A, Option<usize>)) -> String {
    match room {
        Some(room) => format!("{kind} with room for {room}"),
        None => format!("{kind}"),
    }
}
