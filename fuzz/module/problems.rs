//! What the service says when it refuses.

use reqwest::StatusCode;

use super::choice;
use crate::signpath::problem::Answer;

const SECRET: &str = "s3cr3t+Token/of=SignPath+44+letters/digits==";

/// A refusal becomes a short line, in which the token does not stand, however the service wrote it.
pub(super) fn refusal(input: &[u8]) {
    let Some((status, rest)) = choice(input) else { return };
    let (location, body) = match rest.iter().position(|byte| *byte == b'\n').map(|end| rest.split_at(end)) {
        Some((location, body)) => (String::from_utf8(location.to_owned()).ok(), body),
        None => (None, rest),
    };
    let status = StatusCode::from_u16(300 + u16::try_from(status).unwrap()).unwrap();
    let answer = Answer::new(status, location.clone(), body.to_owned(), SECRET);
    let line = answer.failure("asking").to_string();
    assert!(!unescaped(&line).contains(SECRET), "{line}");
    assert!(line.len() < 1500 + location.unwrap_or_default().len(), "{} bytes", line.len());
}

/// A text as a person reads it who knows how JSON, URLs and HTML write what is no letter or digit.
fn unescaped(text: &str) -> String {
    let mut read = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (character, length) = escape(rest).unwrap_or((first, first.len_utf8()));
        read.push(character);
        rest = rest.get(length..).unwrap_or_default();
    }
    read
}

/// The character that is escaped at the beginning of a text, and the length of the escape.
fn escape(text: &str) -> Option<(char, usize)> {
    const FORMS: [(&str, usize, &str); 3] = [("\\u", 4, ""), ("%", 2, ""), ("&#x", 2, ";")];
    for (start, digits, end) in FORMS {
        let code = text.strip_prefix(start).and_then(|rest| rest.get(..digits));
        let length = start.len() + digits + end.len();
        let character = code.and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?));
        let is_whole = text.get(start.len() + digits..).is_some_and(|rest| rest.starts_with(end));
        if let Some(character) = character.filter(|character| is_whole && !character.is_alphanumeric()) {
            return Some((character, length));
        }
    }
    text.strip_prefix(r"\/").map(|_| ('/', 2))
}
