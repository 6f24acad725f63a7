//! One script against two modules: what SoftHSM and ours answer to the same calls with the same keys.

mod differences;
mod general;
mod host;
mod listed;
mod mechanism;
mod object_scenes;
mod objects;
mod operation_scenes;
mod operations;
mod script;
mod sessions;
mod signature_scenes;
mod transcript;

use host::{Host, Signature};
use transcript::Step;

use crate::document;
use crate::memory::Placement;
use crate::modules::{Module, emulator};
use crate::support::isolation::in_own_process;
use crate::support::softhsm::SoftHsm;

/// What one module answered to the whole script.
fn answers(module: &Module, placement: Placement) -> Vec<Step> {
    let mut host = Host::new(module, placement);
    script::run(&mut host);
    host.steps
}

fn signatures(module: &Module) -> Vec<Signature> {
    let mut host = Host::new(module, Placement::EndsAtGuard);
    script::sign(&mut host);
    host.signatures
}

#[test]
fn every_answer_is_that_of_softhsm_but_for_the_listed_differences() {
    in_own_process(|| {
        let (token, emulator) = (SoftHsm::new(), emulator());
        let softhsm = answers(&Module::softhsm(&token), Placement::EndsAtGuard);
        let ours = answers(&Module::ours(&emulator), Placement::EndsAtGuard);

        let found = differences::between(&softhsm, &ours);
        differences::check(&found);
        document::check("differences", &differences::in_markdown(ours.len(), found.len()));
    });
}

#[test]
fn where_a_buffer_lies_changes_no_answer() {
    in_own_process(|| {
        let emulator = emulator();
        let module = Module::ours(&emulator);
        let [at_its_end, at_its_start] = Placement::GUARDED.map(|placement| answers(&module, placement));

        assert_eq!(at_its_end, at_its_start);
    });
}

#[test]
fn each_module_verifies_what_the_other_signed() {
    in_own_process(|| {
        let (token, emulator) = (SoftHsm::new(), emulator());
        let (softhsm, ours) = (Module::softhsm(&token), Module::ours(&emulator));
        let by_softhsm = signatures(&softhsm);
        let by_ours = signatures(&ours);

        assert!(by_softhsm.len() >= 20 && by_ours.len() >= 20);
        script::verify_all(&mut Host::new(&ours, Placement::EndsAtGuard), &by_softhsm);
        script::verify_all(&mut Host::new(&softhsm, Placement::EndsAtGuard), &by_ours);
    });
}
