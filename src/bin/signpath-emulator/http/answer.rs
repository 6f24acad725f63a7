//! An answer that is not yet on its way: status, headers, body.

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde::Serialize;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: AnswerBody,
    /// Why a request was refused, for whoever watches the emulator; never sent to the client.
    pub(crate) refusal: Option<String>,
}

/// The bytes of an answer.
#[derive(Debug, Clone)]
pub(crate) enum AnswerBody {
    Bytes(Bytes),
    /// So many spaces, made while they are sent: a body that no memory should hold.
    Spaces(u64),
}

impl AnswerBody {
    /// Bytes of the body.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Spaces(length) => *length,
        }
    }
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: AnswerBody::Bytes(Bytes::new()), refusal: None }
    }

    /// Plain text, UTF-8.
    pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Self::empty(status).with_body("text/plain; charset=utf-8", text.into())
    }

    /// `value` as JSON, keys in the order of its type.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        Self::json_with_type(status, "application/json; charset=utf-8", value)
    }

    /// `value` as JSON under another content type.
    pub(crate) fn json_with_type(
        status: StatusCode,
        content_type: &'static str,
        value: &impl Serialize,
    ) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::empty(status).with_body(content_type, body),
            Err(reason) => Self::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("the emulator cannot write its answer: {reason}"),
            ),
        }
    }

    /// The same answer with a body.
    pub(crate) fn with_body(self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let answer = self.with_header(CONTENT_TYPE, content_type);
        Self { body: AnswerBody::Bytes(body.into()), ..answer }
    }

    /// The same answer, whose text ends its last line: for those who read it in a terminal.
    pub(crate) fn with_line_end(self) -> Self {
        let body = match self.body {
            AnswerBody::Bytes(text) if !text.is_empty() => {
                AnswerBody::Bytes([&text[..], b"\n"].concat().into())
            }
            other => other,
        };
        Self { body, ..self }
    }

    /// The same answer with a header; a value that HTTP cannot carry is left out.
    pub(crate) fn with_header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.insert(name, value);
        }
        self
    }
}
