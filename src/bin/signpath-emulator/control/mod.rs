//! The control interface under `/emulator`: what tests and scripts read and change while the emulator runs.
//!
//! It is no part of SignPath. It needs no token, and answers loopback clients only and no web pages; bodies are JSON, and
//! a mistake is answered with `{"error": …}` that says what was expected. What changes something and has nothing to tell
//! answers 204.
//!
//! | route | what it does |
//! | --- | --- |
//! | `GET audit`, `DELETE audit` | every signing request that was understood |
//! | `GET requests`, `DELETE requests` | every API request, and how many connections carried them |
//! | `GET shapes`, `PUT shapes` | `{"ec-key-type": "Ec", …}`; those not named stay |
//! | `GET faults`, `POST faults`, `DELETE faults` | one fault or an array, see [`crate::faults::description`] |
//! | `GET policies` | all signing policies |
//! | `PUT policies/{project}/{signing policy}` | `{"key": "p-256", "approvalProcess": "none", "certificateType": "X509"}`; what is not named stays, a new one needs a key |
//! | `DELETE policies/{project}/{signing policy}` | removes one |
//! | `GET artifact-configurations` | all artifact configurations for files, with their XML |
//! | `PUT artifact-configurations/{project}/{slug}` | the body is XML; what is wrong in it is said with its line |
//! | `DELETE artifact-configurations/{project}/{slug}` | removes one |
//! | `GET signing-requests` | all signing requests for files, with their statuses and the reason for their end |
//! | `POST signing-requests/{id}/approve`, `…/deny`, `…/cancel`, `…/release` | what a person decides; what is held goes on |
//! | `GET workflow`, `PUT workflow` | `{"stageMilliseconds": 50, "holdAt": "Processing", "result": "MalwareDetected"}`, for signing requests for files to come; what is not named stays |
//! | `GET users` | all users with their tokens |
//! | `POST users/{name}` | `{"tokenState": "revoked", "submitterOf": ["project/signing-policy"]}`, or `"all"`; what is not named stays |
//! | `POST reset` | everything as it was at the start; connections stay open |

mod artifact_configurations;
mod behaviour;
mod policies;
mod signing_requests;
mod users;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use hyper::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::emulator::Emulator;
use crate::http::answer::Answer;
use crate::http::{ReceivedRequest, path_segments};

const ROUTES: &str = "GET audit, DELETE audit, GET requests, DELETE requests, POST reset, GET shapes, PUT shapes, \
                      GET policies, PUT policies/{project}/{signing policy}, DELETE policies/{project}/{signing policy}, \
                      GET artifact-configurations, PUT artifact-configurations/{project}/{slug}, \
                      DELETE artifact-configurations/{project}/{slug}, GET signing-requests, \
                      POST signing-requests/{id}/{approve, deny, cancel or release}, GET workflow, PUT workflow, \
                      GET users, POST users/{name}, GET faults, POST faults, DELETE faults";

/// A refusal by the control interface.
#[derive(Debug)]
struct Mistake {
    status: StatusCode,
    message: String,
}

impl Mistake {
    fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    fn missing(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into() }
    }
}

/// Whether `path` belongs to the control interface.
pub(crate) fn owns(path: &str) -> bool {
    path_segments(path).first() == Some(&"emulator")
}

/// Answers a request to the control interface from `peer`.
pub(crate) fn answer(emulator: &Arc<Emulator>, request: &ReceivedRequest, peer: IpAddr) -> Answer {
    let refused = |message: String| Err(Mistake { status: StatusCode::FORBIDDEN, message });
    let result = if !peer.to_canonical().is_loopback() {
        refused(format!("the control interface answers loopback clients only, not {peer}"))
    } else if let Some(origin) = request.origin() {
        // a page that somebody on this machine looks at could change it (Fetch standard, "Origin header")
        refused(format!("the control interface answers no web pages, not even those of {origin}"))
    } else {
        dispatch(emulator, request)
    };
    let mistaken = |mistake: Mistake| Answer::json(mistake.status, &json!({ "error": mistake.message }));
    result.unwrap_or_else(mistaken).with_line_end()
}

