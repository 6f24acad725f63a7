//! Settings of TeamCity in Kotlin: compiled by Kotlin's compiler against the words that they use (`teamcity/`), and run.
//! Their scripts are files of the repository, which the document shows beside them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::page::{blocks, only};
use crate::step::{Step, Way, Work};
use crate::support::artifacts;
use crate::support::programs::succeeded;
use crate::support::tools::tool;
use crate::surroundings::{Surroundings, Variables};

pub(crate) const PAGE: &str = "pipelines/teamcity.md";

const WORDS: [&str; 3] = ["dsl.kt", "buildSteps.kt", "buildFeatures.kt"];

pub(crate) fn steps(way: Way, surroundings: &Surroundings) -> Vec<Step> {
    static TOLD: OnceLock<String> = OnceLock::new();
    let told = TOLD.get_or_init(|| told_by_kotlin(&only(PAGE, "example: teamcity")));
    told.lines().map(|line| step(line, way, surroundings)).collect()
}

/// What the settings print: a line a step.
fn told_by_kotlin(settings: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.kt");
    std::fs::write(&file, as_program(settings)).unwrap();
    let compiler = tool("kotlinc");
    let library = library_beside(&compiler);
    let words = artifacts::package().join("tests/pipelines/teamcity");
    let mut kotlinc = Command::new(&compiler);
    kotlinc.args(["-no-stdlib", "-no-reflect", "-nowarn", "-classpath"]).arg(&library);
    kotlinc.arg("-d").arg(folder.path()).args(WORDS.map(|name| words.join(name))).arg(&file);
    succeeded(&mut kotlinc);

    let classes = [folder.path(), Path::new(&library)].map(|path| path.to_str().unwrap()).join(":");
    let mut java = Command::new(artifacts::program("java", "default-jdk-headless"));
    String::from_utf8(succeeded(java.args(["-classpath", &classes, "SettingsKt"]))).unwrap()
}

/// Kotlin's standard library.
fn library_beside(compiler: &Path) -> PathBuf {
    let files = std::fs::read_dir(compiler.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let mut libraries = files.filter(|path| path.to_str().unwrap().contains("kotlin-stdlib-"));
    libraries.next().expect("kotlin-stdlib beside the compiler")
}

/// A script of statements as a program of declarations, which prints the project.
fn as_program(settings: &str) -> String {
    let declared = settings.replacen("\nversion = ", "\nval versionOfSettings = ", 1);
    let declared = declared.replacen("\nproject {", "\nval projectOfSettings = project {", 1);
    format!("{declared}\nfun main() = projectOfSettings.print()\n")
}

fn step(line: &str, way: Way, surroundings: &Surroundings) -> Step {
    let mut cells = line.split('\t');
    let [_configuration, name, command] = [(); 3].map(|()| cells.next().unwrap());
    let script = command.strip_prefix("bash ").expect("a script that bash runs");
    let assignments = cells.filter_map(|cell| cell.strip_prefix("env.")?.split_once('='));
    let variables = assignments.map(|(name, value)| (name.to_owned(), resolved(value, surroundings)));
    Step {
        name: name.to_owned(),
        work: Work::Shell(format!(
            "cat >{script} <<'END OF FILE'\n{}END OF FILE\n{command}\n",
            file(script, way)
        )),
        variables: variables.collect::<Variables>(),
    }
}

/// A value, or a parameter of TeamCity or its store of secrets.
fn resolved(value: &str, surroundings: &Surroundings) -> String {
    match value {
        "%vcsroot.url%" => "https://git.example/acme/app".to_owned(),
        "%teamcity.build.branch%" => "v1.0".to_owned(),
        secret if secret.starts_with("credentialsJSON:") => surroundings.token.clone(),
        other => {
            assert!(!other.contains('%'), "nobody says what {other} is");
            other.to_owned()
        }
    }
}

/// A file of the repository: one for both ways, or one for each.
fn file(path: &str, way: Way) -> String {
    let marks = [format!("file: {path}"), format!("file: {} {path}", way.name())];
    let mut found = blocks(PAGE).into_iter().filter(|block| marks.contains(&block.mark));
    let block = found.next().unwrap_or_else(|| panic!("the document does not show {path}"));
    assert!(found.next().is_none(), "{path} is shown twice");
    block.code
}
