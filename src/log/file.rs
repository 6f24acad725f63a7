//! The log file: SignPath's name, at most 10 MB, five old copies, several processes writing.
//!
//! Each line is one append, which the kernel does not mix with another's. Only rotation needs a lock, and that lock
//! is never waited for long: a log must not hang a release. The folder must belong to the user and must not be a
//! link; `/tmp` is everybody's, and a file that someone else prepared there is not ours to write to.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, Stat, flock, fstat, openat, renameat, statat};

use crate::error::{Code, Notice};

const NAME: &str = "SignPath.CryptoProviders.Cryptoki";
const LARGEST_FILE: i64 = 10_000_000;
const OLD_COPIES: u32 = 5;
const DEFAULT_DIRECTORY: &str = "/tmp/SignPathLogs";

/// The file, opened at the first line.
pub(super) struct LogFile {
    configured: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    /// That lines are dropped is said once; each line tries anew, disks and descriptors become free again.
    told: bool,
}

struct Open {
    directory: File,
    file: File,
}

impl LogFile {
    /// A file in the configured folder, or in the default one.
    pub(super) fn new(configured: Option<PathBuf>) -> Self {
        Self { configured, state: Mutex::default() }
    }

    /// Appends one line. The error, which is for the console, comes once.
    pub(super) fn append(&self, line: &[u8]) -> Result<(), Notice> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = state.open.take().map_or_else(|| self.open(), Ok).and_then(|open| open.append(line));
        match written {
            Ok(open) => state.open = Some(open),
            Err(problem) if !std::mem::replace(&mut state.told, true) => return Err(problem),
            Err(_) => {}
        }
        Ok(())
    }

    /// The folder in which lines are written.
    pub(super) fn folder(&self) -> Result<PathBuf, Notice> {
        self.open_somewhere().map(|(folder, _)| folder)
    }

    fn open(&self) -> Result<Open, Notice> {
        self.open_somewhere().map(|(_, open)| open)
    }

    fn open_somewhere(&self) -> Result<(PathBuf, Open), Notice> {
        let at = |folder: PathBuf| Open::in_directory(&folder).map(|open| (folder, open));
        let own = || PathBuf::from(format!("{DEFAULT_DIRECTORY}-{}", rustix::process::geteuid().as_raw()));
        match &self.configured {
            Some(directory) => at(directory.clone()),
            None => at(PathBuf::from(DEFAULT_DIRECTORY)).or_else(|_| at(own())),
        }
    }
}

impl Open {
    fn in_directory(path: &Path) -> Result<Self, Notice> {
        let refused = |problem: String| {
            let text = format!("no log file is written: {}: {problem}", path.display());
            Notice::new(Code::LogFileUnusable, text)
        };
        let directory = own_directory(path).map_err(refused)?;
        let file = open_file(&directory).map_err(|error| refused(error.to_string()))?;
        Ok(Self { directory, file })
    }

    fn append(mut self, line: &[u8]) -> Result<Self, Notice> {
        let written = self.try_append(line);
        written.map(|()| self).map_err(|error| {
            Notice::new(Code::LogFileNotWritten, format!("the log file cannot be written: {error}"))
        })
    }

    fn try_append(&mut self, line: &[u8]) -> io::Result<()> {
        if !self.is_current()? {
            self.file = open_file(&self.directory)?;
        }
        if fstat(&self.file)?.st_size >= LARGEST_FILE {
            self.rotate()?;
        }
        self.file.write_all(line)
    }

    /// Whether the open file still has the log's name: another process may have rotated, or an administrator deleted.
    fn is_current(&self) -> io::Result<bool> {
        let ours = fstat(&self.file)?;
        let named = statat(&self.directory, file_name(0), AtFlags::SYMLINK_NOFOLLOW);
        Ok(named.is_ok_and(|named| (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)))
    }

    fn rotate(&mut self) -> io::Result<()> {
        let _lock = match Lock::of(&self.directory) {
            Some(lock) => lock,
            None => return Ok(()),
        };
        if self.is_current()? {
            for number in (0..OLD_COPIES).rev() {
                // a copy that does not exist yet has no successor
                let _ = renameat(&self.directory, file_name(number), &self.directory, file_name(number + 1));
            }
        }
        self.file = open_file(&self.directory)?;
        Ok(())
    }
}

/// The lock on the folder. A descriptor that a fork inherited can keep it for ever, so nobody waits for it for long:
/// who does not get it appends to the large file.
struct Lock<'a>(&'a File);

impl<'a> Lock<'a> {
    fn of(directory: &'a File) -> Option<Self> {
        for _ in 0..20 {
            if flock(directory, FlockOperation::NonBlockingLockExclusive).is_ok() {
                return Some(Self(directory));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}

/// Opens a folder, creating it if need be, and refuses it if it is a link or someone else's.
fn own_directory(path: &Path) -> Result<File, String> {
    if let Some(parent) = path.parent() {
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(parent);
    }
    let _ = DirBuilder::new().mode(0o700).create(path);
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let directory = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
        rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR => "it is a link or not a folder".to_owned(),
        other => other.to_string(),
    })?;
    let owner = fstat(&directory).map_err(|error| error.to_string())?.st_uid;
    let user = rustix::process::geteuid().as_raw();
    if owner != user {
        return Err(format!(
            "it belongs to user {owner}, this process runs as user {user}; set Log.File.Directory"
        ));
    }
    Ok(File::from(directory))
}

/// Opens the log itself; a link, a device, another's file or one with a second name is refused.
fn open_file(directory: &File) -> io::Result<File> {
    let flags = OFlags::WRONLY
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::CLOEXEC
        | OFlags::NONBLOCK;
    let file = File::from(openat(directory, file_name(0), flags, Mode::RUSR | Mode::WUSR)?);
    if is_own_plain_file(&fstat(&file)?) {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "the log file is not a plain file of ours"))
    }
}

