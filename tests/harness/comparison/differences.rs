//! The comparison of two transcripts: what differs must be listed, and what is listed must differ.

use super::listed::{self, Answer, Difference};
use super::transcript::Step;

/// One thing that the modules answered differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub call: String,
    pub softhsm: String,
    pub ours: String,
}

/// What is said for a value that only the other module answered with.
const NOTHING: &str = "nothing";

/// Every difference between two transcripts of the same script.
pub fn between(softhsm: &[Step], ours: &[Step]) -> Vec<Found> {
    let calls = |steps: &[Step]| steps.iter().map(|step| step.call.clone()).collect::<Vec<_>>();
    assert_eq!(calls(softhsm), calls(ours), "the script is one");
    softhsm.iter().zip(ours).flat_map(|(softhsm, ours)| in_step(softhsm, ours)).collect()
}

fn in_step(softhsm: &Step, ours: &Step) -> Vec<Found> {
    let (softhsm, ours): (Vec<_>, Vec<_>) = (softhsm.observations().collect(), ours.observations().collect());
    let only_ours = ours.iter().filter(|(place, _)| !softhsm.iter().any(|(other, _)| other == place));
    let places = softhsm.iter().chain(only_ours).map(|(place, _)| place);
    let seen = |by: &[(String, String)], place: &String| {
        by.iter().find(|(other, _)| other == place).map_or(NOTHING.to_owned(), |(_, seen)| seen.clone())
    };
    places
        .map(|place| Found { call: place.clone(), softhsm: seen(&softhsm, place), ours: seen(&ours, place) })
        .filter(|found| found.softhsm != found.ours)
        .collect()
}

/// Fails for a difference that is not listed, and for one that is listed and was not found.
pub fn check(found: &[Found]) {
    let is_listed = |found: &&Found| listed::all().any(|difference| difference.covers(found));
    let unlisted: Vec<&Found> = found.iter().filter(|found| !is_listed(found)).collect();
    let gone: Vec<Answer> = listed::all()
        .flat_map(|difference| difference.answers)
        .filter(|answer| !found.iter().any(|found| is_of(answer, found)))
        .copied()
        .collect();

    assert!(unlisted.is_empty(), "{} differences are not listed: {unlisted:#?}", unlisted.len());
    assert!(gone.is_empty(), "{} differences are listed and did not occur: {gone:#?}", gone.len());
}

/// The list for people.
pub fn in_markdown(calls: usize, found: usize) -> String {
    let mut text = format!(
        "{calls} calls were answered twice; {found} values differ, for {} reasons.\n",
        listed::all().count()
    );
    for difference in listed::all() {
        let Difference { reason, section, answers } = difference;
        text.push_str(&format!(
            "\n**{reason}** ({section})\n\n| call | SoftHSM | this module |\n| --- | --- | --- |\n"
        ));
        for (call, softhsm, ours) in *answers {
            text.push_str(&format!("| {call} | {softhsm} | {ours} |\n"));
        }
    }
    text
}

impl Difference {
    fn covers(&self, found: &Found) -> bool {
        self.answers.iter().any(|answer| is_of(answer, found))
    }
}

fn is_of((call, softhsm, ours): &Answer, found: &Found) -> bool {
    found.softhsm == *softhsm && found.ours == *ours && matches(call, &found.call)
}

/// Whether a text is as the pattern says, in which an asterisk stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('⁎') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let ends = text.char_indices().map(|(end, _)| end).chain([text.len()]);
            ends.into_iter().any(|end| matches(rest, &text[end..]))
        }),
    }
}

#[test]
#[should_panic(expected = "are listed and did not occur")]
fn a_listed_difference_that_does_not_occur_fails() {
    check(&[]);
}

#[test]
#[should_panic(expected = "1 differences are not listed")]
fn a_difference_that_is_not_listed_fails() {
    let text = String::from;
    check(&[Found { call: text("C_Sign()"), softhsm: text("CKR_OK"), ours: text("CKR_DEVICE_ERROR") }]);
}

#[test]
fn a_pattern_stands_for_every_text_that_differs_in_its_asterisks_only() {
    assert!(matches("C_Sign(⁎ bytes) → ⁎", "C_Sign(19 bytes) → length"));
    assert!(matches("C_Sign(⁎)⁎", "C_Sign(19)"));
    assert!(!matches("C_Sign(⁎ bytes)", "C_Sign(19 bytes) → length"));
    assert!(!matches("C_Sign", "C_SignInit"));
}
