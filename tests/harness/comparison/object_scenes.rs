//! Scenes with objects: who sees what, what a search finds, what an object says of itself, what cannot be written.

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{AttributeType as A, ObjectClass};

use super::host::{Host, Object, Session};
use super::objects::Criterion;
use super::script::READ_WRITE;
use super::sessions::Pin;
use crate::support::bench::{EC_KEYS, RSA_KEYS};

const CLASSES: [ObjectClass; 6] = [
    ObjectClass::PRIVATE_KEY,
    ObjectClass::PUBLIC_KEY,
    ObjectClass::CERTIFICATE,
    ObjectClass::SECRET_KEY,
    ObjectClass::DATA,
    ObjectClass(0x8000_0001),
];

const ROOM: Option<usize> = Some(2048);

pub fn public_objects(host: &mut Host<'_>) {
    let session = host.logged_in();
    let private = host.object("private rsa-2048");
    host.log_out(session);
    for class in CLASSES {
        host.search(session, &[of_class(class)], 100);
    }
    host.attributes(session, &private, &[(A::LABEL, None)]);
    host.log_in(session, CKU_USER, Pin::Right);
    host.learn_objects(session);
    for class in CLASSES {
        host.search(session, &[of_class(class)], 100);
    }
}

pub fn searches(host: &mut Host<'_>) {
    let session = host.logged_in();
    for most in [1, 2, 7, 100] {
        host.search(session, &[of_class(ObjectClass::PRIVATE_KEY)], most);
    }
    for key in RSA_KEYS.into_iter().chain(EC_KEYS) {
        let (label, id) = (named(host, A::LABEL, key), named(host, A::ID, key));
        host.search(session, &[label], 100);
        host.search(session, &[id, of_class(ObjectClass::PUBLIC_KEY)], 100);
    }
    for (kind, value, name) in [
        (A::KEY_TYPE, ulong(CKK_RSA), "CKK_RSA"),
        (A::KEY_TYPE, ulong(CKK_EC), "CKK_EC"),
        (A::KEY_TYPE, ulong(CKK_AES), "CKK_AES"),
        (A::CERTIFICATE_TYPE, ulong(CKC_X_509), "CKC_X_509"),
        (A::TOKEN, vec![CK_TRUE], "CK_TRUE"),
        (A::TOKEN, vec![CK_FALSE], "CK_FALSE"),
        (A::MODULUS_BITS, ulong(3072), "3072"),
        (A::LABEL, b"no such key".to_vec(), "no such key"),
        (A::LABEL, Vec::new(), "empty"),
        (A::CLASS, vec![3], "one byte"),
        (A::APPLICATION, Vec::new(), "empty"),
    ] {
        host.search(session, &[Criterion { kind, value, name: name.to_owned() }], 100);
    }
}

pub fn operations_of_a_search(host: &mut Host<'_>) {
    host.find_init(Session::NONE, &[]);
    host.find(Session::NONE, 1);
    host.find_final(Session::NONE);
    let session = host.logged_in();
    host.find(session, 1);
    host.find_final(session);
    let private = of_class(ObjectClass::PRIVATE_KEY);
    host.find_init(session, &[private]);
    host.find_init(session, &[]);
    host.find(session, 0);
    host.find(session, 4);
    host.find(session, 4);
    host.find(session, 4);
    host.find_final(session);
    host.find_final(session);
    host.find_init(session, &[of_class(ObjectClass::PRIVATE_KEY)]);
    host.log_out(session);
    host.find(session, 100);
    host.find_final(session);
}

pub fn attributes(host: &mut Host<'_>) {
    let session = host.logged_in();
    for object in keys(host, &RSA_KEYS) {
        each(host, session, &object, &[A::MODULUS, A::PUBLIC_EXPONENT, A::MODULUS_BITS]);
    }
    for object in keys(host, &EC_KEYS) {
        each(host, session, &object, &[A::EC_PARAMS, A::EC_POINT]);
    }
    for name in ["certificate rsa-2048", "certificate p-256"] {
        let certificate = host.object(name);
        each(host, session, &certificate, &CERTIFICATE);
        each(host, session, &certificate, &[A::TOKEN, A::PRIVATE, A::MODIFIABLE, A::LABEL, A::ID]);
    }
    let private = host.object("private rsa-2048");
    each(host, session, &private, &PRIVATE_KEY);
    let public = host.object("public rsa-2048");
    each(host, session, &public, &PUBLIC_KEY);
}

const CERTIFICATE: [A; 14] = [
    A::CLASS,
    A::CERTIFICATE_TYPE,
    A::TRUSTED,
    A::CERTIFICATE_CATEGORY,
    A::CHECK_VALUE,
    A::START_DATE,
    A::END_DATE,
    A::SUBJECT,
    A::ISSUER,
    A::SERIAL_NUMBER,
    A::VALUE,
    A::URL,
    A::MODULUS,
    A::KEY_TYPE,
];

