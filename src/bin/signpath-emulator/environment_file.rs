//! `--env-file`: what a shell needs to use the emulator, as `export` lines.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::identifiers::Uuid;
use crate::organization::default_data;

/// What the lines are made of.
pub(crate) struct Environment<'a> {
    /// Scheme, host and port.
    pub(crate) origin: &'a str,
    pub(crate) organization_id: Uuid,
    /// The certificate that clients shall trust; only with TLS.
    pub(crate) certificate_authority: Option<&'a Path>,
}

/// Writes the file so that it appears complete and readable by its owner only, whatever was there before.
///
/// # Errors
///
/// What is there is neither a file nor a link to one: a device or a pipe is not to be replaced.
pub(crate) fn write(path: &Path, environment: &Environment<'_>) -> io::Result<()> {
    // what a link leads to is written, and the link stays
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no file; name one, or one that is not there yet",
        ));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    match fs::remove_file(&partial) {
        Err(reason) if reason.kind() != io::ErrorKind::NotFound => return Err(reason),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    file.write_all(environment.lines()?.as_bytes())?;
    fs::rename(&partial, path)
}

impl Environment<'_> {
    fn lines(&self) -> io::Result<String> {
        let organization_id = self.organization_id.to_string();
        let mut variables = vec![
            ("SIGNPATH_API_URL", format!("{}/Api", self.origin)),
            ("SIGNPATH_ORGANIZATION_ID", organization_id),
            ("SIGNPATH_API_TOKEN", default_data::ALL_POLICIES_TOKEN.to_owned()),
            ("SIGNPATH_EMULATOR_TOKEN_SOME_POLICIES", default_data::SOME_POLICIES_TOKEN.to_owned()),
            ("SIGNPATH_EMULATOR_TOKEN_NO_POLICIES", default_data::NO_POLICIES_TOKEN.to_owned()),
            ("SIGNPATH_EMULATOR_TOKEN_AWKWARD", default_data::AWKWARD_TOKEN.to_owned()),
            ("SIGNPATH_EMULATOR_CONTROL_URL", format!("{}/emulator", self.origin)),
        ];
        if let Some(path) = self.certificate_authority {
            // Read by OpenSSL, Go and rustls-native-certs. The shell that takes these lines trusts nothing else.
            let path = std::path::absolute(path)?.display().to_string();
            variables.extend([("SIGNPATH_EMULATOR_CA_FILE", path.clone()), ("SSL_CERT_FILE", path)]);
        }
        Ok(variables.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value))).collect())
    }
}

/// In single quotes a shell takes everything as it is, except a single quote.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(certificate_authority: Option<&str>) -> String {
        let environment = Environment {
            origin: "http://127.0.0.1:1",
            organization_id: default_data::ORGANIZATION_ID,
            certificate_authority: certificate_authority.map(Path::new),
        };
        environment.lines().unwrap()
    }

    #[test]
    fn a_single_quote_survives_the_shell() {
        assert!(lines(Some("/it's/ca.pem")).ends_with("export SSL_CERT_FILE='/it'\\''s/ca.pem'\n"));
    }

    #[test]
    fn without_tls_no_certificate_is_named() {
        let lines = lines(None);
        assert!(lines.starts_with("export SIGNPATH_API_URL='http://127.0.0.1:1/Api'\n"), "{lines}");
        assert!(!lines.contains("CA_FILE") && !lines.contains("SSL_CERT_FILE"), "{lines}");
    }
}
