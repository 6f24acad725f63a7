//! Faults as tests write them: JSON with one field for each thing that can be wrong. All fields are optional.
//!
//! | field | what it does | default |
//! | --- | --- | --- |
//! | `route` | `any`, `health`, `mySigningPolicies`, `signHash`, `fastSigning`, `submitWithArtifact`, `signingRequest`, `status`, `signedArtifact`, `unsignedArtifact`, `cancel`, `signingRequestCertificate`, `policyCertificate` | `any`, paths that are no route included |
//! | `skip` | so many requests pass first | 0 |
//! | `times` | so many requests are spoiled | 1 |
//! | `delayMilliseconds` | the status line is late | 0 |
//! | `status`, `body` | another answer: `"text"`, `{"json": …}`, `{"nesting": depth}`, `{"spaces": bytes}` | the real one; 200 with a body alone, problem details with a status alone |
//! | `headers` | `{"Retry-After": "1"}`: added, or put in place of those of the answer | none |
//! | `execute` | whether a request that gets another answer or none is carried out | `true` for the real answer, `false` for another |
//! | `signature` | `flipBits`, `shorten`, `lengthen` | as it is |
//! | `artifact` | another signed artifact: `wrongFile`, `changedFile`, `otherKey`, `otherBytes`, `noSignature`, `truncated`, `parentPath`, `bomb` | the right one |
//! | `drip` | `{"bytes": 1, "everyMilliseconds": 100}` | at once |
//! | `ending` | `complete`; `close` the idle connection afterwards; `hangUp` or `reset` instead of an answer; `{"cutAfterBytes": n}`, `{"resetAfterBytes": n}`, `{"stall": {"afterBytes": n, "milliseconds": m}}` within the body | `complete` |
//!
//! The request is carried out before the delay: a client that gives up waiting has been served nevertheless.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Delivery, Drip, Ending, Execution, Fault, FaultPlan, Reply, Tampering};
use crate::api::route::{Resource, RouteName};
use crate::artifacts::tampering::ArtifactTampering;
use crate::generation::Generation;
use crate::http::answer::{Answer, AnswerBody};
use crate::http::problem::Problem;
use crate::shapes::Shapes;

