//! What can go wrong outside the host program: configuration, network, service.
//!
//! A [`Failure`] is written for a person: what was asked, what came back, what to do. Which `CK_RV` it becomes is
//! decided in `token`, which knows PKCS#11; mistakes of the host program (a bad handle, a missing attribute) never
//! become a `Failure`.

use std::fmt;

/// Why a request or a setting could not be used.
///
/// The kinds are those that the documentation of SignPath's own Cryptoki library tells apart, and a refused token,
/// which C_Login answers in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// A setting is missing, does not parse, or cannot be used here.
    Configuration,
    /// The service could not be reached or was not available until the time limit: timeouts, connection failures,
    /// 429, 502, 503, 504.
    Unavailable,
    /// The service failed: any other 5xx.
    ServerError,
    /// The service refused the token or the user: 401, 403.
    Unauthorized,
    /// The service refused the request: any other 4xx.
    Rejected,
    /// The module was finalised while the request was under way.
    Stopped,
    /// Anything else: an answer that cannot be understood, a server whose certificate is not trusted.
    Other,
}

/// A failure that a person can act on, in three parts that read as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What decides the `CK_RV`.
    pub kind: FailureKind,
    asked: String,
    answered: String,
    remedy: String,
}

impl Failure {
    /// Builds a failure from what was asked ("listing the signing policies"), what was answered ("SignPath answered
    /// 401: …") and the remedy ("check SIGNPATH_API_TOKEN").
    pub fn new(
        kind: FailureKind,
        asked: impl Into<String>,
        answered: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { kind, asked: asked.into(), answered: answered.into(), remedy: remedy.into() }
    }

    /// A setting that is missing or unusable; `asked` names it and its source.
    pub fn configuration(
        asked: impl Into<String>,
        answered: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(FailureKind::Configuration, asked, answered, remedy)
    }

    /// What was asked and what was answered, without the remedy.
    pub fn problem(&self) -> String {
        format!("{}: {}", self.asked, self.answered)
    }

    /// What a person can do.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The same failure with another remedy.
    pub(crate) fn with_remedy(mut self, remedy: &str) -> Self {
        remedy.clone_into(&mut self.remedy);
        self
    }

    /// The same failure with more about the answer.
    pub(crate) fn adding(mut self, more: &str) -> Self {
        self.answered.push_str(more);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.asked, self.answered, self.remedy)
    }
}

impl std::error::Error for Failure {}

/// What stands in place of a secret, in messages and in the metadata of a signing request.
pub(crate) const MASK: &str = "***";

/// Replaces every occurrence of `secret` in `text`. Very short secrets are left: masking each `a` hides nothing and
/// destroys the message.
pub(crate) fn conceal(text: &str, secret: &str) -> String {
    if secret.len() < 6 { text.to_owned() } else { text.replace(secret, MASK) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_as_one_line_with_its_remedy_last() {
        let failure = Failure::new(
            FailureKind::Unauthorized,
            "listing the signing policies",
            "SignPath answered 401: the token is not known",
            "check SIGNPATH_API_TOKEN",
        );

        assert_eq!(
            failure.to_string(),
            "listing the signing policies: SignPath answered 401: the token is not known; check SIGNPATH_API_TOKEN"
        );
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands_and_a_short_one_is_left() {
        assert_eq!(conceal("a s3cr3t-token b, s3cr3t-token", "s3cr3t-token"), "a *** b, ***");
        assert_eq!(conceal("a b", "a"), "a b");
    }
}
