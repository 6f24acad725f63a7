//! Whether sending a request has begun: what was never sent cannot have been executed, whatever became of the attempt.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use reqwest::{Error, Request};

/// Tells of one request, also while it is under way.
#[derive(Clone, Default)]
pub(super) struct Sending(Arc<AtomicBool>);

impl Sending {
    /// Watches the body of a request, which is asked for when a connection is there to send it. A request without one
    /// changes nothing, and counts as never sent.
    pub(super) fn of(request: &mut Request) -> Self {
        let sending = Self::default();
        let body = request.body_mut();
        *body = body.take().map(|body| reqwest::Body::wrap(Watched { body, sending: sending.clone() }));
        sending
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct Watched {
    body: reqwest::Body,
    sending: Sending,
}

impl Body for Watched {
    type Data = <reqwest::Body as Body>::Data;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Error>>> {
        self.sending.0.store(true, Ordering::Relaxed);
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
