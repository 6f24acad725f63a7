//! How old the emulated server is: what it knows, and how it says no.

/// How old the emulated server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Generation {
    /// A server of today: has SignHash, and still fast signing.
    Current,
    /// A server older than 1.195.0 and 1.196.0: no SignHash; 401 and 403 are plain text.
    Legacy,
}
