//! The zip file that SignPath returns.

use std::io::Cursor;

use zip::ZipArchive;

use crate::signed_artifact::{Sent, signatures as read};

const SENT: Sent<'static> = Sent { name: "payload.json", content: b"{}" };

/// What is accepted is one signature of a bearable size, from an archive in which no name leads outside.
pub(super) fn signatures(input: &[u8]) {
    let Ok(signatures) = read(input, &[SENT]) else { return };
    assert!(signatures.len() == 1 && signatures.iter().all(|signature| signature.len() <= 4096));
    let archive = ZipArchive::new(Cursor::new(input)).unwrap();
    for name in archive.file_names() {
        let name = name.unwrap();
        let path = std::path::Path::new(name.as_ref());
        assert!(path.is_relative() && !path.components().any(|part| part.as_os_str() == ".."), "{name:?}");
    }
}
