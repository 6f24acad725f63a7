//! What the threads of a process are doing: their stacks, for a person who has to find out why it hangs.

use std::borrow::Cow;
use std::process::Command;

/// Lets any process of the same user look into this one; some systems let only its ancestors do that.
pub fn allow_debugger() {
    // a system without such a rule knows no such request
    unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY) };
}

/// The stacks of all threads of a process, or why they cannot be shown.
pub fn of_process(process: u32) -> String {
    let arguments = ["-p", &process.to_string(), "-batch", "-nx", "-ex", "thread apply all backtrace 40"];
    match Command::new("gdb").args(arguments).output() {
        Ok(shown) => format!("{}{}", text(&shown.stdout), text(&shown.stderr)),
        Err(error) => format!("gdb shows no stacks: {error}; install it: apt-get install gdb"),
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
