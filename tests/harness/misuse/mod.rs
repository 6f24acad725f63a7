//! Every function, misused in every way that its arguments allow.

mod arguments;
mod functions;
mod matrix;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use signpath_pkcs11::token::names::ReturnValue;

use arguments::Laid;
use functions::{FUNCTIONS, Function};
use matrix::{Kind, Misuse, misuses, misuses_before_initialize};
use stage::Stage;

use crate::memory::Placement;
use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::{crash, document};

/// What was called, for the count.
#[derive(Default)]
struct Count {
    calls: BTreeMap<Kind, usize>,
    functions: BTreeMap<Kind, BTreeSet<&'static str>>,
    wrong: Vec<String>,
}

#[test]
fn every_misuse_of_every_function_has_its_answer_and_writes_nothing() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let mut stage = Stage::new(&emulator);
        let mut count = Count::default();
        for function in FUNCTIONS {
            for placement in Placement::chosen() {
                before_initialize(&mut count, &mut stage, function, placement);
                for misuse in misuses(function, &stage) {
                    stage.restore(misuse.begun);
                    call(&mut count, &stage, function, &misuse, placement);
                }
            }
        }
        assert!(
            count.wrong.is_empty(),
            "{} answers are wrong:\n{}",
            count.wrong.len(),
            count.wrong.join("\n")
        );
        document::check("misuses", &in_markdown(&count));
    });
}

fn before_initialize(
    count: &mut Count,
    stage: &mut Stage,
    function: &'static Function,
    placement: Placement,
) {
    for misuse in misuses_before_initialize(function) {
        stage.end();
        call(count, stage, function, &misuse, placement);
    }
    stage.end();
}

fn call(
    count: &mut Count,
    stage: &Stage,
    function: &'static Function,
    misuse: &Misuse,
    placement: Placement,
) {
    let name = format!("{}, {}: {:?}, {placement:?}", function.name, misuse.kind.in_words(), misuse.changes);
    crash::announce(&name);
    let laid = Laid::new(function.arguments, &misuse.changes, stage, placement);
    let value = function.call(stage.pkcs11.list, &laid.words);
    if value != misuse.expected {
        count.wrong.push(format!("{name}: {value} instead of {}", misuse.expected));
    } else if let Some(fault) = fault(misuse, value, &laid) {
        count.wrong.push(format!("{name}: {fault}"));
    }
    *count.calls.entry(misuse.kind).or_default() += 1;
    count.functions.entry(misuse.kind).or_default().insert(function.name);
}

/// What is wrong with what was written, if anything is.
fn fault(misuse: &Misuse, value: ReturnValue, laid: &Laid) -> Option<String> {
    if value != ReturnValue::OK && !laid.are_outputs_untouched() {
        return Some(format!("it wrote something, and returned {value}"));
    }
    let (said, is) = laid.room()?;
    let expected = misuse.told.unwrap_or(if value == ReturnValue::OK { is } else { said });
    (is != expected).then(|| format!("the length is {is} instead of {expected}"))
}

fn in_markdown(count: &Count) -> String {
    let placements = Placement::chosen().len();
    let all = count.calls.values().sum::<usize>() / placements;
    let mut text = format!(
        "{} functions, {all} calls.\n\n| misuse | functions | calls |\n| --- | --- | --- |\n",
        FUNCTIONS.len()
    );
    for (kind, calls) in &count.calls {
        let calls = calls / placements;
        text.push_str(&format!("| {} | {} | {calls} |\n", kind.in_words(), count.functions[kind].len()));
    }
    text
}
