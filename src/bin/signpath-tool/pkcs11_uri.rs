//! PKCS#11 URIs (RFC 7512): a strict reader, and a writer whose URIs mean the same to everyone who reads them.
//!
//! RFC 7512 lets more characters stand for themselves than its readers agree on: to cosign, which takes a URI for a web
//! form, `+` is a space, and `&` ends a value. So everything but letters, digits and `-._~` is written percent-encoded,
//! and of what others wrote, [`Attribute::is_ambiguous`] tells what cosign takes for something else. What attributes
//! mean for a key in SignPath is left to the commands. This file stands alone, so that a fuzzer can call it.

use std::fmt;

/// The scheme with its colon; upper and lower case do not matter (RFC 3986 section 3.1).
pub(crate) const SCHEME: &str = "pkcs11:";

/// A PKCS#11 URI, its attributes in the order in which they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pkcs11Uri {
    /// What chooses an object.
    pub(crate) path: Vec<Attribute>,
    /// How to get at it: the module, the PIN.
    pub(crate) query: Vec<Attribute>,
}

/// One attribute.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// The name.
    pub(crate) name: String,
    /// The value, decoded; for all but `id` and what a vendor defined, UTF-8.
    pub(crate) value: Vec<u8>,
    ambiguous: bool,
}

/// Why a text is no PKCS#11 URI: a sentence for the person who wrote it, without any secret of the URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoUri(String);

impl fmt::Display for NoUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Pkcs11Uri {
    /// Reads a URI by the grammar of RFC 7512 section 2.3, and refuses whatever else there is.
    pub(crate) fn read(text: &str) -> Result<Self, NoUri> {
        let scheme = text.get(..SCHEME.len()).filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
        let rest = scheme.and_then(|_| text.get(SCHEME.len()..)).ok_or_else(|| {
            NoUri(format!("it does not begin with {SCHEME}; a URI looks like pkcs11:token=SignPath;id=…"))
        })?;
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let uri = Self {
            path: attributes(path, ';', &PATH)?,
            query: query.map_or(Ok(Vec::new()), |query| attributes(query, '&', &QUERY))?,
        };
        uri.without_contradiction()
    }

    /// The value of an attribute, in the path or in the query.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.path.iter().chain(&self.query).find(|attribute| attribute.name == name);
        found.map(|attribute| attribute.value.as_slice())
    }

    /// RFC 7512 section 2.4: a URI with both is to be refused.
    fn without_contradiction(self) -> Result<Self, NoUri> {
        match (self.get("pin-source"), self.get("pin-value")) {
            (Some(_), Some(_)) => Err(NoUri("it has both pin-source and pin-value; remove one".to_owned())),
            _ => Ok(self),
        }
    }
}

impl Attribute {
    /// An attribute of a URI that is to be written.
    pub(crate) fn new(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), value: value.into(), ambiguous: false }
    }

    /// Whether cosign reads another value: `+` and `&` stood for themselves.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// Whether nobody may see the value.
    pub(crate) fn is_secret(&self) -> bool {
        self.name == "pin-value"
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.is_secret() { "***".to_owned() } else { encoded(&self.value) };
        write!(formatter, "{}={value}", self.name)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.name, encoded(&self.value))
    }
}

impl fmt::Display for Pkcs11Uri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |attributes: &[Attribute], separator| {
            attributes.iter().map(Attribute::to_string).collect::<Vec<_>>().join(separator)
        };
        write!(formatter, "{SCHEME}{}", joined(&self.path, ";"))?;
        if self.query.is_empty() { Ok(()) } else { write!(formatter, "?{}", joined(&self.query, "&")) }
    }
}

/// What may stand in one of the two parts of a URI.
struct Part {
    name: &'static str,
    attributes: &'static [&'static str],
    /// What stands for itself beside letters, digits and `-._~`.
    characters: &'static str,
    /// Whether a vendor's attribute may stand there several times.
    repeats: bool,
}

const PATH: Part = Part {
    name: "path",
    attributes: &[
        "token",
        "manufacturer",
        "serial",
        "model",
        "library-manufacturer",
        "library-version",
        "library-description",
        "object",
        "type",
        "id",
        "slot-description",
        "slot-manufacturer",
        "slot-id",
    ],
    characters: ":[]@!$'()*+,=&",
    repeats: false,
};

const QUERY: Part = Part {
    name: "query",
    attributes: &["pin-source", "pin-value", "module-name", "module-path"],
    characters: ":[]@!$'()*+,=/?|",
    repeats: true,
};

const TYPES: [&str; 5] = ["public", "private", "cert", "secret-key", "data"];

fn attributes(text: &str, separator: char, part: &Part) -> Result<Vec<Attribute>, NoUri> {
    let mut attributes: Vec<Attribute> = Vec::new();
    if text.is_empty() {
        return Ok(attributes);
    }
    for text in text.split(separator) {
        let attribute = attribute(text, part)?;
        let is_standard = part.attributes.contains(&attribute.name.as_str());
        let is_repeated = attributes.iter().any(|before| before.name == attribute.name);
        if is_repeated && (is_standard || !part.repeats) {
            return Err(NoUri(format!("{} stands twice in its {}; remove one", attribute.name, part.name)));
        }
        attributes.push(attribute);
    }
    Ok(attributes)
}

