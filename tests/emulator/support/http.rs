//! A small HTTP/1.1 client: one blocking socket, everything visible.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// Longer than any fault in these tests, shorter than anybody's patience.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A request.
#[derive(Clone)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self { method: method.into(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(existing, _)| !existing.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", content_type)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: emulator\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", self.body.len());
        [head.as_bytes(), &self.body].concat()
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The header `name`, lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(existing, _)| existing == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|reason| panic!("{reason}: {}", self.text()))
    }

    /// The body as JSON, if the status is as expected.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// What `errors` says in the documented 400 body, as `field: message`.
    pub(crate) fn validation_error(&self) -> String {
        let body = self.expect(400);
        let errors = body["errors"].as_object().unwrap();
        let (field, messages) = errors.iter().next().unwrap();
        assert_eq!((errors.len(), messages.as_array().unwrap().len()), (1, 1), "{body}");
        format!("{field}: {}", messages[0].as_str().unwrap())
    }
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// A connection that is kept until it is dropped.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self { stream: Box::new(open_tcp(address)) }
    }

    /// A TLS connection to `name` that trusts only the certificate in the file `authority`.
    pub(crate) fn open_tls(address: SocketAddr, name: &'static str, authority: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = ClientConnection::new(Arc::new(config), name.try_into().unwrap()).unwrap();
        Self { stream: Box::new(StreamOwned::new(client, open_tcp(address))) }
    }

    /// Sends a request and reads the answer whole. A body that ends too early is an `UnexpectedEof`.
    pub(crate) fn send(&mut self, request: &Request) -> io::Result<Response> {
        self.stream.write_all(&request.bytes())?;
        self.receive()
    }

    /// Sends bytes that need not be HTTP.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads one answer.
    pub(crate) fn receive(&mut self) -> io::Result<Response> {
        let (status, headers) = self.receive_head()?;
        let find = |name| headers.iter().find(|(existing, _)| existing == name).map(|(_, value)| value);
        let body = match (find("content-length"), find("transfer-encoding")) {
            (Some(length), _) => self.receive_exactly(length.parse().unwrap())?,
            (None, Some(_)) => self.receive_chunks()?,
            (None, None) => Vec::new(),
        };
        Ok(Response { status, headers, body })
    }

    /// The status line and headers, names in lower case.
    pub(crate) fn receive_head(&mut self) -> io::Result<(u16, Vec<(String, String)>)> {
        let status_line = self.receive_line()?;
        let status = status_line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.receive_line()?;
            let Some((name, value)) = line.split_once(':') else { return Ok((status, headers)) };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// Reads until the emulator closes the connection.
    pub(crate) fn receive_rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest)?;
        Ok(rest)
    }

    fn receive_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.receive_line()?, 16).unwrap();
            body.extend(self.receive_exactly(length)?);
            self.receive_line()?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    fn receive_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn receive_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.receive_exactly(1)?);
        }
        Ok(String::from_utf8(line).unwrap().trim_end().to_owned())
    }
}

fn open_tcp(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}
