//! When something is wrong: the documented `CK_RV`, one line that a person can act on, and no secret in it.

use serde_json::json;
use signpath_pkcs11::token::names::{AttributeType as A, MechanismType as M, ObjectClass, ReturnValue};

use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Session, initialized};

/// Fails unless `console` is one line that holds all of `parts`, and no secret.
fn one_line(emulator: &Emulator, console: &str, parts: &[&str]) {
    assert_eq!(console.lines().count(), 1, "{console}");
    assert!(console.starts_with("signpath-pkcs11: error: "), "{console}");
    for part in parts {
        assert!(console.contains(part), "no `{part}` in: {console}");
    }
    for secret in [&emulator.token, &emulator.token_some, &emulator.token_none] {
        assert!(!console.contains(secret.as_str()), "{console}");
        assert!(!emulator.log().contains(secret.as_str()));
    }
}

fn sign(session: &Session, label: &str) -> Result<Vec<u8>, ReturnValue> {
    session.signature(M::SHA256_RSA_PKCS, session.private_key(label), b"data")
}

#[test]
fn a_wrong_token_is_an_incorrect_pin() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        let pin = format!("{}:{}x", emulator.organization, emulator.token);
        let (result, console) = watching(|| session.log_in(&pin));

        assert_eq!(result, Err(ReturnValue::PIN_INCORRECT));
        one_line(
            &emulator,
            &console,
            &["listing the signing policies", "401 Unauthorized", "check the API token"],
        );
    });
}

#[test]
fn a_wrong_configured_token_is_told_by_the_search_that_needs_it() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_API_TOKEN", "no-such-token".to_owned()));
        let session = initialized(&variables).session();
        let (result, console) = watching(|| session.find_init(&[]));

        assert_eq!(result, Err(ReturnValue::ARGUMENTS_BAD));
        one_line(&emulator, &console, &["401 Unauthorized", "SIGNPATH_API_TOKEN"]);
    });
}

#[test]
fn a_wrong_organization_is_an_incorrect_pin() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        let pin = format!("11111111-2222-4333-8444-555555555555:{}", emulator.token);
        let (result, console) = watching(|| session.log_in(&pin));

        assert_eq!(result, Err(ReturnValue::PIN_INCORRECT));
        one_line(&emulator, &console, &["403 Forbidden", "check the organization id"]);
    });
}

#[test]
fn an_unknown_policy_is_no_object_and_the_known_ones_are_named_once() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let class = ObjectClass::PRIVATE_KEY.0.to_ne_bytes();
        let template: [(A, &[u8]); 2] = [(A::CLASS, &class), (A::ID, b"container-images/rsa-3027")];
        let (found, console) = watching(|| (session.find(&template), session.find(&template)));

        assert_eq!(found, (Ok(Vec::new()), Ok(Vec::new())));
        one_line(
            &emulator,
            &console,
            &[
                "there is no key `container-images/rsa-3027`",
                "container-images/rsa-3072",
                "desktop-app/release",
            ],
        );
    });
}

#[test]
fn a_policy_that_was_removed_after_listing_is_told_in_the_services_words() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        session.private_key("desktop-app/release");
        emulator.tell("DELETE", "policies/desktop-app/release", json!({}));
        let (result, console) = watching(|| sign(&session, "desktop-app/release"));

        assert_eq!(result, Err(ReturnValue::ARGUMENTS_BAD));
        let words = "There is no signing policy with slug 'release' in the project with slug 'desktop-app'.";
        one_line(
            &emulator,
            &console,
            &["signing with desktop-app/release", "400 Bad Request", words, "trace id 00-"],
        );
    });
}

#[test]
fn a_policy_with_approval_is_told_in_the_services_words() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let (result, console) = watching(|| sign(&session, "container-images/needs-approval"));

        assert_eq!(result, Err(ReturnValue::ARGUMENTS_BAD));
        let words = "Hash signing does not support approvals.";
        one_line(&emulator, &console, &["400 Bad Request", words, "signing policy without approval process"]);
    });
}

#[test]
fn a_user_without_any_role_is_told_so() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        let pin = format!("{}:{}", emulator.organization, emulator.token_none);
        let (result, console) = watching(|| session.log_in(&pin));

        assert_eq!(result, Ok(()));
        one_line(&emulator, &console, &["lists no signing policy", "make the user Submitter"]);
    });
}

#[test]
fn a_role_that_was_taken_away_is_told_in_the_services_words() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        session.private_key("container-images/rsa-2048");
        emulator.tell("POST", "users/all-policies", json!({"submitterOf": []}));
        let (result, console) = watching(|| sign(&session, "container-images/rsa-2048"));

        assert_eq!(result, Err(ReturnValue::ARGUMENTS_BAD));
        one_line(&emulator, &console, &["403 Forbidden", "Submitter of the signing policy"]);
    });
}

#[test]
fn a_service_that_is_down_is_told_when_the_time_for_it_is_over() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_API_URL", "http://127.0.0.1:1/Api".to_owned()));
        variables.push(("SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", "2".to_owned()));
        let session = initialized(&variables).session();
        let started = std::time::Instant::now();
        let (result, console) = watching(|| session.log_in("CONFIG"));

        assert_eq!(result, Err(ReturnValue::FUNCTION_FAILED));
        assert!(started.elapsed().as_millis() < 3000, "{:?}", started.elapsed());
        one_line(&emulator, &console, &["Connection refused", "attempts in", "check the network"]);
    });
}

