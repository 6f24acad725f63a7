//! What can go wrong outside the host program: configuration, network, service.
//!
//! A [`Failure`] is written for a person: what was asked, what came back, what to do. Which `CK_RV` it becomes is
//! decided in `token`, which knows PKCS#11; mistakes of the host program (a bad handle, a missing attribute) never
//! become a `Failure`. Whatever a person can meet, failure or warning, has a [`Code`]: none can be made without.

mod code;
mod notice;
mod one_line;

use std::error::Error;
use std::fmt;

pub use code::Code;
pub use notice::Notice;
pub use one_line::one_line;

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
    code: Code,
    asked: String,
    answered: String,
    remedy: String,
}

impl Failure {
    /// Builds a failure from its code, what was asked ("listing the signing policies"), what was answered ("SignPath
    /// answered 401: …") and the remedy ("check SIGNPATH_API_TOKEN").
    pub fn new(
        code: Code,
        asked: impl Into<String>,
        answered: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { code, asked: asked.into(), answered: answered.into(), remedy: remedy.into() }
    }

    /// What only an error of ours can lead to.
    pub(crate) fn impossible(asked: impl Into<String>, answered: impl Into<String>) -> Self {
        Self::new(Code::Impossible, asked, answered, "report this to the makers of signpath-pkcs11")
    }

    /// What it is about.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What decides the `CK_RV`.
    pub fn kind(&self) -> FailureKind {
        self.code.kind()
    }

    /// What is told of it.
    pub fn notice(&self) -> Notice {
        Notice::new(self.code, format!("{}; {}", self.problem(), self.remedy))
    }

    /// What was asked and what was answered, without the remedy.
    pub fn problem(&self) -> String {
        format!("{}: {}", self.asked, self.answered)
    }

    /// What a person can do.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The same failure, of which is known why it came, and so what to do.
    pub(crate) fn known_as(self, code: Code, remedy: &str) -> Self {
        Self { code, remedy: remedy.to_owned(), ..self }
    }

    /// The same failure with more about the answer.
    pub(crate) fn adding(mut self, more: &str) -> Self {
        self.answered.push_str(more);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.notice().fmt(formatter)
    }
}

impl Error for Failure {}

/// An error's innermost cause, which is the one that a person can use: the outer ones only say that something failed.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

/// An error and its causes. An `io::Error` hides the error that it wraps from `source`.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

/// What stands in place of a secret, in messages and in the metadata of a signing request.
pub(crate) const MASK: &str = "***";

/// Whether secrets are neither masked nor cleared: in a build that only tests have, whose secrets their search must find.
pub(crate) const KEEP_SECRETS: bool = cfg!(signpath_keep_secrets);

/// Replaces every occurrence of `secret` in `text`, also where JSON, a URL or HTML escapes what is no letter or digit in
/// it. Very short secrets are left: masking each `a` hides nothing and destroys the message.
pub(crate) fn conceal(text: &str, secret: &str) -> String {
    if secret.len() < 6 || KEEP_SECRETS {
        return text.to_owned();
    }
    let mut concealed = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        match behind(rest, secret) {
            Some(after) => {
                concealed.push_str(MASK);
                rest = after;
            }
            None => {
                concealed.push(character);
                rest = rest.strip_prefix(character).unwrap_or_default();
            }
        }
    }
    concealed
}

/// What follows `secret` in a text that begins with it.
fn behind<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    secret.chars().try_fold(text, |rest, character| {
        rest.strip_prefix(character).or_else(|| behind_escaped(rest, character))
    })
}

fn behind_escaped(text: &str, character: char) -> Option<&str> {
    if character.is_ascii_alphanumeric() || !text.starts_with(['\\', '%', '&']) {
        return None;
    }
    let code = u32::from(character);
    let escapes = [
        format!("\\u{code:04x}"),
        format!("\\{character}"),
        format!("%{code:02x}"),
        format!("&#x{code:x};"),
        format!("&#{code};"),
    ];
    let matching = |escape: &String| {
        let (start, rest) = text.split_at_checked(escape.len())?;
        start.eq_ignore_ascii_case(escape).then_some(rest)
    };
    escapes.iter().find_map(matching)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_as_one_line_with_its_remedy_and_its_code_last() {
        let failure = Failure::new(
            Code::TokenRefused,
            "listing the signing policies",
            "SignPath answered 401: the token is not known",
            "check SIGNPATH_API_TOKEN",
        );

        assert_eq!(
            failure.to_string(),
            "listing the signing policies: SignPath answered 401: the token is not known; check SIGNPATH_API_TOKEN [SP3401]"
        );
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands_and_a_short_one_is_left() {
        assert_eq!(conceal("a s3cr3t-token b, s3cr3t-token", "s3cr3t-token"), "a *** b, ***");
        assert_eq!(conceal("a b", "a"), "a b");
    }

    #[test]
    fn a_secret_is_masked_in_whatever_way_its_signs_are_escaped() {
        for text in [
            r"s3cr3t\u002B\/\u003d",
            "s3cr3t%2B%2f%3D",
            "s3cr3t&#x2B;&#47;&#x3d;",
            r"s3cr3t+\/%3D",
            "s3cr3t+/=",
        ] {
            assert_eq!(conceal(&format!("\u{e4}{text}%"), "s3cr3t+/="), "\u{e4}***%", "{text}");
        }
    }
}
