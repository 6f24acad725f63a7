//! What the tool reads from others: registries, SignPath, and people. Built with the feature `fuzzing`, the program is
//! the fuzzer of these targets and of the module's.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a target says by a panic what is wrong")]

#[path = "../entry.rs"]
mod entry;
mod images;
mod metadata;
mod registry;
mod signed_artifact;
mod uris;

use entry::Target;

const TARGETS: [Target; 7] = [
    ("annotations", images::annotations),
    ("image-name", images::name),
    ("metadata", metadata::claim),
    ("bundle", registry::bundle),
    ("manifest", registry::manifest),
    ("signed-artifact", signed_artifact::signatures),
    ("uri", uris::uri),
];

libfuzzer_sys::fuzz_target!(|input: &[u8]| entry::run(
    &[&TARGETS, &signpath_pkcs11::fuzzing::TARGETS],
    input
));
