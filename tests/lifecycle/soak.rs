//! Many threads, each with a session of its own that the others may close under it, do everything at random for a while.
//!
//! For how many seconds is said by `SIGNPATH_SOAK_SECONDS`; `make soak` says five minutes.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use signpath_pkcs11::token::names::{AttributeType, MechanismType as M, ObjectClass, ReturnValue};

use crate::resources::Resources;
use crate::signing::KEY;
use crate::support::emulator::Emulator;
use crate::support::isolation::{SOAK_SECONDS, in_own_process};
use crate::support::pkcs11::{Pkcs11, Session, set};
use crate::support::verification;
use crate::watchdog::Watchdog;

const THREADS: usize = 64;

/// No call takes this long, whatever else the machine does: one that has not ended is locked for ever.
const LOCKED: Duration = Duration::from_secs(60);

/// One of so many signatures is verified by openssl, too.
const SAMPLED: u64 = 500;

/// What the process may grow while it runs at full load.
const MARGIN: usize = 32 << 20;

/// What a thread does next; the weights are of a thousand.
const OPERATIONS: [(&str, Operation, u64); 7] = [
    ("sign and verify", sign_and_verify, 600),
    ("search", search, 200),
    ("look at a session", look, 150),
    ("log in", log_in, 40),
    ("log out", log_out, 5),
    ("close somebody's session", close_one, 4),
    ("close all sessions", close_all, 1),
];

type Operation = fn(&Run, &mut Worker) -> Result<(), ReturnValue>;

/// What others may do to a thread's session and login at any moment makes a call end with one of these.
const EXPECTED: [ReturnValue; 8] = [
    ReturnValue::SESSION_HANDLE_INVALID,
    ReturnValue::SESSION_CLOSED,
    ReturnValue::USER_ALREADY_LOGGED_IN,
    ReturnValue::USER_NOT_LOGGED_IN,
    // a key that was found before somebody logged out, or not found because of it
    ReturnValue::KEY_HANDLE_INVALID,
    ReturnValue::OBJECT_HANDLE_INVALID,
    // who logs out ends what was begun
    ReturnValue::OPERATION_NOT_INITIALIZED,
    ReturnValue::FUNCTION_CANCELED,
];

/// What the threads share.
struct Run {
    pkcs11: Pkcs11,
    pin: String,
    started: Instant,
    over: AtomicBool,
    signatures: AtomicU64,
    calls: AtomicU64,
    errors: Mutex<BTreeMap<String, u64>>,
    samples: Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
    watchdog: Watchdog,
    /// The session of each thread.
    sessions: Vec<AtomicU64>,
}

/// A thread.
struct Worker {
    number: usize,
    random: u64,
    session: Session,
}

#[test]
fn threads_that_do_everything_at_random_neither_lock_nor_leak_and_every_signature_verifies() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        set(&emulator.address());
        let pkcs11 = Pkcs11::load();
        let before = Resources::now();
        pkcs11.initialize().unwrap();
        let run = Run::new(pkcs11, emulator.pin());
        let [warm, half, end] = std::thread::scope(|scope| {
            for number in 0..THREADS {
                let run = &run;
                scope.spawn(move || Worker::new(run, number).work(run));
            }
            watch(&run, &emulator)
        });
        run.pkcs11.finalize().unwrap();
        let after = Resources::settled(&before);
        run.tell(&[
            ("before", before),
            ("after a fifth", warm),
            ("after a half", half),
            ("in the end", end),
            ("finalised", after),
        ]);

        run.check_signatures_and_errors();
        assert_eq!((after.descriptors, after.tasks), (before.descriptors, before.tasks));
        assert!(end.resident < warm.resident + MARGIN, "memory: first {warm}, then {end}");
    });
}

/// Lets the threads work, and ends the process when one of them is locked. What was held after a fifth of the time, after
/// half of it, and in the end.
fn watch(run: &Run, emulator: &Emulator) -> [Resources; 3] {
    let seconds = std::env::var(SOAK_SECONDS).map_or(30, |seconds| seconds.parse().unwrap());
    let length = Duration::from_secs(seconds);
    let held_at = |moment: Duration| {
        while run.started.elapsed() < moment && !run.over.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_secs(1));
            run.watchdog.abort_if_locked();
            forget_requests(emulator);
        }
        Resources::now()
    };
    let held = [length / 5, length / 2, length].map(held_at);
    run.over.store(true, Ordering::Release);
    held
}

/// The emulator keeps every request that it has not been told to forget.
fn forget_requests(emulator: &Emulator) {
    emulator.tell("DELETE", "requests", json!({}));
    emulator.tell("DELETE", "audit", json!({}));
}

impl Run {
    fn new(pkcs11: Pkcs11, pin: String) -> Self {
        Self {
            pkcs11,
            pin,
            started: Instant::now(),
            over: AtomicBool::new(false),
            signatures: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            errors: Mutex::default(),
            samples: Mutex::default(),
            watchdog: Watchdog::new(THREADS, LOCKED),
            sessions: (0..THREADS).map(|_| AtomicU64::default()).collect(),
        }
    }

    fn count_error(&self, operation: &str, value: ReturnValue) {
        *self.errors.lock().unwrap().entry(format!("{operation}: {value}")).or_default() += 1;
        if !EXPECTED.contains(&value) {
            self.over.store(true, Ordering::Release);
        }
    }

