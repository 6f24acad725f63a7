//! A service in this process that answers the two requests of the module at once: the keys, and a signature.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::Digest;
use aws_lc_rs::signature::{self, EcdsaKeyPair, RsaKeyPair};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use serde_json::{Value, json};

pub(super) const ORGANIZATION: &str = "0a1b2c3d-0000-4000-8000-00000000000f";
pub(super) const TOKEN: &str = "fuzzer-token";

/// A signature that the service was asked for.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    /// `project-slug/signing-policy-slug`.
    pub(super) label: String,
    /// The signature algorithm, padding mode and object identifier of the hash algorithm, as they were sent.
    pub(super) algorithm: [Option<String>; 3],
    pub(super) hash: Vec<u8>,
}

/// What the service was asked for, and where it is.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) port: u16,
    signed: Arc<Mutex<(u64, Option<Signed>)>>,
}

impl Service {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let service = Self { port: listener.local_addr().unwrap().port(), signed: Arc::default() };
        let serving = service.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(connection));
            }
        });
        service
    }

    /// How many signatures were asked for.
    pub(super) fn signatures(&self) -> u64 {
        self.signed.lock().unwrap().0
    }

    pub(super) fn last_signature(&self) -> Option<Signed> {
        self.signed.lock().unwrap().1.clone()
    }

    fn serve(&self, mut connection: TcpStream) {
        connection.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        while let Some((head, body)) = request(&mut reader) {
            let (status, answer) = if !head.contains(TOKEN) {
                ("401 Unauthorized", json!({ "detail": "unknown token" }))
            } else if head.starts_with("GET ") {
                ("200 OK", listing())
            } else {
                ("200 OK", self.sign(&body))
            };
            let answer = answer.to_string();
            let length = answer.len();
            let whole = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{answer}"
            );
            if connection.write_all(whole.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn sign(&self, body: &Value) -> Value {
        let text = |place: &str| body.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let policy = text("/signingPolicySlug").unwrap();
        let signed = Signed {
            label: format!("{}/{policy}", text("/projectSlug").unwrap()),
            algorithm: [
                text("/hashSigningData/signatureAlgorithm"),
                text("/hashSigningData/rsaOptions/paddingMode"),
                text("/hashSigningData/rsaOptions/hashAlgorithmOid"),
            ],
            hash: BASE64_STANDARD.decode(text("/hashSigningData/hash").unwrap()).unwrap(),
        };
        let signature = BASE64_STANDARD.encode(signature_of(&policy, &signed));
        let mut all = self.signed.lock().unwrap();
        *all = (all.0 + 1, Some(signed));
        json!({ "signingRequestId": "1", "hashSigningResult": { "signature": signature } })
    }
}

fn request(reader: &mut impl BufRead) -> Option<(String, Value)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head, serde_json::from_slice(&body).unwrap_or_default()))
}

fn listing() -> Value {
    let entry = |policy: &str, spki: &str| {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(spki.as_bytes()).unwrap();
        json!({ "projectSlug": "p", "signingPolicySlug": policy, "publicKeyBytes": BASE64_STANDARD.encode(der) })
    };
    json!({ "signingPolicies": [
        entry("p-256", include_str!("../../../softhsm-fixtures/keys/p-256.public.pem")),
        entry("p-384", include_str!("../../../softhsm-fixtures/keys/p-384.public.pem")),
        entry("rsa", include_str!("../../../softhsm-fixtures/keys/rsa-2048.public.pem")),
    ] })
}

fn signature_of(policy: &str, signed: &Signed) -> Vec<u8> {
    match policy {
        "p-256" => ecdsa(
            &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            include_str!("../../../softhsm-fixtures/keys/p-256.pem"),
            &signed.hash,
        ),
        "p-384" => ecdsa(
            &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            include_str!("../../../softhsm-fixtures/keys/p-384.pem"),
            &signed.hash,
        ),
        _ => rsa(signed),
    }
}

fn private_key(pem: &str) -> Vec<u8> {
    PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap().secret_pkcs8_der().to_owned()
}

fn ecdsa(scheme: &'static signature::EcdsaSigningAlgorithm, key: &str, hash: &[u8]) -> Vec<u8> {
    let key = EcdsaKeyPair::from_pkcs8(scheme, &private_key(key)).unwrap();
    let algorithm = if hash.len() == 32 { &aws_lc_rs::digest::SHA256 } else { &aws_lc_rs::digest::SHA384 };
    key.sign_digest(&Digest::import_less_safe(hash, algorithm).unwrap()).unwrap().as_ref().to_owned()
}

fn rsa(signed: &Signed) -> Vec<u8> {
    let key =
        RsaKeyPair::from_pkcs8(&private_key(include_str!("../../../softhsm-fixtures/keys/rsa-2048.pem")))
            .unwrap();
    let is_pss = signed.algorithm[1].as_deref() == Some("Pss");
    let (algorithm, scheme): (_, &'static dyn signature::RsaEncoding) = match (signed.hash.len(), is_pss) {
        (32, false) => (&aws_lc_rs::digest::SHA256, &signature::RSA_PKCS1_SHA256),
        (48, false) => (&aws_lc_rs::digest::SHA384, &signature::RSA_PKCS1_SHA384),
        (64, false) => (&aws_lc_rs::digest::SHA512, &signature::RSA_PKCS1_SHA512),
        (32, true) => (&aws_lc_rs::digest::SHA256, &signature::RSA_PSS_SHA256),
        (48, true) => (&aws_lc_rs::digest::SHA384, &signature::RSA_PSS_SHA384),
        (64, true) => (&aws_lc_rs::digest::SHA512, &signature::RSA_PSS_SHA512),
        // SHA-1, which this library does not sign with: the module is given a signature that does not verify
        _ => return vec![1; 256],
    };
    let mut bytes = vec![0; key.public_modulus_len()];
    key.sign_digest(scheme, &Digest::import_less_safe(&signed.hash, algorithm).unwrap(), &mut bytes).unwrap();
    bytes
}
