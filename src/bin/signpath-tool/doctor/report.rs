//! What was examined, and what came of it: rows for people and for scripts, without any secret.

use clap::ValueEnum;
use serde::Serialize;
use signpath_pkcs11::error::{Code, Failure, one_line};

use crate::console::Paint;
use crate::outcome::{Ending, Exit};
use crate::table;

/// What an examination found: something that the next one needs, with what is worth telling; or what is wrong.
pub(super) type Examined<T> = Result<Sound<T>, Trouble>;

/// A finding that lets the next examination go on.
pub(super) struct Sound<T> {
    value: T,
    found: Vec<String>,
    warning: Option<(String, String)>,
    code: Option<Code>,
}

/// Why nothing can be signed, and what to do.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    exit: Exit,
    found: Vec<String>,
    problem: String,
    remedy: String,
    code: Option<Code>,
}

/// All rows, in the order of the examinations.
#[derive(Serialize)]
pub(crate) struct Report {
    version: &'static str,
    checks: Vec<Check>,
    #[serde(skip)]
    left_out: Vec<Part>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    status: Status,
    /// What is worth knowing of it.
    found: Vec<String>,
    problem: Option<String>,
    remedy: Option<String>,
    /// The section of `docs/troubleshooting.md` that explains it.
    code: Option<String>,
    #[serde(skip)]
    exit: Option<Exit>,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Status {
    Passed,
    Warning,
    Failed,
    /// Not examined, for the reason that is told as the problem.
    Skipped,
}

/// What `--skip` can leave out: what nothing else depends on.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The module, and with it what is examined of it
    Module,
    Cosign,
    Files,
    Log,
}

impl Part {
    /// The name of its check.
    fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Cosign => "cosign",
            Self::Files => "files",
            Self::Log => "log",
        }
    }
}

impl<T> Sound<T> {
    pub(super) fn new(value: T, found: impl Into<Vec<String>>) -> Self {
        Self { value, found: found.into(), warning: None, code: None }
    }

    /// The same finding with something that needs attention, and its remedy.
    pub(super) fn but(mut self, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        self.warning = Some((problem.into(), remedy.into()));
        self
    }

    /// The same finding, whose warning has a code.
    pub(super) fn coded(self, code: Code) -> Self {
        Self { code: Some(code), ..self }
    }
}

impl Trouble {
    pub(super) fn new(exit: Exit, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { exit, found: Vec::new(), problem: problem.into(), remedy: remedy.into(), code: None }
    }

    /// The same trouble, which the module has a code for.
    pub(super) fn coded(self, code: Code) -> Self {
        Self { code: Some(code), ..self }
    }

    /// Whether what is wrong has to do with something, upper and lower case alike.
    pub(super) fn mentions(&self, what: &str) -> bool {
        self.problem.to_lowercase().contains(what)
    }

    /// The same trouble with another remedy.
    pub(super) fn cured_by(mut self, remedy: &str) -> Self {
        remedy.clone_into(&mut self.remedy);
        self
    }

    /// The same trouble with what else is worth knowing.
    pub(super) fn with(mut self, found: Vec<String>) -> Self {
        self.found = found;
        self
    }
}

impl From<Ending> for Trouble {
    /// A message of the rest of the tool ends with its remedy, behind the last semicolon.
    fn from(ending: Ending) -> Self {
        let message = ending.message();
        let (problem, remedy) = message.rsplit_once("; ").unwrap_or((message, "try again"));
        Self { code: ending.code(), ..Self::new(ending.exit(), problem, remedy) }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        let (code, problem, remedy) = (failure.code(), failure.problem(), failure.remedy().to_owned());
        Self::new(Ending::from(failure).exit(), problem, remedy).coded(code)
    }
}

impl Report {
    /// An empty report; some examinations will be left out.
    pub(super) fn without(left_out: &[Part]) -> Self {
        Self { version: env!("CARGO_PKG_VERSION"), checks: Vec::new(), left_out: left_out.to_vec() }
    }

    /// Examines something that depends on nothing.
    pub(super) fn examine<T>(
        &mut self,
        name: &'static str,
        examine: impl FnOnce() -> Examined<T>,
    ) -> Option<T> {
        self.examine_after(name, Some(()), |()| examine())
    }

