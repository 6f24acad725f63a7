//! The settings, one entry each: those of SignPath's own Cryptoki library under the names of all its versions
//! (documentation of the crypto providers, "configuration values"), and the few of this module.

use std::path::PathBuf;
use std::time::Duration;

use super::setting::{Described, Name, Setting};
use super::values::{self, *};
use crate::credentials::{ApiToken, OrganizationId};

/// Every setting, in the order of the documentation.
pub fn all() -> [&'static dyn Described; 25] {
    [
        &ORGANIZATION_ID,
        &API_TOKEN,
        &API_URL,
        &PROJECT_SLUG,
        &SIGNING_POLICY_SLUG,
        &LOGIN_REQUIRED,
        &CERTIFICATES,
        &HASH_SIGNING_API,
        &SEND_PROCESS_METADATA,
        &HTTP_PROXY,
        &HTTPS_PROXY,
        &NO_PROXY,
        &TLS_CERTIFICATE_AUTHORITIES,
        &TLS_CLIENT_CERTIFICATE,
        &HTTP_REQUEST_TIMEOUT,
        &SERVICE_UNAVAILABLE_TIMEOUT,
        &FIRST_RETRY_DELAY,
        &RETRY_COUNT,
        &LOG_CONSOLE_LEVEL,
        &LOG_CONSOLE_OUTPUT_STREAM,
        &LOG_FILE_LEVEL,
        &LOG_FILE_DIRECTORY,
        &LOG_LEVEL,
        &DO_NOT_FAIL_ON_READ_WRITE_SESSIONS,
        &INCLUDE_DUMMY_CERTIFICATE,
    ]
}

/// What most settings have in common; each entry names only what sets it apart.
const fn setting<T>(
    key: &'static str,
    variable: &'static str,
    parse: fn(&str) -> Option<T>,
    expects: &'static str,
) -> Setting<T> {
    Setting {
        key,
        variable,
        parse,
        expects,
        also: &[],
        default: "",
        documentation: "",
        outdated: None,
        secret: false,
    }
}

/// Organization.
pub static ORGANIZATION_ID: Setting<OrganizationId> = Setting {
    documentation: "The organization's id.",
    ..setting(
        "OrganizationId",
        "SIGNPATH_ORGANIZATION_ID",
        OrganizationId::parse,
        "an organization id (a UUID)",
    )
};

/// API token.
pub static API_TOKEN: Setting<ApiToken> = Setting {
    documentation: "The API token of the user who signs. Better in the environment than in a file.",
    also: &[Name::FormerKey("CIUserToken"), Name::FormerVariable("SIGNPATH_CI_USER_TOKEN")],
    secret: true,
    ..setting(
        "ApiToken",
        "SIGNPATH_API_TOKEN",
        api_token,
        "an API token in plain text (encrypted: and registry: exist on Windows only; $(…) and ${…} are variables that were \
         not replaced)",
    )
};

/// Address of the service.
pub static API_URL: Setting<ApiUrl> = Setting {
    documentation: "The address of SignPath's API. `http://` is accepted on loopback only. A host name is written in ASCII \
                    (`xn--…`).",
    default: "https://app.signpath.io/Api",
    ..setting(
        "ApiUrl",
        "SIGNPATH_API_URL",
        ApiUrl::parse,
        "an https:// address in ASCII, without user, password and query (http:// is accepted on loopback only)",
    )
};

/// Project that narrows the visible keys.
pub static PROJECT_SLUG: Setting<Slug> = Setting {
    documentation: "Shows only the keys of this project.",
    ..setting("ProjectSlug", "SIGNPATH_PROJECT_SLUG", Slug::parse, "a project's slug")
};

/// Signing policy that narrows the visible keys.
pub static SIGNING_POLICY_SLUG: Setting<Slug> = Setting {
    documentation: "Shows only the keys of signing policies with this slug.",
    ..setting("SigningPolicySlug", "SIGNPATH_SIGNING_POLICY_SLUG", Slug::parse, "a signing policy's slug")
};

/// Whether the token asks for a login.
pub static LOGIN_REQUIRED: Setting<LoginRequired> = Setting {
    documentation: "`auto`: no login is needed where credentials are configured. `always`: the token asks for a \
                    PIN whatever is configured; for those who pass a PIN of their own beside configured \
                    credentials, which Java and OpenSSL would otherwise not send.",
    default: "auto",
    ..setting(
        "Cryptoki.LoginRequired",
        "SIGNPATH_CRYPTOKI_LOGIN_REQUIRED",
        LoginRequired::parse,
        "one of auto, always",
    )
};

