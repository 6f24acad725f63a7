//! Scenes with several operations: data in parts and whole, operations of different kinds in one session, and what a
//! logout and the end of a session leave of them.

use cryptoki_sys::*;
use sha2::{Digest, Sha256};
use signpath_pkcs11::token::names::{AttributeType as A, MechanismType as M};

use super::host::{Host, Object, Room, Session};
use super::mechanism::Mechanism;
use super::operations::{Data, Signing};
use super::script::DATA;
use super::sessions::Pin;

const PKCS1: M = M::SHA256_RSA_PKCS;

/// What was begun in parts is ended by the function for parts, and mechanisms that do not hash take none.
pub fn parts(host: &mut Host<'_>) {
    let session = host.logged_in();
    let (rsa, ec) = (host.object("private rsa-2048"), host.object("private p-256"));
    host.digest_init(session, &Mechanism::bare(M::SHA256));
    host.digest_update(session, Data::Bytes(DATA));
    host.digest(session, Data::Bytes(DATA), Room::For(32));
    host.digest_final(session, Room::For(32));
    host.digest_init(session, &Mechanism::bare(M::SHA256));
    host.digest_update(session, Data::Bytes(&[]));
    host.digest_update(session, Data::Null(0));
    host.digest_final(session, Room::For(32));
    host.digest_init(session, &Mechanism::bare(M::SHA256));
    host.digest_update(session, Data::Null(5));
    host.digest_final(session, Room::For(32));
    let digest = Sha256::digest(DATA);
    for (mechanism, key, room) in [(M::RSA_PKCS, &rsa, 256), (M::ECDSA, &ec, 64)] {
        host.sign_init(session, &Mechanism::bare(mechanism), key);
        host.sign_update(session, Data::Bytes(&digest));
        host.sign_final(session, Room::For(room), None);
    }
    host.sign_init(session, &Mechanism::bare(PKCS1), &rsa);
    host.sign_update(session, Data::Null(5));
    host.sign_final(session, Room::For(256), None);
}

/// One operation of each kind, and none disturbs another.
pub fn beside_each_other(host: &mut Host<'_>) {
    let session = host.logged_in();
    let other = host.open(CKF_SERIAL_SESSION, "other");
    let (private, public) = (host.object("private rsa-2048"), host.object("public rsa-2048"));
    host.digest_init(session, &Mechanism::bare(M::SHA256));
    host.find_init(session, &[]);
    host.sign_init(other, &Mechanism::bare(PKCS1), &private);
    host.verify_init(other, &Mechanism::bare(PKCS1), &public);
    host.digest_init(other, &Mechanism::bare(M::SHA384));
    host.find_init(other, &[]);
    host.digest(session, Data::Bytes(DATA), Room::For(32));
    host.find_final(session);
    host.attributes(other, &public, &[(A::CLASS, Some(8))]);
    host.random(other, 16);
    sign(host, other, &private);
    host.digest(other, Data::Bytes(DATA), Room::For(48));
    host.verify(other, Data::Bytes(DATA), Data::Bytes(&[1; 256]));
    host.close(other);
    host.find(other, 1);
    host.session_info(session);
}

/// What a logout leaves: sessions, and nothing that was begun with a private key.
pub fn logout(host: &mut Host<'_>) {
    let session = host.logged_in();
    let (private, public) = (host.object("private rsa-2048"), host.object("public rsa-2048"));
    host.sign_init(session, &Mechanism::bare(PKCS1), &private);
    host.log_out(session);
    host.session_info(session);
    host.sign(session, Data::Bytes(DATA), Room::For(256), None);
    host.sign_init(session, &Mechanism::bare(PKCS1), &private);
    host.object_size(session, &private);
    host.log_in(session, CKU_USER, Pin::Right);
    host.sign_init(session, &Mechanism::bare(PKCS1), &private);
    host.attributes(session, &private, &[(A::CLASS, Some(8))]);
    host.learn_objects(session);
    let (again, public_again) = (host.object("private rsa-2048"), host.object("public rsa-2048"));
    sign(host, session, &again);
    host.verify_init(session, &Mechanism::bare(PKCS1), &public_again);
    host.verify(session, Data::Bytes(DATA), Data::Bytes(&[1; 256]));
    host.attributes(session, &public, &[(A::CLASS, Some(8))]);
}

fn sign(host: &mut Host<'_>, session: Session, key: &Object) {
    let mechanism = Mechanism::bare(PKCS1);
    let signing = Some(Signing { key: "rsa-2048", mechanism: &mechanism, data: DATA });
    host.sign_init(session, &mechanism, key);
    host.sign(session, Data::Bytes(DATA), Room::For(256), signing);
}
