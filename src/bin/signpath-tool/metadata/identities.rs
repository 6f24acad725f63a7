//! Which repositories are allowed: patterns from the command line and from files.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::files;
use crate::images::Repository;
use crate::outcome::{Ending, Exit, Result};

/// Which images are allowed.
#[derive(Args, Debug)]
pub(crate) struct IdentityOptions {
    /// Refuse images of other repositories: `*` is part of a name, `**` several; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) allow_identity: Vec<Pattern>,

    /// The same from a file, one pattern a line
    #[arg(long, value_name = "FILE")]
    pub(crate) allow_identity_file: Vec<PathBuf>,
}

/// A pattern of repositories, such as `ghcr.io/acme/*`: `*` is any part of a name up to the next slash, `**` any part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let text = text.trim();
        if !text.contains('/') || text.contains('@') || text.chars().any(char::is_whitespace) {
            return Err(format!(
                "{text:?} is no repository; write it with its registry, as in ghcr.io/acme/*"
            ));
        }
        // the other name of Docker Hub, which people write
        let hub = text.strip_prefix("docker.io/").map(|name| format!("index.docker.io/{name}"));
        Ok(Self(hub.unwrap_or_else(|| text.to_owned())))
    }
}

impl Pattern {
    fn matches(&self, repository: &str) -> bool {
        matches(self.0.as_bytes(), repository.as_bytes())
    }
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', b'*', rest @ ..], _) => {
            matches(rest, text) || text.split_first().is_some_and(|(_, after)| matches(pattern, after))
        }
        ([b'*', rest @ ..], _) => {
            let goes_on = |(first, after): (&u8, &[u8])| *first != b'/' && matches(pattern, after);
            matches(rest, text) || text.split_first().is_some_and(goes_on)
        }
        ([wanted, rest @ ..], [found, after @ ..]) => wanted == found && matches(rest, after),
        _ => false,
    }
}

/// All patterns; where there is none, everything is allowed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identities(Vec<Pattern>);

impl Identities {
    /// Those of the command line, and those of the files that it names. A file without a pattern allows nothing, and
    /// is a mistake.
    pub(crate) fn of(options: &IdentityOptions) -> Result<Self> {
        let mut patterns = options.allow_identity.clone();
        for path in &options.allow_identity_file {
            let refused = |problem: String| {
                let message = format!("reading --allow-identity-file {}: {problem}", path.display());
                Ending::new(Exit::Configuration, message)
            };
            let before = patterns.len();
            for line in meaningful_lines(&files::read_text(path)?) {
                patterns.push(line.parse().map_err(refused)?);
            }
            if patterns.len() == before {
                return Err(refused("it holds no pattern".to_owned()));
            }
        }
        Ok(Self(patterns))
    }

    /// Refuses a repository that no pattern allows.
    pub(crate) fn check(&self, repository: &Repository) -> Result<()> {
        let repository = repository.to_string();
        if self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(&repository)) {
            return Ok(());
        }
        let patterns: Vec<&str> = self.0.iter().map(|pattern| pattern.0.as_str()).collect();
        let message =
            format!("{repository} is not allowed; allowed is {} (--allow-identity)", patterns.join(", "));
        Err(Ending::new(Exit::IdentityRefused, message))
    }
}

/// Lines without comments and without empty ones.
fn meaningful_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, repository: &str) -> bool {
        pattern.parse::<Pattern>().unwrap().matches(repository)
    }

    #[test]
    fn one_star_ends_at_a_slash_and_two_do_not() {
        assert!(allows("ghcr.io/acme/*", "ghcr.io/acme/app"));
        assert!(!allows("ghcr.io/acme/*", "ghcr.io/acme/team/app"));
        assert!(allows("ghcr.io/acme/**", "ghcr.io/acme/team/app"));
        assert!(!allows("ghcr.io/acme/**", "ghcr.io/acme-evil/app"));
        assert!(allows("*.example.com/app", "eu.example.com/app"));
        assert!(!allows("ghcr.io/acme/app", "ghcr.io/acme/app2"));
    }

    #[test]
    fn docker_hub_is_meant_by_both_of_its_names() {
        assert!(allows("docker.io/acme/*", "index.docker.io/acme/app"));
        assert!(allows("index.docker.io/acme/*", "index.docker.io/acme/app"));
    }

    #[test]
    fn a_pattern_without_a_registry_is_refused() {
        for text in ["acme", "", "ghcr.io/acme@sha256:1", "ghcr.io/a b"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn comments_and_empty_lines_are_no_patterns() {
        let lines: Vec<&str> = meaningful_lines("# ours\n\n ghcr.io/acme/* \r\nquay.io/acme/app\n").collect();

        assert_eq!(lines, ["ghcr.io/acme/*", "quay.io/acme/app"]);
    }
}
