//! The audit log: every signing request that was understood, whether or not it was carried out.
//!
//! Requests that could not be read (wrong field, wrong content type) are no signing requests; the request log has them.

pub(crate) mod files;

use std::collections::VecDeque;
use std::fmt;
use std::io::Write as _;

use parking_lot::Mutex;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::identifiers::{Timestamp, Uuid};
use crate::organization::signing_policy::PolicyPath;
use crate::signing::algorithm::SignatureScheme;
use crate::signing_requests::status::{Status, WorkflowStatus};
use files::FileSubject;

/// Whether signing requests are printed as they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporting {
    StandardError,
    Quiet,
}

/// The log.
pub(crate) struct AuditLog {
    reporting: Reporting,
    /// So many entries are kept; the oldest go first.
    limit: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    last_number: u64,
    kept: VecDeque<AuditEntry>,
}

/// What is known about a signing request before it is decided.
pub(crate) struct Submission {
    pub(crate) user: String,
    pub(crate) path: PolicyPath,
    pub(crate) description: Option<String>,
    pub(crate) subject: Subject,
}

/// What was to be signed.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Subject {
    Hash(HashSubject),
    Files(Box<FileSubject>),
}

/// A hash, with what the client told about itself.
#[derive(Clone, Serialize)]
pub(crate) struct HashSubject {
    #[serde(rename = "algorithm", serialize_with = "as_text")]
    pub(crate) scheme: SignatureScheme,
    #[serde(serialize_with = "as_hex")]
    pub(crate) hash: Vec<u8>,
    pub(crate) metadata: Option<Box<RawValue>>,
}

/// How it was decided.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// Signed; the client can only have missed the answer.
    Completed { signing_request_id: Uuid },
    /// Not signed, with the reason that the client was told.
    Refused { reason: String },
    /// The key failed.
    Failed { reason: String },
    /// A signing request for files has come to its end.
    Ended { signing_request_id: Uuid, workflow_status: WorkflowStatus, reason: Option<String> },
}

/// One signing request.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEntry {
    time: Timestamp,
    number: u64,
    signing_request_id: Option<Uuid>,
    user: String,
    project: String,
    signing_policy: String,
    description: Option<String>,
    #[serde(flatten)]
    subject: Subject,
    outcome: AuditedOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow_status: Option<WorkflowStatus>,
    reason: Option<String>,
}

/// Statuses, and that of requests that never became a signing request.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum AuditedOutcome {
    Status(Status),
    Refused(RefusedOutcome),
}

#[derive(Debug, Clone, Copy, Serialize)]
enum RefusedOutcome {
    Refused,
}

impl AuditLog {
    /// A log that keeps so many entries; one that keeps none also prints none.
    pub(crate) fn new(reporting: Reporting, limit: usize) -> Self {
        Self { reporting, limit, entries: Mutex::default() }
    }

    /// Adds an entry, and prints it unless the emulator is quiet.
    pub(crate) fn record(&self, submission: Submission, outcome: Outcome) {
        if self.limit == 0 {
            return;
        }
        let line = {
            let mut entries = self.entries.lock();
            entries.last_number += 1;
            let entry = AuditEntry::new(entries.last_number, submission, outcome);
            let line = entry.to_string();
            if entries.kept.len() == self.limit {
                entries.kept.pop_front();
            }
            entries.kept.push_back(entry);
            line
        };
        if self.reporting == Reporting::StandardError {
            // Nobody reading is no reason to stop signing.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }

    /// All entries that are kept, oldest first.
    pub(crate) fn entries(&self) -> Vec<AuditEntry> {
        self.entries.lock().kept.iter().cloned().collect()
    }

    /// Forgets all entries; numbers begin again at 1.
    pub(crate) fn clear(&self) {
        *self.entries.lock() = Entries::default();
    }
}

impl AuditEntry {
    fn new(number: u64, submission: Submission, outcome: Outcome) -> Self {
        let mut entry = Self {
            time: Timestamp::now(),
            number,
            signing_request_id: None,
            user: submission.user,
            project: submission.path.project_slug,
            signing_policy: submission.path.signing_policy_slug,
            description: submission.description,
            subject: submission.subject,
            outcome: AuditedOutcome::Refused(RefusedOutcome::Refused),
            workflow_status: None,
            reason: None,
        };
        entry.decide(outcome);
        entry
    }

    fn decide(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Completed { signing_request_id } => {
                self.outcome = AuditedOutcome::Status(Status::Completed);
                self.signing_request_id = Some(signing_request_id);
            }
            Outcome::Refused { reason } => self.reason = Some(reason),
            Outcome::Failed { reason } => {
                self.outcome = AuditedOutcome::Status(Status::Failed);
                self.reason = Some(reason);
            }
            Outcome::Ended { signing_request_id, workflow_status, reason } => {
                self.outcome = AuditedOutcome::Status(workflow_status.status());
                self.signing_request_id = Some(signing_request_id);
                self.workflow_status = Some(workflow_status);
                self.reason = reason;
            }
        }
    }
}

impl fmt::Display for AuditedOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "{status:?}"),
            Self::Refused(_) => formatter.write_str("Refused"),
        }
    }
}

