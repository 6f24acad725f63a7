//! `GET Cryptoki/MySigningPolicies`: the keys that the token's user may sign with.
//!
//! Known from the documentation and from one recorded answer, both of RSA keys only; entries of EC and GPG keys have
//! never been seen. So whatever is plausible is accepted, an entry that cannot be understood is left out with a word
//! in the log, and it never hides the others.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::public_key::{Certificate, Curve, PublicKey};
use crate::config::Slug;
use crate::error::{Code, Notice};

/// A signing policy with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningPolicy {
    /// The project.
    pub project: Slug,
    /// The signing policy in it.
    pub policy: Slug,
    /// SignPath's id of the policy, if it tells.
    pub id: Option<String>,
    /// The key.
    pub key: PublicKey,
    /// The key's certificate; a GPG key has none.
    pub certificate: Option<Certificate>,
}

impl SigningPolicy {
    /// The key's id and label, as SignPath's library builds it: `project-slug/signing-policy-slug`.
    pub fn label(&self) -> String {
        [self.project.as_str(), "/", self.policy.as_str()].concat()
    }
}

/// What an answer listed: the policies understood, in the service's order, and a word on each entry that was left out
/// or shown in part.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The policies that can be used.
    pub policies: Vec<SigningPolicy>,
    /// What could not be understood, or in part only.
    pub remarks: Vec<Notice>,
}

/// Reads an answer; `None` if it is not a list of policies at all.
pub(crate) fn read(body: &[u8]) -> Option<Listing> {
    let entries = entries(body)?;
    let mut listing = Listing { policies: Vec::with_capacity(entries.len()), remarks: Vec::new() };
    for (index, entry) in entries.into_iter().enumerate() {
        let remark = match entry.and_then(|entry| understood(&entry)) {
            Ok((policy, remark)) => {
                listing.policies.push(policy);
                remark
            }
            Err(problem) => Some(Notice::new(Code::PolicyLeftOut, format!("{problem}; it is left out"))),
        };
        let placed = |remark: Notice| remark.about(&format!("signing policy number {}", index + 1));
        listing.remarks.extend(remark.map(placed));
    }
    Some(listing)
}

/// The entries, each for itself where they cannot be read together.
fn entries(body: &[u8]) -> Option<Vec<Result<Entry<'_>, String>>> {
    if let Some(entries) = list(body) {
        return Some(entries.into_iter().map(Ok).collect());
    }
    let entries: Vec<&RawValue> = list(body)?;
    let is_list = entries.iter().any(|entry| entry.get().starts_with('{'));
    let read = |text| serde_json::from_str(text).map_err(|error| error.to_string());
    is_list.then(|| entries.into_iter().map(RawValue::get).map(read).collect())
}

/// The documented object with `signingPolicies`; a bare array costs nothing to accept.
fn list<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<Vec<T>> {
    #[derive(Deserialize)]
    struct Root<T> {
        #[serde(rename = "signingPolicies")]
        signing_policies: Vec<T>,
    }
    let is_array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_array {
        serde_json::from_slice(body).ok()
    } else {
        serde_json::from_slice(body).ok().map(|root: Root<T>| root.signing_policies)
    }
}

/// An entry, every part of it optional until it is needed. What is not documented for every kind of key is kept as it
/// came, so that one strange member does not make the others unreadable; what is long is not copied.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a signing policy")]
struct Entry<'a> {
    project_slug: Option<String>,
    signing_policy_slug: Option<String>,
    #[serde(default)]
    signing_policy_id: Value,
    #[serde(default)]
    key_type: Value,
    #[serde(borrow)]
    rsa_parameters: Option<&'a RawValue>,
    // [UNKNOWN] name and content: SignPath has documented no EC key; .NET would write curve and q {x, y}
    #[serde(default, alias = "ecParameters")]
    ecdsa_parameters: Value,
    #[serde(borrow, default)]
    public_key_bytes: Text<'a>,
    #[serde(borrow, default)]
    certificate_bytes: Text<'a>,
}

/// A text as it stands in the answer, if it is one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text<'a> {
    #[serde(borrow)]
    Is(Cow<'a, str>),
    IsNot(IgnoredAny),
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::IsNot(IgnoredAny)
    }
}

impl Text<'_> {
    /// Empty where there is none.
    fn as_str(&self) -> &str {
        match self {
            Self::Is(text) => text,
            Self::IsNot(_) => "",
        }
    }
}

