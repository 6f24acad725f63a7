//! Annotations: on the command line, in the syntax of cosign's `-a`, a line of comma-separated values (RFC 4180), each
//! of them `KEY=VALUE`; and in metadata.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;

/// What one `-a` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotations(Vec<(String, String)>);

impl Annotations {
    /// All of them; the last word on a key counts.
    pub(crate) fn merged(all: &[Self]) -> BTreeMap<String, String> {
        all.iter().flat_map(|annotations| annotations.0.iter().cloned()).collect()
    }

    /// One pair in this syntax.
    pub(crate) fn field(key: &str, value: &str) -> String {
        let pair = format!("{key}={value}");
        if pair.contains([',', '"']) { format!("\"{}\"", pair.replace('"', "\"\"")) } else { pair }
    }
}

/// Annotations as both formats hold them.
pub(super) fn to_json(annotations: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    annotations.iter().map(|(key, value)| (key.clone(), Value::String(value.clone()))).collect()
}

/// Annotations that were read; what others put there may be more than text.
pub(super) fn of_json(annotations: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    annotations.iter().map(|(key, value)| (key.clone(), text(value))).collect()
}

impl FromStr for Annotations {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |field: String| match field.split_once('=') {
            // cosign takes no second equals sign; nothing speaks against it
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(format!("{field:?} is not KEY=VALUE; a value with a comma is written \"KEY=VALUE\"")),
        };
        fields(text)?.into_iter().map(pair).collect::<Result<_, _>>().map(Self)
    }
}

/// The fields between the commas. One that begins with a quote ends with the next single one.
fn fields(text: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => rest
                .split_once(',')
                .map_or((rest.to_owned(), None), |(field, after)| (field.to_owned(), Some(after))),
        };
        fields.push(field);
        match after {
            // a comma at the end is followed by an empty field
            Some("") => return Err("nothing follows the last comma".to_owned()),
            after => rest = after.unwrap_or_default(),
        }
    }
    Ok(fields)
}

/// A field up to its closing quote, and what follows the comma after it; two quotes stand for one.
fn quoted_field(text: &str) -> Result<(String, Option<&str>), String> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or("a closing quote is missing")?;
        field.push_str(part);
        match after.chars().next() {
            None => return Ok((field, None)),
            Some(',') => return Ok((field, after.strip_prefix(','))),
            Some('"') => field.push('"'),
            Some(_) => return Err("a comma must follow the closing quote".to_owned()),
        }
        rest = after.strip_prefix('"').unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
        text.parse().map(|Annotations(pairs)| pairs)
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn commas_separate_pairs_and_quotes_keep_them() {
        assert_eq!(pairs("a=1,b=").unwrap(), [pair("a", "1"), pair("b", "")]);
        assert_eq!(pairs("\"a=1,\"\"2\"\"\",b=x=y").unwrap(), [pair("a", "1,\"2\""), pair("b", "x=y")]);
        assert_eq!(pairs("").unwrap(), []);
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        for text in ["a", "a=1,", ",", "a=1,b", "\"a=1", "\"a=1\"b"] {
            assert!(pairs(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_word_on_a_key_counts() {
        let all = ["a=1,b=2".parse().unwrap(), "a=3".parse().unwrap()];

        assert_eq!(Annotations::merged(&all), BTreeMap::from([pair("a", "3"), pair("b", "2")]));
    }

    #[test]
    fn a_pair_that_is_written_is_read_again() {
        for (key, value) in [("a", "1"), ("a", "1,2"), ("a", "say \"so\"")] {
            assert_eq!(pairs(&Annotations::field(key, value)).unwrap(), [pair(key, value)]);
        }
    }
}