fn dispatch(emulator: &Emulator, request: &ReceivedRequest) -> Result<Answer, Mistake> {
    let segments = request.segments();
    let path = segments.get(1..).unwrap_or_default();
    match (&request.method, path) {
        (&Method::GET, ["audit"]) => Ok(listed("signingRequests", emulator.audit_log.entries())),
        (&Method::DELETE, ["audit"]) => Ok(done(|| emulator.audit_log.clear())),
        (&Method::GET, ["requests"]) => Ok(found(&emulator.request_log.report())),
        (&Method::DELETE, ["requests"]) => Ok(done(|| emulator.request_log.clear())),
        (&Method::POST, ["reset"]) => Ok(done(|| emulator.reset())),
        (&Method::GET, ["shapes"]) => Ok(behaviour::list_shapes(emulator)),
        (&Method::PUT, ["shapes"]) => behaviour::change_shapes(emulator, request),
        (&Method::GET, ["faults"]) => Ok(listed("faults", emulator.faults.waiting())),
        (&Method::POST, ["faults"]) => behaviour::add_faults(emulator, request),
        (&Method::DELETE, ["faults"]) => Ok(done(|| emulator.faults.clear())),
        (&Method::GET, ["policies"]) => Ok(policies::list(emulator)),
        (&Method::PUT, ["policies", project, policy]) => policies::put(emulator, request, project, policy),
        (&Method::DELETE, ["policies", project, policy]) => policies::remove(emulator, project, policy),
        (&Method::GET, ["artifact-configurations"]) => Ok(artifact_configurations::list(emulator)),
        (&Method::PUT, ["artifact-configurations", project, slug]) => {
            artifact_configurations::put(emulator, request, project, slug)
        }
        (&Method::DELETE, ["artifact-configurations", project, slug]) => {
            artifact_configurations::remove(emulator, project, slug)
        }
        (&Method::GET, ["signing-requests"]) => Ok(signing_requests::list(emulator)),
        (&Method::POST, ["signing-requests", id, action]) => signing_requests::act(emulator, id, action),
        (&Method::GET, ["workflow"]) => Ok(signing_requests::show_workflow(emulator)),
        (&Method::PUT, ["workflow"]) => signing_requests::change_workflow(emulator, request),
        (&Method::GET, ["users"]) => Ok(users::list(emulator)),
        (&Method::POST, ["users", name]) => users::change(emulator, request, name),
        (method, path) => Err(Mistake::missing(format!(
            "the control interface has no {method} {}; it has: {ROUTES}",
            path.join("/")
        ))),
    }
}

fn found(value: &impl Serialize) -> Answer {
    Answer::json(StatusCode::OK, value)
}

/// `{"name": [items]}`, written directly: a detour over a JSON value would reorder what clients sent.
fn listed(name: &str, items: Vec<impl Serialize>) -> Answer {
    found(&BTreeMap::from([(name, items)]))
}

fn done(change: impl FnOnce()) -> Answer {
    change();
    Answer::empty(StatusCode::NO_CONTENT)
}

/// The two slugs of a route, as what they name.
fn path<Path>(project: &str, slug: &str, parse: fn(&str) -> Option<Path>) -> Result<Path, Mistake> {
    parse(&format!("{project}/{slug}")).ok_or_else(|| {
        Mistake::invalid(format!("'{project}' and '{slug}' must be slugs: letters, digits, '-', '_', '.'"))
    })
}

/// The body as JSON of the type that a route expects.
fn read<T: DeserializeOwned>(request: &ReceivedRequest) -> Result<T, Mistake> {
    serde_json::from_slice(&request.body).map_err(|reason| Mistake::invalid(format!("the body: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::Settings;
    use crate::signing::key_store::KeyStore;
    use hyper::body::Bytes;

    fn status_for(peer: &str) -> StatusCode {
        let settings = Settings::in_process(Vec::new());
        let emulator = Emulator::new(settings, KeyStore::in_process().unwrap());
        let head = hyper::Request::get("/emulator/audit").body(()).unwrap().into_parts().0;
        answer(&emulator, &ReceivedRequest::new(head, Bytes::new()), peer.parse().unwrap()).status
    }

    #[test]
    fn only_loopback_clients_are_answered() {
        for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(status_for(peer), StatusCode::OK, "{peer}");
        }
        for peer in ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"] {
            assert_eq!(status_for(peer), StatusCode::FORBIDDEN, "{peer}");
        }
    }

    #[test]
    fn the_prefix_is_matched_whole() {
        assert!(owns("/emulator") && owns("/emulator/audit"));
        assert!(!owns("/emulators/audit") && !owns("/Api/emulator"));
    }
}
