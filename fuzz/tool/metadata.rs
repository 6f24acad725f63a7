//! Metadata of images, which may come from anybody.

use crate::images::{Image, Repository};
use crate::metadata::{Claim, make, statement};

/// What is read is written and read again as the same; and no other bytes pass for the statement that was signed.
pub(super) fn claim(input: &[u8]) {
    if let Some(inner) = statement::of_signed_bytes(input) {
        assert_eq!(statement::signed_bytes(inner), input);
    }
    let Ok(claim) = Claim::read(input) else { return };
    let Some((registry, name)) = claim.identity.as_deref().and_then(|identity| identity.split_once('/'))
    else {
        return;
    };
    let repository = Repository { registry: registry.to_owned(), name: name.to_owned() };
    let image = Image { repository, digest: claim.digest.clone() };
    assert_eq!(claim.must_be_about(&image), Ok(()));
    let made = make(std::slice::from_ref(&image), claim.format, &claim.annotations).unwrap();
    assert_eq!(Claim::read(&made.first().unwrap().content), Ok(claim));
}
