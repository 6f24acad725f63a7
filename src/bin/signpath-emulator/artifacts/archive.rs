//! ZIP archives, whole in memory: read within limits, written with deflate.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Cursor, Read as _, Write};

use hyper::body::Bytes;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Bytes of all files together, unpacked. Far more than metadata of images, far less than a memory.
const LARGEST_CONTENT: u64 = 16 * 1024 * 1024;

/// Files of an archive.
const MOST_FILES: usize = 1_000;

/// The files of an archive in their order. Entries for directories are left out: the paths of files imply them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Archive {
    pub(crate) files: Vec<ArchivedFile>,
}

/// A file of an archive.
#[derive(Debug, Clone)]
pub(crate) struct ArchivedFile {
    /// With `/` between directories, without one at the beginning.
    pub(crate) path: String,
    pub(crate) content: Content,
}

/// What is in a file.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Bytes(Bytes),
    /// So many zeros, made while they are packed: an archive that no memory should hold unpacked.
    Zeros(u64),
}

/// Why an archive cannot be read or written.
#[derive(Debug)]
pub(crate) struct ArchiveError(String);

impl fmt::Display for ArchiveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ArchiveError {}

impl From<ZipError> for ArchiveError {
    fn from(reason: ZipError) -> Self {
        Self(format!("the ZIP archive cannot be read: {reason}"))
    }
}

impl From<io::Error> for ArchiveError {
    fn from(reason: io::Error) -> Self {
        Self(format!("the ZIP archive cannot be read: {reason}"))
    }
}

impl Archive {
    /// Unpacks an archive. Paths that lead out of it, a file that is there twice, and sizes beyond the limits are
    /// refused.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let mut packed = ZipArchive::new(Cursor::new(bytes))?;
        if packed.len() > MOST_FILES {
            return Err(ArchiveError(format!(
                "the archive has {} files, at most {MOST_FILES}",
                packed.len()
            )));
        }
        let mut archive = Self::default();
        let mut remaining = LARGEST_CONTENT;
        let mut paths = BTreeSet::new();
        for position in 0..packed.len() {
            let entry = packed.by_index(position)?;
            let path = safe_path(&entry.name()?)?;
            if entry.is_dir() {
                continue;
            }
            if !paths.insert(path.to_lowercase()) {
                return Err(ArchiveError(format!("the archive has the file '{path}' twice")));
            }
            let content = read_at_most(entry, remaining)?;
            remaining = remaining.saturating_sub(u64::try_from(content.len()).unwrap_or(u64::MAX));
            archive.files.push(ArchivedFile { path, content: Content::Bytes(content.into()) });
        }
        Ok(archive)
    }

    /// Packs the archive. Nothing in it depends on the time.
    pub(crate) fn write(&self) -> Result<Bytes, ArchiveError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut packed = ZipWriter::new(Cursor::new(Vec::new()));
        for file in &self.files {
            let is_large = file.content.length() > u64::from(u32::MAX);
            packed.start_file(file.path.as_str(), options.large_file(is_large))?;
            file.content.write_to(&mut packed)?;
        }
        Ok(packed.finish()?.into_inner().into())
    }

    /// The file at `path`, whatever its case.
    pub(crate) fn find(&self, path: &str) -> Option<&ArchivedFile> {
        let path = path.to_lowercase();
        self.files.iter().find(|file| file.path.to_lowercase() == path)
    }

    /// Adds a file at the end.
    pub(crate) fn add(&mut self, path: String, content: Vec<u8>) {
        self.files.push(ArchivedFile { path, content: Content::Bytes(content.into()) });
    }
}

impl ArchivedFile {
    /// The bytes in the file; of zeros, none.
    pub(crate) fn bytes(&self) -> Bytes {
        match &self.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Zeros(_) => Bytes::new(),
        }
    }
}

impl Content {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Zeros(length) => *length,
        }
    }

    fn write_to(&self, writer: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Bytes(bytes) => writer.write_all(bytes),
            Self::Zeros(length) => io::copy(&mut io::repeat(0).take(*length), writer).map(drop),
        }
    }
}

fn read_at_most(entry: impl io::Read, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut content = Vec::new();
    let length = entry.take(limit + 1).read_to_end(&mut content)?;
    if u64::try_from(length).is_ok_and(|length| length > limit) {
        return Err(ArchiveError(format!("the files of the archive have more than {LARGEST_CONTENT} bytes")));
    }
    Ok(content)
}

/// The path with `/` as separator. Every segment must be the name of something.
fn safe_path(name: &str) -> Result<String, ArchiveError> {
    let path = name.replace('\\', "/");
    let segments = path.strip_suffix('/').unwrap_or(&path).split('/');
    let is_safe = !path.contains('\0') && segments.into_iter().all(|name| !matches!(name, "" | "." | ".."));
    if !is_safe {
        return Err(ArchiveError(format!("'{}' is no path within the archive", name.escape_default())));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &str)]) -> Archive {
        let mut archive = Archive::default();
        for (path, content) in files {
            archive.add((*path).to_owned(), content.as_bytes().to_vec());
        }
        archive
    }

    fn refusal(files: &[(&str, &str)]) -> String {
        Archive::read(&archive(files).write().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn what_was_packed_is_unpacked_in_its_order() {
        let packed = archive(&[("b/c.txt", "two"), ("a", "")]).write().unwrap();
        let unpacked = Archive::read(&packed).unwrap();
        let files: Vec<_> = unpacked.files.iter().map(|file| (file.path.as_str(), file.bytes())).collect();
        assert_eq!(files, [("b/c.txt", "two".into()), ("a", "".into())]);
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for (path, shown) in
            [("../a", "../a"), ("/a", "/a"), ("a/../b", "a/../b"), (r"a\..\b", r"a\\..\\b"), ("./a", "./a")]
        {
            assert_eq!(refusal(&[(path, "")]), format!("'{shown}' is no path within the archive"));
        }
    }

    #[test]
    fn a_file_is_there_once_whatever_its_case() {
        assert_eq!(refusal(&[("a", "1"), ("A", "2")]), "the archive has the file 'A' twice");
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = ArchivedFile { path: "zeros".to_owned(), content: Content::Zeros(LARGEST_CONTENT + 1) };
        let packed = Archive { files: vec![bomb] }.write().unwrap();
        assert!(packed.len() < 100_000);
        let refusal = Archive::read(&packed).unwrap_err().to_string();
        assert_eq!(refusal, "the files of the archive have more than 16777216 bytes");
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let refusal = Archive::read(b"no archive").unwrap_err().to_string();
        assert!(refusal.starts_with("the ZIP archive cannot be read: "), "{refusal}");
    }
}
