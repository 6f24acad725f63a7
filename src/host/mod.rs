//! The program that loaded the module: its name, its user, its command line without secrets.
//!
//! Read when first needed, not at C_Initialize: a program that only lists slots must not pay for it. What of it goes
//! to SignPath is decided by `signpath::user`, whether anything does by a setting.

pub(crate) mod redaction;

use std::fs;
use std::sync::OnceLock;

/// The host program.
#[derive(Debug)]
pub struct Host {
    executable: OnceLock<String>,
    user: Option<String>,
}

/// The operating system, in the words of SignPath's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatingSystem {
    /// `Linux`.
    pub kind: &'static str,
    /// The kernel's release.
    pub version: String,
    /// The processor architecture for which the module was built.
    pub architecture: &'static str,
}

/// Auditors want to see what was run, not a megabyte of file names.
const LONGEST_COMMAND_LINE: usize = 4096;

impl Host {
    /// The process in which this code runs. `user` is the name that its environment gives, if it can be believed.
    pub fn of_process(user: Option<&str>) -> Self {
        Self { executable: OnceLock::new(), user: user.map(str::to_owned) }
    }

    /// The executable's file name; empty if the system does not tell.
    pub fn executable(&self) -> &str {
        self.executable.get_or_init(|| {
            let path = fs::read_link("/proc/self/exe").unwrap_or_default();
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        })
    }

    /// Whether this is cosign, which cannot use the certificates of a token together with `verify --key`.
    pub fn is_cosign(&self) -> bool {
        self.executable().starts_with("cosign")
    }

    /// The command line with every secret masked: those given, and everything that looks like one.
    pub fn command_line(&self, secrets: &[&str]) -> String {
        let raw = fs::read("/proc/self/cmdline").unwrap_or_default();
        let arguments: Vec<String> = raw
            .split(|byte| *byte == 0)
            .filter(|argument| !argument.is_empty())
            .map(|argument| String::from_utf8_lossy(argument).into_owned())
            .collect();
        shortened(redaction::command_line(&arguments, secrets))
    }

    /// The user's name, from the environment or the user database's file, or `user 1000`.
    pub fn user(&self) -> String {
        let id = rustix::process::geteuid().as_raw();
        let from_file = || name_of(id, &fs::read_to_string("/etc/passwd").unwrap_or_default());
        self.user.clone().or_else(from_file).unwrap_or_else(|| format!("user {id}"))
    }

    /// The operating system.
    pub fn operating_system(&self) -> OperatingSystem {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        OperatingSystem {
            kind: "Linux",
            version: release.trim().to_owned(),
            architecture: std::env::consts::ARCH,
        }
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_COMMAND_LINE {
        let end = text.floor_char_boundary(LONGEST_COMMAND_LINE);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A user's name in the text of `/etc/passwd`. The name service is not asked: it may be a network away.
fn name_of(id: u32, passwd: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number_in_the_user_database() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nci:x:1000:1000::/home/ci:/bin/sh\n";

        assert_eq!(name_of(1000, passwd), Some("ci".to_owned()));
        assert_eq!(name_of(7, passwd), None);
    }

    #[test]
    fn the_host_of_a_test_is_the_test_program() {
        let host = Host::of_process(None);

        assert!(host.executable().starts_with("signpath_pkcs11"), "{}", host.executable());
        assert!(host.command_line(&[]).contains("signpath_pkcs11"));
    }
}
