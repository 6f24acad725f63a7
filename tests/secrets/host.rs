//! The program of [`host.c`], which does what it is told and can be looked into.
//!
//! [`host.c`]: ../../../tests/secrets/host.c

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use signpath_pkcs11::token::names::ReturnValue;

use crate::secret::Secret;
use crate::support::c_program::compile_as;

/// A running host.
pub struct Host {
    child: Child,
    answers: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

/// What it can be told.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    /// C_Initialize, and C_OpenSession.
    Initialize,
    /// The search for a key.
    Find,
    /// A signature by C_Sign.
    Sign,
    /// A signature by C_SignFinal.
    SignParts,
    Logout,
    Finalize,
    /// The host clears its own arguments and environment.
    Clear,
}

impl Call {
    fn letter(self) -> u8 {
        match self {
            Self::Initialize => b'i',
            Self::Find => b'f',
            Self::Sign => b's',
            Self::SignParts => b'p',
            Self::Logout => b'o',
            Self::Finalize => b'e',
            Self::Clear => b'c',
        }
    }
}

impl Host {
    /// Starts one that has loaded a module.
    pub fn start(module: &Path, arguments: &[String], variables: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(program())
            .arg(module)
            .args(arguments)
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("console")).unwrap())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers, folder }
    }

    /// Has it make a call.
    pub fn call(&mut self, call: Call) -> ReturnValue {
        self.tell(&[call.letter()])
    }

    /// Has it log in with a PIN.
    pub fn log_in(&mut self, pin: &str) -> ReturnValue {
        let length = u8::try_from(pin.len()).unwrap();
        self.tell(&[&[b'l', length], pin.as_bytes()].concat())
    }

    /// Fails unless the calls succeed.
    pub fn succeeds(&mut self, calls: &[Call]) {
        for call in calls {
            assert_eq!(self.call(*call), ReturnValue::OK, "{call:?}: {}", self.console());
        }
    }

    /// What it has written to standard error.
    pub fn console(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("console")).unwrap()
    }

    /// Where a secret is in its memory: in everything that could be written to, whoever did so.
    pub fn find_in_memory(&self, secret: &Secret) -> Option<String> {
        let folder = PathBuf::from(format!("/proc/{}", self.child.id()));
        let memory = File::open(folder.join("mem")).unwrap();
        let maps = std::fs::read_to_string(folder.join("maps")).unwrap();
        maps.lines().filter_map(Region::parse).find_map(|region| {
            let mut bytes = vec![0; region.length];
            memory.read_exact_at(&mut bytes, region.start).unwrap();
            secret.find(&bytes).map(|found| format!("{}: {found}", region.line))
        })
    }

    fn tell(&mut self, command: &[u8]) -> ReturnValue {
        self.child.stdin.as_mut().unwrap().write_all(command).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let value = answer.trim().parse();
        ReturnValue(value.unwrap_or_else(|_| panic!("the host is gone: {}", self.console())))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A part of a process's memory.
struct Region<'a> {
    start: u64,
    length: usize,
    line: &'a str,
}

impl<'a> Region<'a> {
    /// Reads a line of proc_pid_maps(5); `None` for what is never written to, as code, and what is the kernel's.
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (range, permissions) = (words.next().unwrap(), words.next().unwrap());
        let is_written = permissions.starts_with("rw") && !line.ends_with("[vvar]");
        let (start, end) = range.split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let (start, end) = (number(start), number(end));
        is_written.then(|| Self { start, length: usize::try_from(end - start).unwrap(), line })
    }
}

/// The program, built once.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let unfinished = tempfile::Builder::new().prefix("secrets-host").tempfile_in(folder).unwrap();
        compile_as("gnu99", "tests/secrets/host.c", unfinished.path());
        let program = folder.join("secrets-host");
        let file = unfinished.into_temp_path();
        // the whole file at once: another test may be starting it
        file.persist(&program).unwrap();
        program
    })
}
