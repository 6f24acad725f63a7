//! What is done once and remembered while something else is measured (`--benchmark`).
//!
//! A signature, and a list of ten thousand signing policies, cost more to make than the client under measurement spends
//! on them. A remembered signature is a real one for that hash; a list is that of the first time it was asked for, so
//! changes of policies and shapes come too late. That the logs keep nothing meanwhile is left to them.

use std::collections::HashMap;
use std::sync::OnceLock;

use parking_lot::Mutex;

use crate::emulator::Emulator;
use crate::http::answer::Answer;
use crate::signing::algorithm::SignatureScheme;
use crate::signing::{SigningError, SigningKey};

/// Answers and signatures that were given before.
#[derive(Default)]
pub(crate) struct Remembered {
    signatures: Mutex<HashMap<Signed, Vec<u8>>>,
    list: OnceLock<Answer>,
}

/// What a signature is of.
type Signed = (&'static str, SignatureScheme, Vec<u8>);

impl Emulator {
    /// The signature of a key, made now unless one is remembered.
    pub(crate) fn signature(
        &self,
        key: &SigningKey,
        scheme: SignatureScheme,
        hash: &[u8],
    ) -> Result<Vec<u8>, SigningError> {
        let Some(remembered) = &self.settings.remembered else { return key.sign(scheme, hash) };
        let signed = (key.name, scheme, hash.to_vec());
        if let Some(signature) = remembered.signatures.lock().get(&signed) {
            return Ok(signature.clone());
        }
        let signature = key.sign(scheme, hash)?;
        remembered.signatures.lock().insert(signed, signature.clone());
        Ok(signature)
    }

    /// The whole list of signing policies, made now unless one is remembered.
    pub(crate) fn list(&self, make: impl FnOnce() -> Answer) -> Answer {
        match &self.settings.remembered {
            Some(remembered) => remembered.list.get_or_init(make).clone(),
            None => make(),
        }
    }
}
