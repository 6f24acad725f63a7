//! How a registry is reached: by TLS; by plain HTTP on loopback only.

use std::net::IpAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use oci_client::Reference;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::OnceCell;

use super::RegistryOptions;
use crate::console::Console;
use crate::outcome::{Ending, Exit, Result};

const CONNECT_LIMIT: Duration = Duration::from_secs(30);
const READ_LIMIT: Duration = Duration::from_secs(60);

/// A client for one registry.
#[derive(Clone)]
pub(crate) struct Client {
    pub(super) oci: oci_client::Client,
    /// For what is read with a limit; reached as by the other.
    pub(super) http: reqwest::Client,
    /// Where its API begins, without a slash at the end.
    pub(super) root: String,
    wants_login: Rc<OnceCell<bool>>,
}

impl Client {
    /// Whether somebody without credentials has to ask how to log in (distribution-spec, "Determining Support"); where
    /// nobody has to, oci-client would ask before each request. A registry that is busy or not reached may want it.
    pub(super) async fn wants_login(&self) -> bool {
        let ask = || self.http.get(format!("{}/", self.root)).send();
        let wants = async || ask().await.map_or(true, |answer| !answer.status().is_success());
        *self.wants_login.get_or_init(wants).await
    }
}

/// A client for one registry, which finds out how it is reached.
pub(crate) async fn client(registry: &str, options: &RegistryOptions, console: &Console) -> Result<Client> {
    if options.allow_insecure_registry {
        console.warning(&format!("the certificate of {registry} is not checked"));
    }
    let local = is_loopback(registry);
    let plain = local && !speaks_tls(registry).await;
    let (scheme, protocol) =
        if plain { ("http", ClientProtocol::Http) } else { ("https", ClientProtocol::Https) };
    let authorities = authorities(options.registry_cacert.as_deref())?;
    let failed = |error: &dyn std::fmt::Display| {
        Ending::new(Exit::Configuration, format!("preparing to speak with {registry}: {error}"))
    };
    let http = http(local, options.allow_insecure_registry, &authorities).map_err(|error| failed(&error))?;
    let configuration = ClientConfig {
        protocol,
        accept_invalid_certificates: options.allow_insecure_registry,
        tls_certs_only: authorities.into_iter().map(for_oci).collect(),
        // every registry must accept a blob in one request; some refuse chunks
        use_monolithic_push: true,
        connect_timeout: Some(CONNECT_LIMIT),
        read_timeout: Some(READ_LIMIT),
        user_agent: USER_AGENT,
        // naming a proxy is the only way to leave those of the environment out
        http_proxy: local.then(|| UNUSED_PROXY.to_owned()),
        https_proxy: local.then(|| UNUSED_PROXY.to_owned()),
        no_proxy: local.then(|| LOOPBACK.to_owned()),
        ..ClientConfig::default()
    };
    let oci = oci_client::Client::try_from(configuration).map_err(|error| failed(&error))?;
    let reference = Reference::with_tag(registry.to_owned(), String::new(), String::new());
    let root = format!("{scheme}://{}/v2", reference.resolve_registry());
    Ok(Client { oci, http, root, wants_login: Rc::default() })
}

fn http(
    local: bool,
    accepts_any_certificate: bool,
    authorities: &[CertificateDer<'static>],
) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(accepts_any_certificate)
        .connect_timeout(CONNECT_LIMIT)
        .read_timeout(READ_LIMIT)
        .user_agent(USER_AGENT);
    let builder = if local { builder.no_proxy() } else { builder };
    if authorities.is_empty() {
        return builder.build();
    }
    let authorities = authorities.iter().map(|one| reqwest::Certificate::from_der(one));
    builder.tls_certs_only(authorities.collect::<reqwest::Result<Vec<_>>>()?).build()
}

fn for_oci(authority: CertificateDer<'static>) -> Certificate {
    Certificate { encoding: CertificateEncoding::Der, data: authority.to_vec() }
}

const USER_AGENT: &str = concat!("signpath-tool/", env!("CARGO_PKG_VERSION"));

const UNUSED_PROXY: &str = "http://127.0.0.1:9";
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// Whether a host, with or without a port, is this machine.
fn is_loopback(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// A registry on loopback may speak either. Its certificate is checked later, not here.
async fn speaks_tls(registry: &str) -> bool {
    match http(true, true, &[]) {
        Ok(client) => client.head(format!("https://{registry}/v2/")).timeout(READ_LIMIT).send().await.is_ok(),
        Err(_) => false,
    }
}

fn authorities(path: Option<&Path>) -> Result<Vec<CertificateDer<'static>>> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let refused = |problem: &dyn std::fmt::Display| {
        Ending::new(Exit::Configuration, format!("reading --registry-cacert {}: {problem}", path.display()))
    };
    let read =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| refused(&error))?;
    if certificates.is_empty() { Err(refused(&"it holds no certificate")) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for registry in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9"] {
            assert!(is_loopback(registry), "{registry}");
        }
        for registry in ["localhost.example.com", "10.0.0.1:5000", "registry.local:5000", "127.0.0.1.nip.io"]
        {
            assert!(!is_loopback(registry), "{registry}");
        }
    }
}
