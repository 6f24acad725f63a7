//! Templates of attributes, with their values, in guarded memory.

use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::AttributeType as A;

use crate::memory::{Buffer, Placement};

/// What is asked for: an attribute, and room for its value, or none to ask for the length.
pub type Asked = (A, Option<usize>);

/// A template, and the values that it points to.
pub struct Template {
    structures: Buffer,
    values: Vec<Option<Buffer>>,
}

impl Template {
    /// To search by or to create from: a module may read it and not write.
    pub fn of(attributes: &[(A, Vec<u8>)], placement: Placement) -> Self {
        let values: Vec<_> = attributes.iter().map(|(_, value)| Some(placement.input(value))).collect();
        let kinds = attributes.iter().map(|(kind, _)| *kind);
        Self { structures: placement.input_of(&structures(kinds, &values)), values }
    }

    /// To ask with: a module may write into it.
    pub fn asking(asked: &[Asked], placement: Placement) -> Self {
        let values: Vec<_> = asked.iter().map(|(_, room)| room.map(|room| placement.output(room))).collect();
        let kinds = asked.iter().map(|(kind, _)| *kind);
        Self { structures: placement.inout_of(&structures(kinds, &values)), values }
    }

    pub fn pointer(&self) -> CK_ATTRIBUTE_PTR {
        self.structures.pointer()
    }

    pub fn count(&self) -> CK_ULONG {
        self.values.len() as CK_ULONG
    }

    /// Each structure as it is now, with the memory for its value.
    pub fn attributes(&self) -> impl Iterator<Item = (CK_ATTRIBUTE, Option<&Buffer>)> {
        self.values.iter().enumerate().map(|(index, value)| (self.structures.get(index), value.as_ref()))
    }
}

fn structures(kinds: impl Iterator<Item = A>, values: &[Option<Buffer>]) -> Vec<CK_ATTRIBUTE> {
    let structure = |(kind, value): (A, &Option<Buffer>)| CK_ATTRIBUTE {
        type_: kind.0,
        pValue: value.as_ref().map_or(null_mut(), Buffer::pointer),
        ulValueLen: value.as_ref().map_or(0, Buffer::len) as CK_ULONG,
    };
    kinds.zip(values).map(structure).collect()
}
