//! Signatures with a time stamp of an authority of one's own.

use std::path::Path;

use crate::bench::{Bench, Cosign, succeeded};
use crate::support::artifacts;
use crate::support::programs::{self, plain};
use crate::support::timestamp_authority::TimestampAuthority;

/// A bench with an authority, whose certificates are in `authority.pem`.
fn stamping(cosign: Cosign) -> (Bench, TimestampAuthority) {
    let (bench, authority) = (Bench::new(cosign), TimestampAuthority::start());
    bench.export_public_key(&bench.key("rsa-3072"));
    fetch_certificates(&bench, &authority);
    (bench, authority)
}

fn fetch_certificates(bench: &Bench, authority: &TimestampAuthority) {
    let mut curl = plain(artifacts::program("curl", "curl"), bench.folder.path());
    let address = format!("{}/api/v1/timestamp/certchain", authority.origin);
    programs::succeeded(curl.args(["--silent", "--fail", "--output", "authority.pem", &address]));
}

/// Makes the files by which cosign 3 knows the authority.
fn describe(bench: &Bench, authority: &TimestampAuthority) {
    let url = format!("url={}/api/v1/timestamp", authority.origin);
    let service = format!("{url},api-version=1,start-time=2024-01-01T00:00:00Z,operator=example.com");
    let signing =
        ["signing-config", "create", "--tsa", &service, "--tsa-config", "ANY", "--out", "signing.json"];
    bench.run(&signing);
    let certificates = format!("{url},certificate-chain=authority.pem");
    bench.run(&["trusted-root", "create", "--tsa", &certificates, "--out", "root.json"]);
}

/// How cosign verifies that there is a time stamp.
fn verifying(cosign: Cosign) -> &'static [&'static str] {
    match cosign {
        Cosign::Two => &["--use-signed-timestamps", "--timestamp-certificate-chain", "authority.pem"],
        Cosign::ThreeBundle | Cosign::ThreeLegacy => {
            &["--use-signed-timestamps", "--trusted-root", "root.json"]
        }
    }
}

fn verifies(bench: &Bench, image: &str) -> bool {
    let key = ["--insecure-ignore-tlog=true", "--key", "cosign.pub", image];
    let arguments = [&["verify"], verifying(bench.cosign), &key[..]].concat();
    bench.run_with(&[], &arguments).status.success()
}

#[test]
fn cosign_2_verifies_the_time_stamp_that_is_there_and_demands_none() {
    let (bench, authority) = stamping(Cosign::Two);
    let (stamped, plain) = (bench.push_image("stamped"), bench.push_image("plain"));
    let url = format!("{}/api/v1/timestamp", authority.origin);
    bench.sign("sign", &bench.key("rsa-3072"), &["--timestamp-server-url", &url, &stamped]);
    bench.sign("sign", &bench.key("rsa-3072"), &[&plain]);
    assert!(verifies(&bench, &stamped) && verifies(&bench, &plain));

    let other = TimestampAuthority::start();
    fetch_certificates(&bench, &other);
    assert!(!verifies(&bench, &stamped) && verifies(&bench, &plain));
}

#[test]
fn cosign_3_demands_a_time_stamp() {
    let (bench, authority) = stamping(Cosign::ThreeBundle);
    describe(&bench, &authority);
    let (stamped, plain) = (bench.push_image("stamped"), bench.push_image("plain"));
    let services = ["sign", "--signing-config", "signing.json", "--trusted-root", "root.json"];
    let key = bench.key("rsa-3072");
    bench.run(&[&services[..], &["--key", &key, &stamped]].concat());
    bench.sign("sign", &key, &[&plain]);

    assert!(verifies(&bench, &stamped) && !verifies(&bench, &plain));
}

#[test]
fn a_bundle_of_a_file_has_the_time_stamp_in_it() {
    let (bench, authority) = stamping(Cosign::ThreeBundle);
    describe(&bench, &authority);
    std::fs::write(bench.folder.path().join("file"), "content").unwrap();
    let services = ["sign-blob", "--signing-config", "signing.json", "--trusted-root", "root.json"];
    bench.run(&[&services[..], &["--bundle", "file.json", "--key", &bench.key("rsa-3072"), "file"]].concat());

    let key = ["--insecure-ignore-tlog=true", "--bundle", "file.json", "--key", "cosign.pub", "file"];
    let arguments = [&["verify-blob"], verifying(bench.cosign), &key[..]].concat();
    succeeded(&arguments, &bench.run_with(&[], &arguments));
    assert_eq!(stamps(&bench.folder.path().join("file.json")), 1);
}

/// The number of time stamps in a bundle.
fn stamps(bundle: &Path) -> usize {
    let bundle: serde_json::Value = serde_json::from_slice(&std::fs::read(bundle).unwrap()).unwrap();
    let material = &bundle["verificationMaterial"]["timestampVerificationData"];
    material["rfc3161Timestamps"].as_array().unwrap().len()
}
