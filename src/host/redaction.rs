//! Masking secrets in a command line before it leaves the machine as metadata of a signing request, and in any text of
//! which nothing is known before it is told.
//!
//! Three nets, each wide on purpose: the secrets that are known, the places where PINs stand (options, `pin-value`,
//! assignments, `<organization id>:<token>`), and what looks like a token. A masked file name costs an auditor a
//! glance; a token in an audit log costs an incident.

use std::ops::Range;

use crate::error::{KEEP_SECRETS, MASK, conceal};

/// Options whose value is a secret, without their dashes.
const SECRET_OPTIONS: [&str; 19] = [
    "p",
    "pin",
    "so-pin",
    "new-pin",
    "user-pin",
    "login-pin",
    "puk",
    "pass",
    "passin",
    "passout",
    "password",
    "passwd",
    "passphrase",
    "storepass",
    "keypass",
    "token",
    "api-token",
    "apitoken",
    "ci-user-token",
];

/// Parts of a name that make its value a secret: `SIGNPATH_API_TOKEN=…`, `user_pin=…`.
const SECRET_NAMES: [&str; 2] = ["token", "pin"];

/// Ends of such a part: `-Dkeystore.password=…`, `-Djavax.net.ssl.keyStorePassword=…`.
const SECRET_ENDS: [&str; 4] = ["password", "passwd", "passphrase", "secret"];

/// A token has 44 characters; what is a little shorter may be one of another server version.
const SHORTEST_TOKEN: usize = 38;

/// One line of all arguments with every secret masked.
pub(crate) fn command_line(arguments: &[String], secrets: &[&str]) -> String {
    if KEEP_SECRETS {
        return arguments.join(" ");
    }
    let whole = mask_option_values(arguments.iter().map(String::as_str), secrets);
    // an argument of `sh -c` is a command line itself, in which a value with spaces has quotes around it
    let quoted = whole.iter().map(|argument| mask_words(quoted_words(argument).into_iter(), secrets));
    let words: Vec<String> =
        quoted.map(|argument| mask_words(argument.split(char::is_whitespace), secrets)).collect();
    words.join(" ")
}

fn mask_words<'a>(words: impl Iterator<Item = &'a str>, secrets: &[&str]) -> String {
    mask_option_values(words, secrets).join(" ")
}

/// The words of a shell's command line. A quote that begins a word, or the value of an option, holds it together up to
/// the next such quote.
fn quoted_words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote, mut before) = (0, None, ' ');
    for (at, character) in text.char_indices() {
        match quote {
            Some(open) if character == open => quote = None,
            None if matches!(character, '\'' | '"') && (before.is_whitespace() || before == '=') => {
                quote = Some(character);
            }
            None if character.is_whitespace() => {
                words.extend(text.get(start..at));
                start = at + character.len_utf8();
            }
            _ => {}
        }
        before = character;
    }
    words.extend(text.get(start..));
    words
}

fn mask_option_values<'a>(words: impl Iterator<Item = &'a str>, secrets: &[&str]) -> Vec<String> {
    let mut masked = Vec::new();
    let mut is_value_of_option = false;
    for word in words {
        masked.push(if is_value_of_option && !word.is_empty() {
            MASK.to_owned()
        } else {
            mask_word(word, secrets)
        });
        // several spaces in a row make empty words
        is_value_of_option = names_secret_option(word) || is_value_of_option && word.is_empty();
    }
    masked
}

fn names_secret_option(word: &str) -> bool {
    word.starts_with('-') && SECRET_OPTIONS.contains(&option_name(word).as_str())
}

fn option_name(word: &str) -> String {
    word.trim_start_matches('-').to_ascii_lowercase().replace('_', "-")
}

fn mask_word(word: &str, secrets: &[&str]) -> String {
    let mut masked = word.to_owned();
    for secret in secrets {
        masked = conceal(&masked, secret);
    }
    masked = mask_assignment(&masked);
    masked = mask_pin_values(&masked);
    text(&masked)
}

/// A text of which nothing is known, with every part masked that looks like a PIN, a token, or user and password in a
/// URL.
pub(crate) fn text(text: &str) -> String {
    mask_tokens(&mask_pins(&mask_url_users(text)))
}

