//! How a command ends: a message for a person, and an exit code for a script.

use std::fmt;
use std::process::ExitCode;

use signpath_pkcs11::error::{Code, Failure, FailureKind, Notice};

/// The result of a command or of a step of it.
pub(crate) type Result<T> = std::result::Result<T, Ending>;

/// An exit code; documented in `--help` and in docs/signpath-tool.md, so none ever changes its meaning. 2 is clap's, for
/// a command line that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Failed = 1,
    Configuration = 3,
    IdentityRefused = 4,
    Unauthorized = 5,
    Unavailable = 6,
    Registry = 7,
    NotVerified = 8,
    Denied = 10,
    RequestFailed = 11,
    Canceled = 12,
    StillRunning = 13,
    MalwareDetected = 14,
    MalwareScanFailed = 15,
    ArtifactRetrievalFailed = 16,
    Interrupted = 130,
}

impl Exit {
    /// All of them, with what they mean.
    const TABLE: [(Self, &'static str); 15] = [
        (Self::Failed, "anything that has no code of its own"),
        (Self::Configuration, "a setting or a file is missing or cannot be used"),
        (Self::IdentityRefused, "an image, or what is said of it, is not one of those that are allowed"),
        (Self::Unauthorized, "SignPath refused the token or the user"),
        (Self::Unavailable, "SignPath could not be reached, or was not available until the time limit"),
        (Self::Registry, "the registry could not be read or written"),
        (
            Self::NotVerified,
            "a signature, or what else SignPath returned, does not verify; nothing was pushed",
        ),
        (Self::Denied, "the signing request was denied"),
        (Self::RequestFailed, "the signing request failed"),
        (Self::Canceled, "the signing request was canceled"),
        (Self::StillRunning, "the time to wait was over; the signing request goes on"),
        (Self::MalwareDetected, "SignPath found malware"),
        (Self::MalwareScanFailed, "SignPath could not scan for malware"),
        (Self::ArtifactRetrievalFailed, "SignPath could not retrieve the artifact"),
        (Self::Interrupted, "interrupted; the signing request goes on"),
    ];

    /// The codes for `--help`.
    pub(crate) fn help() -> String {
        let others = [(0, "done"), (2, "the command line makes no sense")];
        let mut lines: Vec<(u8, &str)> =
            Self::TABLE.iter().map(|(exit, meaning)| (*exit as u8, *meaning)).chain(others).collect();
        lines.sort_unstable();
        let lines: String = lines.iter().map(|(code, meaning)| format!("\n  {code:<4} {meaning}")).collect();
        format!("Exit codes:{lines}")
    }

    /// Whether the signing request has come to an end without signatures that can be used.
    fn is_end_of_request(self) -> bool {
        matches!(
            self,
            Self::Denied
                | Self::RequestFailed
                | Self::Canceled
                | Self::MalwareDetected
                | Self::MalwareScanFailed
                | Self::ArtifactRetrievalFailed
                | Self::NotVerified
        )
    }
}

/// A command that did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    exit: Exit,
    message: String,
    /// Where it is explained, if it came from what the tool and the module share.
    code: Option<Code>,
    /// What is said behind the code, where nobody must copy a code with a command.
    more: String,
}

impl Ending {
    /// An ending with a message: lower case, no full stop, the remedy last.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), code: None, more: String::new() }
    }

    /// The same ending, which the module has a code for.
    pub(crate) fn coded(self, code: Code) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The same ending with more to say.
    pub(crate) fn adding(mut self, more: &str) -> Self {
        self.more.push_str(more);
        self
    }

    /// The same ending, with the command that goes on with the signing request, if that can still lead to something.
    pub(crate) fn with_command(self, again: &str) -> Self {
        if self.exit.is_end_of_request() { self } else { self.adding(&format!("; go on with: {again}")) }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The message without its code and what was added.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The code of the module that explains it.
    pub(crate) fn code(&self) -> Option<Code> {
        self.code
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => Notice::new(code, self.message.as_str()).fmt(formatter)?,
            None => formatter.write_str(&self.message)?,
        }
        formatter.write_str(&self.more)
    }
}

impl From<Failure> for Ending {
    fn from(failure: Failure) -> Self {
        let exit = match failure.kind() {
            FailureKind::Configuration => Exit::Configuration,
            FailureKind::Unauthorized => Exit::Unauthorized,
            FailureKind::Unavailable | FailureKind::ServerError => Exit::Unavailable,
            FailureKind::Other if keeps_from_service(failure.code()) => Exit::Unavailable,
            FailureKind::Rejected | FailureKind::Stopped | FailureKind::Other => Exit::Failed,
        };
        let notice = failure.notice();
        Self::new(exit, notice.text()).coded(notice.code())
    }
}

/// What no repetition cures, so that it has a kind of its own, but keeps from SignPath like a network that is down.
fn keeps_from_service(code: Code) -> bool {
    matches!(
        code,
        Code::ProxyWantsPassword
            | Code::AuthorityUnknown
            | Code::CertificateNotValidNow
            | Code::CertificateOfAnotherHost
            | Code::CertificateRefused
            | Code::ClientRefused
            | Code::TlsNotSpoken
    )
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