#[test]
fn a_service_that_stays_unavailable_has_the_return_value_of_its_answer() {
    let cases = [
        (429, ReturnValue::FUNCTION_FAILED),
        (503, ReturnValue::FUNCTION_FAILED),
        (500, ReturnValue::DEVICE_ERROR),
        (501, ReturnValue::DEVICE_ERROR),
    ];
    in_own_process_each(cases, |(status, expected)| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.05".to_owned()));
        variables.push(("SIGNPATH_TIMEOUTS_RETRY_COUNT", "1".to_owned()));
        let session = initialized(&variables).session();
        session.private_key("container-images/rsa-2048");
        emulator.tell("POST", "faults", json!({"route": "signHash", "status": status, "times": 100}));
        let (result, console) = watching(|| sign(&session, "container-images/rsa-2048"));

        assert_eq!(result, Err(expected));
        one_line(&emulator, &console, &[&format!("SignPath answered {status}")]);
    });
}

#[test]
fn an_answer_that_is_none_is_a_general_error() {
    let cases = [
        json!({"body": "<html>hello</html>"}),
        json!({"body": "{}"}),
        json!({"body": {"nesting": 100_000}}),
        json!({"body": {"spaces": 2_000_000}}),
        json!({"status": 302, "headers": {"Location": "https://elsewhere.test/"}}),
    ];
    in_own_process_each(cases, |fault| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        session.private_key("container-images/rsa-2048");
        let mut fault = fault;
        fault["route"] = json!("signHash");
        emulator.tell("POST", "faults", fault);
        let (result, console) = watching(|| sign(&session, "container-images/rsa-2048"));

        assert_eq!(result, Err(ReturnValue::GENERAL_ERROR));
        one_line(&emulator, &console, &["signing with container-images/rsa-2048", "ApiUrl"]);
        assert!(sign(&session, "container-images/rsa-2048").is_ok());
    });
}

#[test]
fn a_signature_that_does_not_verify_is_never_handed_out() {
    in_own_process_each(["flipBits", "shorten", "lengthen"], |tampering| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        session.private_key("container-images/rsa-2048");
        emulator.tell("POST", "faults", json!({"route": "signHash", "signature": tampering}));
        let (result, console) = watching(|| sign(&session, "container-images/rsa-2048"));

        assert_eq!(result, Err(ReturnValue::DEVICE_ERROR));
        one_line(&emulator, &console, &["does not verify", "nothing was handed out", "/SigningRequests/"]);
        assert!(sign(&session, "container-images/rsa-2048").is_ok());
    });
}

#[test]
fn a_token_that_the_service_repeats_is_masked_also_where_its_plus_sign_is_escaped() {
    let bodies = ["the token TOKEN is not welcome", r#"{"detail":"the token TOKEN is not welcome"}"#];
    let escapes = ["+", "\\u002B"];
    in_own_process_each(bodies.into_iter().zip(escapes), |(body, plus)| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        session.private_key("container-images/rsa-2048");
        let body = body.replace("TOKEN", &emulator.token.replace('+', plus));
        emulator.tell("POST", "faults", json!({"route": "signHash", "status": 400, "body": body}));
        let (_, console) = watching(|| sign(&session, "container-images/rsa-2048"));

        one_line(&emulator, &console, &["the token *** is not welcome"]);
    });
}

#[test]
fn a_line_end_in_the_services_words_starts_no_line() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        session.private_key("container-images/rsa-2048");
        let body = "one\nsignpath-pkcs11: error: two\u{1b}[2J";
        emulator.tell("POST", "faults", json!({"route": "signHash", "status": 400, "body": body}));
        let (_, console) = watching(|| sign(&session, "container-images/rsa-2048"));

        one_line(&emulator, &console, &["one\\nsignpath-pkcs11: error: two\\u{1b}[2J"]);
    });
}

#[test]
fn the_hosts_own_mistakes_are_told_in_the_log_file_only() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let (result, console) = watching(|| session.sign_init(M::ECDSA, 0xdead));

        assert_eq!(result, Err(ReturnValue::KEY_HANDLE_INVALID));
        assert_eq!(console, "");
        assert!(emulator.log().contains("C_SignInit: CKR_KEY_HANDLE_INVALID: there is no object 57005"));
    });
}

#[test]
fn a_server_whose_certificate_is_not_trusted_is_told_at_once() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        let mut variables = emulator.variables();
        variables.retain(|(name, _)| *name != "SIGNPATH_TLS_CERTIFICATE_AUTHORITIES");
        let session = initialized(&variables).session();
        let started = std::time::Instant::now();
        let (result, console) = watching(|| session.log_in("CONFIG"));

        assert_eq!(result, Err(ReturnValue::GENERAL_ERROR));
        assert!(started.elapsed().as_secs() < 5);
        one_line(
            &emulator,
            &console,
            &["invalid peer certificate: UnknownIssuer", "TlsCertificateAuthorities"],
        );
    });
}
