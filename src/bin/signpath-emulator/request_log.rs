//! The request log: each API request and the connection it came on, counted.
//!
//! Tests count with it what a client really sends. Requests to the control interface are not in it.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use parking_lot::Mutex;
use serde::Serialize;

use crate::identifiers::Timestamp;

/// The log.
pub(crate) struct RequestLog {
    /// So many requests are kept; the oldest go first, and the counts go on.
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_connection: u64,
    open_connections: u64,
    accepted_connections: u64,
    /// Connections on which at least one API request came.
    used_connections: BTreeSet<u64>,
    last_request: u64,
    /// Requests since the last reset.
    total: u64,
    kept: VecDeque<RequestEntry>,
}

/// One API request.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestEntry {
    number: u64,
    time: Timestamp,
    connection: u64,
    method: String,
    path: String,
    query: Option<String>,
    user_agent: Option<String>,
    /// None while the request is worked on, and for ever when no answer was sent.
    status: Option<u16>,
    milliseconds: Option<f64>,
    /// Why it was refused, in more words than the client was told.
    refusal: Option<String>,
    #[serde(skip)]
    received: Instant,
}

/// Everything that the log knows.
#[derive(Serialize)]
pub(crate) struct RequestReport {
    total: u64,
    connections: ConnectionCounts,
    requests: Vec<RequestEntry>,
}

/// Connections since the start or the last reset.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionCounts {
    accepted: u64,
    with_api_requests: usize,
    open: u64,
}

/// A request as it arrives.
pub(crate) struct Arrival<'a> {
    pub(crate) connection: u64,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) user_agent: Option<&'a str>,
}

impl RequestLog {
    /// A log that keeps so many requests.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// Counts a connection and gives it its number.
    pub(crate) fn connection_accepted(&self) -> u64 {
        let mut state = self.state.lock();
        state.last_connection += 1;
        state.accepted_connections += 1;
        state.open_connections += 1;
        state.last_connection
    }

    /// Counts a connection that is gone.
    pub(crate) fn connection_closed(&self) {
        let mut state = self.state.lock();
        state.open_connections = state.open_connections.saturating_sub(1);
    }

    /// Adds a request and gives it its number.
    pub(crate) fn request_received(&self, arrival: &Arrival<'_>) -> u64 {
        let mut state = self.state.lock();
        state.last_request += 1;
        state.total += 1;
        state.used_connections.insert(arrival.connection);
        if state.kept.len() == self.limit {
            state.kept.pop_front();
        }
        if self.limit > 0 {
            let entry = RequestEntry::new(state.last_request, arrival);
            state.kept.push_back(entry);
        }
        state.last_request
    }

    /// Adds to the request `number` how it was answered. After a reset it is gone, and nothing happens.
    pub(crate) fn request_answered(&self, number: u64, status: u16, refusal: Option<String>) {
        let mut state = self.state.lock();
        let first = state.kept.front().map_or(0, |entry| entry.number);
        let position = number.checked_sub(first).and_then(|position| usize::try_from(position).ok());
        if let Some(entry) = position.and_then(|position| state.kept.get_mut(position)) {
            entry.status = Some(status);
            entry.milliseconds = Some(entry.received.elapsed().as_secs_f64() * 1000.0);
            entry.refusal = refusal;
        }
    }

    /// Everything, oldest request first.
    pub(crate) fn report(&self) -> RequestReport {
        let state = self.state.lock();
        RequestReport {
            total: state.total,
            connections: ConnectionCounts {
                accepted: state.accepted_connections,
                with_api_requests: state.used_connections.len(),
                open: state.open_connections,
            },
            requests: state.kept.iter().cloned().collect(),
        }
    }

    /// Forgets all requests and begins counting at 0. Numbers go on: some connections and requests are still open.
    pub(crate) fn clear(&self) {
        let mut state = self.state.lock();
        *state = State {
            last_connection: state.last_connection,
            open_connections: state.open_connections,
            last_request: state.last_request,
            ..State::default()
        };
    }
}

impl RequestEntry {
    fn new(number: u64, arrival: &Arrival<'_>) -> Self {
        Self {
            number,
            time: Timestamp::now(),
            connection: arrival.connection,
            method: arrival.method.to_owned(),
            path: arrival.path.to_owned(),
            query: arrival.query.map(str::to_owned),
            user_agent: arrival.user_agent.map(str::to_owned),
            status: None,
            milliseconds: None,
            refusal: None,
            received: Instant::now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(log: &RequestLog, connection: u64) -> u64 {
        let arrival =
            Arrival { connection, method: "GET", path: "/Api/healthz", query: None, user_agent: None };
        log.request_received(&arrival)
    }

    #[test]
    fn connections_are_counted_once_however_many_requests_they_carry() {
        let log = RequestLog::new(10);
        let (first, _unused) = (log.connection_accepted(), log.connection_accepted());
        receive(&log, first);
        receive(&log, first);
        log.connection_closed();
        let report = serde_json::to_value(log.report()).unwrap();
        assert_eq!(report["total"], 2);
        assert_eq!(
            report["connections"],
            serde_json::json!({"accepted": 2, "withApiRequests": 1, "open": 1})
        );
    }

    #[test]
    fn a_request_that_ends_after_a_reset_changes_nothing() {
        let log = RequestLog::new(10);
        let number = receive(&log, 1);
        log.clear();
        receive(&log, 1);
        log.request_answered(number, 200, None);
        assert_eq!(log.report().requests[0].status, None);
    }

    #[test]
    fn a_request_without_an_answer_has_no_status() {
        let log = RequestLog::new(10);
        receive(&log, 1);
        let answered = receive(&log, 1);
        log.request_answered(answered, 503, Some("fault".into()));
        let statuses: Vec<_> = log.report().requests.iter().map(|entry| entry.status).collect();
        assert_eq!(statuses, [None, Some(503)]);
    }
}
