//! A watchdog over threads that make calls. When one has not ended for too long, it says what each thread is at, shows
//! their stacks, and ends the process.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::support::isolation::{Ended, in_own_process_side_by_side};
use crate::support::pkcs11::initialized;
use crate::support::stacks;

pub struct Watchdog {
    limit: Duration,
    calls: Vec<Mutex<Option<Call>>>,
}

/// What a thread is at.
#[derive(Clone, Copy)]
struct Call {
    name: &'static str,
    since: Instant,
}

impl Watchdog {
    /// Watches so many threads; no call takes this long unless it is locked.
    pub fn new(threads: usize, limit: Duration) -> Self {
        Self { limit, calls: (0..threads).map(|_| Mutex::default()).collect() }
    }

    /// Makes a call for a thread.
    pub fn call<T>(&self, thread: usize, name: &'static str, call: impl FnOnce() -> T) -> T {
        self.note(thread, Some(Call { name, since: Instant::now() }));
        let result = call();
        self.note(thread, None);
        result
    }

    /// Ends the process if a call has not ended for too long.
    pub fn abort_if_locked(&self) {
        if !self.calls().any(|call| call.is_some_and(|call| call.since.elapsed() > self.limit)) {
            return;
        }
        for (thread, call) in self.calls().enumerate() {
            match call {
                Some(Call { name, since }) => {
                    eprintln!("thread {thread}: {name}, for {} ms", since.elapsed().as_millis());
                }
                None => eprintln!("thread {thread}: between two calls"),
            }
        }
        eprintln!("{}", stacks::of_process(std::process::id()));
        std::process::abort();
    }

    fn note(&self, thread: usize, call: Option<Call>) {
        *self.calls[thread].lock().unwrap_or_else(PoisonError::into_inner) = call;
    }

    fn calls(&self) -> impl Iterator<Item = Option<Call>> {
        self.calls.iter().map(|call| *call.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[test]
fn of_a_call_that_does_not_end_the_watchdog_shows_the_stack_in_the_module_and_ends_the_process() {
    let ended = in_own_process_side_by_side([()], 1, |()| wait_for_an_event_that_never_comes());
    if let [Ended { passed, output }] = ended.as_slice() {
        assert!(!passed);
        for shown in ["thread 1: C_WaitForSlotEvent, for ", "/libsignpath_pkcs11.so"] {
            assert!(output.contains(shown), "{shown} is missing: {output}");
        }
    }
}

fn wait_for_an_event_that_never_comes() {
    let pkcs11 = initialized(&[]);
    let watchdog = Watchdog::new(2, Duration::from_millis(200));
    let wait_in_module = || {
        let mut slot = 0;
        let wait = pkcs11.list.C_WaitForSlotEvent.unwrap();
        watchdog.call(1, "C_WaitForSlotEvent", || unsafe { wait(0, &mut slot, std::ptr::null_mut()) })
    };
    std::thread::scope(|scope| {
        scope.spawn(wait_in_module);
        loop {
            std::thread::sleep(Duration::from_millis(50));
            watchdog.abort_if_locked();
        }
    });
}
