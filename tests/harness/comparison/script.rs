//! The script: what a host does with either module, scene by scene, each from C_Initialize to C_Finalize.

use cryptoki_sys::*;
use signpath_pkcs11::token::names::MechanismType as M;

use super::general::Arguments;
use super::host::{Host, Object, Room, Session, Signature};
use super::mechanism::Mechanism;
use super::operations::Data;
use super::sessions::Pin;
use super::{object_scenes, operation_scenes, signature_scenes};

/// A slot that no module has.
pub const NO_SLOT: CK_SLOT_ID = 0x7fff_fff0;

/// Flags of a session for reading and writing.
pub const READ_WRITE: CK_FLAGS = CKF_SERIAL_SESSION | CKF_RW_SESSION;

/// What is digested, and signed by mechanisms that hash.
pub const DATA: &[u8] = b"What is compared is what is answered, not how long it takes.";

/// Every mechanism of ours, and some that only SoftHSM has.
pub const MECHANISMS: [M; 18] = [
    M::RSA_PKCS,
    M::SHA256_RSA_PKCS,
    M::SHA384_RSA_PKCS,
    M::SHA512_RSA_PKCS,
    M::RSA_PKCS_PSS,
    M::SHA256_RSA_PKCS_PSS,
    M::SHA384_RSA_PKCS_PSS,
    M::SHA512_RSA_PKCS_PSS,
    M::ECDSA,
    M::ECDSA_SHA256,
    M::ECDSA_SHA384,
    M::ECDSA_SHA512,
    M::SHA_1,
    M::SHA256,
    M::SHA384,
    M::SHA512,
    M::SHA1_RSA_PKCS,
    M::RSA_X_509,
];

/// A part of the script, and its name.
type Scene = (&'static str, fn(&mut Host<'_>));

const SCENES: [Scene; 21] = [
    ("slots", slots),
    ("mechanisms", mechanisms),
    ("sessions", sessions),
    ("session states", session_states),
    ("login", login),
    ("random numbers", random_numbers),
    ("functions of old", functions_of_old),
    ("what everybody sees", object_scenes::public_objects),
    ("searches", object_scenes::searches),
    ("operations of a search", object_scenes::operations_of_a_search),
    ("attributes", object_scenes::attributes),
    ("buffers for attributes", object_scenes::buffers_for_attributes),
    ("writing", object_scenes::writing),
    ("digests", signature_scenes::digests),
    ("signatures", signature_scenes::signatures),
    ("operations of a signature", signature_scenes::operations_of_a_signature),
    ("keys and mechanisms", signature_scenes::keys_and_mechanisms),
    ("verification", signature_scenes::verification),
    ("parts", operation_scenes::parts),
    ("operations beside each other", operation_scenes::beside_each_other),
    ("logout", operation_scenes::logout),
];

/// Performs all of it.
pub fn run(host: &mut Host<'_>) {
    library(host);
    for scene in SCENES {
        perform(host, scene);
    }
}

/// Performs one scene: every mechanism with every key that it fits.
pub fn sign(host: &mut Host<'_>) {
    perform(host, ("signatures", signature_scenes::signatures));
}

fn perform(host: &mut Host<'_>, (name, scene): Scene) {
    host.scene(name);
    host.initialize(Arguments::Flags(CKF_OS_LOCKING_OK));
    scene(host);
    host.finalize();
}

/// Verifies what another module signed.
pub fn verify_all(host: &mut Host<'_>, signatures: &[Signature]) {
    host.scene("signatures of the other");
    host.initialize(Arguments::Null);
    let session = host.logged_in();
    host.steps.clear();
    for signature in signatures {
        let key = host.object(&format!("public {}", signature.key));
        host.verify_init(session, &signature.mechanism, &key);
        if host.last().value.0 != CKR_MECHANISM_INVALID {
            host.verify(session, Data::Bytes(&signature.data), Data::Bytes(&signature.bytes));
        }
    }
    let (refused, lacking): (Vec<_>, Vec<_>) = host
        .steps
        .iter()
        .filter(|step| step.value.0 != CKR_OK)
        .partition(|step| step.value.0 != CKR_MECHANISM_INVALID);
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(lacking.iter().all(|step| step.call.contains("CKM_ECDSA_SHA")), "{lacking:#?}");
    host.finalize();
}

fn library(host: &mut Host<'_>) {
    host.scene("library");
    host.function_list();
    host.get_info();
    host.slot_list(true, Room::Query);
    host.finalize();
    host.initialize(Arguments::Reserved);
    host.initialize(Arguments::SomeMutexes);
    for arguments in [
        Arguments::Null,
        Arguments::Flags(0),
        Arguments::Flags(CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS),
        Arguments::Mutexes(0),
        Arguments::Mutexes(CKF_OS_LOCKING_OK),
    ] {
        host.initialize(arguments);
        host.initialize(Arguments::Null);
        host.get_info();
        host.finalize_with_argument();
        host.finalize();
        host.finalize();
    }
}