fn attribute(text: &str, part: &Part) -> Result<Attribute, NoUri> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        // without its name nobody can tell whether it is a secret
        NoUri(format!("its {} has an attribute without =; write NAME=VALUE", part.name))
    })?;
    checked_name(name, part)?;
    if part.name == PATH.name && value.contains("&pin-value=") {
        // cosign takes it for a PIN; nobody else does, and it would be shown
        return Err(NoUri("a pin-value stands behind & in its path; write ? before its query".to_owned()));
    }
    let attribute = Attribute {
        name: name.to_owned(),
        value: decoded(name, value, part)?,
        ambiguous: value.contains(['+', '&']),
    };
    checked_value(&attribute, part)?;
    Ok(attribute)
}

fn checked_name(name: &str, part: &Part) -> Result<(), NoUri> {
    let is_name_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || !name.bytes().all(is_name_character) {
        return Err(NoUri(format!(
            "its {} has an attribute whose name is not made of letters, digits, - and _",
            part.name
        )));
    }
    let other = if part.name == PATH.name { &QUERY } else { &PATH };
    if other.attributes.contains(&name) {
        return Err(NoUri(format!(
            "{name} stands in its {}, and belongs into its {}",
            part.name, other.name
        )));
    }
    Ok(())
}

/// The values whose form the grammar tells.
fn checked_value(attribute: &Attribute, part: &Part) -> Result<(), NoUri> {
    let Attribute { name, value, .. } = attribute;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_standard = part.attributes.contains(&name.as_str());
    if !is_standard || name == "id" {
        return Ok(());
    }
    let Ok(text) = std::str::from_utf8(value) else {
        return Err(NoUri(format!("the value of {name} is not UTF-8")));
    };
    let expected = match name.as_str() {
        "type" if !TYPES.contains(&text) => format!("one of {}", TYPES.join(", ")),
        "slot-id" if !is_number(text) => "a decimal number".to_owned(),
        "library-version" if !text.splitn(2, '.').all(is_number) => "a number such as 3 or 3.1".to_owned(),
        _ => return Ok(()),
    };
    Err(NoUri(format!("the value of {name} is not {expected}")))
}

fn decoded(name: &str, text: &str, part: &Part) -> Result<Vec<u8>, NoUri> {
    let mut bytes = text.bytes();
    let mut value = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        value.push(match byte {
            b'%' => hexadecimal(bytes.next()).zip(hexadecimal(bytes.next())).map(|(high, low)| high << 4 | low).ok_or_else(
                || NoUri(format!("the value of {name} has a % that no two hexadecimal digits follow; a % itself is written %25")),
            )?,
            byte if is_unreserved(byte) || part.characters.as_bytes().contains(&byte) => byte,
            byte => return Err(NoUri(format!("the value of {name} has a bare {}; it is written %{byte:02X}", shown(byte)))),
        });
    }
    Ok(value)
}

fn hexadecimal(digit: Option<u8>) -> Option<u8> {
    let digit = char::from(digit?).to_digit(16)?;
    u8::try_from(digit).ok()
}

fn shown(byte: u8) -> String {
    match byte {
        b' ' => "space".to_owned(),
        byte if byte.is_ascii_graphic() => char::from(byte).to_string(),
        byte => format!("byte {byte:02X}"),
    }
}

/// RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn encoded(value: &[u8]) -> String {
    let one =
        |byte: &u8| if is_unreserved(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    value.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Pkcs11Uri::read(text).unwrap_err().to_string()
    }

    #[test]
    fn a_uri_of_the_standards_examples_is_read() {
        let uri = Pkcs11Uri::read(
            "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;\
             object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
        )
        .unwrap();

        assert_eq!(uri.get("token"), Some(&b"The Software PKCS#11 Softtoken"[..]));
        assert_eq!(uri.get("id"), Some(&b"\x69\x95\x3e\x5c\xf4\xbd\xec\x91"[..]));
        assert_eq!(uri.get("serial"), Some(&b""[..]));
        assert_eq!(uri.get("pin-source"), Some(&b"file:/etc/token_pin"[..]));
        assert_eq!(uri.get("pin-value"), None);
    }

    #[test]
    fn the_scheme_may_be_written_in_capitals_and_the_rest_be_empty() {
        let empty = Pkcs11Uri { path: Vec::new(), query: Vec::new() };

        assert_eq!(Pkcs11Uri::read("PKCS11:"), Ok(empty.clone()));
        assert_eq!(Pkcs11Uri::read("pkcs11:?"), Ok(empty));
    }

    #[test]
    fn what_is_written_is_read_back_whatever_is_in_it() {
        let every_byte: Vec<u8> = (0..=255).collect();
        let uri = Pkcs11Uri {
            path: vec![Attribute::new("token", "a;b&c?d"), Attribute::new("id", every_byte)],
            query: vec![Attribute::new("pin-value", "a+b/c:d=e%20f"), Attribute::new("x-vendor", "|")],
        };

        assert_eq!(Pkcs11Uri::read(&uri.to_string()), Ok(uri));
    }

    #[test]
    fn nothing_is_written_that_cosign_takes_for_something_else() {
        let uri = Pkcs11Uri {
            path: vec![Attribute::new("id", "my project+/policy")],
            query: vec![Attribute::new("module-path", "/usr/lib/a&b.so")],
        };

        assert_eq!(uri.to_string(), "pkcs11:id=my%20project%2B%2Fpolicy?module-path=%2Fusr%2Flib%2Fa%26b.so");
    }

    #[test]
    fn a_bare_plus_or_ampersand_is_told_as_ambiguous() {
        let uri = Pkcs11Uri::read("pkcs11:id=a+b;object=a&b;token=a%2Bb?pin-value=a+b").unwrap();
        let ambiguous: Vec<&str> = uri
            .path
            .iter()
            .chain(&uri.query)
            .filter(|one| one.is_ambiguous())
            .map(|one| one.name.as_str())
            .collect();

        assert_eq!(ambiguous, ["id", "object", "pin-value"]);
        assert_eq!(uri.get("id"), Some(&b"a+b"[..]));
    }

    #[test]
    fn an_attribute_stands_once_but_for_a_vendors_in_the_query() {
        assert_eq!(refusal("pkcs11:id=a;id=b"), "id stands twice in its path; remove one");
        assert_eq!(refusal("pkcs11:x-a=1;x-a=2"), "x-a stands twice in its path; remove one");
        assert_eq!(
            refusal("pkcs11:?pin-value=1&pin-value=2"),
            "pin-value stands twice in its query; remove one"
        );
        assert!(Pkcs11Uri::read("pkcs11:?x-a=1&x-a=2").is_ok());
    }

    #[test]
    fn an_attribute_stands_in_the_part_where_it_belongs() {
        assert_eq!(refusal("pkcs11:pin-value=1"), "pin-value stands in its path, and belongs into its query");
        assert_eq!(refusal("pkcs11:?token=a"), "token stands in its query, and belongs into its path");
    }

    #[test]
    fn a_bare_character_that_the_standard_reserves_is_refused_with_its_code() {
        assert_eq!(refusal("pkcs11:id=a/b"), "the value of id has a bare /; it is written %2F");
        assert_eq!(refusal("pkcs11:token=a b"), "the value of token has a bare space; it is written %20");
        assert_eq!(refusal("pkcs11:token=ö"), "the value of token has a bare byte C3; it is written %C3");
        assert_eq!(refusal("pkcs11:id=a#b"), "the value of id has a bare #; it is written %23");
    }

    #[test]
    fn a_percent_sign_needs_two_digits() {
        for text in ["pkcs11:id=%", "pkcs11:id=%2", "pkcs11:id=%2G", "pkcs11:id=%+1"] {
            assert!(refusal(text).starts_with("the value of id has a % that no two"), "{text}");
        }
    }

    #[test]
    fn values_have_the_form_that_the_grammar_says() {
        assert_eq!(
            refusal("pkcs11:type=key"),
            "the value of type is not one of public, private, cert, secret-key, data"
        );
        assert_eq!(refusal("pkcs11:slot-id=0x1"), "the value of slot-id is not a decimal number");
        assert_eq!(
            refusal("pkcs11:library-version=3."),
            "the value of library-version is not a number such as 3 or 3.1"
        );
        assert_eq!(refusal("pkcs11:token=%FF"), "the value of token is not UTF-8");
        assert!(Pkcs11Uri::read("pkcs11:library-version=3.1;slot-id=1;type=private;id=%FF").is_ok());
    }

    #[test]
    fn what_has_no_name_is_refused_without_being_repeated() {
        assert_eq!(refusal("pkcs11:id=a;secret"), "its path has an attribute without =; write NAME=VALUE");
        assert_eq!(
            refusal("pkcs11:/token=a"),
            "its path has an attribute whose name is not made of letters, digits, - and _"
        );
        assert_eq!(refusal("pkcs11:id=a;"), "its path has an attribute without =; write NAME=VALUE");
        assert!(refusal("https://a.test").starts_with("it does not begin with pkcs11:;"));
    }

    #[test]
    fn a_pin_in_the_path_is_refused_without_being_repeated() {
        assert_eq!(
            refusal("pkcs11:token=SignPath;id=a&pin-value=recognisable"),
            "a pin-value stands behind & in its path; write ? before its query"
        );
    }

    #[test]
    fn two_sources_of_a_pin_contradict_each_other() {
        assert_eq!(
            refusal("pkcs11:?pin-source=/a&pin-value=1"),
            "it has both pin-source and pin-value; remove one"
        );
    }

    #[test]
    fn a_pin_never_shows_in_debug_output() {
        let uri = Pkcs11Uri::read("pkcs11:id=a?pin-value=recognisable").unwrap();

        assert!(!format!("{uri:?}").contains("recognisable"));
    }
}
