//! Examples for `--help` and the manual pages. Each is tried by the tests below: it is a command line that makes sense.

pub(crate) const SIGN_IMAGE: &str = "\
Examples:
  signpath-tool sign-image --project my-project --signing-policy release \\
    --artifact-configuration cosign ghcr.io/acme/app:1.0
  signpath-tool sign-image --recursive --origin-from-ci --allow-identity 'ghcr.io/acme/**' \\
    -a version=1.0 --signing-policy release --artifact-configuration cosign ghcr.io/acme/app:1.0
  signpath-tool sign-image --resume 5f0bcbd4-9c4e-4a6e-8f37-2d6c1b7a9e01 ghcr.io/acme/app:1.0";

pub(crate) const GENERATE: &str = "\
Examples:
  signpath-tool generate --format bundle ghcr.io/acme/app:1.0
  signpath-tool generate --format bundle --zip metadata.zip ghcr.io/acme/app:1.0";

pub(crate) const SUBMIT: &str = "\
Examples:
  signpath-tool submit metadata.zip --signed-artifact signed.zip --artifact-configuration cosign
  signpath-tool submit --resume 5f0bcbd4-9c4e-4a6e-8f37-2d6c1b7a9e01 --signed-artifact signed.zip";

pub(crate) const ATTACH: &str = "\
Examples:
  signpath-tool attach --payload payload.dsse --signature payload.dsse.sig --key cosign.pub \\
    ghcr.io/acme/app:1.0";

pub(crate) const VERIFY: &str = "\
Examples:
  signpath-tool verify --key cosign.pub ghcr.io/acme/app:1.0
  signpath-tool verify --certificate release.pem -a version=1.0 --output json ghcr.io/acme/app:1.0";

pub(crate) const ARTIFACT_CONFIGURATION: &str = "\
Examples:
  signpath-tool artifact-configuration
  signpath-tool artifact-configuration --images several --format simple-signing";

pub(crate) const DOCTOR: &str = "\
Every check has a tick (✓), a remedy (!, ✗), or the reason why it was left out (-). A warning (!)
is no failure. The report has no token, PIN or password in it, and can be pasted into a ticket.

Examples:
  signpath-tool doctor
  signpath-tool doctor --sign my-project/release
  signpath-tool doctor --skip cosign --module /usr/lib/pkcs11/libsignpath_pkcs11.so --output json";

pub(crate) const EXPLAIN: &str = "\
Examples:
  signpath-tool explain SP3401";

pub(crate) const KEYS: &str = "\
Examples:
  signpath-tool keys
  signpath-tool keys --output json | jq -r '.[].references.cosign'";

pub(crate) const PUBLIC_KEY: &str = "\
Examples:
  signpath-tool public-key my-project/release --out cosign.pub
  signpath-tool public-key my-project/release --format ssh
  signpath-tool public-key 'pkcs11:token=SignPath;id=my-project%2Frelease' --format der --out key.der";

pub(crate) const CERTIFICATE: &str = "\
Examples:
  signpath-tool certificate my-project/release --out release.pem";

pub(crate) const SIGN_HASH: &str = "\
Examples:
  signpath-tool sign-hash my-project/release --file program.tar.gz --encoding binary \\
    --out program.sig
  sha512sum program.tar.gz | \\
    signpath-tool sign-hash my-project/release --hash-algorithm sha512 --hash-file -
  signpath-tool sign-hash my-project/release --padding pss --file program.tar.gz --output json";

pub(crate) const URI: &str = "\
Examples:
  signpath-tool uri my-project/release
  signpath-tool uri my-project/release --for openssl
  signpath-tool uri my-project/release --module-path /usr/lib/pkcs11/libsignpath_pkcs11.so
  signpath-tool uri 'pkcs11:token=SignPath;id=my-project%2Frelease'";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  signpath-tool completions bash > /etc/bash_completion.d/signpath-tool
  signpath-tool completions zsh > /usr/local/share/zsh/site-functions/_signpath-tool
  signpath-tool completions fish > ~/.config/fish/completions/signpath-tool.fish";

pub(crate) const MAN: &str = "\
Examples:
  signpath-tool man | man -l -
  signpath-tool man --out /usr/local/share/man/man1";

/// The variables that every command with a need for SignPath reads.
pub(crate) const VARIABLES: &str = "\
Environment, as of the PKCS#11 module (docs/configuration.md has all settings):
  SIGNPATH_ORGANIZATION_ID  the organization
  SIGNPATH_API_TOKEN        the API token of the user who signs; it is never an argument
  SIGNPATH_CONFIG_FILE      a JSON file with settings, in place of variables
  SIGNPATH_API_URL          the address of SignPath's API [default: https://app.signpath.io/Api]
  SIGNPATH_PROJECT_SLUG, SIGNPATH_SIGNING_POLICY_SLUG
                            the project and the signing policy, where no option names them
  NO_COLOR                  no colours

Examples:
  signpath-tool doctor
  signpath-tool keys
  signpath-tool sign-image --project my-project --signing-policy release ghcr.io/acme/app:1.0
  cosign sign --use-signing-config=false --tlog-upload=false \\
    --key \"$(signpath-tool uri my-project/release)\" ghcr.io/acme/app@sha256:…";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::arguments::Arguments;

    /// The command lines of a help's examples, as a shell would split them.
    fn examples(help: &str) -> Vec<Vec<String>> {
        let text = help.split_once("Examples:\n").map_or("", |(_, examples)| examples).replace("\\\n", " ");
        let commands =
            text.lines().filter_map(|line| line.find("signpath-tool ").and_then(|at| line.get(at..)));
        commands.filter(|line| !line.contains("$(")).map(words).collect()
    }

    fn words(line: &str) -> Vec<String> {
        let command = line.split(" > ").next().unwrap().split(" | ").next().unwrap();
        command.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect()
    }

    #[test]
    fn every_command_has_examples_and_each_of_them_makes_sense() {
        let command = Arguments::command();
        for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
            let help = subcommand.get_after_help().map(ToString::to_string).unwrap_or_default();
            let name = subcommand.get_name();
            let own = examples(&help);

            assert!(own.iter().any(|words| words[1] == name), "{name} has no example");
            for words in own {
                assert!(Arguments::try_parse_from(&words).is_ok(), "{words:?}");
            }
        }
    }
}
