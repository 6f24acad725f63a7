//! PKCS#11 URIs, as people paste them.

use crate::pkcs11_uri::Pkcs11Uri;

/// What is read has the same attributes when it is written and read again, and is written the same way twice.
pub(super) fn uri(input: &[u8]) {
    let Some(uri) = std::str::from_utf8(input).ok().and_then(|text| Pkcs11Uri::read(text).ok()) else {
        return;
    };
    let written = uri.to_string();
    let again = Pkcs11Uri::read(&written).unwrap_or_else(|reason| panic!("{written}: {reason}"));
    let attributes = |uri: &Pkcs11Uri| -> Vec<_> {
        let all = uri.path.iter().chain(&uri.query);
        all.map(|attribute| (attribute.name.clone(), attribute.value.clone())).collect()
    };
    assert_eq!(attributes(&again), attributes(&uri), "{written}");
    assert_eq!(again.to_string(), written);
}
