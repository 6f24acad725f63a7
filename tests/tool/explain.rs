//! `signpath-tool explain`: the section of a code.

use crate::desk::Desk;
use crate::support::troubleshooting::sections;

#[test]
fn each_code_is_explained_by_its_section() {
    let desk = Desk::new();
    for (code, texts) in sections() {
        let explanation = desk.line(&["explain", &code]);
        assert!(texts.iter().all(|text| explanation.contains(text)), "{code}: {explanation}");
        assert!(explanation.contains("**Cure.**") && !explanation.contains("\n#"), "{code}: {explanation}");
    }
}

#[test]
fn a_code_may_be_written_as_it_stands_in_a_message_or_in_lower_case() {
    let desk = Desk::new();

    assert_eq!(desk.line(&["explain", "[SP3401]"]), desk.line(&["explain", "SP3401"]));
    assert_eq!(desk.line(&["explain", "sp3401"]), desk.line(&["explain", "SP3401"]));
}

#[test]
fn a_code_that_does_not_exist_is_told() {
    let message = Desk::new().fails(1, &["explain", "SP0000"]);

    assert_eq!(
        message,
        "error: there is no code `SP0000`; codes stand at the end of messages, such as SP3401"
    );
}
