//! SignPath's REST API: one file for each family of routes.
//!
//! [`answer`] does what all routes have in common (content negotiation, token, organization) and hands over to the
//! route. A route that refuses returns a [`Problem`]; how a server of the emulated generation words it is decided in
//! one place, `http::problem`. A new family of routes is a [`route::Resource`] and a file beside `sign_hash`.

pub(crate) mod access;
pub(crate) mod certificate;
pub(crate) mod fast_signing;
pub(crate) mod hash_signing;
pub(crate) mod multipart_form;
pub(crate) mod my_signing_policies;
pub(crate) mod permission;
pub(crate) mod policy_entry;
pub(crate) mod route;
pub(crate) mod sign_hash;
pub(crate) mod signing_request;
pub(crate) mod submit_with_artifact;

use std::sync::Arc;

use hyper::StatusCode;

use crate::artifacts::tampering::ArtifactTampering;
use crate::emulator::Emulator;
use crate::faults::Tampering;
use crate::http::ReceivedRequest;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::identifiers::Uuid;
use crate::organization::user::User;
use crate::shapes::{Shapes, WebLink};
use route::{Resource, Route};

/// How this request is answered, fixed when it arrives: a change of shapes does not reach requests on their way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditions {
    pub(crate) shapes: Shapes,
    pub(crate) tampering: Tampering,
    pub(crate) artifact_tampering: ArtifactTampering,
}

/// A request whose token and organization were accepted.
pub(crate) struct Call<'a> {
    pub(crate) emulator: &'a Arc<Emulator>,
    pub(crate) request: &'a ReceivedRequest,
    pub(crate) user: Arc<User>,
    pub(crate) conditions: Conditions,
    captures: Vec<String>,
}

impl Call<'_> {
    /// What stands in the path at the `position`-th place that the route leaves open.
    pub(crate) fn capture(&self, position: usize) -> &str {
        self.captures.get(position).map_or("", String::as_str)
    }

    /// The page on which a person sees a signing request, where servers tell it.
    pub(crate) fn web_link(&self, signing_request_id: Uuid) -> Option<String> {
        let is_told = self.conditions.shapes.web_link == WebLink::Present;
        is_told.then(|| self.emulator.web_link(signing_request_id))
    }
}

/// Answers a request to the API.
pub(crate) async fn answer(
    emulator: &Arc<Emulator>,
    route: Route,
    request: ReceivedRequest,
    conditions: Conditions,
) -> Answer {
    dispatch(emulator, route, &request, conditions)
        .await
        .unwrap_or_else(|problem| problem.into_answer(emulator.settings.generation, &conditions.shapes))
}

async fn dispatch(
    emulator: &Arc<Emulator>,
    route: Route,
    request: &ReceivedRequest,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (organization_id, resource, captures) = match route {
        Route::Health => return Ok(health()),
        Route::Missing => return Err(Problem::of(StatusCode::NOT_FOUND)),
        Route::WrongMethod { allow } => return Err(Problem::wrong_method(allow)),
        Route::Resource { organization_id, resource, captures } => (organization_id, resource, captures),
    };
    let user = access::check(emulator, request, &organization_id, resource)?;
    let call = Call { emulator, request, user, conditions, captures };
    match resource {
        Resource::MySigningPolicies => my_signing_policies::answer(&call),
        Resource::SignHash => sign_hash::answer(&call).await,
        Resource::FastSigning => fast_signing::answer(&call).await,
        Resource::SubmitWithArtifact => submit_with_artifact::answer(&call).await,
        Resource::SigningRequest => signing_request::data(&call),
        Resource::Status => signing_request::status(&call),
        Resource::SignedArtifact => signing_request::signed_artifact(&call).await,
        Resource::UnsignedArtifact => signing_request::unsigned_artifact(&call),
        Resource::Cancel => signing_request::cancel(&call),
        Resource::SigningRequestCertificate => certificate::of_signing_request(&call),
        Resource::PolicyCertificate => certificate::of_signing_policy(&call),
    }
}

/// The body of the health check is UNKNOWN; this is what ASP.NET Core's answers unless it is told otherwise.
fn health() -> Answer {
    Answer::text(StatusCode::OK, "Healthy")
}