/// Reads one fault. The error says which field is wrong and what was expected.
pub(crate) fn read(json: &RawValue) -> Result<Fault, String> {
    let description: Description = serde_json::from_str(json.get()).map_err(|reason| reason.to_string())?;
    let plan = FaultPlan {
        delay: Duration::from_millis(description.delay_milliseconds),
        reply: description.reply()?,
        headers: description.headers()?,
        tampering: description.signature.unwrap_or_default(),
        artifact_tampering: description.artifact.unwrap_or_default(),
        delivery: description.delivery()?,
    };
    Ok(Fault {
        route: description.route.named(),
        skip: description.skip,
        times: description.times.max(1),
        plan: plan.into(),
        description: json.to_owned(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Description {
    #[serde(default)]
    route: FaultedRoute,
    #[serde(default)]
    skip: u32,
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    delay_milliseconds: u64,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// A text, or a [`MadeBody`]. Read in two steps, because an untagged enum cannot hold raw JSON.
    body: Option<Box<RawValue>>,
    execute: Option<bool>,
    signature: Option<Tampering>,
    artifact: Option<ArtifactTampering>,
    drip: Option<DripDescription>,
    #[serde(default)]
    ending: EndingDescription,
}

const fn once() -> u32 {
    1
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
enum FaultedRoute {
    #[default]
    Any,
    Health,
    MySigningPolicies,
    SignHash,
    FastSigning,
    SubmitWithArtifact,
    SigningRequest,
    Status,
    SignedArtifact,
    UnsignedArtifact,
    Cancel,
    SigningRequestCertificate,
    PolicyCertificate,
}

impl FaultedRoute {
    const fn named(self) -> Option<RouteName> {
        Some(RouteName::Resource(match self {
            Self::Any => return None,
            Self::Health => return Some(RouteName::Health),
            Self::MySigningPolicies => Resource::MySigningPolicies,
            Self::SignHash => Resource::SignHash,
            Self::FastSigning => Resource::FastSigning,
            Self::SubmitWithArtifact => Resource::SubmitWithArtifact,
            Self::SigningRequest => Resource::SigningRequest,
            Self::Status => Resource::Status,
            Self::SignedArtifact => Resource::SignedArtifact,
            Self::UnsignedArtifact => Resource::UnsignedArtifact,
            Self::Cancel => Resource::Cancel,
            Self::SigningRequestCertificate => Resource::SigningRequestCertificate,
            Self::PolicyCertificate => Resource::PolicyCertificate,
        }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum MadeBody {
    /// Plain text.
    #[serde(skip)]
    Text(String),
    Json(Box<RawValue>),
    /// So many arrays, one in the other.
    Nesting(usize),
    /// So many spaces.
    Spaces(u64),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DripDescription {
    bytes: u64,
    every_milliseconds: u64,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
enum EndingDescription {
    #[default]
    Complete,
    Close,
    HangUp,
    Reset,
    CutAfterBytes(u64),
    ResetAfterBytes(u64),
    #[serde(rename_all = "camelCase")]
    Stall {
        after_bytes: u64,
        milliseconds: u64,
    },
}

impl From<EndingDescription> for Ending {
    fn from(ending: EndingDescription) -> Self {
        match ending {
            EndingDescription::Complete => Self::Complete,
            EndingDescription::Close => Self::CloseAfterwards,
            EndingDescription::HangUp => Self::HangUp,
            EndingDescription::Reset => Self::Reset,
            EndingDescription::CutAfterBytes(bytes) => Self::CutAfter(bytes),
            EndingDescription::ResetAfterBytes(bytes) => Self::ResetAfter(bytes),
            EndingDescription::Stall { after_bytes, milliseconds } => {
                Self::StallAfter(after_bytes, Duration::from_millis(milliseconds))
            }
        }
    }
}

impl Description {
    /// Status or body make another answer; a request that gets one is not carried out unless `execute` says so.
    fn reply(&self) -> Result<Reply, String> {
        if self.status.is_none() && self.body.is_none() {
            return match self.execute {
                Some(false) if self.loses_everything() => Ok(Reply::Instead {
                    answer: Answer::empty(StatusCode::OK),
                    execution: Execution::Skipped,
                }),
                Some(false) => {
                    Err("`execute` is false, and there is no `status` or `body` to answer; add one"
                        .to_owned())
                }
                Some(true) | None => Ok(Reply::Real),
            };
        }
        let execution = match self.execute {
            Some(true) => Execution::CarriedOut,
            Some(false) | None => Execution::Skipped,
        };
        Ok(Reply::Instead { answer: self.answer()?, execution })
    }

    fn loses_everything(&self) -> bool {
        matches!(self.ending, EndingDescription::HangUp | EndingDescription::Reset)
    }

    fn answer(&self) -> Result<Answer, String> {
        let status = self.status.unwrap_or(200);
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|status| !status.is_informational())
            .ok_or_else(|| format!("`status` is {status}; expected 200 to 999"))?;
        Ok(match &self.body {
            Some(body) => MadeBody::read(body)?.answer(status),
            // Bodies of 5xx are UNKNOWN; problem details are what the service gives for every 4xx.
            None => Problem::of(status).into_answer(Generation::Current, &Shapes::default()),
        })
    }

    fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        self.headers.iter().map(|(name, value)| header(name, value)).collect()
    }

    fn delivery(&self) -> Result<Delivery, String> {
        let drip = match self.drip {
            Some(DripDescription { bytes: 0, .. }) => {
                return Err("`drip.bytes` is 0; expected at least 1".to_owned());
            }
            other => other.map(|drip| Drip {
                bytes: drip.bytes,
                pause: Duration::from_millis(drip.every_milliseconds),
            }),
        };
        Ok(Delivery { drip, ending: self.ending.into() })
    }
}

impl MadeBody {
    fn read(json: &RawValue) -> Result<Self, String> {
        let read = if json.get().starts_with('"') {
            serde_json::from_str(json.get()).map(Self::Text)
        } else {
            serde_json::from_str(json.get())
        };
        read.map_err(|reason| format!("`body`: {reason}"))
    }

    fn answer(self, status: StatusCode) -> Answer {
        const JSON: &str = "application/json; charset=utf-8";
        let empty = Answer::empty(status);
        match self {
            Self::Text(text) => Answer::text(status, text),
            Self::Json(json) => empty.with_body(JSON, json.get().to_owned()),
            Self::Nesting(depth) => empty.with_body(JSON, "[".repeat(depth) + &"]".repeat(depth)),
            Self::Spaces(length) => {
                Answer { body: AnswerBody::Spaces(length), ..empty.with_body(JSON, Vec::new()) }
            }
        }
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed_name: HeaderName = name.parse().map_err(|_| format!("'{name}' is no name of a header"))?;
    if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(&parsed_name) {
        return Err(format!("`headers` cannot have {name}; `ending` cuts or stalls a body"));
    }
    let value = value.parse().map_err(|_| format!("header {name} cannot have the value '{value}'"))?;
    Ok((parsed_name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Fault, String> {
        read(&RawValue::from_string(text.to_owned()).unwrap())
    }

    fn plan(text: &str) -> FaultPlan {
        std::sync::Arc::into_inner(read_text(text).unwrap().plan).unwrap()
    }

    #[test]
    fn a_status_is_answered_instead_and_the_request_not_carried_out() {
        let Reply::Instead { answer, execution } = plan(r#"{"status":503}"#).reply else {
            panic!("no answer")
        };
        assert_eq!((answer.status, execution), (StatusCode::SERVICE_UNAVAILABLE, Execution::Skipped));
    }

    #[test]
    fn a_request_can_be_carried_out_and_answered_otherwise() {
        let Reply::Instead { execution, .. } = plan(r#"{"status":504,"execute":true}"#).reply else {
            panic!("no answer")
        };
        assert_eq!(execution, Execution::CarriedOut);
    }

    #[test]
    fn endings_are_words_or_have_numbers() {
        assert_eq!(plan(r#"{"ending":"hangUp"}"#).delivery.ending, Ending::HangUp);
        assert_eq!(plan(r#"{"ending":{"cutAfterBytes":7}}"#).delivery.ending, Ending::CutAfter(7));
        let stall = plan(r#"{"ending":{"stall":{"afterBytes":7,"milliseconds":9}}}"#);
        assert_eq!(stall.delivery.ending, Ending::StallAfter(7, Duration::from_millis(9)));
    }

    #[test]
    fn what_cannot_be_carried_out_is_refused() {
        for (text, expected) in [
            (r#"{"status":99}"#, "`status` is 99; expected 200 to 999"),
            (
                r#"{"execute":false}"#,
                "`execute` is false, and there is no `status` or `body` to answer; add one",
            ),
            (
                r#"{"headers":{"Content-Length":"1"}}"#,
                "`headers` cannot have Content-Length; `ending` cuts or stalls a body",
            ),
            (r#"{"drip":{"bytes":0,"everyMilliseconds":1}}"#, "`drip.bytes` is 0; expected at least 1"),
        ] {
            assert_eq!(read_text(text).err().as_deref(), Some(expected), "{text}");
        }
        assert!(read_text(r#"{"stauts":503}"#).err().unwrap().starts_with("unknown field `stauts`"));
    }
}