fn slots(host: &mut Host<'_>) {
    for present in [true, false] {
        for room in [Room::Query, Room::For(0), Room::For(16)] {
            host.slot_list(present, room);
        }
    }
    let slot = host.module.slot;
    for (slot, name) in [(slot, "the slot"), (NO_SLOT, "no slot")] {
        host.slot_info(slot, name);
        host.token_info(slot, name);
    }
    host.wait_for_slot_event();
}

fn mechanisms(host: &mut Host<'_>) {
    let slot = host.module.slot;
    for room in [Room::Query, Room::For(0), Room::For(200)] {
        host.mechanism_list(room, &MECHANISMS);
    }
    for kind in MECHANISMS {
        host.mechanism_info(slot, kind, "the slot");
    }
    host.mechanism_info(slot, M(0x8000_0001), "the slot");
    host.mechanism_info(NO_SLOT, M::RSA_PKCS, "no slot");
}

fn sessions(host: &mut Host<'_>) {
    host.open_in(NO_SLOT, "no slot", CKF_SERIAL_SESSION, "");
    host.open(0, "");
    host.open(CKF_RW_SESSION, "");
    host.session_info(Session::NONE);
    host.close(Session::NONE);
    let first = host.open(CKF_SERIAL_SESSION, "first");
    let second = host.open(READ_WRITE, "second");
    let slot = host.module.slot;
    host.token_info(slot, "with two sessions");
    host.session_info(first);
    host.session_info(second);
    host.close(first);
    host.close(first);
    host.session_info(first);
    host.session_info(second);
    host.close_all_of_no_slot();
    host.close_all();
    host.session_info(second);
    host.close(second);
    host.close_all();
}

fn session_states(host: &mut Host<'_>) {
    let reading = host.open(CKF_SERIAL_SESSION, "reading");
    let writing = host.open(READ_WRITE, "writing");
    host.log_in(reading, CKU_USER, Pin::Right);
    host.session_info(reading);
    host.session_info(writing);
    let later = host.open(CKF_SERIAL_SESSION, "later");
    host.session_info(later);
    host.log_out(writing);
    host.session_info(reading);
    host.session_info(writing);
    host.log_in(writing, CKU_USER, Pin::Right);
    host.close(reading);
    host.close(writing);
    host.session_info(later);
    host.close(later);
    let anew = host.open(CKF_SERIAL_SESSION, "after the last");
    host.session_info(anew);
    host.log_in(anew, CKU_USER, Pin::Right);
    host.close_all();
    let anew = host.open(CKF_SERIAL_SESSION, "after all");
    host.session_info(anew);
}

fn login(host: &mut Host<'_>) {
    host.log_in(Session::NONE, CKU_USER, Pin::Right);
    host.log_out(Session::NONE);
    let session = host.open(CKF_SERIAL_SESSION, "");
    host.log_out(session);
    for pin in [Pin::Wrong, Pin::Empty, Pin::Null, Pin::NullOfLength] {
        host.log_in(session, CKU_USER, pin);
    }
    host.session_info(session);
    host.log_in(session, 17, Pin::Right);
    host.log_in(session, CKU_SO, Pin::Right);
    host.log_in(session, CKU_CONTEXT_SPECIFIC, Pin::Right);
    host.log_in(session, CKU_USER, Pin::Right);
    host.log_in(session, CKU_USER, Pin::Right);
    host.log_in(session, CKU_USER, Pin::Wrong);
    host.log_in(session, CKU_SO, Pin::Right);
    host.log_in(session, CKU_CONTEXT_SPECIFIC, Pin::Right);
    host.session_info(session);
    host.log_out(session);
    host.log_out(session);
}

fn random_numbers(host: &mut Host<'_>) {
    host.random(Session::NONE, 16);
    let session = host.open(CKF_SERIAL_SESSION, "");
    for length in [0, 1, 16, 100_000] {
        host.random(session, length);
    }
    host.random_to_null(session, 16);
    host.seed(Session::NONE, b"seed");
    host.seed(session, b"seed");
}

fn functions_of_old(host: &mut Host<'_>) {
    host.function_status(Session::NONE);
    host.operation_state(Session::NONE, Room::Query);
    host.set_operation_state(Session::NONE);
    let session = host.logged_in();
    host.function_status(session);
    host.operation_state(session, Room::Query);
    host.set_operation_state(session);
    host.digest_init(session, &Mechanism::bare(M::SHA256));
    host.operation_state(session, Room::Query);
    host.digest_key(session, &Object::none());
}
