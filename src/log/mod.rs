//! The log: one line an event, to standard error and to a file, each with a level of its own.
//!
//! Logging never fails and never stops a signature: what cannot be written is dropped. What may be said (no token,
//! no PIN) is the business of those who say it. How bytes reach standard error without raising a signal in the host
//! is the door's business: it hands in a [`Console`].

mod file;

use std::path::PathBuf;
use std::time::SystemTime;

use x509_cert::der::DateTime;

use crate::config::{Configuration, LogLevel, OutputStream, settings};
use crate::error::{Code, Notice, one_line};

/// Where console lines go.
pub trait Console: Send + Sync {
    /// Writes one line, its end included. Must not fail, panic or raise a signal.
    fn write(&self, line: &[u8]);
}

/// Both logs.
pub struct Log {
    console_level: LogLevel,
    console: Box<dyn Console>,
    file_level: LogLevel,
    file: file::LogFile,
}

impl Log {
    /// Sets the levels; no file is touched before the first line that goes there.
    pub fn new(configuration: &Configuration, console: Box<dyn Console>) -> Self {
        let directory = match configuration.source(&settings::LOG_FILE_DIRECTORY) {
            Some(_) => configuration.get_or_default(&settings::LOG_FILE_DIRECTORY),
            None => None,
        };
        let former = configuration
            .source(&settings::LOG_LEVEL)
            .and_then(|_| configuration.get_or_default(&settings::LOG_LEVEL));
        let level = |setting, fallback| match configuration.source(setting) {
            None => former.unwrap_or(fallback),
            Some(_) => configuration.get_or_default(setting).unwrap_or(fallback),
        };
        Self {
            console_level: level(&settings::LOG_CONSOLE_LEVEL, LogLevel::Error),
            console,
            file_level: level(&settings::LOG_FILE_LEVEL, LogLevel::Info),
            file: file::LogFile::new(directory),
        }
    }

    /// Says what is wrong with the configuration, of the log's own settings too.
    pub fn report(&self, configuration: &Configuration) {
        for warning in configuration.warnings() {
            self.warning(warning);
        }
        if configuration.get_or_default(&settings::LOG_CONSOLE_OUTPUT_STREAM) == Some(OutputStream::Stdout) {
            let text = "Log.Console.OutputStream is stdout, which belongs to the host program; using stderr";
            self.warning(&Notice::new(Code::StandardOutputUnusable, text));
        }
        let own = [&settings::LOG_CONSOLE_LEVEL, &settings::LOG_FILE_LEVEL, &settings::LOG_LEVEL];
        let levels = own.into_iter().filter_map(|setting| configuration.get(setting).err());
        let directory = configuration.get(&settings::LOG_FILE_DIRECTORY).err();
        let stream = configuration.get(&settings::LOG_CONSOLE_OUTPUT_STREAM).err();
        for failure in levels.chain(directory).chain(stream).filter(|_| !configuration.is_unusable()) {
            self.error(&failure.notice());
        }
    }

    /// The folder of the log file, which is made if need be; `None` if no file is written.
    ///
    /// # Errors
    ///
    /// Why no file can be written.
    pub fn folder(&self) -> Result<Option<PathBuf>, Notice> {
        if self.file_level == LogLevel::None { Ok(None) } else { self.file.folder().map(Some) }
    }

    /// A call failed, and a person can do something about it.
    pub fn error(&self, notice: &Notice) {
        self.write(LogLevel::Error, &notice.to_string());
    }

    /// Something needs attention; the call goes on.
    pub fn warning(&self, notice: &Notice) {
        self.write(LogLevel::Warning, &notice.to_string());
    }

    /// A login, a listing, a signature.
    pub fn info(&self, message: &str) {
        self.write(LogLevel::Info, message);
    }

    /// A call; the message is made only if someone wants it.
    pub fn debug(&self, message: impl FnOnce() -> String) {
        if LogLevel::Debug <= self.console_level.max(self.file_level) {
            self.write(LogLevel::Debug, &message());
        }
    }

    fn write(&self, level: LogLevel, message: &str) {
        let message = one_line(message);
        if level <= self.console_level {
            self.console.write(format!("signpath-pkcs11: {}: {message}\n", level.word()).as_bytes());
        }
        if level <= self.file_level {
            let process = std::process::id();
            let line = format!("{} {process} {} {message}\n", now(), level.word());
            if let Err(problem) = self.file.append(line.as_bytes()) {
                self.console_only(LogLevel::Warning, &problem.to_string());
            }
        }
    }

    fn console_only(&self, level: LogLevel, message: &str) {
        if level <= self.console_level {
            self.console.write(format!("signpath-pkcs11: {}: {message}\n", level.word()).as_bytes());
        }
    }
}

/// The time in UTC, to the millisecond, as RFC 3339 writes it.
fn now() -> String {
    let now = SystemTime::now();
    let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = DateTime::from_system_time(now).map(|time| time.to_string()).unwrap_or_default();
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), since_epoch.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_to_the_millisecond() {
        let now = now();

        assert_eq!(now.len(), "2026-11-22T00:14:32.123Z".len(), "{now}");
        assert!(now.ends_with('Z') && now.as_bytes()[10] == b'T' && now.as_bytes()[19] == b'.', "{now}");
    }
}