/// The policy, and what is worth saying of it; or why it cannot be used.
fn understood(entry: &Entry<'_>) -> Result<(SigningPolicy, Option<Notice>), String> {
    let project = slug(entry.project_slug.as_deref(), "projectSlug")?;
    let policy = slug(entry.signing_policy_slug.as_deref(), "signingPolicySlug")?;
    let key = entry.key();
    let certificate = entry.certificate(key.as_ref());
    let (key, certificate, remark) = match (key, certificate) {
        (Some(key), Some(Ok((certificate, certified)))) if key == certified => (key, Some(certificate), None),
        (None, Some(Ok((certificate, certified)))) => (certified, Some(certificate), None),
        (Some(key), None) => (key, None, None),
        // a renewed key beside an old certificate: what signs is the key, and a wrong certificate only misleads
        (Some(key), Some(Ok(_))) => (key, None, Some("its certificate is of another key")),
        (Some(key), Some(Err(problem))) => (key, None, Some(problem)),
        (None, None) => return Err(format!("{project}/{policy}: {}", entry.unusable_key())),
        (None, Some(Err(problem))) => return Err(format!("{project}/{policy}: {problem}")),
    };
    let remark = remark.map(|remark| {
        let text = format!("{project}/{policy}: {remark}; no certificate is shown");
        Notice::new(Code::CertificateLeftOut, text)
    });
    let id = entry.signing_policy_id.as_str().map(str::to_owned);
    Ok((SigningPolicy { project, policy, id, key, certificate }, remark))
}

fn slug(text: Option<&str>, name: &str) -> Result<Slug, String> {
    let text = text.ok_or_else(|| format!("it has no {name}"))?;
    Slug::parse(text).ok_or_else(|| format!("its {name} is not a slug"))
}

impl Entry<'_> {
    /// The certificate and the key in it, or what is wrong with it; `None` where there is none, as with GPG keys.
    fn certificate(
        &self,
        known: Option<&PublicKey>,
    ) -> Option<Result<(Certificate, PublicKey), &'static str>> {
        let text = Some(self.certificate_bytes.as_str()).filter(|text| !text.is_empty())?;
        let Some(der) = decoded(text) else { return Some(Err("its certificateBytes are not base64")) };
        let unusable = "its certificateBytes are not an X.509 certificate of an RSA or NIST-curve key";
        Some(Certificate::with_key(der, known).ok_or(unusable))
    }

    /// The key as told outside the certificate.
    fn key(&self) -> Option<PublicKey> {
        let encoded = decoded(self.public_key_bytes.as_str()).and_then(|der| self.encoded_key(&der));
        encoded.or_else(|| self.rsa_key()).or_else(|| self.ec_key())
    }

    /// PKCS#1 as documented and seen for RSA; for EC, of which nothing is known, SubjectPublicKeyInfo or the point.
    fn encoded_key(&self, der: &[u8]) -> Option<PublicKey> {
        PublicKey::from_pkcs1(der)
            .or_else(|| PublicKey::from_spki(der))
            .or_else(|| PublicKey::from_point(self.curve()?, der))
            .or_else(|| PublicKey::from_bare_point(der))
    }

    fn rsa_key(&self) -> Option<PublicKey> {
        let parameters: Value = serde_json::from_str(self.rsa_parameters?.get()).ok()?;
        let modulus = bytes(parameters.get("modulus")?)?;
        PublicKey::from_rsa(&modulus, &bytes(parameters.get("publicExponent")?)?)
    }

    fn ec_key(&self) -> Option<PublicKey> {
        let point = self.ecdsa_parameters.get("q")?;
        let point = [vec![4], bytes(point.get("x")?)?, bytes(point.get("y")?)?].concat();
        match self.curve() {
            Some(curve) => PublicKey::from_point(curve, &point),
            None => PublicKey::from_bare_point(&point),
        }
    }

    /// A curve that is named anywhere in the parameters: by a plain name, or as .NET does by `curve.oid.value`.
    fn curve(&self) -> Option<Curve> {
        const PLACES: [&str; 6] = [
            "/curve",
            "/namedCurve",
            "/curveName",
            "/curve/oid",
            "/curve/oid/value",
            "/curve/oid/friendlyName",
        ];
        PLACES.into_iter().find_map(|place| Curve::named(self.ecdsa_parameters.pointer(place)?.as_str()?))
    }

    fn unusable_key(&self) -> String {
        match self.key_type.as_str() {
            Some(kind) => format!("its key of type `{}` cannot be used", kind.escape_debug()),
            None => "it has no key that can be used".to_owned(),
        }
    }
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    decoded(value.as_str()?)
}

