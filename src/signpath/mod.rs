//! The service: SignPath's REST API, as much of it as signing needs. Nothing in this room knows PKCS#11.

mod attempts;
pub mod client;
mod connection;
pub mod hash_signing;
pub mod policies;
pub(crate) mod problem;
pub mod public_key;
pub mod retry;
mod sending;
pub mod signing_request;
mod trust;
pub mod user;

pub use client::Client;
pub use connection::{Route, tls_code_and_remedy};
pub use hash_signing::{HashAlgorithm, HashToSign, SignatureAlgorithm, Signed};
pub use policies::{Listing, SigningPolicy};
pub use public_key::{Certificate, Curve, EcKey, PublicKey, RsaKey};
pub use signing_request::{SigningRequestId, State, Status, Submission, Submitted};
pub use user::User;
