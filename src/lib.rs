//! signpath-pkcs11
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failing test says where"))]

mod abi;
pub mod config;
pub mod credentials;
pub mod error;
pub mod host;
pub mod log;
pub mod signpath;
pub mod token;
