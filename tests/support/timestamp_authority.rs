//! A timestamp authority (RFC 3161) on loopback: Sigstore's own, with a key in its memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::ports::free_port;
use super::tools::tool;

const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A running timestamp authority, gone with the value.
pub struct TimestampAuthority {
    child: Child,
    /// `http://127.0.0.1:port`.
    pub origin: String,
}

impl TimestampAuthority {
    /// Starts one, and waits until it answers.
    pub fn start() -> Self {
        let port = free_port();
        let mut command = Command::new(tool("timestamp-server"));
        command.args(["serve", "--host", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--timestamp-signer", "memory", "--disable-ntp-monitoring"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let authority = Self { child, origin: format!("http://127.0.0.1:{port}") };
        let started = Instant::now();
        while !is_ready(port) {
            assert!(started.elapsed() < LONGEST_WAIT, "the timestamp authority does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        authority
    }
}

impl Drop for TimestampAuthority {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ready(port: u16) -> bool {
    let mut answer = String::new();
    TcpStream::connect(("127.0.0.1", port)).is_ok_and(|mut stream| {
        let request = "GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let sent = stream.write_all(request.as_bytes());
        sent.and_then(|()| stream.read_to_string(&mut answer)).is_ok() && answer.starts_with("HTTP/1.1 200")
    })
}