fn is_own_plain_file(status: &Stat) -> bool {
    let is_plain = rustix::fs::FileType::from_raw_mode(status.st_mode) == rustix::fs::FileType::RegularFile;
    is_plain && status.st_nlink <= 1 && status.st_uid == rustix::process::geteuid().as_raw()
}

/// The name of the log (number 0) or of an old copy.
fn file_name(number: u32) -> String {
    match number {
        0 => format!("{NAME}.txt"),
        number => format!("{NAME}.{number}.txt"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn named(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("signpath-log-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }
        fn text(&self, number: u32) -> String {
            fs::read_to_string(self.0.join(file_name(number))).unwrap_or_default()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_first_line_creates_a_folder_and_a_file_for_the_owner_alone() {
        let folder = Folder::named("create");
        LogFile::new(Some(folder.0.clone())).append(b"one\n").unwrap();

        assert_eq!(folder.text(0), "one\n");
        assert_eq!(fs::metadata(&folder.0).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(folder.0.join(file_name(0))).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_that_is_a_link_is_refused_once_and_not_followed() {
        let (target, link) = (Folder::named("target"), Folder::named("link"));
        fs::create_dir(&target.0).unwrap();
        symlink(&target.0, &link.0).unwrap();
        let file = LogFile::new(Some(link.0.clone()));

        let text = format!("no log file is written: {}: it is a link or not a folder", link.0.display());
        let expected = Notice::new(Code::LogFileUnusable, text);
        assert_eq!(file.append(b"one\n"), Err(expected));
        assert_eq!(file.append(b"two\n"), Ok(()));
        assert_eq!(target.text(0), "");
        fs::remove_file(&link.0).unwrap();
    }

    #[test]
    fn a_log_file_that_is_a_link_is_not_followed() {
        let folder = Folder::named("file-link");
        fs::create_dir(&folder.0).unwrap();
        let victim = folder.0.join("victim");
        fs::write(&victim, "").unwrap();
        symlink(&victim, folder.0.join(file_name(0))).unwrap();

        assert!(LogFile::new(Some(folder.0.clone())).append(b"one\n").is_err());
        assert_eq!(fs::read_to_string(victim).unwrap(), "");
    }

    #[test]
    fn a_log_file_with_a_second_name_is_refused() {
        let folder = Folder::named("hard-link");
        fs::create_dir(&folder.0).unwrap();
        let victim = folder.0.join("victim");
        fs::write(&victim, "").unwrap();
        fs::hard_link(&victim, folder.0.join(file_name(0))).unwrap();

        assert!(LogFile::new(Some(folder.0.clone())).append(b"one\n").is_err());
        assert_eq!(fs::read_to_string(victim).unwrap(), "");
    }

    #[test]
    fn what_could_not_be_written_once_is_tried_again_with_the_next_line() {
        let folder = Folder::named("again");
        fs::write(&folder.0, "in the way").unwrap();
        let log = LogFile::new(Some(folder.0.clone()));
        assert!(log.append(b"one\n").is_err());
        fs::remove_file(&folder.0).unwrap();
        log.append(b"two\n").unwrap();

        assert_eq!(folder.text(0), "two\n");
    }

    #[test]
    fn a_file_of_ten_megabytes_is_rotated_and_five_old_copies_stay() {
        let folder = Folder::named("rotate");
        let log = LogFile::new(Some(folder.0.clone()));
        for number in 0..8 {
            log.append(format!("first line {number}\n").as_bytes()).unwrap();
            fs::File::options()
                .append(true)
                .open(folder.0.join(file_name(0)))
                .unwrap()
                .set_len(10_000_000)
                .unwrap();
        }
        log.append(b"last\n").unwrap();

        assert_eq!(folder.text(0), "last\n");
        for (copy, number) in [(1, 7), (2, 6), (3, 5), (4, 4), (5, 3)] {
            assert!(folder.text(copy).starts_with(&format!("first line {number}\n")), "copy {copy}");
        }
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 6);
    }

    #[test]
    fn a_writer_follows_when_another_one_rotates() {
        let folder = Folder::named("follow");
        let (one, two) = (LogFile::new(Some(folder.0.clone())), LogFile::new(Some(folder.0.clone())));
        one.append(b"one\n").unwrap();
        two.append(b"two\n").unwrap();
        fs::File::options()
            .append(true)
            .open(folder.0.join(file_name(0)))
            .unwrap()
            .set_len(10_000_000)
            .unwrap();
        one.append(b"three\n").unwrap();
        two.append(b"four\n").unwrap();

        assert_eq!(folder.text(0), "three\nfour\n");
    }
}
