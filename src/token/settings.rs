//! The configuration as the token needs it: every value read, or the first failure.

use std::sync::Arc;

use super::dummy_certificate;
use super::object::Appearance;
use crate::config::{CertificateVisibility, Configuration, LoginRequired, settings};
use crate::credentials::Credentials;
use crate::error::Failure;
use crate::host::Host;
use crate::log::Log;
use crate::signpath::{Client, SigningPolicy, User};

/// What the token is configured to be.
pub struct Settings {
    /// The service.
    pub client: Client,
    /// The configured credentials; `None` where they are not complete.
    pub configured: Result<Option<Credentials>, Failure>,
    login_required: LoginRequired,
    certificates: CertificateVisibility,
    dummy_certificates: bool,
    describe_process: bool,
    host: Arc<Host>,
}

impl Settings {
    /// Reads every setting that the token needs.
    ///
    /// # Errors
    ///
    /// One of them cannot be used. Credentials are an exception: a PIN may stand in for them.
    pub fn read(
        configuration: &Configuration,
        believes_environment: bool,
        host: Arc<Host>,
        log: Arc<Log>,
    ) -> Result<Self, Failure> {
        let or_auto = |required: Option<LoginRequired>| required.unwrap_or(LoginRequired::Auto);
        Ok(Self {
            client: Client::new(configuration, believes_environment, log)?,
            configured: configured(configuration),
            login_required: or_auto(configuration.get(&settings::LOGIN_REQUIRED)?),
            certificates: configuration.get(&settings::CERTIFICATES)?.unwrap_or(CertificateVisibility::Auto),
            dummy_certificates: configuration.get(&settings::INCLUDE_DUMMY_CERTIFICATE)?.unwrap_or(false),
            describe_process: configuration.get(&settings::SEND_PROCESS_METADATA)?.unwrap_or(true),
            host,
        })
    }

    /// Whether keys are visible after a login only.
    pub fn is_login_required(&self) -> bool {
        self.login_required == LoginRequired::Always || !matches!(self.configured, Ok(Some(_)))
    }

    /// How the objects are shown to this host.
    pub fn appearance(&self) -> Appearance {
        let certificates = match self.certificates {
            CertificateVisibility::Auto => !self.host.is_cosign(),
            CertificateVisibility::Show => true,
            CertificateVisibility::Hide => false,
        };
        Appearance { certificates, private: self.is_login_required() }
    }

    /// What SignPath listed, with certificates for keys without one where that is configured.
    pub fn completed(&self, mut policies: Vec<SigningPolicy>) -> Vec<SigningPolicy> {
        let without =
            policies.iter_mut().filter(|policy| self.dummy_certificates && policy.certificate.is_none());
        for policy in without {
            policy.certificate = dummy_certificate::for_policy(policy);
        }
        policies
    }

    /// A user with these credentials, in this host.
    pub fn user(&self, credentials: Credentials) -> User {
        let configured = self.configured.as_ref().ok().and_then(Option::as_ref);
        User::new(credentials, configured, Arc::clone(&self.host), self.describe_process)
    }
}

fn configured(configuration: &Configuration) -> Result<Option<Credentials>, Failure> {
    let organization = configuration.get(&settings::ORGANIZATION_ID)?;
    let token = configuration.get(&settings::API_TOKEN)?;
    Ok(organization.zip(token).map(|(organization, token)| Credentials { organization, token }))
}
