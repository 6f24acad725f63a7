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
