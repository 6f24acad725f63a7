//! Signatures that lie in a repository of their own: COSIGN_REPOSITORY.

use crate::bench::{Bench, Cosign, succeeded};
use crate::support::images::Pusher;
use crate::support::tools::Registry;

const TAG_OF_LEGACY: &str = ".sig";

/// The tags of a repository; none if there is no such repository.
fn tags(bench: &Bench, repository: &str) -> Vec<String> {
    let pusher = Pusher { folder: bench.folder.path(), registry: &bench.registry.address, variables: &[] };
    let catalog = pusher.crane(&["catalog", &bench.registry.address]);
    if !catalog.lines().any(|name| name == repository) {
        return Vec::new();
    }
    let listed = pusher.crane(&["ls", &format!("{}/{repository}", bench.registry.address)]);
    listed.lines().map(str::to_owned).collect()
}

/// Signs an image into the repository `signatures`, and verifies it there; whether it also verifies without the
/// variable.
fn signs_elsewhere(bench: &Bench) -> bool {
    let (key, image) = (bench.key("rsa-3072"), bench.push_image("image"));
    bench.export_public_key(&key);
    let repository = ("COSIGN_REPOSITORY", format!("{}/signatures", bench.registry.address));
    let variables = [bench.emulator.variables(), vec![repository.clone()]].concat();
    let signing = bench.signing("sign", &key, &[&image]);
    succeeded(&signing, &bench.run_with(&variables, &signing));

    let verifying = ["verify", "--insecure-ignore-tlog=true", "--key", "cosign.pub", &image];
    succeeded(&verifying, &bench.run_with(&[repository], &verifying));
    bench.run_with(&[], &verifying).status.success()
}

#[test]
fn a_signature_in_the_legacy_format_lies_in_the_other_repository_and_nowhere_else() {
    for cosign in [Cosign::Two, Cosign::ThreeLegacy] {
        let bench = Bench::new(cosign);

        assert!(!signs_elsewhere(&bench), "{cosign:?}");
        assert_eq!(tags(&bench, "image"), ["latest"], "{cosign:?}");
        let signatures = tags(&bench, "signatures");
        assert!(
            signatures.len() == 1 && signatures[0].ends_with(TAG_OF_LEGACY),
            "{cosign:?}: {signatures:?}"
        );
    }
}

#[test]
fn a_bundle_lies_in_the_other_repository_where_the_registry_has_no_referrers_api() {
    let bench = Bench::new(Cosign::ThreeBundle);

    assert!(!signs_elsewhere(&bench));
    assert_eq!(tags(&bench, "image"), ["latest"]);
    assert_eq!(tags(&bench, "signatures").len(), 1);
}

#[test]
fn a_bundle_lies_in_the_other_repository_where_the_registry_has_the_referrers_api() {
    let bench = Bench { registry: Registry::with_referrers(), ..Bench::new(Cosign::ThreeBundle) };

    assert!(!signs_elsewhere(&bench));
    assert_eq!(tags(&bench, "image"), ["latest"]);
}
