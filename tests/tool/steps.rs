//! The steps one by one: those of the tool, and those of SignPath's own description with cosign, zip, curl and base64.

use crate::bench::public_key;
use crate::service::Service;
use crate::support::artifacts;
use crate::support::programs::succeeded;
use crate::support::tools::tool;

#[test]
fn generate_submit_and_attach_make_a_signature_that_cosign_accepts() {
    let service = Service::new();
    for format in ["simple-signing", "bundle"] {
        let image = service.bench.push_image(format);
        let bench = &service.bench;
        bench.tool(&["generate", "--format", format, "--zip", "metadata.zip", &image]);
        let request = ["--signing-policy", "p-256", "--artifact-configuration", "cosign"];
        let submit = ["submit", "metadata.zip", "--signed-artifact", "signed.zip"];
        bench.tool(&[&submit[..], &request].concat());
        let mut unzip = std::process::Command::new(artifacts::program("unzip", "unzip"));
        succeeded(unzip.current_dir(bench.folder()).args(["-q", "-o", "signed.zip"]));
        let payload = if format == "bundle" { "payload.dsse" } else { "payload.json" };
        let key = public_key("p-256");
        let files = ["--payload", payload, "--signature", &format!("{payload}.sig"), "--key", &key];
        bench.tool(&[&["attach", &image], &files[..]].concat());

        service.cosign_verifies(format, "p-256", &[&image]);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_submitted() {
    let service = Service::new();
    service.bench.write("metadata.zip", "");
    for file in ["/nowhere/signed.zip", "metadata.zip"] {
        let arguments = ["submit", "metadata.zip", "--signed-artifact", file, "--signing-policy", "p-256"];
        let message = service.bench.tool_fails(3, &arguments);
        assert!(message.starts_with(&format!("error: writing {file}: ")), "{message}");
    }
    assert_eq!(service.emulator.request_lines(), Vec::<String>::new());
}

/// The seed's three steps, typed as they stand there. The digest comes from the registry, since no Docker engine runs.
const STEPS: &str = r#"
set -e
cosign generate $IMAGE_DIGEST > payload.json
zip -q payload.json.zip payload.json

curl -sS -f -D headers -H "Authorization: Bearer $SIGNPATH_API_TOKEN" \
     -F "ProjectSlug=container-images" \
     -F "SigningPolicySlug=$POLICY" \
     -F "ArtifactConfigurationSlug=detached-raw-signatures" \
     -F "Artifact=@payload.json.zip" \
     "$SIGNPATH_API_URL/v1/$SIGNPATH_ORGANIZATION_ID/SigningRequests/SubmitWithArtifact" > /dev/null
LOCATION=$(sed -n 's/^[Ll]ocation: //p' headers | tr -d '\r')
until curl -sS -f -H "Authorization: Bearer $SIGNPATH_API_TOKEN" -o payload.json.signed.zip \
    "$LOCATION/SignedArtifact" 2> /dev/null; do sleep 0.1; done

unzip -n payload.json.signed.zip
cat payload.json.sig | base64 > payload.json.base64.sig
cosign attach signature --payload payload.json --signature payload.json.base64.sig $IMAGE_DIGEST
"#;

#[test]
fn the_documented_three_steps_work_with_cosign_2() {
    for policy in ["rsa-3072", "p-256"] {
        let service = Service::new();
        let image = service.bench.push_image("app");
        for (program, package) in [("zip", "zip"), ("unzip", "unzip"), ("curl", "curl")] {
            artifacts::program(program, package);
        }
        std::os::unix::fs::symlink(tool("cosign-2"), service.bench.path("cosign")).unwrap();
        let mut bash = service.bench.plain("bash");
        bash.args(["-c", STEPS]).envs(service.emulator.variables());
        succeeded(bash.env("IMAGE_DIGEST", &image).env("POLICY", policy));

        service.cosign_verifies("simple-signing", policy, &[&image]);
        service.bench.tool(&["verify", "--key", &public_key(policy), &image]);
    }
}

#[test]
fn the_printed_artifact_configuration_is_one_that_signpath_takes_and_signs_by() {
    for format in ["simple-signing", "bundle"] {
        for count in ["one", "several"] {
            let service = Service::new();
            let images = ["app", "web"].map(|name| service.bench.push_image(name));
            let images = if count == "one" { &images[..1] } else { &images[..] };
            let images: Vec<&str> = images.iter().map(String::as_str).collect();
            let xml = service.bench.tool(&["artifact-configuration", "--format", format, "--images", count]);
            service.emulator.tell_text("PUT", "artifact-configurations/container-images/printed", xml);
            let request = ["sign-image", "--signing-policy", "p-256", "--artifact-configuration", "printed"];
            service.bench.tool(&[&request[..], &["--format", format], &images].concat());

            for image in &images {
                service.cosign_verifies(format, "p-256", &[image]);
            }
        }
    }
}
