//! How a command ends: a message for a person, and an exit code for a script.

use std::fmt;
use std::process::ExitCode;

use signpath_pkcs11::error::{Failure, FailureKind};

/// The result of a command or of a step of it.
pub(crate) type Result<T> = std::result::Result<T, Ending>;

/// An exit code; documented in `--help` and in the README, so none ever changes its meaning. 2 is clap's, for a command
/// line that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 1: anything that has no code of its own.
    Failed = 1,
    /// 3: a setting is missing or cannot be used.
    Configuration = 3,
    /// 4: an image, or what is said of it, is not one of those that are allowed.
    IdentityRefused = 4,
    /// 5: SignPath refused the token or the user.
    Unauthorized = 5,
    /// 6: SignPath could not be reached, or was not available until the time limit.
    Unavailable = 6,
    /// 7: the registry could not be read or written.
    Registry = 7,
    /// 8: a signature, or what else SignPath returned, does not verify; nothing was pushed.
    NotVerified = 8,
    /// 10: the signing request was denied.
    Denied = 10,
    /// 11: the signing request failed.
    RequestFailed = 11,
    /// 12: the signing request was canceled.
    Canceled = 12,
    /// 13: the time to wait was over; the signing request goes on.
    StillRunning = 13,
    /// 14: SignPath found malware.
    MalwareDetected = 14,
    /// 15: SignPath could not scan for malware.
    MalwareScanFailed = 15,
    /// 16: SignPath could not retrieve the artifact.
    ArtifactRetrievalFailed = 16,
    /// 130: interrupted; the signing request goes on.
    Interrupted = 130,
}

/// A command that did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    exit: Exit,
    message: String,
}

impl Ending {
    /// An ending with a message: lower case, no full stop, the remedy last.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// The same ending with more to say.
    pub(crate) fn adding(mut self, more: &str) -> Self {
        self.message.push_str(more);
        self
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl From<Failure> for Ending {
    fn from(failure: Failure) -> Self {
        let exit = match failure.kind {
            FailureKind::Configuration => Exit::Configuration,
            FailureKind::Unauthorized => Exit::Unauthorized,
            FailureKind::Unavailable | FailureKind::ServerError => Exit::Unavailable,
            FailureKind::Rejected | FailureKind::Stopped | FailureKind::Other => Exit::Failed,
        };
        Self::new(exit, failure.to_string())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
