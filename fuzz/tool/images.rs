//! What people type: names of images, annotations.

use crate::images::Name;
use crate::metadata::annotations::Annotations;

/// A name that is read has a repository in lower case, and is read again from the way in which it is shown.
pub(super) fn name(input: &[u8]) {
    let Ok(name) = std::str::from_utf8(input).map_err(drop).and_then(|text| Name::parse(text).map_err(drop))
    else {
        return;
    };
    assert!(!name.repository.registry.is_empty() && !name.repository.name.is_empty());
    let again = Name::parse(&name.repository.to_string()).unwrap();
    assert_eq!(again.repository, name.repository);
}

/// Every pair that is read can be written, and is read again as the same.
pub(super) fn annotations(input: &[u8]) {
    let Some(annotations) = std::str::from_utf8(input).ok().and_then(|text| text.parse::<Annotations>().ok())
    else {
        return;
    };
    for (key, value) in Annotations::merged(&[annotations]) {
        let again: Annotations = Annotations::field(&key, &value).parse().unwrap();
        assert_eq!(Annotations::merged(&[again]), [(key, value)].into());
    }
}
