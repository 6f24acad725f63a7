//! A panic within the shipped file, provoked without a hook in it: the standard library panics where the clock cannot be
//! read. A preloaded `clock_gettime` fails when it is told to.

use std::os::raw::c_long;
use std::path::PathBuf;
use std::process::Command;

use signpath_pkcs11::token::names::ReturnValue;

use crate::signing::{sign, verify};
use crate::support::artifacts;
use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::functions::{WITHOUT_MODULE, call, functions};
use crate::support::pkcs11::{Pkcs11, initialized};

/// Set in the process into which the clock is preloaded.
const PRELOADED: &str = "SIGNPATH_TEST_CLOCK_PRELOADED";

/// Readings and failures from now on, in this thread.
fn fail_clock(readings: c_long, failures: c_long) {
    let process = libloading::os::unix::Library::this();
    let fail = unsafe { process.get::<unsafe extern "C" fn(c_long, c_long)>(b"fail_clock\0").unwrap() };
    unsafe { fail(readings, failures) }
}

/// Runs the calling test's body in a process of its own whose clock can fail.
fn with_clock_that_can_fail(body: impl FnOnce()) {
    if std::env::var_os(PRELOADED).is_some() {
        return body();
    }
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start();
    let test = std::thread::current().name().unwrap().to_owned();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&test, "--exact", "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", built_clock(folder.path().join("clock.so")))
        .env(PRELOADED, "1")
        .envs(emulator.variables())
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{}:\n{text}", output.status);
}

fn built_clock(library: PathBuf) -> PathBuf {
    let built = Command::new(artifacts::program("gcc", "gcc"))
        .args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"])
        .arg(&library)
        .arg(artifacts::package().join("tests/lifecycle/clock.c"))
        .status()
        .unwrap();
    assert!(built.success());
    library
}

#[test]
fn a_panic_in_any_function_that_needs_an_initialised_module_is_a_general_error_of_that_call_alone() {
    with_clock_that_can_fail(|| {
        let pkcs11 = initialized(&[]);
        let functions = functions(pkcs11.list).enumerate();
        for (index, function) in functions.filter(|(index, _)| !WITHOUT_MODULE.contains(index)) {
            fail_clock(0, c_long::MAX);
            let (value, text) = watching(|| call(function.unwrap(), 0));
            fail_clock(-1, 0);

            assert_eq!(ReturnValue(value), ReturnValue::GENERAL_ERROR, "function {index}");
            assert!(text.contains("internal error"), "function {index}: {text}");
        }
        verify(&sign(&pkcs11.session()).unwrap());
    });
}

#[test]
fn a_panic_at_any_reading_of_the_clock_in_a_signature_is_a_general_error_and_the_next_one_succeeds() {
    with_clock_that_can_fail(|| {
        let pkcs11 = initialized(&[]);
        sign(&pkcs11.session()).unwrap();
        let panics = (0..).take_while(|readings| is_ended_by_panic(pkcs11, *readings)).count();
        eprintln!("a signature reads the clock {panics} times");

        assert!(panics > 3, "{panics}");
        verify(&sign(&pkcs11.session()).unwrap());
    });
}

/// Whether a signature ends when the clock fails once after so many readings; it does until these are more than it needs.
fn is_ended_by_panic(pkcs11: Pkcs11, readings: c_long) -> bool {
    let session = pkcs11.session();
    fail_clock(readings, 1);
    let (signed, text) = watching(|| sign(&session));
    fail_clock(-1, 0);
    sign(&pkcs11.session()).unwrap();
    match signed {
        Err(value) => {
            assert_eq!(value, ReturnValue::GENERAL_ERROR, "after {readings} readings: {text}");
            assert!(text.ends_with(" [SP9001]\n"), "after {readings} readings: {text}");
            true
        }
        Ok(_) => {
            assert_eq!(text, "", "after {readings} readings");
            false
        }
    }
}
