//! `signpath-tool attach`: what lies in the registry afterwards, and whether cosign accepts it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::bench::{Bench, digest, public_key, referrers_tag, repository, signature_tag};
use crate::gate::Gate;
use crate::support::bench::fixture;
use crate::support::programs::succeeded;

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn both_registries() -> [Bench; 2] {
    [Bench::new(), Bench::with_referrers()]
}

/// Pushes the same image under two names: cosign does not care which one its payload is about.
fn image_and_copy(bench: &Bench) -> (String, String) {
    let image = bench.push_image("app");
    let copy = format!("{}/copy", bench.registry.address);
    bench.crane(&["copy", &image, &format!("{copy}:latest")]);
    let copy = format!("{copy}@{}", digest(&image));
    (image, copy)
}

#[test]
fn a_simple_signing_signature_is_pushed_as_cosign_pushes_it() {
    for bench in both_registries() {
        let (image, copy) = image_and_copy(&bench);
        for annotation in ["number=1", "number=2"] {
            let (payload, signature) = bench.signed("p-256", &image, &["-a", annotation]);
            let encoded = BASE64_STANDARD.encode(std::fs::read(&signature).unwrap());
            let encoded = bench.write("signature.base64", encoded);
            bench.cosign(2, &["attach", "signature", "--payload", &payload, "--signature", &encoded, &copy]);
            let key = public_key("p-256");
            bench.tool(&["attach", &image, "--payload", &payload, "--signature", &encoded, "--key", &key]);

            let tag = signature_tag(&image);
            let of =
                |command: &str, image: &str| bench.crane(&[command, &format!("{}:{tag}", repository(image))]);
            assert_eq!(of("manifest", &image), of("manifest", &copy), "{annotation}");
            assert_eq!(of("config", &image), of("config", &copy), "{annotation}");
        }
    }
}

#[test]
fn cosign_accepts_simple_signing_signatures_of_rsa_and_ec_keys() {
    for bench in both_registries() {
        for key in ["rsa-3072", "p-256"] {
            let image = bench.push_image(key);
            bench.attach(key, &image, &["-a", "by=us"]);
            let pem = public_key(key);
            let verify = ["verify", "--insecure-ignore-tlog=true", "--key", &pem, "-a", "by=us", &image];
            bench.cosign(2, &verify);
            bench.cosign(3, &verify);
        }
    }
}

#[test]
fn cosign_accepts_bundles_of_rsa_and_ec_keys() {
    for bench in both_registries() {
        for key in ["rsa-3072", "p-256"] {
            let image = bench.push_image(key);
            bench.attach(key, &image, &["--format", "bundle", "-a", "by=us"]);
            let pem = public_key(key);
            bench.cosign(3, &["verify", "--insecure-ignore-tlog=true", "--key", &pem, "-a", "by=us", &image]);
        }
    }
}

#[test]
fn cosign_accepts_a_bundle_on_an_index() {
    for bench in both_registries() {
        let index = bench.push_index("app");
        bench.attach("p-256", &index, &["--format", "bundle"]);
        let key = public_key("p-256");
        bench.cosign(3, &["verify", "--insecure-ignore-tlog=true", "--key", &key, &index]);
    }
}

#[test]
fn a_bundle_is_pushed_as_a_referrer_of_the_image() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let attached = bench.attach("p-256", &image, &["--format", "bundle"]);
    let manifest = attached["manifest"].as_str().unwrap();
    let stored = bench.crane(&["manifest", &format!("{}@{manifest}", repository(&image))]);
    let mut referrer: serde_json::Value = serde_json::from_str(&stored).unwrap();
    let created = referrer["annotations"]["org.opencontainers.image.created"].take();
    let subject = bench.crane(&["manifest", &image]);
    let layer = referrer["layers"][0].clone();

    assert_eq!(created.as_str().unwrap().len(), "2026-01-01T00:00:00Z".len());
    assert_eq!(
        referrer,
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": BUNDLE,
            "config": {
                "mediaType": "application/vnd.oci.empty.v1+json",
                "artifactType": BUNDLE,
                "size": 2,
                "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            },
            "layers": [{ "mediaType": BUNDLE, "size": layer["size"], "digest": layer["digest"] }],
            "annotations": {
                "org.opencontainers.image.created": null,
                "dev.sigstore.bundle.content": "dsse-envelope",
                "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1",
            },
            "subject": {
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "size": subject.len(),
                "digest": digest(&image),
            },
        })
    );
    let entry = json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": BUNDLE,
        "size": stored.len(),
        "digest": manifest,
    });
    assert_eq!(bench.manifest(&image, &referrers_tag(&image))["manifests"], json!([entry]));
}

#[test]
fn a_registry_with_the_referrers_api_needs_no_tag() {
    let bench = Bench::with_referrers();
    let image = bench.push_image("app");
    let attached = bench.attach("p-256", &image, &["--format", "bundle"]);

    assert_eq!(attached["tag"], json!(null));
    assert_eq!(bench.tags(&image), ["latest"]);
}

