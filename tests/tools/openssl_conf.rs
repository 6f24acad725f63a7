//! The configuration by which a program that uses OpenSSL (nginx, curl) finds the module: OpenSSL loads the engine of
//! libp11, and the engine loads the module.

use std::path::{Path, PathBuf};

use crate::openssl::openssl;
use crate::support::bench::{Bench, module, succeeds};

/// A file for the variable `OPENSSL_CONF`, with the bench's PIN if it has one.
///
/// The PIN is here and not in the key's URI (`pin-value`, `pin-source`): libp11 0.4.12 takes at most 32 characters
/// from there, and an organization's id alone has 36.
pub(crate) fn openssl_conf(bench: &Bench) -> PathBuf {
    require_engine(bench);
    let pin = bench.pin().map_or_else(String::new, |pin| format!("PIN = {pin}\n"));
    let module = module();
    let text = format!(
        "openssl_conf = openssl\n\
        [openssl]\n\
        engines = engines\n\
        [engines]\n\
        pkcs11 = pkcs11\n\
        [pkcs11]\n\
        engine_id = pkcs11\n\
        MODULE_PATH = {module}\n\
        {pin}\
        init = 1\n"
    );
    bench.write("openssl.cnf", text)
}

/// Fails with the command that installs it where OpenSSL has no engine `pkcs11`.
pub(crate) fn require_engine(bench: &Bench) {
    let text = succeeds(openssl(bench).args(["version", "-e"]));
    let folder = text.trim().trim_start_matches("ENGINESDIR: ").trim_matches('"');
    let engine = Path::new(folder).join("pkcs11.so");
    assert!(
        engine.exists(),
        "{} is missing; install it: apt-get install libengine-pkcs11-openssl",
        engine.display()
    );
}
