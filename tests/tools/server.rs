//! Servers on loopback that stop with their test, by their process id.

use std::fs::File;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::openssl::openssl;
use crate::support::bench::{Bench, fixture};
pub(crate) use crate::support::ports::free_port;

const LONGEST_START: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Server {
    child: Child,
    output: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// Starts a server on a port; it is ready when that port takes connections.
    pub(crate) fn start(bench: &Bench, command: &mut Command, port: u16) -> Self {
        let mut server = Self::spawn(bench, command, port);
        server.wait_until(|_| TcpStream::connect(("127.0.0.1", port)).ok().map(|_| port));
        server
    }

    /// Starts a server that is ready when it says so; a connection made to find that out would make it work.
    pub(crate) fn start_announced(
        bench: &Bench,
        command: &mut Command,
        port: u16,
        announcement: &str,
    ) -> Self {
        let mut server = Self::spawn(bench, command, port);
        server.wait_until(|output| output.contains(announcement).then_some(()));
        server
    }

    /// Starts `openssl s_server` with these arguments, on a port of its own choice.
    pub(crate) fn start_s_server(bench: &Bench, command: &mut Command, arguments: &[&str]) -> Self {
        command.args(["s_server", "-www", "-accept", "127.0.0.1:0"]).args(arguments);
        let mut server = Self::spawn(bench, command, 0);
        server.port = server.wait_until(|output| {
            let line = output.lines().find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:"))?;
            line.split_whitespace().next()?.parse().ok()
        });
        server
    }

    fn spawn(bench: &Bench, command: &mut Command, port: u16) -> Self {
        let output = bench.path(&format!("server-{}.log", free_port()));
        let file = File::create(&output).unwrap();
        let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Self { child, output, port }
    }

    /// What it wrote so far.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until something can be seen in the server's output, or elsewhere.
    pub(crate) fn wait_until<T>(&mut self, look: impl Fn(&str) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(seen) = look(&self.output()) {
                return seen;
            }
            let status = self.child.try_wait().unwrap();
            assert!(status.is_none(), "the server ended ({status:?}): {}", self.output());
            assert!(started.elapsed() < LONGEST_START, "the server is not ready: {}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it as its own users would, and tells what it wrote.
    pub(crate) fn stop(mut self) -> String {
        self.end();
        self.output()
    }

    /// SIGTERM and not SIGKILL: nginx ends its workers.
    fn end(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// A server with the fixtures' certificate that demands a client certificate of the fixtures' TLS authority, and whose
/// page tells what it was shown.
pub(crate) fn demanding_server(bench: &Bench) -> Server {
    let authority = fixture("tls/ca.pem");
    let arguments = [
        "-cert",
        &fixture("tls/server.pem"),
        "-key",
        &fixture("tls/server.key.pem"),
        "-CAfile",
        &authority,
        "-Verify",
        "1",
        "-verify_return_error",
    ];
    Server::start_s_server(bench, &mut openssl(bench), &arguments)
}