/// Whether certificates are shown.
pub static CERTIFICATES: Setting<CertificateVisibility> = Setting {
    documentation: "Whether certificates are shown beside the keys. `auto`: hidden from programs whose name begins \
                    with cosign (cosign 3 would put the certificate into the bundle, and `cosign verify --key` then \
                    refuses it), shown to all others. `show`, `hide`.",
    default: "auto",
    ..setting(
        "Cryptoki.Certificates",
        "SIGNPATH_CRYPTOKI_CERTIFICATES",
        CertificateVisibility::parse,
        "one of auto, show, hide",
    )
};

/// Contract for signing a hash.
pub static HASH_SIGNING_API: Setting<HashSigningApi> = Setting {
    documentation: "`current`: SigningRequests/SignHash (SignPath 1.196.0 and later). `legacy`: the fast signing \
                    request of earlier servers. `auto`: current, and legacy where the server has no such route.",
    default: "auto",
    ..setting(
        "HashSigningApi",
        "SIGNPATH_HASH_SIGNING_API",
        HashSigningApi::parse,
        "one of auto, current, legacy",
    )
};

/// Whether the calling process is described to SignPath.
pub static SEND_PROCESS_METADATA: Setting<bool> = Setting {
    documentation: "Whether the command line (with secrets masked), user and operating system of the calling \
                    process go into SignPath's audit log.",
    default: "true",
    ..setting("SendProcessMetadata", "SIGNPATH_SEND_PROCESS_METADATA", values::switch, "one of true, false")
};

/// HTTP proxy.
pub static HTTP_PROXY: Setting<ProxyUrl> = Setting {
    documentation: "The HTTP proxy, `host:port` or `http://host:port`, with `user:password@` if need be. Never used \
                    for an address on loopback.",
    ..setting("HttpProxy", "http_proxy", ProxyUrl::parse, "a proxy as host:port or http://host:port")
};

/// Proxy for https alone.
pub static HTTPS_PROXY: Setting<ProxyUrl> = Setting {
    documentation: "The HTTP proxy for https addresses; beats HttpProxy.",
    also: &[Name::Variable("HTTPS_PROXY")],
    ..setting("HttpsProxy", "https_proxy", ProxyUrl::parse, "a proxy as host:port or http://host:port")
};

/// Hosts that are reached without a proxy.
pub static NO_PROXY: Setting<String> = Setting {
    documentation: "Host names, domains and address ranges that are reached without a proxy, separated by commas.",
    also: &[Name::Variable("NO_PROXY")],
    ..setting("NoProxy", "no_proxy", text, "a list of hosts")
};

/// Own certificate authorities.
pub static TLS_CERTIFICATE_AUTHORITIES: Setting<PathBuf> = Setting {
    documentation: "A PEM file of certificate authorities to trust in place of the system's.",
    ..setting(
        "TlsCertificateAuthorities",
        "SIGNPATH_TLS_CERTIFICATE_AUTHORITIES",
        values::absolute_path,
        "an absolute path",
    )
};

/// Client certificate for mutual TLS.
pub static TLS_CLIENT_CERTIFICATE: Setting<PathBuf> = Setting {
    documentation: "A PEM file with a client certificate, its chain and its key, for servers that ask for one. (The \
                    form thumbprint: exists on Windows only.)",
    ..setting(
        "TlsClientCertificate",
        "SIGNPATH_TLS_CLIENT_CERTIFICATE",
        values::absolute_path,
        "an absolute path of a PEM file (the form thumbprint: exists on Windows only)",
    )
};

/// Time limit of one attempt.
pub static HTTP_REQUEST_TIMEOUT: Setting<Duration> = Setting {
    documentation: "Time limit of one attempt, in seconds.",
    default: "30",
    also: &[Name::FormerKey("Timeouts.HttpRequest"), Name::FormerVariable("SIGNPATH_TIMEOUTS_HTTP_REQUEST")],
    ..setting(
        "HttpRequestTimeoutInSeconds",
        "SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS",
        values::seconds,
        "a number of seconds above 0, at most 86400",
    )
};

/// Time limit of all attempts.
pub static SERVICE_UNAVAILABLE_TIMEOUT: Setting<Duration> = Setting {
    documentation: "How long a request is repeated while the service is not available, in seconds, waits included.",
    default: "600",
    also: &[
        Name::FormerKey("Timeouts.ServiceUnavailable"),
        Name::FormerVariable("SIGNPATH_TIMEOUTS_SERVICE_UNAVAILABLE"),
    ],
    ..setting(
        "ServiceUnavailableTimeoutInSeconds",
        "SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS",
        values::seconds,
        "a number of seconds above 0, at most 86400",
    )
};

/// First delay of the versions 4 and 5.
pub static FIRST_RETRY_DELAY: Setting<Duration> = Setting {
    documentation: "The wait before the first repetition, in seconds; it doubles each time. Of versions 4 and 5.",
    outdated: Some("ServiceUnavailableTimeoutInSeconds limits the time for all attempts since version 6"),
    ..setting(
        "Timeouts.FirstRetryDelay",
        "SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY",
        values::seconds,
        "a number of seconds above 0, at most 86400",
    )
};

