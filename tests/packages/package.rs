//! The packages that `make package` made: where they are, and what is in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::artifacts;
use crate::support::programs::succeeded;

/// Where Debian and Ubuntu keep PKCS#11 modules.
pub const DEB_MODULE: &str = "/usr/lib/x86_64-linux-gnu/pkcs11/libsignpath_pkcs11.so";
/// Where RHEL and Fedora do.
pub const RPM_MODULE: &str = "/usr/lib64/pkcs11/libsignpath_pkcs11.so";

/// The folder of the packages.
pub fn folder() -> PathBuf {
    let folder = std::env::var_os("SIGNPATH_TEST_PACKAGES").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| artifacts::package().join("target/package"));
    assert!(folder.exists(), "{} is missing; make it: make package", folder.display());
    folder
}

/// The package of Debian with this name.
pub fn deb(name: &str) -> PathBuf {
    folder().join(format!("{name}_{}-1_amd64.deb", env!("CARGO_PKG_VERSION")))
}

/// The package of RHEL with this name.
pub fn rpm(name: &str) -> PathBuf {
    folder().join(format!("{name}-{}-1.x86_64.rpm", env!("CARGO_PKG_VERSION")))
}

/// The archive for everybody else.
pub fn archive() -> PathBuf {
    folder().join(format!("{}.tar.gz", archive_folder()))
}

/// The folder in the archive.
pub fn archive_folder() -> String {
    format!("signpath-pkcs11-{}-x86_64-linux", env!("CARGO_PKG_VERSION"))
}

/// What a package of Debian puts into the system.
pub fn unpacked_deb(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    succeeded(dpkg_deb().arg("--extract").arg(deb(name)).arg(folder.path()));
    folder
}

/// What a package of RHEL puts into the system.
pub fn unpacked_rpm(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let command = "rpm2cpio \"$1\" | cpio --quiet --extract --make-directories --no-absolute-filenames";
    artifacts::program("cpio", "cpio");
    artifacts::program("rpm2cpio", "rpm");
    succeeded(Command::new("sh").args(["-ec", command, "sh"]).arg(rpm(name)).current_dir(folder.path()));
    folder
}

/// What the archive holds.
pub fn unpacked_archive() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut tar = Command::new(artifacts::program("tar", "tar"));
    succeeded(tar.arg("--extract").arg("--file").arg(archive()).arg("--directory").arg(folder.path()));
    folder
}

/// The program that looks into packages of Debian.
pub fn dpkg_deb() -> Command {
    Command::new(artifacts::program("dpkg-deb", "dpkg"))
}

/// Every file in a folder, as paths from there.
pub fn files_in(folder: &Path) -> BTreeSet<String> {
    let mut find = Command::new(artifacts::program("find", "findutils"));
    let text = succeeded(find.args([".", "!", "-type", "d", "-printf", "/%P\n"]).current_dir(folder));
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}