#[test]
fn a_registry_that_refuses_to_talk_of_referrers_gets_the_tag() {
    let bench = Bench::with_referrers();
    let direct = bench.push_image("app");
    let gate = Gate::without_referrers(&bench.registry.address);
    let image = format!("{}/app@{}", gate.address, digest(&direct));
    let attached = bench.attach("p-256", &image, &["--format", "bundle"]);
    let key = public_key("p-256");

    assert_eq!(attached["tag"], json!(referrers_tag(&image)));
    bench.tool(&["verify", "--key", &key, &image]);
    bench.cosign(3, &["verify", "--insecure-ignore-tlog=true", "--key", &key, &image]);
}

#[test]
fn a_bundle_has_the_key_that_cosign_gives_it() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let hint = |image: &str, number: usize| {
        let list = bench.manifest(image, &referrers_tag(image));
        let blob = |digest: &str| format!("{}@{digest}", repository(image));
        let manifest =
            bench.crane(&["manifest", &blob(list["manifests"][number]["digest"].as_str().unwrap())]);
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let bundle = bench.crane(&["blob", &blob(manifest["layers"][0]["digest"].as_str().unwrap())]);
        let bundle: serde_json::Value = serde_json::from_str(&bundle).unwrap();
        bundle["verificationMaterial"].clone()
    };
    bench.cosign_signs("p-256", &image, &[]);
    let of_cosign = hint(&image, 0);
    bench.attach("p-256", &image, &["--format", "bundle"]);

    assert_eq!([hint(&image, 0), hint(&image, 1)], [of_cosign.clone(), of_cosign]);
}

#[test]
fn what_cosign_attached_stays() {
    for bench in both_registries() {
        for format in ["simple-signing", "bundle"] {
            let image = bench.push_image(format);
            let is_bundle = format!("--new-bundle-format={}", format == "bundle");
            bench.cosign_signs("p-256", &image, &[&is_bundle]);
            bench.attach("rsa-3072", &image, &["--format", format]);
            for key in ["p-256", "rsa-3072"] {
                let pem = public_key(key);
                bench
                    .cosign(3, &["verify", "--insecure-ignore-tlog=true", &is_bundle, "--key", &pem, &image]);
            }
        }
    }
}

#[test]
fn an_ec_signature_of_two_numbers_is_attached_as_cosign_needs_it() {
    let bench = Bench::new();
    for format in ["simple-signing", "bundle"] {
        let image = bench.push_image(format);
        let (payload, signature) = bench.signed("p-256", &image, &["--format", format]);
        let two_numbers = two_numbers(&std::fs::read(&signature).unwrap());
        let signature = bench.write("two-numbers", two_numbers);
        let key = public_key("p-256");
        bench.tool(&["attach", &image, "--payload", &payload, "--signature", &signature, "--key", &key]);
        bench.cosign(3, &["verify", "--insecure-ignore-tlog=true", "--key", &key, &image]);
    }
}

/// `r ‖ s` of a DER signature on P-256.
fn two_numbers(der: &[u8]) -> Vec<u8> {
    let (r, s) = (&der[4..4 + usize::from(der[3])], &der[6 + usize::from(der[3])..]);
    let fixed = |number: &[u8]| {
        let digits: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        [vec![0; 32 - digits.len()], digits].concat()
    };
    [fixed(r), fixed(s)].concat()
}

#[test]
fn the_wrapped_base64_of_the_manual_steps_is_read() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let (payload, signature) = bench.signed("rsa-3072", &image, &[]);
    let wrapped = succeeded(std::process::Command::new("base64").arg(&signature));
    let wrapped = bench.write("payload.json.base64.sig", wrapped);
    let key = public_key("rsa-3072");
    bench.tool(&["attach", &image, "--payload", &payload, "--signature", &wrapped, "--key", &key]);

    bench.cosign(2, &["verify", "--insecure-ignore-tlog=true", "--key", &key, &image]);
}

#[test]
fn a_certificate_tells_the_key_and_is_not_pushed() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let (payload, signature) = bench.signed("rsa-3072", &image, &["--format", "bundle"]);
    let certificate = fixture("certificates/rsa-3072.ca-issued.pem");
    let files = ["--payload", &payload, "--signature", &signature, "--certificate", &certificate];
    bench.tool(&[&["attach", &image], &files[..]].concat());

    let key = public_key("rsa-3072");
    bench.cosign(3, &["verify", "--insecure-ignore-tlog=true", "--key", &key, &image]);
}

#[test]
fn a_simple_signing_signature_that_is_attached_already_is_left_alone() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let first = bench.attach("rsa-3072", &image, &[]);

    assert_eq!(bench.attach("rsa-3072", &image, &[]), first);
    assert_eq!(bench.manifest(&image, &signature_tag(&image))["layers"].as_array().unwrap().len(), 1);
}

#[test]
fn the_result_tells_where_the_signature_is() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let attached = bench.attach("p-256", &image, &[]);
    let tag = signature_tag(&image);
    let manifest = bench.crane(&["digest", &format!("{}:{tag}", repository(&image))]);

    assert_eq!(
        attached,
        json!({ "image": image, "format": "simple-signing", "manifest": manifest.trim(), "tag": tag })
    );
}
