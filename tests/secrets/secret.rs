//! A token, and the search for it: whole or in part, as it is or encoded.

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

use crate::support::bench::hex;

/// So many characters of a token in a row are no accident. Of a real one, which is random, fewer are of no use.
const LENGTH: usize = 12;

/// Every part of a token, in every encoding, by which it is recognised.
pub struct Secret {
    parts: HashSet<[u8; LENGTH]>,
    /// Whether any part begins with these two bytes.
    beginnings: Vec<bool>,
}

impl Secret {
    pub fn new(token: &str) -> Self {
        let parts: HashSet<_> = encodings(token).iter().flat_map(|text| parts(text)).collect();
        let mut beginnings = vec![false; 1 << 16];
        parts.iter().for_each(|part| beginnings[beginning(part)] = true);
        Self { parts, beginnings }
    }

    /// What is found of it, with what is around it.
    pub fn find(&self, bytes: &[u8]) -> Option<String> {
        let is_part = |window: &[u8]| self.beginnings[beginning(window)] && self.parts.contains(window);
        let at = bytes.windows(LENGTH).position(is_part)?;
        let (start, end) = (at.saturating_sub(40), bytes.len().min(at + 80));
        Some(format!("byte {at}: {}", bytes[start..end].escape_ascii()))
    }
}

fn beginning(part: &[u8]) -> usize {
    usize::from(part[0]) << 8 | usize::from(part[1])
}

/// Parts of one character repeated are everywhere.
fn parts(text: &[u8]) -> impl Iterator<Item = [u8; LENGTH]> {
    let windows = text.windows(LENGTH).map(|part| <[u8; LENGTH]>::try_from(part).unwrap());
    windows.filter(|part| part.iter().collect::<HashSet<_>>().len() > 2)
}

/// The token as it may stand in a header, a URL, JSON, an archive of bytes, or a text of 16 bits a character.
fn encodings(token: &str) -> Vec<Vec<u8>> {
    let wide = |order: fn(u16) -> [u8; 2]| token.encode_utf16().flat_map(order).collect();
    let percent: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let mut encodings = vec![
        token.as_bytes().to_vec(),
        percent.to_lowercase().into_bytes(),
        percent.into_bytes(),
        token.replace('/', "\\/").into_bytes(),
        token.replace('+', "\\u002B").into_bytes(),
        hex(token.as_bytes()).to_uppercase().into_bytes(),
        hex(token.as_bytes()).into_bytes(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ];
    for before in ["", "x", "xx"] {
        let text = format!("{before}{token}");
        for base64 in [BASE64_STANDARD.encode(&text), BASE64_URL_SAFE.encode(&text)] {
            // the outer characters depend on what stands around it
            encodings.push(base64.as_bytes()[4..base64.len() - 4].to_vec());
        }
    }
    encodings
}

#[test]
fn a_token_is_found_in_part_and_encoded_and_nothing_else_is() {
    const TOKEN: &str = "Emulator:Token/Awkward+DDD=DDD:DDDDD+D/DDD==";
    let secret = Secret::new(TOKEN);
    for text in [
        TOKEN.to_owned(),
        format!("Bearer {}", &TOKEN[9..25]),
        TOKEN.replace(':', "%3A").replace('/', "%2F").replace('+', "%2B"),
        BASE64_STANDARD.encode(format!("{{\"pin\": \"{TOKEN}\"}}")),
        hex(TOKEN.as_bytes()),
    ] {
        assert!(secret.find(text.as_bytes()).is_some(), "{text}");
    }
    assert_eq!(secret.find(b"Emulator:To, DDDDDDDDDDDDDDDDDDDDDDDD, oken/Awkwar"), None);
}
