//! Two writers of one tag at the same time: nothing that either of them attached is lost.

use std::process::{Child, Stdio};

use crate::bench::{Bench, digest, public_key, referrers_tag, repository, signature_tag};
use crate::gate::Gate;

const KEYS: [&str; 2] = ["rsa-3072", "p-256"];

/// Begins to attach a signature of each key to an image.
fn begin(bench: &Bench, image: &str, format: &str) -> Vec<Child> {
    let begin_one = |key: &&str| {
        let (payload, signature) = bench.signed(key, image, &["--format", format]);
        // both run at once, and each must find its own files
        let own = |file: &str| {
            let path = format!("{file}-{key}");
            std::fs::rename(file, &path).unwrap();
            path
        };
        let (payload, signature, key) = (own(&payload), own(&signature), public_key(key));
        let files = ["--payload", &payload, "--signature", &signature, "--key", &key];
        let mut attach = bench.command(&[&["attach", image], &files[..]].concat());
        attach.stdout(Stdio::null()).spawn().unwrap()
    };
    KEYS.iter().map(begin_one).collect()
}

fn both_succeed(children: Vec<Child>) {
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_signature_that_another_writer_overwrites_is_attached_again() {
    for (format, entries) in [("simple-signing", "layers"), ("bundle", "manifests")] {
        let bench = Bench::new();
        let direct = bench.push_image("app");
        let tag = if format == "bundle" { referrers_tag(&direct) } else { signature_tag(&direct) };
        let gate = Gate::writing_together(&bench.registry.address, &format!("/manifests/{tag}"));
        let image = format!("{}/app@{}", gate.address, digest(&direct));
        both_succeed(begin(&bench, &image, format));

        assert!(gate.writes() > 2, "one of the first two was lost and had to be repeated");
        assert_eq!(bench.manifest(&direct, &tag)[entries].as_array().unwrap().len(), 2, "{format}");
        for key in KEYS {
            bench.tool(&["verify", "--key", &public_key(key), &direct]);
        }
    }
}

#[test]
fn two_writers_at_once_lose_nothing() {
    for bench in [Bench::new(), Bench::with_referrers()] {
        for format in ["simple-signing", "bundle"] {
            let image = bench.push_image(format);
            both_succeed(begin(&bench, &image, format));
            for key in KEYS {
                let key = public_key(key);
                bench.cosign(3, &["verify", "--insecure-ignore-tlog=true", "--key", &key, &image]);
            }
            assert_eq!(repository(&image), format!("{}/{format}", bench.registry.address));
        }
    }
}
