//! What is sent to SignPath: one request a signature, in the contract that the server knows, with metadata that
//! holds no secret; repeated when that can help, and no longer than allowed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::support::bench::{EC_KEYS, LIST, RSA_KEYS, SIGN};
use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Session, initialized};
use crate::support::relay::{Reception, Relay};

fn with(emulator: &Emulator, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut variables = emulator.variables();
    variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    variables
}

fn sign(session: &Session) -> Result<Vec<u8>, ReturnValue> {
    session.signature(M::ECDSA, session.private_key("container-images/p-256"), &[7; 32])
}

const FAST: &str = "POST /Api/v1/ORG/SigningRequests";

#[test]
fn a_list_and_a_request_for_each_signature_on_one_connection() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        for _ in 0..3 {
            sign(&session).unwrap();
        }

        assert_eq!(emulator.request_lines(), [LIST, SIGN, SIGN, SIGN]);
        assert_eq!(emulator.control("requests")["connections"]["withApiRequests"], 1);
    });
}

#[test]
fn over_https_it_is_one_connection_too() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        let session = initialized(&emulator.variables()).session();
        sign(&session).unwrap();
        sign(&session).unwrap();

        assert_eq!(emulator.request_lines(), [LIST, SIGN, SIGN]);
    });
}

#[test]
fn an_older_server_is_found_out_once_in_a_process() {
    in_own_process(|| {
        let emulator = Emulator::with(&["--api", "legacy"]);
        let pkcs11 = initialized(&emulator.variables());
        sign(&pkcs11.session()).unwrap();
        sign(&pkcs11.session()).unwrap();
        pkcs11.finalize().unwrap();
        pkcs11.initialize().unwrap();
        sign(&pkcs11.session()).unwrap();

        assert_eq!(emulator.request_lines(), [LIST, SIGN, FAST, FAST, LIST, FAST]);
    });
}

#[test]
fn a_server_that_answers_405_is_an_older_one_too() {
    in_own_process(|| {
        let emulator = Emulator::with(&["--api", "legacy", "--shape", "missing-route=405"]);
        sign(&initialized(&emulator.variables()).session()).unwrap();

        assert_eq!(emulator.request_lines(), [LIST, SIGN, FAST]);
    });
}

#[test]
fn either_contract_can_be_forced() {
    let cases = [("current", "current", &[LIST, SIGN][..]), ("current", "legacy", &[LIST, FAST])];
    in_own_process_each(cases, |(server, setting, expected)| {
        let emulator = Emulator::with(&["--api", server]);
        sign(&initialized(&with(&emulator, &[("SIGNPATH_HASH_SIGNING_API", setting)])).session()).unwrap();

        assert_eq!(emulator.request_lines(), expected);
    });
}

#[test]
fn a_forced_contract_that_the_server_does_not_know_is_an_error_that_says_what_to_check() {
    in_own_process(|| {
        let emulator = Emulator::with(&["--api", "legacy"]);
        let session = initialized(&with(&emulator, &[("SIGNPATH_HASH_SIGNING_API", "current")])).session();
        let (result, console) = watching(|| sign(&session));

        assert_eq!(result, Err(ReturnValue::ARGUMENTS_BAD));
        assert!(console.contains("SignPath answered 404 Not Found"), "{console}");
        assert!(console.contains("HashSigningApi"), "{console}");
    });
}

#[test]
fn both_contracts_sign_with_every_kind_of_key() {
    in_own_process_each(["current", "legacy"], |api| {
        let emulator = Emulator::with(&["--api", api]);
        let session = initialized(&emulator.variables()).session();
        for name in RSA_KEYS.into_iter().chain(EC_KEYS) {
            let mechanism = if name.starts_with("rsa") { M::SHA384_RSA_PKCS } else { M::ECDSA_SHA384 };
            let key = session.private_key(&format!("container-images/{name}"));
            session.signature(mechanism, key, b"data").unwrap();
        }
    });
}

