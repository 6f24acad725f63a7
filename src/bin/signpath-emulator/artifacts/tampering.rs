//! Signed artifacts that a client must refuse: made on purpose, in place of the right one.

use hyper::body::Bytes;
use serde::Deserialize;

use super::archive::{Archive, Content};
use super::processing::{Artifact, Processing, ProcessingError, SignedArtifact};

/// Unpacked, far more than a client should take.
const BOMB_LENGTH: u64 = 64 * 1024 * 1024;

/// What is wrong with the signed artifact that a client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ArtifactTampering {
    #[default]
    #[serde(skip)]
    None,
    /// Files under other names, signed properly.
    WrongFile,
    /// The submitted files are changed, and the signatures are over the changed ones.
    ChangedFile,
    /// Signatures by another key.
    OtherKey,
    /// The right key signed other bytes.
    OtherBytes,
    /// The submitted files without signatures.
    NoSignature,
    /// The first half of the archive.
    Truncated,
    /// Signatures under paths that lead out of the archive.
    ParentPath,
    /// Signatures that unpack to more than a client should take.
    Bomb,
}

impl ArtifactTampering {
    /// The bytes that a client gets in place of the archive that `processing` makes.
    ///
    /// For [`Self::OtherKey`] the caller has put another key into `processing`.
    pub(crate) fn apply(
        self,
        mut processing: Processing<'_>,
        artifact: &Artifact,
    ) -> Result<Bytes, ProcessingError> {
        match self {
            Self::None | Self::OtherKey | Self::Truncated => {}
            Self::OtherBytes => processing.signer.signed_bytes = altered,
            Self::ChangedFile => {
                return Ok(processing.archive(changed(Archive::read(&artifact.bytes)?))?.archive.write()?);
            }
            Self::NoSignature => return Ok(Archive::read(&artifact.bytes)?.write()?),
            Self::WrongFile | Self::ParentPath | Self::Bomb => {}
        }
        let signed = processing.artifact(artifact)?;
        let packed = self.repacked(signed).write()?;
        Ok(if self == Self::Truncated { packed.slice(..packed.len() / 2) } else { packed })
    }

    fn repacked(self, signed: SignedArtifact) -> Archive {
        let SignedArtifact { mut archive, files } = signed;
        let is_signature = |path: &str| {
            files.iter().flat_map(|file| &file.signatures).any(|signature| signature.path == path)
        };
        for file in &mut archive.files {
            match self {
                Self::WrongFile => file.path = format!("other-{}", file.path),
                Self::ParentPath if is_signature(&file.path) => file.path = format!("../{}", file.path),
                Self::Bomb if is_signature(&file.path) => file.content = Content::Zeros(BOMB_LENGTH),
                _ => {}
            }
        }
        archive
    }
}

fn changed(mut archive: Archive) -> Archive {
    for file in &mut archive.files {
        file.content = Content::Bytes(altered(&file.bytes()));
    }
    archive
}

/// Other bytes, of which nothing but a comparison tells that they are others.
fn altered(bytes: &Bytes) -> Bytes {
    [bytes.as_ref(), b" "].concat().into()
}
