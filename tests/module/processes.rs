//! The module as a guest: threads, forks, unloading, a reader of standard error that is gone.

use std::process::Command;
use std::time::{Duration, Instant};

use cryptoki_sys::CKF_SIGN;
use serde_json::json;
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Pkcs11, Session, check, initialized, set};
use crate::support::verification::verify;

fn tasks() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

fn sign(session: &Session) -> Result<Vec<u8>, ReturnValue> {
    session.signature(M::ECDSA, session.private_key("container-images/p-256"), &[7; 32])
}

/// Forks; the child runs `work` and exits without cleaning up, with 0 if it returns true.
fn in_child(work: impl FnOnce() -> bool) -> bool {
    match unsafe { libc::fork() } {
        0 => {
            let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
            unsafe { libc::_exit(i32::from(!good)) }
        }
        child => {
            let mut status = 0;
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
        }
    }
}

#[test]
fn no_thread_is_started_over_http_and_https_by_host_name() {
    in_own_process_each([false, true], |tls| {
        let emulator = if tls { Emulator::with_tls() } else { Emulator::start() };
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_API_URL", emulator.api().replace("127.0.0.1", "localhost")));
        let before = tasks();
        let pkcs11 = initialized(&variables);
        let signature = sign(&pkcs11.session()).unwrap();

        assert_eq!(tasks(), before);
        verify("p-256", "ecdsa", "none", &[7; 32], &signature);
        pkcs11.finalize().unwrap();
        assert_eq!(tasks(), before);
    });
}

#[test]
fn a_child_is_uninitialised_may_initialise_and_signs_and_the_parent_notices_nothing() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let session = pkcs11.session();
        sign(&session).unwrap();
        for _ in 0..3 {
            let good = in_child(|| {
                session.state() == Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED)
                    && pkcs11.initialize().is_ok()
                    && session.state() == Err(ReturnValue::SESSION_HANDLE_INVALID)
                    && sign(&pkcs11.session()).is_ok()
                    && pkcs11.finalize().is_ok()
            });
            assert!(good);
            sign(&session).unwrap();
        }
        assert_eq!(emulator.audit().len(), 7);
    });
}

#[test]
fn a_fork_while_a_request_is_out_in_another_thread_harms_neither() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let session = pkcs11.session();
        session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "delayMilliseconds": 500, "times": 1}));
        std::thread::scope(|scope| {
            let signer = scope.spawn(|| sign(&session));
            std::thread::sleep(Duration::from_millis(150));
            assert!(in_child(|| pkcs11.initialize().is_ok() && sign(&pkcs11.session()).is_ok()));
            assert!(signer.join().unwrap().is_ok());
        });
    });
}

#[test]
fn ten_generations_of_children_sign() {
    fn generation(pkcs11: Pkcs11, left: u32) -> bool {
        let initialised = pkcs11.initialize().is_ok() && sign(&pkcs11.session()).is_ok();
        initialised && (left == 0 || in_child(|| generation(pkcs11, left - 1)))
    }
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        assert!(generation(Pkcs11::load(), 10));
        assert_eq!(emulator.audit().len(), 11);
    });
}

#[test]
fn many_threads_sign_at_once_and_none_waits_for_another() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        pkcs11.session().private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "delayMilliseconds": 500, "times": 32}));
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| sign(&pkcs11.session()).unwrap());
            }
        });

        assert_eq!(emulator.audit().len(), 32);
        assert!(
            started.elapsed() < Duration::from_secs(8),
            "one after the other takes 16 s: {:?}",
            started.elapsed()
        );
    });
}

#[test]
fn a_session_whose_request_is_out_hinders_nobody() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let (session, other) = (pkcs11.session(), pkcs11.session());
        session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "delayMilliseconds": 1000, "times": 1}));
        std::thread::scope(|scope| {
            let signer = scope.spawn(|| sign(&session));
            std::thread::sleep(Duration::from_millis(200));
            let started = Instant::now();
            session.info().unwrap();
            other.find(&[]).unwrap();
            assert_eq!(session.sign_init(M::ECDSA, 1), Err(ReturnValue::OPERATION_ACTIVE));
            let sign_init = pkcs11.list.C_SignInit.unwrap();
            let cancelled = check(unsafe { sign_init(session.handle, std::ptr::null_mut(), 0) });
            assert_eq!(cancelled, Err(ReturnValue::OPERATION_CANCEL_FAILED));
            assert_eq!(session.cancel(CKF_SIGN), Err(ReturnValue::OPERATION_CANCEL_FAILED));
            pkcs11.close_all().unwrap();
            assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
            assert_eq!(signer.join().unwrap(), Err(ReturnValue::SESSION_CLOSED));
        });
    });
}

