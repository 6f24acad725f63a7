//! The types of the settings' values. Each reads one text and refuses what it cannot mean; nothing here knows where
//! the text came from.

use std::{fmt, path::PathBuf, time::Duration};

use url::Url;

/// The address of the service, up to and without `/v1`: https, or http on loopback only, where no one can listen in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl(Url);

impl ApiUrl {
    /// Reads a URL; a trailing slash and a trailing `/v1` (which SignPath's own tools append) are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('/');
        let text = text.strip_suffix("/v1").unwrap_or(text);
        let url = Url::parse(text).ok()?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let is_protected = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        (is_plain && is_protected && url.host_str().is_some()).then_some(Self(url))
    }

    /// The absolute URL of a route, given as path segments behind `/v1/`; each is percent-encoded as needed.
    pub fn route(&self, segments: &[&str]) -> Url {
        self.route_of_version("v1", segments)
    }

    /// The same of another version of the API: servers before SignPath 1.170.2 have some routes in `v1-pre` only.
    pub fn route_of_version(&self, version: &str, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(version).extend(segments);
        }
        url
    }

    /// True where a request does not leave the machine; no proxy is used then.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// True where TLS, and with it the trust store, is needed.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of an HTTP proxy, perhaps with a user and a password, which are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// Reads `host:port`, as SignPath's library takes it, or `http://host:port`, with `user:password@` if need be.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) };
        url.ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).map(Self)
    }

    /// The URL with its user and password, for the connection alone.
    pub fn reveal(&self) -> Url {
        self.0.clone()
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        let port = self.0.port_or_known_default().unwrap_or_default();
        write!(formatter, "{}://{host}:{port}", self.0.scheme())
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ProxyUrl({self})")
    }
}

/// The slug of a project or signing policy: part of a key's id, which separates the two by a slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    /// Reads a slug; `None` if it is empty or holds a slash or a control character.
    pub fn parse(text: &str) -> Option<Self> {
        let usable = !text.is_empty() && !text.contains('/') && !text.chars().any(char::is_control);
        usable.then(|| Self(text.to_owned()))
    }

    /// The slug's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Declares an enum whose variants are words that a user writes; upper and lower case do not matter.
macro_rules! words {
    ($(#[$note:meta])* $name:ident { $($(#[$variant_note:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$note])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_note])* $variant),+ }

        impl $name {
            /// Reads one of the words.
            pub fn parse(text: &str) -> Option<Self> {
                $(if text.trim().eq_ignore_ascii_case($word) { return Some(Self::$variant); })+
                None
            }

            /// The word as documented.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words! {
    /// How much is logged; each level includes those before it.
    LogLevel {
        /// Nothing.
        None = "none",
        /// What ends the process; used by nothing here.
        Fatal = "fatal",
        /// A call failed.
        Error = "error",
        /// Something needs attention, the call goes on.
        Warning = "warning",
        /// Each login, listing and signature.
        Info = "info",
        /// Each call.
        Debug = "debug",
        /// Everything.
        Verbose = "verbose",
    }
}

words! {
    /// Which of the service's two contracts for signing a hash is used.
    HashSigningApi {
        /// `SigningRequests/SignHash`, and the older one where the server does not know that route.
        Auto = "auto",
        /// `SigningRequests/SignHash` only (SignPath 1.196.0 and later).
        Current = "current",
        /// The fast signing request of earlier servers only.
        Legacy = "legacy",
    }
}

words! {
    /// Whether the token asks for a login.
    LoginRequired {
        /// Only where no credentials are configured.
        Auto = "auto",
        /// Whatever is configured.
        Always = "always",
    }
}

words! {
    /// Whether certificates are shown as objects.
    CertificateVisibility {
        /// Hidden from cosign, shown to every other program.
        Auto = "auto",
        /// Shown.
        Show = "show",
        /// Hidden.
        Hide = "hide",
    }
}

words! {
    /// Where SignPath's own library writes its console log. This module never touches standard output.
    OutputStream {
        /// Standard error.
        Stderr = "stderr",
        /// Standard output, which belongs to the host program: taken as standard error, with a warning.
        Stdout = "stdout",
    }
}

/// Reads a switch: true/false, yes/no, on/off, 1/0.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Reads a time in seconds, with or without decimals: more than nothing, at most a day.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    const DAY: f64 = 86_400.0;
    let seconds: f64 = text.trim().parse().ok()?;
    (seconds > 0.0 && seconds <= DAY).then(|| Duration::from_secs_f64(seconds))
}

/// Reads how many times a failed request is repeated.
pub(super) fn count(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

/// Reads an absolute path: the host program's working directory is nobody's business.
pub(super) fn absolute_path(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text)).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_taken_on_loopback_only() {
        for url in
            ["http://localhost:1/Api", "http://127.0.0.1:1/Api", "http://[::1]:1/Api", "https://a.test/Api"]
        {
            assert!(ApiUrl::parse(url).is_some(), "{url}");
        }
        for url in [
            "http://app.signpath.io/Api",
            "http://10.0.0.1/Api",
            "http://localhost.evil.test/Api",
            "ftp://localhost/",
        ] {
            assert!(ApiUrl::parse(url).is_none(), "{url}");
        }
    }

    #[test]
    fn a_host_name_is_written_in_ascii() {
        for url in ["https://bücher.test/Api", "https://BÜCHER.test/Api", "https://%C3%9CBER.test/Api"] {
            assert_eq!(ApiUrl::parse(url), None, "{url}");
        }
        assert_eq!(
            ApiUrl::parse("https://xn--bcher-kva.test/Api").unwrap().to_string(),
            "https://xn--bcher-kva.test/Api"
        );
    }

    #[test]
    fn an_address_with_credentials_in_it_is_refused() {
        assert_eq!(ApiUrl::parse("https://user:secret@a.test/Api"), None);
    }

    #[test]
    fn a_route_stands_behind_the_version_whatever_slash_the_user_wrote() {
        for text in
            ["https://a.test/Api", "https://a.test/Api/", "https://a.test/Api/v1", "https://a.test/Api/v1/"]
        {
            let url = ApiUrl::parse(text).unwrap();
            assert_eq!(url.route(&["o", "Cryptoki"]).as_str(), "https://a.test/Api/v1/o/Cryptoki", "{text}");
        }
    }

    #[test]
    fn a_proxy_is_host_and_port_or_a_url_and_never_shows_its_password() {
        assert_eq!(ProxyUrl::parse("proxy.test:3128").unwrap().to_string(), "http://proxy.test:3128");
        assert_eq!(
            ProxyUrl::parse("http://u:p4ss@proxy.test:3128").unwrap().to_string(),
            "http://proxy.test:3128"
        );
        assert_eq!(
            format!("{:?}", ProxyUrl::parse("http://u:p4ss@proxy.test").unwrap()),
            "ProxyUrl(http://proxy.test:80)"
        );
        assert_eq!(ProxyUrl::parse("socks5://proxy.test"), None);
    }

    #[test]
    fn a_time_limit_is_more_than_nothing_and_at_most_a_day() {
        assert_eq!(seconds("1.16"), Some(Duration::from_millis(1160)));
        for text in ["0", "-1", "86401", "NaN", "inf", "30s", ""] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_read_in_any_case_and_nothing_else_is() {
        assert_eq!(LogLevel::parse("Debug"), Some(LogLevel::Debug));
        assert_eq!(LogLevel::parse("trace"), None);
        assert!(LogLevel::Error < LogLevel::Info);
    }
}
