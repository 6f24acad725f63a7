//! A process of its own for a test: a PKCS#11 module is one of a process, and reads that process's environment.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::stacks;

const MARK: &str = "SIGNPATH_TEST_IN_PROCESS";

/// A test that hangs is killed after this time; its threads' stacks are printed first.
const LONGEST: Duration = Duration::from_secs(120);

/// Set where the tests run under valgrind, which takes its time.
const UNDER_VALGRIND: &str = "SIGNPATH_TEST_MEMORY";

/// How many seconds a test that goes on and on is to last.
pub const SOAK_SECONDS: &str = "SIGNPATH_SOAK_SECONDS";

/// Runs the calling test's body in a process of its own, with nothing in its environment but what the test sets. The
/// process that cargo started waits for it and shares its fate.
pub fn in_own_process(body: impl FnOnce()) {
    match number_of_this_case() {
        Some(_) => body(),
        None => run_case(0),
    }
}

/// Runs the body once for each case, each time in a process of its own.
pub fn in_own_process_each<T>(cases: impl IntoIterator<Item = T>, body: impl FnOnce(T)) {
    let mut cases = cases.into_iter();
    match number_of_this_case() {
        Some(number) => body(cases.nth(number).expect("a case of this number")),
        None => (0..cases.count()).for_each(run_case),
    }
}

/// The end of a case in a process of its own.
pub struct Ended {
    pub passed: bool,
    /// Everything that it wrote.
    pub output: String,
}

/// Runs the body for each case in a process of its own, so many of them at a time, and leaves it to the caller what
/// the failed ones mean. In the processes of the cases there is nothing to tell.
pub fn in_own_process_side_by_side<T>(
    cases: impl IntoIterator<Item = T>,
    at_a_time: usize,
    body: impl FnOnce(T),
) -> Vec<Ended> {
    let mut cases = cases.into_iter();
    if let Some(number) = number_of_this_case() {
        body(cases.nth(number).expect("a case of this number"));
        return Vec::new();
    }
    let (test, count, next) = (this_test(), cases.count(), AtomicUsize::new(0));
    let one_after_the_other = || {
        let numbers = std::iter::from_fn(|| {
            Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count)
        });
        numbers.map(|number| (number, ended_case(&test, number))).collect::<Vec<_>>()
    };
    let mut ended: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_a_time).map(|_| scope.spawn(one_after_the_other)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    ended.sort_by_key(|(number, _)| *number);
    ended.into_iter().map(|(_, ended)| ended).collect()
}

/// `None` in the process that cargo started.
fn number_of_this_case() -> Option<usize> {
    let number = std::env::var(MARK).ok()?;
    stacks::allow_debugger();
    Some(number.parse().unwrap())
}

fn this_test() -> String {
    std::thread::current().name().expect("tests have names").to_owned()
}

fn run_case(number: usize) {
    let test = this_test();
    let Ended { passed, output } = ended_case(&test, number);
    assert!(passed, "{test}, case {number}, failed in its own process:\n{output}");
}

fn ended_case(test: &str, number: usize) -> Ended {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env_clear()
        .envs(std::env::vars().filter(|(name, _)| is_kept(name)))
        .env(MARK, number.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = collect(child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let started = Instant::now();
    let longest = longest();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if started.elapsed() > longest => {
                println!("{}", stacks::of_process(child.id()));
                child.kill().unwrap();
                panic!("{test}, case {number}, did not end within {} s", longest.as_secs());
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let output = format!(
        "{}{status}
",
        output.join().unwrap()
    );
    if std::env::var_os(SOAK_SECONDS).is_some() {
        println!("{output}");
    }
    Ended { passed: status.success() && output.contains("1 passed"), output }
}

fn longest() -> Duration {
    let soak = std::env::var(SOAK_SECONDS).map_or(0, |seconds| seconds.parse().unwrap());
    let factor = if std::env::var_os(UNDER_VALGRIND).is_some() { 10 } else { 1 };
    factor * LONGEST + Duration::from_secs(soak)
}

/// What the tools need to run at all, and nothing that configures the module.
fn is_kept(name: &str) -> bool {
    [
        "PATH",
        "HOME",
        "LANG",
        "TMPDIR",
        "RUST_BACKTRACE",
        "SIGNPATH_TEST_ARTIFACTS",
        "SIGNPATH_TOOLS_CACHE",
        "SIGNPATH_WRITE_DOCUMENTS",
        UNDER_VALGRIND,
        SOAK_SECONDS,
    ]
    .contains(&name)
}

fn collect(
    stdout: impl Read + Send + 'static,
    mut stderr: impl Read + Send + 'static,
) -> std::thread::JoinHandle<String> {
    let mut stdout = stdout;
    std::thread::spawn(move || {
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).unwrap();
            text
        });
        let mut text = Vec::new();
        stdout.read_to_end(&mut text).unwrap();
        text.extend(errors.join().unwrap());
        String::from_utf8_lossy(&text).into_owned()
    })
}
