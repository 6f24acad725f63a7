//! What a host saw: each call and every part of its answer, in words that are the same for every module.

use sha2::{Digest, Sha256};
use signpath_pkcs11::token::names::ReturnValue;

use crate::support::bench::hex;

/// One call, and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Scene and call, such as `login: C_Login(CKU_SO, the PIN)`.
    pub call: String,
    /// What it returned.
    pub value: ReturnValue,
    /// What it wrote, by the argument or field that it wrote to.
    pub parts: Vec<(String, String)>,
}

impl Step {
    /// Notes what was written to an argument or a field.
    pub fn part(&mut self, name: &str, seen: impl Into<String>) -> &mut Self {
        self.parts.push((name.to_owned(), seen.into()));
        self
    }

    /// Every single thing that was seen, the return value first.
    pub fn observations(&self) -> impl Iterator<Item = (String, String)> {
        let value = (self.call.clone(), self.value.to_string());
        let parts = self.parts.iter().map(|(name, seen)| (format!("{} → {name}", self.call), seen.clone()));
        std::iter::once(value).chain(parts)
    }
}

/// Bytes for a person to read: all of a few, of many their number and digest.
pub fn in_words(bytes: &[u8]) -> String {
    match bytes {
        [] => "empty".to_owned(),
        few if few.len() <= 20 => hex(few),
        many => format!("{} bytes, SHA-256 {}…", many.len(), &hex(&Sha256::digest(many))[..12]),
    }
}

/// Text of a fixed-length field, which is padded with blanks (PKCS#11 v3.1 section 3.1); otherwise its bytes.
pub fn field(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => format!("“{}”", text.trim_end_matches(' ')),
        _ => format!("not padded with blanks: {}", in_words(bytes)),
    }
}

/// Flags by their names, and what has none in hexadecimal.
pub fn flags(value: u64, names: &[(u64, &str)]) -> String {
    let known = names.iter().filter(|(flag, _)| value & flag != 0);
    let rest = names.iter().fold(value, |rest, (flag, _)| rest & !flag);
    let mut words: Vec<String> = known.map(|(_, name)| (*name).to_owned()).collect();
    if rest != 0 || words.is_empty() {
        words.push(format!("{rest:#x}"));
    }
    words.join(" ")
}
