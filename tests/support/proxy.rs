//! An HTTP proxy on loopback that leads every tunnel to one server, whatever name is asked for, or to nobody.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A tunnel, for those who know the user and the password; 407 for others.
    Tunnel,
    /// A tunnel in which nobody ever says anything.
    SilentTunnel,
    /// Another status.
    Status(u16),
    /// Words that are no HTTP.
    Nonsense,
}

/// The user and the password that it wants, as a URL has them.
pub const USER: &str = "me:s3cr3t";
/// The same as the header has them (RFC 7617 section 2).
const CREDENTIALS: &str = "Basic bWU6czNjcjN0";

/// A proxy that runs until the process of its test ends.
pub struct Proxy {
    pub address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    targets: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts one that leads to a server.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            answer: Arc::new(Mutex::new(Answer::Tunnel)),
            targets: Arc::default(),
        };
        let (answer, targets) = (Arc::clone(&proxy.answer), Arc::clone(&proxy.targets));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (answer, targets) = (Arc::clone(&answer), Arc::clone(&targets));
                // a client that goes away in the middle is what some tests are about
                std::thread::spawn(move || serve(&client, server, &answer, &targets));
            }
        });
        proxy
    }

    /// From now on a CONNECT is answered like this.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// What those who knew the password asked to be connected to: `host:port`, one a CONNECT.
    pub fn targets(&self) -> Vec<String> {
        self.targets.lock().unwrap().clone()
    }
}

fn serve(
    client: &TcpStream,
    server: SocketAddr,
    answer: &Mutex<Answer>,
    targets: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let lines = BufReader::new(client).lines().map_while(Result::ok);
    let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let answer = if is_welcome(&request) { *answer.lock().unwrap() } else { Answer::Status(407) };
    if answer != Answer::Status(407) {
        targets.lock().unwrap().extend(target(&request).map(str::to_owned));
    }
    let mut to_client = client;
    match answer {
        Answer::Tunnel => {
            let server = TcpStream::connect(server)?;
            to_client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            join(client, &server)
        }
        Answer::SilentTunnel => {
            to_client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            io::copy(&mut to_client, &mut io::sink()).map(drop)
        }
        Answer::Status(status) => {
            let head = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            to_client.write_all(head.as_bytes())
        }
        Answer::Nonsense => to_client.write_all(b"SSH-2.0-OpenSSH_9.2\r\n"),
    }
}

fn is_welcome(request: &[String]) -> bool {
    request
        .iter()
        .filter_map(|line| line.split_once(": "))
        .any(|(name, value)| name.eq_ignore_ascii_case("Proxy-Authorization") && value == CREDENTIALS)
}

fn target(request: &[String]) -> Option<&str> {
    request.first()?.strip_prefix("CONNECT ")?.strip_suffix(" HTTP/1.1")
}

/// Passes on what each side says, until one has said all.
fn join(one: &TcpStream, other: &TcpStream) -> io::Result<()> {
    let (mut from, mut to) = (other.try_clone()?, one.try_clone()?);
    std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        to.shutdown(std::net::Shutdown::Both)
    });
    io::copy(&mut &*one, &mut &*other)?;
    other.shutdown(std::net::Shutdown::Both)
}
