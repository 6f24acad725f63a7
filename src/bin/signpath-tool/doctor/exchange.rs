//! One HTTP/1.1 exchange on a connection that is examined: its head is all that is read.

use std::io::{self, Read, Write};
use std::time::SystemTime;

/// A head is a few hundred bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// What an exchange runs over.
pub(super) trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// The head of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) date: Option<SystemTime>,
    pub(super) location: Option<String>,
}

/// Asks for a path, without any credentials.
pub(super) fn get(stream: &mut impl Stream, authority: &str, path: &str) -> io::Result<Answer> {
    let version = env!("CARGO_PKG_VERSION");
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: signpath-tool/{version}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    exchange(stream, &head)
}

/// Asks a proxy for a tunnel (RFC 9110 section 9.3.6).
pub(super) fn connect(
    stream: &mut impl Stream,
    authority: &str,
    authorization: Option<&str>,
) -> io::Result<Answer> {
    let authorization =
        authorization.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
    exchange(stream, &format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n"))
}

fn exchange(stream: &mut impl Stream, request: &str) -> io::Result<Answer> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut head = Vec::new();
    let mut byte = [0];
    // byte by byte: behind the head of a CONNECT, the tunnel begins
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LONGEST_HEAD || stream.read(&mut byte)? == 0 {
            break;
        }
        head.extend_from_slice(&byte);
    }
    // a TLS server answers what it does not understand by an alert, or not at all (RFC 8446 section 6)
    let problem = match head.as_slice() {
        [21, 3, ..] => "this port speaks TLS, not plain HTTP",
        _ => "the answer is not HTTP",
    };
    read(&head).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, problem))
}

fn read(head: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.strip_prefix("HTTP/1.")?.splitn(3, ' ').skip(1);
    let status = words.next()?.parse().ok()?;
    let reason = words.next().unwrap_or_default().to_owned();
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let field = |name: &str| {
        let found = fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    let date = field("date").and_then(|date| httpdate::parse_http_date(date).ok());
    Some(Answer { status, reason, date, location: field("location").map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_answer_is_read() {
        let answer =
            read(b"HTTP/1.1 302 Found\r\ndate: Thu, 01 Jan 1970 00:00:07 GMT\r\nLocation: /a:b\r\n\r\n")
                .unwrap();

        assert_eq!((answer.status, answer.reason.as_str()), (302, "Found"));
        assert_eq!(answer.date, Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(7)));
        assert_eq!(answer.location.as_deref(), Some("/a:b"));
    }

    #[test]
    fn what_is_not_http_is_no_answer() {
        for head in [&b""[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"] {
            assert_eq!(read(head), None);
        }
    }
}