#[test]
fn finalising_ends_a_request_that_is_out() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let session = pkcs11.session();
        session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "delayMilliseconds": 5000}));
        let ((), console) = watching(|| {
            std::thread::scope(|scope| {
                let signer = scope.spawn(|| sign(&session));
                std::thread::sleep(Duration::from_millis(200));
                let started = Instant::now();
                pkcs11.finalize().unwrap();
                assert_eq!(signer.join().unwrap(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED));
                assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
            })
        });

        assert_eq!(console, "");
    });
}

#[test]
fn finalising_ends_the_wait_between_attempts() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "30".to_owned()));
        let pkcs11 = initialized(&variables);
        let session = pkcs11.session();
        session.private_key("container-images/p-256");
        emulator.tell("POST", "faults", json!({"route": "signHash", "status": 503}));
        std::thread::scope(|scope| {
            let signer = scope.spawn(|| sign(&session));
            std::thread::sleep(Duration::from_millis(300));
            let started = Instant::now();
            pkcs11.finalize().unwrap();
            assert_eq!(signer.join().unwrap(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED));
            assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        });
    });
}

#[test]
fn a_process_that_had_no_descriptors_left_signs_when_it_has_some() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        let session = initialized(&emulator.variables()).session();
        let before = limit_of_open_files();
        set_limit_of_open_files(libc::rlimit { rlim_cur: lowest_free_descriptor(), ..before });
        let starved = session.find(&[]);
        set_limit_of_open_files(before);

        assert_eq!(starved, Err(ReturnValue::GENERAL_ERROR));
        sign(&session).unwrap();
    });
}

fn limit_of_open_files() -> libc::rlimit {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) }, 0);
    limit
}

fn set_limit_of_open_files(limit: libc::rlimit) {
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
}

fn lowest_free_descriptor() -> libc::rlim_t {
    let file = std::fs::File::open("/dev/null").unwrap();
    std::os::fd::AsRawFd::as_raw_fd(&file) as libc::rlim_t
}

#[test]
fn a_finalised_module_can_be_initialised_again_any_number_of_times() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        let pkcs11 = Pkcs11::load();
        for _ in 0..50 {
            pkcs11.initialize().unwrap();
            let session = pkcs11.session();
            pkcs11.finalize().unwrap();
            assert_eq!(session.state(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED));
        }
        pkcs11.initialize().unwrap();
        sign(&pkcs11.session()).unwrap();
    });
}

#[test]
fn a_reader_of_standard_error_that_is_gone_ends_nobody() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        let mut ends = [0; 2];
        let before = unsafe { libc::dup(libc::STDERR_FILENO) };
        unsafe { libc::pipe(ends.as_mut_ptr()) };
        unsafe { libc::close(ends[0]) };
        unsafe { libc::dup2(ends[1], libc::STDERR_FILENO) };
        let result = session.log_in("no pin");
        unsafe { libc::dup2(before, libc::STDERR_FILENO) };

        assert_eq!(result, Err(ReturnValue::PIN_INCORRECT));
        let mut pending = unsafe { std::mem::zeroed() };
        unsafe { libc::sigpending(&mut pending) };
        assert_eq!(unsafe { libc::sigismember(&pending, libc::SIGPIPE) }, 0);
    });
}

#[test]
fn certificates_are_hidden_from_a_program_whose_name_begins_with_cosign() {
    if std::env::var_os("SIGNPATH_TEST_AS_COSIGN").is_some() {
        // the copy of this program that is called cosign-…: the environment is the one that the original made
        let session = initialized(&[]).session();
        let class = signpath_pkcs11::token::names::ObjectClass::CERTIFICATE.0.to_ne_bytes();
        let found = session.find(&[(signpath_pkcs11::token::names::AttributeType::CLASS, &class)]).unwrap();
        return assert_eq!(found.len(), 0);
    }
    let emulator = Emulator::start();
    let copy = emulator.folder().join("cosign-3.1.2");
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    let test = std::thread::current().name().unwrap().to_owned();
    let output = Command::new(copy)
        .args([&test, "--exact", "--test-threads=1"])
        .env("SIGNPATH_TEST_AS_COSIGN", "1")
        .envs(emulator.variables())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[test]
fn several_processes_write_one_log_and_no_line_is_lost_or_torn() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let session = pkcs11.session();
        session.find(&[]).unwrap();
        let children: Vec<libc::pid_t> = (0..4)
            .map(|_| match unsafe { libc::fork() } {
                0 => {
                    pkcs11.initialize().unwrap();
                    let session = pkcs11.session();
                    for _ in 0..200 {
                        assert!(session.sign_init(M::ECDSA, 0xdead).is_err());
                    }
                    unsafe { libc::_exit(0) }
                }
                child => child,
            })
            .collect();
        for child in children {
            let mut status = 1;
            unsafe { libc::waitpid(child, &mut status, 0) };
            assert_eq!(status, 0);
        }

        let log = emulator.log();
        let refusals =
            log.lines().filter(|line| line.ends_with("CKR_KEY_HANDLE_INVALID: there is no object 57005"));
        assert_eq!(refusals.count(), 800);
        assert_eq!(log.lines().count(), 801);
    });
}
