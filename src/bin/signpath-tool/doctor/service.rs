//! The service: whether its API answers, whom it takes the token for, and whether it signs.

use std::sync::Arc;
use std::time::Duration;

use signpath_pkcs11::config::{Configuration, Environment};
use signpath_pkcs11::credentials::Credentials;
use signpath_pkcs11::error::{Code, Failure, FailureKind, Notice};
use signpath_pkcs11::log::Log;
use signpath_pkcs11::signpath::{
    Client, HashAlgorithm, HashToSign, Listing, PublicKey, SignatureAlgorithm, SigningPolicy,
};
use signpath_pkcs11::token::verification::verifies;

use super::Silence;
use super::configuration::Setup;
use super::network::Reached;
use super::report::{Examined, Report, Sound, Trouble};
use crate::commands::sign_hash::not_verified;
use crate::key_name::{KeyName, labels};
use crate::outcome::Exit;
use crate::service::Service;

/// A person waits for the report: what does not answer by then is told as such.
const LONGEST_REPETITION: Duration = Duration::from_secs(15);

/// What a test signature is made over: SHA-256 of it.
const TEST: &[u8] = b"a test signature by signpath-tool doctor\n";

/// What came of the test signature.
pub(super) enum Signing {
    /// Nobody wants one.
    NotAsked,
    /// What is needed for one was not sound.
    Unreached,
    Tried(Result<String, Trouble>),
}

struct Keys {
    service: Service,
    listing: Listing,
}

/// Asks for the keys, and signs with one if told to.
pub(super) fn examine(
    report: &mut Report,
    setup: &Setup,
    reached: Option<Reached>,
    sign: Option<&str>,
) -> Signing {
    let configured = setup.configuration.as_ref().zip(setup.credentials.as_ref());
    let needed = reached.zip(configured);
    let answer = report.examine_after("api", needed, |(reached, (configuration, credentials))| {
        api(&setup.environment, configuration, credentials, &reached)
    });
    let keys = report.examine_after("token", answer, token);
    let keys = report.examine_after("role", keys, role);
    let signing = match (sign, keys) {
        (None, _) => Signing::NotAsked,
        (Some(_), None) => Signing::Unreached,
        (Some(key), Some(keys)) => Signing::Tried(try_to_sign(&keys, key)),
    };
    artifact_configuration(report, signing)
}

/// The end of the report: whether the signature was made, and verifies.
pub(super) fn sign(report: &mut Report, signing: Signing) {
    match signing {
        Signing::NotAsked => report.skip("sign", "no signature is made without --sign"),
        Signing::Unreached => report.skip("sign", "not examined after what is said above"),
        Signing::Tried(tried) => {
            report.examine("sign", || tried.map(|found| Sound::new((), [found])));
        }
    }
}

type Listed = (Service, Result<Listing, Failure>);

/// Whether it is the API that answers; a refusal is an answer of it, too.
fn api(
    environment: &Environment,
    configuration: &Configuration,
    credentials: &Credentials,
    reached: &Reached,
) -> Examined<Listed> {
    let log = Arc::new(Log::new(configuration, Box::new(Silence)));
    let client = Client::new(configuration, true, log)?.within(LONGEST_REPETITION);
    let service = Service::of(configuration, environment, credentials.clone(), client)?;
    match service.client.signing_policies(&service.user) {
        Err(failure) if failure.kind() != FailureKind::Unauthorized => {
            let health = match reached {
                Reached::Service(answers) => vec![answers.told()],
                Reached::Unexamined => Vec::new(),
            };
            Err(Trouble::from(failure).with(health))
        }
        listed => Ok(Sound::new((service, listed), ["SignPath's API answers".to_owned()])),
    }
}

fn token((service, listed): Listed) -> Examined<Keys> {
    let listing = listed?;
    let found = format!(
        "SignPath knows the token's user in organization {}",
        service.user.credentials().organization
    );
    Ok(Sound::new(Keys { service, listing }, [found]))
}

