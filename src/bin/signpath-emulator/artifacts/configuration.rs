//! Artifact configurations: which files of an archive are signed, and how.
//!
//! Of the documented elements the emulator knows those that detached raw signatures need: `zip-file` as the root, in it
//! `file`, `directory` and `file-set`, and `create-raw-signature`. Reading them from XML is left to [`super::xml`].

use std::fmt;

use glob::{MatchOptions, Pattern};

use super::parameters::ParameterDeclaration;
use super::template::{Attribute, AttributeValue, ParameterValues, Template};
use crate::signing::algorithm::{HashAlgorithm, RsaPadding};

/// What an artifact configuration says.
#[derive(Debug, Clone)]
pub(crate) struct ArtifactConfiguration {
    pub(crate) parameters: Vec<ParameterDeclaration>,
    /// What the artifact's own file name must match.
    pub(crate) archive_name: Option<Attribute<PathPattern>>,
    pub(crate) files: Vec<FileElement>,
}

/// A `file`, or an `include` of a `file-set` with what its `for-each` says.
#[derive(Debug, Clone)]
pub(crate) struct FileElement {
    pub(crate) path: Attribute<PathPattern>,
    /// Patterns of the `directory` elements around it, outermost first.
    pub(crate) directories: Vec<Attribute<PathPattern>>,
    pub(crate) min_matches: Attribute<usize>,
    pub(crate) max_matches: Attribute<MaxMatches>,
    pub(crate) signatures: Vec<CreateRawSignature>,
}

/// A `create-raw-signature`.
#[derive(Debug, Clone)]
pub(crate) struct CreateRawSignature {
    pub(crate) output_file_name: Template,
    pub(crate) hash_algorithm: Attribute<HashAlgorithm>,
    /// Mandatory for RSA keys, ignored for others.
    pub(crate) rsa_padding: Option<Attribute<RsaPadding>>,
}

/// How many files a wildcard may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MaxMatches {
    AtMost(usize),
    Unbounded,
}

impl MaxMatches {
    pub(crate) fn admits(self, matches: usize) -> bool {
        match self {
            Self::AtMost(limit) => matches <= limit,
            Self::Unbounded => true,
        }
    }
}

impl fmt::Display for MaxMatches {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => limit.fmt(formatter),
            Self::Unbounded => formatter.write_str("unbounded"),
        }
    }
}

/// A path with wildcards. Case does not matter, `/` and `\` are the same, as documented.
#[derive(Debug, Clone)]
pub(crate) struct PathPattern {
    text: String,
    pattern: Pattern,
}

impl PathPattern {
    /// Whether the pattern fits the whole of `path`.
    pub(crate) fn fits(&self, path: &str) -> bool {
        const OPTIONS: MatchOptions = MatchOptions {
            case_sensitive: false,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        self.pattern.matches_with(path, OPTIONS)
    }

    /// This pattern within a directory.
    pub(crate) fn within(&self, directory: &Self) -> Result<Self, ConfigurationError> {
        if directory.text == "." {
            return Ok(self.clone());
        }
        Self::read(&format!("{}/{}", directory.text, self.text)).map_err(ConfigurationError::new)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl AttributeValue for PathPattern {
    fn read(text: &str) -> Result<Self, String> {
        let text = text.replace('\\', "/");
        let is_path = text == "." || text.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
        if !is_path {
            return Err("a relative path, in which wildcards may stand".to_owned());
        }
        let pattern = Pattern::new(&text).map_err(|reason| format!("a path with wildcards ({reason})"))?;
        Ok(Self { text, pattern })
    }
}

impl AttributeValue for usize {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "a number".to_owned())
    }
}

impl AttributeValue for MaxMatches {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "unbounded" => Ok(Self::Unbounded),
            number => match number.parse() {
                Ok(limit) if limit > 0 => Ok(Self::AtMost(limit)),
                _ => Err("a number from 1, or 'unbounded'".to_owned()),
            },
        }
    }
}

impl AttributeValue for HashAlgorithm {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "sha256" => Ok(Self::Sha256),
            "sha384" => Ok(Self::Sha384),
            "sha512" => Ok(Self::Sha512),
            _ => Err("sha256, sha384 or sha512".to_owned()),
        }
    }
}

impl AttributeValue for RsaPadding {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "pkcs1" => Ok(Self::Pkcs1),
            "pss" => Ok(Self::Pss),
            _ => Err("pkcs1 or pss".to_owned()),
        }
    }
}

impl FileElement {
    /// The whole path, directories included.
    pub(crate) fn pattern(&self, values: &ParameterValues) -> Result<PathPattern, ConfigurationError> {
        let mut pattern = self.path.resolve(values)?;
        for directory in self.directories.iter().rev() {
            pattern = pattern.within(&directory.resolve(values)?)?;
        }
        Ok(pattern)
    }
}

/// What is wrong with an artifact configuration.
#[derive(Debug)]
pub(crate) struct ConfigurationError(String);

impl ConfigurationError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ConfigurationError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, path: &str) -> bool {
        PathPattern::read(pattern).unwrap().fits(path)
    }

    #[test]
    fn wildcards_are_those_of_the_documentation() {
        for (pattern, path) in [
            ("m*y", "my"),
            ("m*y", "my first pony"),
            ("th?s", "th$s"),
            ("[fb]oo", "boo"),
            ("[0-9]", "7"),
            ("[!f]oo", "$oo"),
            ("**/*.dll", "a/b/c.dll"),
            (r"Dir\*.JSON", "dir/a.json"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in
            [("th?s", "ths"), ("[!f]oo", "foo"), ("*", "a/b"), ("[!0-9]", "7"), ("a?b", "a/b")]
        {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn two_stars_stand_alone_in_their_segment() {
        let refusal = PathPattern::read("a**/b").unwrap_err();
        assert!(refusal.starts_with("a path with wildcards ("), "{refusal}");
    }

    #[test]
    fn a_directory_comes_before_the_path() {
        let file = PathPattern::read("*.json").unwrap();
        let inner = file.within(&PathPattern::read("images").unwrap()).unwrap();
        assert!(inner.fits("images/a.json") && !inner.fits("a.json"));
        assert!(file.within(&PathPattern::read(".").unwrap()).unwrap().fits("a.json"));
    }
}
