//! Memory: what the module adds to its host, and whether that grows.

use crate::figures::{Figure, Goal, Unit};
use crate::signatures::{Key, Signer, hash, module};

/// After a thousand signatures, and after a hundred thousand.
pub fn of_signatures() -> Vec<Figure> {
    let before = resident();
    let pkcs11 = module();
    let signer = Signer::new(&pkcs11, Key::P256);
    let sign = |times: usize| (0..times).for_each(|turn| signer.sign(&hash(turn)));
    sign(1_000);
    let after_a_thousand = resident();
    sign(99_000);
    let (added, grown) = (after_a_thousand - before, (resident() - after_a_thousand) * 1e3);
    vec![
        Figure::alone(
            "memory above the host's after 1,000 signatures over https",
            added,
            Unit::Megabytes,
            Some(Goal::AtMost(8.0)),
        ),
        // a page or two are the allocator's
        Figure::alone(
            "growth of memory from 1,000 signatures to 100,000",
            grown,
            Unit::Kilobytes,
            Some(Goal::AtMost(64.0)),
        ),
    ]
}

/// The resident memory of this process, in megabytes.
pub fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes * 1024.0 / 1e6
}
