//! Signing requests for files: submitted, watched, downloaded, audited.

use serde_json::{Value, json};

use crate::support::files::{
    PAYLOAD, audited, fields, form, get, packed, start, submit, unpacked, verifies, wait_for,
};
use crate::support::http::Request;
use crate::support::{ALL_POLICIES, Emulator, NO_POLICIES, ORGANIZATION, fixture, golden, openssl};

/// A random id that no signing request has.
const UNKNOWN: &str = "0a1b2c3d-4e5f-4789-abcd-ef0123456789";

#[test]
fn a_submission_is_answered_with_its_place() {
    let emulator = start(&[]);
    let response =
        emulator.send(&form(&fields("p-256", "cosign"), &packed("place", &[("payload.json", PAYLOAD)])));
    assert_eq!(response.status, 201);
    golden::assert_same(&emulator, &response, "submit-with-artifact-response.json");
    let id = response.json()["signingRequestId"].as_str().unwrap().to_owned();
    let expected = format!("http://{}/API/v1/{ORGANIZATION}/SigningRequests/{id}", emulator.address);
    assert_eq!(response.header("location"), Some(expected.as_str()));
    wait_for(&emulator, &id, "Completed");
    golden::assert_same(&emulator, &get(&emulator, &id, "/Status"), "signing-request-status.json");
}

#[test]
fn a_signing_request_shows_its_data_as_documented() {
    let emulator = start(&[]);
    let mut fields = fields("p-256", "cosign");
    fields.extend([
        ("description", "Called by cURL"),
        ("Origin.BuildData.Url", "https://ci.example/build/7"),
        ("Origin.RepositoryData.Url", "https://git.example/project"),
        ("Origin.RepositoryData.BranchName", "main"),
        ("Origin.RepositoryData.CommitId", "efe8bbc00c5484bfd38ce13a749ea2103a8ea713"),
        ("Origin.RepositoryData.SourceControlManagementType", "git"),
    ]);
    let id = submit(&emulator, &fields, &packed("data", &[("payload.json", PAYLOAD)]));
    wait_for(&emulator, &id, "Completed");

    let response = get(&emulator, &id, "");
    let body = response.expect(200);
    let mut golden = golden::read("signing-request.json").replace("<id>", &id);
    for member in ["projectId", "artifactConfigurationId", "signingPolicyId"] {
        golden = golden.replace(&format!("<{member}>"), body[member].as_str().unwrap());
    }
    golden = golden.replace("<origin>", &format!("http://{}", emulator.address));
    assert_eq!(response.text(), golden.replace("<organizationId>", ORGANIZATION));
}

#[test]
fn every_key_makes_signatures_that_openssl_verifies() {
    let emulator = start(&[]);
    for key in ["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521"] {
        let name = format!("key-{key}");
        let archive = packed(&name, &[("payload.json", PAYLOAD)]);
        let id = submit(&emulator, &fields(key, "detached-raw-signatures"), &archive);
        wait_for(&emulator, &id, "Completed");
        let folder = unpacked(&name, &get(&emulator, &id, "/SignedArtifact").body);
        assert_eq!(std::fs::read_to_string(folder.join("payload.json")).unwrap(), PAYLOAD);
        assert!(verifies(key, &folder.join("payload.json"), &folder.join("payload.json.sig")), "{key}");
    }
}

#[test]
fn a_curve_can_write_r_and_s_without_asn1() {
    let emulator = start(&["--shape", "raw-ecdsa-signature=ieee"]);
    let id = submit(&emulator, &fields("p-384", "cosign"), &packed("ieee", &[("statement", "DSSEv1 ")]));
    wait_for(&emulator, &id, "Completed");
    let folder = unpacked("ieee", &get(&emulator, &id, "/SignedArtifact").body);
    let signature = std::fs::read(folder.join("statement.sig")).unwrap();
    assert_eq!(signature.len(), 96);
    std::fs::write(folder.join("asn1"), openssl::ieee_to_asn1(&signature)).unwrap();
    assert!(verifies("p-384", &folder.join("statement"), &folder.join("asn1")));
}

#[test]
fn several_files_are_signed_in_one_request() {
    let emulator = start(&[]);
    let files = [("a.json", "1"), ("b.json", "2"), ("images/c.json", "3")];
    let id = submit(&emulator, &fields("rsa-3072", "cosign"), &packed("several", &files));
    wait_for(&emulator, &id, "Completed");
    let folder = unpacked("several", &get(&emulator, &id, "/SignedArtifact").body);
    for (path, _) in files {
        let signature = folder.join(format!("{path}.sig"));
        assert!(verifies("rsa-3072", &folder.join(path), &signature), "{path}");
    }
}

