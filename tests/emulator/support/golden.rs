//! Golden bodies: `tests/golden/*.json`, written by hand after the documented and recorded examples.
//!
//! They are indented for people and compared without the indentation, so that members and their order count. What is
//! different each time stands there as `<name>` and is filled in from the body itself, once its form has been checked.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::http::Response;
use super::{Emulator, ORGANIZATION};

/// The golden body in the file `name`, without white space between members.
pub(crate) fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|reason| panic!("{}: {reason}", path.display()));
    text.lines().map(|line| line.trim_start().replacen("\": ", "\":", 1)).collect()
}

/// A golden body that is a request, with blanks filled in.
pub(crate) fn request(name: &str) -> Value {
    serde_json::from_str(&read(name)).unwrap()
}

/// Compares an answer with the golden body, byte for byte.
pub(crate) fn assert_same(emulator: &Emulator, response: &Response, name: &str) {
    let body = response.json();
    let mut golden = read(name);
    if golden.contains("<signingRequestId>") {
        let id = body["signingRequestId"].as_str().or(body["SigningRequestId"].as_str()).unwrap();
        assert_form(id, "hhhhhhhh-hhhh-4hhh-hhhh-hhhhhhhhhhhh");
        golden = golden.replace("<signingRequestId>", id);
    }
    if golden.contains("<traceId>") {
        let id = body["traceId"].as_str().unwrap();
        assert_form(id, "00-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-00");
        golden = golden.replace("<traceId>", id);
    }
    golden = golden.replace("<origin>", &format!("http://{}", emulator.address));
    golden = golden.replace("<organizationId>", ORGANIZATION);
    assert_eq!(response.text(), golden, "{name}");
}

/// `h` in `form` is a hexadecimal digit, lower case; everything else is itself.
fn assert_form(text: &str, form: &str) {
    let fits = |(is, expected): (char, char)| match expected {
        'h' => matches!(is, '0'..='9' | 'a'..='f'),
        other => is == other,
    };
    assert!(text.len() == form.len() && text.chars().zip(form.chars()).all(fits), "{text} is not {form}");
}
