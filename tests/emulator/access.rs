//! Tokens, organizations, paths: what every route asks first.

use serde_json::json;

use crate::support::http::Request;
use crate::support::{ALL_POLICIES, AWKWARD, Emulator, NO_POLICIES, ORGANIZATION, SOME_POLICIES};

fn policies_as(token: &str) -> Request {
    Emulator::request("GET", "Cryptoki/MySigningPolicies").bearer(token)
}

#[test]
fn the_health_check_needs_no_token() {
    let emulator = Emulator::start(&[]);
    let response = emulator.send(&Request::new("GET", "/Api/healthz"));
    assert_eq!((response.status, response.text()), (200, "Healthy"));
}

#[test]
fn paths_are_matched_in_any_case() {
    let emulator = Emulator::start(&[]);
    for base in ["/Api/v1", "/api/v1", "/API/V1"] {
        for route in
            ["Cryptoki/MySigningPolicies", "cryptoki/mysigningpolicies", "CRYPTOKI/MYSIGNINGPOLICIES/"]
        {
            let request = Request::new("GET", &format!("{base}/{ORGANIZATION}/{route}")).bearer(ALL_POLICIES);
            assert_eq!(emulator.send(&request).status, 200, "{base} {route}");
        }
    }
}

#[test]
fn each_user_sees_the_policies_of_which_it_is_submitter() {
    let emulator = Emulator::start(&[]);
    let slugs = |token| {
        let body = emulator.send(&policies_as(token)).expect(200);
        let policies = body["signingPolicies"].as_array().unwrap().clone();
        policies
            .iter()
            .map(|policy| policy["signingPolicySlug"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = ["needs-approval", "p-256", "p-384", "p-521", "rsa-2048", "rsa-3072", "rsa-4096", "release"];
    assert_eq!(slugs(ALL_POLICIES), all);
    assert_eq!(slugs(AWKWARD), all);
    assert_eq!(slugs(SOME_POLICIES), ["p-256", "rsa-3072"]);
    assert!(slugs(NO_POLICIES).is_empty());
}

#[test]
fn without_a_valid_token_the_answer_is_401_and_says_why() {
    let emulator = Emulator::start(&[]);
    let none =
        emulator.send(&Request::new("GET", &format!("/Api/v1/{ORGANIZATION}/Cryptoki/MySigningPolicies")));
    let body = none.expect(401);
    assert_eq!(body["title"], "Unauthorized");
    assert_eq!(body["status"], 401);
    assert_eq!(
        body["detail"],
        "The request has no API token. Expected the header 'Authorization: Bearer <API token>'."
    );
    assert_eq!(none.header("www-authenticate"), Some("Bearer"));

    let wrong = emulator.send(&policies_as("EmulatorToken/AllPolicies"));
    assert_eq!(wrong.expect(401)["detail"], "The API token is not valid.");
}

#[test]
fn another_organization_is_403_and_no_organization_is_400() {
    let emulator = Emulator::start(&[]);
    let organization = |id: &str| {
        let path = format!("/Api/v1/{id}/Cryptoki/MySigningPolicies");
        emulator.send(&Request::new("GET", &path).bearer(ALL_POLICIES))
    };
    assert_eq!(organization(&ORGANIZATION.to_uppercase()).status, 200);
    let foreign = organization("5f0bcbd4-9c4e-4a6e-8f37-2d6c1b7a9e02").expect(403);
    assert_eq!(
        foreign["detail"],
        "The user has no access to the organization '5f0bcbd4-9c4e-4a6e-8f37-2d6c1b7a9e02', or it does not exist."
    );
    assert_eq!(
        organization("00000000-0000-0000-0000-000000000000").validation_error(),
        "organizationId: The organization id must not be the empty GUID."
    );
    assert_eq!(organization("acme").validation_error(), "organizationId: The value 'acme' is not valid.");
}

#[test]
fn a_client_that_reads_no_json_is_told_so() {
    let emulator = Emulator::start(&[]);
    let accepting = |accept| emulator.send(&policies_as(ALL_POLICIES).header("Accept", accept)).status;
    assert_eq!(accepting("*/*"), 200);
    assert_eq!(accepting("application/json"), 200);
    assert_eq!(accepting("text/html"), 406);
}

#[test]
fn other_methods_and_paths_are_405_and_404() {
    let emulator = Emulator::start(&[]);
    let wrong_method = emulator.send(&Emulator::request("PUT", "SigningRequests/SignHash"));
    assert_eq!((wrong_method.status, wrong_method.header("allow")), (405, Some("POST")));
    let missing = emulator.send(&Emulator::request("GET", "Projects"));
    assert_eq!(missing.expect(404)["title"], "Not Found");
    assert_eq!(emulator.send(&Request::new("GET", "/")).status, 404);
}

#[test]
fn a_legacy_server_refuses_in_plain_text() {
    let emulator = Emulator::start(&["--api", "legacy"]);
    let unauthorized = emulator.send(&policies_as("nobody"));
    assert_eq!((unauthorized.status, unauthorized.text()), (401, "The API token is not valid."));
    assert_eq!(unauthorized.header("content-type"), Some("text/plain; charset=utf-8"));
    let missing = emulator.send(&Emulator::request("POST", "SigningRequests/SignHash").json(&json!({})));
    assert_eq!((missing.status, missing.text()), (404, ""));
}

#[test]
fn a_legacy_server_may_also_say_405_to_sign_hash() {
    let emulator = Emulator::start(&["--api", "legacy", "--shape", "missing-route=405"]);
    assert_eq!(emulator.sign_hash(&json!({})).status, 405);
}

#[test]
fn problems_have_either_content_type() {
    let emulator = Emulator::start(&[]);
    let content_type = || emulator.send(&policies_as("nobody")).header("content-type").unwrap().to_owned();
    assert_eq!(content_type(), "application/json; charset=utf-8");
    emulator.shapes(&json!({ "error-content-type": "application/problem+json" }));
    assert_eq!(content_type(), "application/problem+json; charset=utf-8");
}