#[test]
fn the_submitted_artifact_can_be_fetched_and_the_signed_one_only_when_it_is_there() {
    let emulator = start(&[]);
    emulator.control("PUT", "workflow", &json!({ "holdAt": "Processing" }));
    let archive = packed("unsigned", &[("payload.json", PAYLOAD)]);
    let id = submit(&emulator, &fields("p-256", "cosign"), &archive);
    wait_for(&emulator, &id, "Processing");
    assert_eq!(get(&emulator, &id, "/UnsignedArtifact").body, archive);
    let message = get(&emulator, &id, "/SignedArtifact").validation_error();
    assert_eq!(message, ": The signing request has no signed artifact.");
    emulator.control("POST", &format!("signing-requests/{id}/release"), &Value::Null);
    wait_for(&emulator, &id, "Completed");
    assert_eq!(get(&emulator, &id, "/SignedArtifact").status, 200);
}

#[test]
fn the_certificate_is_that_of_the_policy_on_every_route() {
    let emulator = start(&[]);
    let id = submit(&emulator, &fields("p-521", "cosign"), &packed("certificate", &[("a", "1")]));
    let pem = fixture("certificates/p-521.self-signed.pem");
    let der = std::process::Command::new("openssl")
        .args(["x509", "-outform", "DER", "-in"])
        .arg(pem)
        .output()
        .unwrap()
        .stdout;
    for path in [
        format!("v1/{ORGANIZATION}/SigningRequests/{id}/X509Certificate"),
        format!("v1-pre/{ORGANIZATION}/SigningRequests/{id}/X509Certificate"),
        format!(
            "v1/{ORGANIZATION}/Projects/container-images/SigningPolicies/p-521/Certificate/X509Certificate"
        ),
    ] {
        let request = Request::new("GET", &format!("/Api/{path}")).bearer(ALL_POLICIES);
        let response = emulator.send(&request.header("Accept", "application/octet-stream"));
        assert_eq!((response.status, response.body == der), (200, true), "{path}");
    }
}

#[test]
fn a_submission_that_cannot_be_right_is_refused_at_once() {
    let emulator = start(&[]);
    let archive = packed("refused", &[("payload.json", PAYLOAD)]);
    let with = |field: (&'static str, &'static str)| [fields("p-256", "cosign"), vec![field]].concat();
    for (fields, expected) in [
        (vec![("projectSlug", "a")], "SigningPolicySlug: The SigningPolicySlug field is required."),
        (
            fields("p-257", "cosign"),
            "SigningPolicySlug: There is no signing policy with slug 'p-257' in the project with slug \
             'container-images'.",
        ),
        (
            fields("p-256", "cosing"),
            "ArtifactConfigurationSlug: There is no artifact configuration with slug 'cosing' in the project with \
             slug 'container-images'.",
        ),
        (fields("p-256", ""), ": The file has an invalid format."),
        (
            with(("parameters.tag", "v1")),
            "Parameters.tag: The artifact configuration does not define the parameter 'tag'.",
        ),
        (with(("tag", "v1")), "tag: The form field 'tag' is not known."),
        (
            with(("cancellationTimeoutInSeconds", "0")),
            "CancellationTimeoutInSeconds: The value '0' is not valid.",
        ),
    ] {
        assert_eq!(emulator.send(&form(&fields, &archive)).validation_error(), expected, "{fields:?}");
    }
    assert_eq!(emulator.observe("signing-requests"), json!({ "signingRequests": [] }));
}

#[test]
fn an_artifact_is_a_file_with_a_name() {
    let emulator = start(&[]);
    let body = "--b\r\nContent-Disposition: form-data; name=\"projectSlug\"\r\n\r\ncontainer-images\r\n\
                --b\r\nContent-Disposition: form-data; name=\"signingPolicySlug\"\r\n\r\np-256\r\n\
                --b\r\nContent-Disposition: form-data; name=\"artifact\"\r\n\r\nPK\r\n--b--\r\n";
    let request = Emulator::request("POST", "SigningRequests/SubmitWithArtifact");
    let response = emulator.send(&request.body("multipart/form-data; boundary=b", body));
    assert_eq!(response.validation_error(), "Artifact: The Artifact field is required.");
}

