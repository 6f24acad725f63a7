//! A text that a person can meet.

use std::fmt;

use super::Code;

/// A text for a person, and the code under which `docs/troubleshooting.md` explains it. All that the module and its log
/// say as an error or a warning is one of these: this is the one place that prints a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    code: Code,
    text: String,
}

impl Notice {
    /// A text with its code: lower case, no full stop, the remedy last.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// What it is about.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The text without its code.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same notice with more behind its text.
    #[must_use]
    pub fn adding(mut self, more: &str) -> Self {
        self.text.push_str(more);
        self
    }

    /// The same notice with what was asked before its text.
    #[must_use]
    pub(crate) fn about(self, asked: &str) -> Self {
        Self { text: format!("{asked}: {}", self.text), ..self }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} [{}]", self.text, self.code)
    }
}