/// `--pin=…`, `SIGNPATH_API_TOKEN=…`; not `id=…`, and not a URI, whose parts are looked at one by one.
fn mask_assignment(word: &str) -> String {
    match word.split_once('=') {
        Some((name, _)) if !name.contains(':') && is_secret_name(name) => format!("{name}={MASK}"),
        _ => word.to_owned(),
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = option_name(name);
    let mut parts = name.split(|character: char| !character.is_ascii_alphanumeric());
    let is_secret =
        |part: &str| SECRET_NAMES.contains(&part) || SECRET_ENDS.iter().any(|end| part.ends_with(end));
    SECRET_OPTIONS.contains(&name.as_str()) || parts.any(is_secret)
}

/// `pin-value` of a PKCS#11 URI (RFC 7512), up to the next separator.
fn mask_pin_values(text: &str) -> String {
    const ATTRIBUTE: &str = "pin-value=";
    let lower = text.to_ascii_lowercase();
    let starts = lower.match_indices(ATTRIBUTE).map(|(at, _)| at + ATTRIBUTE.len());
    mask_ranges(text, starts.map(|start| start..up_to(text, start, &[';', '&', '?', '\'', '"'])))
}

/// `<organization id>:<token>`, the colon perhaps percent-encoded: the id stays, it is no secret.
fn mask_pins(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let colons = lower.match_indices(':').map(|(at, _)| (at, 1));
    let encoded = lower.match_indices("%3a").map(|(at, _)| (at, 3));
    let mut colons: Vec<(usize, usize)> =
        colons.chain(encoded).filter(|(at, _)| ends_with_uuid(text, *at)).collect();
    colons.sort_unstable();
    let starts = colons.into_iter().map(|(at, length)| at + length);
    mask_ranges(text, starts.map(|start| start..up_to(text, start, &[';', '&', '?', '\'', '"', ','])))
}

/// What stands before the host in a URL's authority (RFC 3986 section 3.2.1).
fn mask_url_users(text: &str) -> String {
    let starts = text.match_indices("://").map(|(at, separator)| at + separator.len());
    let users = starts.filter_map(|start| {
        let authority = text.get(start..up_to(text, start, &['/', '?', '#', ';', '\'', '"']))?;
        Some(start..start + authority.rfind('@')?)
    });
    mask_ranges(text, users)
}

fn up_to(text: &str, start: usize, separators: &[char]) -> usize {
    text.get(start..).and_then(|rest| rest.find(separators)).map_or(text.len(), |length| start + length)
}

/// Masks ranges, which begin in order; one that begins within another is part of it. No recursion: an argument may
/// hold thousands of them, and the host's stack may be small.
fn mask_ranges(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> String {
    let mut masked = String::new();
    let mut done = 0;
    for Range { start, end } in ranges {
        if let Some(before) = text.get(done..start) {
            masked.push_str(before);
            masked.push_str(MASK);
            done = end;
        }
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    masked
}

fn ends_with_uuid(text: &str, end: usize) -> bool {
    let Some(candidate) = end.checked_sub(36).and_then(|start| text.get(start..end)) else { return false };
    crate::credentials::OrganizationId::parse(candidate).is_some()
}

/// Runs of base64 characters as long as a token.
fn mask_tokens(text: &str) -> String {
    let mut masked = String::new();
    let mut run = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=') {
            run.push(character);
        } else {
            push_run(&mut masked, &run);
            run.clear();
            masked.push(character);
        }
    }
    push_run(&mut masked, &run);
    masked
}

fn push_run(masked: &mut String, run: &str) {
    masked.push_str(if looks_like_token(run) { MASK } else { run });
}

/// Random base64 has upper and lower case, digits or other signs, and a slash in 64 characters: a digest in hexadecimal
/// has no such mixture, a path has more slashes.
fn looks_like_token(run: &str) -> bool {
    let has = |test: fn(&char) -> bool| run.chars().any(|character| test(&character));
    let slashes = run.matches('/').count();
    run.len() >= SHORTEST_TOKEN
        && slashes * 9 <= run.len()
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(|character| character.is_ascii_digit() || matches!(character, '+' | '='))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "AIk/65sl23lA1nVV/pgSqk96SvHFsSw3xitmp5Qhr+F/";
    const PIN: &str = "0a1b2c3d-0000-4000-8000-00000000000f:AIk/65sl23lA1nVV/pgSqk96SvHFsSw3xitmp5Qhr+F/";

    fn masked(arguments: &[&str]) -> String {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        command_line(&arguments, &["configured:secret"])
    }

    #[test]
    fn what_is_no_secret_stays_as_it_was() {
        for words in [
            &[
                "cosign",
                "sign",
                "--key",
                "pkcs11:token=SignPath;id=p%2Fs?module-path=/usr/lib/libsignpath_pkcs11.so",
            ][..],
            &[
                "cosign",
                "verify",
                "registry.test/team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            ],
            &[
                "openssl",
                "dgst",
                "-sign",
                "pkcs11:object=p/s",
                "-out",
                "/opt/Builds/Agent7/tree/checkout/release/app/bin/signature",
            ],
            &["osslsigncode", "sign", "-h", "sha256", "-in", "Setup-1.2.3-x64.exe"],
        ] {
            assert_eq!(masked(words), words.join(" "));
        }
    }

    #[test]
    fn the_value_of_an_option_that_takes_a_pin_is_masked_whatever_it_is() {
        assert_eq!(masked(&["pkcs11-tool", "--pin", "my pin", "-O"]), "pkcs11-tool --pin *** -O");
        assert_eq!(masked(&["pkcs11-tool", "-p", "x", "-O"]), "pkcs11-tool -p *** -O");
        assert_eq!(masked(&["jarsigner", "-storepass", "CONFIG", "a.jar"]), "jarsigner -storepass *** a.jar");
        assert_eq!(masked(&["tool", "--pin=x y", "-O"]), "tool --pin=*** -O");
        assert_eq!(masked(&["osslsigncode", "sign", "-pass", "x"]), "osslsigncode sign -pass ***");
    }

    #[test]
    fn a_pin_value_in_a_uri_is_masked_and_the_rest_of_the_uri_stays() {
        assert_eq!(
            masked(&[
                "cosign",
                "sign",
                "--key",
                "pkcs11:token=SignPath;pin-value=a%2Bb;id=p?pin-value=c&module-path=/m.so"
            ]),
            "cosign sign --key pkcs11:token=SignPath;pin-value=***;id=p?pin-value=***&module-path=/m.so"
        );
    }

    #[test]
    fn an_argument_full_of_pins_is_masked_on_a_small_stack() {
        let whole = format!("pkcs11:{}", format!("pin-value=a;{PIN},").repeat(1000));
        let small = std::thread::Builder::new().stack_size(64 << 10);
        let line = small.spawn(move || masked(&[&whole])).unwrap().join().unwrap();

        let expected = "pin-value=***;0a1b2c3d-0000-4000-8000-00000000000f:***,".repeat(1000);
        assert_eq!(line, format!("pkcs11:{expected}"));
    }

    #[test]
    fn organization_and_token_are_recognised_wherever_they_stand() {
        for word in [PIN.to_owned(), PIN.replace(':', "%3A"), PIN.replace('+', "%2B").replace('/', "%2F")] {
            let line = masked(&["gpg-tool", &format!("x={word}")]);
            assert!(line.starts_with("gpg-tool x=0a1b2c3d-0000-4000-8000-00000000000f"), "{line}");
            assert!(!line.contains("AIk") && !line.contains("Qhr"), "{line}");
        }
    }

    #[test]
    fn a_variable_set_on_the_command_line_is_masked() {
        assert_eq!(
            masked(&["env", "SIGNPATH_API_TOKEN=x", "A=b", "tool"]),
            "env SIGNPATH_API_TOKEN=*** A=b tool"
        );
    }

    #[test]
    fn a_property_whose_name_ends_like_that_of_a_password_is_masked() {
        assert_eq!(
            masked(&["java", "-Djavax.net.ssl.keyStorePassword=x", "-Pclient_secret=y", "-Dpinned=z"]),
            "java -Djavax.net.ssl.keyStorePassword=*** -Pclient_secret=*** -Dpinned=z"
        );
    }

    #[test]
    fn user_and_password_in_a_url_are_masked() {
        assert_eq!(
            masked(&["curl", "--proxy", "http://me:p@ss@proxy.test:3128", "https://a.test/b@c"]),
            "curl --proxy http://***@proxy.test:3128 https://a.test/b@c"
        );
    }

    #[test]
    fn a_command_line_inside_an_argument_is_masked_too() {
        assert_eq!(masked(&["sh", "-c", "pkcs11-tool --pin x -O"]), "sh -c pkcs11-tool --pin *** -O");
        assert_eq!(
            masked(&["sh", "-c", "cd a\npkcs11-tool\n\t--pin x"]),
            "sh -c cd a pkcs11-tool  --pin ***"
        );
        assert_eq!(masked(&["sh", "-c", "pkcs11-tool --pin \t x -O"]), "sh -c pkcs11-tool --pin   *** -O");
    }

    #[test]
    fn a_quoted_value_inside_an_argument_is_masked_to_its_end() {
        assert_eq!(masked(&["sh", "-c", "tool --pin 'my pin' -O"]), "sh -c tool --pin *** -O");
        assert_eq!(masked(&["sh", "-c", "tool --pin=\"my pin\" -O"]), "sh -c tool --pin=***");
        assert_eq!(masked(&["sh", "-c", "bash -c 'tool --pin x'"]), "sh -c bash -c 'tool --pin ***");
    }

    #[test]
    fn what_looks_like_a_token_is_masked_even_where_nothing_says_so() {
        assert_eq!(masked(&["tool", TOKEN, &format!("x:{TOKEN},y")]), "tool *** x:***,y");
    }

    #[test]
    fn the_configured_token_is_masked_even_if_it_looks_like_nothing() {
        assert_eq!(masked(&["tool", "aconfigured:secretb"]), "tool a***b");
    }
}
