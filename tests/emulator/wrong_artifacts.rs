//! Signed artifacts that a client must refuse: each is wrong in the way that its name says, and in no other.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::Emulator;
use crate::support::files::{PAYLOAD, fields, get, packed, start, submit, unpacked, verifies, wait_for};
use crate::support::openssl;

/// The answer to a download that has gone wrong as `artifact` says.
fn download(emulator: &Emulator, policy: &str, artifact: &str) -> Vec<u8> {
    let archive = packed(&format!("{policy}-{artifact}"), &[("payload.json", PAYLOAD)]);
    let id = submit(emulator, &fields(policy, "cosign"), &archive);
    wait_for(emulator, &id, "Completed");
    emulator.fault(&json!({ "route": "signedArtifact", "artifact": artifact }));
    let response = get(emulator, &id, "/SignedArtifact");
    assert_eq!(response.status, 200, "{}", response.text());
    response.body
}

fn files(policy: &str, artifact: &str) -> (PathBuf, PathBuf) {
    let folder = unpacked(artifact, &download(&start(&[]), policy, artifact));
    (folder.join("payload.json"), folder.join("payload.json.sig"))
}

#[test]
fn a_signature_by_another_key_is_one_by_another_key() {
    for (policy, other) in [("rsa-3072", "rsa-2048"), ("p-256", "p-384")] {
        let (payload, signature) = files(policy, "otherKey");
        assert_eq!(fs::read_to_string(&payload).unwrap(), PAYLOAD);
        assert!(!verifies(policy, &payload, &signature));
        assert!(verifies(other, &payload, &signature));
    }
}

#[test]
fn a_signature_over_other_bytes_comes_with_the_right_file() {
    let (payload, signature) = files("rsa-2048", "otherBytes");
    assert_eq!(fs::read_to_string(&payload).unwrap(), PAYLOAD);
    assert!(!verifies("rsa-2048", &payload, &signature));
    fs::write(&payload, format!("{PAYLOAD} ")).unwrap();
    assert!(verifies("rsa-2048", &payload, &signature));
}

#[test]
fn a_changed_file_comes_with_a_signature_that_verifies() {
    let (payload, signature) = files("p-256", "changedFile");
    assert_eq!(fs::read_to_string(&payload).unwrap(), format!("{PAYLOAD} "));
    assert!(verifies("p-256", &payload, &signature));
}

#[test]
fn a_wrong_file_has_another_name() {
    let (payload, _) = files("p-256", "wrongFile");
    let folder = payload.parent().unwrap();
    assert!(!payload.exists());
    assert!(verifies("p-256", &folder.join("other-payload.json"), &folder.join("other-payload.json.sig")));
}

#[test]
fn a_signature_can_be_missing() {
    let (payload, signature) = files("p-256", "noSignature");
    assert!(payload.exists() && !signature.exists());
}

#[test]
fn a_truncated_archive_cannot_be_unpacked() {
    let archive = download(&start(&[]), "p-256", "truncated");
    assert!(archive.starts_with(b"PK\x03\x04"));
    assert!(!is_whole("truncated", &archive));
}

#[test]
fn a_path_leads_out_of_the_archive() {
    let archive = download(&start(&[]), "p-256", "parentPath");
    let name = b"../payload.json.sig";
    assert!(archive.windows(name.len()).any(|window| window == name));
    assert!(is_whole("parentPath", &archive));
}

#[test]
fn a_bomb_is_small_until_it_is_unpacked() {
    let archive = download(&start(&[]), "p-256", "bomb");
    assert!(archive.len() < 4_000_000, "{}", archive.len());
    let file = crate::support::folder("bomb").join("archive.zip");
    fs::write(&file, archive).unwrap();
    let (_, listing) = openssl::run("unzip", "unzip", &["-l", file.to_str().unwrap()]);
    assert!(listing.contains("67108864"), "{listing}");
}

#[test]
fn a_download_goes_wrong_once() {
    let emulator = start(&[]);
    download(&emulator, "p-256", "truncated");
    let id = emulator.observe("signing-requests")["signingRequests"][0]["signingRequestId"].clone();
    let archive = get(&emulator, id.as_str().unwrap(), "/SignedArtifact").body;
    assert!(is_whole("right", &archive));
}

fn is_whole(name: &str, archive: &[u8]) -> bool {
    let file = crate::support::folder(&format!("{name}-tested")).join("archive.zip");
    fs::write(&file, archive).unwrap();
    openssl::run("unzip", "unzip", &["-t", file.to_str().unwrap()]).0
}
