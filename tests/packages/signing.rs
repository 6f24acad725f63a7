//! A bare Debian 12 with the package, and the cosign that the user brings.

use crate::support::images::Pusher;
use crate::support::programs::succeeded;
use crate::support::tools::{Registry, tool};

use super::package::DEB_MODULE;
use super::root::{Root, variables};

const KEY: &str = "pkcs11:token=SignPath;id=container-images%2Frsa-2048";

#[test]
fn cosign_signs_an_image_where_nothing_but_the_package_is_installed() {
    let (root, service) = (Root::of(&["bookworm"]), Root::of(&["bookworm"]));
    root.install("signpath-pkcs11");
    service.install("signpath-emulator");
    root.put(&tool("cosign-3"), "/usr/local/bin/cosign");
    let (emulator, registry) = (service.emulator("signpath-emulator"), Registry::start());
    let folder = tempfile::tempdir().unwrap();
    let pusher = Pusher { folder: folder.path(), registry: &registry.address, variables: &[] };
    let image = pusher.push_image("acme/app");
    let cosign = |arguments: &[&str]| {
        let mut cosign = root.command("cosign");
        cosign.args(arguments).envs(variables(&emulator)).env("COSIGN_PKCS11_MODULE_PATH", DEB_MODULE);
        succeeded(&mut cosign)
    };

    std::fs::write(root.path("/tmp/cosign.pub"), cosign(&["public-key", "--key", KEY])).unwrap();
    cosign(&["sign", "--use-signing-config=false", "--tlog-upload=false", "--key", KEY, &image]);
    cosign(&["verify", "--insecure-ignore-tlog=true", "--key", "/tmp/cosign.pub", &image]);

    let signed = emulator.audit();
    assert_eq!(signed.len(), 1);
    assert_eq!(signed[0]["user"], "all-policies");
}
