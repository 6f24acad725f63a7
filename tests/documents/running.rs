//! The commands in the documents, run as they stand there: against the emulator and a registry on loopback, with real
//! cosign. What is typed in capital letters, and the names of project and signing policies, are replaced as a reader
//! replaces them.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::code::{Runner, blocks_in};
use crate::markdown::Block;
use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::support::images::Pusher;
use crate::support::programs::plain;
use crate::support::timestamp_authority::TimestampAuthority;
use crate::support::tools::{Registry, tool};

/// Where the packages put the module, and so where the documents say that it is.
const INSTALLED_MODULE: &str = "/usr/lib/x86_64-linux-gnu/pkcs11/libsignpath_pkcs11.so";

/// Who reads a document: what lies around, until all of its blocks were run.
struct Reader {
    folder: tempfile::TempDir,
    emulator: Emulator,
    authority: Option<TimestampAuthority>,
    /// What is typed in place of what stands there, one after the other.
    replacements: Vec<(String, String)>,
    _registry: Registry,
}

impl Reader {
    /// A reader who has what the comment before a block names.
    fn with(parts: &[String]) -> Self {
        let (folder, registry) = (tempfile::tempdir().unwrap(), Registry::start());
        let mut reader = Self {
            folder,
            emulator: Emulator::start(),
            authority: None,
            replacements: Vec::new(),
            _registry: registry,
        };
        reader.install("cosign-3");
        for part in parts {
            match part.as_str() {
                "cosign 2" => reader.install("cosign-2"),
                "a timestamp authority" => reader.authority = Some(TimestampAuthority::start()),
                other => panic!("nobody knows how to run with {other}"),
            }
        }
        reader.replacements = reader.own_names();
        reader
    }

    /// Puts the programs where the shell finds them.
    fn install(&self, cosign: &str) {
        let programs = self.path("bin");
        let _ = std::fs::create_dir(&programs);
        let own = [("signpath-tool", artifacts::tool()), ("signpath-emulator", artifacts::emulator())];
        for (name, program) in own.into_iter().chain([("crane", tool("crane")), ("cosign", tool(cosign))]) {
            let _ = std::fs::remove_file(programs.join(name));
            symlink(program, programs.join(name)).unwrap();
        }
    }

    fn own_names(&self) -> Vec<(String, String)> {
        let registry = &self._registry.address;
        let pusher = Pusher { folder: self.folder.path(), registry, variables: &[] };
        let (image, index) = (pusher.push_image("my-image"), pusher.push_index("my-index"));
        std::fs::write(self.path("FILE"), "content\n").unwrap();
        std::fs::write(self.path("predicate.json"), "{\"built\": \"here\"}\n").unwrap();
        let module = artifacts::module().to_str().unwrap().to_owned();
        let mut names = vec![
            ("IMAGE@sha256:…", image.clone()),
            ("IMAGE", image),
            ("INDEX", index),
            ("REGISTRY", registry.clone()),
            (
                "SIGNPATH_ORGANIZATION_ID=…",
                format!("SIGNPATH_ORGANIZATION_ID={}", self.emulator.organization),
            ),
            ("SIGNPATH_API_TOKEN=…", format!("SIGNPATH_API_TOKEN={}", self.emulator.token)),
            (INSTALLED_MODULE, module),
            ("my-project%2Fmy-policy", "container-images%2Frsa-3072".to_owned()),
            ("my-project", "container-images".to_owned()),
            ("my-policy", "rsa-3072".to_owned()),
            ("next-policy", "p-256".to_owned()),
        ];
        if let Some(authority) = &self.authority {
            names.push(("https://timestamp.example.com", authority.origin.clone()));
        }
        names.into_iter().map(|(written, typed)| (written.to_owned(), typed)).collect()
    }

    /// What this reader types for a block.
    fn typed(&self, code: &str) -> String {
        self.replacements
            .iter()
            .fold(code.to_owned(), |code, (written, typed)| replaced(&code, written, typed))
    }

    /// Runs blocks in one shell, one after the other; none of their commands may fail.
    fn run(&self, blocks: &[Block]) {
        let mut script = "set -euo pipefail\n".to_owned();
        for block in blocks {
            script.push_str(&format!("echo '--- {}' >&2\n{}\n", block.place, self.typed(&block.code)));
        }
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let mut bash = plain(artifacts::program("bash", "bash"), self.folder.path());
        bash.args(["-c", &script]).envs(self.emulator.variables()).env("PATH", path);
        let output = bash.output().unwrap();

        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{script}\n{said}", output.status);
        assert!(!said.contains("signpath-pkcs11: error"), "{said}");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A text with a word replaced where it stands alone.
fn replaced(text: &str, word: &str, by: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let (mut result, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(word) {
        let is_alone = !before.ends_with(is_part) && !after.starts_with(is_part);
        result.push_str(before);
        result.push_str(if is_alone { by } else { word });
        rest = after;
    }
    result + rest
}

/// Each document's blocks that are run, by what they are run with.
fn sessions() -> BTreeMap<(String, Vec<String>), Vec<Block>> {
    let mut sessions: BTreeMap<_, Vec<Block>> = BTreeMap::new();
    for block in blocks_in("sh") {
        if let Some(Runner::Here(parts)) = Runner::of(&block) {
            let document = block.place.rsplit_once(':').unwrap().0.to_owned();
            sessions.entry((document, parts)).or_default().push(block);
        }
    }
    sessions
}

#[test]
fn the_commands_in_each_document_do_what_it_says() {
    let sessions = sessions();
    assert!(sessions.len() > 5, "{:?}", sessions.keys());
    for ((_, parts), blocks) in sessions {
        Reader::with(&parts).run(&blocks);
    }
}
