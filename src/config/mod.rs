//! The configuration: which settings there are, where their values come from, what to say of one that is wrong.
//!
//! Read once, at C_Initialize: the environment, then the file named by `SIGNPATH_CONFIG_FILE`, the environment
//! winning. Nothing here fails at that moment: a value that cannot be read is a [`Failure`] when it is asked for,
//! and what deserves a warning is kept for the log, which is itself configured from here.

mod environment;
mod file;
mod setting;
pub mod settings;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub use environment::Environment;
pub use setting::{Described, Name, Setting};
pub use values::{
    ApiUrl, CertificateVisibility, HashSigningApi, LogLevel, LoginRequired, OutputStream, ProxyUrl, Slug,
};

use crate::error::{Code, Failure, MASK, Notice};

/// The variable that names the configuration file.
const FILE: &str = "SIGNPATH_CONFIG_FILE";

/// The settings' values as they were found.
#[derive(Default)]
pub struct Configuration {
    found: BTreeMap<&'static str, Text>,
    unusable_file: Option<Failure>,
    warnings: Vec<Notice>,
}

/// A value as text, or nothing if it is not UTF-8, and where it stood.
struct Text {
    text: Option<Zeroizing<String>>,
    source: Source,
}

/// A value that was found, for people.
pub struct Value {
    /// The setting's key.
    pub key: &'static str,
    /// The value, or what of it is no secret.
    pub shown: String,
    /// Where it stood.
    pub source: Source,
    /// Why it cannot be used, if it cannot.
    pub problem: Option<Failure>,
}

/// Where a value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An environment variable.
    Variable(&'static str),
    /// A key of the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The key as it stands there.
        key: &'static str,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(formatter, "environment variable {name}"),
            Self::File { path, key } => write!(formatter, "{key} in configuration file {}", path.display()),
        }
    }
}

impl Configuration {
    /// Reads the environment and the file that it names.
    pub fn load(environment: &Environment) -> Self {
        let mut configuration = Self::default();
        for setting in settings::all() {
            configuration.take_variable(setting, environment);
        }
        configuration.warn_of_unknown_variables(environment);
        if let Some(path) = environment.get(FILE) {
            configuration.take_file(PathBuf::from(path));
        } else if environment.is_unreadable(FILE) {
            configuration.unusable_file = Some(file::unreadable_path(FILE));
        }
        configuration
    }

    /// The value of a setting, or its default, or `None` where it has none.
    ///
    /// # Errors
    ///
    /// The value does not parse, or the configuration file, in which it may stand, cannot be read.
    pub fn get<T>(&self, setting: &Setting<T>) -> Result<Option<T>, Failure> {
        match (self.found.get(setting.key), &self.unusable_file) {
            (Some(found), _) => setting.read(found.text(), &found.source).map(Some),
            (None, Some(failure)) => Err(failure.clone()),
            (None, None) => Ok(setting.default_value()),
        }
    }

    /// The value of a setting whose absence must not stop anything: the log's.
    pub fn get_or_default<T>(&self, setting: &Setting<T>) -> Option<T> {
        let found =
            self.found.get(setting.key).and_then(|found| setting.read(found.text(), &found.source).ok());
        found.or_else(|| setting.default_value())
    }

    /// Where the value of a setting stands; `None` if it is the default.
    pub fn source<T>(&self, setting: &Setting<T>) -> Option<&Source> {
        self.found.get(setting.key).map(|found| &found.source)
    }

