//! `signpath-tool keys`: the keys that these credentials may use, and what each program calls them by.

use std::time::SystemTime;

use serde::Serialize;
use signpath_pkcs11::error::Notice;
use signpath_pkcs11::signpath::{Listing, PublicKey, SigningPolicy};

use super::{print, print_json};
use crate::arguments::{Keys, Output};
use crate::console::Console;
use crate::key_certificate::KeyCertificate;
use crate::key_name::{Access, KeyName, References};
use crate::outcome::Result;
use crate::service::Service;
use crate::table;

pub(crate) fn run(arguments: &Keys, console: &Console) -> Result<()> {
    let service = Service::configured()?;
    let now = SystemTime::now();
    let Listing { policies, remarks } = service.client.signing_policies(&service.user)?;
    let keys: Vec<Key> = policies.iter().map(|policy| Key::of(policy, now)).collect();
    match arguments.output.output {
        Output::Json => print_json(&keys)?,
        Output::Text if keys.is_empty() => {}
        Output::Text => print(format!("{}\n{}", overview(&keys), references(&keys)))?,
    }
    warnings(&keys, &remarks, service.client.filter()).iter().for_each(|warning| console.warning(warning));
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    project: String,
    signing_policy: String,
    #[serde(flatten)]
    kind: Kind,
    /// A GPG key has none.
    certificate: Option<KeyCertificate>,
    #[serde(skip)]
    description: String,
    references: References,
}

#[derive(Serialize)]
#[serde(tag = "keyType", rename_all = "UPPERCASE", rename_all_fields = "camelCase")]
enum Kind {
    Rsa { size_in_bits: usize },
    Ec { size_in_bits: usize, curve: String },
}

impl Key {
    fn of(policy: &SigningPolicy, now: SystemTime) -> Self {
        let mut references = KeyName::of(policy).references(&Access::default());
        // Java finds keys by their certificates
        references.jarsigner = references.jarsigner.filter(|_| policy.certificate.is_some());
        Self {
            project: policy.project.to_string(),
            signing_policy: policy.policy.to_string(),
            kind: Kind::of(&policy.key),
            certificate: policy.certificate.as_ref().and_then(|one| KeyCertificate::at(now, one)),
            description: policy.key.description(),
            references,
        }
    }

    fn label(&self) -> String {
        format!("{}/{}", self.project, self.signing_policy)
    }

    fn row(&self) -> Vec<String> {
        let certificate = self.certificate.as_ref();
        let of_certificate = |text: fn(&KeyCertificate) -> &str| certificate.map_or("-", text).to_owned();
        vec![
            self.project.clone(),
            self.signing_policy.clone(),
            self.description.clone(),
            of_certificate(|certificate| &certificate.subject),
            of_certificate(|certificate| day(&certificate.not_after)),
        ]
    }
}

impl Kind {
    fn of(key: &PublicKey) -> Self {
        match key {
            PublicKey::Rsa(key) => Self::Rsa { size_in_bits: key.bits() },
            PublicKey::Ec(key) => {
                let size_in_bits = key.curve.bits();
                Self::Ec { size_in_bits, curve: format!("P-{size_in_bits}") }
            }
        }
    }
}

/// The day of a time as RFC 3339 writes it.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

fn overview(keys: &[Key]) -> String {
    let header = ["PROJECT", "SIGNING POLICY", "KEY", "CERTIFICATE", "EXPIRES"].map(str::to_owned).to_vec();
    table::aligned(&std::iter::once(header).chain(keys.iter().map(Key::row)).collect::<Vec<_>>())
}

fn references(keys: &[Key]) -> String {
    let lines = |key: &Key| {
        let References { cosign, openssl, jarsigner } = &key.references;
        let jarsigner = jarsigner.as_deref().unwrap_or("- (Java sees no key without a certificate)");
        format!("{}\n  cosign     {cosign}\n  OpenSSL    {openssl}\n  jarsigner  {jarsigner}\n", key.label())
    };
    keys.iter().map(lines).collect()
}

fn warnings(keys: &[Key], remarks: &[Notice], filter: Option<String>) -> Vec<String> {
    if keys.is_empty() && remarks.is_empty() {
        let filter = filter.map(|filter| format!(" that fits {filter}")).unwrap_or_default();
        return vec![format!(
            "there is no key: the token's user is Submitter of no signing policy{filter}; an administrator of the \
             project can change that in SignPath"
        )];
    }
    let warning = |key: &Key| {
        let warning = key.certificate.as_ref()?.warning.as_ref()?;
        Some(format!("the certificate of {} {warning}", key.label()))
    };
    remarks.iter().map(Notice::to_string).chain(keys.iter().filter_map(warning)).collect()
}
