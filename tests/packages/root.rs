//! A bare release of a distribution, of one test: programs run in it, see nothing of this machine but its network, and
//! it is gone with the value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::support::programs::succeeded;

use super::package;

/// What the package managers write down of their own doings.
const BOOKS: [&str; 5] = [
    "./var/lib/dpkg/lock",
    "./var/lib/dpkg/status",
    "./var/lib/dpkg/triggers/Lock",
    "./var/lib/rpm",
    "./var/log/dpkg.log",
];

/// Shows a program the processes, in a room of its own: the mount is the program's, and goes away with it.
const ENTER: &str = "mount -t proc proc \"$1/proc\" && exec chroot \"$@\"";

/// A copy of a bare release.
pub struct Root(tempfile::TempDir);

impl Root {
    /// A release by its name, with more of its packages if need be, as `scripts/clean-root` makes it.
    pub fn of(release: &[&str]) -> Self {
        let mut script = Command::new(artifacts::package().join("scripts/clean-root"));
        let text = String::from_utf8(succeeded(script.args(release))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut copy = Command::new(artifacts::program("cp", "coreutils"));
        copy.args(["--archive", "--reflink=auto", "--no-target-directory"]).arg(text.trim());
        succeeded(copy.arg(folder.path()));
        Self(folder)
    }

    /// A file in it, as this machine sees it.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    /// Copies a file into it.
    pub fn put(&self, file: &Path, path: &str) {
        std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        std::fs::copy(file, self.path(path)).unwrap();
    }

    /// A program of it, with nothing in its environment but what everyone has there.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(artifacts::program("unshare", "util-linux"));
        command.args(["--mount", "sh", "-ec", ENTER, "sh"]).arg(self.0.path()).arg(program);
        command.env_clear().env("HOME", "/tmp").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// Runs a line of its shell, which must succeed; what it printed.
    pub fn shell(&self, line: &str) -> String {
        String::from_utf8(succeeded(self.command("sh").args(["-ec", line]))).unwrap()
    }

    /// Installs a package of Debian by dpkg.
    pub fn install(&self, name: &str) {
        self.put(&package::deb(name), "/tmp/package.deb");
        self.shell("dpkg --install /tmp/package.deb 2>&1 && rm /tmp/package.deb");
    }

    /// Installs the packages of RHEL by this machine's rpm. Releases of Debian cannot tell rpm what they have, so that
    /// it does not ask.
    pub fn install_rpm(&self, names: &[&str]) {
        succeeded(
            self.rpm().args(["--install", "--nodeps"]).args(names.iter().map(|name| package::rpm(name))),
        );
    }

    /// This machine's rpm, at work in this root.
    pub fn rpm(&self) -> Command {
        let mut rpm = Command::new(artifacts::program("rpm", "rpm"));
        rpm.arg("--root").arg(self.0.path()).args(["--dbpath", "/var/lib/rpm", "--force-debian"]);
        rpm
    }

    /// An emulator that is installed in it.
    pub fn emulator(&self, program: &str) -> Emulator {
        let folder = tempfile::tempdir_in(self.path("tmp")).unwrap();
        Emulator::started_by(self.command(program), folder, self.0.path())
    }

    /// Everything in it, with what each file is: changed ones differ.
    pub fn everything(&self) -> BTreeMap<String, String> {
        let mut find = Command::new(artifacts::program("find", "findutils"));
        find.args([".", "-type", "d", "-printf", "%p\\t%y %m %U %G\\n"]);
        find.args(["-o", "-printf", "%p\\t%y %m %U %G %s %T@ %l\\n"]);
        let text = String::from_utf8(succeeded(find.current_dir(self.0.path()))).unwrap();
        let entries = text.lines().map(|line| line.split_once('\t').unwrap());
        let entries = entries.filter(|(path, _)| !BOOKS.iter().any(|book| path.starts_with(book)));
        entries.map(|(path, kind)| (path.to_owned(), kind.to_owned())).collect()
    }
}

/// What the module and the tool need to reach an emulator as its first user, in any root; nothing is logged to files.
pub fn variables(emulator: &Emulator) -> Vec<(&'static str, String)> {
    let names = ["SIGNPATH_API_URL", "SIGNPATH_ORGANIZATION_ID", "SIGNPATH_API_TOKEN"];
    let mut variables = emulator.variables();
    variables.retain(|(name, _)| names.contains(name));
    variables.push(("SIGNPATH_LOG_FILE_LEVEL", "none".to_owned()));
    variables
}
