//! Why a call fails: the host's own mistake, or something that a person has to mend. And which `CK_RV` that is.

use std::borrow::Cow;
use std::fmt;

use super::names::ReturnValue;
use crate::error::{Failure, FailureKind};

/// The result of what a C function does.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The host asked for what the standard, or this token, does not allow. Told in the log file only.
    Refused {
        /// What the function returns.
        value: ReturnValue,
        /// Why, for whoever debugs the host.
        reason: Cow<'static, str>,
    },
    /// Configuration, network or service. Told on standard error, too.
    Failed {
        /// What the function returns.
        value: ReturnValue,
        /// What a person can read.
        failure: Failure,
    },
}

impl Error {
    /// What the function returns.
    pub fn value(&self) -> ReturnValue {
        match self {
            Self::Refused { value, .. } | Self::Failed { value, .. } => *value,
        }
    }

    /// A failure with a return value that is not the table's: at C_Login a refused token is a wrong PIN.
    pub fn failed(value: ReturnValue, failure: Failure) -> Self {
        Self::Failed { value, failure }
    }
}

/// A refusal, for `return Err(refused(…))`.
pub fn refused(value: ReturnValue, reason: impl Into<Cow<'static, str>>) -> Error {
    Error::Refused { value, reason: reason.into() }
}

impl From<Failure> for Error {
    /// The table of SignPath's own Cryptoki library: transient errors after the last attempt, other errors of the
    /// service, 4xx, the rest.
    fn from(failure: Failure) -> Self {
        let value = match failure.kind() {
            FailureKind::Unavailable => ReturnValue::FUNCTION_FAILED,
            FailureKind::ServerError => ReturnValue::DEVICE_ERROR,
            FailureKind::Unauthorized | FailureKind::Rejected => ReturnValue::ARGUMENTS_BAD,
            FailureKind::Stopped => ReturnValue::CRYPTOKI_NOT_INITIALIZED,
            FailureKind::Configuration | FailureKind::Other => ReturnValue::GENERAL_ERROR,
        };
        Self::Failed { value, failure }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { value, reason } => write!(formatter, "{value}: {reason}"),
            Self::Failed { value, failure } => write!(formatter, "{value}: {failure}"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn each_kind_of_failure_has_the_return_value_of_signpaths_library() {
        for (code, value) in [
            (Code::NotConnected, ReturnValue::FUNCTION_FAILED),
            (Code::ServiceFailed, ReturnValue::DEVICE_ERROR),
            (Code::RequestRefused, ReturnValue::ARGUMENTS_BAD),
            (Code::TokenRefused, ReturnValue::ARGUMENTS_BAD),
            (Code::SettingUnusable, ReturnValue::GENERAL_ERROR),
            (Code::ListNotUnderstood, ReturnValue::GENERAL_ERROR),
        ] {
            assert_eq!(Error::from(Failure::new(code, "a", "b", "c")).value(), value, "{code}");
        }
    }
}
