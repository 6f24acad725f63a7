//! A PKCS#11 module for keys held in SignPath: stock `cosign sign --key pkcs11:…`, and every other PKCS#11-aware tool,
//! sign with keys that never leave SignPath's HSM.
//!
//! This crate is built as a shared library (`libsignpath_pkcs11.so`), which hosts load, and as a Rust library, which
//! the tools beside it use.
//!
//! # Rooms
//!
//! | room | what it is responsible for |
//! | --- | --- |
//! | `abi` | the door: C in, C out; the only place with raw pointers |
//! | [`token`] | the model: PKCS#11's words in safe Rust, no pointers, no HTTP |
//! | [`signpath`] | the service: SignPath's REST API, no PKCS#11 in it |
//! | [`config`], [`credentials`], [`host`], [`error`], [`log`] | what all of them stand on |
//!
//! May use, never the other way: `abi` → `token` → `signpath` → `config`, `credentials`, `host`, `error`, `log`. The
//! emulator (`src/bin/signpath-emulator`) uses none of it, so that a misspelling cannot pass on both sides.
//!
//! # The way of one C_Sign
//!
//! 1. The wrapper made by `abi::functions` takes the host at its word about its pointers and enters `abi::gate`, which
//!    asks whether this is still the process that was initialised, finds the module, and nets panics.
//! 2. `abi::signing` turns pointers into a session handle, input bytes and an output buffer. The session's operation
//!    knows its key, and the key how long a signature will be: a length query or a short buffer ends here.
//! 3. `token::module` takes the operation out of its session; `token::operation` turns the input into a hash to sign.
//! 4. [`signpath::hash_signing`] posts it by `signpath::client`, which repeats it within its time limits.
//! 5. The answer is decoded, and `token::verification` checks it with the public key before anything is handed out.
//! 6. The door writes it out; the operation has ended; the gate logs a line.
//!
//! No lock is held while a request is out, and no thread is started: the request runs on the host's own thread.

mod abi;
pub mod config;
pub mod credentials;
pub mod error;
#[cfg(feature = "fuzzing")]
#[path = "../fuzz/module/mod.rs"]
pub mod fuzzing;
pub mod host;
pub mod log;
pub mod signpath;
pub mod token;
