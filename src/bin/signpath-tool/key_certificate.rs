//! What people want to know of a key's certificate: whose it is, and how long it is valid.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use signpath_pkcs11::signpath::Certificate;
use x509_cert::Certificate as X509;
use x509_cert::der::Decode;
use x509_cert::time::Time;

const DAY: u64 = 24 * 60 * 60;

/// Renewing a certificate takes a person, and some days.
const NEAR: Duration = Duration::from_secs(30 * DAY);

/// A certificate as it is told to people.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyCertificate {
    pub(crate) subject: String,
    issuer: String,
    serial_number: String,
    not_before: String,
    pub(crate) not_after: String,
    /// What needs attention; `None` in the middle of its life.
    pub(crate) warning: Option<String>,
}

impl KeyCertificate {
    /// Reads a certificate that SignPath listed, at this moment.
    pub(crate) fn at(now: SystemTime, certificate: &Certificate) -> Option<Self> {
        let fields = X509::from_der(&certificate.der).ok()?.tbs_certificate;
        let (start, end) = (fields.validity.not_before, fields.validity.not_after);
        Some(Self {
            subject: fields.subject.to_string(),
            issuer: fields.issuer.to_string(),
            serial_number: fields.serial_number.to_string(),
            not_before: start.to_string(),
            not_after: end.to_string(),
            warning: warning(now, start, end),
        })
    }
}

fn warning(now: SystemTime, start: Time, end: Time) -> Option<String> {
    if now < start.to_system_time() {
        return Some(format!("is valid from {} on only; check the clock", date(start)));
    }
    match end.to_system_time().duration_since(now) {
        Err(_) => Some(format!("expired on {}; renew it in SignPath", date(end))),
        Ok(left) if left < NEAR => {
            let days = left.as_secs() / DAY;
            Some(format!("expires in {days} days, on {}; renew it in SignPath", date(end)))
        }
        Ok(_) => None,
    }
}

/// The day alone.
pub(crate) fn date(time: Time) -> String {
    let time = time.to_date_time();
    format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day())
}

#[cfg(test)]
mod tests {
    use x509_cert::der::asn1::UtcTime;

    use super::*;

    fn time(days: u64) -> Time {
        Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(days * DAY)).unwrap())
    }

    fn at(day: u64) -> Option<String> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(day * DAY + 1);
        warning(now, time(20_000), time(20_100))
    }

    #[test]
    fn a_certificate_is_warned_about_a_month_before_its_end_and_after_it() {
        assert_eq!(at(20_000), None);
        assert_eq!(at(20_069), None);
        assert_eq!(at(20_070).unwrap(), "expires in 29 days, on 2025-01-12; renew it in SignPath");
        assert_eq!(at(20_100).unwrap(), "expired on 2025-01-12; renew it in SignPath");
    }

    #[test]
    fn a_certificate_of_the_future_points_at_the_clock() {
        assert_eq!(at(19_999).unwrap(), "is valid from 2024-10-04 on only; check the clock");
    }
}
