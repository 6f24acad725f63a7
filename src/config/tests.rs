//! Behaviour of the configuration as a whole.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use super::settings::*;
use super::*;

/// A configuration file in a folder of its own, gone with the value.
struct File(PathBuf);

impl File {
    fn with(name: &str, content: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("signpath-config-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("config.json");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        Self(path)
    }

    fn path(&self) -> String {
        self.0.to_str().unwrap().to_owned()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn load(pairs: &[(&str, &str)]) -> Configuration {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Configuration::load(&Environment::from_pairs(pairs))
}

fn warnings(configuration: &Configuration) -> Vec<String> {
    configuration.warnings().iter().map(ToString::to_string).collect()
}

const ID: &str = "0a1b2c3d-0000-4000-8000-00000000000f";
const OTHER_ID: &str = "0a1b2c3d-0000-4000-8000-0000000000ff";

#[test]
fn the_environment_beats_the_file() {
    let file =
        File::with("precedence", &format!(r#"{{"OrganizationId": "{OTHER_ID}", "ProjectSlug": "p"}}"#));
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", &file.path()), ("SIGNPATH_ORGANIZATION_ID", ID)]);

    assert_eq!(configuration.get(&ORGANIZATION_ID).unwrap().unwrap().as_str(), ID);
    assert_eq!(configuration.get(&PROJECT_SLUG).unwrap().unwrap().as_str(), "p");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let file = File::with("empty", &format!(r#"{{"OrganizationId": "{ID}"}}"#));
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", &file.path()), ("SIGNPATH_ORGANIZATION_ID", "")]);

    assert_eq!(configuration.get(&ORGANIZATION_ID).unwrap().unwrap().as_str(), ID);
}

#[test]
fn keys_may_be_nested_or_dotted_and_numbers_may_stand_as_text() {
    let file = File::with(
        "shapes",
        r#"{"Log": {"Console": {"Level": "debug"}}, "Log.File.Level": "none",
            "HttpRequestTimeoutInSeconds": 7, "ServiceUnavailableTimeoutInSeconds": "8"}"#,
    );
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", &file.path())]);

    assert_eq!(configuration.get(&LOG_CONSOLE_LEVEL).unwrap(), Some(LogLevel::Debug));
    assert_eq!(configuration.get(&LOG_FILE_LEVEL).unwrap(), Some(LogLevel::None));
    assert_eq!(configuration.get(&HTTP_REQUEST_TIMEOUT).unwrap().unwrap().as_secs(), 7);
    assert_eq!(configuration.get(&SERVICE_UNAVAILABLE_TIMEOUT).unwrap().unwrap().as_secs(), 8);
    assert_eq!(warnings(&configuration), [] as [String; 0]);
}

#[test]
fn what_is_not_set_has_its_documented_default() {
    let configuration = load(&[]);

    assert_eq!(configuration.get(&API_URL).unwrap().unwrap().to_string(), "https://app.signpath.io/Api");
    assert_eq!(configuration.get(&HTTP_REQUEST_TIMEOUT).unwrap().unwrap().as_secs(), 30);
    assert_eq!(configuration.get(&API_TOKEN).unwrap(), None);
}

#[test]
fn names_of_earlier_versions_work_and_are_warned_about_once() {
    let configuration = load(&[
        ("SIGNPATH_CI_USER_TOKEN", "abc"),
        ("SIGNPATH_TIMEOUTS_HTTP_REQUEST", "9"),
        ("SIGNPATH_TIMEOUTS_RETRY_COUNT", "2"),
    ]);

    assert_eq!(configuration.get(&API_TOKEN).unwrap().unwrap().reveal(), "abc");
    assert_eq!(configuration.get(&HTTP_REQUEST_TIMEOUT).unwrap().unwrap().as_secs(), 9);
    assert_eq!(configuration.get(&RETRY_COUNT).unwrap(), Some(2));
    assert_eq!(
        warnings(&configuration),
        [
            "SIGNPATH_CI_USER_TOKEN is the name of an earlier version; use SIGNPATH_API_TOKEN [SP1103]",
            "SIGNPATH_TIMEOUTS_HTTP_REQUEST is the name of an earlier version; use \
             SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS [SP1103]",
            "SIGNPATH_TIMEOUTS_RETRY_COUNT is of an earlier version: ServiceUnavailableTimeoutInSeconds limits the \
             time for all attempts since version 6 [SP1104]",
        ]
    );
}

/// Every key with its variable that the documentation of SignPath's library has had, version 2 to 6.
const DOCUMENTED: [(&str, &str); 20] = [
    ("OrganizationId", "SIGNPATH_ORGANIZATION_ID"),
    ("ApiToken", "SIGNPATH_API_TOKEN"),
    ("CIUserToken", "SIGNPATH_CI_USER_TOKEN"),
    ("ApiUrl", "SIGNPATH_API_URL"),
    ("HttpProxy", "http_proxy"),
    ("TlsClientCertificate", "SIGNPATH_TLS_CLIENT_CERTIFICATE"),
    ("ProjectSlug", "SIGNPATH_PROJECT_SLUG"),
    ("SigningPolicySlug", "SIGNPATH_SIGNING_POLICY_SLUG"),
    ("Cryptoki.DoNotFailOnReadWriteSessions", "SIGNPATH_CRYPTOKI_DO_NOT_FAIL_ON_READ_WRITE_SESSIONS"),
    ("IncludeDummyX509CertificateForGpgKeys", "SIGNPATH_INCLUDE_DUMMY_X509CERTIFICATE_FOR_GPG_KEYS"),
    ("Log.Console.Level", "SIGNPATH_LOG_CONSOLE_LEVEL"),
    ("Log.Console.OutputStream", "SIGNPATH_LOG_CONSOLE_OUTPUT_STREAM"),
    ("Log.File.Level", "SIGNPATH_LOG_FILE_LEVEL"),
    ("Log.File.Directory", "SIGNPATH_LOG_FILE_DIRECTORY"),
    ("ServiceUnavailableTimeoutInSeconds", "SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS"),
    ("HttpRequestTimeoutInSeconds", "SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS"),
    ("Timeouts.HttpRequest", "SIGNPATH_TIMEOUTS_HTTP_REQUEST"),
    ("Timeouts.FirstRetryDelay", "SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY"),
    ("Timeouts.RetryCount", "SIGNPATH_TIMEOUTS_RETRY_COUNT"),
    ("Timeouts.ServiceUnavailable", "SIGNPATH_TIMEOUTS_SERVICE_UNAVAILABLE"),
];

#[test]
fn every_documented_key_and_variable_is_one_of_the_same_setting() {
    for (key, variable) in DOCUMENTED {
        let setting = all().into_iter().find(|setting| setting.keys().contains(&key));

        assert!(setting.is_some_and(|setting| setting.variables().contains(&variable)), "{key}, {variable}");
    }
}

#[test]
fn the_current_name_beats_the_former_one() {
    let configuration = load(&[("SIGNPATH_CI_USER_TOKEN", "old"), ("SIGNPATH_API_TOKEN", "new")]);

    assert_eq!(configuration.get(&API_TOKEN).unwrap().unwrap().reveal(), "new");
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    let file = File::with("unknown", r#"{"ApiTokn": "x", "Log": {"File": {"Levl": "info"}}}"#);
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", &file.path())]);

    let path = file.path();
    assert_eq!(
        warnings(&configuration),
        [
            format!("unknown key ApiTokn in configuration file {path}; did you mean ApiToken? [SP1102]"),
            format!(
                "unknown key Log.File.Levl in configuration file {path}; did you mean Log.File.Level? [SP1102]"
            ),
        ]
    );
}

#[test]
fn a_mistyped_variable_is_named_and_those_of_other_programs_are_not() {
    let configuration = load(&[("SIGNPATH_API_TOKN", "x"), ("SIGNPATH_SIGNING_REQUEST_ID", "y")]);

    assert_eq!(
        warnings(&configuration),
        ["unknown environment variable SIGNPATH_API_TOKN; did you mean SIGNPATH_API_TOKEN? [SP1101]"]
    );
}

#[test]
fn two_slips_of_any_kind_in_a_variable_are_noticed_and_three_are_not() {
    for name in ["SIGNPATH_APITOKENS", "SIGNPATH_AIP_TOKNE", "SIGNPATH_APE_TOKIN", "SIGNPATH_API__TOKKEN"] {
        let expected =
            format!("unknown environment variable {name}; did you mean SIGNPATH_API_TOKEN? [SP1101]");
        assert_eq!(warnings(&load(&[(name, "x")])), [expected]);
    }
    assert_eq!(warnings(&load(&[("SIGNPATH_APE_TUKIN", "x")])), [] as [String; 0]);
}

#[test]
fn a_value_that_does_not_parse_names_its_source_and_what_was_expected_when_it_is_needed() {
    let file = File::with("misread", r#"{"HttpRequestTimeoutInSeconds": "half a minute"}"#);
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", &file.path()), ("SIGNPATH_ORGANIZATION_ID", "acme")]);

    assert_eq!(
        configuration.get(&ORGANIZATION_ID).unwrap_err().to_string(),
        "reading environment variable SIGNPATH_ORGANIZATION_ID: `acme` is not an organization id (a UUID); correct or \
         unset SIGNPATH_ORGANIZATION_ID [SP1001]"
    );
    assert_eq!(
        configuration.get(&HTTP_REQUEST_TIMEOUT).unwrap_err().to_string(),
        format!(
            "reading HttpRequestTimeoutInSeconds in configuration file {}: `half a minute` is not a number of seconds \
             above 0, at most 86400; correct or remove HttpRequestTimeoutInSeconds [SP1001]",
            file.path()
        )
    );
}

#[test]
fn a_token_that_does_not_parse_is_not_shown() {
    let configuration = load(&[("SIGNPATH_API_TOKEN", "registry:HKEY_secret")]);

    let message = configuration.get(&API_TOKEN).unwrap_err().to_string();
    assert!(!message.contains("HKEY_secret"), "{message}");
}

#[test]
fn a_secret_in_a_value_that_does_not_parse_is_not_shown() {
    let token = "AIk/65sl23lA1nVV/pgSqk96SvHFsSw3xitmp5Qhr+F/";
    let pin = format!("{ID}:s3cr3t");
    for (name, value) in [
        ("http_proxy", "socks5://me:s3cr3t@proxy.test:1080"),
        ("https_proxy", "me:s3cr3t/@proxy.test:3128"),
        ("SIGNPATH_API_URL", "https://me:s3cr3t@signpath.test/Api"),
        ("SIGNPATH_ORGANIZATION_ID", pin.as_str()),
        ("SIGNPATH_ORGANIZATION_ID", token),
        ("SIGNPATH_ORGANIZATION_ID", "LettersOnly/andSoon+AAAAAAAAAAAAAAAAAs3cr3t="),
        ("SIGNPATH_ORGANIZATION_ID", "LettersOnlyTheOrganization+AAAAAAAAAAAAAAAAA="),
    ] {
        let configuration = load(&[(name, value)]);
        let failures = [
            configuration.get(&HTTP_PROXY).err(),
            configuration.get(&HTTPS_PROXY).err(),
            configuration.get(&API_URL).err(),
            configuration.get(&ORGANIZATION_ID).err(),
        ];
        let message = failures.into_iter().flatten().next().unwrap().to_string();
        assert!(
            message.contains("***") && !message.contains("s3cr3t") && !message.contains(token),
            "{message}"
        );
    }
}

#[test]
fn a_file_that_is_not_json_is_a_failure_for_each_setting_that_the_environment_does_not_give() {
    let file = File::with("broken", "{\n  \"ApiToken\": \"secret\",,\n}");
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", &file.path()), ("SIGNPATH_ORGANIZATION_ID", ID)]);

    assert_eq!(configuration.get(&ORGANIZATION_ID).unwrap().unwrap().as_str(), ID);
    assert_eq!(
        configuration.get(&API_TOKEN).unwrap_err().to_string(),
        format!(
            "reading configuration file {}: it is not JSON: key must be a string at line 2 column 24; correct the file, \
             for instance {{\"OrganizationId\": \"…\", \"ApiToken\": \"…\"}} [SP1003]",
            file.path()
        )
    );
}

#[test]
fn a_file_that_does_not_exist_is_named() {
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", "/nowhere/config.json")]);

    assert_eq!(
        configuration.get(&API_URL).unwrap_err().to_string(),
        "reading configuration file /nowhere/config.json: No such file or directory (os error 2); correct \
         SIGNPATH_CONFIG_FILE or make the file readable [SP1002]"
    );
}

#[test]
fn a_token_in_a_file_that_others_can_read_is_warned_about() {
    let file = File::with("mode", r#"{"ApiToken": "x"}"#);
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", &file.path())]);

    assert_eq!(
        warnings(&configuration),
        [format!(
            "configuration file {} holds the API token and others can read it; run chmod 600 on it [SP1105]",
            file.path()
        )]
    );
}

#[test]
fn a_device_is_not_a_configuration_file() {
    let configuration = load(&[("SIGNPATH_CONFIG_FILE", "/dev/zero")]);

    assert!(configuration.get(&API_URL).unwrap_err().to_string().contains("not a file of at most 1 MB"));
}

#[test]
fn a_variable_that_is_not_utf_8_is_an_error_and_not_the_default() {
    let broken = OsStr::from_bytes(b"http://127.0.0.1/\xff");
    let environment = |name: &str| Environment::from_os_pairs([(name.into(), broken.into())]);

    let failure = Configuration::load(&environment("SIGNPATH_API_URL")).get(&API_URL).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "reading environment variable SIGNPATH_API_URL: the value is not UTF-8; correct or unset SIGNPATH_API_URL [SP1001]"
    );
    let failure = Configuration::load(&environment("SIGNPATH_CONFIG_FILE")).get(&API_URL).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "reading environment variable SIGNPATH_CONFIG_FILE: the path is not UTF-8; correct or unset \
         SIGNPATH_CONFIG_FILE [SP1002]"
    );
}
