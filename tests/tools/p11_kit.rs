//! p11-kit loads the module by a module file, and hands it on: to its own listing, to GnuTLS, and by its proxy module to
//! every program that loads a module by path.

use std::path::Path;
use std::process::Command;

use crate::openssl::verify;
use crate::support::artifacts;
use crate::support::bench::{
    Bench, Credentials, LIST, SIGN, hex_id, module, succeeds, uri, with_each_credentials,
};

/// Where a user's module files are, beside those of the machine.
const USER_MODULES: &str = ".config/pkcs11/modules";

/// The module's version, as p11-kit prints one.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// Puts the module into the home folder's module files, as the only one of this machine.
fn install_module(bench: &Bench) {
    std::fs::create_dir_all(bench.path(USER_MODULES)).unwrap();
    for folder in [installation("p11_module_configs"), "/etc/pkcs11/modules".to_owned()] {
        switch_off(bench, Path::new(&folder));
    }
    bench.write(&format!("{USER_MODULES}/signpath.module"), format!("module: {}\n", module()));
}

/// A user's module file beats one of the machine with the same name.
fn switch_off(bench: &Bench, folder: &Path) {
    for file in folder.read_dir().into_iter().flatten() {
        let name = file.unwrap().file_name().into_string().unwrap();
        bench.write(&format!("{USER_MODULES}/{name}"), "enable-in: no-program\n");
    }
}

/// Where this machine's p11-kit is installed.
fn installation(variable: &str) -> String {
    let pkg_config = artifacts::program("pkg-config", "pkg-config");
    let text = succeeds(Command::new(pkg_config).args([&format!("--variable={variable}"), "p11-kit-1"]));
    text.trim().to_owned()
}

/// A program that uses p11-kit. For root p11-kit reads no user's files, so that root becomes another user here, who
/// keeps nothing of root's rights but to read and write the bench.
fn program(bench: &Bench, name: &str, debian_package: &str) -> Command {
    if !rustix::process::getuid().is_root() {
        return bench.command(name, debian_package);
    }
    let mut setpriv = bench.command("setpriv", "util-linux");
    setpriv.args(["--reuid=65534", "--clear-groups"]);
    setpriv.args(["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]);
    setpriv.arg(artifacts::program(name, debian_package));
    setpriv
}

/// pkcs11-tool with the proxy as its module: slots have numbers of the proxy's own, and are found by the token's label.
fn pkcs11_tool(bench: &Bench) -> Command {
    let mut tool = program(bench, "pkcs11-tool", "opensc");
    tool.args(["--module", &installation("proxy_module"), "--token-label", "SignPath"]);
    if let Some(pin) = bench.pin() {
        tool.args(["--login", "--pin", &pin]);
    }
    tool
}

/// p11tool with no module named, and the PIN in the variable that GnuTLS has for it.
fn p11tool(bench: &Bench) -> Command {
    let mut tool = program(bench, "p11tool", "gnutls-bin");
    tool.arg("--batch");
    if let Some(pin) = bench.pin() {
        tool.arg("--login").env("GNUTLS_PIN", pin);
    }
    tool
}

/// What `p11-kit list-modules` prints.
fn listing(bench: &Bench) -> String {
    let module = module();
    let login = match bench.credentials {
        Credentials::Configured => "",
        Credentials::Pin => "\n               login-required",
    };
    format!(
        "signpath: {module}
    library-description: PKCS#11 module for SignPath
    library-manufacturer: signpath-pkcs11
    library-version: {VERSION}
    token: SignPath
        manufacturer: SignPath
        model: SignPath
        serial-number: 1
        hardware-version: {VERSION}
        firmware-version: {VERSION}
        flags:
               rng
               write-protected{login}
               user-pin-initialized
               token-initialized
"
    )
}

#[test]
fn lists_the_module_and_its_token_without_a_request() {
    with_each_credentials(|bench| {
        install_module(bench);
        let listed = succeeds(program(bench, "p11-kit", "p11-kit").arg("list-modules"));
        assert_eq!(listed, listing(bench));
        bench.expect_requests(&[]);
    });
}

#[test]
fn pkcs11_tool_signs_through_the_proxy_with_rsa_and_ec() {
    with_each_credentials(|bench| {
        install_module(bench);
        bench.write("data", "signed through p11-kit-proxy");
        for (key, mechanism) in [("rsa-2048", "SHA256-RSA-PKCS"), ("p-384", "ECDSA-SHA256")] {
            let mut tool = pkcs11_tool(bench);
            tool.args(["--sign", "--mechanism", mechanism, "--signature-format", "openssl"]);
            tool.args(["--id", &hex_id(key), "--input-file", "data", "--output-file", "signature"]);
            succeeds(&mut tool);
            verify(bench, key, "sha256", &[], "data", "signature");
            assert_eq!(bench.signers(), [bench.user()]);
            bench.expect_requests(&[LIST, SIGN]);
        }
    });
}

#[test]
fn p11tool_signs_without_being_told_of_a_module() {
    with_each_credentials(|bench| {
        install_module(bench);
        for key in ["rsa-2048", "p-256"] {
            succeeds(p11tool(bench).args(["--test-sign", &uri(key, "private")]));
            assert_eq!(bench.signers(), [bench.user()]);
            bench.expect_requests(&[LIST, SIGN]);
        }
    });
}
