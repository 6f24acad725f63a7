//! PKCS#11 URIs: what the tool builds, cosign reads, and what it says of those that people bring.

use std::path::PathBuf;
use std::process::Output;

use crate::desk::{Desk, text};
use crate::support::artifacts;
use crate::support::bench::succeeds;
use crate::support::tools::tool;

/// The module under a path with characters that cosign's reader of URIs takes for something else.
fn module_at_awkward_path(desk: &Desk) -> PathBuf {
    let folder = desk.bench.path("c++ & more; 100%");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("module=a.so");
    std::fs::copy(artifacts::module(), &path).unwrap();
    path
}

fn explained(desk: &Desk, uri: &str) -> (String, String) {
    let Output { status, stdout, stderr } = desk.with_input(&["uri", "-"], uri.as_bytes());
    assert_eq!(status.code(), Some(0), "{}", text(&stderr));
    (text(&stdout), text(&stderr))
}

#[test]
fn cosign_reads_path_and_pin_out_of_a_built_uri_as_they_were_given() {
    let desk = Desk::new();
    let module = module_at_awkward_path(&desk);
    let pin = format!("{}:{}\n", desk.bench.emulator.organization, desk.bench.emulator.token_awkward);
    let pin = desk.bench.write("pin", pin);
    let options = ["--module-path", module.to_str().unwrap(), "--pin-file", pin.to_str().unwrap()];
    let uri = desk.line(&[&["uri", "container-images/rsa-3072"], &options[..]].concat());
    for cosign in ["cosign-2", "cosign-3"] {
        let mut cosign = desk.bench.plain(tool(cosign));
        let key = succeeds(cosign.args(["public-key", "--key", &uri]).envs(desk.bench.emulator.address()));

        assert_eq!(key, std::fs::read_to_string(artifacts::public_key("rsa-3072")).unwrap());
    }
}

#[test]
fn a_pin_is_put_into_a_uri_for_cosign_alone() {
    let message = Desk::new().fails(3, &["uri", "a/b", "--for", "openssl", "--pin-file", "pin"]);

    assert!(
        message.starts_with("error: --pin-file is for cosign alone; OpenSSL's engine reads at most 32"),
        "{message}"
    );
}

#[test]
fn each_program_has_its_own_way_of_naming_a_key() {
    let desk = Desk::new();
    let uri = |program| desk.line(&["uri", "my-project/my-policy", "--for", program]);

    assert_eq!(uri("cosign"), "pkcs11:token=SignPath;id=my-project%2Fmy-policy");
    assert_eq!(uri("openssl"), "pkcs11:token=SignPath;id=my-project%2Fmy-policy;type=private");
    assert_eq!(uri("jarsigner"), "my-project/my-policy");
    assert_eq!(
        desk.json(&["uri", "my-project/my-policy"]),
        serde_json::json!({
            "cosign": uri("cosign"), "openssl": uri("openssl"), "jarsigner": uri("jarsigner"),
        })
    );
}

#[test]
fn a_uri_is_explained_attribute_by_attribute_and_says_nothing_against_a_good_one() {
    let uri = "pkcs11:token=SignPath;id=my-project%2Fmy-policy";
    let (explanation, remarks) = explained(&Desk::new(), uri);

    let rows: Vec<Vec<&str>> =
        explanation.lines().map(|line| line.splitn(3, "  ").map(str::trim).collect()).collect();
    let rows: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(rows, ["token", "id"]);
    assert!(explanation.contains("my-project/my-policy"), "{explanation}");
    assert_eq!(remarks, "");
}

#[test]
fn what_is_wrong_with_a_uri_is_said_with_the_cure() {
    let desk = Desk::new();
    for (uri, remark) in [
        ("pkcs11:id=a%2Fb", "cosign needs the token; add token=SignPath"),
        ("pkcs11:token=Other;id=a%2Fb", "token is Other; the module's token is called SignPath"),
        ("pkcs11:slot-id=0;id=a%2Fb", "slot-id is 0; the module's slot is 1"),
        ("pkcs11:token=SignPath", "it chooses no key; add id=PROJECT%2FPOLICY"),
        ("pkcs11:token=SignPath;id=%01%02", "%01%02 is no key in SignPath; those are called PROJECT/POLICY"),
        ("pkcs11:token=SignPath;id=a%2Fb;object=c", "id and object differ (a/b, c); no key has both"),
        (
            "pkcs11:token=SignPath;id=a%2Fb+c",
            "cosign reads + in id as a space and ends the value at &; write %2B and %26",
        ),
        (
            "pkcs11:token=SignPath;id=a%2Fb?module-path=m.so",
            "module-path m.so is not absolute; cosign takes no other",
        ),
        (
            "pkcs11:token=SignPath;id=a%2Fb?module-path=/no/module.so",
            "module-path /no/module.so does not exist or cannot be read here",
        ),
        ("pkcs11:token=SignPath;id=a%2Fb;type=private;serial=1", "cosign does not look at type, serial"),
    ] {
        assert_eq!(explained(&desk, uri).1, format!("warning: {remark}\n"), "{uri}");
    }
}

#[test]
fn a_pin_in_a_uri_is_warned_about_and_not_repeated() {
    let desk = Desk::new();
    let (explanation, remarks) = explained(&desk, "pkcs11:token=SignPath;id=a%2Fb?pin-value=recognisable");

    assert!(
        remarks.starts_with("warning: it holds the PIN, which process lists and logs then show"),
        "{remarks}"
    );
    assert!(!format!("{explanation}{remarks}").contains("recognisable"));
}

#[test]
fn a_text_that_is_no_uri_is_refused_without_repeating_its_pin() {
    let message = Desk::new().fails(1, &["uri", "pkcs11:token=a b?pin-value=recognisable"]);

    assert_eq!(
        message,
        "error: this is no PKCS#11 URI: the value of token has a bare space; it is written %20"
    );
}

#[test]
fn a_uri_for_a_module_without_an_absolute_path_is_not_built() {
    let message = Desk::new().fails(3, &["uri", "a/b", "--module-path", "m.so"]);

    assert_eq!(message, "error: --module-path m.so is not absolute; cosign takes no other");
}
