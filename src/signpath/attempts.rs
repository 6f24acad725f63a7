//! One request on its way through its attempts: what is told of each, and when it is given up.

use std::time::{Duration, Instant};

use reqwest::StatusCode;

use super::connection::Broken;
use super::problem::Answer;
use super::retry::{GiveUp, RetryRules};
use crate::error::{Code, Failure, Notice};
use crate::log::Log;

/// Someone watches: silence for longer than this looks like a hang.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);

/// Why an attempt was not the last, unless it has to be.
pub(super) struct Setback {
    failure: Failure,
    passing: bool,
    sent: bool,
    asked_wait: Option<Duration>,
}

impl Setback {
    /// A gateway that got no answer, or none that it understood, tells nothing of what the service did.
    pub(super) fn of_answer(answer: &Answer, asked: &str, asked_wait: Option<Duration>) -> Self {
        let sent = matches!(answer.status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT);
        Self { failure: answer.failure(asked), passing: true, sent, asked_wait }
    }

    pub(super) fn of_broken(asked: &str, broken: Broken) -> Self {
        let failure = Failure::new(broken.code, asked, broken.reason, broken.remedy);
        Self { failure, passing: broken.passing, sent: broken.sent, asked_wait: None }
    }
}

/// One request on its way through its attempts.
pub(super) struct Course<'a> {
    asked: &'a str,
    changes_something: bool,
    pub(super) started: Instant,
    pub(super) attempts: u32,
    lost_answers: u32,
    silent: bool,
}

impl<'a> Course<'a> {
    pub(super) fn new(asked: &'a str, changes_something: bool) -> Self {
        Self { asked, changes_something, started: Instant::now(), attempts: 0, lost_answers: 0, silent: true }
    }

    /// The wait before the next attempt, or the failure that remains.
    pub(super) fn next(
        &mut self,
        rules: &RetryRules,
        setback: Setback,
        log: &Log,
    ) -> Result<Duration, Failure> {
        self.lost_answers += u32::from(setback.sent && self.changes_something);
        if !setback.passing {
            return Err(setback.failure);
        }
        let elapsed = self.started.elapsed();
        match rules.wait(self.attempts, elapsed, setback.asked_wait, random_fraction()) {
            Ok(wait) => {
                self.tell_setback(rules, &setback, wait, log);
                Ok(wait)
            }
            Err(give_up) => Err(self.gave_up(setback, give_up)),
        }
    }

    fn tell_setback(&mut self, rules: &RetryRules, setback: &Setback, wait: Duration, log: &Log) {
        let next = format!("attempt {} failed, next in {:.1} s", self.attempts, wait.as_secs_f64());
        log.warning(&setback.failure.notice().adding(&format!(" ({next}{})", self.doubt())));
        let elapsed = self.started.elapsed();
        if self.silent && elapsed + wait > LONGEST_SILENCE {
            self.silent = false;
            let left = rules.total.saturating_sub(elapsed).as_secs();
            log.error(&setback.failure.notice().adding(&format!(" (trying again for up to {left} s)")));
        }
    }

    pub(super) fn tell_success(&self, log: &Log) {
        if self.attempts > 1 {
            let text = format!("{}: answered at attempt {}{}", self.asked, self.attempts, self.doubt());
            log.warning(&Notice::new(Code::AnsweredLater, text));
        }
    }

    fn gave_up(&self, setback: Setback, give_up: GiveUp) -> Failure {
        let seconds = self.started.elapsed().as_secs_f64();
        let why = match (give_up, setback.asked_wait) {
            (GiveUp::Time, Some(wait)) => format!(", and SignPath asks to wait for {} s", wait.as_secs()),
            _ => String::new(),
        };
        let attempts = match self.attempts {
            1 => "1 attempt".to_owned(),
            attempts => format!("{attempts} attempts"),
        };
        setback.failure.adding(&format!(" ({attempts} in {seconds:.1} s{why}{})", self.doubt()))
    }

    /// Whether the service may have executed the request more than once.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.lost_answers > 0
    }

    /// A signature that was made although its answer was lost has been counted and audited by SignPath.
    fn doubt(&self) -> &'static str {
        if self.is_in_doubt() { "; possibly signed twice: an answer was lost" } else { "" }
    }
}

/// From 0 to 1, for jitter: where the system gives no random number, none is needed.
fn random_fraction() -> f64 {
    let mut bytes = [0; 4];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)
}
