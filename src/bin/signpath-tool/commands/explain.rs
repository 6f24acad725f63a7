//! `signpath-tool explain`: what a code means, without a browser.

use super::print;
use crate::arguments::Explain;
use crate::outcome::{Ending, Exit, Result};

/// The document that has a section for each code.
const DOCUMENT: &str = include_str!("../../../../docs/troubleshooting.md");

/// Prints the section of a code.
pub(crate) fn run(arguments: &Explain) -> Result<()> {
    let code = arguments.code.trim_matches(['[', ']']).to_ascii_uppercase();
    let section = section(DOCUMENT, &code).ok_or_else(|| {
        let message =
            format!("there is no code `{code}`; codes stand at the end of messages, such as SP3401");
        Ending::new(Exit::Failed, message)
    })?;
    print(format!("{section}\n"))
}

/// The text under a code's heading.
fn section<'a>(document: &'a str, code: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("\n### {code}\n"))?;
    let end = rest.find("\n##").unwrap_or(rest.len());
    rest.get(..end).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_before_the_next_heading_of_any_level() {
        let document = "# t\n\n### SP1\n\none\n\n### SP2\n\ntwo\n\n## part\n\nthree\n\n### SP3\n\nfour\n";

        assert_eq!(section(document, "SP1"), Some("one"));
        assert_eq!(section(document, "SP2"), Some("two"));
        assert_eq!(section(document, "SP3"), Some("four"));
        assert_eq!(section(document, "SP"), None);
    }
}
