//! What SignPath returned for a signing request: a zip file that is not trusted.
//!
//! Read are only the signatures that were asked for, by name, each within a limit; a file that is missing, changed or
//! too large, or a name that leads outside, refuses the whole.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::outcome::{Ending, Exit, Result};

/// The largest answer that is fetched, in bytes: the files that were sent and their signatures are far smaller.
pub(crate) const LARGEST: usize = 64 << 20;

/// No signature is larger; an RSA-16384 key makes 2,048 bytes.
const LARGEST_SIGNATURE: u64 = 4096;

/// More entries than this no signing request of ours has.
const MOST_ENTRIES: usize = 10_000;

/// A file as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent<'a> {
    pub(crate) name: &'a str,
    pub(crate) content: &'a [u8],
}

/// The raw signatures of the files that were sent, in their order. Each is a file with `.sig` behind the name.
pub(crate) fn signatures(zip: &[u8], sent: &[Sent<'_>]) -> Result<Vec<Vec<u8>>> {
    let mut archive =
        ZipArchive::new(Cursor::new(zip)).map_err(|error| refused(&format!("no zip file: {error}")))?;
    check_names(&archive)?;
    sent.iter()
        .map(|file| {
            check_unchanged(&mut archive, file)?;
            read(&mut archive, &format!("{}.sig", file.name), LARGEST_SIGNATURE)
        })
        .collect()
}

fn check_names(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<()> {
    if archive.len() > MOST_ENTRIES {
        return Err(refused(&format!("it has {} entries, more than {MOST_ENTRIES}", archive.len())));
    }
    for name in archive.file_names() {
        let name = name.map_err(|error| refused(&format!("a name in it: {error}")))?;
        if leads_outside(&name) {
            return Err(refused(&format!("the name {name:?} in it leads outside")));
        }
    }
    Ok(())
}

fn leads_outside(name: &str) -> bool {
    let climbs = name.split(['/', '\\']).any(|part| part == "..");
    climbs || name.starts_with(['/', '\\']) || name.contains(':')
}

/// SignPath keeps the files that it signs: one that is another now means that another was signed.
fn check_unchanged(archive: &mut ZipArchive<Cursor<&[u8]>>, file: &Sent<'_>) -> Result<()> {
    if archive.index_for_name(file.name).is_none() {
        return Ok(());
    }
    let returned = read(archive, file.name, file.content.len() as u64)?;
    if returned == file.content {
        Ok(())
    } else {
        Err(refused(&format!(
            "{} in it is not what was sent; images, annotations and format must be those of the submission",
            file.name
        )))
    }
}

/// Reads an entry; what its header says of its size is not believed.
fn read(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, largest: u64) -> Result<Vec<u8>> {
    let entry = archive.by_name(name).map_err(|error| refused(&format!("{name} in it: {error}")))?;
    let mut content = Vec::new();
    let read = entry.take(largest + 1).read_to_end(&mut content);
    read.map_err(|error| refused(&format!("{name} in it: {error}")))?;
    if content.len() as u64 > largest {
        return Err(refused(&format!("{name} in it is larger than {largest} bytes")));
    }
    Ok(content)
}

fn refused(why: &str) -> Ending {
    let message = format!(
        "the signed artifact is refused: {why}; compare the artifact configuration with `signpath-tool \
         artifact-configuration`"
    );
    Ending::new(Exit::NotVerified, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const SENT: Sent<'static> = Sent { name: "payload.json", content: b"{}" };

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn refusal(zip: &[u8]) -> String {
        let ending = signatures(zip, &[SENT]).unwrap_err();
        assert_eq!(ending.exit(), Exit::NotVerified);
        let message = ending.to_string();
        let (_, why) = message.split_once("refused: ").unwrap();
        why.split("; compare the artifact").next().unwrap().to_owned()
    }

    #[test]
    fn signatures_are_read_by_the_names_of_the_files_with_and_without_those_files() {
        let with = zip(&[("payload.json", b"{}"), ("payload.json.sig", b"signature")]);

        assert_eq!(signatures(&with, &[SENT]), Ok(vec![b"signature".to_vec()]));
        assert_eq!(signatures(&zip(&[("payload.json.sig", b"s")]), &[SENT]), Ok(vec![b"s".to_vec()]));
    }

    #[test]
    fn a_changed_file_refuses_the_whole() {
        let changed = zip(&[("payload.json", b"[]"), ("payload.json.sig", b"signature")]);

        assert_eq!(
            refusal(&changed),
            "payload.json in it is not what was sent; images, annotations and format must be those of the submission"
        );
    }

    #[test]
    fn a_name_that_leads_outside_refuses_the_whole() {
        for name in ["../payload.json.sig", "a/../../b", "/etc/cron.d/x", "..\\x", "C:\\x"] {
            let leading = zip(&[("payload.json.sig", b"signature"), (name, b"")]);

            assert_eq!(refusal(&leading), format!("the name {name:?} in it leads outside"));
        }
    }

    #[test]
    fn a_signature_of_millions_of_bytes_is_not_unpacked() {
        let bomb = zip(&[("payload.json.sig", &vec![0; 32 << 20])]);

        assert_eq!(refusal(&bomb), "payload.json.sig in it is larger than 4096 bytes");
    }

    #[test]
    fn a_cut_file_and_one_that_is_no_zip_are_refused() {
        let whole = zip(&[("payload.json.sig", b"signature")]);

        assert!(refusal(whole.split_at(whole.len() / 2).0).starts_with("no zip file: "));
        assert!(refusal(b"<html>").starts_with("no zip file: "));
        assert!(refusal(&zip(&[("payload.json", b"{}")])).starts_with("payload.json.sig in it: "));
    }
}
