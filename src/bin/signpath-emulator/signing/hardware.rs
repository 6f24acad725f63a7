//! Private keys in a PKCS#11 token (`--hsm`): then the token signs, as an HSM does behind SignPath.
//!
//! Keys are found by CKA_LABEL once, at the start. Every signature uses a session of its own, taken from those that are
//! idle, because a session carries out one operation at a time.

use std::path::Path;
use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use parking_lot::Mutex;

use super::SigningError;
use super::algorithm::{Curve, HashAlgorithm, RsaPadding};

/// A token of a PKCS#11 module, logged in until it is dropped.
pub(crate) struct HardwareToken {
    context: Pkcs11,
    slot: Slot,
    label: String,
    idle_sessions: Mutex<Vec<Session>>,
    /// The token stays logged in as long as one session is open (PKCS#11 2.40, section 5.6).
    _login: Mutex<Session>,
}

/// A private key in a token.
pub(crate) struct HardwareKey {
    token: Arc<HardwareToken>,
    handle: ObjectHandle,
}

impl HardwareToken {
    /// Loads the PKCS#11 module in the file `module` and logs in to its token labelled `label`.
    pub(crate) fn open(module: &Path, label: &str, pin: &str) -> Result<Self, SigningError> {
        let describe = |reason: cryptoki::error::Error| {
            SigningError::Token(format!("PKCS#11 module {}: {reason}", module.display()))
        };
        let context = Pkcs11::new(module).map_err(describe)?;
        context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(describe)?;
        let slot = slot_with_token(&context, label).map_err(describe)?.ok_or_else(|| no_token(label))?;
        let session = context.open_ro_session(slot).map_err(describe)?;
        session
            .login(UserType::User, Some(&AuthPin::from(pin.to_owned())))
            .map_err(|reason| SigningError::Token(format!("login to token '{label}': {reason}")))?;
        let label = label.to_owned();
        Ok(Self { context, slot, label, idle_sessions: Mutex::default(), _login: Mutex::new(session) })
    }

    /// The private key whose CKA_LABEL is `label`.
    pub(crate) fn key(self: &Arc<Self>, label: &str) -> Result<HardwareKey, SigningError> {
        let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(label.into())];
        let handles = self.with_session(|session| session.find_objects(&template))?;
        match handles.as_slice() {
            [handle] => Ok(HardwareKey { token: Arc::clone(self), handle: *handle }),
            others => Err(SigningError::Token(format!(
                "token '{}' has {} private keys labelled '{label}', not one; \
                 softhsm-fixtures/make-softhsm-token.sh makes a token that fits",
                self.label,
                others.len()
            ))),
        }
    }

    /// Runs `operation` on a session that nobody else uses; one that failed is closed and not used again.
    fn with_session<T>(
        &self,
        operation: impl FnOnce(&Session) -> cryptoki::error::Result<T>,
    ) -> Result<T, SigningError> {
        let idle = self.idle_sessions.lock().pop();
        let describe = |reason| SigningError::Token(format!("token '{}': {reason}", self.label));
        let session = match idle {
            Some(session) => session,
            None => self.context.open_ro_session(self.slot).map_err(describe)?,
        };
        let result = operation(&session).map_err(describe)?;
        self.idle_sessions.lock().push(session);
        Ok(result)
    }
}

impl HardwareKey {
    /// An RSA signature as long as the modulus.
    pub(crate) fn sign_rsa(
        &self,
        hash_algorithm: HashAlgorithm,
        padding: RsaPadding,
        hash: &[u8],
    ) -> Result<Vec<u8>, SigningError> {
        match padding {
            RsaPadding::Pkcs1 => self.sign(&Mechanism::RsaPkcs, &hash_algorithm.digest_info(hash)),
            RsaPadding::Pss => self.sign(&Mechanism::RsaPkcsPss(pss_parameters(hash_algorithm)), hash),
        }
    }

    /// r and s, each as long as the field of `curve`.
    ///
    /// A short hash is passed as it is: the token takes its input for a number of that many bytes.
    pub(crate) fn sign_ecdsa(&self, curve: Curve, hash: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.sign(&Mechanism::Ecdsa, curve.leftmost(hash))
    }

    fn sign(&self, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.token.with_session(|session| session.sign(mechanism, self.handle, data))
    }
}

fn slot_with_token(context: &Pkcs11, label: &str) -> cryptoki::error::Result<Option<Slot>> {
    for slot in context.get_slots_with_initialized_token()? {
        if context.get_token_info(slot)?.label() == label {
            return Ok(Some(slot));
        }
    }
    Ok(None)
}

fn no_token(label: &str) -> SigningError {
    SigningError::Token(format!(
        "the PKCS#11 module has no token labelled '{label}'; name another with --hsm-token, or make one with \
         softhsm-fixtures/make-softhsm-token.sh and set SOFTHSM2_CONF as it prints"
    ))
}

fn pss_parameters(hash_algorithm: HashAlgorithm) -> PkcsPssParams {
    let (hash_alg, mgf) = match hash_algorithm {
        HashAlgorithm::Sha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
        HashAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        HashAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        HashAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
    };
    let salt_length = u8::try_from(hash_algorithm.length()).unwrap_or(u8::MAX);
    PkcsPssParams { hash_alg, mgf, s_len: u64::from(salt_length).into() }
}
