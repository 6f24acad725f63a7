//! The attributes that the standard gives each class, and what this token makes of them (PKCS#11 v3.1 sections 4.4,
//! 4.6.3, 4.7 to 4.9, 4.13, 6.1.2, 6.1.3, 6.3.3 and 6.3.4).

use signpath_pkcs11::token::names::AttributeType as A;

/// What an object has of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Has {
    Boolean,
    Number,
    /// Empty, or eight digits.
    Date,
    Bytes,
    /// A value that nobody gets.
    Sensitive,
}

/// An attribute and what objects of a class have of it.
pub type Row = (A, Has);

use Has::{Boolean, Bytes, Date, Number, Sensitive};

/// A class of objects, as far as attributes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    RsaPrivateKey,
    EcPrivateKey,
    RsaPublicKey,
    EcPublicKey,
    Certificate,
    Profile,
}

impl Class {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::RsaPrivateKey => "RSA private key",
            Self::EcPrivateKey => "EC private key",
            Self::RsaPublicKey => "RSA public key",
            Self::EcPublicKey => "EC public key",
            Self::Certificate => "certificate",
            Self::Profile => "profile",
        }
    }

    /// What its objects have.
    pub fn rows(self) -> Vec<Row> {
        match self {
            Self::RsaPrivateKey => [STORAGE, SIDE, KEY, PRIVATE_KEY, RSA_PRIVATE_KEY].concat(),
            Self::EcPrivateKey => [STORAGE, SIDE, KEY, PRIVATE_KEY, EC_PRIVATE_KEY].concat(),
            Self::RsaPublicKey => [STORAGE, SIDE, KEY, PUBLIC_KEY, RSA_PUBLIC_KEY].concat(),
            Self::EcPublicKey => [STORAGE, SIDE, KEY, PUBLIC_KEY, EC_PUBLIC_KEY].concat(),
            Self::Certificate => [STORAGE, SIDE, CERTIFICATE].concat(),
            Self::Profile => [STORAGE, PROFILE].concat(),
        }
    }
}

/// Every attribute that is asked for, of every class.
pub fn all() -> Vec<A> {
    let tables = [
        STORAGE,
        SIDE,
        KEY,
        PRIVATE_KEY,
        RSA_PRIVATE_KEY,
        EC_PRIVATE_KEY,
        PUBLIC_KEY,
        RSA_PUBLIC_KEY,
        EC_PUBLIC_KEY,
        CERTIFICATE,
        PROFILE,
    ];
    let mut all: Vec<A> = tables.concat().into_iter().map(|(kind, _)| kind).chain(OF_NO_CLASS).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Attributes of classes that this token has not, of standards that are no more, and of nobody.
const OF_NO_CLASS: [A; 10] = [
    A::APPLICATION,
    A::OBJECT_ID,
    A::OWNER,
    A::NAME_HASH_ALGORITHM,
    A::VALUE_LEN,
    A::WRAP_TEMPLATE,
    A::UNWRAP_TEMPLATE,
    A::DERIVE_TEMPLATE,
    A(0x8000_0001),
    A(u64::MAX),
];

const STORAGE: &[Row] = &[
    (A::CLASS, Number),
    (A::TOKEN, Boolean),
    (A::PRIVATE, Boolean),
    (A::MODIFIABLE, Boolean),
    (A::COPYABLE, Boolean),
    (A::DESTROYABLE, Boolean),
    (A::LABEL, Bytes),
    (A::UNIQUE_ID, Bytes),
];

const SIDE: &[Row] = &[
    (A::ID, Bytes),
    (A::SUBJECT, Bytes),
    (A::PUBLIC_KEY_INFO, Bytes),
    (A::START_DATE, Date),
    (A::END_DATE, Date),
    (A::SIGNPATH_PROJECT_SLUG, Bytes),
    (A::SIGNPATH_SIGNING_POLICY_SLUG, Bytes),
    (A::SIGNPATH_SIGNING_POLICY_ID, Bytes),
];

const KEY: &[Row] = &[
    (A::KEY_TYPE, Number),
    (A::DERIVE, Boolean),
    (A::LOCAL, Boolean),
    (A::KEY_GEN_MECHANISM, Number),
    (A::ALLOWED_MECHANISMS, Bytes),
];

const PRIVATE_KEY: &[Row] = &[
    (A::SENSITIVE, Boolean),
    (A::EXTRACTABLE, Boolean),
    (A::ALWAYS_SENSITIVE, Boolean),
    (A::NEVER_EXTRACTABLE, Boolean),
    (A::SIGN, Boolean),
    (A::SIGN_RECOVER, Boolean),
    (A::DECRYPT, Boolean),
    (A::UNWRAP, Boolean),
    (A::DECAPSULATE, Boolean),
    (A::WRAP_WITH_TRUSTED, Boolean),
    (A::ALWAYS_AUTHENTICATE, Boolean),
];

const PUBLIC_KEY: &[Row] = &[
    (A::VERIFY, Boolean),
    (A::VERIFY_RECOVER, Boolean),
    (A::ENCRYPT, Boolean),
    (A::WRAP, Boolean),
    (A::ENCAPSULATE, Boolean),
    (A::TRUSTED, Boolean),
];

const RSA_PUBLIC_KEY: &[Row] = &[(A::MODULUS, Bytes), (A::MODULUS_BITS, Number), (A::PUBLIC_EXPONENT, Bytes)];

const RSA_PRIVATE_KEY: &[Row] = &[
    (A::MODULUS, Bytes),
    (A::PUBLIC_EXPONENT, Bytes),
    (A::PRIVATE_EXPONENT, Sensitive),
    (A::PRIME_1, Sensitive),
    (A::PRIME_2, Sensitive),
    (A::EXPONENT_1, Sensitive),
    (A::EXPONENT_2, Sensitive),
    (A::COEFFICIENT, Sensitive),
];

const EC_PUBLIC_KEY: &[Row] = &[(A::EC_PARAMS, Bytes), (A::EC_POINT, Bytes)];

const EC_PRIVATE_KEY: &[Row] = &[(A::EC_PARAMS, Bytes), (A::VALUE, Sensitive)];

const CERTIFICATE: &[Row] = &[
    (A::CERTIFICATE_TYPE, Number),
    (A::TRUSTED, Boolean),
    (A::CERTIFICATE_CATEGORY, Number),
    (A::CHECK_VALUE, Bytes),
    (A::ISSUER, Bytes),
    (A::SERIAL_NUMBER, Bytes),
    (A::VALUE, Bytes),
    (A::URL, Bytes),
    (A::HASH_OF_SUBJECT_PUBLIC_KEY, Bytes),
    (A::HASH_OF_ISSUER_PUBLIC_KEY, Bytes),
    (A::JAVA_MIDP_SECURITY_DOMAIN, Number),
];

const PROFILE: &[Row] = &[(A::PROFILE_ID, Number)];

#[test]
fn every_attribute_that_the_module_knows_by_name_is_asked_for() {
    let numbers = (0..0x1000).chain(0x4000_0000..0x4000_1000).chain([A::SIGNPATH_PROJECT_SLUG.0]);
    let known = numbers.map(A).filter(|kind| kind.to_string().starts_with("CKA_"));
    let missing: Vec<A> = known.filter(|kind| !all().contains(kind)).collect();

    assert_eq!(missing, []);
}
