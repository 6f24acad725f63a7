//! Signing requests for files: submit an artifact, watch the request, fetch what came of it.
//!
//! Each function is one request to the service; how long to wait between two of them is the caller's business, and so
//! is what a status means to a person. SignPath documentation, "Build system integration".

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::client::Client;
use super::connection::{Body, File, JSON, Request};
use super::user::User;
use crate::config::Slug;
use crate::credentials::uuid;
use crate::error::{Code, Failure, FailureKind};

/// A status has a few hundred bytes, a signing request a few thousand.
const LARGEST_ANSWER: usize = 1 << 20;

/// What a request for a file accepts. JSON is named because servers before 1.212.1 turn an error into a 500 otherwise.
const FILE: &str = "application/octet-stream, application/json, */*";

/// An artifact, and how it is to be signed.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The project.
    pub project: Slug,
    /// The signing policy in it.
    pub policy: Slug,
    /// The artifact configuration; `None`: the project's default.
    pub artifact_configuration: Option<Slug>,
    /// A note for those who approve and audit.
    pub description: Option<String>,
    /// Values of the artifact configuration's parameters.
    pub parameters: Vec<(String, String)>,
    /// The name of the artifact, without a folder.
    pub file_name: String,
    /// Its content.
    pub artifact: Vec<u8>,
}

/// The id of a signing request: a UUID in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequestId(String);

impl SigningRequestId {
    /// Reads a UUID in upper or lower case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        uuid(text).map(Self)
    }

    /// Finds the id in the address of a signing request.
    fn in_address(address: &str) -> Option<Self> {
        address.split(['/', '?']).filter_map(Self::parse).next_back()
    }
}

impl fmt::Display for SigningRequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A signing request that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub id: SigningRequestId,
    /// Its page for people, which servers before 1.205.1 do not tell.
    pub web_link: Option<String>,
    /// An answer was lost: there may be a second signing request like this one.
    pub perhaps_twice: bool,
}

/// How a signing request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The status.
    pub status: Status,
    /// The step of the work, in the service's own word (`QueuedForMalwareScanning`, …), if it tells.
    pub workflow_status: Option<String>,
    /// The page for people, if the answer names it.
    pub web_link: Option<String>,
}

/// The status of a signing request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The service waits for the artifact; only ever seen with requests that were submitted without one.
    WaitingForArtifactUpload,
    /// The service works on it.
    InProgress,
    /// A person has to approve it.
    WaitingForApproval,
    /// The signed artifact can be fetched.
    Completed,
    /// The service could not sign it.
    Failed,
    /// A person refused it.
    Denied,
    /// Somebody withdrew it.
    Canceled,
    /// One that is not documented.
    Other(String),
}

impl From<String> for Status {
    fn from(word: String) -> Self {
        match word.as_str() {
            "WaitingForArtifactUpload" => Self::WaitingForArtifactUpload,
            "InProgress" => Self::InProgress,
            "WaitingForApproval" => Self::WaitingForApproval,
            "Completed" => Self::Completed,
            "Failed" => Self::Failed,
            "Denied" => Self::Denied,
            "Canceled" => Self::Canceled,
            _ => Self::Other(word),
        }
    }
}

impl Client {
    /// Submits an artifact: `POST SigningRequests/SubmitWithArtifact`, and where the server has no such route, the
    /// older `POST SigningRequests`.
    ///
    /// # Errors
    ///
    /// The service refuses, fails or cannot be reached, or its answer names no signing request.
    pub fn submit(&self, user: &User, submission: &Submission) -> Result<Submitted, Failure> {
        let Submission { project, policy, .. } = submission;
        let asked = format!("submitting a signing request to {project}/{policy} at {}", self.api);
        let current = ["SigningRequests", "SubmitWithArtifact"];
        let mut answer = self.exchange(&asked, &self.submit_to(user, submission, &current), user)?;
        if answer.has_no_such_route() {
            let older = self.submit_to(user, submission, &["SigningRequests"]);
            answer = self.exchange(&asked, &older, user)?;
        }
        let (location, repeated) = (answer.location.clone(), answer.repeated);
        let body = answer.into_success_or(&asked, Code::ArtifactRefused, FOR_FILES)?;
        let submitted = read_submitted(&body, location.as_deref()).ok_or_else(|| without_id(&asked))?;
        let submitted = Submitted { perhaps_twice: repeated, ..submitted };
        self.log.info(&format!("{asked}: signing request {}", submitted.id));
        Ok(submitted)
    }

