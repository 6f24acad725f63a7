//! Stands before a registry: keeps two writers waiting for each other, hides the referrers API, or answers in its place;
//! and listens.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};

/// A gate; its threads end with the test's process.
pub(crate) struct Gate {
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    shared: Arc<Shared>,
}

struct Shared {
    registry: String,
    rule: Rule,
    writes: AtomicUsize,
    together: Barrier,
    requests: Mutex<Vec<String>>,
}

/// What a gate does beside passing requests on.
enum Rule {
    /// Lets the first two writes of what ends like this pass only together: both writers have read by then what was
    /// there before, and neither hears of its success before the other one has written, too.
    WriteTogether(String),
    /// Answers 400 to requests for referrers, as some registries do that do not know them.
    NoReferrers,
    /// Answers 500 to whoever reads something for the first time, as registries do whose files are just being written.
    BusyAtFirst,
    /// Does not know what a manifest names when it is pushed for the first time, as registries do where another writer is
    /// pushing the same.
    ForgettingAtFirst,
    /// Wants tokens of a token service, which it is itself; one for reading is good for two requests.
    Tokens { given: AtomicUsize, used: AtomicUsize },
    /// Answers requests for manifests itself.
    Answering { status: &'static str, body: Vec<u8> },
}

impl Gate {
    /// A gate that lets the first two PUTs to a path with this end pass only together.
    pub(crate) fn writing_together(registry: &str, end: &str) -> Self {
        Self::open(registry, Rule::WriteTogether(end.to_owned()))
    }

    /// A gate that hides the referrers API.
    pub(crate) fn without_referrers(registry: &str) -> Self {
        Self::open(registry, Rule::NoReferrers)
    }

    /// A gate to a registry that is always busy at first.
    pub(crate) fn busy_at_first(registry: &str) -> Self {
        Self::open(registry, Rule::BusyAtFirst)
    }

    /// A gate to a registry that at first does not know the blobs that a manifest names.
    pub(crate) fn forgetting_at_first(registry: &str) -> Self {
        Self::open(registry, Rule::ForgettingAtFirst)
    }

    /// A gate to a registry with a token service, whose tokens for reading do not last.
    pub(crate) fn with_tokens(registry: &str) -> Self {
        Self::open(registry, Rule::Tokens { given: AtomicUsize::new(0), used: AtomicUsize::new(0) })
    }

    /// A gate in whose place a registry answers this whenever a manifest is asked for.
    pub(crate) fn answering(registry: &str, status: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::open(registry, Rule::Answering { status, body: body.into() })
    }

    fn open(registry: &str, rule: Rule) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            registry: registry.to_owned(),
            rule,
            writes: AtomicUsize::new(0),
            together: Barrier::new(2),
            requests: Mutex::default(),
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

    /// The guarded writes so far.
    pub(crate) fn writes(&self) -> usize {
        self.shared.writes.load(Ordering::SeqCst)
    }

    /// The heads of the requests so far, in lower case.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Shared {
    /// Passes one request on, and its answer back.
    fn pass(&self, client: &TcpStream) {
        // what is not HTTP is an attempt at TLS
        let Some((head, request)) = read(client) else { return };
        let is_first = self.record(head.to_ascii_lowercase());
        let answer = match &self.rule {
            Rule::WriteTogether(end) if is_put(&head, end) => self.write(&request),
            Rule::NoReferrers if head.contains("/referrers/") => answer("400 Bad Request", b""),
            Rule::BusyAtFirst if is_first && head.starts_with("GET") => {
                answer("500 Internal Server Error", b"")
            }
            Rule::ForgettingAtFirst
                if is_first && head.starts_with("PUT") && head.contains("/manifests/") =>
            {
                answer(
                    "400 Bad Request",
                    br#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"","detail":""}]}"#,
                )
            }
            Rule::Tokens { given, used } => self.with_token(&head, &request, given, used),
            Rule::Answering { status, body } if head.contains("/manifests/") => answer(status, body),
            _ => self.forward(&request),
        };
        let mut client = client;
        // a client that is gone does not want it any more
        let _ = client.write_all(&answer);
        let _ = client.shutdown(Shutdown::Write);
    }

    /// Notes a request; whether it is the first of its kind.
    fn record(&self, head: String) -> bool {
        let mut requests = self.requests.lock().unwrap();
        let is_first = requests.iter().all(|other| other.lines().next() != head.lines().next());
        requests.push(head);
        is_first
    }

    fn write(&self, request: &[u8]) -> Vec<u8> {
        if self.writes.fetch_add(1, Ordering::SeqCst) >= 2 {
            return self.forward(request);
        }
        self.together.wait();
        let answer = self.forward(request);
        self.together.wait();
        answer
    }

    /// distribution-spec, "Token Authentication": a challenge, a token by its scope, then the request again.
    fn with_token(&self, head: &str, request: &[u8], given: &AtomicUsize, used: &AtomicUsize) -> Vec<u8> {
        if head.contains(" /token?") {
            let (kind, number) = match head.contains("%2Cpush") || head.contains(",push") {
                true => ("push", 0),
                false => ("pull", given.fetch_add(1, Ordering::SeqCst) + 1),
            };
            used.store(0, Ordering::SeqCst);
            return answer("200 OK", format!(r#"{{"token":"{kind}-{number}"}}"#).as_bytes());
        }
        let latest = format!("pull-{}\r\n", given.load(Ordering::SeqCst));
        let is_good = head.contains("Bearer push-0\r\n")
            || head.contains(&latest) && used.fetch_add(1, Ordering::SeqCst) < 2;
        if is_good {
            return self.forward(request);
        }
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let challenge = format!(r#"Bearer realm="http://{host}/token",service="gate""#);
        answer(&format!("401 Unauthorized\r\nwww-authenticate: {challenge}"), b"")
    }

    fn forward(&self, request: &[u8]) -> Vec<u8> {
        let mut registry = TcpStream::connect(&self.registry).unwrap();
        registry.write_all(request).unwrap();
        let mut answer = Vec::new();
        registry.read_to_end(&mut answer).unwrap();
        answer
    }
}

fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn is_put(head: &str, end: &str) -> bool {
    let mut words = head.split(' ');
    words.next() == Some("PUT") && words.next().is_some_and(|path| path.ends_with(end))
}

/// The head of a request, and its bytes with a header that ends the connection with the answer.
fn read(client: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|count| *count > 0)?;
    }
    let header = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned);
    let length = head.lines().find_map(header).map_or(0, |value| value.trim().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (first, rest) = head.split_once("\r\n")?;
    let request = [format!("{first}\r\nconnection: close\r\n{rest}").into_bytes(), body].concat();
    Some((head, request))
}
