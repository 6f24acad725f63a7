//! The bare client: the same two requests on the same HTTP stack, and nothing else. What the module does beyond it, it
//! has to be worth.

use std::sync::Arc;

use reqwest::Client;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use crate::signatures::Key;

/// A client with one connection.
pub struct Bare {
    client: Client,
    runtime: Runtime,
    root: String,
    bearer: String,
}

/// The members of an entry that a client cannot do without.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what is parsed is what counts")]
pub struct Entry {
    project_slug: String,
    signing_policy_slug: String,
    key_type: Option<String>,
    public_key_bytes: Option<String>,
    certificate_bytes: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    signing_policies: Vec<Entry>,
}

impl Bare {
    /// One that finds in the environment what the module finds there.
    pub fn new() -> Self {
        let variable = |name| std::env::var(name).unwrap();
        let url = variable("SIGNPATH_API_URL");
        let organization = variable("SIGNPATH_ORGANIZATION_ID");
        Self {
            client: client(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            root: format!("{url}/v1/{organization}"),
            bearer: format!("Bearer {}", variable("SIGNPATH_API_TOKEN")),
        }
    }

    /// Lists, and parses what it got.
    pub fn list(&self) -> usize {
        let body = self.download();
        let list: List = serde_json::from_slice(&body).unwrap();
        list.signing_policies.len()
    }

    /// The list as it came.
    pub fn download(&self) -> Vec<u8> {
        let url = format!("{}/Cryptoki/MySigningPolicies", self.root);
        self.exchange(self.client.get(url))
    }

    /// Has a hash signed, and does not look into the answer.
    pub fn sign(&self, key: Key, hash: &[u8]) {
        let url = format!("{}/SigningRequests/SignHash", self.root);
        let body = key.request(hash);
        self.exchange(self.client.post(url).header(CONTENT_TYPE, "application/json").body(body));
    }

    fn exchange(&self, request: reqwest::RequestBuilder) -> Vec<u8> {
        let request = request.header(ACCEPT, "application/json").header(AUTHORIZATION, &self.bearer);
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap().error_for_status().unwrap();
            answer.bytes().await.unwrap().to_vec()
        })
    }
}

fn client() -> Client {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(roots()).with_no_client_auth();
    Client::builder().tls_backend_preconfigured(tls).http1_only().no_proxy().build().unwrap()
}

/// The authorities that the module is told to trust, or the system's.
pub fn roots() -> RootCertStore {
    let certificates: Vec<CertificateDer<'_>> = match std::env::var("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES") {
        Ok(file) => CertificateDer::pem_file_iter(file).unwrap().map(Result::unwrap).collect(),
        Err(_) => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    roots
}
