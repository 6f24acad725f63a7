//! The configuration file: one JSON object, nested as SignPath documents it (`{"Log": {"Console": {"Level": …}}}`)
//! or with dots in the keys (`{"Log.Console.Level": …}`).

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use zeroize::Zeroizing;

use super::setting::shown;
use super::{nearest, settings};
use crate::error::{Code, Failure, Notice};

/// A configuration is a page of text; whatever is longer (a device, a log) is something else.
const LARGEST_FILE: u64 = 1 << 20;

/// The file's values as text, by dotted key.
pub(super) struct Values(BTreeMap<String, Zeroizing<String>>);

impl Values {
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| value.as_str())
    }
}

/// Reads a file, and says what should be warned about: keys that are not known, and a token that others can read.
pub(super) fn read(path: &Path) -> Result<(Values, Vec<Notice>), Failure> {
    let (text, mode) = read_text(path).map_err(|error| unreadable(path, &error))?;
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| unusable(path, format!("it is not JSON: {error}")))?;
    let Value::Object(object) = value else {
        return Err(unusable(path, "it is JSON, but not an object".to_owned()));
    };
    let mut values = Values(BTreeMap::new());
    flatten("", Value::Object(object), &mut values);
    let mut warnings = unknown_keys(path, &values);
    if values.get("ApiToken").is_some() && mode & 0o077 != 0 {
        let path = path.display();
        let text = format!(
            "configuration file {path} holds the API token and others can read it; run chmod 600 on it"
        );
        warnings.push(Notice::new(Code::TokenReadableByOthers, text));
    }
    Ok((values, warnings))
}

fn read_text(path: &Path) -> io::Result<(Zeroizing<String>, u32)> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file of at most 1 MB"));
    }
    let mut text = Zeroizing::new(String::new());
    std::fs::File::open(path)?.take(LARGEST_FILE).read_to_string(&mut text)?;
    Ok((text, metadata.permissions().mode()))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Code::ConfigurationFileUnreadable,
        format!("reading configuration file {}", path.display()),
        error.to_string(),
        "correct SIGNPATH_CONFIG_FILE or make the file readable",
    )
}

/// The variable that names the file says nothing that can be read.
pub(super) fn unreadable_path(variable: &str) -> Failure {
    let asked = format!("reading environment variable {variable}");
    let remedy = format!("correct or unset {variable}");
    Failure::new(Code::ConfigurationFileUnreadable, asked, "the path is not UTF-8", remedy)
}

fn unusable(path: &Path, problem: String) -> Failure {
    Failure::new(
        Code::ConfigurationFileNotUnderstood,
        format!("reading configuration file {}", path.display()),
        problem,
        "correct the file, for instance {\"OrganizationId\": \"…\", \"ApiToken\": \"…\"}",
    )
}

fn flatten(key: &str, value: Value, values: &mut Values) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let key = if key.is_empty() { name } else { format!("{key}.{name}") };
                flatten(&key, value, values);
            }
        }
        Value::Null => {}
        Value::String(text) => insert(key, text, values),
        other => insert(key, other.to_string(), values),
    }
}

fn insert(key: &str, text: String, values: &mut Values) {
    // a template's empty string means "not set", as it does in the environment
    if !text.is_empty() {
        values.0.insert(key.to_owned(), Zeroizing::new(text));
    }
}

fn unknown_keys(path: &Path, values: &Values) -> Vec<Notice> {
    let known: Vec<&str> = settings::all().iter().flat_map(|setting| setting.keys()).collect();
    let unknown = values.0.keys().filter(|key| !known.contains(&key.as_str()));
    unknown
        .map(|key| {
            let suggestion =
                nearest(key, known.iter().copied()).map(|(nearest, _)| nearest).unwrap_or_default();
            // somebody may have put a token where its name belongs
            let (path, key) = (path.display(), shown(key));
            let text = format!("unknown key {key} in configuration file {path}; did you mean {suggestion}?");
            Notice::new(Code::KeyUnknown, text)
        })
        .collect()
}
