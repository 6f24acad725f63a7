//! Names of images, and what they stand for: a repository, and the digest of a manifest in it.

use std::fmt;

use oci_client::Reference;
use signpath_pkcs11::token::encoding::hexadecimal;

use crate::outcome::{Ending, Exit, Result};

/// A repository in a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Repository {
    /// Host, and port if it has one.
    pub(crate) registry: String,
    /// The name inside the registry.
    pub(crate) name: String,
}

/// The repository as cosign writes it into signatures: Docker Hub is `index.docker.io`.
impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.registry, self.name)
    }
}

/// A SHA-256 digest, `sha256:` and 64 digits in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Digest(String);

impl Digest {
    /// Reads a digest; cosign knows no other algorithm than SHA-256.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:")?;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (digits.len() == 64 && digits.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// The digest of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        Self(format!("sha256:{}", hexadecimal(digest.as_ref())))
    }

    /// With the algorithm's name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the algorithm's name.
    pub(crate) fn digits(&self) -> &str {
        self.0.trim_start_matches("sha256:")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An image, or an index of images: a manifest in a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Image {
    pub(crate) repository: Repository,
    pub(crate) digest: Digest,
}

impl fmt::Display for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.repository, self.digest)
    }
}

/// An image as somebody typed it.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) repository: Repository,
    pub(crate) version: Version,
}

/// Which manifest of a repository is meant.
#[derive(Debug, Clone)]
pub(crate) enum Version {
    Digest(Digest),
    Tag(String),
}

impl Name {
    /// Reads a name as docker and cosign do: without a host it is on Docker Hub; a digest beats a tag.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refused =
            |problem: &str| Ending::new(Exit::Configuration, format!("the image name {text:?}: {problem}"));
        let reference: Reference = text.parse().map_err(|error| refused(&format!("{error}")))?;
        let repository = Repository {
            registry: reference.resolve_registry().to_owned(),
            name: reference.repository().to_owned(),
        };
        if repository.registry == "localhost" {
            return Err(refused("docker and cosign understand it differently; write localhost:80"));
        }
        if repository.name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(refused("the name of a repository has lower-case letters only"));
        }
        let version = match reference.digest() {
            Some(digest) => Version::Digest(
                Digest::parse(digest).ok_or_else(|| refused("a digest must be sha256, in lower case"))?,
            ),
            None => Version::Tag(reference.tag().unwrap_or("latest").to_owned()),
        };
        Ok(Self { repository, version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000007";

    fn repository(text: &str) -> String {
        Name::parse(text).unwrap().repository.to_string()
    }

    #[test]
    fn a_name_without_a_host_is_on_docker_hub_under_the_name_that_cosign_writes() {
        assert_eq!(repository("ubuntu"), "index.docker.io/library/ubuntu");
        assert_eq!(repository("docker.io/acme/app:1"), "index.docker.io/acme/app");
        assert_eq!(repository("127.0.0.1:5000/app"), "127.0.0.1:5000/app");
    }

    #[test]
    fn a_digest_beats_a_tag() {
        let name = Name::parse(&format!("quay.io/acme/app:1@{DIGEST}")).unwrap();

        assert!(matches!(name.version, Version::Digest(digest) if digest.as_str() == DIGEST));
    }

    #[test]
    fn names_that_docker_or_cosign_would_not_take_are_refused() {
        for name in ["", "Acme/app", "localhost/app", "quay.io/acme app", "quay.io/app@sha256:1"] {
            assert!(Name::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn only_sha256_in_lower_case_is_a_digest() {
        assert_eq!(Digest::parse(DIGEST).unwrap().digits(), DIGEST.split_at(7).1);
        assert_eq!(Digest::parse(&DIGEST.replace("07", "0A")), None);
        assert_eq!(Digest::parse(&DIGEST.replace("sha256", "sha512")), None);
        assert!(Name::parse(&format!("quay.io/app@{}", DIGEST.replace("07", "0A"))).is_err());
    }
}
