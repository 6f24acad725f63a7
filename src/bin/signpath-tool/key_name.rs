//! The name of a key, `project/signing policy`, and what each program calls the key by.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;
use signpath_pkcs11::config::Slug;
use signpath_pkcs11::signpath::SigningPolicy;

use crate::pkcs11_uri::{Attribute, Pkcs11Uri, SCHEME};

/// The label of the module's only token.
pub(crate) const TOKEN: &str = "SignPath";

/// A key's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyName {
    project: Slug,
    policy: Slug,
}

/// Programs that call a key by different names.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// `cosign --key`
    Cosign,
    /// OpenSSL's engine and provider, and what uses them
    Openssl,
    /// The alias in Java's key store
    Jarsigner,
}

/// What a URI says beside which key it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    pub(crate) module_path: Option<PathBuf>,
    pub(crate) pin: Option<String>,
}

/// What each program calls a key by.
#[derive(Debug, Serialize)]
pub(crate) struct References {
    pub(crate) cosign: String,
    pub(crate) openssl: String,
    /// `None` where Java does not see the key.
    pub(crate) jarsigner: Option<String>,
}

impl KeyName {
    /// Reads `PROJECT/POLICY`, or a PKCS#11 URI with the key's id or label. The refusal repeats nothing of a URI, in
    /// which a PIN may stand.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if !is_uri(text) {
            return Self::of_label(text).ok_or_else(|| "a key is called PROJECT/POLICY".to_owned());
        }
        let uri = Pkcs11Uri::read(text).map_err(|refusal| refusal.to_string())?;
        let label = uri.get("id").or(uri.get("object")).ok_or("the URI has neither id nor object")?;
        let label = std::str::from_utf8(label).ok().and_then(Self::of_label);
        label.ok_or_else(|| "the id in the URI is not PROJECT/POLICY".to_owned())
    }

    /// The name of a key that SignPath listed.
    pub(crate) fn of(policy: &SigningPolicy) -> Self {
        Self { project: policy.project.clone(), policy: policy.policy.clone() }
    }

    /// What every program calls it by.
    pub(crate) fn references(&self, access: &Access) -> References {
        let reference = |program| self.reference(program, access);
        References {
            cosign: reference(Program::Cosign),
            openssl: reference(Program::Openssl),
            jarsigner: Some(reference(Program::Jarsigner)),
        }
    }

    /// What a program calls it by.
    pub(crate) fn reference(&self, program: Program, access: &Access) -> String {
        let mut path = vec![Attribute::new("token", TOKEN), Attribute::new("id", self.to_string())];
        match program {
            Program::Cosign => {}
            // without it, OpenSSL's loaders take the first object of that id, which may be the certificate
            Program::Openssl => path.push(Attribute::new("type", "private")),
            Program::Jarsigner => return self.to_string(),
        }
        let module = access.module_path.as_ref().map(|path| path.as_os_str().as_encoded_bytes());
        let module = module.map(|path| Attribute::new("module-path", path));
        // libp11 0.4.12 cuts it off behind 32 characters, and an organization's id alone has 36
        let pin = access.pin.as_ref().filter(|_| program == Program::Cosign);
        let pin = pin.map(|pin| Attribute::new("pin-value", pin.as_bytes()));
        Pkcs11Uri { path, query: module.into_iter().chain(pin).collect() }.to_string()
    }

    pub(crate) fn is_of(&self, policy: &SigningPolicy) -> bool {
        self.project == policy.project && self.policy == policy.policy
    }

    pub(crate) fn of_label(label: &str) -> Option<Self> {
        let (project, policy) = label.split_once('/')?;
        Some(Self { project: Slug::parse(project)?, policy: Slug::parse(policy)? })
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.project, self.policy)
    }
}

/// The names of keys for a message, which has room for some of them.
pub(crate) fn labels(policies: &[SigningPolicy]) -> String {
    const MOST: usize = 20;
    let shown: Vec<String> = policies.iter().take(MOST).map(SigningPolicy::label).collect();
    match policies.len().saturating_sub(MOST) {
        _ if policies.is_empty() => "none".to_owned(),
        0 => shown.join(", "),
        others => format!("{} and {others} more", shown.join(", ")),
    }
}

/// Whether a word is meant as a URI, and not as a key's name.
pub(crate) fn is_uri(text: &str) -> bool {
    text.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_label_or_by_a_uri() {
        let name = KeyName::parse("my-project/my-policy").unwrap();

        assert_eq!(KeyName::parse("pkcs11:id=my-project%2Fmy-policy"), Ok(name.clone()));
        assert_eq!(KeyName::parse("PKCS11:object=my-project%2Fmy-policy;type=private"), Ok(name));
    }

    #[test]
    fn a_name_without_two_slugs_is_refused() {
        for text in ["", "project", "/policy", "project/", "a/b/c", "pkcs11:id=ab", "pkcs11:token=SignPath"] {
            assert!(KeyName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_program_gets_what_it_takes() {
        let references = KeyName::parse("my-project/my policy").unwrap().references(&Access::default());

        assert_eq!(references.cosign, "pkcs11:token=SignPath;id=my-project%2Fmy%20policy");
        assert_eq!(references.openssl, "pkcs11:token=SignPath;id=my-project%2Fmy%20policy;type=private");
        assert_eq!(references.jarsigner.as_deref(), Some("my-project/my policy"));
    }

    #[test]
    fn a_path_and_a_pin_are_written_so_that_cosign_reads_no_spaces_into_them() {
        let access = Access { module_path: Some("/opt/c++/m.so".into()), pin: Some("id:a+b/c=".to_owned()) };
        let uri = KeyName::parse("a/b").unwrap().reference(Program::Cosign, &access);

        assert_eq!(
            uri,
            "pkcs11:token=SignPath;id=a%2Fb?module-path=%2Fopt%2Fc%2B%2B%2Fm.so&pin-value=id%3Aa%2Bb%2Fc%3D"
        );
    }
}
