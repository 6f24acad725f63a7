//! Ids and times in the notations of the service: UUIDs, trace ids, and UTC timestamps.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use rsa::rand_core::{OsRng, RngCore as _};
use rsa::sha2::{Digest as _, Sha256};
use serde::{Serialize, Serializer};
use x509_cert::der::DateTime;

/// A UUID (RFC 9562). Written in lower case, because SignPath's PowerShell client finds ids with a pattern that knows
/// lower case only; read in either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uuid(u128);

impl Uuid {
    /// The empty GUID, which SignPath treats as a mistake of the caller.
    pub(crate) const EMPTY: Self = Self(0);

    /// A UUID with the given value.
    pub(crate) const fn from_value(value: u128) -> Self {
        Self(value)
    }

    /// A random one (version 4).
    pub(crate) fn random() -> Self {
        Self::marked(random_value(), 4)
    }

    /// Always the same one for the same name (version 8, from SHA-256), so that ids survive a restart.
    pub(crate) fn derived_from(name: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(name).into();
        let value = digest.iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte));
        Self::marked(value, 8)
    }

    /// Reads the form `01234567-89ab-cdef-0123-456789abcdef`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let groups: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        let digits = groups.concat();
        (lengths == [8, 4, 4, 4, 12] && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .then(|| u128::from_str_radix(&digits, 16).ok().map(Self))
            .flatten()
    }

    const fn marked(value: u128, version: u128) -> Self {
        let without_marks = value & !(0xF << 76) & !(0b11 << 62);
        Self(without_marks | version << 76 | 0b10 << 62)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        write!(
            formatter,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            value >> 96,
            value >> 80 & 0xFFFF,
            value >> 64 & 0xFFFF,
            value >> 48 & 0xFFFF,
            value & 0xFFFF_FFFF_FFFF
        )
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The `traceId` of a problem: `00-<32 hex>-<16 hex>-00`, a W3C `traceparent` that is not sampled.
pub(crate) fn random_trace_id() -> String {
    format!("00-{:032x}-{:016x}-00", random_value(), OsRng.next_u64())
}

/// A moment, written as RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timestamp(SystemTime);

impl Timestamp {
    /// This moment.
    pub(crate) fn now() -> Self {
        Self(SystemTime::now())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since_epoch = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let date = DateTime::from_unix_duration(since_epoch).map_err(|_| fmt::Error)?.to_string();
        write!(formatter, "{}.{:03}Z", date.trim_end_matches('Z'), since_epoch.subsec_millis())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn random_value() -> u128 {
    u128::from(OsRng.next_u64()) << 64 | u128::from(OsRng.next_u64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_uuid_is_read_in_either_case_and_written_in_lower_case() {
        let uuid = Uuid::parse("0A1B2C3D-4e5f-6789-abcd-ef0123456789").unwrap();
        assert_eq!(uuid.to_string(), "0a1b2c3d-4e5f-6789-abcd-ef0123456789");
    }

    #[test]
    fn what_only_resembles_a_uuid_is_none() {
        for text in [
            "",
            "0a1b2c3d4e5f6789abcdef0123456789",
            "0a1b2c3d-4e5f-6789-abcd-ef012345678",
            "0a1b2c3d-4e5f-6789-abcd-ef012345678g",
            "+a1b2c3d-4e5f-6789-abcd-ef0123456789",
            "{0a1b2c3d-4e5f-6789-abcd-ef0123456789}",
        ] {
            assert_eq!(Uuid::parse(text), None, "{text}");
        }
    }

    #[test]
    fn random_uuids_say_that_they_are_random() {
        let text = Uuid::random().to_string();
        assert_eq!(text.chars().nth(14), Some('4'), "{text}");
        assert!(matches!(text.chars().nth(19), Some('8' | '9' | 'a' | 'b')), "{text}");
    }

    #[test]
    fn derived_uuids_do_not_change() {
        assert_eq!(Uuid::derived_from("a"), Uuid::derived_from("a"));
        assert_ne!(Uuid::derived_from("a"), Uuid::derived_from("b"));
    }

    #[test]
    fn a_timestamp_has_milliseconds_and_is_utc() {
        let moment = Timestamp(UNIX_EPOCH + Duration::from_millis(1_795_309_261_007));
        assert_eq!(moment.to_string(), "2026-11-22T01:01:01.007Z");
    }

    #[test]
    fn a_trace_id_has_the_form_of_a_traceparent() {
        let lengths: Vec<usize> = random_trace_id().split('-').map(str::len).collect();
        assert_eq!(lengths, [2, 32, 16, 2]);
    }
}
