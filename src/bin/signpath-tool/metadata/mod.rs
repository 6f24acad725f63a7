//! What is signed for an image: its metadata, in one of two formats. Made here, and read back, so that whoever gets
//! signed metadata from elsewhere can see what it is about.
//!
//! How signatures over it lie in a registry is the business of [`crate::attachments`].

pub(crate) mod annotations;
pub(crate) mod archive;
pub(crate) mod identities;
pub(crate) mod simple_signing;
pub(crate) mod statement;

use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::images::{Digest, Image};
use crate::outcome::{Ending, Exit, Result};

/// A format of metadata and signatures.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// What cosign 2 makes: a JSON payload, the signature in a tag of its own
    SimpleSigning,
    /// What cosign 3 makes: an in-toto statement, the signature in a Sigstore bundle
    Bundle,
}

/// The metadata of one image.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) image: Image,
    pub(crate) format: Format,
    /// Its name in the archive that SignPath signs.
    pub(crate) file_name: String,
    /// The bytes to sign.
    pub(crate) content: Vec<u8>,
}

/// Makes the metadata of images that are signed together.
pub(crate) fn make(
    images: &[Image],
    format: Format,
    annotations: &BTreeMap<String, String>,
) -> Result<Vec<Metadata>> {
    let make_one = |image: &Image| {
        let content = match format {
            Format::SimpleSigning => simple_signing::payload(image, annotations)?,
            Format::Bundle => statement::signed_bytes(&statement::statement(image, annotations)?),
        };
        let file_name = archive::file_name(image, format, images.len());
        Ok(Metadata { image: image.clone(), format, file_name, content })
    };
    images.iter().map(make_one).collect()
}

/// What some metadata says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) format: Format,
    pub(crate) digest: Digest,
    /// The repository that is named in it; cosign's own statements name none.
    pub(crate) identity: Option<String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Claim {
    /// Reads metadata of either format.
    pub(crate) fn read(content: &[u8]) -> Result<Self> {
        let claim = match statement::of_signed_bytes(content) {
            Some(statement) => statement::read(statement),
            None => simple_signing::read(content),
        };
        claim.map_err(|problem| {
            let message =
                format!("the metadata cannot be used: {problem}; make it with signpath-tool generate");
            Ending::new(Exit::IdentityRefused, message)
        })
    }

    /// Refuses metadata that is about another image than the one that was asked for.
    pub(crate) fn must_be_about(&self, image: &Image) -> Result<()> {
        let refused = |what: &str, found: &str, expected: &str| {
            let message =
                format!("the metadata is about the {what} {found}, not about {expected}; generate it again");
            Err(Ending::new(Exit::IdentityRefused, message))
        };
        let repository = image.repository.to_string();
        match &self.identity {
            Some(identity) if *identity != repository => refused("repository", identity, &repository),
            _ if self.digest != image.digest => {
                refused("digest", self.digest.as_str(), image.digest.as_str())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Repository;

    pub(super) fn image(registry: &str, name: &str) -> Image {
        let repository = Repository { registry: registry.to_owned(), name: name.to_owned() };
        Image { repository, digest: Digest::of(b"") }
    }

    fn claim(format: Format, image: &Image) -> Claim {
        let annotations = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        Claim::read(&make(std::slice::from_ref(image), format, &annotations).unwrap()[0].content).unwrap()
    }

    #[test]
    fn metadata_of_both_formats_tells_repository_digest_and_annotations() {
        for format in [Format::SimpleSigning, Format::Bundle] {
            let image = image("quay.io", "acme/app");
            let expected = Claim {
                format,
                digest: image.digest.clone(),
                identity: Some("quay.io/acme/app".to_owned()),
                annotations: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
            };
            assert_eq!(claim(format, &image), expected);
        }
    }

    #[test]
    fn metadata_about_another_repository_or_digest_is_refused() {
        for format in [Format::SimpleSigning, Format::Bundle] {
            let asked = image("quay.io", "acme/app");
            let claim = claim(format, &asked);
            let other_digest = Image { digest: Digest::of(b"other"), ..asked.clone() };

            assert_eq!(claim.must_be_about(&asked), Ok(()));
            for other in [image("quay.io", "acme/other"), image("ghcr.io", "acme/app"), other_digest] {
                assert_eq!(claim.must_be_about(&other).unwrap_err().exit(), Exit::IdentityRefused, "{other}");
            }
        }
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        for content in [&b""[..], b"{}", b"DSSEv1 28 application/vnd.in-toto+json 3 {}", b"\xff"] {
            assert_eq!(Claim::read(content).unwrap_err().exit(), Exit::IdentityRefused);
        }
    }
}
