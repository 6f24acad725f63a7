//! Stands before a registry and lets the first two writes of a tag pass only together: both writers have read by then
//! what was there before, and neither hears of its success before the other one has written, too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

/// A gate; its threads end with the test's process.
pub(crate) struct Gate {
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    shared: Arc<Shared>,
}

struct Shared {
    registry: String,
    guarded: String,
    writes: AtomicUsize,
    together: Barrier,
}

impl Gate {
    /// Opens one before a registry. A write is a PUT to a path that ends with `guarded`.
    pub(crate) fn open(registry: &str, guarded: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            registry: registry.to_owned(),
            guarded: guarded.to_owned(),
            writes: AtomicUsize::new(0),
            together: Barrier::new(2),
        });
        let of_thread = shared.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let shared = of_thread.clone();
                std::thread::spawn(move || shared.pass(&connection.unwrap()));
            }
        });
        Self { address, shared }
    }

    /// The writes so far.
    pub(crate) fn writes(&self) -> usize {
        self.shared.writes.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// Passes one request on, and its answer back.
    fn pass(&self, client: &TcpStream) {
        // what is not HTTP is an attempt at TLS
        let Some((is_write, request)) = self.read(client) else { return };
        let waits = is_write && self.writes.fetch_add(1, Ordering::SeqCst) < 2;
        if waits {
            self.together.wait();
        }
        let mut registry = TcpStream::connect(&self.registry).unwrap();
        registry.write_all(&request).unwrap();
        let mut answer = Vec::new();
        registry.read_to_end(&mut answer).unwrap();
        if waits {
            self.together.wait();
        }
        let mut client = client;
        // a client that is gone does not want it any more
        let _ = client.write_all(&answer);
        let _ = client.shutdown(Shutdown::Write);
    }

    /// Whether the request is a guarded write, and its bytes, so that the connection ends with the answer.
    fn read(&self, client: &TcpStream) -> Option<(bool, Vec<u8>)> {
        let mut reader = BufReader::new(client);
        let mut first = String::new();
        reader.read_line(&mut first).ok()?;
        let mut words = first.split(' ');
        let is_write =
            words.next()? == "PUT" && words.next().is_some_and(|path| path.ends_with(&self.guarded));
        let mut request = format!("{first}connection: close\r\n").into_bytes();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
            request.extend_from_slice(line.as_bytes());
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        request.extend(body);
        Some((is_write, request))
    }
}
