//! The command line that goes to SignPath as metadata.

use super::choice;
use crate::host::redaction;

/// A token that is known, and looks like nothing.
const KNOWN: &str = "known-token";

/// A PIN that looks like nothing, so that only its place tells what it is.
const MARK: &str = "hUnTeR2";

/// A token of the usual looks.
const TOKEN: &str = "AIk/65sl23lA1nVV/pgSqk96SvHFsSw3xitmp5Qhr+F/";

/// Secrets in their places.
const SECRETS: [(&[&str], &str); 13] = [
    (&["--pin", MARK], MARK),
    (&["-p", "hUnTeR2 with spaces"], MARK),
    (&["--SO_PIN=hUnTeR2 x"], MARK),
    (&["SIGNPATH_API_TOKEN=hUnTeR2"], MARK),
    (&["-Djavax.net.ssl.keyStorePassword=hUnTeR2"], MARK),
    (&["pin-value=hUnTeR2"], MARK),
    (&["0a1b2c3d-0000-4000-8000-00000000000f:hUnTeR2"], MARK),
    (&["0A1B2C3D-0000-4000-8000-00000000000F%3ahUnTeR2"], MARK),
    (&["https://user:hUnTeR2@host.test/"], MARK),
    (&[TOKEN], "AIk/65sl23lA1"),
    (&[KNOWN], KNOWN),
    (&["sh -c tool --pin \t hUnTeR2 -O"], MARK),
    (&["tool --pin 'x hUnTeR2' -O"], MARK),
];

/// Those that are found inside any other text.
const ANYWHERE: [usize; 5] = [5, 6, 7, 8, 10];

/// Whatever stands around a secret, the secret is masked.
pub(super) fn masked(input: &[u8]) {
    let Some((secret, rest)) = choice(input) else { return };
    let Some((place, rest)) = choice(rest) else { return };
    let which = secret % SECRETS.len();
    let Some((arguments, mark)) = SECRETS.get(which) else { return };
    let text = String::from_utf8_lossy(rest);
    if text.contains(mark) {
        return;
    }
    let mut all: Vec<String> = text.split('\0').map(str::to_owned).collect();
    let place = place % all.len();
    if ANYWHERE.contains(&which) {
        let (before, after) = halves(&all[place]);
        all[place] = format!("{before}{}{after}", arguments.concat());
    } else {
        all.splice(place..place, arguments.iter().map(|argument| (*argument).to_owned()));
    }
    let line = redaction::command_line(&all, &[KNOWN]);
    assert!(!line.contains(mark), "{all:?} became {line:?}");
}

fn halves(text: &str) -> (&str, &str) {
    text.split_at(text.floor_char_boundary(text.len() / 2))
}
