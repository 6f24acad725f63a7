//! Programs that speak PKCS#11, with keys held in SignPath: one file a program, named as in docs/tools.md.
//!
//! Each runs the real program against the built module, with configured credentials and with a PIN, and has what it
//! made checked by a program that knows nothing of the module. Nothing of this machine's configuration is read or
//! changed: files are in folders of the test's own, servers listen on loopback and stop with their test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, helpers included"
)]

#[path = "../support/mod.rs"]
mod support;

mod curl;
mod nginx;
mod nss;
mod openssl;
mod openssl_conf;
mod openssl_engine;
mod osslsigncode;
mod p11_kit;
mod p11tool;
mod pkcs11_tool;
mod server;
mod stunnel;
