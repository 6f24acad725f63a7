//! The process that we are guests in: whether it is a child of the one that initialised us, whether its environment
//! can be believed, and how to write to its standard error without doing it harm.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::log::Console;

/// What tells a process from its parent. A process id alone does not: a child in another namespace may have the same
/// one. The generation alone does not either: `_Fork` and a bare `clone` call no handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProcessIdentity {
    generation: u64,
    id: u32,
}

static GENERATION: AtomicU64 = AtomicU64::new(0);

impl ProcessIdentity {
    /// The identity of the process that runs this.
    pub(super) fn current() -> Self {
        Self { generation: GENERATION.load(Ordering::Acquire), id: std::process::id() }
    }
}

/// Makes every fork from now on count.
pub(super) fn watch_forks() {
    static WATCHING: AtomicBool = AtomicBool::new(false);
    if !WATCHING.swap(true, Ordering::AcqRel) {
        // SAFETY: the handler is a function of this library, which is linked `nodelete` and so never unmapped; it only
        // increments an atomic, which is safe in the child of a process with threads. A failure (no memory) is made up
        // for by the process id.
        unsafe { libc::pthread_atfork(None, None, Some(count_fork)) };
    }
}

extern "C" fn count_fork() {
    GENERATION.fetch_add(1, Ordering::AcqRel);
}

/// Whether the environment is that of somebody with fewer rights: a set-user-id or set-group-id host, or one with
/// capabilities of its own (getauxval(3), `AT_SECURE`).
pub(super) fn is_secure() -> bool {
    // SAFETY: getauxval reads the process's own auxiliary vector and has no preconditions
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// The host's standard error.
pub(super) struct StandardError;

impl Console for StandardError {
    /// Writes what can be written. A reader that is gone must not end the host: SIGPIPE is held back while writing, and
    /// taken from the thread if it came from this write.
    fn write(&self, line: &[u8]) {
        let held = HeldSignal::pipe();
        let broken = write_all(line) == Outcome::Broken;
        held.release(broken);
    }
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Done,
    Broken,
}

fn write_all(mut rest: &[u8]) -> Outcome {
    while !rest.is_empty() {
        // SAFETY: `rest` is valid for reads of its length
        let written = unsafe { libc::write(libc::STDERR_FILENO, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(_) => match std::io::Error::last_os_error().raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EPIPE) => return Outcome::Broken,
                _ => return Outcome::Done,
            },
        }
    }
    Outcome::Done
}

/// SIGPIPE, blocked in this thread.
struct HeldSignal {
    pipe: libc::sigset_t,
    before: libc::sigset_t,
    was_pending: bool,
}

impl HeldSignal {
    fn pipe() -> Self {
        let mut pipe = empty_set();
        let mut before = empty_set();
        // SAFETY: `pipe` is an initialised set, and SIGPIPE a signal
        unsafe { libc::sigaddset(&mut pipe, libc::SIGPIPE) };
        let was_pending = is_pipe_pending();
        // SAFETY: both sets are valid for the call; the mask is this thread's own
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, &mut before) };
        Self { pipe, before, was_pending }
    }

    fn release(self, raised: bool) {
        if raised && !self.was_pending {
            let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: set and time are valid for the call, no information about the signal is asked for
            unsafe { libc::sigtimedwait(&self.pipe, std::ptr::null_mut(), &now) };
        }
        // SAFETY: `before` was filled by pthread_sigmask
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

fn is_pipe_pending() -> bool {
    let mut pending = empty_set();
    // SAFETY: `pending` is valid for writes
    unsafe { libc::sigpending(&mut pending) };
    // SAFETY: `pending` is an initialised set, and SIGPIPE a signal
    unsafe { libc::sigismember(&pending, libc::SIGPIPE) == 1 }
}

fn empty_set() -> libc::sigset_t {
    // SAFETY: a sigset_t of zeros is a valid one; sigemptyset makes it the empty one on every system
    let mut set = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is valid for writes
    unsafe { libc::sigemptyset(&mut set) };
    set
}
