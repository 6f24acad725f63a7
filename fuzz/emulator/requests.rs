//! Requests: to SignPath's routes by a user who may sign, and to the control interface.
//!
//! An input is a head of one line (`POST SigningRequests/SignHash application/json`), and a body.

use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};

use hyper::Method;
use hyper::body::Bytes;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::api::Conditions;
use crate::api::route::Route;
use crate::artifacts::tampering::ArtifactTampering;
use crate::emulator::{Emulator, Settings};
use crate::faults::Tampering;
use crate::generation::Generation;
use crate::http::ReceivedRequest;
use crate::http::answer::{Answer, AnswerBody};
use crate::organization::default_data::{self, ALL_POLICIES_TOKEN, ORGANIZATION_ID};
use crate::signing::key_store::KeyStore;
use crate::{api, control};

/// Whatever a client sends is answered, and never with an error of the emulator's own.
pub(super) fn api(input: &[u8]) {
    let Some(request) = request(&format!("/Api/v1/{ORGANIZATION_ID}/"), input) else { return };
    let (emulator, runtime) = shared();
    let shapes = emulator.shapes();
    let conditions =
        Conditions { shapes, tampering: Tampering::None, artifact_tampering: ArtifactTampering::None };
    let path = format!("/{}", request.segments().join("/"));
    let route = Route::of(&request.method, &path, Generation::Current, &shapes);
    let answer = runtime.block_on(async {
        let answer = api::answer(emulator, route, request, conditions).await;
        emulator.reset();
        // what was submitted hears that it is over
        tokio::task::yield_now().await;
        answer
    });
    check(&answer);
}

/// Whatever comes to the control interface is answered, and what it changed can be undone.
pub(super) fn control(input: &[u8]) {
    let Some(request) = request("/emulator/", input) else { return };
    let (emulator, _) = shared();
    check(&control::answer(emulator, &request, Ipv4Addr::LOCALHOST.into()));
    emulator.reset();
    assert!(emulator.faults.waiting().is_empty());
}

/// The answer is none of 5xx, and says what is wrong in JSON.
fn check(answer: &Answer) {
    assert!(!answer.status.is_server_error(), "{answer:?}");
    let AnswerBody::Bytes(body) = &answer.body else { panic!("{answer:?}") };
    if answer.status.is_client_error() {
        assert!(serde_json::from_slice::<Value>(body).unwrap().is_object(), "{answer:?}");
    }
}

fn request(below: &str, input: &[u8]) -> Option<ReceivedRequest> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    let (head, body) = input.split_at(end);
    let mut words = std::str::from_utf8(head).ok()?.splitn(3, ' ');
    let method: Method = words.next()?.parse().ok()?;
    let path = format!("{below}{}", words.next()?);
    let head = hyper::Request::builder()
        .method(method)
        .uri(path)
        .header("Authorization", format!("Bearer {ALL_POLICIES_TOKEN}"))
        .header("Content-Type", words.next()?)
        .body(())
        .ok()?;
    Some(ReceivedRequest::new(head.into_parts().0, Bytes::copy_from_slice(body.get(1..)?)))
}

/// One emulator for all inputs: to read its keys takes longer than to answer.
fn shared() -> &'static (Arc<Emulator>, Runtime) {
    static SHARED: OnceLock<(Arc<Emulator>, Runtime)> = OnceLock::new();
    SHARED.get_or_init(|| {
        let settings =
            Settings::in_process(default_data::artifact_configurations(Generation::Current).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        (Emulator::new(settings, KeyStore::in_process().unwrap()), runtime)
    })
}
