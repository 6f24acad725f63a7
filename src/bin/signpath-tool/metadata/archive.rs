//! The archive of metadata files that SignPath signs: the names in it, and the same bytes for the same files.
//!
//! SignPath puts the signature of `NAME` beside it as `NAME.sig`, as [`crate::artifact_configuration`] tells it.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::Format;
use super::Metadata;
use crate::images::Image;
use crate::outcome::{Ending, Exit, Result};

/// Longer names are cut: file systems take 255 bytes, and the digest must fit.
const LONGEST_REPOSITORY: usize = 120;

/// The name of the only file, and the end of the name of one among several.
pub(crate) fn base_name(format: Format) -> &'static str {
    match format {
        Format::SimpleSigning => "payload.json",
        Format::Bundle => "payload.dsse",
    }
}

/// The name of an image's file among `count`: that of the image, without what file systems dislike.
pub(super) fn file_name(image: &Image, format: Format, count: usize) -> String {
    if count == 1 {
        return base_name(format).to_owned();
    }
    let plain = |character: char| if matches!(character, '/' | ':') { '_' } else { character };
    let repository: String =
        image.repository.to_string().chars().map(plain).take(LONGEST_REPOSITORY).collect();
    format!("{repository}-sha256-{}.{}", image.digest.digits(), base_name(format))
}

/// The archive.
pub(crate) fn pack(metadata: &[Metadata]) -> Result<Vec<u8>> {
    let failed =
        |error: &dyn std::fmt::Display| Ending::new(Exit::Failed, format!("packing the metadata: {error}"));
    // no time of day: the same files are the same archive
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in metadata {
        archive.start_file(file.file_name.as_str(), options).map_err(|error| failed(&error))?;
        archive.write_all(&file.content).map_err(|error| failed(&error))?;
    }
    archive.finish().map(Cursor::into_inner).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use super::*;
    use crate::images::{Digest, Repository};
    use crate::metadata::make;

    fn images(names: &[&str]) -> Vec<Image> {
        let image = |name: &&str| Image {
            repository: Repository { registry: "127.0.0.1:5000".to_owned(), name: (*name).to_owned() },
            digest: Digest::of(b""),
        };
        names.iter().map(image).collect()
    }

    #[test]
    fn one_image_has_the_bare_name_and_several_have_their_own() {
        let one = make(&images(&["acme/app"]), Format::SimpleSigning, &BTreeMap::new()).unwrap();
        let two = make(&images(&["acme/app", "acme/web"]), Format::Bundle, &BTreeMap::new()).unwrap();
        let hex = Digest::of(b"").digits().to_owned();

        assert_eq!(one[0].file_name, "payload.json");
        assert_eq!(two[0].file_name, format!("127.0.0.1_5000_acme_app-sha256-{hex}.payload.dsse"));
        assert_eq!(two[1].file_name, format!("127.0.0.1_5000_acme_web-sha256-{hex}.payload.dsse"));
    }

    #[test]
    fn the_archive_holds_the_files_and_is_the_same_each_time() {
        let metadata = make(&images(&["a", "b"]), Format::Bundle, &BTreeMap::new()).unwrap();
        let packed = pack(&metadata).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(&packed)).unwrap();

        assert_eq!(archive.len(), 2);
        for file in &metadata {
            let mut content = Vec::new();
            archive.by_name(&file.file_name).unwrap().read_to_end(&mut content).unwrap();
            assert_eq!(content, file.content);
        }
        assert_eq!(packed, pack(&metadata).unwrap());
    }
}
