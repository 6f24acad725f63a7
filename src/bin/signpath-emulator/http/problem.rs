//! What the service says when it refuses: problem details (RFC 9457) as ASP.NET Core writes them.
//!
//! Recorded bodies have the keys `errors, type, title, status, traceId` in this order and no `detail`. Since 1.195.0
//! every 4xx has such a body; servers before that answered 401 and 403 in plain text.

use hyper::StatusCode;
use hyper::header::{ALLOW, WWW_AUTHENTICATE};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::answer::Answer;
use crate::generation::Generation;
use crate::identifiers::random_trace_id;
use crate::shapes::{ErrorContentType, Shapes};

/// A refusal.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    /// Messages by field, each field with one message; a field called `""` is the request as a whole.
    errors: Vec<(String, String)>,
    detail: Option<String>,
    allow: Option<&'static str>,
    cause: Option<String>,
    trace_id: String,
}

impl Problem {
    /// 400 with a message for one field.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![(field.into(), message.into())])
    }

    /// 400 with a message for each of several fields.
    pub(crate) fn invalid_fields(errors: Vec<(String, String)>) -> Self {
        Self { errors, ..Self::of(StatusCode::BAD_REQUEST) }
    }

    /// 400 for something mandatory that is not there, in the words of ASP.NET Core's model validation.
    pub(crate) fn missing(field: &str) -> Self {
        Self::invalid(field, format!("The {field} field is required."))
    }

    /// Another status, with a sentence that says why.
    pub(crate) fn because(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::of(status) }
    }

    /// 405 for a route that has other methods.
    pub(crate) fn wrong_method(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::of(StatusCode::METHOD_NOT_ALLOWED) }
    }

    /// A status that says everything.
    pub(crate) fn of(status: StatusCode) -> Self {
        Self {
            status,
            errors: Vec::new(),
            detail: None,
            allow: None,
            cause: None,
            trace_id: random_trace_id(),
        }
    }

    /// Adds what the service does not say, for whoever watches the emulator.
    pub(crate) fn caused_by(self, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// The refusal in one sentence, for logs.
    pub(crate) fn summary(&self) -> String {
        let first_error = self.errors.first().map(|(_, message)| message.clone());
        let said = first_error.or_else(|| self.detail.clone()).unwrap_or_else(|| self.title().to_owned());
        match &self.cause {
            Some(cause) => format!("{said} ({cause})"),
            None => said,
        }
    }

    /// The answer that a server of this generation gives.
    pub(crate) fn into_answer(self, generation: Generation, shapes: &Shapes) -> Answer {
        let refusal = Some(self.summary());
        let mut answer = match (generation, self.status) {
            (Generation::Legacy, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                let text = self.detail.as_deref().unwrap_or_else(|| self.title());
                Answer::text(self.status, text)
            }
            (Generation::Legacy, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) => {
                Answer::empty(self.status)
            }
            _ => Answer::json_with_type(self.status, content_type(shapes.error_content_type), &self),
        };
        if self.status == StatusCode::UNAUTHORIZED {
            answer = answer.with_header(WWW_AUTHENTICATE, "Bearer");
        }
        if let Some(allow) = self.allow {
            answer = answer.with_header(ALLOW, allow);
        }
        Answer { refusal, ..answer }
    }

    /// The title that ASP.NET Core gives the status (`ValidationProblemDetails` has one of its own).
    fn title(&self) -> &'static str {
        if !self.errors.is_empty() {
            return "One or more validation errors occurred.";
        }
        self.status.canonical_reason().unwrap_or("An error occurred while processing your request.")
    }

    /// The section of the RFC that defines the status, as ASP.NET Core links it.
    fn type_link(&self) -> Option<&'static str> {
        Some(match self.status.as_u16() {
            400 => "https://tools.ietf.org/html/rfc9110#section-15.5.1",
            401 => "https://tools.ietf.org/html/rfc9110#section-15.5.2",
            403 => "https://tools.ietf.org/html/rfc9110#section-15.5.4",
            404 => "https://tools.ietf.org/html/rfc9110#section-15.5.5",
            405 => "https://tools.ietf.org/html/rfc9110#section-15.5.6",
            406 => "https://tools.ietf.org/html/rfc9110#section-15.5.7",
            408 => "https://tools.ietf.org/html/rfc9110#section-15.5.9",
            413 => "https://tools.ietf.org/html/rfc9110#section-15.5.14",
            415 => "https://tools.ietf.org/html/rfc9110#section-15.5.16",
            429 => "https://tools.ietf.org/html/rfc6585#section-4",
            500 => "https://tools.ietf.org/html/rfc9110#section-15.6.1",
            502 => "https://tools.ietf.org/html/rfc9110#section-15.6.3",
            503 => "https://tools.ietf.org/html/rfc9110#section-15.6.4",
            504 => "https://tools.ietf.org/html/rfc9110#section-15.6.5",
            _ => return None,
        })
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.errors.is_empty() {
            map.serialize_entry("errors", &Errors(&self.errors))?;
        }
        if let Some(type_link) = self.type_link() {
            map.serialize_entry("type", type_link)?;
        }
        map.serialize_entry("title", self.title())?;
        map.serialize_entry("status", &self.status.as_u16())?;
        if let Some(detail) = &self.detail {
            map.serialize_entry("detail", detail)?;
        }
        map.serialize_entry("traceId", &self.trace_id)?;
        map.end()
    }
}

/// `{"field": ["message"], …}`
struct Errors<'a>(&'a [(String, String)]);

impl Serialize for Errors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, message)| (field, [message])))
    }
}

const fn content_type(shape: ErrorContentType) -> &'static str {
    match shape {
        ErrorContentType::Json => "application/json; charset=utf-8",
        ErrorContentType::ProblemJson => "application/problem+json; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::answer::AnswerBody;

    fn body(answer: &Answer) -> String {
        let AnswerBody::Bytes(bytes) = &answer.body else { panic!("a problem is short") };
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn a_validation_problem_has_the_recorded_keys_in_the_recorded_order() {
        let answer = Problem::missing("ProjectSlug").into_answer(Generation::Current, &Shapes::default());
        let body = body(&answer);
        assert!(body.starts_with(
            r#"{"errors":{"ProjectSlug":["The ProjectSlug field is required."]},"#.to_owned().as_str()
        ));
        assert!(body.contains(
            r#""type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.","status":400,"traceId":"00-"#
        ), "{body}");
    }

    #[test]
    fn a_legacy_server_refuses_a_token_in_plain_text() {
        let problem = Problem::because(StatusCode::UNAUTHORIZED, "The API token is not valid.");
        let answer = problem.into_answer(Generation::Legacy, &Shapes::default());
        assert_eq!(body(&answer), "The API token is not valid.");
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }

    #[test]
    fn the_cause_stays_inside() {
        let problem = Problem::invalid("", "The file has an invalid format.").caused_by("unknown field `x`");
        let answer = problem.into_answer(Generation::Current, &Shapes::default());
        assert!(!body(&answer).contains("unknown field"));
        assert_eq!(answer.refusal.as_deref(), Some("The file has an invalid format. (unknown field `x`)"));
    }
}