/// Number of repetitions of the versions 4 and 5.
pub static RETRY_COUNT: Setting<u32> = Setting {
    documentation: "How often a failed request is repeated at most. Of versions 4 and 5.",
    outdated: Some("ServiceUnavailableTimeoutInSeconds limits the time for all attempts since version 6"),
    ..setting("Timeouts.RetryCount", "SIGNPATH_TIMEOUTS_RETRY_COUNT", values::count, "a whole number")
};

/// Console log.
pub static LOG_CONSOLE_LEVEL: Setting<LogLevel> = Setting {
    documentation: "What is written to standard error: none, fatal, error, warning, info, debug, verbose.",
    default: "error",
    ..setting("Log.Console.Level", "SIGNPATH_LOG_CONSOLE_LEVEL", LogLevel::parse, LEVELS)
};

/// Console stream.
pub static LOG_CONSOLE_OUTPUT_STREAM: Setting<OutputStream> = Setting {
    documentation: "Always standard error: standard output belongs to the host program. `stdout` is warned about.",
    default: "stderr",
    ..setting(
        "Log.Console.OutputStream",
        "SIGNPATH_LOG_CONSOLE_OUTPUT_STREAM",
        OutputStream::parse,
        "one of stderr, stdout",
    )
};

/// File log.
pub static LOG_FILE_LEVEL: Setting<LogLevel> = Setting {
    documentation: "What is written to the log file.",
    default: "info",
    ..setting("Log.File.Level", "SIGNPATH_LOG_FILE_LEVEL", LogLevel::parse, LEVELS)
};

/// Folder of the log file.
pub static LOG_FILE_DIRECTORY: Setting<PathBuf> = Setting {
    documentation: "The folder of SignPath.CryptoProviders.Cryptoki.txt. It must belong to the user, and not be a \
                    link; where the default does not, /tmp/SignPathLogs-<user id> is used.",
    default: "/tmp/SignPathLogs",
    ..setting("Log.File.Directory", "SIGNPATH_LOG_FILE_DIRECTORY", values::absolute_path, "an absolute path")
};

/// Log level of the versions before 3.
pub static LOG_LEVEL: Setting<LogLevel> = Setting {
    documentation: "Level of both logs. Of versions before 3.",
    outdated: Some("Log.Console.Level and Log.File.Level replace it since version 3"),
    ..setting("Log.Level", "SIGNPATH_LOG_LEVEL", LogLevel::parse, LEVELS)
};

/// Read/write sessions.
pub static DO_NOT_FAIL_ON_READ_WRITE_SESSIONS: Setting<bool> = Setting {
    documentation: "Read for compatibility: read/write sessions are always granted here.",
    default: "true",
    ..setting(
        "Cryptoki.DoNotFailOnReadWriteSessions",
        "SIGNPATH_CRYPTOKI_DO_NOT_FAIL_ON_READ_WRITE_SESSIONS",
        values::switch,
        "one of true, false",
    )
};

/// Certificate for GPG keys.
pub static INCLUDE_DUMMY_CERTIFICATE: Setting<bool> = Setting {
    documentation: "Shows a certificate without meaning for keys that have none, for gnupg-pkcs11-scd.",
    default: "false",
    ..setting(
        "IncludeDummyX509CertificateForGpgKeys",
        "SIGNPATH_INCLUDE_DUMMY_X509CERTIFICATE_FOR_GPG_KEYS",
        values::switch,
        "one of true, false",
    )
};

const LEVELS: &str = "one of none, fatal, error, warning, info, debug, verbose";

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn api_token(text: &str) -> Option<ApiToken> {
    let is_windows_form = text.starts_with("encrypted:") || text.starts_with("registry:");
    if is_windows_form { None } else { ApiToken::parse(text) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_default_can_be_read() {
        for setting in all() {
            assert!(
                setting.default_text().is_empty() || setting.accepts(setting.default_text()),
                "{}",
                setting.key()
            );
        }
    }

    #[test]
    fn no_name_stands_for_two_settings() {
        let mut names = HashSet::new();
        for setting in all() {
            let others = setting.also().iter().map(|name| match name {
                Name::FormerKey(name) | Name::FormerVariable(name) | Name::Variable(name) => *name,
            });
            for name in [setting.key(), setting.variable()].into_iter().chain(others) {
                assert!(names.insert(name), "{name}");
            }
        }
    }

    #[test]
    fn every_setting_says_what_it_does() {
        for setting in all() {
            assert!(
                setting.documentation().ends_with('.') || setting.documentation().ends_with(')'),
                "{}",
                setting.key()
            );
        }
    }
}
