//! A timestamp authority (RFC 3161) on loopback.

use std::process::Command;

use super::programs::Server;
use super::tools::tool;

/// A running timestamp authority, gone with the value.
pub struct TimestampAuthority {
    server: Server,
    /// `http://127.0.0.1:port`.
    pub origin: String,
}

impl TimestampAuthority {
    /// Starts one.
    pub fn start() -> Self {
        let mut command = Command::new(tool("timestamp-authority"));
        let (server, address) = Server::start(command.arg("--stop-with-stdin"));
        Self { server, origin: format!("http://{}", address.trim()) }
    }
}
