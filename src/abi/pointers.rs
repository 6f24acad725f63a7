//! Every pointer that a host passes is read and written here, and nowhere else.
//!
//! What makes that sound is one promise, given once for each call: see [`Caller::trust`]. Nothing is assumed of
//! alignment, and no reference to the host's memory outlives a function of this file, except those to input bytes.

use std::ffi::CStr;
use std::marker::PhantomData;

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_PTR, CK_MECHANISM, CK_MECHANISM_PTR, CK_RSA_PKCS_PSS_PARAMS, CK_ULONG,
    CK_ULONG_PTR,
};

use crate::token::mechanism::{MechanismParameter, PssParameter};
use crate::token::names::{AttributeType, MechanismType, ReturnValue};
use crate::token::object::Criterion;
use crate::token::{Result, refused};

/// No template of any tool has more than twenty attributes; a length beyond this is a mistake, not a request.
const LONGEST_TEMPLATE: CK_ULONG = 1 << 16;

/// No process has more memory than this, of 57 bits of addresses and the half that is the kernel's; a greater length
/// is a mistake, too.
const LONGEST: usize = isize::MAX.unsigned_abs() >> if usize::BITS == 64 { 7 } else { 0 };

/// The host during one call: whoever holds it may follow the pointers of that call.
#[derive(Clone, Copy)]
pub(super) struct Caller<'call>(PhantomData<&'call ()>);

impl<'call> Caller<'call> {
    /// Takes the host at its word.
    ///
    /// # Safety
    ///
    /// Until `'call` ends, each pointer of the call is NULL or valid as PKCS#11 says for that function: readable, and
    /// for output writable, for the length that the function's other arguments give (PKCS#11 v3.1 sections 2.4, 5.2).
    pub(super) unsafe fn trust() -> Self {
        Self(PhantomData)
    }

    /// Checks that a pointer to something that is needed is not NULL.
    pub(super) fn need<T>(self, pointer: *const T) -> Result<()> {
        if pointer.is_null() { Err(refused(ReturnValue::ARGUMENTS_BAD, "a pointer is NULL")) } else { Ok(()) }
    }

    /// Reads a value.
    pub(super) fn read<T: Copy>(self, pointer: *const T) -> Result<T> {
        self.need(pointer)?;
        // SAFETY: not NULL, so valid for reads of a T by the promise of `Caller::trust`; any alignment will do
        Ok(unsafe { pointer.read_unaligned() })
    }

    /// Writes a value.
    pub(super) fn write<T: Copy>(self, pointer: *mut T, value: T) -> Result<()> {
        self.need(pointer)?;
        // SAFETY: not NULL, so valid for writes of a T by the promise of `Caller::trust`; any alignment will do
        unsafe { pointer.write_unaligned(value) };
        Ok(())
    }

