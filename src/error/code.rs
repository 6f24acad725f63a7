//! The short codes: one for each kind of text that a person can meet, printed at its end.
//!
//! `docs/troubleshooting.md` has a section for each. A number never changes its meaning and is never given again: people
//! search for it in tickets of years ago.

use std::fmt;

use super::FailureKind;

/// Makes the list of codes: name, number, and what a failure with it is for those who decide by that.
macro_rules! codes {
    ($($(#[$documentation:meta])* $name:ident = $number:literal, $kind:ident;)*) => {
        /// What a text is about: `SP` and four digits, of which the first is the part of the product that it comes
        /// from.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$documentation])* $name = $number,)*
        }

        impl Code {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What a failure with this code is.
            pub fn kind(self) -> FailureKind {
                match self {
                    $(Self::$name => FailureKind::$kind,)*
                }
            }
        }
    };
}

codes! {
    // 1: settings and credentials
    /// A setting's value does not parse.
    SettingUnusable = 1001, Configuration;
    /// The configuration file cannot be read.
    ConfigurationFileUnreadable = 1002, Configuration;
    /// The configuration file is not a JSON object.
    ConfigurationFileNotUnderstood = 1003, Configuration;
    /// Nothing is configured that a PIN could stand for.
    CredentialsMissing = 1004, Configuration;
    /// The PIN is in none of its forms.
    PinNotUnderstood = 1005, Configuration;
    /// The file of certificate authorities cannot be used.
    AuthoritiesUnusable = 1006, Configuration;
    /// The system has no certificate authorities.
    AuthoritiesMissing = 1007, Configuration;
    /// The client certificate's file cannot be used.
    ClientCertificateUnusable = 1008, Configuration;
    /// The client certificate's key is encrypted.
    ClientKeyEncrypted = 1009, Configuration;
    /// The client certificate and its key do not fit.
    ClientKeyOfAnother = 1010, Configuration;
    /// A variable is nearly called like a setting.
    VariableUnknown = 1101, Configuration;
    /// A key of the configuration file is none.
    KeyUnknown = 1102, Configuration;
    /// A setting has its name of an earlier version.
    NameOutdated = 1103, Configuration;
    /// A setting of an earlier version has lost its meaning.
    SettingOutdated = 1104, Configuration;
    /// Others can read the file with the API token.
    TokenReadableByOthers = 1105, Configuration;
    /// The console log is sent to standard output.
    StandardOutputUnusable = 1106, Configuration;

    // 2: the way to the service
    /// The name of the service, or of the proxy, has no address.
    NameNotResolved = 2001, Unavailable;
    /// Nobody takes the connection.
    NotConnected = 2002, Unavailable;
    /// The connection ended before the answer did.
    ConnectionBroken = 2003, Unavailable;
    /// No answer came in time.
    NoAnswer = 2004, Unavailable;
    /// The proxy does not lead to the service.
    ProxyRefused = 2101, Unavailable;
    /// The proxy asks who is there.
    ProxyWantsPassword = 2102, Other;
    /// The server's certificate is of an authority that is not trusted.
    AuthorityUnknown = 2201, Other;
    /// The server's certificate is not valid now.
    CertificateNotValidNow = 2202, Other;
    /// The server's certificate is for another host.
    CertificateOfAnotherHost = 2203, Other;
    /// The server's certificate cannot be used for another reason.
    CertificateRefused = 2204, Other;
    /// The server refuses the client, or its certificate.
    ClientRefused = 2205, Other;
    /// The server does not speak TLS, or none of today's.
    TlsNotSpoken = 2206, Other;
    /// The answer is larger than any that makes sense.
    AnswerTooLarge = 2301, Other;
    /// A later attempt was answered.
    AnsweredLater = 2401, Other;

    // 3: what SignPath answers; the last three digits are those of the HTTP status where that says it all
    /// SignPath does not sign this hash.
    HashRefused = 3001, Rejected;
    /// SignPath does not take this artifact.
    ArtifactRefused = 3002, Rejected;
    /// The server has no route for hashes.
    HashSigningUnknown = 3003, Rejected;
    /// There is no such signing request.
    SigningRequestUnknown = 3004, Rejected;
    /// The answer is no list of signing policies.
    ListNotUnderstood = 3101, Other;
    /// The answer is no signature of the hash.
    SignatureNotUnderstood = 3102, Other;
    /// The answer names no signing request.
    SigningRequestNotNamed = 3103, Other;
    /// The answer has no status of a signing request.
    StatusNotUnderstood = 3104, Other;
    /// A redirect: 3xx.
    Redirected = 3300, Other;
    /// The request is refused: 400, and any other 4xx.
    RequestRefused = 3400, Rejected;
    /// The token is refused: 401.
    TokenRefused = 3401, Unauthorized;
    /// The user is refused: 403.
    UserRefused = 3403, Unauthorized;
    /// There is nothing at this address: 404, 405.
    AddressUnknown = 3404, Rejected;
    /// There were too many requests: 429.
    TooManyRequests = 3429, Unavailable;
    /// The service failed: 500, and any other 5xx.
    ServiceFailed = 3500, ServerError;
    /// The service is not available: 502, 503, 504.
    ServiceUnavailable = 3503, Unavailable;

    // 4: keys and signatures
    /// There is no key of this name.
    KeyNotFound = 4001, Other;
    /// There is no key at all.
    NoKeys = 4002, Other;
    /// The signature that came back is not one of the key.
    SignatureNotVerified = 4003, Other;
    /// The key is another one than when it was listed.
    KeyReplaced = 4004, Other;
    /// A signing policy cannot be understood.
    PolicyLeftOut = 4101, Other;
    /// The certificate of a key cannot be used.
    CertificateLeftOut = 4102, Other;

    // 5: the log
    /// No log file can be opened.
    LogFileUnusable = 5001, Configuration;
    /// A line cannot be written to the log file.
    LogFileNotWritten = 5002, Configuration;

    // 6: the process
    /// The process is short of something.
    ProcessLimits = 6001, Other;
    /// The thread has ended but for its last handlers.
    ThreadEnding = 6002, Other;
    /// The module was finalised while the request was under way.
    Stopped = 6003, Stopped;

    // 9: errors of ours
    /// A panic.
    Panicked = 9001, Other;
    /// Something that cannot happen.
    Impossible = 9002, Other;
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SP{:04}", *self as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_listed_by_number_and_have_four_digits() {
        let numbers: Vec<u16> = Code::ALL.iter().map(|code| *code as u16).collect();

        assert!(numbers.is_sorted(), "{numbers:?}");
        assert!(numbers.iter().all(|number| (1000..=9999).contains(number)), "{numbers:?}");
    }

    #[test]
    fn a_code_prints_as_it_is_searched_for() {
        assert_eq!(Code::TokenRefused.to_string(), "SP3401");
    }
}
