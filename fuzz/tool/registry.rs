//! What a registry answers.

use crate::attachments::bundle;
use crate::images::Digest;
use crate::metadata::statement;
use crate::registry::manifest::{self, Index, Manifest, Stored};

fn stored(input: &[u8]) -> Stored {
    Stored { digest: Digest::of(input), bytes: input.to_owned() }
}

/// What was signed according to a bundle is always a statement in its envelope, which nothing else can be taken for.
pub(super) fn bundle(input: &[u8]) {
    for found in bundle::signatures_in(input, &Digest::of(input)) {
        let prefix = b"DSSEv1 28 application/vnd.in-toto+json ";
        assert!(found.payload.starts_with(prefix));
        if let Some(inner) = statement::of_signed_bytes(&found.payload) {
            assert_eq!(statement::signed_bytes(inner), found.payload);
        }
    }
}

/// A manifest or index that is read is written and read again with every member, those that nobody knows included.
pub(super) fn manifest(input: &[u8]) {
    let stored = stored(input);
    let descriptor = stored.descriptor();
    assert_eq!(descriptor.size, input.len() as u64);
    if let Ok(manifest) = Manifest::read(&stored) {
        let written = manifest::write(&manifest).unwrap();
        let again: Manifest = manifest::read(&written, "manifest").unwrap();
        assert_eq!(manifest::write(&again), Ok(written));
        manifest.layers.iter().for_each(|layer| drop(layer.digest()));
    }
    if let Some(index) = Index::read(&stored) {
        let written = manifest::write(&index).unwrap();
        assert!(Index::read(&self::stored(&written)).is_some());
    }
}
