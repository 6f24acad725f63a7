//! The model: PKCS#11's words in safe Rust. Nothing here has a pointer, and nothing speaks HTTP.

pub mod access;
pub mod attributes;
pub mod dummy_certificate;
pub mod encoding;
pub mod error;
pub mod mechanism;
pub mod module;
pub mod names;
pub mod object;
pub mod operation;
pub mod profile;
pub mod search;
pub mod session;
pub mod settings;
pub mod signatures;
pub mod verification;

pub use error::{Error, Result, refused};
pub use module::{Module, Surroundings};
