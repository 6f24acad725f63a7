//! `signpath-tool sign-hash`: one hash, signed by SignPath and verified here, for scripts.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use aws_lc_rs::digest::Context;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use signpath_pkcs11::error::Code;
use signpath_pkcs11::signpath::{
    HashAlgorithm, HashToSign, PublicKey, SignatureAlgorithm, Signed, SigningPolicy,
};
use signpath_pkcs11::token::encoding::hexadecimal;
use signpath_pkcs11::token::verification::verifies;

use super::{print_or_write, print_or_write_json};
use crate::arguments::{EcdsaFormat, Encoding, HashSource, Output, Padding, SignHash};
use crate::files;
use crate::outcome::{Ending, Exit, Result};
use crate::service::Service;
use crate::signer::to_der;

pub(crate) fn run(arguments: &SignHash) -> Result<()> {
    let name = arguments.key.name()?;
    let digest = arguments.hash_algorithm.algorithm();
    let hash = hash(&arguments.source, digest)?;
    let service = Service::configured()?;
    let policy = service.key(&name)?;
    let algorithm = algorithm(&policy.key, arguments.padding, digest)?;
    let signed = signed(&service, &policy, algorithm, &hash)?;
    let signature = formatted(&policy.key, signed.signature, arguments.ecdsa_format)?;
    match arguments.output.output {
        Output::Json => print_or_write_json(
            &arguments.out,
            &Report {
                key: name.to_string(),
                hash_algorithm: digest.name(),
                hash: hexadecimal(&hash),
                signature: BASE64_STANDARD.encode(&signature),
                signing_request: signed.request,
            },
        ),
        Output::Text => print_or_write(&arguments.out, &encoded(signature, arguments.encoding)),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    key: String,
    hash_algorithm: &'static str,
    hash: String,
    /// Base64, whatever `--encoding` says.
    signature: String,
    signing_request: Option<String>,
}

/// A signature by the key of a policy, which is known to be one.
fn signed(
    service: &Service,
    policy: &SigningPolicy,
    algorithm: SignatureAlgorithm,
    hash: &[u8],
) -> Result<Signed> {
    let signed = service.client.sign_hash(&service.user, &HashToSign { policy, algorithm, hash })?;
    if verifies(&policy.key, algorithm, hash, &signed.signature) {
        return Ok(signed);
    }
    Err(not_verified(policy, &signed))
}

/// What there is to say of a signature that is none.
pub(crate) fn not_verified(policy: &SigningPolicy, signed: &Signed) -> Ending {
    let message = format!(
        "SignPath's signature ({} bytes) does not verify with the public key of {} ({}); run it again if the key was replaced just now",
        signed.signature.len(),
        policy.label(),
        policy.key.description()
    );
    Ending::new(Exit::NotVerified, message).coded(Code::SignatureNotVerified)
}

/// How a key signs a hash.
fn algorithm(key: &PublicKey, padding: Padding, digest: HashAlgorithm) -> Result<SignatureAlgorithm> {
    match (key, padding) {
        (PublicKey::Rsa(_), Padding::Pkcs1) => Ok(SignatureAlgorithm::RsaPkcs1(digest)),
        (PublicKey::Rsa(_), Padding::Pss) if digest == HashAlgorithm::Sha1 => Err(Ending::new(
            Exit::Failed,
            "PSS with SHA-1 cannot be verified; use --padding pkcs1, or better a SHA-2",
        )),
        (PublicKey::Rsa(_), Padding::Pss) => Ok(SignatureAlgorithm::RsaPss(digest)),
        (PublicKey::Ec(_), Padding::Pkcs1) => Ok(SignatureAlgorithm::Ecdsa),
        (PublicKey::Ec(_), Padding::Pss) => {
            let message =
                format!("this is an {} key, which knows no padding; leave --padding out", key.description());
            Err(Ending::new(Exit::Failed, message))
        }
    }
}

fn hash(source: &HashSource, digest: HashAlgorithm) -> Result<Vec<u8>> {
    if let Some(path) = &source.file {
        return hash_of_file(path, digest).map_err(|error| {
            Ending::new(Exit::Configuration, format!("reading {}: {error}", path.display()))
        });
    }
    let expected = digest.length();
    let given = match (&source.hash, &source.hash_file) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, Some(path)) => files::read(path)?,
        (None, None) => Vec::new(),
    };
    let is_bytes = source.hash.is_none() && given.len() == expected;
    let hash = if is_bytes { given } else { from_hexadecimal(&given)? };
    if hash.len() != expected {
        let message = format!(
            "the hash has {} bytes, one of {} has {expected}; choose the right --hash-algorithm",
            hash.len(),
            digest.name()
        );
        return Err(Ending::new(Exit::Failed, message));
    }
    Ok(hash)
}

fn hash_of_file(path: &Path, digest: HashAlgorithm) -> io::Result<Vec<u8>> {
    let mut source: Box<dyn Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    let mut context = Context::new(digest.implementation());
    let mut buffer = vec![0; 1 << 16];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(context.finish().as_ref().to_vec()),
            read => context.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// Reads hexadecimal; what sha256sum prints behind it, the file's name, is not looked at.
fn from_hexadecimal(text: &[u8]) -> Result<Vec<u8>> {
    let digits = text.split(u8::is_ascii_whitespace).find(|word| !word.is_empty()).unwrap_or_default();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    bytes.ok_or_else(|| Ending::new(Exit::Failed, "the hash is not hexadecimal; --file hashes a file here"))
}

fn formatted(key: &PublicKey, signature: Vec<u8>, format: EcdsaFormat) -> Result<Vec<u8>> {
    let PublicKey::Ec(key) = key else { return Ok(signature) };
    match format {
        EcdsaFormat::Raw => Ok(signature),
        EcdsaFormat::Der => to_der(&signature, key.curve.field_bytes()).ok_or_else(|| {
            Ending::new(Exit::Failed, "the signature cannot be written as DER; use --ecdsa-format raw")
        }),
    }
}

fn encoded(signature: Vec<u8>, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Binary => signature,
        Encoding::Base64 => format!("{}\n", BASE64_STANDARD.encode(&signature)).into_bytes(),
        Encoding::Hex => format!("{}\n", hexadecimal(&signature)).into_bytes(),
    }
}
