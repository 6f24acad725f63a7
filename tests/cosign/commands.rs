//! Every command of cosign that uses a key, with every kind of key.

use crate::bench::{Bench, Cosign};

/// cosign hashes with SHA-256 whatever the key of a module, and verifies so, too; not with key files on P-384 and P-521
/// (sigstore/cosign#5091).
const KEYS: [&str; 6] = ["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521"];

fn everything(cosign: Cosign, name: &str) {
    let bench = Bench::new(cosign);
    let key = bench.key(name);
    public_key(&bench, &key, name);
    image(&bench, &key);
    index(&bench, &key);
    several_images(&bench, &key);
    attestation(&bench, &key);
    blob(&bench, &key);
}

fn public_key(bench: &Bench, key: &str, name: &str) {
    bench.export_public_key(key);
    let exported = std::fs::read_to_string(bench.folder.path().join("cosign.pub")).unwrap();
    let fixture = std::fs::read_to_string(crate::support::artifacts::public_key(name)).unwrap();
    assert_eq!(exported.trim(), fixture.trim());
}

fn image(bench: &Bench, key: &str) {
    let image = bench.push_image("image");
    bench.sign("sign", key, &[&image]);
    bench.verify("verify", "cosign.pub", &[&image]);
    bench.verify("verify", key, &[&image]);
}

fn index(bench: &Bench, key: &str) {
    let index = bench.push_index("index");
    let before = bench.emulator.audit().len();
    bench.sign("sign", key, &["--recursive", &index]);
    assert_eq!(bench.emulator.audit().len() - before, 3, "the index and its two images");
    bench.verify("verify", "cosign.pub", &[&index]);
}

fn several_images(bench: &Bench, key: &str) {
    let (one, other) = (bench.push_image("one"), bench.push_image("other"));
    bench.sign("sign", key, &[&one, &other]);
    bench.verify("verify", "cosign.pub", &[&one, &other]);
}

fn attestation(bench: &Bench, key: &str) {
    let image = bench.push_image("attested");
    std::fs::write(bench.folder.path().join("predicate.json"), r#"{"built": "here"}"#).unwrap();
    bench.sign("attest", key, &["--predicate", "predicate.json", "--type", "custom", &image]);
    bench.verify("verify-attestation", "cosign.pub", &["--type", "custom", &image]);
    bench.verify("verify-attestation", key, &["--type", "custom", &image]);
}

fn blob(bench: &Bench, key: &str) {
    std::fs::write(bench.folder.path().join("file"), "content").unwrap();
    let (made, read) = match bench.cosign {
        Cosign::ThreeBundle => ("--bundle", "--bundle"),
        Cosign::Two | Cosign::ThreeLegacy => ("--output-signature", "--signature"),
    };
    bench.sign("sign-blob", key, &[made, "file.sig", "file"]);
    bench.verify("verify-blob", "cosign.pub", &[read, "file.sig", "file"]);
    bench.verify("verify-blob", key, &[read, "file.sig", "file"]);
}

#[test]
fn cosign_2_does_everything_with_every_key() {
    KEYS.into_iter().for_each(|name| everything(Cosign::Two, name));
}

#[test]
fn cosign_3_does_everything_with_every_key_in_its_bundle_format() {
    KEYS.into_iter().for_each(|name| everything(Cosign::ThreeBundle, name));
}

#[test]
fn cosign_3_does_everything_with_every_key_in_the_legacy_format() {
    KEYS.into_iter().for_each(|name| everything(Cosign::ThreeLegacy, name));
}

#[test]
fn cosign_3_signs_with_a_signing_configuration_without_services() {
    let bench = Bench::new(Cosign::ThreeBundle);
    let (key, image) = (bench.key("rsa-3072"), bench.push_image("image"));
    bench.export_public_key(&key);
    bench.run(&["signing-config", "create", "--out", "signing.json"]);
    bench.run(&["trusted-root", "create", "--out", "root.json"]);
    bench.run(&[
        "sign",
        "--signing-config",
        "signing.json",
        "--trusted-root",
        "root.json",
        "--key",
        &key,
        &image,
    ]);

    bench.verify("verify", "cosign.pub", &[&image]);
}

#[test]
fn an_unsigned_image_and_another_key_do_not_verify() {
    for cosign in Cosign::ALL {
        let bench = Bench::new(cosign);
        let (signed, unsigned) = (bench.push_image("signed"), bench.push_image("unsigned"));
        bench.sign("sign", &bench.key("p-256"), &[&signed]);
        bench.export_public_key(&bench.key("p-256"));
        let fails = |image: &str| {
            let arguments = ["verify", "--insecure-ignore-tlog=true", "--key", "cosign.pub", image];
            !bench.run_with(&[], &arguments).status.success()
        };
        assert!(!fails(&signed) && fails(&unsigned), "{cosign:?}");
        bench.export_public_key(&bench.key("rsa-2048"));
        assert!(fails(&signed), "{cosign:?}");
    }
}

#[test]
fn the_token_and_its_keys_are_listed() {
    for cosign in [Cosign::Two, Cosign::ThreeBundle] {
        let bench = Bench::new(cosign);
        let module = crate::support::artifacts::module().to_str().unwrap().to_owned();
        let tokens = bench.run(&["pkcs11-tool", "list-tokens", "--module-path", &module]);
        assert!(tokens.contains("Token in slot 1") && tokens.contains("Label: SignPath"), "{tokens}");

        let pin = ["--pin", "CONFIG"];
        let list = ["pkcs11-tool", "list-keys-uris", "--module-path", &module, "--slot-id", "1"];
        let uris = bench.run(&[&list[..], &pin].concat());
        let ids = uris.matches("pkcs11:token=SignPath;slot-id=1;id=").count();
        assert_eq!(ids, 8, "{uris}");
    }
}
