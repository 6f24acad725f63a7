//! A thousand build agents meet a service that answers 503 for two minutes and then recovers: a simulation with the
//! module's own rules of repetition and a model of the service's capacity. No clock runs, so it is the same each time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use signpath_pkcs11::signpath::retry::RetryRules;

use crate::figures::{Figure, Unit};

const AGENTS: usize = 1000;
const OUTAGE: Duration = Duration::from_secs(120);

/// What the service does in a second once it is back; it refuses what comes beyond that.
const CAPACITY: usize = 50;

/// A signature of an agent: the list, and the signature.
const REQUESTS_OF_AN_AGENT: u32 = 2;

/// How waits are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    None,
    /// As the module does it.
    Half,
    /// From nothing to the whole wait.
    Full,
}

/// When the agents begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A schedule starts them all in one second.
    Together,
    /// They come one after the other all through the outage.
    Spread,
}

/// What became of the fleet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// From the end of the outage until the last agent had its signature, in seconds.
    pub recovery: f64,
    pub requests_an_agent: f64,
    /// The most requests in one second after the outage.
    pub peak: usize,
    /// Agents that gave up.
    pub lost: usize,
}

/// The table of all cases.
pub fn simulate() -> Vec<Figure> {
    let mut figures = Vec::new();
    for (arrival, when) in [(Arrival::Together, "all in one second"), (Arrival::Spread, "over two minutes")] {
        for asked in [None, Some(Duration::from_secs(30))] {
            for spread in [Spread::None, Spread::Half, Spread::Full] {
                let outcome = run(arrival, asked, spread);
                let asked = if asked.is_some() { ", Retry-After: 30" } else { "" };
                figures.extend(shown(&format!("fleet, {when}{asked}, {spread:?} jitter"), outcome));
            }
        }
    }
    figures
}

fn shown(case: &str, outcome: Outcome) -> [Figure; 4] {
    let alone = |what: &str, value: f64, unit| Figure::alone(format!("{case}: {what}"), value, unit, None);
    [
        alone("seconds until all have signed", outcome.recovery, Unit::Seconds),
        alone("requests of an agent", outcome.requests_an_agent, Unit::Requests),
        alone("most requests in a second", outcome.peak as f64, Unit::Requests),
        alone("agents that gave up", outcome.lost as f64, Unit::Requests),
    ]
}

/// One agent at the moment of its next request.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Arriving {
    at: Duration,
    agent: usize,
}

#[derive(Clone, Default)]
struct Agent {
    /// When its present request was first sent.
    began: Duration,
    attempts: u32,
    answered: u32,
}

/// Plays one case.
pub fn run(arrival: Arrival, asked: Option<Duration>, spread: Spread) -> Outcome {
    let rules = RetryRules {
        attempt: Duration::from_secs(30),
        total: Duration::from_secs(600),
        first_wait: Duration::from_secs(1),
        repetitions: None,
    };
    let mut random = Random(1);
    let mut agents = vec![Agent::default(); AGENTS];
    let mut queue: BinaryHeap<Reverse<Arriving>> = BinaryHeap::new();
    for (number, agent) in agents.iter_mut().enumerate() {
        let within = if arrival == Arrival::Together { 1.0 } else { OUTAGE.as_secs_f64() };
        agent.began = Duration::from_secs_f64(random.next() * within);
        queue.push(Reverse(Arriving { at: agent.began, agent: number }));
    }
    let mut service = Service::default();
    let (mut requests, mut lost, mut last) = (0_usize, 0, OUTAGE);
    while let Some(Reverse(Arriving { at, agent: number })) = queue.pop() {
        let agent = &mut agents[number];
        requests += 1;
        agent.attempts += 1;
        if service.answers(at) {
            agent.answered += 1;
            last = last.max(at);
            (agent.attempts, agent.began) = (0, at);
            if agent.answered < REQUESTS_OF_AN_AGENT {
                queue.push(Reverse(Arriving { at, agent: number }));
            }
            continue;
        }
        let wait = wait(&rules, agent, at, asked, spread, &mut random);
        match wait {
            Some(wait) => queue.push(Reverse(Arriving { at: at + wait, agent: number })),
            None => lost += 1,
        }
    }
    Outcome {
        recovery: (last - OUTAGE).as_secs_f64(),
        requests_an_agent: requests as f64 / AGENTS as f64,
        peak: service.peak,
        lost,
    }
}

fn wait(
    rules: &RetryRules,
    agent: &Agent,
    at: Duration,
    asked: Option<Duration>,
    spread: Spread,
    random: &mut Random,
) -> Option<Duration> {
    let elapsed = at - agent.began;
    let fraction = random.next();
    match spread {
        Spread::None => rules.wait(agent.attempts, elapsed, asked, 0.0).ok(),
        Spread::Half => rules.wait(agent.attempts, elapsed, asked, fraction).ok(),
        Spread::Full => {
            let whole = rules.wait(agent.attempts, elapsed, asked, 0.0).ok()?;
            Some(whole.mul_f64(if asked.is_some() { 1.0 + fraction } else { fraction }))
        }
    }
}

/// A service that answers so many requests in each second after its outage.
#[derive(Default)]
struct Service {
    second: u64,
    in_second: usize,
    peak: usize,
}

impl Service {
    fn answers(&mut self, at: Duration) -> bool {
        if at < OUTAGE {
            return false;
        }
        if self.second != at.as_secs() {
            (self.second, self.in_second) = (at.as_secs(), 0);
        }
        self.in_second += 1;
        self.peak = self.peak.max(self.in_second);
        self.in_second <= CAPACITY
    }
}

/// Numbers that look random and are the same each time (a linear congruential generator, of Knuth's MMIX).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
