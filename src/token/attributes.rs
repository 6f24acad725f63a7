//! What each object says of itself: every attribute that the standard gives its class, present, sensitive or absent.
//!
//! One row an attribute (PKCS#11 v3.1 sections 4.4 to 4.9, 6.1.2, 6.1.3, 6.3.3 and 6.3.4). Values are made when they
//! are asked for: ten thousand keys must not cost ten thousand times forty values.

use std::borrow::Cow;

use cryptoki_sys::{
    CK_CERTIFICATE_CATEGORY_UNSPECIFIED, CK_SECURITY_DOMAIN_UNSPECIFIED, CK_ULONG,
    CK_UNAVAILABLE_INFORMATION, CKC_X_509, CKK_EC, CKK_RSA,
};

use super::encoding::{boolean, ec_params, ec_point, fingerprint, sha1, ulong};
use super::mechanism;
use super::names::AttributeType as A;
use super::object::{Content, Key, Object};
use crate::signpath::{Certificate, EcKey, PublicKey, RsaKey};

/// What is known of an attribute that an object has.
#[derive(Debug, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// Its value.
    Value(Cow<'a, [u8]>),
    /// It exists, and does not leave the token.
    Sensitive,
}

impl Object {
    /// An attribute; `None` if the object does not have it.
    pub fn attribute(&self, kind: A) -> Option<Attribute<'_>> {
        let row = self.tables().into_iter().flatten().find(|row| row.kind == kind)?;
        (row.value)(self)
    }

    /// Every attribute that the object may have.
    pub fn attribute_types(&self) -> impl Iterator<Item = A> {
        self.tables().into_iter().flatten().map(|row| row.kind)
    }

    fn tables(&self) -> [&'static [Row]; 5] {
        let is_rsa = |key: &Key| matches!(key.public_key(), PublicKey::Rsa(_));
        match &self.content {
            Content::PrivateKey(key) if is_rsa(key) => [STORAGE, OF_KEY, KEY, PRIVATE_KEY, RSA_PRIVATE_KEY],
            Content::PrivateKey(_) => [STORAGE, OF_KEY, KEY, PRIVATE_KEY, EC_PRIVATE_KEY],
            Content::PublicKey(key) if is_rsa(key) => [STORAGE, OF_KEY, KEY, PUBLIC_KEY, RSA_PUBLIC_KEY],
            Content::PublicKey(_) => [STORAGE, OF_KEY, KEY, PUBLIC_KEY, EC_PUBLIC_KEY],
            Content::Certificate(_) => [STORAGE, OF_KEY, CERTIFICATE, &[], &[]],
            Content::Profile(_) => [STORAGE, PROFILE, &[], &[], &[]],
        }
    }
}

struct Row {
    kind: A,
    value: for<'a> fn(&'a Object) -> Option<Attribute<'a>>,
}

const fn row(kind: A, value: for<'a> fn(&'a Object) -> Option<Attribute<'a>>) -> Row {
    Row { kind, value }
}

const STORAGE: &[Row] = &[
    row(A::CLASS, |object| number(object.class().0)),
    row(A::TOKEN, |_| yes()),
    row(A::PRIVATE, |object| owned(boolean(object.is_private))),
    row(A::MODIFIABLE, |_| no()),
    row(A::COPYABLE, |_| no()),
    row(A::DESTROYABLE, |_| no()),
    row(A::LABEL, |object| borrowed(label(object).as_bytes())),
    row(A::UNIQUE_ID, |object| owned(unique_id(object).into_bytes())),
];

/// What every side of a key has, and where the key comes from (`include/signpath_pkcs11.h`).
const OF_KEY: &[Row] = &[
    row(A::ID, |object| borrowed(label(object).as_bytes())),
    row(A::PUBLIC_KEY_INFO, |object| owned(public_key(object)?.to_spki())),
    row(A::SIGNPATH_PROJECT_SLUG, |object| borrowed(object.key()?.policy.project.as_str().as_bytes())),
    row(A::SIGNPATH_SIGNING_POLICY_SLUG, |object| borrowed(object.key()?.policy.policy.as_str().as_bytes())),
    row(A::SIGNPATH_SIGNING_POLICY_ID, |object| borrowed(object.key()?.policy.id.as_ref()?.as_bytes())),
];

