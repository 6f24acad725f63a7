//! The list of keys: read in every shape that nobody has ruled out, narrowed as configured, refreshed when it has to
//! be, and never asked for more often than that.

use std::time::Duration;

use serde_json::json;
use signpath_pkcs11::token::names::{AttributeType as A, MechanismType as M, ObjectClass, ReturnValue};

use crate::support::bench::LABELS;
use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Session, initialized};
use crate::support::verification::{digest, verify};

fn labels(session: &Session) -> Vec<String> {
    let class = ObjectClass::PRIVATE_KEY.0.to_ne_bytes();
    let keys = session.find(&[(A::CLASS, &class)]).unwrap();
    keys.iter().map(|key| String::from_utf8(session.attribute(*key, A::LABEL).unwrap()).unwrap()).collect()
}

fn with_shapes(shapes: &[&str]) -> Emulator {
    let arguments: Vec<&str> = shapes.iter().flat_map(|shape| ["--shape", shape]).collect();
    Emulator::with(&arguments)
}

/// The session signs with each key of the list, and the signature is the fixture key's.
fn signs_with(session: &Session, name: &str) {
    let key = session.private_key(&format!("container-images/{name}"));
    let (mechanism, scheme) =
        if name.starts_with("rsa") { (M::SHA256_RSA_PKCS, "pkcs1") } else { (M::ECDSA_SHA256, "ecdsa") };
    let digest = digest("sha256", b"data");
    verify(name, scheme, "sha256", &digest, &session.signature(mechanism, key, b"data").unwrap());
}

#[test]
fn keys_are_listed_in_the_order_of_their_labels() {
    in_own_process(|| {
        let emulator = Emulator::start();
        assert_eq!(labels(&initialized(&emulator.variables()).session()), LABELS);
    });
}

#[test]
fn only_the_keys_of_policies_whose_submitter_the_user_is_are_there() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        session.log_in(&format!("{}:{}", emulator.organization, emulator.token_some)).unwrap();

        assert_eq!(labels(&session), ["container-images/p-256", "container-images/rsa-3072"]);
    });
}

#[test]
fn a_project_and_a_signing_policy_narrow_the_list() {
    let cases = [
        (Some("desktop-app"), None, &["desktop-app/release"][..]),
        (None, Some("p-384"), &["container-images/p-384"]),
        (Some("container-images"), Some("rsa-2048"), &["container-images/rsa-2048"]),
    ];
    in_own_process_each(cases, |(project, policy, expected)| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.extend(project.map(|slug: &str| ("SIGNPATH_PROJECT_SLUG", slug.to_owned())));
        variables.extend(policy.map(|slug: &str| ("SIGNPATH_SIGNING_POLICY_SLUG", slug.to_owned())));
        assert_eq!(labels(&initialized(&variables).session()), expected);
    });
}

#[test]
fn every_plausible_entry_of_an_ec_key_is_understood_with_a_certificate_and_without() {
    in_own_process(|| {
        let emulator = Emulator::with(&["--shape", "gpg-policy=on"]);
        let pkcs11 = initialized(&emulator.variables());
        for certificate_type in ["X509", "Gpg"] {
            emulator.tell(
                "PUT",
                "policies/container-images/p-256",
                json!({"certificateType": certificate_type}),
            );
            for key_type in ["Ecdsa", "Ec", "EC", "ECDSA", "absent"] {
                for (encoding, parameters) in ec_encodings(certificate_type) {
                    let shapes = json!({"ec-key-type": key_type, "ec-public-key": encoding, "ec-parameters": parameters});
                    emulator.tell("PUT", "shapes", shapes);
                    pkcs11.finalize().unwrap();
                    pkcs11.initialize().unwrap();
                    signs_with(&pkcs11.session(), "p-256");
                }
            }
        }
    });
}

