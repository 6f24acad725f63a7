//! Messages for people, on standard error: plain lines in a pipeline, a moving line on a terminal.

use std::io::{IsTerminal, Write, stderr};

use indicatif::{ProgressBar, ProgressStyle};
use signpath_pkcs11::error::one_line;

/// Where messages go.
pub(crate) struct Console {
    is_terminal: bool,
    allows_colors: bool,
}

/// Whether a text is painted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Colors,
    Plain,
}

/// Something that takes time; the line goes when the value does.
pub(crate) struct Progress<'a> {
    console: &'a Console,
    bar: Option<ProgressBar>,
    last: String,
}

impl Console {
    /// Looks at what standard error is: a pipeline's log shows no moving line, and NO_COLOR (no-color.org) no colours.
    pub(crate) fn new() -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_terminal = stderr().is_terminal() && !is_set("CI");
        let allows_colors = !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { is_terminal, allows_colors }
    }

    /// Whether results on standard output may have colours.
    pub(crate) fn paint_of_output(&self) -> Paint {
        let is_wanted = std::io::stdout().is_terminal() && self.allows_colors;
        if is_wanted { Paint::Colors } else { Paint::Plain }
    }

    /// Says something, on one line whatever others wrote into it.
    pub(crate) fn say(&self, message: &str) {
        Self::write(&one_line(message));
    }

    /// Says that something deserves attention.
    pub(crate) fn warning(&self, message: &str) {
        Self::write(&format!("{}: {}", self.painted("warning", "\u{1b}[33m"), one_line(message)));
    }

    /// Says why the command ends.
    pub(crate) fn error(&self, message: &str) {
        Self::write(self.error_line(message).trim_end());
    }

    /// The line that says so, its end included.
    pub(crate) fn error_line(&self, message: &str) -> String {
        format!("{}: {}\n", self.painted("error", "\u{1b}[31m"), one_line(message))
    }

    /// Begins to show something that takes time.
    pub(crate) fn progress(&self) -> Progress<'_> {
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})").ok();
        let bar =
            style.filter(|_| self.is_terminal).map(|style| ProgressBar::new_spinner().with_style(style));
        if let Some(bar) = &bar {
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
        }
        Progress { console: self, bar, last: String::new() }
    }

    fn write(line: &str) {
        // a reader that is gone is no reason to stop
        let _ = writeln!(stderr(), "{line}");
    }

    fn painted(&self, word: &str, color: &str) -> String {
        if self.is_terminal && self.allows_colors {
            format!("{color}{word}\u{1b}[0m")
        } else {
            word.to_owned()
        }
    }
}

impl Progress<'_> {
    /// Says what is happening now: the moving line changes; in a log, a new line appears if it says something new.
    pub(crate) fn show(&mut self, message: &str) {
        if self.last == message {
            return;
        }
        message.clone_into(&mut self.last);
        match &self.bar {
            Some(bar) => bar.set_message(one_line(message)),
            None => self.console.say(message),
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
