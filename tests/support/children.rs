//! Children of a test's process, made by a bare fork as hosts make them.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a child ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// By exit, which runs what the host and its libraries registered.
    Orderly,
    /// By _exit, which runs nothing.
    Immediate,
}

impl End {
    pub const BOTH: [Self; 2] = [Self::Orderly, Self::Immediate];
}

/// Forks; the child does the work and ends. Whether the work returned true.
pub fn in_child(end: End, work: impl FnOnce() -> bool) -> bool {
    status_of_child(|| {
        let status = i32::from(!catch_unwind(AssertUnwindSafe(work)).unwrap_or(false));
        match end {
            End::Orderly => unsafe { libc::exit(status) },
            End::Immediate => unsafe { libc::_exit(status) },
        }
    }) == Some(0)
}

/// Forks; the child does the work, which ends it. Its status, unless a signal ended it.
pub fn status_of_child(work: impl FnOnce()) -> Option<i32> {
    match unsafe { libc::fork() } {
        0 => {
            work();
            unsafe { libc::_exit(101) }
        }
        child => {
            let mut status = 0;
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status))
        }
    }
}
