//! Commands that a person can copy into a shell.

use std::path::PathBuf;

/// A command of these words, each quoted where a POSIX shell needs it.
pub(crate) fn of(words: &[impl AsRef<str>]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word.as_ref())).collect();
    words.join(" ")
}

/// An option that names a file, as it is typed.
pub(crate) fn words(name: &str, path: Option<&PathBuf>) -> impl Iterator<Item = String> {
    let words = path.map(|path| [name.to_owned(), path.display().to_string()]);
    words.into_iter().flatten()
}

fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_need_it_are_quoted() {
        assert_eq!(of(&["a", "b=c/d@sha256:1", "", "x y", "it's"]), r"a b=c/d@sha256:1 '' 'x y' 'it'\''s'");
    }
}
