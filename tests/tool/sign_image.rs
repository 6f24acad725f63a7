//! `signpath-tool sign-image`: from the name of an image to a signature that cosign accepts.

use serde_json::json;

use crate::bench::{Bench, digest, repository, run};
use crate::gate::Gate;
use crate::service::Service;
use crate::support::emulator::Emulator;

const FORMATS: [&str; 2] = ["simple-signing", "bundle"];
const KEYS: [&str; 2] = ["rsa-3072", "p-256"];

fn both_registries() -> [Service; 2] {
    [Bench::new(), Bench::with_referrers()].map(|bench| Service::with(bench, Emulator::start()))
}

#[test]
fn cosign_accepts_signatures_of_each_format_and_key_with_annotations() {
    for service in both_registries() {
        for (format, key) in FORMATS.iter().flat_map(|format| KEYS.map(|key| (*format, key))) {
            let image = service.bench.push_image(&format!("{format}-{key}"));
            service.signed(key, &["--format", format, "-a", "by=us", &image]);

            service.cosign_verifies(format, key, &[&image]);
            service.cosign_verifies(format, key, &["-a", "by=us", &image]);
        }
    }
}

#[test]
fn cosign_accepts_the_signatures_of_an_index_and_of_its_images() {
    for service in both_registries() {
        for format in FORMATS {
            let index = service.bench.push_index(format);
            let signed = service.signed("p-256", &["--format", format, "--recursive", &index]);
            let images = signed["images"].as_array().unwrap();

            assert_eq!(images.len(), 3, "{signed}");
            for image in images {
                service.cosign_verifies(format, "p-256", &[image["image"].as_str().unwrap()]);
            }
        }
    }
}

#[test]
fn three_images_are_signed_in_one_signing_request() {
    for service in both_registries() {
        for format in FORMATS {
            service.emulator.tell("POST", "reset", json!({}));
            service.emulator.tell("PUT", "workflow", json!({ "stageMilliseconds": 0 }));
            let images =
                ["one", "two", "three"].map(|name| service.bench.push_image(&format!("{name}-{format}")));
            let signed =
                service.signed("rsa-3072", &["--format", format, &images[0], &images[1], &images[2]]);

            assert_eq!(service.requests().len(), 1, "{format}");
            assert_eq!(service.requests()[0]["signingRequestId"], signed["signingRequestId"]);
            let reported =
                signed["images"].as_array().unwrap().iter().map(|one| one["image"].as_str().unwrap());
            assert_eq!(reported.collect::<Vec<_>>(), images.each_ref(), "in the order that was given");
            for image in &images {
                service.cosign_verifies(format, "rsa-3072", &[image]);
            }
        }
    }
}

#[test]
fn a_tag_is_resolved_and_that_is_said() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let tag = format!("{}:latest", repository(&image));
    let ended = run(&mut service.sign_image("rsa-3072", &[&tag]));

    assert_eq!(ended.code, Some(0), "{}", ended.messages);
    assert_eq!(ended.messages.lines().next(), Some(format!("{tag} is {}", digest(&image)).as_str()));
    assert!(ended.output.starts_with(&format!("{image}: signed as bundle, sha256:")), "{}", ended.output);
    service.cosign_verifies("bundle", "rsa-3072", &[&image]);
}

#[test]
fn an_ec_signature_is_attached_in_der_whichever_encoding_signpath_makes() {
    for encoding in ["asn1", "ieee"] {
        let shape = format!("raw-ecdsa-signature={encoding}");
        let service = Service::with(Bench::new(), Emulator::with(&["--shape", &shape]));
        let image = service.bench.push_image("app");
        service.signed("p-256", &[&image]);

        service.cosign_verifies("bundle", "p-256", &[&image]);
    }
}

#[test]
fn a_policy_with_a_gpg_key_is_verified_by_the_list_of_keys() {
    let service = Service::with(Bench::new(), Emulator::with(&["--shape", "gpg-policy=on"]));
    let image = service.bench.push_image("app");
    service.signed("gpg-rsa", &[&image]);

    service.cosign_verifies("bundle", "rsa-2048", &[&image]);
}

