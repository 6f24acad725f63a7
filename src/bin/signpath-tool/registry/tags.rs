//! Tags that several writers add to: the signatures of an image, and the list of what refers to it.
//!
//! A registry has no locks and no conditional writes, so whoever writes such a tag may overwrite what another one added
//! between our reading and writing. Each addition is therefore looked for again after a while, longer than any writer
//! should need between its reading and its writing, and repeated if it is gone.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::Registry;
use super::manifest::Stored;
use crate::images::Digest;
use crate::outcome::{Ending, Exit, Result};

/// Additions are overwritten only while others write; this many times in a row means that something else is wrong.
const MOST_ATTEMPTS: usize = 12;

/// How long other writers may need: this many times what we needed, within these limits.
const PATIENCE: u32 = 5;
const SHORTEST_WAIT: Duration = Duration::from_millis(800);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Something that belongs under a tag, beside what is there.
pub(crate) trait Addition {
    /// The media type of what lies under the tag.
    const MEDIA_TYPE: &'static str;

    /// Whether it is there.
    fn is_in(&self, current: &Stored) -> Result<bool>;

    /// The manifest with it; blobs that the manifest needs are pushed.
    async fn added_to(&self, current: Option<&Stored>, registry: &Registry) -> Result<Vec<u8>>;
}

/// The tag with the signatures of an image in the format of cosign 2.
pub(crate) fn of_signatures(digest: &Digest) -> String {
    format!("sha256-{}.sig", digest.digits())
}

/// The tag that lists what refers to a manifest, where the registry does not (distribution-spec 1.1, "Referrers Tag
/// Schema").
pub(crate) fn of_referrers(digest: &Digest) -> String {
    format!("sha256-{}", digest.digits())
}

/// Adds something, and makes sure that it stays; the digest of what lies under the tag then.
pub(crate) async fn add<A: Addition>(registry: &Registry, tag: &str, addition: &A) -> Result<Digest> {
    for attempt in 0..MOST_ATTEMPTS {
        let current = registry.manifest(tag).await?;
        if let Some(current) = &current
            && addition.is_in(current)?
        {
            return Ok(current.digest.clone());
        }
        let manifest = addition.added_to(current.as_ref(), registry).await?;
        // making it took requests of its own; from here on, there is only one
        let begun = Instant::now();
        if digest(registry.manifest(tag).await?) == digest(current) {
            registry.push_manifest(tag, A::MEDIA_TYPE, &manifest).await?;
            tokio::time::sleep(wait(begun.elapsed(), share(attempt))).await;
        }
    }
    Err(lost(tag))
}

fn digest(stored: Option<Stored>) -> Option<Digest> {
    stored.map(|stored| stored.digest)
}

fn wait(needed: Duration, share: f64) -> Duration {
    let wait = (needed * PATIENCE).clamp(SHORTEST_WAIT, LONGEST_WAIT);
    wait + (wait / 2).mul_f64(share)
}

/// What of the spread a wait takes, from 0 to 1: not the same for two writers that began together, or they would meet
/// again and again. One writer's tags are different ones and need not wait for the longest of many draws, so that all
/// of them begin with the same share.
fn share(attempt: usize) -> f64 {
    static FIRST: LazyLock<f64> = LazyLock::new(random);
    if attempt == 0 { *FIRST } else { random() }
}

fn random() -> f64 {
    let mut random = [0; 1];
    // without it, the wait is only less spread
    let _ = aws_lc_rs::rand::fill(&mut random);
    f64::from(random[0]) / 255.0
}

fn lost(tag: &str) -> Ending {
    let message = format!(
        "the tag {tag} was overwritten {MOST_ATTEMPTS} times without what was added; attach again when nobody else \
         writes it"
    );
    Ending::new(Exit::Registry, message)
}
