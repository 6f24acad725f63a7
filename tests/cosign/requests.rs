//! What a cosign costs SignPath.

use crate::bench::{Bench, Cosign};
use crate::support::bench::{LIST, SIGN};

/// The API requests, and the connections that they came on.
fn cost(bench: &Bench) -> (Vec<String>, u64) {
    let connections = bench.emulator.control("requests")["connections"]["withApiRequests"].as_u64().unwrap();
    (bench.emulator.request_lines(), connections)
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn a_cold_cosign_sign_makes_two_requests_on_one_connection() {
    for cosign in Cosign::ALL {
        let bench = Bench::new(cosign);
        let image = bench.push_image("image");
        bench.sign("sign", &bench.key("rsa-3072"), &[&image]);

        assert_eq!(cost(&bench), (lines(&[LIST, SIGN]), 1), "{cosign:?}");
    }
}

#[test]
fn a_second_image_adds_what_cosigns_own_second_initialisation_costs_and_no_more() {
    for cosign in Cosign::ALL {
        let bench = Bench::new(cosign);
        let (one, other) = (bench.push_image("one"), bench.push_image("other"));
        bench.sign("sign", &bench.key("rsa-3072"), &[&one, &other]);

        // cosign finalises the module after each image, and nothing of a run outlives it
        assert_eq!(cost(&bench), (lines(&[LIST, SIGN, LIST, SIGN]), 2), "{cosign:?}");
    }
}

#[test]
fn verifying_with_the_key_asks_for_the_list_and_nothing_else() {
    for cosign in Cosign::ALL {
        let bench = Bench::new(cosign);
        let (key, image) = (bench.key("rsa-3072"), bench.push_image("image"));
        bench.sign("sign", &key, &[&image]);
        bench.emulator.tell("POST", "reset", serde_json::json!({}));
        bench.verify("verify", &key, &[&image]);

        assert_eq!(cost(&bench), (lines(&[LIST]), 1), "{cosign:?}");
    }
}
