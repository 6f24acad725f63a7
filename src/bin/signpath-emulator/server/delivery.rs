//! The body of an answer on its way, and what a fault does to it there.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::Sleep;

use super::connection::{ConnectionHandle, Ended};
use crate::faults::{Delivery, Ending};
use crate::http::answer::AnswerBody;
use crate::shapes::BodyFraming;

/// Bytes that are made and written at once.
const LARGEST_PIECE: u64 = 64 * 1024;

/// A reset discards what the client has not read yet, so it gets this long to read.
const PAUSE_BEFORE_RESET: Duration = Duration::from_millis(50);

/// A body that delivers itself as its [`Delivery`] says.
pub(crate) struct DeliveredBody {
    body: AnswerBody,
    sent: u64,
    remaining: u64,
    delivery: Delivery,
    framing: BodyFraming,
    connection: Arc<ConnectionHandle>,
    pause: Option<Pin<Box<Sleep>>>,
    /// The one stall, or the pause before a reset, is over.
    has_paused: bool,
}

/// What comes next.
enum Step {
    Send(u64),
    Pause(Duration),
    End(Ended),
    Done,
}

impl DeliveredBody {
    pub(crate) fn new(
        body: AnswerBody,
        delivery: Delivery,
        framing: BodyFraming,
        connection: Arc<ConnectionHandle>,
    ) -> Self {
        let remaining = body.length();
        Self { body, sent: 0, remaining, delivery, framing, connection, pause: None, has_paused: false }
    }

    fn next_step(&self) -> Step {
        match self.delivery.ending {
            Ending::CutAfter(limit) if self.sent >= limit => Step::End(Ended::Cut),
            Ending::ResetAfter(limit) if self.sent >= limit && self.has_paused => Step::End(Ended::Reset),
            Ending::ResetAfter(limit) if self.sent >= limit => Step::Pause(PAUSE_BEFORE_RESET),
            Ending::StallAfter(limit, pause) if self.sent >= limit && !self.has_paused => Step::Pause(pause),
            Ending::CutAfter(limit) | Ending::ResetAfter(limit) => self.send_up_to(limit),
            Ending::StallAfter(limit, _) if !self.has_paused => self.send_up_to(limit),
            _ => self.send_up_to(u64::MAX),
        }
    }

    /// A piece that ends at `limit` at the latest. A fault that waits for more bytes than there are never comes about.
    fn send_up_to(&self, limit: u64) -> Step {
        let piece = self.delivery.drip.map_or(LARGEST_PIECE, |drip| drip.bytes.min(LARGEST_PIECE));
        match piece.min(self.remaining).min(limit - self.sent) {
            0 => Step::Done,
            length => Step::Send(length),
        }
    }

    fn take(&mut self, length: u64) -> Bytes {
        self.sent += length;
        self.remaining -= length;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match &mut self.body {
            AnswerBody::Spaces(_) => vec![b' '; length].into(),
            AnswerBody::Bytes(bytes) => bytes.split_to(length.min(bytes.len())),
        }
    }

    fn start_pause(&mut self, pause: Duration) {
        self.pause = Some(Box::pin(tokio::time::sleep(pause)));
    }

    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(())
    }
}

impl Body for DeliveredBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            ready!(self.poll_pause(context));
            match self.next_step() {
                Step::Send(length) => {
                    if let Some(drip) = self.delivery.drip {
                        self.start_pause(drip.pause);
                    }
                    return Poll::Ready(Some(Ok(Frame::data(self.take(length)))));
                }
                Step::Pause(pause) => {
                    self.has_paused = true;
                    self.start_pause(pause);
                }
                Step::End(how) => {
                    self.connection.end(how);
                    return Poll::Pending; // for ever: the connection is dropped with this body
                }
                Step::Done => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.next_step(), Step::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match self.framing {
            BodyFraming::ContentLength => SizeHint::with_exact(self.remaining),
            BodyFraming::Chunked => SizeHint::default(),
        }
    }
}

impl Drop for DeliveredBody {
    fn drop(&mut self) {
        if self.delivery.ending == Ending::CloseAfterwards {
            self.connection.end_when_flushed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Drip;
    use http_body_util::BodyExt as _;

    fn body(text: &'static str, delivery: Delivery) -> DeliveredBody {
        let connection = ConnectionHandle::new(1, ([127, 0, 0, 1], 1).into());
        let bytes = AnswerBody::Bytes(Bytes::from_static(text.as_bytes()));
        DeliveredBody::new(bytes, delivery, BodyFraming::ContentLength, connection)
    }

    async fn pieces(mut body: DeliveredBody) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            pieces.push(frame.unwrap().into_data().unwrap());
        }
        pieces
    }

    #[tokio::test]
    async fn a_body_without_fault_is_one_piece_of_known_length() {
        let body = body("abc", Delivery::default());
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(pieces(body).await, ["abc"]);
    }

    #[tokio::test]
    async fn a_dripping_body_comes_in_pieces() {
        let drip = Some(Drip { bytes: 2, pause: Duration::from_millis(1) });
        let body = body("abcde", Delivery { drip, ending: Ending::Complete });
        assert_eq!(pieces(body).await, ["ab", "cd", "e"]);
    }

    #[tokio::test]
    async fn a_stalled_body_is_complete_in_the_end() {
        let ending = Ending::StallAfter(1, Duration::from_millis(1));
        assert_eq!(pieces(body("abc", Delivery { drip: None, ending })).await, ["a", "bc"]);
    }

    #[tokio::test]
    async fn a_cut_body_promises_all_and_never_ends() {
        let mut body = body("abc", Delivery { drip: None, ending: Ending::CutAfter(2) });
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ab");
        let next = tokio::time::timeout(Duration::from_millis(20), body.frame()).await;
        assert!(next.is_err(), "a cut body has no end");
    }

    #[tokio::test]
    async fn spaces_are_made_while_they_are_sent() {
        let connection = ConnectionHandle::new(1, ([127, 0, 0, 1], 1).into());
        let spaces = AnswerBody::Spaces(100_000);
        let body = DeliveredBody::new(spaces, Delivery::default(), BodyFraming::Chunked, connection);
        assert_eq!(body.size_hint().exact(), None);
        let lengths: Vec<_> = pieces(body).await.iter().map(Bytes::len).collect();
        assert_eq!(lengths, [65_536, 34_464]);
    }
}
