//! A relay on loopback in front of a server: an address that stays the same while what answers there changes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What becomes of those who connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// They reach this server.
    By(SocketAddr),
    /// They are connected, and nobody ever says anything.
    Silence,
    /// They are connected, and the connection is closed.
    ClosedDoor,
    /// They are refused: nobody listens.
    Refusal,
    /// They are not connected: the queue is full, as it is where packets are dropped.
    FullQueue,
}

/// A relay that runs until the process of its test ends.
pub struct Relay {
    pub address: SocketAddr,
    listener: Arc<TcpListener>,
    state: Arc<Mutex<State>>,
}

struct State {
    reception: Reception,
    connections: Vec<TcpStream>,
    queue: Vec<TcpStream>,
}

/// How often the relay looks for those who want to connect.
const PAUSE: Duration = Duration::from_millis(2);

impl Relay {
    pub fn start(reception: Reception) -> Self {
        let listener = Arc::new(bound());
        listener.set_nonblocking(true).unwrap();
        let state = Arc::new(Mutex::new(State { reception, connections: Vec::new(), queue: Vec::new() }));
        let relay = Self { address: listener.local_addr().unwrap(), listener, state };
        let (listener, state) = (Arc::clone(&relay.listener), Arc::clone(&relay.state));
        std::thread::spawn(move || {
            loop {
                receive_one(&listener, &mut state.lock().unwrap());
                std::thread::sleep(PAUSE);
            }
        });
        relay
    }

    /// Ends every connection and receives the next ones otherwise.
    pub fn receive(&self, reception: Reception) {
        let mut state = self.state.lock().unwrap();
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        state.queue.clear();
        state.reception = reception;
        match reception {
            Reception::FullQueue => state.queue = fill(&self.listener, self.address),
            Reception::Refusal => stop_listening(&self.listener),
            Reception::By(_) | Reception::Silence | Reception::ClosedDoor => listen(&self.listener, 64),
        }
    }
}

/// On a port that was asked for by its number: the system then keeps it while nobody listens there.
fn bound() -> TcpListener {
    let asked_for = || {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        TcpListener::bind(address).ok()
    };
    std::iter::repeat_with(asked_for).take(100).flatten().next().expect("a free port")
}

fn receive_one(listener: &TcpListener, state: &mut State) {
    if state.reception == Reception::FullQueue {
        return;
    }
    let Ok((client, _)) = listener.accept() else { return };
    client.set_nonblocking(false).unwrap();
    match state.reception {
        Reception::By(server) => {
            let server = TcpStream::connect(server).unwrap();
            state.connections.extend([&client, &server].map(|stream| stream.try_clone().unwrap()));
            carry(&client, &server);
            carry(&server, &client);
        }
        Reception::Silence => state.connections.push(client),
        Reception::ClosedDoor | Reception::Refusal | Reception::FullQueue => drop(client),
    }
}

/// Carries bytes one way until either side has enough.
fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

/// Shortens the queue of those who wait to be accepted, and fills it: the system drops what comes then.
fn fill(listener: &TcpListener, address: SocketAddr) -> Vec<TcpStream> {
    listen(listener, 0);
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
    std::iter::from_fn(connect).collect()
}

fn listen(listener: &TcpListener, longest_queue: i32) {
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), longest_queue) }, 0);
}

fn stop_listening(listener: &TcpListener) {
    assert_eq!(unsafe { libc::shutdown(listener.as_raw_fd(), libc::SHUT_RDWR) }, 0);
}