const PROFILE: &[Row] = &[row(A::PROFILE_ID, |object| match object.content {
    Content::Profile(profile) => number(profile.id()),
    _ => None,
})];

const KEY: &[Row] = &[
    row(A::KEY_TYPE, |object| number(key_type(public_key(object)?))),
    row(A::START_DATE, |_| borrowed(&[])),
    row(A::END_DATE, |_| borrowed(&[])),
    row(A::DERIVE, |_| no()),
    // where the key was made is not known here, and "true" would be a claim
    row(A::LOCAL, |_| no()),
    row(A::KEY_GEN_MECHANISM, |_| number(CK_UNAVAILABLE_INFORMATION)),
    row(A::ALLOWED_MECHANISMS, |object| owned(allowed_mechanisms(public_key(object)?))),
    row(A::SUBJECT, |object| borrowed(certificate(object).map_or(&[], |certificate| certificate.subject()))),
];

const PRIVATE_KEY: &[Row] = &[
    row(A::SENSITIVE, |_| yes()),
    row(A::EXTRACTABLE, |_| no()),
    // what was before the key came to SignPath is not known here
    row(A::ALWAYS_SENSITIVE, |_| no()),
    row(A::NEVER_EXTRACTABLE, |_| no()),
    row(A::SIGN, |_| yes()),
    row(A::SIGN_RECOVER, |_| no()),
    row(A::DECRYPT, |_| no()),
    row(A::UNWRAP, |_| no()),
    row(A::DECAPSULATE, |_| no()),
    row(A::WRAP_WITH_TRUSTED, |_| no()),
    row(A::ALWAYS_AUTHENTICATE, |_| no()),
];

const PUBLIC_KEY: &[Row] = &[
    row(A::VERIFY, |_| yes()),
    row(A::VERIFY_RECOVER, |_| no()),
    row(A::ENCRYPT, |_| no()),
    row(A::WRAP, |_| no()),
    row(A::ENCAPSULATE, |_| no()),
    row(A::TRUSTED, |_| no()),
];

const RSA_PUBLIC_KEY: &[Row] = &[
    row(A::MODULUS, |object| borrowed(&rsa(object)?.modulus)),
    row(A::MODULUS_BITS, |object| number(rsa(object)?.bits() as CK_ULONG)),
    row(A::PUBLIC_EXPONENT, |object| borrowed(&rsa(object)?.exponent)),
];

const RSA_PRIVATE_KEY: &[Row] = &[
    row(A::MODULUS, |object| borrowed(&rsa(object)?.modulus)),
    row(A::PUBLIC_EXPONENT, |object| borrowed(&rsa(object)?.exponent)),
    row(A::PRIVATE_EXPONENT, |_| Some(Attribute::Sensitive)),
    row(A::PRIME_1, |_| Some(Attribute::Sensitive)),
    row(A::PRIME_2, |_| Some(Attribute::Sensitive)),
    row(A::EXPONENT_1, |_| Some(Attribute::Sensitive)),
    row(A::EXPONENT_2, |_| Some(Attribute::Sensitive)),
    row(A::COEFFICIENT, |_| Some(Attribute::Sensitive)),
];

const EC_PUBLIC_KEY: &[Row] = &[
    row(A::EC_PARAMS, |object| owned(ec_params(ec(object)?.curve))),
    row(A::EC_POINT, |object| owned(ec_point(&ec(object)?.point))),
];

const EC_PRIVATE_KEY: &[Row] = &[
    row(A::EC_PARAMS, |object| owned(ec_params(ec(object)?.curve))),
    row(A::VALUE, |_| Some(Attribute::Sensitive)),
];

