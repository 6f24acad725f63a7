//! Signing requests for files: forms, archives, waiting, and signatures of files verified by the openssl command.
//!
//! Archives are packed and unpacked by zip and unzip, which share no code with the emulator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::{Emulator, fixture, folder, openssl};

/// Longer than any signing request of these tests takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const BOUNDARY: &str = "----signpath-test-boundary";

/// What `cosign generate` writes for one image.
pub(crate) const PAYLOAD: &str = r#"{"critical":{"identity":{"docker-reference":"registry.example/image"},"image":{"docker-manifest-digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"type":"cosign container image signature"},"optional":null}"#;

/// An emulator whose signing requests take no longer than they must.
pub(crate) fn start(arguments: &[&str]) -> Emulator {
    let emulator = Emulator::start(arguments);
    emulator.control("PUT", "workflow", &json!({ "stageMilliseconds": 0 }));
    emulator
}

/// The fields that name a policy of container-images and an artifact configuration.
pub(crate) fn fields<'a>(policy: &'a str, configuration: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("projectSlug", "container-images"),
        ("signingPolicySlug", policy),
        ("artifactConfigurationSlug", configuration),
    ]
}

/// A form with an artifact called `payload.json.zip`.
pub(crate) fn form(fields: &[(&str, &str)], artifact: &[u8]) -> Request {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .into_bytes(),
        );
    }
    body.extend(
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"artifact\"; filename=\"payload.json.zip\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes(),
    );
    body.extend([artifact, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat());
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    Emulator::request("POST", "SigningRequests/SubmitWithArtifact").body(&content_type, body)
}

/// Submits files and returns the id of the signing request.
pub(crate) fn submit(emulator: &Emulator, fields: &[(&str, &str)], artifact: &[u8]) -> String {
    let body = emulator.send(&form(fields, artifact)).expect(201);
    body["signingRequestId"].as_str().unwrap().to_owned()
}

/// A route of a signing request.
pub(crate) fn get(emulator: &Emulator, id: &str, route: &str) -> Response {
    emulator.send(&Emulator::request("GET", &format!("SigningRequests/{id}{route}")))
}

/// Asks for the status until it is as expected; a final status that is another fails the test.
pub(crate) fn wait_for(emulator: &Emulator, id: &str, workflow_status: &str) {
    let start = Instant::now();
    loop {
        let status = get(emulator, id, "/Status").expect(200);
        if status["workflowStatus"] == workflow_status {
            return;
        }
        assert_eq!(status["isFinalStatus"], false, "{status} {}", emulator.observe("signing-requests"));
        assert!(start.elapsed() < PATIENCE, "still {status}");
    }
}

/// The entry of the audit log about a signing request, once it is there: it is written just after the end.
pub(crate) fn audited(emulator: &Emulator, id: &str) -> Value {
    let start = Instant::now();
    loop {
        if let Some(entry) = emulator.audit().into_iter().find(|entry| entry["signingRequestId"] == id) {
            return entry;
        }
        assert!(start.elapsed() < PATIENCE, "no entry about {id}");
    }
}

/// An archive of the files, packed in the folder of the test called `name`.
pub(crate) fn packed(name: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let folder = folder(&format!("{name}-packed"));
    for (path, content) in files {
        fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        fs::write(folder.join(path), content).unwrap();
    }
    let script = "cd \"$1\" && zip -q -r -D ../\"$2\".zip . && cat ../\"$2\".zip && rm ../\"$2\".zip";
    let output = Command::new("sh").args(["-c", script, "sh"]).arg(&folder).arg(name).output().unwrap();
    assert!(output.status.success(), "install zip with: sudo apt-get install zip; {output:?}");
    output.stdout
}

/// A folder with the files of the archive.
pub(crate) fn unpacked(name: &str, archive: &[u8]) -> PathBuf {
    let folder = folder(&format!("{name}-unpacked"));
    let file = folder.join("archive.zip");
    fs::write(&file, archive).unwrap();
    let arguments = ["-q", "-n", file.to_str().unwrap(), "-d", folder.to_str().unwrap()];
    let (is_unpacked, messages) = openssl::run("unzip", "unzip", &arguments);
    assert!(is_unpacked, "{messages}");
    fs::remove_file(file).unwrap();
    folder
}

/// Whether a signature is one of a file by the fixture `key`, with SHA-256 and, for RSA, PKCS#1 v1.5.
pub(crate) fn verifies(key: &str, file: &Path, signature: &Path) -> bool {
    let public_key = fixture(&format!("keys/{key}.public.pem"));
    let (signature, file) = (signature.to_str().unwrap(), file.to_str().unwrap());
    let arguments =
        ["dgst", "-sha256", "-verify", public_key.to_str().unwrap(), "-signature", signature, file];
    let (verified, messages) = openssl::run("openssl", "openssl", &arguments);
    assert!(messages.contains("erif"), "openssl could not even try: {messages}");
    verified
}