#[test]
fn requests_name_the_module_and_its_version() {
    in_own_process(|| {
        let emulator = Emulator::start();
        sign(&initialized(&emulator.variables()).session()).unwrap();
        let expected = format!("signpath-pkcs11/{} (linux; x86_64)", env!("CARGO_PKG_VERSION"));

        assert!(emulator.requests().iter().all(|request| request["userAgent"] == expected));
    });
}

#[test]
fn the_audit_log_names_the_calling_process() {
    in_own_process(|| {
        let emulator = Emulator::start();
        sign(&initialized(&emulator.variables()).session()).unwrap();
        let process = &emulator.audit()[0]["metadata"]["sourceProcess"];

        assert!(process["commandLine"].as_str().unwrap().contains("the_audit_log_names_the_calling_process"));
        assert!(!process["user"].as_str().unwrap().is_empty());
        assert_eq!(process["operatingSystem"]["type"], "Linux");
        assert_eq!(process["operatingSystem"]["architecture"], "x86_64");
    });
}

#[test]
fn an_older_servers_audit_log_does_too() {
    in_own_process(|| {
        let emulator = Emulator::with(&["--api", "legacy"]);
        sign(&initialized(&emulator.variables()).session()).unwrap();
        let process = &emulator.audit()[0]["metadata"]["CreatingProcess"];

        assert!(process["CommandLine"].as_str().unwrap().contains("an_older_servers_audit_log_does_too"));
        assert!(!process["User"].as_str().unwrap().is_empty());
    });
}

#[test]
fn nothing_is_told_of_the_process_where_that_is_configured() {
    in_own_process_each(["current", "legacy"], |api| {
        let emulator = Emulator::with(&["--api", api]);
        sign(&initialized(&with(&emulator, &[("SIGNPATH_SEND_PROCESS_METADATA", "false")])).session())
            .unwrap();

        assert_eq!(emulator.audit()[0]["metadata"], Value::Null);
    });
}

/// Quick enough for a test, long enough for several attempts.
const QUICK: [(&str, &str); 2] = [
    ("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.05"),
    ("SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", "5"),
];

#[test]
fn passing_failures_are_repeated_until_the_service_answers() {
    in_own_process_each([429, 500, 502, 503, 504], |status| {
        let emulator = Emulator::start();
        emulator.tell("POST", "faults", json!({"route": "signHash", "status": status, "times": 3}));
        sign(&initialized(&with(&emulator, &QUICK)).session()).unwrap();

        assert_eq!(emulator.request_lines(), [LIST, SIGN, SIGN, SIGN, SIGN]);
        assert_eq!(emulator.audit().len(), 1);
    });
}

#[test]
fn other_refusals_are_never_repeated() {
    in_own_process_each([400, 401, 403, 409, 413, 422], |status| {
        let emulator = Emulator::start();
        let session = initialized(&with(&emulator, &QUICK)).session();
        let key = session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "status": status, "times": 3}));

        assert_eq!(session.signature(M::ECDSA, key, &[7; 32]), Err(ReturnValue::ARGUMENTS_BAD));
        assert_eq!(emulator.request_lines(), [LIST, SIGN]);
    });
}

#[test]
fn retry_after_is_obeyed() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&with(&emulator, &QUICK)).session();
        let key = session.private_key("container-images/p-256");
        emulator.tell(
            "POST",
            "faults",
            json!({"route": "signHash", "status": 503, "headers": {"Retry-After": "1"}}),
        );
        let started = Instant::now();
        session.signature(M::ECDSA, key, &[7; 32]).unwrap();

        assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
        assert_eq!(emulator.request_lines(), [LIST, SIGN, SIGN]);
    });
}

#[test]
fn a_retry_after_beyond_the_time_limit_ends_the_attempts_at_once() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&with(&emulator, &QUICK)).session();
        let key = session.private_key("container-images/p-256");
        emulator.tell(
            "POST",
            "faults",
            json!({"route": "signHash", "status": 503, "headers": {"Retry-After": "60"}}),
        );
        let (result, console) = watching(|| session.signature(M::ECDSA, key, &[7; 32]));

        assert_eq!(result, Err(ReturnValue::FUNCTION_FAILED));
        assert!(console.contains("SignPath asks to wait for 60 s"), "{console}");
        assert_eq!(emulator.request_lines(), [LIST, SIGN]);
    });
}