    /// Input bytes. NULL is an empty input.
    pub(super) fn bytes(self, pointer: *const u8, length: CK_ULONG) -> Result<&'call [u8]> {
        match self.extent(pointer, length)? {
            0 => Ok(&[]),
            // SAFETY: not NULL, so valid for reads of `length` bytes until 'call ends, by the promise of `Caller::trust`
            length => Ok(unsafe { std::slice::from_raw_parts(pointer, length) }),
        }
    }

    /// How many bytes there are at a pointer, which may be NULL if there are none.
    pub(super) fn extent(self, pointer: *const u8, length: CK_ULONG) -> Result<usize> {
        match usize::try_from(length).ok().filter(|length| *length <= LONGEST) {
            None => Err(refused(ReturnValue::ARGUMENTS_BAD, "a length is beyond all memory")),
            Some(0) => Ok(0),
            Some(_) if pointer.is_null() => {
                Err(refused(ReturnValue::ARGUMENTS_BAD, "a pointer with a length is NULL"))
            }
            Some(length) => Ok(length),
        }
    }

    /// Text that ends with a zero.
    pub(super) fn text(self, pointer: *const u8) -> Result<&'call CStr> {
        self.need(pointer)?;
        // SAFETY: not NULL, so a string that ends with a zero and lives until 'call ends, by the promise of
        // `Caller::trust`
        Ok(unsafe { CStr::from_ptr(pointer.cast()) })
    }

    /// A mechanism with its parameter.
    pub(super) fn mechanism(self, pointer: CK_MECHANISM_PTR) -> Result<(MechanismType, MechanismParameter)> {
        let CK_MECHANISM { mechanism, pParameter, ulParameterLen } = self.read(pointer)?;
        let kind = MechanismType(mechanism);
        let parameter = match (pParameter.is_null(), ulParameterLen) {
            (_, 0) => MechanismParameter::Absent,
            (true, _) => {
                return Err(refused(ReturnValue::ARGUMENTS_BAD, "the parameter is NULL and has a length"));
            }
            (false, length) => self.parameter(kind, pParameter, length)?,
        };
        Ok((kind, parameter))
    }

    fn parameter(
        self,
        kind: MechanismType,
        pointer: *const std::ffi::c_void,
        length: CK_ULONG,
    ) -> Result<MechanismParameter> {
        const PSS: [MechanismType; 4] = [
            MechanismType::RSA_PKCS_PSS,
            MechanismType::SHA256_RSA_PKCS_PSS,
            MechanismType::SHA384_RSA_PKCS_PSS,
            MechanismType::SHA512_RSA_PKCS_PSS,
        ];
        if !PSS.contains(&kind) || length != size_of::<CK_RSA_PKCS_PSS_PARAMS>() as CK_ULONG {
            return Ok(MechanismParameter::Other);
        }
        let CK_RSA_PKCS_PSS_PARAMS { hashAlg, mgf, sLen } = self.read(pointer.cast())?;
        let hash = MechanismType(hashAlg);
        Ok(MechanismParameter::Pss(PssParameter { hash, mask_generation: mgf, salt_length: sLen }))
    }

    /// A template to search by, or to create from. NULL is an empty template.
    pub(super) fn template(self, pointer: CK_ATTRIBUTE_PTR, count: CK_ULONG) -> Result<Vec<Criterion>> {
        self.attributes(pointer, count)?
            .map(|place| {
                let CK_ATTRIBUTE { type_, pValue, ulValueLen } = self.read(place)?;
                let value = copied(self.bytes(pValue.cast(), ulValueLen)?)?;
                Ok(Criterion { kind: AttributeType(type_), value })
            })
            .collect()
    }

    /// The places of a template's attributes.
    pub(super) fn attributes(
        self,
        pointer: CK_ATTRIBUTE_PTR,
        count: CK_ULONG,
    ) -> Result<impl Iterator<Item = CK_ATTRIBUTE_PTR>> {
        if count > LONGEST_TEMPLATE {
            let reason = format!("a template of {count} attributes, at most {LONGEST_TEMPLATE} are read");
            return Err(refused(ReturnValue::ARGUMENTS_BAD, reason));
        }
        if count > 0 {
            self.need(pointer)?;
        }
        // wrapping: the sum is followed only where the host vouches for it
        Ok((0..count as usize).map(move |index| pointer.wrapping_add(index)))
    }

    /// Copies bytes to a place of at least that many.
    fn copy(self, from: &[u8], to: *mut u8) {
        if !from.is_empty() {
            // SAFETY: callers compared the lengths, so `to` is valid for writes of `from.len()` bytes by the promise of
            // `Caller::trust`; `copy` allows the regions to overlap
            unsafe { std::ptr::copy(from.as_ptr(), to, from.len()) };
        }
    }

    /// Writes bytes to a place of at least that many.
    pub(super) fn write_bytes(self, to: *mut u8, from: &[u8]) -> Result<()> {
        self.need(to)?;
        self.copy(from, to);
        Ok(())
    }

    /// Answers for one attribute of C_GetAttributeValue: its length, and its value where there is room (PKCS#11 v3.1
    /// section 5.7.5). The error is what this attribute adds to the call's return value.
    pub(super) fn answer_attribute(self, place: CK_ATTRIBUTE_PTR, value: Result<&[u8]>) -> Result<()> {
        const UNAVAILABLE: CK_ULONG = cryptoki_sys::CK_UNAVAILABLE_INFORMATION;
        let asked = self.read(place)?;
        let room = asked.ulValueLen;
        let (length, outcome) = match value {
            Err(error) => (UNAVAILABLE, Err(error)),
            Ok(value) if asked.pValue.is_null() => (value.len() as CK_ULONG, Ok(())),
            Ok(value) if room < value.len() as CK_ULONG => (UNAVAILABLE, Err(too_small(room, value.len()))),
            Ok(value) => {
                self.copy(value, asked.pValue.cast());
                (value.len() as CK_ULONG, Ok(()))
            }
        };
        self.write(place, CK_ATTRIBUTE { ulValueLen: length, ..asked })?;
        outcome
    }

    /// A buffer for output of variable length, by the convention of PKCS#11 v3.1 section 5.2.
    pub(super) fn output<T: Copy>(self, buffer: *mut T, length: CK_ULONG_PTR) -> Result<Output<'call, T>> {
        let room = self.read(length)?;
        Ok(Output { caller: self, buffer, length, room })
    }
}

/// A copy, or an error where there is no memory for one: the length is the host's.
fn copied(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    let no_memory = |_| {
        refused(ReturnValue::HOST_MEMORY, format!("there is no memory for a value of {} bytes", bytes.len()))
    };
    copy.try_reserve_exact(bytes.len()).map_err(no_memory)?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// A host's buffer: NULL asks for the length, a short one is told it.
pub(super) struct Output<'call, T> {
    caller: Caller<'call>,
    buffer: *mut T,
    length: CK_ULONG_PTR,
    room: CK_ULONG,
}

/// What is to be done about an output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The length was asked for, and told.
    Length,
    /// There is room for the output.
    Content,
}

impl<T: Copy> Output<'_, T> {
    /// Tells the length, and whether the output itself is wanted.
    ///
    /// # Errors
    ///
    /// `CKR_BUFFER_TOO_SMALL`, with the length told.
    pub(super) fn announce(&self, length: usize) -> Result<Wanted> {
        let needed = length as CK_ULONG;
        if self.buffer.is_null() || self.room < needed {
            self.caller.write(self.length, needed)?;
        }
        match (self.buffer.is_null(), self.room < needed) {
            (true, _) => Ok(Wanted::Length),
            (false, true) => Err(too_small(self.room, length)),
            (false, false) => Ok(Wanted::Content),
        }
    }

    /// Writes the output, if it is wanted.
    pub(super) fn fill(&self, content: &[T]) -> Result<()> {
        if self.announce(content.len())? == Wanted::Length {
            return Ok(());
        }
        for (index, value) in content.iter().enumerate() {
            // room for all of them was announced
            self.caller.write(self.buffer.wrapping_add(index), *value)?;
        }
        self.caller.write(self.length, content.len() as CK_ULONG)
    }
}

fn too_small(room: CK_ULONG, needed: usize) -> crate::token::Error {
    refused(ReturnValue::BUFFER_TOO_SMALL, format!("the buffer has room for {room}, {needed} are needed"))
}
