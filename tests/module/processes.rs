//! The module as a guest: it starts no thread, and bears what it finds in its process.

use std::process::Command;

use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Pkcs11, Session, initialized, set};
use crate::support::verification::verify;

fn tasks() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

fn sign(session: &Session) -> Result<Vec<u8>, ReturnValue> {
    session.signature(M::ECDSA, session.private_key("container-images/p-256"), &[7; 32])
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
