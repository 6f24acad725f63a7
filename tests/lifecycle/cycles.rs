//! Loading, initialising, finalising and unloading: again and again, in every way, from any thread.

use std::time::Duration;

use signpath_pkcs11::token::names::ReturnValue;

use crate::resources::{Resources, open_files};
use crate::signing::{delay_signatures, sign, verify, wait_for_signing_request};
use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Pkcs11, set};

/// What the allocator may keep for its own purposes: less than half a KiB a cycle. Of 800 cycles it keeps hardly more
/// than of 200.
const HEAP_MARGIN: usize = 96 << 10;

/// What the process may grow, in whole pages.
const RESIDENT_MARGIN: usize = 1 << 20;

/// dlopen, C_Initialize, a signature, C_Finalize, dlclose.
fn cycle() -> Vec<u8> {
    let library = unsafe { libloading::Library::new(artifacts::module()).unwrap() };
    let pkcs11 = Pkcs11::of_library(&library);
    pkcs11.initialize().unwrap();
    let signature = sign(&pkcs11.session()).unwrap();
    pkcs11.finalize().unwrap();
    library.close().unwrap();
    signature
}

#[test]
fn two_hundred_cycles_from_loading_to_unloading_leave_nothing_behind() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        set(&emulator.variables());
        (0..20).for_each(|_| drop(cycle()));
        let before = Resources::now();
        (0..200).for_each(|_| drop(cycle()));
        let after = Resources::settled(&before);
        eprintln!("before 200 cycles: {before}\nafter them: {after}");

        assert_eq!((after.descriptors, after.tasks), (before.descriptors, before.tasks));
        assert!(after.heap < before.heap + HEAP_MARGIN, "heap: before {before}, after {after}");
        assert!(after.resident < before.resident + RESIDENT_MARGIN, "memory: before {before}, after {after}");
        verify(&cycle());
    });
}

#[test]
fn once_the_module_is_finalised_none_of_its_descriptors_is_open() {
    in_own_process_each([Emulator::start as fn() -> Emulator, Emulator::with_tls], |start| {
        let emulator = start();
        set(&emulator.variables());
        let pkcs11 = Pkcs11::load();
        let before = open_files();
        for _ in 0..3 {
            pkcs11.initialize().unwrap();
            sign(&pkcs11.session()).unwrap();
            assert_ne!(open_files(), before, "the module keeps its connection");
            pkcs11.finalize().unwrap();
            assert_eq!(open_files(), before);
        }
    });
}

#[test]
fn once_the_module_is_finalised_with_a_request_out_none_of_its_descriptors_is_open() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        let pkcs11 = Pkcs11::load();
        delay_signatures(&emulator, Duration::from_secs(20), 1);
        let before = open_files();
        pkcs11.initialize().unwrap();
        let signer = std::thread::spawn(move || sign(&pkcs11.session()));
        wait_for_signing_request(&emulator);
        pkcs11.finalize().unwrap();

        assert_eq!(signer.join().unwrap(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED));
        assert_eq!(open_files(), before);
    });
}

#[test]
fn a_call_under_way_when_its_module_is_finalised_and_unloaded_ends_and_leaves_nothing_behind() {
    in_own_process(|| {
        let emulator = Emulator::with_tls();
        set(&emulator.variables());
        delay_signatures(&emulator, Duration::from_secs(20), 25);
        for _ in 0..5 {
            interrupted_cycle(&emulator);
        }
        let before = Resources::now();
        for _ in 0..20 {
            interrupted_cycle(&emulator);
        }
        let after = Resources::settled(&before);
        eprintln!("before 20 interrupted cycles: {before}\nafter them: {after}");

        assert_eq!((after.descriptors, after.tasks), (before.descriptors, before.tasks));
        assert!(after.heap < before.heap + HEAP_MARGIN, "heap: before {before}, after {after}");
    });
}

/// A cycle in which the module is unloaded while a request is out.
fn interrupted_cycle(emulator: &Emulator) {
    emulator.tell("DELETE", "requests", serde_json::json!({}));
    let library = unsafe { libloading::Library::new(artifacts::module()).unwrap() };
    let pkcs11 = Pkcs11::of_library(&library);
    pkcs11.initialize().unwrap();
    let session = pkcs11.session();
    let signer = std::thread::spawn(move || sign(&session));
    wait_for_signing_request(emulator);
    pkcs11.finalize().unwrap();
    library.close().unwrap();
    assert_eq!(signer.join().unwrap(), Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED));
}

#[test]
fn at_whatever_moment_the_module_is_finalised_a_call_in_another_thread_ends_with_a_defined_code() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        let pkcs11 = Pkcs11::load();
        for microseconds in (0..8000).step_by(40) {
            pkcs11.initialize().unwrap();
            let session = pkcs11.session();
            let signer = std::thread::spawn(move || sign(&session));
            std::thread::sleep(Duration::from_micros(microseconds));
            pkcs11.finalize().unwrap();
            match signer.join().unwrap() {
                Ok(signature) => assert_eq!(signature.len(), 64),
                Err(value) => assert!(ENDED_BY_FINALIZE.contains(&value), "after {microseconds} µs: {value}"),
            }
        }
    });
}

/// What a call can end with that had begun when the module was finalised: its session was closed before, after or while
/// it looked for it.
const ENDED_BY_FINALIZE: [ReturnValue; 3] =
    [ReturnValue::CRYPTOKI_NOT_INITIALIZED, ReturnValue::SESSION_HANDLE_INVALID, ReturnValue::SESSION_CLOSED];

#[test]
fn each_thread_may_take_over_where_another_one_ended() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        let pkcs11 = Pkcs11::load();
        let in_another_thread = |work: fn(Pkcs11)| std::thread::spawn(move || work(pkcs11)).join().unwrap();
        for _ in 0..3 {
            in_another_thread(|pkcs11| pkcs11.initialize().unwrap());
            in_another_thread(|pkcs11| verify(&sign(&pkcs11.session()).unwrap()));
            in_another_thread(|pkcs11| pkcs11.finalize().unwrap());
            in_another_thread(|pkcs11| {
                pkcs11.initialize().unwrap();
                verify(&sign(&pkcs11.session()).unwrap());
            });
            pkcs11.finalize().unwrap();
        }
        assert_eq!(emulator.audit().len(), 6);
    });
}

#[test]
fn of_threads_that_initialise_or_finalise_at_once_one_succeeds() {
    in_own_process(|| {
        let emulator = Emulator::start();
        set(&emulator.variables());
        let pkcs11 = Pkcs11::load();
        for _ in 0..20 {
            let initialised = at_once(move || pkcs11.initialize());
            assert_eq!(count(&initialised, Ok(())), 1);
            assert_eq!(count(&initialised, Err(ReturnValue::CRYPTOKI_ALREADY_INITIALIZED)), 15);
            let finalised = at_once(move || pkcs11.finalize());
            assert_eq!(count(&finalised, Ok(())), 1);
            assert_eq!(count(&finalised, Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED)), 15);
        }
    });
}

type Outcome = Result<(), ReturnValue>;

/// Does something in sixteen threads that begin at the same moment.
fn at_once(work: impl Fn() -> Outcome + Sync) -> Vec<Outcome> {
    let start = std::sync::Barrier::new(16);
    std::thread::scope(|scope| {
        let wait_and_work = || {
            start.wait();
            work()
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(wait_and_work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn count(outcomes: &[Outcome], wanted: Outcome) -> usize {
    outcomes.iter().filter(|outcome| **outcome == wanted).count()
}
