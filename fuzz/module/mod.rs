//! What the module reads from others: the service, the configuration file, the host's command line, and the host
//! itself. `signpath-tool` runs these targets when it is built as a fuzzer.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target says by a panic what is wrong"
)]

mod answers;
mod calls;
mod command_line;
mod configuration;
mod keys;
mod policies;
mod problems;

/// A name, and what is done with each input.
pub type Target = (&'static str, fn(&[u8]));

/// The targets, each with what is done with an input.
pub const TARGETS: [Target; 10] = [
    ("calls", calls::sequence),
    ("policies", policies::listing),
    ("problem", problems::refusal),
    ("key", keys::key),
    ("certificate", keys::certificate),
    ("digest-info", keys::digest_info),
    ("ecdsa-signature", keys::ecdsa_signature),
    ("answer", answers::answer),
    ("configuration", configuration::file),
    ("command-line", command_line::masked),
];

/// The first byte, with which a target chooses among several ways, and the rest.
fn choice(input: &[u8]) -> Option<(usize, &[u8])> {
    input.split_first().map(|(first, rest)| (usize::from(*first), rest))
}