/// Where the key can stand; without a certificate it must stand somewhere.
fn ec_encodings(certificate_type: &str) -> Vec<(&'static str, &'static str)> {
    let all = ["spki", "point", "absent"];
    let pairs = all.into_iter().flat_map(|encoding| {
        ["absent", "named-curve", "dotnet"].into_iter().map(move |parameters| (encoding, parameters))
    });
    let is_told = |(encoding, parameters): &(&str, &str)| *encoding != "absent" || *parameters == "dotnet";
    pairs.filter(|pair| certificate_type == "X509" || is_told(pair)).collect()
}

#[test]
fn every_other_plausible_shape_of_the_service_is_understood() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        for shape in emulator.control("shapes")["shapes"].as_array().unwrap() {
            let key = shape["key"].as_str().unwrap();
            for value in shape["values"].as_array().unwrap() {
                emulator.tell("PUT", "shapes", json!({key: value}));
                pkcs11.finalize().unwrap();
                pkcs11.initialize().unwrap();
                let session = pkcs11.session();
                for name in ["rsa-2048", "p-384"] {
                    signs_with(&session, name);
                }
            }
            emulator.tell("PUT", "shapes", json!({key: shape["values"][0]}));
        }
    });
}

#[test]
fn a_gpg_key_shows_its_key_pair_and_no_certificate() {
    in_own_process_each(["null", "absent", "empty"], |certificate| {
        let emulator = with_shapes(&["gpg-policy=on", &format!("gpg-certificate={certificate}")]);
        let session = initialized(&emulator.variables()).session();
        let found = session.find(&[(A::LABEL, b"container-images/gpg-rsa")]).unwrap();
        let classes: Vec<Vec<u8>> =
            found.iter().map(|object| session.attribute(*object, A::CLASS).unwrap()).collect();

        assert_eq!(
            classes,
            [ObjectClass::PRIVATE_KEY.0.to_ne_bytes(), ObjectClass::PUBLIC_KEY.0.to_ne_bytes()]
        );
    });
}

#[test]
fn a_gpg_key_shows_a_certificate_without_meaning_where_that_is_configured() {
    in_own_process(|| {
        let emulator = with_shapes(&["gpg-policy=on"]);
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_INCLUDE_DUMMY_X509CERTIFICATE_FOR_GPG_KEYS", "true".to_owned()));
        let session = initialized(&variables).session();
        let certificate = session.object(ObjectClass::CERTIFICATE, "container-images/gpg-rsa");
        let key = session.private_key("container-images/gpg-rsa");

        let spki = session.attribute(key, A::PUBLIC_KEY_INFO).unwrap();
        let der = session.attribute(certificate, A::VALUE).unwrap();
        assert!(der.windows(spki.len()).any(|window| window == spki));
    });
}

#[test]
fn an_entry_that_cannot_be_understood_is_logged_and_hides_no_other() {
    in_own_process(|| {
        let emulator = with_shapes(&["odd-entry=every-kind"]);
        let session = initialized(&emulator.variables()).session();

        assert_eq!(labels(&session), LABELS);
        assert!(emulator.log().contains("it is left out"), "{}", emulator.log());
    });
}

#[test]
fn nothing_but_a_login_or_a_search_asks_the_service() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        pkcs11.token_info().unwrap();
        pkcs11.mechanisms();
        let session = pkcs11.session();
        session.info().unwrap();
        assert_eq!(emulator.requests().len(), 0);
        session.log_in("CONFIG").unwrap();
        session.private_key("container-images/p-256");
        session.find(&[]).unwrap();

        assert_eq!(emulator.request_lines(), ["GET /Api/v1/ORG/Cryptoki/MySigningPolicies"]);
    });
}

#[test]
fn a_search_for_what_is_no_key_and_no_certificate_asks_nobody() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        for class in
            [ObjectClass::PROFILE, ObjectClass::SECRET_KEY, ObjectClass::DATA, ObjectClass(0xce53_4351)]
        {
            session.find(&[(A::CLASS, &class.0.to_ne_bytes()), (A::TOKEN, &[1])]).unwrap();
        }

        assert_eq!(emulator.requests().len(), 0);
    });
}

