//! The configuration: found or not, which value came from where, and whether there are credentials.

use std::path::Path;

use signpath_pkcs11::config::{Configuration, Environment, Value, settings};
use signpath_pkcs11::credentials::{Credentials, means_configured};
use signpath_pkcs11::error::{Code, Notice};
use signpath_pkcs11::signpath::Route;
use zeroize::Zeroizing;

use super::report::{Examined, Report, Sound, Trouble};
use crate::files;
use crate::outcome::Exit;

/// What is configured, as far as it could be read.
pub(super) struct Setup {
    pub(super) environment: Environment,
    pub(super) configuration: Option<Configuration>,
    pub(super) credentials: Option<Credentials>,
}

impl Setup {
    /// What nobody may see, whoever wrote it into a message.
    pub(super) fn secrets(&self) -> Vec<String> {
        let configuration = self.configuration.as_ref();
        let token = configuration.and_then(|one| one.get(&settings::API_TOKEN).ok().flatten());
        let tokens = token.as_ref().into_iter().chain(self.credentials.as_ref().map(|pair| &pair.token));
        let proxies = [&settings::HTTP_PROXY, &settings::HTTPS_PROXY];
        let proxies = proxies.into_iter().filter_map(|proxy| configuration?.get(proxy).ok().flatten());
        let passwords = proxies.filter_map(|proxy| proxy.reveal().password().map(str::to_owned));
        let pin = std::env::var("COSIGN_PKCS11_PIN").ok();
        tokens.map(|token| token.reveal().to_owned()).chain(passwords).chain(pin).collect()
    }
}

/// Reads file and environment; the credentials are those of the PIN, if one is given.
pub(super) fn examine(report: &mut Report, pin_file: Option<&Path>) -> Setup {
    let environment = Environment::of_process();
    let configuration = report.examine("configuration", || found(&environment));
    let configuration = report.examine_after("settings", configuration, usable);
    let credentials = match pin_file {
        Some(path) => report.examine("credentials", || of_pin(path)),
        None => match pin_of_cosign() {
            Some(pin) => report.examine("credentials", || of_cosign(&pin)),
            None => report.examine_after("credentials", configuration.as_ref(), configured),
        },
    };
    Setup { environment, configuration, credentials }
}

fn found(environment: &Environment) -> Examined<Configuration> {
    let configuration = Configuration::load(environment);
    if let Some(failure) = configuration.unusable_file() {
        return Err(failure.clone().into());
    }
    let source = match environment.get("SIGNPATH_CONFIG_FILE") {
        Some(path) => format!("environment variables, and configuration file {path}"),
        None => "environment variables only (SIGNPATH_CONFIG_FILE is not set)".to_owned(),
    };
    // who can read the file is another examination's business
    let of_names = |warning: &&Notice| warning.code() != Code::TokenReadableByOthers;
    let warnings: Vec<&Notice> = configuration.warnings().iter().filter(of_names).collect();
    let texts = warnings.iter().map(|warning| warning.text()).collect::<Vec<_>>().join("; ");
    let code = warnings.first().map(|warning| warning.code());
    let is_read = |warning: &&Notice| matches!(warning.code(), Code::NameOutdated | Code::SettingOutdated);
    let remedy = if warnings.iter().all(is_read) {
        "use the names of today; those of earlier versions are still read"
    } else {
        "correct the names that are unknown, which nothing reads"
    };
    let sound = Sound::new(configuration, [source]);
    Ok(match code {
        Some(code) => sound.but(texts, remedy).coded(code),
        None => sound,
    })
}

fn usable(configuration: Configuration) -> Examined<Configuration> {
    let values = configuration.values();
    let mut found: Vec<String> = values.iter().map(told).collect();
    if configuration.source(&settings::API_URL).is_none() {
        let default = configuration.get_or_default(&settings::API_URL);
        found.extend(default.map(|url| format!("ApiUrl = {url} (default)")));
    }
    // no proxy stops anything that is not used
    let is_reachable = Route::configured(&configuration, true).is_ok();
    let problems = values.into_iter().filter_map(|value| Some((value.key, value.problem?)));
    let (of_log, others): (Vec<_>, Vec<_>) = problems
        .filter(|(key, _)| !(is_reachable && PROXIES.contains(key)))
        .partition(|(key, _)| key.starts_with("Log."));
    match (others.into_iter().next(), of_log.into_iter().next()) {
        (Some((_, problem)), _) => Err(Trouble::from(problem).with(found)),
        // a log stops nothing either, but misses what it was to hold
        (None, Some((_, problem))) => {
            let sound = Sound::new(configuration, found);
            Ok(sound.but(problem.problem(), problem.remedy()).coded(problem.code()))
        }
        (None, None) => Ok(Sound::new(configuration, found)),
    }
}

const PROXIES: [&str; 2] = ["HttpProxy", "HttpsProxy"];

fn told(value: &Value) -> String {
    format!("{} = {} ({})", value.key, value.shown, value.source)
}

fn configured(configuration: &Configuration) -> Examined<Credentials> {
    let organization = configuration.get(&settings::ORGANIZATION_ID)?;
    let token = configuration.get(&settings::API_TOKEN)?;
    let (missing, remedy) = match (organization, token) {
        (Some(organization), Some(token)) => {
            let found = format!("organization {organization}, with a token");
            return Ok(Sound::new(Credentials { organization, token }, [found]));
        }
        (None, Some(_)) => ("OrganizationId is missing, ApiToken is there", "set SIGNPATH_ORGANIZATION_ID"),
        (Some(_), None) => ("ApiToken is missing, OrganizationId is there", "set SIGNPATH_API_TOKEN"),
        (None, None) => (
            "OrganizationId and ApiToken are missing",
            "set SIGNPATH_ORGANIZATION_ID and SIGNPATH_API_TOKEN; where a PIN is used, name a file with it by --pin-file",
        ),
    };
    Err(Trouble::new(Exit::Configuration, missing, remedy).coded(Code::CredentialsMissing))
}

/// The variable by which cosign gets a PIN.
const PIN_OF_COSIGN: &str = "COSIGN_PKCS11_PIN";

/// The PIN that cosign hands to the module, unless it stands for what is configured.
fn pin_of_cosign() -> Option<Zeroizing<String>> {
    let pin = std::env::var(PIN_OF_COSIGN).ok().map(Zeroizing::new)?;
    (!means_configured(pin.as_bytes())).then_some(pin)
}

fn of_cosign(pin: &str) -> Examined<Credentials> {
    let problem = format!("{PIN_OF_COSIGN} is neither CONFIG nor <organization id>:<API token>");
    let remedy = format!("correct it, or unset {PIN_OF_COSIGN} to use the configured credentials");
    understood(pin, problem, &remedy, &format!("{PIN_OF_COSIGN}, which beats what is configured"))
}

fn of_pin(path: &Path) -> Examined<Credentials> {
    let text = files::read_text(path)
        .map_err(|ending| Trouble::new(ending.exit(), ending.to_string(), "correct --pin-file"))?;
    let problem = format!("the PIN in {} is not <organization id>:<API token>", path.display());
    let remedy = "write both into the file, with a colon between them";
    understood(text.trim(), problem, remedy, &format!("the PIN in {}", path.display()))
}

fn understood(pin: &str, problem: String, remedy: &str, by: &str) -> Examined<Credentials> {
    let credentials = Credentials::parse(pin)
        .ok_or_else(|| Trouble::new(Exit::Configuration, problem, remedy).coded(Code::PinNotUnderstood))?;
    let found = format!("organization {}, with a token, by {by}", credentials.organization);
    Ok(Sound::new(credentials, [found]))
}
