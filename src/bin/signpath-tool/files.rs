//! Files that the command line names.

use std::io::Read;
use std::path::Path;

use crate::outcome::{Ending, Exit, Result};

/// Nothing that is read here is anywhere near as large.
const LARGEST: u64 = 16 << 20;

/// Reads a file; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let read = if path == Path::new("-") { limited(std::io::stdin()) } else { open_and_read(path) };
    let bytes = read.map_err(|error| cannot("reading", path, &error))?;
    if bytes.len() as u64 > LARGEST {
        let message =
            format!("reading {}: it has more than {LARGEST} bytes; is it the right file?", path.display());
        return Err(Ending::new(Exit::Configuration, message));
    }
    Ok(bytes)
}

/// Reads a file of text.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|error| cannot("reading", path, &error))
}

/// Writes a file.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    std::fs::write(path, content).map_err(|error| cannot("writing", path, &error))
}

/// Refuses a path that cannot be written, or that is the file that is read, before anything is done.
pub(crate) fn must_be_writable(path: &Path, input: &Path) -> Result<()> {
    let is_input = |path: std::path::PathBuf| std::fs::canonicalize(input).is_ok_and(|input| input == path);
    if std::fs::canonicalize(path).is_ok_and(is_input) {
        return Err(cannot("writing", path, &"it is the file that is read"));
    }
    let is_new = !path.exists();
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
    opened.map_err(|error| cannot("writing", path, &error))?;
    if is_new { std::fs::remove_file(path).map_err(|error| cannot("writing", path, &error)) } else { Ok(()) }
}

fn open_and_read(path: &Path) -> std::io::Result<Vec<u8>> {
    limited(std::fs::File::open(path)?)
}

fn limited(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn cannot(what: &str, path: &Path, error: &dyn std::fmt::Display) -> Ending {
    Ending::new(Exit::Configuration, format!("{what} {}: {error}", path.display()))
}
