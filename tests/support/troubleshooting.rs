//! `docs/troubleshooting.md` as tests read it: each code's section, with the texts that it explains.

use std::collections::BTreeMap;
use std::path::Path;

/// The document.
pub fn document() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md")).unwrap()
}

/// The texts of each code's section, by code. `…` in a text stands for whatever differs from case to case.
pub fn sections() -> BTreeMap<String, Vec<String>> {
    let document = document();
    let sections = document.split("\n### SP").skip(1);
    sections.map(|section| (format!("SP{}", section.lines().next().unwrap()), texts(section))).collect()
}

fn texts(section: &str) -> Vec<String> {
    let (_, rest) = section.split_once("```text\n").expect("a block with the texts");
    let (block, _) = rest.split_once("\n```").expect("the end of the block");
    block.lines().map(str::to_owned).collect()
}

/// Fails unless each error and each warning of the module in these lines has a code, whose section has its text.
pub fn explains(console: &str) {
    let texts = console.lines().filter_map(|line| {
        let line = line.strip_prefix("signpath-pkcs11: ")?;
        line.strip_prefix("error: ").or(line.strip_prefix("warning: "))
    });
    for text in texts {
        assert!(is_explained(text), "docs/troubleshooting.md does not have: {text}");
    }
}

/// Whether the section of a message's code has its text.
pub fn is_explained(message: &str) -> bool {
    let Some((code, text)) = code_and_text(message) else { return false };
    sections().get(&code).is_some_and(|texts| texts.iter().any(|pattern| fits(&text, pattern)))
}

/// The code of a message, if it has one, and its text with that code and without the remark on further attempts that may
/// stand before it.
pub fn code_and_text(message: &str) -> Option<(String, String)> {
    let (text, rest) = message.rsplit_once(" [SP")?;
    let (number, _) = rest.split_once(']').filter(|(number, _)| number.parse::<u16>().is_ok())?;
    let end = [" (attempt ", " (trying again "].into_iter().filter_map(|remark| text.rfind(remark)).min();
    let text = text.get(..end.unwrap_or(text.len())).unwrap();
    Some((format!("SP{number}"), format!("{text} [SP{number}]")))
}

/// Whether a text is the pattern, with something in place of each `…`.
fn fits(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let (Some(start), end) = (parts.next(), parts.next_back()) else { return false };
    let Some(end) = end else { return text == start };
    let Some(middle) = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)) else { return false };
    parts.try_fold(middle, |rest, part| rest.split_once(part).map(|(_, rest)| rest)).is_some()
}