#[test]
fn many_threads_that_search_at_once_ask_once() {
    in_own_process(|| {
        let emulator = Emulator::start();
        emulator.tell("POST", "faults", json!({"route": "mySigningPolicies", "delayMilliseconds": 200}));
        let pkcs11 = initialized(&emulator.variables());
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(labels(&pkcs11.session()), LABELS));
            }
        });

        assert_eq!(emulator.requests().len(), 1);
    });
}

#[test]
fn many_threads_that_search_while_the_service_is_down_fail_together() {
    in_own_process(|| {
        let emulator = Emulator::start();
        emulator.tell("POST", "faults", json!({"route": "mySigningPolicies", "status": 503, "times": 1000}));
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", "2".to_owned()));
        let pkcs11 = initialized(&variables);
        let started = std::time::Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope
                    .spawn(|| assert_eq!(pkcs11.session().find_init(&[]), Err(ReturnValue::FUNCTION_FAILED)));
            }
        });

        assert!(
            started.elapsed() < Duration::from_secs(5),
            "one after the other takes 32 s: {:?}",
            started.elapsed()
        );
    });
}

#[test]
fn a_search_for_a_key_that_is_not_there_asks_again_but_not_within_ten_seconds() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        assert_eq!(labels(&session), LABELS);
        emulator.tell("PUT", "policies/desktop-app/new", json!({"key": "p-256"}));
        let class = ObjectClass::PRIVATE_KEY.0.to_ne_bytes();
        let find = || session.find(&[(A::CLASS, &class), (A::ID, b"desktop-app/new")]).unwrap().len();
        assert_eq!(find(), 0);
        assert_eq!(emulator.requests().len(), 1);

        std::thread::sleep(Duration::from_millis(10_100));
        let old = session.private_key("container-images/p-256");
        assert_eq!(find(), 1);
        assert_eq!(emulator.requests().len(), 2);
        assert_eq!(session.private_key("container-images/p-256"), old, "handles stay where nothing changed");
    });
}

#[test]
fn a_search_without_a_name_or_for_a_certificate_never_asks_again() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        assert_eq!(labels(&session), LABELS);
        std::thread::sleep(Duration::from_millis(10_100));
        let (certificate, secret) =
            (ObjectClass::CERTIFICATE.0.to_ne_bytes(), ObjectClass::SECRET_KEY.0.to_ne_bytes());
        session.find(&[(A::CLASS, &certificate), (A::ID, b"no/thing")]).unwrap();
        session.find(&[(A::CLASS, &secret), (A::LABEL, b"no/thing")]).unwrap();
        session.find(&[(A::ID, b"no/thing")]).unwrap();

        assert_eq!(emulator.requests().len(), 1);
    });
}

#[test]
fn a_key_that_was_replaced_is_found_out_by_the_next_signature_and_found_by_the_next_search() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.variables()).session();
        let (old, other) =
            (session.private_key("container-images/p-256"), session.private_key("container-images/rsa-2048"));
        emulator.tell("PUT", "policies/container-images/p-256", json!({"key": "p-384"}));
        session.sign_init(M::ECDSA_SHA256, old).unwrap();
        let (result, console) = watching(|| session.sign(b"data"));

        assert_eq!(result, Err(ReturnValue::KEY_HANDLE_INVALID));
        assert!(console.contains("the key was replaced in SignPath"), "{console}");
        assert_eq!(session.sign_init(M::ECDSA, old), Err(ReturnValue::KEY_HANDLE_INVALID));
        assert_eq!(session.private_key("container-images/rsa-2048"), other);
        let new = session.private_key("container-images/p-256");
        let signature = session.signature(M::ECDSA, new, &[7; 32]).unwrap();
        verify("p-384", "ecdsa", "none", &[7; 32], &signature);
    });
}