#[test]
fn an_attempt_without_an_answer_ends_at_its_limit_and_the_next_one_may_succeed() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let variables = with(&emulator, &[("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", "1")]);
        let session = initialized(&variables).session();
        let key = session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "delayMilliseconds": 5000, "times": 1}));
        let started = Instant::now();
        session.signature(M::ECDSA, key, &[7; 32]).unwrap();

        assert!((1000..3500).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
        assert!(emulator.log().contains("no answer within 1 s"), "{}", emulator.log());
        assert!(emulator.log().contains("possibly signed twice"), "{}", emulator.log());
    });
}

#[test]
fn an_answer_that_was_lost_is_told_as_possibly_signed_twice() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&with(&emulator, &QUICK)).session();
        let key = session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "ending": {"cutAfterBytes": 10}}));
        session.signature(M::ECDSA, key, &[7; 32]).unwrap();

        assert_eq!(emulator.audit().len(), 2);
        assert!(
            emulator.log().contains("answered at attempt 2; possibly signed twice"),
            "{}",
            emulator.log()
        );
    });
}

#[test]
fn an_answer_that_a_gateway_lost_is_told_so_too() {
    in_own_process_each([502, 504], |status| {
        let emulator = Emulator::start();
        let session = initialized(&with(&emulator, &QUICK)).session();
        let key = session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "execute": true, "status": status}));
        session.signature(M::ECDSA, key, &[7; 32]).unwrap();

        assert_eq!(emulator.audit().len(), 2);
        assert!(emulator.log().contains("possibly signed twice"), "{}", emulator.log());
    });
}

#[test]
fn an_attempt_that_never_connects_is_not_told_as_possibly_signed_twice() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let relay = Relay::start(Reception::By(emulator.socket()));
        let url = format!("http://{}/Api", relay.address);
        // the attempt is over before the time to connect is
        let limits = [
            ("SIGNPATH_API_URL", url.as_str()),
            ("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", "10"),
            ("SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", "1"),
        ];
        let session = initialized(&with(&emulator, &limits)).session();
        let key = session.private_key("container-images/p-256");
        relay.receive(Reception::FullQueue);
        let (result, console) = watching(|| session.signature(M::ECDSA, key, &[7; 32]));

        assert_eq!(result, Err(ReturnValue::FUNCTION_FAILED));
        assert!(console.contains("no answer within 1 s (1 attempt in 1."), "{console}");
        assert!(!emulator.log().contains("possibly signed twice"), "{}", emulator.log());
    });
}

#[test]
fn an_answer_that_was_lost_counts_though_the_next_attempts_never_connect() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let relay = Relay::start(Reception::By(emulator.socket()));
        let url = format!("http://{}/Api", relay.address);
        let variables = [("SIGNPATH_API_URL", url.as_str()), ("SIGNPATH_TIMEOUTS_RETRY_COUNT", "1")];
        let session = initialized(&with(&emulator, &variables)).session();
        let key = session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "delayMilliseconds": 30_000}));
        let (result, console) = std::thread::scope(|scope| {
            scope.spawn(|| {
                while emulator.requests().len() < 2 {}
                relay.receive(Reception::Refusal);
            });
            watching(|| session.signature(M::ECDSA, key, &[7; 32]))
        });

        assert_eq!(result, Err(ReturnValue::FUNCTION_FAILED));
        assert!(console.contains("Connection refused (os error 111) (2 attempts in"), "{console}");
        assert!(console.contains("; possibly signed twice: an answer was lost)"), "{console}");
    });
}

#[test]
fn a_connection_that_went_stale_costs_one_silent_reconnect() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        emulator.tell("POST", "faults", json!({"route": "signHash", "ending": "close"}));
        sign(&session).unwrap();
        // the answer comes before the end of the connection does: a request sent between them would be lost
        std::thread::sleep(Duration::from_millis(300));
        let (result, console) = watching(|| sign(&session));

        assert!(result.is_ok());
        assert_eq!((console.as_str(), emulator.log().contains("attempt")), ("", false));
        assert_eq!(emulator.request_lines(), [LIST, SIGN, SIGN]);
    });
}
