//! What the service says when it refuses: problem details (RFC 9457) since SignPath 1.195.0, plain text before, a web
//! page where the address is not that of the API.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Code, Failure, conceal};

/// Long enough for every documented message, short enough for a line.
const LONGEST_SUMMARY: usize = 500;

/// An answer of the service, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(super) status: StatusCode,
    /// The `Location`, of a redirect or of what was made.
    pub(super) location: Option<String>,
    body: Vec<u8>,
    /// What a refusal says.
    words: Option<String>,
    /// An attempt before this one may have been executed, too.
    pub(super) repeated: bool,
}

impl Answer {
    /// Takes an answer. A service, or a proxy before it, may repeat `secret` when it refuses a request; nobody may read
    /// it there.
    pub(crate) fn new(status: StatusCode, location: Option<String>, body: Vec<u8>, secret: &str) -> Self {
        if status.is_success() {
            return Self { status, location, body, words: None, repeated: false };
        }
        let location = location.map(|location| conceal(&location, secret));
        Self { status, location, body: Vec::new(), words: summary(&body, secret), repeated: false }
    }

    /// Whether the server does not know the route: an older one. A slug that is not known is answered 400, a user without
    /// the right 403.
    pub(super) fn has_no_such_route(&self) -> bool {
        matches!(self.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
    }

    /// The body of a success.
    pub(super) fn into_success(self, asked: &str) -> Result<Vec<u8>, Failure> {
        if self.status.is_success() { Ok(self.body) } else { Err(self.failure(asked)) }
    }

    /// The same; code and remedy are those for what the service finds wrong in the request itself.
    pub(super) fn into_success_or(self, asked: &str, code: Code, remedy: &str) -> Result<Vec<u8>, Failure> {
        let is_refused = self.status == StatusCode::BAD_REQUEST;
        self.into_success(asked)
            .map_err(|failure| if is_refused { failure.known_as(code, remedy) } else { failure })
    }

    /// The failure that this answer is.
    pub(crate) fn failure(&self, asked: &str) -> Failure {
        let mut answered = format!("SignPath answered {}", self.status);
        if let Some(location) = self.location.as_ref().filter(|_| self.status.is_redirection()) {
            answered.push_str(&format!(", a redirect to {location}"));
        }
        if let Some(words) = &self.words {
            answered.push_str(&format!(": {words}"));
        }
        let (code, remedy) = code_and_remedy(self.status);
        Failure::new(code, asked, answered, remedy)
    }
}

/// What a status that is no success is about, and what to do.
fn code_and_remedy(status: StatusCode) -> (Code, &'static str) {
    const LATER: &str = "try again later, or raise ServiceUnavailableTimeoutInSeconds";
    match status.as_u16() {
        401 => (
            Code::TokenRefused,
            "check the API token (the PIN, or SIGNPATH_API_TOKEN): it may be mistyped, revoked or of another server",
        ),
        403 => (
            Code::UserRefused,
            "check the organization id, and that the token's user is Submitter of the signing policy",
        ),
        404 | 405 => (Code::AddressUnknown, "check ApiUrl; it usually ends in /Api"),
        429 => (Code::TooManyRequests, LATER),
        502..=504 => (Code::ServiceUnavailable, LATER),
        400..500 => (Code::RequestRefused, "correct what SignPath names"),
        500.. => (Code::ServiceFailed, "try again later, or tell SignPath's support the trace id"),
        _ => (
            Code::Redirected,
            "set ApiUrl to the address of the API itself; redirects are not followed, they would carry the token away",
        ),
    }
}

/// Problem details, with ASP.NET's `errors` and `traceId`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Problem {
    #[serde(default)]
    errors: BTreeMap<String, Vec<String>>,
    title: Option<String>,
    detail: Option<String>,
    trace_id: Option<String>,
}

/// The answer's own words, as one line without `secret`; `None` if it has none.
fn summary(body: &[u8], secret: &str) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let summary = match serde_json::from_str::<Problem>(text).map(|problem| problem.words()) {
        Ok(words) if !words.is_empty() => words,
        _ if text.starts_with('<') => "a web page, not an answer of the API".to_owned(),
        // .NET escapes the plus sign of a token: other JSON is read and written again, so that it can be recognised
        _ => serde_json::from_str::<Value>(text).map_or(text.to_owned(), |value| value.to_string()),
    };
    (!summary.is_empty()).then(|| shortened(conceal(&summary, secret)))
}

