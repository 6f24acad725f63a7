//! `signpath-tool verify`: what it finds, and what it does not take for a signature.

use serde_json::json;

use crate::bench::{Bench, digest, public_key, repository, signature_tag};
use crate::support::bench::fixture;

#[test]
fn signatures_of_both_formats_verify_by_key_and_by_certificate() {
    for bench in [Bench::new(), Bench::with_referrers()] {
        for key in ["rsa-3072", "p-256"] {
            let image = bench.push_image(key);
            let entry = |format: &str| {
                let attached = bench.attach(key, &image, &["--format", format, "-a", "by=us"]);
                json!({
                    "image": image,
                    "format": format,
                    "identity": repository(&image),
                    "annotations": { "by": "us" },
                    "manifest": attached["manifest"],
                })
            };
            let expected = json!([entry("bundle"), entry("simple-signing")]);
            let (public, certificate) =
                (public_key(key), fixture(&format!("certificates/{key}.self-signed.pem")));

            assert_eq!(bench.tool_json(&["verify", "--key", &public, &image]), expected);
            assert_eq!(bench.tool_json(&["verify", "--certificate", &certificate, &image]), expected);
        }
    }
}

#[test]
fn one_format_is_looked_at_when_asked() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    bench.attach("p-256", &image, &["--format", "bundle"]);
    let key = public_key("p-256");

    bench.tool(&["verify", "--format", "bundle", "--key", &key, &image]);
    let message = bench.tool_fails(8, &["verify", "--format", "simple-signing", "--key", &key, &image]);
    assert_eq!(message, format!("error: {image} has no signature; attach one, or check the name"));
}

#[test]
fn what_cosign_signed_verifies() {
    for bench in [Bench::new(), Bench::with_referrers()] {
        for (format, identity) in [("bundle", None), ("simple-signing", Some("simple-signing"))] {
            let image = bench.push_image(format);
            let is_bundle = format!("--new-bundle-format={}", format == "bundle");
            bench.cosign_signs("p-256", &image, &[&is_bundle, "-a", "by=cosign"]);
            let key = public_key("p-256");
            let verified = bench.tool_json(&["verify", "--key", &key, "-a", "by=cosign", &image]);
            let identity = identity.map(|name| format!("{}/{name}", bench.registry.address));

            assert_eq!(verified.as_array().unwrap().len(), 1);
            assert_eq!(
                (&verified[0]["format"], &verified[0]["identity"]),
                (&json!(format), &json!(identity))
            );
        }
    }
}

#[test]
fn text_tells_who_signed_what() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    bench.attach("p-256", &image, &["--format", "bundle", "-a", "b=2,a=1"]);
    let text = bench.tool(&["verify", "--key", &public_key("p-256"), &image]);

    assert_eq!(
        String::from_utf8(text).unwrap(),
        format!("{image}: verified, bundle, signed as {}, a=1, b=2\n", repository(&image))
    );
}

#[test]
fn a_signature_of_another_key_does_not_verify() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    bench.attach("p-256", &image, &[]);
    let message = bench.tool_fails(8, &["verify", "--key", &public_key("rsa-3072"), &image]);

    assert_eq!(message, format!("error: no signature of {image} verifies: it is not one of this key"));
}

#[test]
fn a_missing_annotation_does_not_verify() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    bench.attach("p-256", &image, &["-a", "by=us"]);
    let key = public_key("p-256");

    bench.tool(&["verify", "--key", &key, "-a", "by=us", &image]);
    let message = bench.tool_fails(8, &["verify", "--key", &key, "-a", "by=them", &image]);
    assert_eq!(
        message,
        format!("error: no signature of {image} verifies: it does not have the annotation by=them")
    );
}

#[test]
fn a_signature_that_was_put_beside_another_image_does_not_verify() {
    let bench = Bench::new();
    let (signed, other) = (bench.push_image("app"), bench.push_index("app"));
    bench.attach("p-256", &signed, &[]);
    let tag = |image: &str| format!("{}:{}", repository(image), signature_tag(image));
    bench.crane(&["copy", &tag(&signed), &tag(&other)]);
    let message = bench.tool_fails(8, &["verify", "--key", &public_key("p-256"), &other]);

    assert_eq!(message, format!("error: no signature of {other} verifies: it is about {}", digest(&signed)));
}

#[test]
fn every_image_of_an_index_must_be_signed_when_recursive() {
    let bench = Bench::new();
    let index = bench.push_index("app");
    bench.attach("p-256", &index, &[]);
    let key = public_key("p-256");

    bench.tool(&["verify", "--key", &key, &index]);
    bench.tool_fails(8, &["verify", "--recursive", "--key", &key, &index]);
}
