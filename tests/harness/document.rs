//! `docs/conformance.md`: each test that counts something says here what it counted, and fails if the file says
//! anything else.

use std::fs::File;

use crate::support::artifacts;

/// With this variable set, the tests write the file instead of comparing it.
const WRITE: &str = "SIGNPATH_WRITE_DOCUMENTS";

/// Checks, or writes, what stands between the marks of a section.
pub fn check(section: &str, measured: &str) {
    let path = artifacts::package().join("docs/conformance.md");
    let file = File::open(&path).unwrap();
    // tests are processes of their own: two must not write at a time
    file.lock().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {section} -->\n\n"), format!("\n<!-- end of {section} -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no mark {begin}"));
    let (written, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no mark {end}"));
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, format!("{before}{begin}{measured}{end}{after}")).unwrap();
        return;
    }
    assert!(
        written == measured,
        "docs/conformance.md differs from what was measured under “{section}”:\n{measured}\n\
         look at it, and write the file anew: {WRITE}=1 cargo test --locked --test harness"
    );
}
