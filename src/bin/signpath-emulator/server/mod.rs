//! Sockets: accepting, TLS, HTTP/1.1, and answers that arrive late, in pieces, or not at all.
//!
//! What is answered is decided by `api` and `control`; how it travels, and what a fault does to it on the way, here.
//! Every connection is a task of its own; nothing a client does on one reaches another.

pub(crate) mod connection;
pub(crate) mod delivery;
pub(crate) mod exchange;
pub(crate) mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::emulator::Emulator;
use connection::{ConnectionHandle, Transport};

/// A client that says nothing for so long during the TLS handshake is let go.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// When no connection can be accepted (no descriptors left), so long is waited for some to close.
const PAUSE_WHEN_EXHAUSTED: Duration = Duration::from_millis(50);

/// Serves connections until it is dropped.
pub(crate) async fn serve(emulator: Arc<Emulator>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(serve_stream(Arc::clone(&emulator), stream, peer, tls.clone()));
            }
            Err(_) => tokio::time::sleep(PAUSE_WHEN_EXHAUSTED).await,
        }
    }
}

async fn serve_stream(
    emulator: Arc<Emulator>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
) {
    let handle = ConnectionHandle::new(emulator.request_log.connection_accepted(), peer);
    if let Ok(transport) = establish(stream, tls, &handle).await {
        connection::serve(&emulator, transport, &handle).await;
    }
    emulator.request_log.connection_closed();
}

/// The TLS handshake, if there is one. Faults of the handshake are decided here once there are any.
async fn establish(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    handle: &Arc<ConnectionHandle>,
) -> io::Result<Transport> {
    stream.set_nodelay(true)?;
    let Some(acceptor) = tls else { return Ok(Transport::plain(stream, Arc::clone(handle))) };
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await??;
    Ok(Transport::encrypted(stream, Arc::clone(handle)))
}