fn role(keys: Keys) -> Examined<Keys> {
    let Listing { policies, remarks } = &keys.listing;
    let strange = remarks.first().map(|first| (first.code(), strange_entries(remarks.len(), first)));
    if !policies.is_empty() {
        let found = format!("Submitter of {}: {}", policies.len(), labels(policies));
        let sound = Sound::new(keys, [found]);
        return Ok(match strange {
            Some((code, problem)) => sound.but(problem, STRANGE_ENTRIES_REMEDY).coded(code),
            None => sound,
        });
    }
    if let Some((code, problem)) = strange {
        let problem = format!("no key can be used: {problem}");
        return Err(Trouble::new(Exit::Failed, problem, STRANGE_ENTRIES_REMEDY).coded(code));
    }
    let filter = keys.service.client.filter();
    let (problem, remedy) = match filter {
        None => (
            "the token's user is Submitter of no signing policy".to_owned(),
            "an administrator of the project adds the user to the signing policy's submitters in SignPath",
        ),
        Some(filter) => (
            format!("the token's user is Submitter of no signing policy that fits {filter}"),
            "correct the slugs, or have an administrator add the user to the signing policy's submitters",
        ),
    };
    Err(Trouble::new(Exit::Unauthorized, problem, remedy).coded(Code::NoKeys))
}

fn strange_entries(count: usize, first: &Notice) -> String {
    format!(
        "{count} of the signing policies that SignPath lists cannot be used as they are: {}",
        first.text()
    )
}

const STRANGE_ENTRIES_REMEDY: &str = "`signpath-tool keys` says of each what is wrong with it";

fn try_to_sign(keys: &Keys, key: &str) -> Result<String, Trouble> {
    let policy = chosen(&keys.listing.policies, key)?;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, TEST);
    let algorithm = match &policy.key {
        PublicKey::Rsa(_) => SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
        PublicKey::Ec(_) => SignatureAlgorithm::Ecdsa,
    };
    let to_sign = HashToSign { policy, algorithm, hash: hash.as_ref() };
    let signed = keys.service.client.sign_hash(&keys.service.user, &to_sign)?;
    if !verifies(&policy.key, algorithm, hash.as_ref(), &signed.signature) {
        return Err(not_verified(policy, &signed).into());
    }
    let request = signed.request.map(|request| format!(", signing request {request}")).unwrap_or_default();
    Ok(format!(
        "{} signed ({}), and the signature verifies{request}",
        policy.label(),
        policy.key.description()
    ))
}

fn chosen<'a>(policies: &'a [SigningPolicy], key: &str) -> Result<&'a SigningPolicy, Trouble> {
    let trouble = |problem: String| {
        Trouble::new(Exit::Configuration, problem, format!("name one by --sign: {}", labels(policies)))
    };
    match policies {
        [only] if key.is_empty() => Ok(only),
        policies if key.is_empty() => Err(trouble(format!("there are {} keys", policies.len()))),
        policies => {
            let name = KeyName::parse(key).map_err(trouble)?;
            let found = policies.iter().find(|policy| name.is_of(policy));
            found.ok_or_else(|| {
                trouble(format!("these credentials have no key {name}")).coded(Code::KeyNotFound)
            })
        }
    }
}

/// SignPath tells which artifact configuration is the project's default only by refusing to sign.
fn artifact_configuration(report: &mut Report, signing: Signing) -> Signing {
    const NAME: &str = "artifact-configuration";
    match signing {
        Signing::NotAsked => {
            let reason = "known only when something is signed: use --sign KEY; the project's default artifact \
                          configuration must be of the type Hash signing data";
            report.skip(NAME, reason);
            signing
        }
        Signing::Tried(Err(trouble)) if trouble.mentions("artifact configuration") => {
            let remedy =
                "make one of the type Hash signing data the project's default artifact configuration";
            report.examine::<()>(NAME, || Err(trouble.cured_by(remedy)));
            Signing::Unreached
        }
        Signing::Tried(Ok(_)) => {
            report
                .examine(NAME, || Ok(Sound::new((), ["the project's default one signs hashes".to_owned()])));
            signing
        }
        Signing::Tried(Err(_)) | Signing::Unreached => {
            report.skip(NAME, "unknown, since nothing was signed");
            signing
        }
    }
}
