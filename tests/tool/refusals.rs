//! What is refused before anything is pushed or asked, each with its exit code.

use crate::bench::{Bench, DIGEST, digest, public_key, repository};

/// Attaches, which must fail with this exit code and leave nothing behind; the message.
fn attach_fails(bench: &Bench, code: i32, image: &str, files: (&str, &str), key: &str) -> String {
    let tags = bench.tags(image);
    let key = public_key(key);
    let arguments = ["attach", image, "--payload", files.0, "--signature", files.1, "--key", &key];
    let message = bench.tool_fails(code, &arguments);
    assert_eq!(bench.tags(image), tags);
    message
}

#[test]
fn a_signature_by_another_key_is_not_attached() {
    let bench = Bench::new();
    for format in ["simple-signing", "bundle"] {
        let image = bench.push_image(format);
        let (payload, signature) = bench.signed("p-256", &image, &["--format", format]);
        for key in ["rsa-3072", "p-384"] {
            let message = attach_fails(&bench, 8, &image, (&payload, &signature), key);
            assert!(message.contains("does not verify"), "{message}");
        }
    }
}

#[test]
fn a_signature_over_other_bytes_is_not_attached() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let (payload, signature) = bench.signed("rsa-3072", &image, &[]);
    let mut longer = std::fs::read(payload).unwrap();
    longer.push(b'\n');
    let longer = bench.write("longer", longer);

    attach_fails(&bench, 8, &image, (&longer, &signature), "rsa-3072");
}

#[test]
fn metadata_of_another_image_is_not_attached() {
    let bench = Bench::new();
    for format in ["simple-signing", "bundle"] {
        let (one, other) =
            (bench.push_image(&format!("{format}-one")), bench.push_image(&format!("{format}-other")));
        let (payload, signature) = bench.signed("rsa-3072", &one, &["--format", format]);
        let message = attach_fails(&bench, 4, &other, (&payload, &signature), "rsa-3072");
        assert_eq!(
            message,
            format!(
                "error: the metadata is about the repository {}, not about {}; generate it again",
                repository(&one),
                repository(&other)
            )
        );
    }
}

#[test]
fn metadata_of_another_version_of_the_image_is_not_attached() {
    let bench = Bench::new();
    let old = bench.push_image("app");
    let (payload, signature) = bench.signed("rsa-3072", &old, &[]);
    let newer = bench.push_index("app");
    let message = attach_fails(&bench, 4, &newer, (&payload, &signature), "rsa-3072");

    assert_eq!(
        message,
        format!(
            "error: the metadata is about the digest {}, not about {}; generate it again",
            digest(&old),
            digest(&newer)
        )
    );
}

#[test]
fn an_identity_outside_the_list_is_refused_before_the_registry_is_asked() {
    let bench = Bench::new();
    // nothing listens there: whoever asks gets another error
    let nowhere = "127.0.0.1:1/acme/app:latest";
    let message = bench.tool_fails(4, &["generate", "--allow-identity", "127.0.0.1:1/other/*", nowhere]);

    assert_eq!(
        message,
        "error: 127.0.0.1:1/acme/app is not allowed; allowed is 127.0.0.1:1/other/* (--allow-identity)"
    );
    bench.tool_fails(7, &["generate", "--allow-identity", "127.0.0.1:1/acme/*", nowhere]);
}

#[test]
fn one_image_outside_the_list_refuses_all() {
    let bench = Bench::new();
    let list = bench.write("allowed", "# ours\nghcr.io/acme/**\n\ndocker.io/acme/app\n");
    let images = ["ghcr.io/acme/team/app", "acme/app"].map(|name| format!("{name}@{DIGEST}"));
    let other = format!("ghcr.io/acme-evil/app@{DIGEST}");
    let generate = ["generate", "--zip", "payload.zip", "--allow-identity-file", &list];

    bench.tool(&[&generate[..], &[&images[0], &images[1]]].concat());
    std::fs::remove_file(bench.path("payload.zip")).unwrap();
    bench.tool_fails(4, &[&generate[..], &[&images[0], &other]].concat());
    assert!(!bench.path("payload.zip").exists());
}

#[test]
fn a_list_without_a_pattern_allows_nothing() {
    let bench = Bench::new();
    let list = bench.write("allowed", "# nothing yet\n");
    let image = format!("ghcr.io/acme/app@{DIGEST}");

    bench.tool_fails(3, &["generate", "--allow-identity-file", &list, &image]);
}

#[test]
fn the_metadata_of_several_images_is_not_printed_in_one_piece() {
    let images = ["quay.io/acme/app", "quay.io/acme/web"].map(|name| format!("{name}@{DIGEST}"));

    Bench::new().tool_fails(3, &["generate", &images[0], &images[1]]);
}

#[test]
fn an_image_that_does_not_exist_is_told_as_such() {
    for bench in [Bench::new(), Bench::with_referrers()] {
        let image = format!("{}/none:latest", bench.registry.address);
        let message = bench.tool_fails(7, &["generate", &image]);

        assert_eq!(message, format!("error: {image} is not in the registry; check its name"));
    }
}

#[test]
fn a_file_that_is_no_key_is_refused() {
    let bench = Bench::new();
    let image = bench.push_image("app");
    let key = bench.write("key.pem", "no key");
    let message = bench.tool_fails(3, &["verify", "--key", &key, &image]);

    assert_eq!(
        message,
        format!("error: {key} holds no public key that can be used; expected is RSA or EC, PEM or DER")
    );
}
