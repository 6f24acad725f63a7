//! SignPath as the tool uses it: the module's own configuration and client, with the options of the command line.

use std::sync::Arc;

use clap::Args;
use signpath_pkcs11::config::{Configuration, Environment, Slug, settings};
use signpath_pkcs11::credentials::Credentials;
use signpath_pkcs11::error::Failure;
use signpath_pkcs11::host::Host;
use signpath_pkcs11::log::{self, Log};
use signpath_pkcs11::signpath::{Client, SigningPolicy, Submission, Submitted, User};

use crate::key_name::{KeyName, labels};
use crate::outcome::{Ending, Exit, Result};
use crate::signer::Signer;

/// What is submitted to whom.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Signing request")]
pub(crate) struct RequestArguments {
    /// Project slug [default: the setting ProjectSlug].
    #[arg(long, value_name = "SLUG", value_parser = slug)]
    project: Option<Slug>,
    /// Signing policy slug [default: the setting SigningPolicySlug].
    #[arg(long, value_name = "SLUG", value_parser = slug)]
    signing_policy: Option<Slug>,
    /// Artifact configuration slug [default: the project's default].
    #[arg(long, value_name = "SLUG", value_parser = slug)]
    artifact_configuration: Option<Slug>,
    /// A note for those who approve and audit.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A value of one of the artifact configuration's parameters; can be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

/// The service, and the user in whose name it is asked.
pub(crate) struct Service {
    pub(crate) client: Arc<Client>,
    pub(crate) user: User,
    project: Option<Slug>,
    policy: Option<Slug>,
}

impl Service {
    /// Reads the configuration; nothing is sent.
    pub(crate) fn configured() -> Result<Self> {
        let environment = Environment::of_process();
        let configuration = Configuration::load(&environment);
        let log = Arc::new(Log::new(&configuration, Box::new(StandardError)));
        log.report(&configuration);
        let credentials = credentials(&configuration)?;
        let client = Client::new(&configuration, true, log)?;
        Ok(Self::of(&configuration, &environment, credentials, client)?)
    }

    /// The service of a client and its configuration; nothing is sent.
    pub(crate) fn of(
        configuration: &Configuration,
        environment: &Environment,
        credentials: Credentials,
        client: Client,
    ) -> std::result::Result<Self, Failure> {
        let host = Arc::new(Host::of_process(environment.get("USER").or(environment.get("LOGNAME"))));
        let describe = configuration.get(&settings::SEND_PROCESS_METADATA)?.unwrap_or_default();
        Ok(Self {
            client: Arc::new(client),
            user: User::new(credentials, None, host, describe),
            project: configuration.get(&settings::PROJECT_SLUG)?,
            policy: configuration.get(&settings::SIGNING_POLICY_SLUG)?,
        })
    }

    /// The key with which a signing request signs, by its certificate; a GPG key has none, and is looked up in the list
    /// of keys.
    pub(crate) fn signer(&self, request: &Submitted, arguments: &RequestArguments) -> Result<Signer> {
        if let Some(certificate) = self.client.certificate(&self.user, &request.id)? {
            return Signer::of_certificate(&certificate).ok_or_else(|| {
                let message =
                    format!("the certificate of signing request {} cannot be read; use --key", request.id);
                Ending::new(Exit::NotVerified, message)
            });
        }
        let listed = self.client.signing_policies(&self.user)?.policies;
        let (project, policy) = self.policy(arguments)?;
        let policy = listed.into_iter().find(|listed| listed.project == *project && listed.policy == *policy);
        policy.map(|policy| Signer::of_key(policy.key)).ok_or_else(|| {
            let message =
                format!("signing request {} has no certificate to verify with; use --key", request.id);
            Ending::new(Exit::NotVerified, message)
        })
    }

    /// A key of those that these credentials may use: one request.
    pub(crate) fn key(&self, name: &KeyName) -> Result<SigningPolicy> {
        let listed = self.client.signing_policies(&self.user)?.policies;
        let keys = labels(&listed);
        listed.into_iter().find(|policy| name.is_of(policy)).ok_or_else(|| {
            let filter = self.client.filter().map(|filter| format!(" with {filter}")).unwrap_or_default();
            let message = format!(
                "these credentials have no key {name}{filter}, but {keys}; correct the name, or make the token's user \
                 Submitter of the signing policy"
            );
            Ending::new(Exit::Configuration, message)
        })
    }

    /// The project and signing policy that are meant.
    pub(crate) fn policy<'a>(&'a self, arguments: &'a RequestArguments) -> Result<(&'a Slug, &'a Slug)> {
        let project = arguments.project.as_ref().or(self.project.as_ref());
        let policy = arguments.signing_policy.as_ref().or(self.policy.as_ref());
        let project = project.ok_or_else(|| without("project", "SIGNPATH_PROJECT_SLUG"))?;
        Ok((project, policy.ok_or_else(|| without("signing policy", "SIGNPATH_SIGNING_POLICY_SLUG"))?))
    }

    /// A submission of an artifact as the command line wants it.
    pub(crate) fn submission(
        &self,
        arguments: &RequestArguments,
        file_name: &str,
        artifact: Vec<u8>,
    ) -> Result<Submission> {
        let (project, policy) = self.policy(arguments)?;
        Ok(Submission {
            project: project.clone(),
            policy: policy.clone(),
            artifact_configuration: arguments.artifact_configuration.clone(),
            description: arguments.description.clone(),
            parameters: arguments.parameters.clone(),
            file_name: file_name.to_owned(),
            artifact,
        })
    }
}

/// Lines of the library's log, such as "trying again".
struct StandardError;

impl log::Console for StandardError {
    fn write(&self, line: &[u8]) {
        use std::io::Write;
        // a reader that is gone is no reason to stop
        let _ = std::io::stderr().write_all(line);
    }
}

fn credentials(configuration: &Configuration) -> Result<Credentials> {
    let organization = configuration.get(&settings::ORGANIZATION_ID)?;
    let token = configuration.get(&settings::API_TOKEN)?;
    let both = organization.zip(token).map(|(organization, token)| Credentials { organization, token });
    both.ok_or_else(|| {
        let message = "no credentials are configured; set SIGNPATH_ORGANIZATION_ID and SIGNPATH_API_TOKEN, or name a \
                       file with them by SIGNPATH_CONFIG_FILE";
        Ending::new(Exit::Configuration, message)
    })
}

fn without(what: &str, variable: &str) -> Ending {
    Ending::new(
        Exit::Configuration,
        format!("no {what} is given; use --{}, or set {variable}", what.replace(' ', "-")),
    )
}

fn slug(text: &str) -> std::result::Result<Slug, String> {
    Slug::parse(text).ok_or_else(|| "a slug is a short name without a slash".to_owned())
}

fn parameter(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is expected")?;
    if name.is_empty() { Err("NAME is empty".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}
