//! One exchange: a request is read, perhaps spoiled by a fault, answered, and the answer sent on its way.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::USER_AGENT;
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use tokio::time::Instant;

use super::connection::{ConnectionHandle, Ended};
use super::delivery::DeliveredBody;
use crate::api::Conditions;
use crate::api::route::Route;
use crate::emulator::Emulator;
use crate::faults::{Delivery, Ending, Execution, FaultPlan, Reply};
use crate::http::ReceivedRequest;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::request_log::Arrival;
use crate::shapes::BodyFraming;
use crate::{api, control};

/// How late tokio's timer rings, about: it counts in milliseconds, and rounds up.
const TIMER_LATENESS: Duration = Duration::from_millis(1);

/// Bytes. No request of the emulated routes comes near so many; the service's own limit is UNKNOWN.
const LARGEST_BODY: u64 = 1024 * 1024;

/// A request's body must have arrived so soon after its head.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers one request, or ends the connection instead.
pub(crate) async fn answer(
    emulator: Arc<Emulator>,
    connection: Arc<ConnectionHandle>,
    request: Request<Incoming>,
) -> Response<DeliveredBody> {
    let (head, body) = request.into_parts();
    if control::owns(head.uri.path()) {
        let answer = match read(head, body).await {
            Ok(request) => control::answer(&emulator, &request, connection.peer.ip()),
            Err(problem) => problem.into_answer(emulator.settings.generation, &emulator.shapes()),
        };
        return into_response(answer, Delivery::default(), BodyFraming::ContentLength, connection);
    }
    answer_api(&emulator, connection, head, body).await
}

async fn answer_api(
    emulator: &Arc<Emulator>,
    connection: Arc<ConnectionHandle>,
    head: Parts,
    body: Incoming,
) -> Response<DeliveredBody> {
    let arrival = Instant::now();
    let number = log_arrival(emulator, &connection, &head);
    let shapes = emulator.shapes();
    let route = Route::of(&head.method, head.uri.path(), emulator.settings.generation, &shapes);
    let plan = emulator.faults.take(route.name());
    let conditions =
        Conditions { shapes, tampering: plan.tampering, artifact_tampering: plan.artifact_tampering };

    let answer = match read(head, body).await {
        Ok(request) => reply(emulator, route, request, conditions, &plan).await,
        Err(problem) => problem.into_answer(emulator.settings.generation, &shapes),
    };
    // a distance is to be as long as it says, a fault at least as long
    let delay = plan.delay + emulator.settings.delay.saturating_sub(TIMER_LATENESS);
    if !delay.is_zero() {
        tokio::time::sleep_until(arrival + delay).await;
    }
    lose_if_planned(&connection, plan.delivery.ending).await;
    emulator.request_log.request_answered(number, answer.status.as_u16(), answer.refusal.clone());
    into_response(with_headers(answer, &plan), plan.delivery, shapes.body_framing, connection)
}

/// The answer of the routes, or that of the fault.
async fn reply(
    emulator: &Arc<Emulator>,
    route: Route,
    request: ReceivedRequest,
    conditions: Conditions,
    plan: &FaultPlan,
) -> Answer {
    match &plan.reply {
        Reply::Real => api::answer(emulator, route, request, conditions).await,
        Reply::Instead { answer, execution } => {
            if *execution == Execution::CarriedOut {
                api::answer(emulator, route, request, conditions).await;
            }
            Answer { refusal: Some("fault".to_owned()), ..answer.clone() }
        }
    }
}

/// The request with its whole body, within the limits of length and time.
async fn read(head: Parts, body: Incoming) -> Result<ReceivedRequest, Problem> {
    // A body that says at once that it is too long is not waited for.
    if body.size_hint().lower() > LARGEST_BODY {
        return Err(too_large());
    }
    let limit = usize::try_from(LARGEST_BODY).unwrap_or(usize::MAX);
    let collected = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(ReceivedRequest::new(head, body.to_bytes())),
        Ok(Err(reason)) if reason.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(reason)) => Err(Problem::invalid("", reason.to_string())),
        Err(_) => Err(Problem::of(StatusCode::REQUEST_TIMEOUT)),
    }
}

fn too_large() -> Problem {
    let detail = format!("The request body is larger than {LARGEST_BODY} bytes.");
    Problem::because(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

fn log_arrival(emulator: &Emulator, connection: &ConnectionHandle, head: &Parts) -> u64 {
    emulator.request_log.request_received(&Arrival {
        connection: connection.number,
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query(),
        user_agent: head.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()),
    })
}

/// With a fault that loses the answer, the exchange stops here and is dropped with its connection.
async fn lose_if_planned(connection: &ConnectionHandle, ending: Ending) {
    let how = match ending {
        Ending::HangUp => Ended::Cut,
        Ending::Reset => Ended::Reset,
        _ => return,
    };
    connection.end(how);
    pending().await
}

fn with_headers(mut answer: Answer, plan: &FaultPlan) -> Answer {
    for (name, value) in &plan.headers {
        answer.headers.insert(name, value.clone());
    }
    answer
}

fn into_response(
    answer: Answer,
    delivery: Delivery,
    framing: BodyFraming,
    connection: Arc<ConnectionHandle>,
) -> Response<DeliveredBody> {
    let mut response = Response::new(DeliveredBody::new(answer.body, delivery, framing, connection));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
