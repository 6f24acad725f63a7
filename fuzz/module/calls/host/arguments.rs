//! What the host passes for each kind of argument: the input says it, and mostly something that leads further.

use std::ptr::null_mut;

use cryptoki_sys::*;

use super::super::memory::LARGEST;
use super::super::service::{ORGANIZATION, TOKEN};
use super::Host;

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

impl Host {
    pub(in super::super) fn next_byte(&mut self) -> Option<u8> {
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

    pub(in super::super) fn session(&mut self) -> CK_SESSION_HANDLE {
        let choice = self.byte();
        let known = self.sessions.get(choice % 8).or(self.sessions.first()).copied();
        self.arguments.session = match choice {
            250.. => [0, 1, CK_ULONG::MAX, 77, 1 << 32, 2][choice % 6],
            _ => known.unwrap_or_default(),
        };
        self.arguments.session
    }

    pub(in super::super) fn object(&mut self) -> CK_OBJECT_HANDLE {
        let choice = self.byte();
        let known = self.objects.get(choice % self.objects.len().max(1)).copied();
        self.arguments.object =
            if choice >= 250 { [0, CK_ULONG::MAX][choice % 2] } else { known.unwrap_or_default() };
        self.arguments.object
    }

    pub(in super::super) fn slot(&mut self) -> CK_SLOT_ID {
        if self.byte() < 240 { 1 } else { self.one_of(&[0, 2, CK_ULONG::MAX]) }
    }

    pub(in super::super) fn boolean(&mut self) -> CK_BBOOL {
        self.byte() as CK_BBOOL
    }

    pub(in super::super) fn flags(&mut self) -> CK_FLAGS {
        self.one_of(&[
            CKF_SERIAL_SESSION,
            CKF_SERIAL_SESSION | CKF_RW_SESSION,
            0,
            CK_ULONG::MAX,
            CKF_SIGN,
            CKF_FIND_OBJECTS,
        ])
    }

    pub(in super::super) fn without_waiting(&mut self) -> CK_FLAGS {
        self.flags() | CKF_DONT_BLOCK
    }

    pub(in super::super) fn user(&mut self) -> CK_USER_TYPE {
        self.one_of(&[CKU_USER, CKU_USER, CKU_SO, CKU_CONTEXT_SPECIFIC, CK_ULONG::MAX])
    }

    pub(in super::super) fn notify(&mut self) -> CK_NOTIFY {
        None
    }

    pub(in super::super) fn reserved(&mut self) -> CK_VOID_PTR {
        if self.byte() < 240 { null_mut() } else { self.memory.buffer(b"reserved").cast() }
    }

    pub(in super::super) fn initialization(&mut self) -> CK_VOID_PTR {
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
    pub(in super::super) fn structure<T>(&mut self) -> *mut T {
        if self.byte() >= 250 {
            return null_mut();
        }
        let content = self.bytes(size_of::<T>().min(8));
        let rest = vec![0; size_of::<T>() - content.len()];
        self.arguments.place = self.memory.buffer(&[content, rest].concat());
        self.arguments.place.cast()
    }

    /// Text that ends with a zero.
    pub(in super::super) fn name(&mut self) -> *mut u8 {
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
    pub(in super::super) fn label(&mut self) -> *mut u8 {
        let label = self.bytes(32);
        self.memory.buffer(&label)
    }

    pub(in super::super) fn pin(&mut self) -> *mut u8 {
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

    pub(in super::super) fn pin_length(&mut self) -> CK_ULONG {
        self.arguments.length
    }

    /// Input, whose length comes next.
    pub(in super::super) fn data<T>(&mut self) -> *mut T {
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

    pub(in super::super) fn length(&mut self) -> CK_ULONG {
        self.arguments.length
    }

    /// Room for output, whose length comes next.
    pub(in super::super) fn output<T>(&mut self) -> *mut T {
        let choice = self.byte();
        let elements = (self.size() * 2).min(LARGEST / size_of::<T>().max(1));
        self.arguments.room = elements as CK_ULONG;
        self.arguments.has_output = choice < 220;
        if self.arguments.has_output {
            self.arguments.output = self.memory.buffer(&vec![0; elements * size_of::<T>().max(1)]);
        }
        self.arguments.output.cast()
    }

    pub(in super::super) fn room(&mut self) -> *mut CK_ULONG {
        if self.byte() >= 250 {
            return null_mut();
        }
        let room = self.arguments.room;
        self.arguments.room_place = self.value_of(&room);
        self.arguments.room_place
    }

    pub(in super::super) fn capacity(&mut self) -> CK_ULONG {
        if self.arguments.has_output { self.arguments.room } else { self.one_of(&[0, 1, CK_ULONG::MAX]) }
    }

    pub(in super::super) fn mechanism_type(&mut self) -> CK_MECHANISM_TYPE {
        self.one_of(&MECHANISMS)
    }

    pub(in super::super) fn mechanism(&mut self) -> *mut CK_MECHANISM {
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
    pub(in super::super) fn template(&mut self) -> *mut CK_ATTRIBUTE {
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

    pub(in super::super) fn count(&mut self) -> CK_ULONG {
        self.arguments.length
    }
}
