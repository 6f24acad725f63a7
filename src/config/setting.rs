//! One setting: its names, what it means, how its text is read.

use crate::config::Source;
use crate::error::{Code, Failure, MASK};
use crate::host::redaction;

/// A setting of type `T`: the key in the configuration file, the environment variable that beats it, and what is
/// known of it. All there are stand in [`crate::config::settings`].
pub struct Setting<T> {
    /// Key in the configuration file; dots separate nested objects.
    pub(super) key: &'static str,
    /// Environment variable.
    pub(super) variable: &'static str,
    /// Names of earlier versions, and of other programs, that are read too.
    pub(super) also: &'static [Name],
    /// The default as documented; empty where there is none.
    pub(super) default: &'static str,
    /// What a value must be, as the end of the sentence "… is not …".
    pub(super) expects: &'static str,
    /// What it does, for people.
    pub(super) documentation: &'static str,
    /// Still read, but gone from SignPath's library: a use is warned about.
    pub(super) outdated: Option<&'static str>,
    /// Whether the value must not be shown in messages.
    pub(super) secret: bool,
    /// Reads a value.
    pub(super) parse: fn(&str) -> Option<T>,
}

/// Another name under which a setting is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// A key of an earlier version; a use is warned about.
    FormerKey(&'static str),
    /// A variable of an earlier version; a use is warned about.
    FormerVariable(&'static str),
    /// A variable that is as good as the first.
    Variable(&'static str),
}

/// What documentation, the unknown-key warning and the loader need of a setting, whatever its type.
pub trait Described: Sync {
    /// Key in the configuration file.
    fn key(&self) -> &'static str;
    /// Environment variable.
    fn variable(&self) -> &'static str;
    /// Other names that are read.
    fn also(&self) -> &'static [Name];
    /// The default as documented; empty where there is none.
    fn default_text(&self) -> &'static str;
    /// What it does.
    fn documentation(&self) -> &'static str;
    /// Why a use is warned about, if it is.
    fn outdated(&self) -> Option<&'static str>;
    /// Whether the value must not be shown.
    fn is_secret(&self) -> bool;
    /// Why what was found somewhere cannot be read, if it cannot; `None` stands for what is not UTF-8.
    fn problem(&self, text: Option<&str>, source: &Source) -> Option<Failure>;
    /// Whether the text can be read.
    fn accepts(&self, text: &str) -> bool;

    /// Every variable that is read, in order of precedence.
    fn variables(&self) -> Vec<&'static str> {
        let others = self.also().iter().filter_map(|name| match name {
            Name::Variable(name) | Name::FormerVariable(name) => Some(*name),
            Name::FormerKey(_) => None,
        });
        std::iter::once(self.variable()).chain(others).collect()
    }

    /// Every key that is read, in order of precedence.
    fn keys(&self) -> Vec<&'static str> {
        let others = self.also().iter().filter_map(|name| match name {
            Name::FormerKey(name) => Some(*name),
            Name::Variable(_) | Name::FormerVariable(_) => None,
        });
        std::iter::once(self.key()).chain(others).collect()
    }

    /// Whether `name` is one of an earlier version.
    fn is_former(&self, name: &str) -> bool {
        self.also().iter().any(
            |other| matches!(other, Name::FormerKey(former) | Name::FormerVariable(former) if *former == name),
        )
    }
}

impl<T> Described for Setting<T> {
    fn key(&self) -> &'static str {
        self.key
    }
    fn variable(&self) -> &'static str {
        self.variable
    }
    fn also(&self) -> &'static [Name] {
        self.also
    }
    fn default_text(&self) -> &'static str {
        self.default
    }
    fn documentation(&self) -> &'static str {
        self.documentation
    }
    fn outdated(&self) -> Option<&'static str> {
        self.outdated
    }
    fn is_secret(&self) -> bool {
        self.secret
    }
    fn problem(&self, text: Option<&str>, source: &Source) -> Option<Failure> {
        self.read(text, source).err()
    }
    fn accepts(&self, text: &str) -> bool {
        (self.parse)(text).is_some()
    }
}

impl<T> Setting<T> {
    /// The value of a text that was found, or the failure that names where it was found and what was expected.
    pub(super) fn read(&self, text: Option<&str>, source: &Source) -> Result<T, Failure> {
        let text = text.ok_or_else(|| not_utf8(source))?;
        (self.parse)(text).ok_or_else(|| self.misread(text, source))
    }

    /// The documented default, if there is one.
    pub(super) fn default_value(&self) -> Option<T> {
        (self.parse)(self.default)
    }

    fn misread(&self, text: &str, source: &Source) -> Failure {
        let remedy = remedy(source);
        let (shown, remedy) = match shown(text) {
            _ if self.secret => ("the value".to_owned(), remedy),
            shown if shown == MASK => (
                format!("`{MASK}`, which looks like a token,"),
                format!("{remedy}; does it belong elsewhere?"),
            ),
            shown => (format!("`{shown}`"), remedy),
        };
        Failure::new(
            Code::SettingUnusable,
            format!("reading {source}"),
            format!("{shown} is not {}", self.expects),
            remedy,
        )
    }
}

fn not_utf8(source: &Source) -> Failure {
    let problem = "the value is not UTF-8";
    Failure::new(Code::SettingUnusable, format!("reading {source}"), problem, remedy(source))
}

fn remedy(source: &Source) -> String {
    match source {
        Source::Variable(name) => format!("correct or unset {name}"),
        Source::File { key, .. } => format!("correct or remove {key}"),
    }
}

/// A value as far as it may be told: a proxy's password may stand in it, or a token that was meant
/// for another setting.
pub(super) fn shown(text: &str) -> String {
    let without_user = text.rsplit_once('@').map_or(text.to_owned(), |(_, host)| format!("{MASK}@{host}"));
    redaction::text(&without_user).escape_debug().to_string()
}
