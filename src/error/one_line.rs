//! What others wrote, on a line of ours.

/// A text that cannot pretend to be two, nor to be something else: servers, certificates and files may hold line ends,
/// terminal sequences, letters that turn the direction of writing (Unicode annex 9), and commands for a pipeline
/// (`##vso[…]`, `##teamcity[…]`), which are looked for anywhere in a line.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut last = ' ';
    for character in text.chars() {
        match character {
            '#' if last == '#' => line.extend(character.escape_unicode()),
            _ if is_control(character) => line.extend(character.escape_default()),
            _ => line.push(character),
        }
        last = character;
    }
    line
}

fn is_control(character: char) -> bool {
    let turns_or_ends_line = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || turns_or_ends_line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_is_neither_two_lines_nor_a_command_nor_turned_round() {
        assert_eq!(one_line("a\nerror b\u{1b}[2Jö"), "a\\nerror b\\u{1b}[2Jö");
        assert_eq!(one_line("\u{202e}gnp.exe\u{2028}"), "\\u{202e}gnp.exe\\u{2028}");
        assert_eq!(one_line("no: ##vso[task.complete] #1"), "no: #\\u{23}vso[task.complete] #1");
    }
}
