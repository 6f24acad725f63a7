//! Many threads at once, each with a session of its own, beside as many bare clients.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::bare::Bare;
use crate::figures::{Distribution, Figure, Goal, Unit, distribution};
use crate::signatures::{Key, Signer, hash, module};

/// So many times each side has its turn, for so long.
const TURNS: usize = 4;
const TURN: Duration = Duration::from_millis(2500);

/// 5 ms away.
pub fn near() -> Vec<Figure> {
    [1, 8, 64].map(|threads| compare(threads, 5)).into()
}

/// 50 ms away.
pub fn far() -> Vec<Figure> {
    let compared = compare(64, 50);
    let allowed = 64.0 / 0.050;
    let value = compared.ours.expect("signatures a second").median / allowed;
    let what = "64 threads, 50 ms away: signatures a second, of the 1,280 that the distance allows";
    let share = Figure { what: what.into(), value, goal: Some(Goal::AtLeast(0.95)), ..compared.clone() };
    vec![share, Figure { goal: None, ..compared }]
}

fn compare(threads: usize, distance: u32) -> Figure {
    let pkcs11 = module();
    let key = Key::P256;
    let signers: Vec<_> = (0..threads).map(|_| Signer::new(&pkcs11, key)).collect();
    let clients: Vec<_> = (0..threads).map(|_| Bare::new()).collect();
    let sign = |turn| signatures_a_second(&signers, turn, |signer, number| signer.sign(&hash(number)));
    let ask = |turn| signatures_a_second(&clients, turn, |bare, number| bare.sign(key, &hash(number)));
    // connections are opened, and hashes signed, before anything counts
    let _ = (sign(TURN / 4), ask(TURN / 4));
    let (ours, theirs) = (0..TURNS).map(|_| (sign(TURN), ask(TURN))).unzip();
    pkcs11.finalize().unwrap();
    let what = format!("signatures a second, threads: {threads}, P-256, https, {distance} ms away");
    Figure::ratio(what, per_second(ours), per_second(theirs), Some(Goal::AtLeast(0.95)))
}

fn per_second(values: Vec<f64>) -> Distribution {
    distribution(Unit::PerSecond, values)
}

/// Each thread works with its own until the time is over.
fn signatures_a_second<T: Sync>(workers: &[T], how_long: Duration, work: impl Fn(&T, usize) + Sync) -> f64 {
    let (done, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for worker in workers {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    work(worker, done.fetch_add(1, Ordering::Relaxed));
                }
            });
        }
        std::thread::sleep(how_long);
        over.store(true, Ordering::Relaxed);
    });
    done.into_inner() as f64 / started.elapsed().as_secs_f64()
}
