//! Files that are signed: archives, the artifact configurations that say what to sign in them, and the signing.
//!
//! An [`configuration::ArtifactConfiguration`] is read from its documented XML by [`xml`]; [`processing`] applies one to an
//! [`archive::Archive`] and returns the archive with the signature files in it. Who may have files signed, and when,
//! is left to `api` and `signing_requests`; nothing here waits, locks, or knows of HTTP.

pub(crate) mod archive;
pub(crate) mod configuration;
pub(crate) mod parameters;
pub(crate) mod processing;
pub(crate) mod raw_signature;
pub(crate) mod tampering;
pub(crate) mod template;
pub(crate) mod xml;
