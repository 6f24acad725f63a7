//! Faults: what goes wrong next, and how.
//!
//! A test puts faults into a queue; each waits for a request to its route, spoils that one, and is gone after as many
//! requests as it was made for. Reading faults from JSON is left to [`description`], carrying them out to `server`
//! (delays, lost connections), to the routes (signatures), and to nobody yet what goes wrong before HTTP begins: faults
//! of the TLS handshake belong beside [`FaultQueue::take`], asked for when a connection is accepted.

pub(crate) mod description;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::api::route::RouteName;
use crate::artifacts::tampering::ArtifactTampering;
use crate::http::answer::Answer;

/// What happens to one request.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    /// How long the client waits for the status line, beyond what the work takes.
    pub(crate) delay: Duration,
    pub(crate) reply: Reply,
    /// Headers that replace those of the answer.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) tampering: Tampering,
    pub(crate) artifact_tampering: ArtifactTampering,
    pub(crate) delivery: Delivery,
}

/// Which answer the client gets.
#[derive(Debug, Default)]
pub(crate) enum Reply {
    /// The request is carried out and answered as ever.
    #[default]
    Real,
    /// This answer, whatever the request.
    Instead { answer: Answer, execution: Execution },
}

/// Whether a request that gets another answer is carried out (and audited) nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Execution {
    CarriedOut,
    Skipped,
}

/// What is done to a signature before it goes into the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Tampering {
    #[default]
    #[serde(skip)]
    None,
    FlipBits,
    Shorten,
    Lengthen,
}

impl Tampering {
    /// The signature as the client will see it.
    pub(crate) fn apply(self, mut signature: Vec<u8>) -> Vec<u8> {
        match self {
            Self::None => {}
            Self::FlipBits => {
                if let Some(last) = signature.last_mut() {
                    *last ^= 0b0101_0101;
                }
            }
            Self::Shorten => {
                signature.pop();
            }
            Self::Lengthen => signature.push(0),
        }
        signature
    }
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Delivery {
    pub(crate) drip: Option<Drip>,
    pub(crate) ending: Ending,
}

/// A body that comes in small pieces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drip {
    pub(crate) bytes: u64,
    pub(crate) pause: Duration,
}

/// How the exchange, and perhaps the connection, ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ending {
    /// The whole answer; the connection stays open.
    #[default]
    Complete,
    /// The whole answer, without a word about closing; then the idle connection is closed.
    CloseAfterwards,
    /// The connection is closed (FIN) instead of an answer.
    HangUp,
    /// The connection is reset (RST) instead of an answer.
    Reset,
    /// So many bytes of the body, then FIN. TLS is not closed properly either.
    CutAfter(u64),
    /// So many bytes of the body, then RST.
    ResetAfter(u64),
    /// So many bytes of the body, a pause, then the rest.
    StallAfter(u64, Duration),
}

/// A fault in the queue.
pub(crate) struct Fault {
    /// None is any route.
    route: Option<RouteName>,
    skip: u32,
    times: u32,
    plan: Arc<FaultPlan>,
    description: Box<RawValue>,
}

/// The faults that wait for their requests, first come, first served.
#[derive(Default)]
pub(crate) struct FaultQueue {
    waiting: Mutex<VecDeque<Fault>>,
}

/// A waiting fault as the control interface shows it.
#[derive(Serialize)]
pub(crate) struct WaitingFault {
    skip: u32,
    times: u32,
    fault: Box<RawValue>,
}

impl FaultQueue {
    /// Puts `fault` behind all others.
    pub(crate) fn push(&self, fault: Fault) {
        self.waiting.lock().push_back(fault);
    }

    /// Forgets all faults.
    pub(crate) fn clear(&self) {
        self.waiting.lock().clear();
    }

    /// What waits, in order.
    pub(crate) fn waiting(&self) -> Vec<WaitingFault> {
        let describe = |fault: &Fault| WaitingFault {
            skip: fault.skip,
            times: fault.times,
            fault: fault.description.clone(),
        };
        self.waiting.lock().iter().map(describe).collect()
    }

    /// What happens to a request for `route`, None being a path that is no route.
    ///
    /// Only the first fault for that route counts: while it lets requests pass, none behind it is used.
    pub(crate) fn take(&self, route: Option<RouteName>) -> Arc<FaultPlan> {
        let mut waiting = self.waiting.lock();
        let position = waiting.iter().position(|fault| fault.route.is_none() || fault.route == route);
        let Some((position, fault)) = position.and_then(|at| Some((at, waiting.get_mut(at)?))) else {
            return Arc::default();
        };
        if fault.skip > 0 {
            fault.skip -= 1;
            return Arc::default();
        }
        let plan = Arc::clone(&fault.plan);
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            waiting.remove(position);
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::route::Resource;

    const SIGN_HASH: RouteName = RouteName::Resource(Resource::SignHash);

    fn queue(descriptions: &[&str]) -> FaultQueue {
        let queue = FaultQueue::default();
        for text in descriptions {
            let raw = RawValue::from_string((*text).to_owned()).unwrap();
            queue.push(description::read(&raw).unwrap());
        }
        queue
    }

    fn delays(queue: &FaultQueue, route: RouteName, requests: usize) -> Vec<u128> {
        (0..requests).map(|_| queue.take(Some(route)).delay.as_millis()).collect()
    }

    #[test]
    fn faults_are_used_in_order_and_then_gone() {
        let queue = queue(&[r#"{"delayMilliseconds":1,"times":2}"#, r#"{"delayMilliseconds":2}"#]);
        assert_eq!(delays(&queue, SIGN_HASH, 4), [1, 1, 2, 0]);
        assert!(queue.waiting().is_empty());
    }

    #[test]
    fn a_fault_waits_for_its_own_route() {
        let queue = queue(&[r#"{"delayMilliseconds":1,"route":"signHash"}"#]);
        assert_eq!(delays(&queue, RouteName::Health, 2), [0, 0]);
        assert_eq!(delays(&queue, SIGN_HASH, 2), [1, 0]);
    }

    #[test]
    fn a_fault_lets_pass_as_many_requests_as_it_was_told() {
        let queue = queue(&[r#"{"delayMilliseconds":1,"skip":2}"#]);
        assert_eq!(delays(&queue, SIGN_HASH, 4), [0, 0, 1, 0]);
    }

    #[test]
    fn tampering_changes_what_it_says_and_nothing_else() {
        assert_eq!(Tampering::None.apply(vec![1, 2]), [1, 2]);
        assert_eq!(Tampering::FlipBits.apply(vec![1, 0]), [1, 0x55]);
        assert_eq!(Tampering::Shorten.apply(vec![1, 2]), [1]);
        assert_eq!(Tampering::Lengthen.apply(vec![1, 2]), [1, 2, 0]);
    }
}
