//! The command line of what is about keys: listing, exporting, naming, signing a hash.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use signpath_pkcs11::signpath::HashAlgorithm;

use super::OutputOptions;
use crate::key_name::{KeyName, Program};
use crate::outcome::{Ending, Exit, Result};

/// What `keys` is told.
#[derive(Args, Debug)]
pub(crate) struct Keys {
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Which key is meant.
#[derive(Args, Debug)]
pub(crate) struct KeyArgument {
    /// The key: PROJECT/POLICY, or its PKCS#11 URI
    #[arg(value_name = "KEY")]
    key: String,
}

impl KeyArgument {
    /// The key's name. Read here, since the parser of the command line would repeat a URI that it refuses, and its PIN
    /// with it.
    pub(crate) fn name(&self) -> Result<KeyName> {
        KeyName::parse(&self.key).map_err(|refusal| Ending::new(Exit::Failed, refusal))
    }
}

/// What `public-key` is told.
#[derive(Args, Debug)]
pub(crate) struct PublicKey {
    #[command(flatten)]
    pub(crate) key: KeyArgument,

    /// How the key is written
    #[arg(long, value_enum, default_value_t = PublicKeyFormat::Pem)]
    pub(crate) format: PublicKeyFormat,

    #[command(flatten)]
    pub(crate) out: OutOption,
}

/// What `certificate` is told.
#[derive(Args, Debug)]
pub(crate) struct Certificate {
    #[command(flatten)]
    pub(crate) key: KeyArgument,

    /// How the certificate is written
    #[arg(long, value_enum, default_value_t = CertificateFormat::Pem)]
    pub(crate) format: CertificateFormat,

    #[command(flatten)]
    pub(crate) out: OutOption,
}

/// Where a result goes.
#[derive(Args, Debug)]
pub(crate) struct OutOption {
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// How a public key is written.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicKeyFormat {
    /// SubjectPublicKeyInfo, PEM: for cosign and OpenSSL
    Pem,
    /// SubjectPublicKeyInfo, DER
    Der,
    /// One line, as in authorized_keys and allowed_signers
    Ssh,
}

/// How a certificate is written.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateFormat {
    Pem,
    Der,
}

/// What `sign-hash` is told.
#[derive(Args, Debug)]
pub(crate) struct SignHash {
    #[command(flatten)]
    pub(crate) key: KeyArgument,

    #[command(flatten)]
    pub(crate) source: HashSource,

    /// Which hash it is
    #[arg(long, value_enum, default_value_t = Hash::Sha256)]
    pub(crate) hash_algorithm: Hash,

    /// How an RSA key signs; PSS with a salt as long as the hash
    #[arg(long, value_enum, default_value_t = Padding::Pkcs1)]
    pub(crate) padding: Padding,

    /// How the signature of an EC key is written: as OpenSSL and cosign take it, or as PKCS#11 and JWT do
    #[arg(long, value_enum, default_value_t = EcdsaFormat::Der)]
    pub(crate) ecdsa_format: EcdsaFormat,

    /// How the signature is printed; in JSON it is base64
    #[arg(long, value_enum, default_value_t = Encoding::Base64)]
    pub(crate) encoding: Encoding,

    #[command(flatten)]
    pub(crate) out: OutOption,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Where the hash comes from.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct HashSource {
    /// The hash in hexadecimal, as sha256sum prints it
    #[arg(long, value_name = "HEX")]
    pub(crate) hash: Option<String>,

    /// A file with the hash, as bytes or in hexadecimal; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) hash_file: Option<PathBuf>,

    /// A file of any size, which is hashed here; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// A hash algorithm.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// What SignPath calls it.
    pub(crate) fn algorithm(self) -> HashAlgorithm {
        match self {
            Self::Sha1 => HashAlgorithm::Sha1,
            Self::Sha256 => HashAlgorithm::Sha256,
            Self::Sha384 => HashAlgorithm::Sha384,
            Self::Sha512 => HashAlgorithm::Sha512,
        }
    }
}

/// An RSA signature scheme.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    Pkcs1,
    Pss,
}

/// How an ECDSA signature is written.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EcdsaFormat {
    /// Ecdsa-Sig-Value, DER
    Der,
    /// r and s, one behind the other
    Raw,
}

/// How bytes are printed.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Base64,
    Hex,
    Binary,
}

/// What `uri` is told.
#[derive(Args, Debug)]
pub(crate) struct Uri {
    /// The key as PROJECT/POLICY, whose URI is printed; or a URI, which is explained; `-` reads it from standard input
    ///
    /// A URI with a PIN in it belongs on standard input: other users of the machine can read command lines.
    // read later: the parser of the command line would repeat a URI that it refuses, and its PIN with it
    #[arg(value_name = "KEY|URI")]
    pub(crate) subject: String,

    /// The program that the URI is for
    #[arg(long = "for", value_enum, value_name = "PROGRAM", default_value_t = Program::Cosign)]
    pub(crate) program: Program,

    /// Put the path of the module into the URI, in place of COSIGN_PKCS11_MODULE_PATH
    #[arg(long, value_name = "FILE")]
    pub(crate) module_path: Option<PathBuf>,

    /// Put the PIN in this file into the URI for cosign, which then is a secret, too; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}
