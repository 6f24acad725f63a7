//! The host's calls that digest, sign and verify (PKCS#11 v3.1 sections 5.12, 5.13 and 5.15).

use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use super::host::{Host, Object, Output, Room, Session, Signature, call};
use super::mechanism::Mechanism;
use super::sessions::in_session;
use super::transcript::in_words;
use crate::memory::Buffer;

/// Data for a module.
#[derive(Clone, Copy)]
pub enum Data<'a> {
    Bytes(&'a [u8]),
    /// NULL, with a length.
    Null(usize),
}

impl Data<'_> {
    fn in_words(self) -> String {
        match self {
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Self::Null(length) => format!("NULL, {length} bytes"),
        }
    }

    fn length(self) -> CK_ULONG {
        match self {
            Self::Bytes(bytes) => bytes.len() as CK_ULONG,
            Self::Null(length) => length as CK_ULONG,
        }
    }
}

/// What the signature of an operation is for, to remember it by.
#[derive(Clone, Copy)]
pub struct Signing<'a> {
    pub key: &'static str,
    pub mechanism: &'a Mechanism,
    pub data: &'a [u8],
}

impl Host<'_> {
    fn laid_out(&self, data: Data<'_>) -> (*mut u8, Option<Buffer>) {
        match data {
            Data::Bytes(bytes) => {
                let buffer = self.placement.input(bytes);
                (buffer.pointer(), Some(buffer))
            }
            Data::Null(_) => (null_mut(), None),
        }
    }

    /// Notes length and content of an output.
    fn note(&mut self, name: &str, output: &Output) -> Option<Vec<u8>> {
        let value = self.last().value;
        if matches!(value, ReturnValue::OK | ReturnValue::BUFFER_TOO_SMALL) {
            self.last().part("length", output.length().to_string());
        }
        let content = output.content(value)?;
        self.last().part(name, in_words(&content));
        Some(content)
    }

    pub fn digest_init(&mut self, session: Session, mechanism: &Mechanism) {
        let (structure, _parameter) = mechanism.laid_out(self.placement);
        let call = in_session("C_DigestInit", session, &mechanism.to_string());
        call!(self, call, C_DigestInit(session.handle, structure.pointer()));
    }

    pub fn digest_init_null(&mut self, session: Session) {
        call!(self, in_session("C_DigestInit", session, "NULL"), C_DigestInit(session.handle, null_mut()));
    }

    pub fn digest(&mut self, session: Session, data: Data<'_>, room: Room) {
        let (pointer, _buffer) = self.laid_out(data);
        let output = self.room_for::<u8>(room);
        let call = in_session("C_Digest", session, &format!("{}, {room}", data.in_words()));
        let (digest, length) = (output.pointer(), output.length_pointer());
        call!(self, call, C_Digest(session.handle, pointer, data.length(), digest, length));
        self.note("pDigest", &output);
    }

    /// Data and digest in the same place, which section 5.12.2 allows.
    pub fn digest_in_place(&mut self, session: Session, data: &[u8]) {
        let place = self.placement.inout_of(data);
        let length = self.placement.inout_of(&[data.len() as CK_ULONG]);
        let call = in_session("C_Digest", session, &format!("{} bytes, in the same place", data.len()));
        let (from, to) = (place.pointer(), place.pointer());
        let step =
            call!(self, call, C_Digest(session.handle, from, data.len() as CK_ULONG, to, length.pointer()));
        step.part("pDigest", in_words(&place.bytes()));
    }

    pub fn digest_update(&mut self, session: Session, data: Data<'_>) {
        let (pointer, _buffer) = self.laid_out(data);
        let call = in_session("C_DigestUpdate", session, &data.in_words());
        call!(self, call, C_DigestUpdate(session.handle, pointer, data.length()));
    }

    pub fn digest_key(&mut self, session: Session, key: &Object) {
        let call = in_session("C_DigestKey", session, &key.name);
        call!(self, call, C_DigestKey(session.handle, key.handle));
    }

    pub fn digest_final(&mut self, session: Session, room: Room) {
        let output = self.room_for::<u8>(room);
        let call = in_session("C_DigestFinal", session, &room.to_string());
        call!(self, call, C_DigestFinal(session.handle, output.pointer(), output.length_pointer()));
        self.note("pDigest", &output);
    }

    pub fn sign_init(&mut self, session: Session, mechanism: &Mechanism, key: &Object) {
        let (structure, _parameter) = mechanism.laid_out(self.placement);
        let call = in_session("C_SignInit", session, &format!("{mechanism}, {}", key.name));
        call!(self, call, C_SignInit(session.handle, structure.pointer(), key.handle));
    }

    pub fn sign_init_null(&mut self, session: Session, key: &Object) {
        let call = in_session("C_SignInit", session, &format!("NULL, {}", key.name));
        call!(self, call, C_SignInit(session.handle, null_mut(), key.handle));
    }

    pub fn sign(&mut self, session: Session, data: Data<'_>, room: Room, signing: Option<Signing<'_>>) {
        let (pointer, _buffer) = self.laid_out(data);
        let output = self.room_for::<u8>(room);
        let call = in_session("C_Sign", session, &format!("{}, {room}", data.in_words()));
        let (signature, length) = (output.pointer(), output.length_pointer());
        call!(self, call, C_Sign(session.handle, pointer, data.length(), signature, length));
        self.note_signature(&output, signing);
    }

    pub fn sign_update(&mut self, session: Session, data: Data<'_>) {
        let (pointer, _buffer) = self.laid_out(data);
        let call = in_session("C_SignUpdate", session, &data.in_words());
        call!(self, call, C_SignUpdate(session.handle, pointer, data.length()));
    }

    pub fn sign_final(&mut self, session: Session, room: Room, signing: Option<Signing<'_>>) {
        let output = self.room_for::<u8>(room);
        let call = in_session("C_SignFinal", session, &room.to_string());
        call!(self, call, C_SignFinal(session.handle, output.pointer(), output.length_pointer()));
        self.note_signature(&output, signing);
    }

    /// Signatures that are never the same twice are kept for the other module to verify; the others are compared.
    fn note_signature(&mut self, output: &Output, signing: Option<Signing<'_>>) {
        let deterministic = signing.is_some_and(|signing| is_deterministic(signing.mechanism.kind));
        let value = self.last().value;
        let name = if deterministic { "pSignature" } else { "" };
        let content = output.content(value);
        match (&content, deterministic) {
            (Some(_), false) => {
                self.last().part("length", output.length().to_string());
            }
            _ => {
                self.note(name, output);
            }
        }
        if let (Some(bytes), Some(Signing { key, mechanism, data })) = (content, signing) {
            let (mechanism, data) = (mechanism.clone(), data.to_vec());
            self.signatures.push(Signature { key, mechanism, data, bytes });
        }
    }

    pub fn verify_init(&mut self, session: Session, mechanism: &Mechanism, key: &Object) {
        let (structure, _parameter) = mechanism.laid_out(self.placement);
        let call = in_session("C_VerifyInit", session, &format!("{mechanism}, {}", key.name));
        call!(self, call, C_VerifyInit(session.handle, structure.pointer(), key.handle));
    }

    pub fn verify(&mut self, session: Session, data: Data<'_>, signature: Data<'_>) {
        let (data_pointer, _data) = self.laid_out(data);
        let (signature_pointer, _signature) = self.laid_out(signature);
        let arguments = format!("{}, signature of {}", data.in_words(), signature.in_words());
        let call = in_session("C_Verify", session, &arguments);
        let (length, signature_length) = (data.length(), signature.length());
        call!(
            self,
            call,
            C_Verify(session.handle, data_pointer, length, signature_pointer, signature_length)
        );
    }

    pub fn verify_update(&mut self, session: Session, data: Data<'_>) {
        let (pointer, _buffer) = self.laid_out(data);
        let call = in_session("C_VerifyUpdate", session, &data.in_words());
        call!(self, call, C_VerifyUpdate(session.handle, pointer, data.length()));
    }

    pub fn verify_final(&mut self, session: Session, signature: Data<'_>) {
        let (pointer, _buffer) = self.laid_out(signature);
        let call = in_session("C_VerifyFinal", session, &format!("signature of {}", signature.in_words()));
        call!(self, call, C_VerifyFinal(session.handle, pointer, signature.length()));
    }
}

/// RSASSA-PKCS1-v1_5 makes one signature of a message, the others one of many (RFC 8017 section 8, FIPS 186-5).
fn is_deterministic(kind: M) -> bool {
    [M::RSA_PKCS, M::SHA256_RSA_PKCS, M::SHA384_RSA_PKCS, M::SHA512_RSA_PKCS].contains(&kind)
}