const CERTIFICATE: &[Row] = &[
    row(A::CERTIFICATE_TYPE, |_| number(CKC_X_509)),
    row(A::TRUSTED, |_| no()),
    row(A::CERTIFICATE_CATEGORY, |_| number(CK_CERTIFICATE_CATEGORY_UNSPECIFIED)),
    row(A::CHECK_VALUE, |object| owned(sha1(&certificate(object)?.der).into_iter().take(3).collect())),
    row(A::START_DATE, |object| borrowed(&certificate(object)?.start_date)),
    row(A::END_DATE, |object| borrowed(&certificate(object)?.end_date)),
    row(A::SUBJECT, |object| borrowed(certificate(object)?.subject())),
    row(A::ISSUER, |object| borrowed(certificate(object)?.issuer())),
    row(A::SERIAL_NUMBER, |object| borrowed(certificate(object)?.serial_number())),
    row(A::VALUE, |object| borrowed(&certificate(object)?.der)),
    row(A::URL, |_| borrowed(&[])),
    row(A::HASH_OF_SUBJECT_PUBLIC_KEY, |_| borrowed(&[])),
    row(A::HASH_OF_ISSUER_PUBLIC_KEY, |_| borrowed(&[])),
    row(A::JAVA_MIDP_SECURITY_DOMAIN, |_| number(CK_SECURITY_DOMAIN_UNSPECIFIED)),
];

#[expect(clippy::unnecessary_wraps, reason = "rows are of one type, and some values may be missing")]
fn borrowed(value: &[u8]) -> Option<Attribute<'_>> {
    Some(Attribute::Value(Cow::Borrowed(value)))
}

#[expect(clippy::unnecessary_wraps, reason = "rows are of one type, and some values may be missing")]
fn owned(value: Vec<u8>) -> Option<Attribute<'static>> {
    Some(Attribute::Value(Cow::Owned(value)))
}

fn number(value: CK_ULONG) -> Option<Attribute<'static>> {
    owned(ulong(value))
}

fn yes() -> Option<Attribute<'static>> {
    owned(boolean(true))
}

fn no() -> Option<Attribute<'static>> {
    owned(boolean(false))
}

fn label(object: &Object) -> &str {
    match &object.content {
        Content::PrivateKey(key) | Content::PublicKey(key) | Content::Certificate(key) => &key.label,
        Content::Profile(profile) => profile.name(),
    }
}

fn public_key(object: &Object) -> Option<&PublicKey> {
    object.key().map(|key| key.public_key())
}

fn rsa(object: &Object) -> Option<&RsaKey> {
    match public_key(object)? {
        PublicKey::Rsa(key) => Some(key),
        PublicKey::Ec(_) => None,
    }
}

fn ec(object: &Object) -> Option<&EcKey> {
    match public_key(object)? {
        PublicKey::Ec(key) => Some(key),
        PublicKey::Rsa(_) => None,
    }
}

fn certificate(object: &Object) -> Option<&Certificate> {
    object.key()?.certificate()
}

fn key_type(key: &PublicKey) -> CK_ULONG {
    match key {
        PublicKey::Rsa(_) => CKK_RSA,
        PublicKey::Ec(_) => CKK_EC,
    }
}

fn allowed_mechanisms(key: &PublicKey) -> Vec<u8> {
    mechanism::allowed_for(key).flat_map(|kind| ulong(kind.0)).collect()
}

/// Stays the same as long as the object does, from run to run (PKCS#11 v3.1 section 4.4.1).
fn unique_id(object: &Object) -> String {
    let spki = public_key(object).map(PublicKey::to_spki).unwrap_or_default();
    let certificate = match &object.content {
        Content::Certificate(key) => key.certificate().map_or(&[][..], |certificate| &certificate.der),
        _ => &[],
    };
    let mut id = fingerprint(&[&ulong(object.class().0), label(object).as_bytes(), &[0], &spki, certificate]);
    id.truncate(32);
    id
}
