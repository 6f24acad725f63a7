//! Artifacts and their configurations.

use std::collections::BTreeSet;

use crate::artifacts::archive::Archive;
use crate::artifacts::configuration::{ArtifactConfiguration, FileElement};
use crate::artifacts::template::ParameterValues;
use crate::artifacts::{parameters, xml};
use crate::generation::Generation;

/// An archive that is unpacked has paths that stay inside, each once, and is the same after packing it again.
pub(super) fn archive(input: &[u8]) {
    let Ok(archive) = Archive::read(input) else { return };
    let mut paths = BTreeSet::new();
    for file in &archive.files {
        assert!(paths.insert(file.path.to_lowercase()), "{:?} is there twice", file.path);
        assert!(file.path.split('/').all(|name| !matches!(name, "" | "." | "..")), "{:?}", file.path);
    }
    let again = Archive::read(&archive.write().unwrap()).unwrap();
    assert_eq!(again.files.len(), archive.files.len());
    for (file, other) in archive.files.iter().zip(&again.files) {
        assert!(file.path == other.path && file.bytes() == other.bytes(), "{:?}", file.path);
    }
}

/// A configuration that is read can be used, whatever values its parameters get.
pub(super) fn configuration(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for generation in [Generation::Current, Generation::Legacy] {
        if let Ok(configuration) = xml::read(text, generation) {
            use_with(&configuration, "1.0");
            use_with(&configuration, "**/[!a-z]/../*");
        }
    }
}

fn use_with(configuration: &ArtifactConfiguration, value: &str) {
    assert!(!configuration.files.is_empty());
    let given: ParameterValues =
        configuration.parameters.iter().map(|parameter| (parameter.name.clone(), value.to_owned())).collect();
    let values = parameters::values(&configuration.parameters, &given).unwrap();
    configuration.files.iter().for_each(|file| use_file(file, &values));
}

fn use_file(file: &FileElement, values: &ParameterValues) {
    let Ok(pattern) = file.pattern(values) else { return };
    for path in ["payload.json", "a/b/c.txt", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b"] {
        pattern.fits(path);
    }
    drop((file.min_matches.resolve(values), file.max_matches.resolve(values)));
    for signature in &file.signatures {
        drop(signature.hash_algorithm.resolve(values));
        assert!(!signature.output_file_name.resolve(values, "payload.json").contains('\0'));
    }
}
