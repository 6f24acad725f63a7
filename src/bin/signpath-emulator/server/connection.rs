//! One connection: HTTP/1.1 over TCP or TLS, and the ways in which it can end before its client wants it to.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;

use super::exchange;
use crate::emulator::Emulator;

/// A request's head must have arrived so soon after its first byte, and the next request after the last answer.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// What an exchange can do to the connection under it.
pub(crate) struct ConnectionHandle {
    pub(crate) number: u64,
    pub(crate) peer: SocketAddr,
    state: Mutex<ConnectionState>,
    changed: Notify,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionState {
    Open,
    /// Closed as soon as everything written has been handed to the kernel.
    ClosingWhenFlushed,
    Ended(Ended),
}

/// How a connection ends on the emulator's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// As HTTP ends idle connections; TLS says goodbye.
    Orderly,
    /// FIN, in the middle of whatever it was.
    Cut,
    /// RST.
    Reset,
}

impl ConnectionHandle {
    pub(crate) fn new(number: u64, peer: SocketAddr) -> Arc<Self> {
        let state = Mutex::new(ConnectionState::Open);
        Arc::new(Self { number, peer, state, changed: Notify::new() })
    }

    /// Ends the connection now. The exchange that calls this never gets to answer.
    pub(crate) fn end(&self, how: Ended) {
        *self.state.lock() = ConnectionState::Ended(how);
        self.changed.notify_one();
    }

    /// Ends the connection when the answer that is being written is on its way.
    pub(crate) fn end_when_flushed(&self) {
        let mut state = self.state.lock();
        if *state == ConnectionState::Open {
            *state = ConnectionState::ClosingWhenFlushed;
        }
    }

    fn flushed(&self) {
        if *self.state.lock() == ConnectionState::ClosingWhenFlushed {
            self.end(Ended::Orderly);
        }
    }

    async fn ended(&self) -> Ended {
        loop {
            if let ConnectionState::Ended(how) = *self.state.lock() {
                return how;
            }
            self.changed.notified().await;
        }
    }
}

/// Serves requests until the client closes the connection, or an exchange ends it.
pub(crate) async fn serve(emulator: &Arc<Emulator>, transport: Transport, handle: &Arc<ConnectionHandle>) {
    let service = service_fn(|request| {
        let exchange = exchange::answer(Arc::clone(emulator), Arc::clone(handle), request);
        async { Ok::<_, Infallible>(exchange.await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(transport), service)
    );
    // The connection comes first: bytes written before it ends have then been handed to the kernel.
    let ended = tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        ended = handle.ended() => ended,
    };
    if ended == Ended::Orderly {
        connection.as_mut().graceful_shutdown();
        // A client that is gone already has nothing to complain about.
        let _ = connection.await;
    }
}

/// TCP, or TLS over it.
pub(crate) struct Transport {
    stream: Stream,
    handle: Arc<ConnectionHandle>,
}

enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Transport {
    pub(crate) fn plain(stream: TcpStream, handle: Arc<ConnectionHandle>) -> Self {
        Self { stream: Stream::Plain(stream), handle }
    }

    pub(crate) fn encrypted(stream: TlsStream<TcpStream>, handle: Arc<ConnectionHandle>) -> Self {
        Self { stream: Stream::Encrypted(Box::new(stream)), handle }
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Encrypted(stream) => stream.get_ref().0,
        }
    }
}

impl Drop for Transport {
    /// Without lingering, closing a socket resets its connection.
    fn drop(&mut self) {
        if *self.handle.state.lock() == ConnectionState::Ended(Ended::Reset) {
            // A socket that is closed already cannot be reset any more.
            let _ = self.tcp().set_zero_linger();
        }
    }
}

/// Calls the same method of whichever stream this is.
macro_rules! forward {
    ($transport:expr, $method:ident $(, $argument:expr)*) => {
        match &mut $transport.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).$method($($argument),*),
            Stream::Encrypted(stream) => Pin::new(stream.as_mut()).$method($($argument),*),
        }
    };
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        forward!(self, poll_read, context, buffer)
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        forward!(self, poll_write, context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        forward!(self, poll_write_vectored, context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Encrypted(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let handle = Arc::clone(&self.handle);
        let flushed = forward!(self, poll_flush, context);
        if flushed.is_ready() {
            handle.flushed();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_shutdown, context)
    }
}
