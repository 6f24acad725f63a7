//! `signpath-tool generate`: the metadata that is signed.

use serde_json::json;

use crate::bench::{Bench, DIGEST, digest, repository};
use crate::support::artifacts;
use crate::support::programs::succeeded;

/// Fails unless both programs print the same bytes.
fn prints_what_cosign_prints(bench: &Bench, arguments: &[&str]) {
    let arguments = [&["generate"], arguments].concat();
    let ours = String::from_utf8(bench.tool(&arguments)).unwrap();

    assert_eq!(ours, bench.cosign(2, &arguments));
}

#[test]
fn the_metadata_of_every_kind_of_name_is_that_of_cosign() {
    let bench = Bench::new();
    let names =
        ["quay.io/acme/app", "docker.io/acme/app", "ubuntu", "acme/app:1.2", "127.0.0.1:5000/a_b/c-d.e"];
    for name in names {
        prints_what_cosign_prints(&bench, &[&format!("{name}@{DIGEST}")]);
    }
}

#[test]
fn annotations_are_written_as_cosign_writes_them() {
    let image = format!("quay.io/acme/app@{DIGEST}");
    let bench = Bench::new();
    let values = [
        "key=value",
        "key=",
        "=value",
        "b=2,a=1",
        "\"key=one, two\",other=3",
        "html=<b>&</b>",
        "controls=\u{1}\u{8}\u{c}\t\u{7f}\\",
        "separators=\u{2028}\u{2029}",
        "unicode=ä€😀",
        " spaces = kept ",
    ];
    for value in values {
        prints_what_cosign_prints(&bench, &["-a", value, &image]);
    }
    prints_what_cosign_prints(&bench, &["-a", "a=1", "--annotations", "b=2", "-a", "a=3", &image]);
}

#[test]
fn a_tag_is_resolved_and_the_message_says_so() {
    for bench in [Bench::new(), Bench::with_referrers()] {
        let image = bench.push_image("app");
        let tagged = format!("{}:latest", repository(&image));
        let output = bench.command(&["generate", &tagged]).output().unwrap();

        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("{tagged} is {}\n", digest(&image)));
        assert_eq!(output.stdout, bench.tool(&["generate", &image]));
    }
}

#[test]
fn an_image_by_digest_needs_no_registry() {
    let bench = Bench::new();
    let metadata = bench.tool(&["generate", &format!("127.0.0.1:1/app@{DIGEST}")]);

    assert!(!metadata.is_empty());
}

#[test]
fn the_metadata_of_a_bundle_is_a_statement_that_names_the_repository_ready_to_be_signed() {
    let image = format!("quay.io/acme/app@{DIGEST}");
    let metadata = Bench::new().tool(&["generate", "--format", "bundle", "-a", "b=2,a=1", &image]);
    let statement = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"quay.io/acme/app","digest":{{"sha256":"{}"}},"annotations":{{"a":"1","b":"2"}}}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{{}}}}"#,
        &DIGEST[7..]
    );
    let expected = format!("DSSEv1 28 application/vnd.in-toto+json {} {statement}", statement.len());

    assert_eq!(String::from_utf8(metadata).unwrap(), expected);
}

#[test]
fn recursive_takes_the_images_of_an_index() {
    for bench in [Bench::new(), Bench::with_referrers()] {
        let index = bench.push_index("app");
        let parts: serde_json::Value = serde_json::from_str(&bench.crane(&["manifest", &index])).unwrap();
        let part = |number: usize| {
            let digest = parts["manifests"][number]["digest"].as_str().unwrap();
            format!("{}@{digest}", repository(&index))
        };
        let generated = bench.tool_json(&["generate", "--recursive", &index]);
        let images: Vec<_> = generated.as_array().unwrap().iter().map(|one| one["image"].clone()).collect();

        assert_eq!(images, [json!(index), json!(part(0)), json!(part(1))]);
    }
}

#[test]
fn many_indexes_of_indexes_are_looked_up_side_by_side() {
    let bench = Bench::new();
    let index = bench.push_index("app");
    let outer: Vec<String> = (0..30)
        .map(|number| {
            let tag = format!("{}-{number}:outer", repository(&index));
            let inner = format!("{}-{number}:inner", repository(&index));
            bench.crane(&["copy", &index, &inner]);
            bench.crane(&["index", "append", "--flatten=false", "--manifest", &inner, "--tag", &tag]);
            tag
        })
        .collect();
    let images: Vec<&str> = outer.iter().map(String::as_str).collect();
    let generated = bench.tool_json(&[&["generate", "--recursive"], &images[..]].concat());

    // each of them, the index in it, and the two images in that
    assert_eq!(generated.as_array().unwrap().len(), 4 * 30);
}

#[test]
fn the_archive_for_signpath_holds_a_file_for_each_image() {
    let bench = Bench::new();
    let images = ["quay.io/acme/app", "quay.io/acme/web"].map(|name| format!("{name}@{DIGEST}"));
    let arguments = ["generate", "--format", "bundle", "--zip", "payload.zip", &images[0], &images[1]];
    bench.tool(&arguments);
    let unzip = artifacts::program("unzip", "unzip");

    for (image, name) in images.iter().zip(["quay.io_acme_app", "quay.io_acme_web"]) {
        let file = format!("{name}-{}.payload.dsse", DIGEST.replace(':', "-"));
        let mut command = std::process::Command::new(&unzip);
        let content = succeeded(command.arg("-p").arg(bench.path("payload.zip")).arg(file));
        assert_eq!(content, bench.tool(&["generate", "--format", "bundle", image]));
    }
}

#[test]
fn the_archive_for_one_image_holds_the_file_of_the_manual_steps() {
    let bench = Bench::new();
    let image = format!("quay.io/acme/app@{DIGEST}");
    bench.tool(&["generate", "--zip", "payload.json.zip", &image]);
    let mut unzip = std::process::Command::new(artifacts::program("unzip", "unzip"));
    let content = succeeded(unzip.arg("-p").arg(bench.path("payload.json.zip")).arg("payload.json"));

    assert_eq!(content, bench.tool(&["generate", &image]));
}