/// What is signed, in the middle of the line.
impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(subject) => write!(formatter, "{} hash {}", subject.scheme, hex(&subject.hash)),
            Self::Files(subject) => write!(formatter, "{}", Printable(&subject.to_string())),
        }
    }
}

impl Subject {
    /// What the client said about the process that signs, as it sent it.
    fn metadata_text(&self) -> Option<&str> {
        match self {
            Self::Hash(subject) => Some(subject.metadata.as_deref().map_or("no metadata", RawValue::get)),
            Self::Files(_) => None,
        }
    }
}

/// One line for people.
impl fmt::Display for AuditEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "signing request {number} {time} {outcome}: {user} {project}/{signing_policy} {subject}",
            number = self.number,
            time = self.time,
            outcome = self.outcome,
            user = self.user,
            project = Printable(&self.project),
            signing_policy = Printable(&self.signing_policy),
            subject = self.subject,
        )?;
        if let Some(reason) = &self.reason {
            write!(formatter, " because: {}", Printable(reason))?;
        }
        match self.subject.metadata_text() {
            Some(metadata) => write!(formatter, "; {}", Printable(metadata)),
            None => Ok(()),
        }
    }
}

/// Text of a client, on one line and without anything that a terminal would obey.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if character.is_control() {
                write!(formatter, "{}", character.escape_default())
            } else {
                write!(formatter, "{character}")
            }
        })
    }
}

fn as_text<S: Serializer>(scheme: &SignatureScheme, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(scheme)
}

fn as_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::algorithm::{HashAlgorithm, RsaPadding};

    fn submission(metadata: Option<&str>) -> Submission {
        let metadata = metadata.map(|text| RawValue::from_string(text.to_owned()).unwrap());
        let scheme =
            SignatureScheme::Rsa { hash_algorithm: HashAlgorithm::Sha256, padding: RsaPadding::Pkcs1 };
        Submission {
            user: "all-policies".into(),
            path: PolicyPath::new("app", "release\u{1b}[2J"),
            description: None,
            subject: Subject::Hash(HashSubject { scheme, hash: vec![0, 255], metadata }),
        }
    }

    #[test]
    fn an_entry_is_one_line_whatever_the_client_sent() {
        let outcome = Outcome::Refused { reason: "no\nreason".into() };
        let entry = AuditEntry::new(7, submission(Some("{\"a\":\n1}")), outcome);
        let line = entry.to_string();
        assert!(line.starts_with("signing request 7 2"), "{line}");
        assert!(
            line.ends_with(
                r#"Z Refused: all-policies app/release\u{1b}[2J RsaPkcs1 Sha256 hash 00ff because: no\nreason; {"a":\n1}"#
            ),
            "{line}"
        );
    }

    #[test]
    fn metadata_is_kept_as_it_was_sent() {
        let log = AuditLog::new(Reporting::Quiet, 10);
        let signing_request_id = Uuid::random();
        log.record(submission(Some(r#"{"b":1,"a":2}"#)), Outcome::Completed { signing_request_id });
        let json = serde_json::to_string(&log.entries()).unwrap();
        assert!(json.contains(r#""metadata":{"b":1,"a":2},"outcome":"Completed","reason":null"#), "{json}");
    }
}
