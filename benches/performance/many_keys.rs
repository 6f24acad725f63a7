//! Ten thousand signing policies: the list, a search in it, and the memory that it takes.

use std::time::Duration;

use signpath_pkcs11::token::names::AttributeType;

use crate::bare::Bare;
use crate::cold::process;
use crate::figures::{Figure, Goal, Unit, in_microseconds, in_milliseconds};
use crate::memory::resident;
use crate::signatures::{Key, Signer, hash, module};
use crate::stopwatch::{in_turns, time_each};
use crate::support::emulator::Emulator;
use crate::support::pkcs11::{Pkcs11, Session};

const TURNS: usize = 10;

/// So many policies are listed.
const SIZES: [u32; 4] = [8, 100, 1_000, 10_000];

/// How long they take to be listed.
pub fn list() -> Vec<Figure> {
    let pkcs11 = Pkcs11::load();
    let ours = |_| {
        pkcs11.initialize().unwrap();
        Signer::new(&pkcs11, Key::P256).sign(&hash(0));
        pkcs11.finalize().unwrap();
    };
    let bare = |_| assert!(Bare::new().list() >= 10_000);
    // the emulator makes its list once
    bare(0);
    let (ours, theirs) = in_turns(TURNS, ours, bare);
    let what = "10,000 policies: list and first signature, beside downloading and parsing the list";
    vec![Figure::ratio(what, in_milliseconds(&ours), in_milliseconds(&theirs), Some(Goal::AtMost(1.5)))]
}

/// How much memory they take: nothing else has been in this process.
pub fn memory() -> Vec<Figure> {
    let pkcs11 = module();
    let before = resident();
    let session = pkcs11.session();
    session.private_key("container-images/p-256");
    let grown = resident() - before;
    let size = Bare::new().download().len() as f64 / 1e6;
    let what = format!("10,000 policies: memory, beside the answer's {size:.1} MB");
    vec![Figure::alone(what, grown / size, Unit::Times, Some(Goal::AtMost(3.0)))]
}

/// How long a search by label takes, and one by id, in a process each: a module reads its environment once.
pub fn search() -> Vec<Figure> {
    SIZES
        .iter()
        .flat_map(|number| {
            let emulator = emulator(*number);
            let variables = emulator.variables();
            let variables: Vec<_> =
                variables.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
            ["label", "id"].map(|name| {
                let samples: Vec<_> = (0..20).map(|_| process(name, &variables)).collect();
                let what = format!("search by {name} among {number} policies");
                Figure::of(what, in_microseconds(&samples), Some(Goal::AtMost(10.0)))
            })
        })
        .collect()
}

/// What a process does for it: how long one search of many took.
pub fn search_here(name: &str) -> Duration {
    let session = module().session();
    let attribute = if name == "id" { AttributeType::ID } else { AttributeType::LABEL };
    search_once(&session, attribute);
    time_each(5000, || search_once(&session, attribute))
}

/// One list, one request a signature, nothing else.
pub fn requests() -> Vec<Figure> {
    SIZES
        .map(|number| {
            let emulator = emulator(number);
            let variables = emulator.variables();
            let variables: Vec<_> =
                variables.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
            process("three", &variables);
            let total = emulator.control("requests")["total"].as_u64().expect("a number of requests");
            let what = format!("requests of a process that makes three signatures, {number} policies");
            Figure::alone(what, total as f64, Unit::Requests, Some(Goal::Exactly(4.0)))
        })
        .into()
}

/// One that lists so many; eight it has anyway.
fn emulator(policies: u32) -> Emulator {
    Emulator::with(&["--benchmark", "--signing-policies", &policies.saturating_sub(8).to_string()])
}

/// C_FindObjectsInit, C_FindObjects, C_FindObjectsFinal.
fn search_once(session: &Session, attribute: AttributeType) {
    session.find_init(&[(attribute, b"container-images/p-256")]).unwrap();
    assert!(!session.find_next(8).unwrap().is_empty());
    session.find_final().unwrap();
}