const PRIVATE_KEY: [A; 24] = [
    A::TOKEN,
    A::PRIVATE,
    A::MODIFIABLE,
    A::DERIVE,
    A::LOCAL,
    A::KEY_GEN_MECHANISM,
    A::START_DATE,
    A::END_DATE,
    A::SUBJECT,
    A::SENSITIVE,
    A::EXTRACTABLE,
    A::ALWAYS_SENSITIVE,
    A::NEVER_EXTRACTABLE,
    A::SIGN,
    A::SIGN_RECOVER,
    A::DECRYPT,
    A::UNWRAP,
    A::WRAP_WITH_TRUSTED,
    A::ALWAYS_AUTHENTICATE,
    A::PRIVATE_EXPONENT,
    A::PRIME_1,
    A::COEFFICIENT,
    A::VERIFY,
    A::EC_POINT,
];

const PUBLIC_KEY: [A; 15] = [
    A::TOKEN,
    A::PRIVATE,
    A::MODIFIABLE,
    A::DERIVE,
    A::LOCAL,
    A::START_DATE,
    A::SUBJECT,
    A::VERIFY,
    A::VERIFY_RECOVER,
    A::ENCRYPT,
    A::WRAP,
    A::TRUSTED,
    A::SIGN,
    A::PRIVATE_EXPONENT,
    A::VALUE,
];

/// The private and public halves of some keys, and what both say of themselves.
fn keys(host: &Host<'_>, names: &[&str]) -> Vec<Object> {
    let of_class =
        |class: &str| names.iter().map(|name| host.object(&format!("{class} {name}"))).collect::<Vec<_>>();
    [of_class("private"), of_class("public")].concat()
}

fn each(host: &mut Host<'_>, session: Session, object: &Object, kinds: &[A]) {
    for kind in [A::CLASS, A::KEY_TYPE, A::LABEL, A::ID].iter().chain(kinds) {
        host.attributes(session, object, &[(*kind, ROOM)]);
    }
}

pub fn buffers_for_attributes(host: &mut Host<'_>) {
    let session = host.logged_in();
    let (public, private) = (host.object("public rsa-2048"), host.object("private rsa-2048"));
    host.attributes(Session::NONE, &public, &[(A::CLASS, ROOM)]);
    host.attributes(session, &Object::none(), &[(A::CLASS, ROOM)]);
    host.attributes(session, &public, &[]);
    for room in [None, Some(0), Some(1), Some(255), Some(256), Some(257)] {
        host.attributes(session, &public, &[(A::MODULUS, room)]);
    }
    let good = (A::MODULUS, Some(256));
    let (short, query) = ((A::MODULUS, Some(255)), (A::MODULUS_BITS, None));
    let (sensitive, unknown) = ((A::PRIME_1, Some(128)), (A(0x8000_0001), Some(8)));
    host.attributes(session, &private, &[good, sensitive, good]);
    host.attributes(session, &private, &[good, unknown, good]);
    host.attributes(session, &private, &[good, short, good]);
    host.attributes(session, &public, &[good, query, good]);
    host.attributes(session, &private, &[(A::PRIME_1, None)]);
    host.attributes(session, &private, &[(A(0x8000_0001), None)]);
    host.object_size(Session::NONE, &public);
    host.object_size(session, &Object::none());
    host.object_size(session, &public);
    host.object_size(session, &private);
}

pub fn writing(host: &mut Host<'_>) {
    let session = host.logged_in();
    let public = host.object("public rsa-2048");
    let data = [(A::CLASS, ulong(CKO_DATA)), (A::TOKEN, vec![CK_TRUE]), (A::LABEL, b"new".to_vec())];
    host.create_object(Session::NONE, &data, "data on the token");
    host.create_object(session, &data, "data on the token");
    host.copy_object(session, &public, &[(A::LABEL, b"new".to_vec())], "a label");
    host.set_attribute(session, &public, A::LABEL, b"new");
    host.destroy_object(session, &public);
    let writing = host.open(READ_WRITE, "writing");
    host.set_attribute(writing, &public, A::MODULUS_BITS, &ulong(2));
    host.set_attribute(writing, &Object::none(), A::LABEL, b"new");
    host.destroy_object(writing, &Object::none());
    host.copy_object(writing, &Object::none(), &[], "nothing");
    let created = host.create_object(writing, &data, "data on the token");
    host.destroy_object(writing, &created);
    host.set_attribute(writing, &public, A::LABEL, b"new");
    host.set_attribute(writing, &public, A::LABEL, &host.unmapped("rsa-2048"));
}

fn of_class(class: ObjectClass) -> Criterion {
    Criterion { kind: A::CLASS, value: ulong(class.0), name: class.to_string() }
}

fn named(host: &Host<'_>, kind: A, key: &str) -> Criterion {
    Criterion { kind, value: host.unmapped(key), name: key.to_owned() }
}

fn ulong(value: CK_ULONG) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}