    /// Examines something, if what came before it was found to be sound.
    pub(super) fn examine_after<B, T>(
        &mut self,
        name: &'static str,
        before: Option<B>,
        examine: impl FnOnce(B) -> Examined<T>,
    ) -> Option<T> {
        if self.left_out.iter().any(|part| part.name() == name) {
            self.skip(name, "left out by --skip");
            return None;
        }
        match before {
            Some(before) => self.take(name, examine(before)),
            None => {
                self.skip(name, "not examined after what is said above");
                None
            }
        }
    }

    /// A row that was not examined.
    pub(super) fn skip(&mut self, name: &'static str, reason: &str) {
        self.checks.push(Check { problem: Some(reason.to_owned()), ..Check::new(name, Status::Skipped) });
    }

    fn take<T>(&mut self, name: &'static str, examined: Examined<T>) -> Option<T> {
        let (value, check) = match examined {
            Ok(Sound { value, found, warning: None, .. }) => {
                (Some(value), Check { found, ..Check::new(name, Status::Passed) })
            }
            Ok(Sound { value, found, warning: Some((problem, remedy)), code }) => {
                let check = Check::new(name, Status::Warning).telling(problem, remedy, code);
                (Some(value), Check { found, ..check })
            }
            Err(Trouble { exit, found, problem, remedy, code }) => {
                let check = Check::new(name, Status::Failed).telling(problem, remedy, code);
                (None, Check { found, exit: Some(exit), ..check })
            }
        };
        self.checks.push(check);
        value
    }

    /// Replaces secrets wherever they may have got into: words of a server or of another program.
    pub(super) fn conceal(&mut self, secrets: &[String]) {
        let texts = self.checks.iter_mut().flat_map(|check| {
            check.found.iter_mut().chain(check.problem.as_mut()).chain(check.remedy.as_mut())
        });
        for text in texts {
            *text = one_line(text);
            // very short ones are left: masking each `a` hides nothing
            for secret in secrets.iter().filter(|secret| secret.len() >= 6) {
                *text = text.replace(secret.as_str(), "***");
            }
        }
    }

    /// The rows for people.
    pub(crate) fn text(&self, paint: Paint) -> String {
        self.checks.iter().map(|check| check.text(paint)).collect()
    }

    /// The end of the command: that of the first examination that failed.
    pub(crate) fn ending(&self) -> Result<(), Ending> {
        let failed: Vec<&Check> = self.checks.iter().filter(|check| check.status == Status::Failed).collect();
        let Some((first, exit)) = failed.first().and_then(|first| Some((first, first.exit?))) else {
            return Ok(());
        };
        let (all, failures) = (self.checks.len(), failed.len());
        Err(Ending::new(exit, format!("{failures} of {all} checks failed; begin with {}", first.name)))
    }
}

impl Check {
    fn new(name: &'static str, status: Status) -> Self {
        Self { name, status, found: Vec::new(), problem: None, remedy: None, code: None, exit: None }
    }

    fn telling(self, problem: String, remedy: String, code: Option<Code>) -> Self {
        let code = code.map(|code| code.to_string());
        Self { problem: Some(problem), remedy: Some(remedy), code, ..self }
    }

    fn text(&self, paint: Paint) -> String {
        let (mark, color) = match self.status {
            Status::Passed => ("✓", "\u{1b}[32m"),
            Status::Warning => ("!", "\u{1b}[33m"),
            Status::Failed => ("✗", "\u{1b}[31m"),
            Status::Skipped => ("-", ""),
        };
        let painted = paint == Paint::Colors && !color.is_empty();
        let mark = if painted { format!("{color}{mark}\u{1b}[0m") } else { mark.to_owned() };
        let code = self.code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
        let remedy = self.remedy.as_ref().map(|remedy| format!("→ {remedy}{code}"));
        let mut lines = self.problem.iter().chain(&remedy).chain(&self.found).map(String::as_str);
        let first = table::aligned(&[vec![
            format!("{:<22}", self.name),
            lines.next().unwrap_or_default().to_owned(),
        ]]);
        let others: String = lines.map(|line| format!("{:26}{line}\n", "")).collect();
        format!("{mark} {first}{others}")
    }
}