    /// Every value that was found, as far as it may be shown, in the order of the documentation.
    pub fn values(&self) -> Vec<Value> {
        let value = |setting: &'static dyn Described| {
            let found = self.found.get(setting.key())?;
            let shown = found.shown(setting.is_secret());
            let source = found.source.clone();
            let problem = setting.problem(found.text(), &found.source);
            Some(Value { key: setting.key(), shown, source, problem })
        };
        settings::all().into_iter().filter_map(value).collect()
    }

    /// Why the configuration file cannot be read, if it cannot.
    pub fn unusable_file(&self) -> Option<&Failure> {
        self.unusable_file.as_ref()
    }

    /// Whether there is a configuration file that cannot be read.
    pub fn is_unusable(&self) -> bool {
        self.unusable_file.is_some()
    }

    /// What should be said of the configuration: unknown names, outdated names, a file that others can read.
    pub fn warnings(&self) -> &[Notice] {
        &self.warnings
    }

    fn take_variable(&mut self, setting: &'static dyn Described, environment: &Environment) {
        for name in setting.variables() {
            let text = environment.get(name);
            if text.is_some() || environment.is_unreadable(name) {
                self.warn_of_outdated(setting, name);
                self.keep(setting, text, Source::Variable(name));
            }
        }
    }

    fn take_file(&mut self, path: PathBuf) {
        let (values, warnings) = match file::read(&path) {
            Ok(read) => read,
            Err(failure) => {
                self.unusable_file = Some(failure);
                return;
            }
        };
        self.warnings.extend(warnings);
        for setting in settings::all() {
            self.take_key(setting, &values, &path);
        }
    }

    fn take_key(&mut self, setting: &'static dyn Described, values: &file::Values, path: &Path) {
        for key in setting.keys() {
            if let Some(text) = values.get(key) {
                self.warn_of_outdated(setting, key);
                self.keep(setting, Some(text), Source::File { path: path.to_owned(), key });
            }
        }
    }

    /// The first value found stays: variables are taken before the file, current names before former ones.
    fn keep(&mut self, setting: &'static dyn Described, text: Option<&str>, source: Source) {
        let text = text.map(|text| Zeroizing::new(text.to_owned()));
        self.found.entry(setting.key()).or_insert(Text { text, source });
    }

    fn warn_of_outdated(&mut self, setting: &'static dyn Described, name: &str) {
        if setting.is_former(name) {
            let current = if name.starts_with("SIGNPATH_") { setting.variable() } else { setting.key() };
            self.warn(Code::NameOutdated, format!("{name} is the name of an earlier version; use {current}"));
        } else if let Some(reason) = setting.outdated() {
            self.warn(Code::SettingOutdated, format!("{name} is of an earlier version: {reason}"));
        }
    }

    /// Other programs have variables that begin with SIGNPATH_, too: only a near miss is worth a word.
    fn warn_of_unknown_variables(&mut self, environment: &Environment) {
        let known: Vec<&str> = settings::all().iter().flat_map(|setting| setting.variables()).collect();
        for name in environment.names().filter(|name| name.starts_with("SIGNPATH_") && !known.contains(name))
        {
            let is_alike =
                |known: &&str| known.len().abs_diff(name.len()) <= 2 && fewest_edits(name, known) <= 2;
            let alike = known.iter().copied().filter(is_alike);
            if let Some((nearest, 1..=2)) = nearest(name, alike) {
                let text = format!("unknown environment variable {name}; did you mean {nearest}?");
                self.warn(Code::VariableUnknown, text);
            }
        }
    }

    fn warn(&mut self, code: Code, text: String) {
        self.warnings.push(Notice::new(code, text));
    }
}

impl Text {
    fn text(&self) -> Option<&str> {
        self.text.as_ref().map(|text| text.as_str())
    }

    /// As much of it as may be told.
    fn shown(&self, is_secret: bool) -> String {
        match self.text() {
            None => "what is not UTF-8".to_owned(),
            Some(_) if is_secret => MASK.to_owned(),
            Some(text) => setting::shown(text),
        }
    }
}

/// The candidate that takes the fewest edits to reach, and their number.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<(&'a str, usize)> {
    let lower = name.to_ascii_lowercase();
    candidates
        .map(|candidate| (candidate, strsim::damerau_levenshtein(&lower, &candidate.to_ascii_lowercase())))
        .min_by_key(|(_, edits)| *edits)
}

/// No fewer edits than this make one name of the other, for each adds or removes one letter at most. It is counted in a
/// thirtieth of the time that the edits themselves take, for which every process that is to sign would wait.
fn fewest_edits(name: &str, other: &str) -> i32 {
    let mut surplus = [0_i32; 256];
    for (text, change) in [(name, 1), (other, -1)] {
        for letter in text.bytes() {
            if let Some(count) = surplus.get_mut(usize::from(letter.to_ascii_lowercase())) {
                *count += change;
            }
        }
    }
    let added: i32 = surplus.iter().map(|count| (*count).max(0)).sum();
    let removed: i32 = surplus.iter().map(|count| (-*count).max(0)).sum();
    added.max(removed)
}

#[cfg(test)]
mod tests;
