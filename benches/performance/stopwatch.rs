//! Measuring two things in turns, so that what the machine does meanwhile happens to both.

use std::time::{Duration, Instant};

/// How long a call takes.
pub fn time<T>(call: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    let result = call();
    let took = started.elapsed();
    drop(std::hint::black_box(result));
    took
}

/// Measures both so many times, the one that comes first changing each time. The calls get the number of the turn.
pub fn in_turns(
    turns: usize,
    mut ours: impl FnMut(usize),
    mut baseline: impl FnMut(usize),
) -> (Vec<Duration>, Vec<Duration>) {
    let mut samples = (Vec::with_capacity(turns), Vec::with_capacity(turns));
    for turn in 0..turns {
        if turn % 2 == 0 {
            samples.0.push(time(|| ours(turn)));
            samples.1.push(time(|| baseline(turn)));
        } else {
            samples.1.push(time(|| baseline(turn)));
            samples.0.push(time(|| ours(turn)));
        }
    }
    samples
}

/// How long one of many calls takes, where one is too short for the clock.
pub fn time_each(calls: u32, mut call: impl FnMut()) -> Duration {
    time(|| (0..calls).for_each(|_| call())) / calls
}
