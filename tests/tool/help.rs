//! What the tool says of itself: help, completions, manual pages.

use std::path::Path;

use crate::desk::{Desk, text};
use crate::support::artifacts;
use crate::support::bench::succeeds;

/// What a person sees who types this at a terminal.
fn on_terminal(desk: &Desk, line: &str) -> String {
    let mut script = desk.bench.command("script", "bsdutils");
    succeeds(script.args(["-qec", line, "/dev/null"]).env("TERM", "xterm"))
}

/// A file with what a shell needs to complete.
fn completions(desk: &Desk, shell: &str) -> String {
    let script = desk.tool(&["completions", shell]);
    desk.bench.write(shell, script).to_str().unwrap().to_owned()
}

#[test]
fn the_help_names_the_variables_of_the_credentials() {
    let help = Desk::new().line(&["--help"]);

    for variable in ["SIGNPATH_ORGANIZATION_ID", "SIGNPATH_API_TOKEN", "SIGNPATH_CONFIG_FILE", "NO_COLOR"] {
        assert!(help.contains(&format!("\n  {variable} ")), "{help}");
    }
}

#[test]
fn the_help_has_colours_on_a_terminal_alone_and_none_where_they_are_not_wanted() {
    let desk = Desk::new();
    let tool = artifacts::tool().display().to_string();

    assert!(on_terminal(&desk, &format!("{tool} --help")).contains('\u{1b}'));
    assert!(!on_terminal(&desk, &format!("NO_COLOR=1 {tool} --help")).contains('\u{1b}'));
    assert!(!desk.line(&["--help"]).contains('\u{1b}'));
}

#[test]
fn bash_completes_commands_and_options() {
    let desk = Desk::new();
    let script = completions(&desk, "bash");
    let completed = |words: &str| {
        let line = format!(
            "source {script}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             $(complete -p signpath-tool | sed 's/.*-F \\([^ ]*\\).*/\\1/') \
             signpath-tool \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; \
             echo \"${{COMPREPLY[@]}}\""
        );
        succeeds(desk.bench.command("bash", "bash").args(["-c", &line])).trim().to_owned()
    };

    assert_eq!(completed("signpath-tool doc"), "doctor");
    assert_eq!(completed("signpath-tool public-key --format s"), "ssh");
}

#[test]
fn fish_completes_commands() {
    let desk = Desk::new();
    let line = format!("source {}; complete -C 'signpath-tool doc'", completions(&desk, "fish"));
    let completed = succeeds(desk.bench.command("fish", "fish").args(["-c", &line]));

    assert!(completed.starts_with("doctor\t"), "{completed}");
}

#[test]
fn zsh_takes_the_completions_for_a_script_of_its_own() {
    let desk = Desk::new();
    let script = completions(&desk, "zsh");
    let line = format!("autoload -U compinit; compinit -D; source {script}; echo $_comps[signpath-tool]");
    let registered = succeeds(desk.bench.command("zsh", "zsh").args(["-fc", &line]));

    assert_eq!(registered, "_signpath-tool\n");
}

#[test]
fn every_command_has_a_manual_page_that_groff_sets_without_a_complaint() {
    let desk = Desk::new();
    let folder = desk.bench.path("man1");
    std::fs::create_dir(&folder).unwrap();
    desk.tool(&["man", "--out", folder.to_str().unwrap()]);
    let mut pages: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|page| page.unwrap().path()).collect();
    pages.sort();

    let name = |page: &Path| page.file_name().unwrap().to_str().unwrap().to_owned();
    let names: Vec<String> = pages.iter().map(|page| name(page)).collect();
    for command in ["", "-doctor", "-keys", "-sign-hash", "-sign-image", "-uri"] {
        assert!(names.contains(&format!("signpath-tool{command}.1")), "{names:?}");
    }
    for page in &pages {
        let mut groff = desk.bench.command("groff", "groff-base");
        let output = groff.args(["-Kutf8", "-ww", "-man", "-Tutf8", "-z"]).arg(page).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{}", name(page));
    }
}

#[test]
fn the_manual_page_has_examples_and_exit_codes() {
    let desk = Desk::new();
    let page = desk.bench.write("signpath-tool.1", desk.tool(&["man"]));
    let mut groff = desk.bench.command("groff", "groff-base");
    let set = succeeds(groff.args(["-Kutf8", "-man", "-Tutf8", "-P-c"]).arg(page));

    assert!(set.contains("SIGNPATH_API_TOKEN") && set.contains("Exit codes:"), "{set}");
    assert!(
        set.contains("\n       signpath-tool doctor\n") || set.contains("  signpath-tool doctor\n"),
        "{set}"
    );
}
