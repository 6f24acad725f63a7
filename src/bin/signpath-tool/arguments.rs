//! The command line.

mod keys;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::doctor::{Doctor, LoadModule};
use crate::examples;
use crate::metadata::Format;
use crate::metadata::annotations::Annotations;
use crate::metadata::identities::IdentityOptions;
use crate::origin::OriginArguments;
use crate::outcome::Exit;
use crate::registry::RegistryOptions;
use crate::service::RequestArguments;
use crate::signer::{PinnedSigner, SignerOptions};
use crate::signing_request::WaitArguments;

pub(crate) use keys::{
    Certificate, CertificateFormat, EcdsaFormat, Encoding, HashSource, Keys, OutOption, Padding, PublicKey,
    PublicKeyFormat, SignHash, Uri,
};

/// Works with SignPath beside the PKCS#11 module: finds out what is wrong, shows keys, signs images and hashes.
///
/// Results go to standard output, everything else to standard error, so that scripts can use the first alone.
#[derive(Parser, Debug)]
#[command(name = "signpath-tool", version, max_term_width = 100, after_help = format!("{}\n\n{}", examples::VARIABLES, Exit::help()))]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one of it, once")]
pub(crate) enum Command {
    /// Sign images: make the metadata, have SignPath sign it, check the signatures, attach them
    #[command(after_help = examples::SIGN_IMAGE)]
    SignImage(SignImage),
    /// Make the metadata of images, which SignPath is to sign
    #[command(after_help = examples::GENERATE)]
    Generate(Generate),
    /// Have SignPath sign a file, such as the archive that `generate --zip` makes
    #[command(after_help = examples::SUBMIT)]
    Submit(Submit),
    /// Attach a signature that SignPath made over an image's metadata
    #[command(after_help = examples::ATTACH)]
    Attach(Attach),
    /// Verify what is attached to images
    #[command(after_help = examples::VERIFY)]
    Verify(Verify),
    /// Find out what keeps these credentials, this machine or the service from signing
    #[command(after_help = examples::DOCTOR)]
    Doctor(Doctor),
    /// Explain a code that stands at the end of a message of the module or of this tool
    #[command(after_help = examples::EXPLAIN)]
    Explain(Explain),
    /// Load a module, for `doctor`, in a process of its own
    #[command(hide = true)]
    LoadModule(LoadModule),
    /// List the keys that these credentials may use, and what each program calls them by
    #[command(after_help = examples::KEYS)]
    Keys(Keys),
    /// Print the public key of a key
    #[command(after_help = examples::PUBLIC_KEY)]
    PublicKey(PublicKey),
    /// Print the certificate of a key
    #[command(after_help = examples::CERTIFICATE)]
    Certificate(Certificate),
    /// Have a hash signed, and verify the signature
    #[command(after_help = examples::SIGN_HASH)]
    SignHash(SignHash),
    /// Print the PKCS#11 URI of a key, or explain one
    #[command(after_help = examples::URI)]
    Uri(Uri),
    /// Print the artifact configuration that a SignPath project needs
    #[command(after_help = examples::ARTIFACT_CONFIGURATION)]
    ArtifactConfiguration(ArtifactConfiguration),
    /// Print what a shell needs to complete this tool's command lines
    #[command(after_help = examples::COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page, or write one for each command
    #[command(after_help = examples::MAN)]
    Man(Man),
}

/// What `sign-image` is told.
#[derive(Args, Debug)]
pub(crate) struct SignImage {
    #[command(flatten)]
    pub(crate) images: Images,

    /// How the signature lies in the registry
    #[arg(long, value_enum, default_value_t = Format::Bundle)]
    pub(crate) format: Format,

    /// Annotations to be signed, KEY=VALUE, several with commas between them
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub(crate) annotations: Vec<Annotations>,

    #[command(flatten)]
    pub(crate) origin: OriginArguments,

    #[command(flatten)]
    pub(crate) request: RequestArguments,

    #[command(flatten)]
    pub(crate) waiting: WaitArguments,

    #[command(flatten)]
    pub(crate) pinned: PinnedSigner,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// What `submit` is told.
#[derive(Args, Debug)]
pub(crate) struct Submit {
    /// The file to sign
    #[arg(required_unless_present = "resume")]
    pub(crate) artifact: Option<PathBuf>,

    /// Where to write what SignPath makes of it
    #[arg(long, value_name = "FILE", default_value = "signed.zip")]
    pub(crate) signed_artifact: PathBuf,

    #[command(flatten)]
    pub(crate) request: RequestArguments,

    #[command(flatten)]
    pub(crate) waiting: WaitArguments,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// What `generate` is told.
#[derive(Args, Debug)]
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) images: Images,

    /// Which metadata to make; simple-signing is what `cosign generate` prints
    #[arg(long, value_enum, default_value_t = Format::SimpleSigning)]
    pub(crate) format: Format,

    /// Annotations to be signed, KEY=VALUE, several with commas between them
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub(crate) annotations: Vec<Annotations>,

    /// Write the ZIP file that is submitted to SignPath instead of printing the metadata
    #[arg(long, value_name = "FILE")]
    pub(crate) zip: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// What `attach` is told.
#[derive(Args, Debug)]
pub(crate) struct Attach {
    /// The image, by tag or digest
    pub(crate) image: String,

    /// The signed metadata, as `generate` printed it
    #[arg(long, value_name = "FILE")]
    pub(crate) payload: PathBuf,

    /// The signature over it, as SignPath returned it or in base64; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: PathBuf,

    #[command(flatten)]
    pub(crate) signer: SignerOptions,

    #[command(flatten)]
    pub(crate) identities: IdentityOptions,

    #[command(flatten)]
    pub(crate) registry: RegistryOptions,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// What `verify` is told.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) images: Images,

    /// Look at this format only
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,

    /// Annotations that must have been signed, KEY=VALUE, several with commas between them
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub(crate) annotations: Vec<Annotations>,

    #[command(flatten)]
    pub(crate) signer: SignerOptions,

    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// What `explain` is told.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// The code, such as SP3401
    pub(crate) code: String,
}

/// What `artifact-configuration` is told.
#[derive(Args, Debug)]
pub(crate) struct ArtifactConfiguration {
    /// The metadata that is to be signed
    #[arg(long, value_enum, default_value_t = Format::Bundle)]
    pub(crate) format: Format,

    /// How many images one signing request is for
    #[arg(long, value_enum, default_value_t = Count::One)]
    pub(crate) images: Count,
}

/// What `completions` is told.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// What `man` is told.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

/// How many images a signing request is for.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// Exactly one
    One,
    /// One or more
    Several,
}

/// How results are printed.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// For people
    Text,
    /// For scripts: one JSON document, and nothing else
    Json,
}

/// What results look like.
#[derive(Args, Debug)]
pub(crate) struct OutputOptions {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Images, and what may be done with them.
#[derive(Args, Debug)]
pub(crate) struct Images {
    /// The images, by tag or digest
    #[arg(required = true, value_name = "IMAGE")]
    pub(crate) references: Vec<String>,

    /// Take the images of a multi-architecture index, too
    #[arg(short, long)]
    pub(crate) recursive: bool,

    #[command(flatten)]
    pub(crate) identities: IdentityOptions,

    #[command(flatten)]
    pub(crate) registry: RegistryOptions,
}
