//! Which call was under way when the process crashed: a test process that ends by a signal says no more by itself.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

static UNDER_WAY: Mutex<String> = Mutex::new(String::new());

/// Notes what is called next.
pub fn announce(call: &str) {
    static WATCH: Once = Once::new();
    WATCH.call_once(watch);
    let mut under_way = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
    under_way.clear();
    under_way.push_str(call);
}

fn watch() {
    let handler: extern "C" fn(i32) = tell;
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT] {
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
}

/// Tells, and lets the signal have its way. The process is lost: what a handler must not do otherwise is fine here.
extern "C" fn tell(signal: i32) {
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    if let Ok(under_way) = UNDER_WAY.try_lock() {
        let _ = writeln!(std::io::stderr(), "signal {signal} came during {}", *under_way);
    }
    unsafe { libc::raise(signal) };
}