    /// Asks how a signing request stands: `GET SigningRequests/{id}/Status`, and where the server has no such route
    /// (before 1.200.2), the whole signing request. A service that is not available is asked again `within` this time.
    ///
    /// # Errors
    ///
    /// The service knows no such signing request, refuses, fails or cannot be reached.
    pub fn state(&self, user: &User, id: &SigningRequestId, within: Duration) -> Result<State, Failure> {
        let asked = format!("asking for the status of signing request {id} at {}", self.api);
        let status = Request::get(self.of_request(user, id, Some("Status")), JSON, LARGEST_ANSWER);
        let status = Request { within: Some(within), ..status };
        let answer = self.exchange(&asked, &status, user)?;
        if answer.has_no_such_route() {
            return self.signing_request(user, id);
        }
        read_state(&answer.into_success(&asked).map_err(of_id)?).ok_or_else(|| not_a_status(&asked))
    }

    /// Asks for the whole signing request, of which only what [`State`] has is read: `GET SigningRequests/{id}`.
    ///
    /// # Errors
    ///
    /// The service knows no such signing request, refuses, fails or cannot be reached.
    pub fn signing_request(&self, user: &User, id: &SigningRequestId) -> Result<State, Failure> {
        let asked = format!("reading signing request {id} at {}", self.api);
        let request = Request::get(self.of_request(user, id, None), JSON, LARGEST_ANSWER);
        let body = self.exchange(&asked, &request, user)?.into_success(&asked).map_err(of_id)?;
        read_state(&body).ok_or_else(|| not_a_status(&asked))
    }

    /// Fetches what a completed signing request made: `GET SigningRequests/{id}/SignedArtifact`. An answer of more
    /// than `largest` bytes is refused before it is read.
    ///
    /// # Errors
    ///
    /// The signing request is not completed, or the service refuses, fails or cannot be reached.
    pub fn signed_artifact(
        &self,
        user: &User,
        id: &SigningRequestId,
        largest: usize,
    ) -> Result<Vec<u8>, Failure> {
        let asked = format!("fetching the signed artifact of signing request {id} at {}", self.api);
        let request = Request::get(self.of_request(user, id, Some("SignedArtifact")), FILE, largest);
        self.exchange(&asked, &request, user)?.into_success(&asked)
    }

    /// Fetches the certificate that a signing request signs with, DER: `GET SigningRequests/{id}/X509Certificate`, in
    /// `v1`, and where the server has no such route, in `v1-pre`. `None` where there is none, as for a GPG key: what the
    /// service answers then is not documented, so any refusal but one of the user is taken for that.
    ///
    /// # Errors
    ///
    /// The service refuses the user, fails or cannot be reached.
    pub fn certificate(&self, user: &User, id: &SigningRequestId) -> Result<Option<Vec<u8>>, Failure> {
        let asked = format!("fetching the certificate of signing request {id} at {}", self.api);
        for version in ["v1", "v1-pre"] {
            let url = self.api.route_of_version(version, &segments(user, id, Some("X509Certificate")));
            let answer = self.exchange(&asked, &Request::get(url, FILE, LARGEST_ANSWER), user)?;
            if answer.has_no_such_route() {
                continue;
            }
            return match answer.into_success(&asked) {
                Ok(certificate) => Ok(Some(certificate).filter(|certificate| !certificate.is_empty())),
                Err(failure) if failure.kind() == FailureKind::Rejected => Ok(None),
                Err(failure) => Err(failure),
            };
        }
        Ok(None)
    }

    fn submit_to(&self, user: &User, submission: &Submission, route: &[&str]) -> Request {
        let segments = [&[user.credentials().organization.as_str()], route].concat();
        let artifact = File {
            name: submission.file_name.clone(),
            media_type: "application/octet-stream",
            content: submission.artifact.clone(),
        };
        let body = Body::Form { fields: fields(submission), artifact };
        Request::post(self.api.route(&segments), body, LARGEST_ANSWER)
    }

    fn of_request(&self, user: &User, id: &SigningRequestId, part: Option<&str>) -> reqwest::Url {
        self.api.route(&segments(user, id, part))
    }
}

