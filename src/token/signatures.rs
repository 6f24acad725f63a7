//! Signatures: made by SignPath and checked before they are handed out, verified here.

use std::sync::Arc;
use std::time::Instant;

use super::encoding::hexadecimal;
use super::error::{Error, Result, refused};
use super::mechanism::{Mechanism, MechanismParameter};
use super::module::Module;
use super::names::{AttributeType, MechanismType, ObjectHandle, ReturnValue};
use super::object::{Content, Criterion, Key, Keyring, Object};
use super::operation::{SignatureInput, SigningOperation, ToSign, VerifyingOperation};
use super::session::Session;
use crate::error::{Code, Failure};
use crate::signpath::{HashToSign, SignatureAlgorithm, Signed, User};

impl Module {
    /// One of a key's objects, and in whose name the key is used: looked up before anything else is said of a call.
    ///
    /// # Errors
    ///
    /// `CKR_KEY_HANDLE_INVALID`.
    pub fn key(&self, handle: ObjectHandle) -> Result<(Object, Arc<User>)> {
        self.access.object(handle).ok_or_else(|| {
            refused(ReturnValue::KEY_HANDLE_INVALID, format!("there is no object {}", handle.0))
        })
    }

    /// Begins a signature (PKCS#11 v3.1 section 5.13.1).
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_ACTIVE`, `CKR_KEY_FUNCTION_NOT_PERMITTED`, `CKR_MECHANISM_INVALID`,
    /// `CKR_MECHANISM_PARAM_INVALID`, `CKR_KEY_TYPE_INCONSISTENT`.
    pub fn begin_signing(
        &self,
        session: &Session,
        mechanism: MechanismType,
        parameter: MechanismParameter,
        (object, user): (Object, Arc<User>),
    ) -> Result<()> {
        session.signing.check_idle()?;
        let mechanism = Mechanism::find(mechanism)?;
        let Content::PrivateKey(key) = object.content else { return Err(not_permitted(&object)) };
        let input = SignatureInput::new(key, mechanism, parameter)?;
        session.signing.begin(SigningOperation { input, user })
    }

    /// Finishes a signature over data that comes whole (PKCS#11 v3.1 section 5.13.2).
    pub fn sign(&self, session: &Session, data: &[u8]) -> Result<Vec<u8>> {
        self.finish_signing(session, Data::Whole(data))
    }

    /// Finishes a signature over data that came in parts (PKCS#11 v3.1 section 5.13.4).
    pub fn sign_parts(&self, session: &Session) -> Result<Vec<u8>> {
        self.finish_signing(session, Data::Parts)
    }

    /// Begins a verification (PKCS#11 v3.1 section 5.15.1, v3.2 section 5.16.1).
    ///
    /// # Errors
    ///
    /// Those of [`Self::begin_signing`].
    pub fn begin_verifying(
        &self,
        session: &Session,
        mechanism: MechanismType,
        parameter: MechanismParameter,
        object: Object,
        signature: Option<&[u8]>,
    ) -> Result<()> {
        session.verifying.check_idle()?;
        let mechanism = Mechanism::find(mechanism)?;
        let Content::PublicKey(key) = object.content else { return Err(not_permitted(&object)) };
        let input = SignatureInput::new(key, mechanism, parameter)?;
        session.verifying.begin(VerifyingOperation { input, signature: signature.map(<[u8]>::to_vec) })
    }

    /// Finishes a verification; `data` is the end of the input, and the signature what it is checked against, unless
    /// it came first.
    ///
    /// # Errors
    ///
    /// `CKR_SIGNATURE_INVALID`, `CKR_SIGNATURE_LEN_RANGE`, and what is wrong with the data.
    pub fn verify(&self, session: &Session, data: Data<'_>, signature: Option<&[u8]>) -> Result<()> {
        let (VerifyingOperation { input, signature: first }, _under_way) = session.verifying.take()?;
        let signature = match (signature, &first) {
            (Some(signature), None) => signature,
            (None, Some(signature)) => signature,
            _ => {
                return Err(refused(
                    ReturnValue::OPERATION_NOT_INITIALIZED,
                    "it was begun by another Init function",
                ));
            }
        };
        let (key, needed) = (Arc::clone(&input.key), input.signature_length());
        if signature.len() != needed {
            let reason = format!("the signature is {} bytes, the key makes {needed}", signature.len());
            return Err(refused(ReturnValue::SIGNATURE_LEN_RANGE, reason));
        }
        let signed = data.finish(input)?;
        if key.verifies(signed.algorithm, &signed.hash, signature) {
            Ok(())
        } else {
            Err(refused(ReturnValue::SIGNATURE_INVALID, "the signature is not one of this data by this key"))
        }
    }

    fn finish_signing(&self, session: &Session, data: Data<'_>) -> Result<Vec<u8>> {
        let (operation, _under_way) = session.signing.take()?;
        let (key, user) = (Arc::clone(&operation.input.key), operation.user);
        let to_sign = data.finish(operation.input)?;
        let settings = self.access.settings()?;
        let started = Instant::now();
        let hash = HashToSign { policy: &key.policy, algorithm: to_sign.algorithm, hash: &to_sign.hash };
        let signed = settings.client.sign_hash(&user, &hash)?;
        if !key.verifies(to_sign.algorithm, &to_sign.hash, &signed.signature) {
            return Err(self.distrust(&key, &user, &signed));
        }
        self.log.info(&signature_line(&key.label, &to_sign, &signed, started));
        if session.is_closed() {
            return Err(refused(
                ReturnValue::SESSION_CLOSED,
                "the session was closed while the signature was made",
            ));
        }
        Ok(signed.signature)
    }

    /// A signature that the key did not make: was the key replaced in SignPath?
    fn distrust(&self, key: &Key, user: &Arc<User>, signed: &Signed) -> Error {
        let asked = format!("signing with {}", key.label);
        let request = signed.request.as_deref().unwrap_or("unknown");
        let keyring = match self.access.relist(user) {
            Ok(keyring) => keyring,
            Err(error) => return error,
        };
        if has_key(&keyring, key) {
            let answered =
                format!("the signature that SignPath returned does not verify (signing request {request})");
            let remedy = "nothing was handed out; tell SignPath's support";
            let failure = Failure::new(Code::SignatureNotVerified, asked, answered, remedy);
            return Error::failed(ReturnValue::DEVICE_ERROR, failure);
        }
        let answered = format!("the key was replaced in SignPath (signing request {request})");
        let remedy = "search for the key again, and publish its new public key";
        let failure = Failure::new(Code::KeyReplaced, asked, answered, remedy);
        Error::failed(ReturnValue::KEY_HANDLE_INVALID, failure)
    }
}

/// How the data of an operation ends.
#[derive(Clone, Copy)]
pub enum Data<'a> {
    /// It comes now, all of it.
    Whole(&'a [u8]),
    /// It came in parts.
    Parts,
}

impl Data<'_> {
    fn finish(self, input: SignatureInput) -> Result<ToSign> {
        match self {
            Self::Whole(data) => input.whole(data),
            Self::Parts => input.end_of_parts(),
        }
    }
}

fn not_permitted(object: &Object) -> Error {
    refused(ReturnValue::KEY_FUNCTION_NOT_PERMITTED, format!("{} is not for this operation", object.class()))
}

fn has_key(keyring: &Keyring, key: &Key) -> bool {
    let name = Criterion { kind: AttributeType::LABEL, value: key.label.as_bytes().to_vec() };
    let found = keyring.find(&[name]);
    found
        .iter()
        .filter_map(|handle| keyring.object(*handle))
        .filter_map(Object::key)
        .any(|found| found.public_key() == key.public_key())
}

fn signature_line(label: &str, signed: &ToSign, answer: &Signed, started: Instant) -> String {
    let algorithm = match signed.algorithm {
        SignatureAlgorithm::RsaPkcs1(hash) => format!("RSA PKCS#1 {}", hash.name()),
        SignatureAlgorithm::RsaPss(hash) => format!("RSA PSS {}", hash.name()),
        SignatureAlgorithm::Ecdsa => "ECDSA".to_owned(),
    };
    let hash = hexadecimal(&signed.hash);
    let request = answer.request.as_deref().unwrap_or("no link");
    format!("signed with {label}: {algorithm} {hash}, {} ms, {request}", started.elapsed().as_millis())
}