#[test]
fn an_image_that_is_not_allowed_is_refused_before_anything_is_asked() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let message = service.refused(4, "rsa-3072", &["--allow-identity", "ghcr.io/acme/*", &image]);

    assert_eq!(
        message,
        format!("error: {} is not allowed; allowed is ghcr.io/acme/* (--allow-identity)", repository(&image))
    );
    assert_eq!(service.emulator.request_lines(), Vec::<String>::new());
}

#[test]
fn the_origin_of_the_build_becomes_annotations_and_the_description_reaches_signpath() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let mut command =
        service.sign_image("rsa-3072", &["--origin-from-ci", "--description", "release 1", &image]);
    command.envs([("GITLAB_CI", "true"), ("CI_PROJECT_URL", "https://ci:secret@gitlab.example/acme/app")]);
    let ended = run(&mut command);

    assert_eq!(ended.code, Some(0), "{}", ended.messages);
    let annotation = "org.opencontainers.image.source=https://gitlab.example/acme/app";
    service.cosign_verifies("bundle", "rsa-3072", &["-a", annotation, &image]);
    assert_eq!(service.emulator.audit()[0]["description"], "release 1");
}

#[test]
fn an_image_that_does_not_exist_is_not_submitted_by_tag_or_by_digest() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let other = format!("{}@sha256:{}", repository(&image), "0".repeat(64));
    for missing in [other, format!("{}:missing", repository(&image))] {
        let message = service.refused(7, "rsa-3072", &[&image, &missing]);
        assert_eq!(message, format!("error: {missing} is not in the registry; check its name"));
    }
    assert_eq!(service.requests(), Vec::<serde_json::Value>::new());
}

#[test]
fn an_origin_that_nobody_tells_is_an_error() {
    let service = Service::new();
    let image = service.bench.push_image("app");

    let message = service.refused(3, "rsa-3072", &["--origin-from-ci", &image]);
    assert!(
        message.starts_with("error: --origin-from-ci: the environment is that of no build system"),
        "{message}"
    );
}

#[test]
fn parameters_reach_the_artifact_configuration() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let xml = r#"<artifact-configuration xmlns="http://signpath.io/artifact-configuration/v1">
        <parameters><parameter name="hash" default-value="sha512" required="true" /></parameters>
        <zip-file><file path="payload.dsse">
            <create-raw-signature output-file-name="${file.name}.sig" hash-algorithm="${hash}" rsa-padding="pkcs1" />
        </file></zip-file>
    </artifact-configuration>"#;
    let path = "artifact-configurations/container-images/cosign";
    service.emulator.tell_text("PUT", path, xml.as_bytes().to_owned());
    service.signed("rsa-3072", &["--parameter", "hash=sha256", &image]);

    service.cosign_verifies("bundle", "rsa-3072", &[&image]);
}

#[test]
fn without_a_project_or_without_credentials_nothing_is_asked() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let mut without_project = service.sign_image("rsa-3072", &[&image]);
    let mut without_credentials = service.sign_image("rsa-3072", &[&image]);

    let ended = run(without_project.env_remove("SIGNPATH_PROJECT_SLUG"));
    assert_eq!((ended.code, ended.output.as_str()), (Some(3), ""));
    assert!(ended.messages.ends_with("no project is given; use --project, or set SIGNPATH_PROJECT_SLUG\n"));
    let ended = run(without_credentials.env_remove("SIGNPATH_API_TOKEN"));
    assert_eq!((ended.code, ended.output.as_str()), (Some(3), ""));
    assert!(ended.messages.contains("no credentials are configured; set SIGNPATH_ORGANIZATION_ID and"));
    assert_eq!(service.emulator.request_lines(), Vec::<String>::new());
}

#[test]
fn the_manifest_of_an_image_is_read_once() {
    let service = Service::new();
    let image = service.bench.push_image("app");
    let gate = Gate::without_referrers(&service.bench.registry.address);
    service.signed("rsa-3072", &[&format!("{}/app:latest", gate.address)]);
    let versions = ["latest", digest(&image)].map(|version| format!("get /v2/app/manifests/{version} "));
    let reads_it = |request: &&String| versions.iter().any(|version| request.starts_with(version));

    assert_eq!(gate.requests().iter().filter(reads_it).count(), 1, "{:?}", gate.requests());
}