impl Problem {
    fn words(&self) -> String {
        let named = |field: &String, message: &String| match field.as_str() {
            "" => message.clone(),
            field => format!("{field}: {message}"),
        };
        let errors = self
            .errors
            .iter()
            .flat_map(|(field, messages)| messages.iter().map(move |message| named(field, message)));
        let mut parts: Vec<String> = errors.chain(self.detail.clone()).collect();
        if parts.is_empty() {
            parts.extend(self.title.clone());
        }
        parts.extend(self.trace_id.as_ref().map(|id| format!("(trace id {id})")));
        parts.join(" ")
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_SUMMARY {
        text.truncate(text.floor_char_boundary(LONGEST_SUMMARY));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer::new(StatusCode::from_u16(status).unwrap(), None, body.as_bytes().to_owned(), "no secret")
    }

    fn words(body: &str) -> Option<String> {
        summary(body.as_bytes(), "no secret")
    }

    #[test]
    fn a_secret_is_masked_however_it_is_written() {
        let refused = |location: &str, body: &str| {
            let location = Some(location.to_owned());
            let answer = Answer::new(StatusCode::FOUND, location, body.as_bytes().to_owned(), "s3cr3t+/=");
            answer.failure("asking").to_string()
        };
        for (location, body) in [
            ("/?t=s3cr3t+/=", r#"{"detail":"s3cr3t\u002B/="}"#),
            ("/?t=s3cr3t%2B%2F%3D", r#"["s3cr3t+\/\u003D"]"#),
            ("/", &format!("{}s3cr3t+/=", " .".repeat(245))),
            ("/", r#"{"detail":"a body that was cut off: s3cr3t\u002B/="#),
        ] {
            let message = refused(location, body);
            assert!(message.contains("***") && !message.contains("s3cr3t"), "{message}");
        }
    }

    #[test]
    fn a_validation_problem_is_told_in_its_own_words_with_its_trace_id() {
        let body = r#"{"errors":{"":["The hash algorithm does not match the given hash."],"SigningPolicySlug":["Unknown."]},
            "type":"about:blank","title":"One or more validation errors occurred.","status":400,"traceId":"00-ab-cd-00"}"#;

        assert_eq!(
            words(body).unwrap(),
            "The hash algorithm does not match the given hash. SigningPolicySlug: Unknown. (trace id 00-ab-cd-00)"
        );
    }

    #[test]
    fn plain_text_of_older_servers_is_told_as_it_is_and_a_web_page_is_not() {
        assert_eq!(words(" Unauthorized \n").as_deref(), Some("Unauthorized"));
        assert_eq!(words("<!DOCTYPE html><html>").as_deref(), Some("a web page, not an answer of the API"));
        assert_eq!(words(""), None);
    }

    #[test]
    fn json_that_is_no_problem_is_told_as_it_is() {
        let body = r#"{"statusCode":401,"message":"Access denied"}"#;

        assert_eq!(words(body).unwrap(), r#"{"message":"Access denied","statusCode":401}"#);
    }

    #[test]
    fn each_status_has_its_code() {
        for (status, code) in [
            (302, Code::Redirected),
            (400, Code::RequestRefused),
            (401, Code::TokenRefused),
            (403, Code::UserRefused),
            (404, Code::AddressUnknown),
            (429, Code::TooManyRequests),
            (500, Code::ServiceFailed),
            (501, Code::ServiceFailed),
            (503, Code::ServiceUnavailable),
            (599, Code::ServiceFailed),
        ] {
            assert_eq!(answer(status, "").failure("asking").code(), code, "{status}");
        }
    }

    #[test]
    fn a_failure_names_status_words_and_remedy() {
        assert_eq!(
            answer(403, r#"{"title":"Forbidden","detail":"The user is not a submitter."}"#)
                .failure("signing with p/s")
                .to_string(),
            "signing with p/s: SignPath answered 403 Forbidden: The user is not a submitter.; check the organization id, \
             and that the token's user is Submitter of the signing policy [SP3403]"
        );
    }

    #[test]
    fn a_body_of_any_depth_and_length_becomes_one_short_line() {
        let deep = "[".repeat(100_000);

        assert_eq!(words(&deep).unwrap().chars().count(), LONGEST_SUMMARY + 1);
    }
}
