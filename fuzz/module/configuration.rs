//! The configuration file, and every value in it.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

use crate::config::{ApiUrl, Configuration, Environment, Setting, settings};
use crate::error::Failure;

/// A value that stands for the token.
const SECRET: &str = "s3cr3t+Token/of=SignPath+44+letters/digits==";

/// Each setting has a value or a failure, and neither a failure nor a warning tells the token.
pub(super) fn file(input: &[u8]) {
    let path = written(input);
    let configuration =
        Configuration::load(&Environment::from_pairs([("SIGNPATH_CONFIG_FILE".to_owned(), path)]));
    let failures = [
        failure(&configuration, &settings::API_TOKEN),
        failure(&configuration, &settings::ORGANIZATION_ID),
        failure(&configuration, &settings::HTTP_PROXY),
        failure(&configuration, &settings::LOGIN_REQUIRED),
        failure(&configuration, &settings::CERTIFICATES),
        failure(&configuration, &settings::LOG_LEVEL),
        failure(&configuration, &settings::LOG_FILE_DIRECTORY),
        failure(&configuration, &settings::SEND_PROCESS_METADATA),
    ];
    let said = failures
        .iter()
        .flatten()
        .map(ToString::to_string)
        .chain(configuration.warnings().iter().map(ToString::to_string));
    let is_token = configuration
        .get(&settings::API_TOKEN)
        .is_ok_and(|token| token.is_some_and(|token| token.reveal() == SECRET));
    if is_token && String::from_utf8_lossy(input).matches(SECRET).count() == 1 {
        said.for_each(|line| assert!(!line.contains(SECRET), "{line}"));
    }
    if let Ok(Some(url)) = configuration.get(&settings::API_URL) {
        check_url(&url);
    }
}

/// A file in memory with this content.
fn written(content: &[u8]) -> String {
    static FILE: OnceLock<File> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        File::from(rustix::fs::memfd_create("configuration", rustix::fs::MemfdFlags::CLOEXEC).unwrap())
    });
    file.set_len(0).unwrap();
    file.write_all_at(content, 0).unwrap();
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn failure<T>(configuration: &Configuration, setting: &Setting<T>) -> Option<Failure> {
    configuration.get(setting).err()
}

/// The token goes by TLS or not off the machine, to the address that is shown, below the path that is shown.
fn check_url(url: &ApiUrl) {
    assert!(url.is_https() || url.is_loopback());
    let route = url.route(&["o", "../..", "?#"]);
    assert!(route.as_str().starts_with(&url.to_string()), "{route} is not below {url}");
    assert!(route.username().is_empty() && route.password().is_none() && route.query().is_none());
}