fn segments<'a>(user: &'a User, id: &'a SigningRequestId, part: Option<&'a str>) -> Vec<&'a str> {
    let whole = [user.credentials().organization.as_str(), "SigningRequests", id.0.as_str()];
    whole.into_iter().chain(part).collect()
}

fn fields(submission: &Submission) -> Vec<(String, String)> {
    let configuration = submission.artifact_configuration.as_ref().map(ToString::to_string);
    let named = [
        ("ProjectSlug", Some(submission.project.to_string())),
        ("SigningPolicySlug", Some(submission.policy.to_string())),
        ("ArtifactConfigurationSlug", configuration),
        ("Description", submission.description.clone()),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let parameters = submission.parameters.iter();
    named.chain(parameters.map(|(name, value)| (format!("Parameters.{name}"), value.clone()))).collect()
}

const FOR_FILES: &str = "correct what SignPath names; files need an artifact configuration for files, by its slug if it \
                         is not the project's default";

/// What is wrong is mostly the id, which somebody typed.
fn of_id(failure: Failure) -> Failure {
    const REMEDY: &str = "check the id of the signing request, and that the token's user may see it";
    match (failure.code(), failure.kind()) {
        (code @ Code::UserRefused, _) => failure.known_as(code, REMEDY),
        (_, FailureKind::Rejected) => failure.known_as(Code::SigningRequestUnknown, REMEDY),
        _ => failure,
    }
}

/// The id stands in the body since 1.107.0, and in `Location` always.
pub(crate) fn read_submitted(body: &[u8], location: Option<&str>) -> Option<Submitted> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Accepted {
        #[serde(alias = "SigningRequestId")]
        signing_request_id: Option<String>,
        #[serde(alias = "WebLink")]
        web_link: Option<String>,
    }
    let accepted: Accepted = serde_json::from_slice(body).unwrap_or_default();
    let in_body = accepted.signing_request_id.as_deref().and_then(SigningRequestId::parse);
    let id = in_body.or_else(|| SigningRequestId::in_address(location?))?;
    Some(Submitted { id, web_link: accepted.web_link, perhaps_twice: false })
}

pub(crate) fn read_state(body: &[u8]) -> Option<State> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Told {
        status: String,
        workflow_status: Option<String>,
        web_link: Option<String>,
    }
    let told: Told = serde_json::from_slice(body).ok()?;
    Some(State { status: told.status.into(), workflow_status: told.workflow_status, web_link: told.web_link })
}

fn without_id(asked: &str) -> Failure {
    let answered = "the answer names no signing request";
    let remedy = "look for the request in SignPath; check ApiUrl";
    Failure::new(Code::SigningRequestNotNamed, asked, answered, remedy)
}

fn not_a_status(asked: &str) -> Failure {
    let answered = "the answer holds no status";
    Failure::new(Code::StatusNotUnderstood, asked, answered, "check ApiUrl; it usually ends in /Api")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-4000-8000-00000000000a";

    #[test]
    fn an_accepted_request_is_known_by_its_body_or_else_by_its_location() {
        let body = format!(r#"{{"signingRequestId":"{ID}","webLink":"https://page","more":1}}"#);
        let location = format!("https://host/API/v1/org/SigningRequests/{}", ID.to_uppercase());

        let submitted = read_submitted(body.as_bytes(), None).unwrap();
        assert_eq!(
            (submitted.id.to_string().as_str(), submitted.web_link.as_deref()),
            (ID, Some("https://page"))
        );
        let submitted = read_submitted(b"", Some(&location)).unwrap();
        assert_eq!((submitted.id.to_string().as_str(), submitted.web_link), (ID, None));
        assert_eq!(read_submitted(b"{}", Some("https://host/")), None);
    }

    #[test]
    fn the_id_in_an_address_is_the_last_one() {
        let address =
            format!("https://host/Api/v1/11111111-0000-4000-8000-000000000000/SigningRequests/{ID}");

        assert_eq!(SigningRequestId::in_address(&address).unwrap().to_string(), ID);
    }

    #[test]
    fn a_status_that_is_not_documented_keeps_its_word() {
        let state =
            read_state(br#"{"status":"Paused","workflowStatus":"Resting","isFinalStatus":false}"#).unwrap();

        assert_eq!(state.status, Status::Other("Paused".to_owned()));
        assert_eq!(state.workflow_status.as_deref(), Some("Resting"));
    }
}