/// Decodes base64, with padding or without.
fn decoded(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use p256::elliptic_curve::sec1::ToEncodedPoint;

    use super::*;

    fn point() -> Vec<u8> {
        p256::AffinePoint::GENERATOR.to_encoded_point(false).as_bytes().to_owned()
    }

    fn ec_key() -> PublicKey {
        PublicKey::from_bare_point(&point()).unwrap()
    }

    fn rsa_key() -> PublicKey {
        PublicKey::from_rsa(&[0xff; 256], &[1, 0, 1]).unwrap()
    }

    fn base64(bytes: &[u8]) -> String {
        BASE64_STANDARD.encode(bytes)
    }

    fn list(entries: &[String]) -> Listing {
        read(format!(r#"{{"signingPolicies":[{}]}}"#, entries.join(",")).as_bytes()).unwrap()
    }

    fn keys(entries: &[String]) -> Vec<PublicKey> {
        let listing = list(entries);
        assert_eq!(listing.remarks, [] as [Notice; 0]);
        listing.policies.into_iter().map(|policy| policy.key).collect()
    }

    fn entry(rest: &str) -> String {
        format!(r#"{{"projectSlug":"p","signingPolicySlug":"s",{rest}}}"#)
    }

    #[test]
    fn an_rsa_key_is_taken_from_whichever_field_tells_it() {
        let PublicKey::Rsa(rsa) = rsa_key() else { panic!("not RSA") };
        let parameters =
            format!(r#""rsaParameters":{{"publicExponent":"AQAB","modulus":"{}"}}"#, base64(&rsa.modulus));
        let pkcs1 = format!(r#""keyType":"Rsa","publicKeyBytes":"{}""#, base64(&rsa.to_pkcs1()));
        let spki = format!(r#""publicKeyBytes":"{}""#, base64(&rsa_key().to_spki()));

        assert_eq!(
            keys(&[entry(&parameters), entry(&pkcs1), entry(&spki)]),
            [rsa_key(), rsa_key(), rsa_key()]
        );
    }

    #[test]
    fn an_ec_key_is_taken_in_every_plausible_shape() {
        let (x, y) = (base64(&point()[1..33]), base64(&point()[33..]));
        let shapes = [
            format!(r#""keyType":"Ecdsa","publicKeyBytes":"{}""#, base64(&ec_key().to_spki())),
            format!(r#""keyType":"EC","publicKeyBytes":"{}""#, base64(&point())),
            format!(r#""ecdsaParameters":{{"curve":"nistP256","q":{{"x":"{x}","y":"{y}"}}}}"#),
            format!(
                r#""ecParameters":{{"curve":{{"oid":{{"value":"1.2.840.10045.3.1.7"}}}},"q":{{"x":"{x}","y":"{y}"}}}}"#
            ),
            format!(r#""ecdsaParameters":{{"q":{{"x":"{x}","y":"{y}"}}}}"#),
            format!(r#""ecdsaParameters":17,"keyType":null,"publicKeyBytes":"{}""#, base64(&point())),
        ];

        for shape in shapes {
            assert_eq!(keys(&[entry(&shape)]), [ec_key()], "{shape}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_understood_hides_no_other() {
        let good = entry(&format!(r#""publicKeyBytes":"{}""#, base64(&point())));
        let listing = list(&[
            entry(r#""keyType":"Mldsa","publicKeyBytes":"AAAA""#),
            r#"{"signingPolicySlug":"s"}"#.to_owned(),
            "17".to_owned(),
            entry(r#""certificateBytes":"aW52YWxpZA==""#),
            good,
        ]);

        assert_eq!(listing.policies.len(), 1);
        let remarks: Vec<String> = listing.remarks.iter().map(ToString::to_string).collect();
        assert_eq!(
            remarks,
            [
                "signing policy number 1: p/s: its key of type `Mldsa` cannot be used; it is left out [SP4101]",
                "signing policy number 2: it has no projectSlug; it is left out [SP4101]",
                "signing policy number 3: invalid type: integer `17`, expected a signing policy at line 1 column 2; it is left out [SP4101]",
                "signing policy number 4: p/s: its certificateBytes are not an X.509 certificate of an RSA or \
                 NIST-curve key; it is left out [SP4101]",
            ]
        );
    }

    #[test]
    fn a_bare_array_is_a_list_too_and_anything_else_is_none() {
        assert_eq!(read(b" []"), Some(Listing::default()));
        assert_eq!(read(br#"{"policies":[]}"#), None);
        assert_eq!(read(br#"[[],17]"#), None);
        assert_eq!(read(b"<html>"), None);
    }
}