    fn tell(&self, moments: &[(&str, Resources)]) {
        let (signatures, calls) =
            (self.signatures.load(Ordering::Acquire), self.calls.load(Ordering::Acquire));
        let seconds = self.started.elapsed().as_secs();
        eprintln!("{THREADS} threads, {seconds} s: {calls} operations, {signatures} signatures");
        for (moment, resources) in moments {
            eprintln!("  {moment}: {resources}");
        }
        for (error, count) in self.errors.lock().unwrap().iter() {
            eprintln!("  {count} × {error}");
        }
    }

    fn check_signatures_and_errors(&self) {
        let unexpected: Vec<String> = self.errors.lock().unwrap().keys().cloned().collect();
        let is_expected =
            |error: &String| EXPECTED.iter().any(|value| error.ends_with(&format!(": {value}")));
        assert_eq!(unexpected.iter().filter(|error| !is_expected(error)).collect::<Vec<_>>(), [""; 0]);
        let samples = self.samples.lock().unwrap();
        assert!(!samples.is_empty(), "nothing was signed");
        for (digest, signature) in samples.iter().take(100) {
            verification::verify("p-256", "ecdsa", "none", digest, signature);
        }
    }
}

impl Worker {
    fn new(run: &Run, number: usize) -> Self {
        let random = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number as u64 + 1);
        let session = run.pkcs11.session();
        run.sessions[number].store(session.handle, Ordering::Release);
        Self { number, random, session }
    }

    fn work(mut self, run: &Run) {
        while !run.over.load(Ordering::Acquire) {
            let (name, work, _) = OPERATIONS[self.next_operation()];
            run.calls.fetch_add(1, Ordering::Relaxed);
            if let Err(value) = run.watchdog.call(self.number, name, || work(run, &mut self)) {
                run.count_error(name, value);
                self.reopen_if_closed(run);
            }
        }
    }

    fn next_operation(&mut self) -> usize {
        let mut left = self.below(1000);
        OPERATIONS
            .iter()
            .position(|(_, _, weight)| match left.checked_sub(*weight) {
                Some(rest) => {
                    left = rest;
                    false
                }
                None => true,
            })
            .unwrap()
    }

    /// A pseudo-random number: xorshift.
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit
    }

    fn anybody(&mut self, run: &Run) -> Session {
        let session = &run.sessions[usize::try_from(self.below(THREADS as u64)).unwrap()];
        Session { pkcs11: run.pkcs11, handle: session.load(Ordering::Acquire) }
    }

    fn reopen_if_closed(&mut self, run: &Run) {
        if self.session.info().is_err() {
            self.session = run.pkcs11.session();
            run.sessions[self.number].store(self.session.handle, Ordering::Release);
        }
    }
}

fn sign_and_verify(run: &Run, worker: &mut Worker) -> Result<(), ReturnValue> {
    let session = worker.session;
    match session.log_in(&run.pin) {
        Ok(()) | Err(ReturnValue::USER_ALREADY_LOGGED_IN) => {}
        Err(value) => return Err(value),
    }
    let digest: Vec<u8> = (0..32).map(|_| worker.below(256) as u8).collect();
    let (private, public) = (key(session, ObjectClass::PRIVATE_KEY)?, key(session, ObjectClass::PUBLIC_KEY)?);
    let signature = session.signature(M::ECDSA, private, &digest)?;
    if run.signatures.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLED) {
        run.samples.lock().unwrap().push((digest.clone(), signature.clone()));
    }
    session.verify_init(M::ECDSA, public)?;
    session.verify(&digest, &signature)
}

fn key(session: Session, class: ObjectClass) -> Result<cryptoki_sys::CK_OBJECT_HANDLE, ReturnValue> {
    let class = class.0.to_ne_bytes();
    let found = session.find(&[(AttributeType::CLASS, &class), (AttributeType::LABEL, KEY.as_bytes())])?;
    found.first().copied().ok_or(ReturnValue::KEY_HANDLE_INVALID)
}

fn search(_: &Run, worker: &mut Worker) -> Result<(), ReturnValue> {
    let found = worker.session.find(&[])?;
    found.iter().try_for_each(|object| match worker.session.attribute(*object, AttributeType::CLASS) {
        Ok(class) if class.len() == size_of::<cryptoki_sys::CK_ULONG>() => Ok(()),
        Ok(_) => Err(ReturnValue::GENERAL_ERROR),
        Err(value) => Err(value),
    })
}

fn look(run: &Run, worker: &mut Worker) -> Result<(), ReturnValue> {
    worker.anybody(run).info().map(drop)
}

fn log_in(run: &Run, worker: &mut Worker) -> Result<(), ReturnValue> {
    worker.session.log_in(&run.pin)
}

fn log_out(_: &Run, worker: &mut Worker) -> Result<(), ReturnValue> {
    worker.session.log_out()
}

fn close_one(run: &Run, worker: &mut Worker) -> Result<(), ReturnValue> {
    worker.anybody(run).close()
}

fn close_all(run: &Run, _: &mut Worker) -> Result<(), ReturnValue> {
    run.pkcs11.close_all()
}
