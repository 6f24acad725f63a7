//! Instructions, counted by valgrind: what a noisy clock cannot tell. The same program on the same machine needs the
//! same number of them, whatever else runs.

use std::process::{Command, Stdio};

use crate::bare::Bare;
use crate::figures::{Figure, Unit};
use crate::signatures::{Key, Signer, hash, module};
use crate::support::artifacts;

/// Where such a process finds who signs, with which key, and how often.
pub const PROCESS: &str = "SIGNPATH_BENCHMARK_COUNTED";

const FEW: usize = 32;
const MANY: usize = 160;

/// What a counted process does.
pub fn run_here(what: &str) {
    let [who, key, times] = what.split(' ').collect::<Vec<_>>().try_into().expect("who, key, how often");
    let key = *Key::ALL.iter().find(|one| one.slug() == key).expect("a key");
    let turns = 0..times.parse::<usize>().unwrap();
    if who == "module" {
        let signer = Signer::new(&module(), key);
        turns.for_each(|turn| signer.sign(&hash(turn)));
    } else {
        let bare = Bare::new();
        turns.for_each(|turn| bare.sign(key, &hash(turn)));
    }
}

/// Of one warm signature: what it costs more when there are more of them.
pub fn of_a_signature() -> Vec<Figure> {
    let one = |who: &str, key: Key| {
        let [few, many] = [FEW, MANY].map(|times| counted(&format!("{who} {} {times}", key.slug())));
        (many - few) / (MANY - FEW) as f64
    };
    let figure = |key: Key| {
        let (ours, bare) = (one("module", key), one("bare", key));
        let name = key.name();
        [
            (format!("instructions of a warm signature, {name}, https"), ours),
            (format!("the module's own share of them, {name}"), ours - bare),
        ]
        .map(|(what, value)| Figure::alone(what, value, Unit::Instructions, None))
    };
    Key::ALL.map(figure).concat()
}

fn counted(what: &str) -> f64 {
    let output = Command::new(artifacts::program("valgrind", "valgrind"))
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .env(PROCESS, what)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {text}");
    let number =
        text.lines().find_map(|line| line.split_once("Collected :")).expect("a number of instructions").1;
    number.trim().parse().unwrap()
}
