//! Credentials for a registry: from the command line, or those of `docker login` and of its credential helpers.

use std::fs::File;
use std::path::{Path, PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::secrets::RegistryAuth;
use parking_lot::Mutex;

use super::RegistryOptions;
use crate::files;
use crate::outcome::{Ending, Exit, Result};

/// Under this name docker keeps the credentials of Docker Hub.
const DOCKER_HUB: (&str, &str) = ("index.docker.io", "https://index.docker.io/v1/");

/// The credentials for a registry; anonymous where there are none.
pub(super) fn of(registry: &str, options: &RegistryOptions) -> Result<RegistryAuth> {
    if let Some(token) = &options.registry_token {
        return Ok(RegistryAuth::Bearer(token.clone()));
    }
    let password = match &options.registry_password {
        None if options.registry_password_stdin => Some(password_from_standard_input()?),
        given => given.clone(),
    };
    match (&options.registry_username, password) {
        (Some(name), Some(password)) => Ok(RegistryAuth::Basic(name.clone(), password)),
        _ => of_docker_login(registry),
    }
}

/// The whole of it but the end of its line; it can be read once, and there may be several registries.
fn password_from_standard_input() -> Result<String> {
    static PASSWORD: Mutex<Option<String>> = Mutex::new(None);
    let mut password = PASSWORD.lock();
    if password.is_none() {
        let text = files::read_text(Path::new("-"))?;
        let line = text.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            let message = "there is no password on standard input; pipe it into the command: \
                           printf '%s' \"$PASSWORD\" | signpath-tool …";
            return Err(Ending::new(Exit::Configuration, message.to_owned()));
        }
        *password = Some(line.to_owned());
    }
    Ok(password.clone().unwrap_or_default())
}

fn of_docker_login(registry: &str) -> Result<RegistryAuth> {
    let Some((path, file)) = docker_configuration() else { return Ok(RegistryAuth::Anonymous) };
    let server = if registry == DOCKER_HUB.0 { DOCKER_HUB.1 } else { registry };
    match get_credential_from_reader(file, server) {
        Ok(DockerCredential::UsernamePassword(name, password)) => Ok(RegistryAuth::Basic(name, password)),
        Ok(DockerCredential::IdentityToken(_)) => Err(Ending::new(
            Exit::Registry,
            format!(
                "the credentials for {registry} in {} are an identity token, which only docker can use; \
                 log in with user name and password, or give --registry-username and --registry-password-stdin",
                path.display()
            ),
        )),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
        Err(CredentialRetrievalError::HelperFailure { stdout, .. }) if says_that_it_has_none(&stdout) => {
            Ok(RegistryAuth::Anonymous)
        }
        Err(error) => Err(unusable(registry, &path, &error)),
    }
}

/// `config.json` in the folder named by DOCKER_CONFIG, or in `.docker`.
fn docker_configuration() -> Option<(PathBuf, File)> {
    let in_home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
    let folder = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from).or_else(in_home)?;
    let path = folder.join("config.json");
    File::open(&path).ok().map(|file| (path, file))
}

/// The sentence that docker's own helpers print for a registry that they do not know.
fn says_that_it_has_none(helper_output: &str) -> bool {
    helper_output.contains("credentials not found")
}

fn unusable(registry: &str, path: &std::path::Path, error: &CredentialRetrievalError) -> Ending {
    let problem = match error {
        // what a helper printed may hold a secret
        CredentialRetrievalError::HelperFailure { helper, stderr, .. } => {
            format!("{helper} failed: {}", stderr.trim())
        }
        other => other.to_string().to_lowercase(),
    };
    let message =
        format!("reading the credentials for {registry} from {}: {problem}; log in again", path.display());
    Ending::new(Exit::Registry, message)
}