#[test]
fn what_is_wrong_in_an_artifact_comes_to_light_when_it_is_processed() {
    let emulator = start(&[]);
    let other = packed("other", &[("other.json", "{}")]);
    for (artifact, expected) in [
        (other.as_slice(), "0 files match path \"payload.json\"; expected min-matches 1, max-matches 1"),
        (b"no archive", "the ZIP archive cannot be read: "),
    ] {
        let id = submit(&emulator, &fields("p-256", "detached-raw-signatures"), artifact);
        wait_for(&emulator, &id, "ProcessingFailed");
        let entry = audited(&emulator, &id);
        assert_eq!(
            (&entry["outcome"], &entry["workflowStatus"]),
            (&json!("Failed"), &json!("ProcessingFailed"))
        );
        assert!(entry["reason"].as_str().unwrap().starts_with(expected), "{entry}");
    }
}

#[test]
fn only_submitters_submit_and_look() {
    let emulator = start(&[]);
    let archive = packed("submitters", &[("payload.json", PAYLOAD)]);
    let request = form(&fields("p-256", "cosign"), &archive);
    assert_eq!(emulator.send(&request.clone().bearer(NO_POLICIES)).status, 403);
    let id = submit(&emulator, &fields("p-256", "cosign"), &archive);
    for route in ["", "/Status", "/SignedArtifact", "/UnsignedArtifact", "/X509Certificate"] {
        let look = Emulator::request("GET", &format!("SigningRequests/{id}{route}")).bearer(NO_POLICIES);
        assert_eq!(emulator.send(&look).status, 403, "{route}");
    }
}

#[test]
fn an_unknown_signing_request_is_forbidden_and_a_broken_id_is_named() {
    let emulator = start(&[]);
    assert_eq!(
        get(&emulator, UNKNOWN, "/Status").expect(403)["detail"],
        format!("The user has no access to the signing request '{UNKNOWN}', or it does not exist.")
    );
    assert_eq!(
        get(&emulator, "latest", "").validation_error(),
        "signingRequestId: The value 'latest' is not valid."
    );
}

#[test]
fn a_legacy_server_has_no_route_for_files() {
    let emulator = Emulator::start(&["--api", "legacy"]);
    let archive = packed("legacy", &[("payload.json", PAYLOAD)]);
    assert_eq!(emulator.send(&form(&fields("p-256", "cosign"), &archive)).status, 404);
    assert_eq!(get(&emulator, UNKNOWN, "/Status").status, 404);
}

#[test]
fn the_audit_log_has_all_of_what_was_signed() {
    let emulator = start(&[]);
    let mut fields = fields("rsa-2048", "cosign");
    fields.extend([("description", "nightly"), ("origin.repositoryData.commitId", "abc")]);
    let archive = packed("audited", &[("payload.json", PAYLOAD), ("statement", "DSSEv1 28 a")]);
    let id = submit(&emulator, &fields, &archive);
    wait_for(&emulator, &id, "Completed");
    let entry = audited(&emulator, &id);
    assert_eq!(
        (&entry["user"], &entry["outcome"], &entry["description"], &entry["reason"]),
        (&json!("all-policies"), &json!("Completed"), &json!("nightly"), &Value::Null)
    );
    assert_eq!(entry["artifact"]["fileName"], "payload.json.zip");
    assert_eq!(entry["artifact"]["bytes"], archive.len());
    assert_eq!(entry["artifactConfiguration"], "cosign");
    assert_eq!(entry["origin"], json!({ "repositoryData": { "commitId": "abc" } }));
    let files = entry["files"].as_array().unwrap();
    let payload: Value = serde_json::from_str(PAYLOAD).unwrap();
    let contents = [json!({ "json": payload }), json!({ "text": "DSSEv1 28 a" })];
    for (file, path, content) in [("payload.json", &contents[0]), ("statement", &contents[1])]
        .map(|(path, content)| (files.iter().find(|file| file["path"] == path).unwrap(), path, content))
    {
        assert_eq!(&file["content"], content);
        let expected = json!([{ "path": format!("{path}.sig"), "algorithm": "RsaPkcs1 Sha256 of Sha256" }]);
        assert_eq!(file["signatures"], expected);
    }
}

#[test]
fn a_refused_submission_is_audited_as_well() {
    let emulator = start(&[]);
    let archive = packed("audited-refusal", &[("payload.json", PAYLOAD)]);
    emulator.send(&form(&fields("p-256", "cosing"), &archive)).expect(400);
    let audit = emulator.audit();
    assert_eq!((audit.len(), &audit[0]["outcome"]), (1, &json!("Refused")));
    assert_eq!(audit[0]["artifactConfiguration"], "cosing");
    assert_eq!(audit[0]["signingRequestId"], Value::Null);
}
