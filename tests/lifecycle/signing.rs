//! The signature that these tests make again and again.

use std::time::Duration;

use serde_json::json;
use signpath_pkcs11::token::names::{AttributeType, MechanismType as M, ObjectClass, ReturnValue};

use crate::support::emulator::Emulator;
use crate::support::pkcs11::Session;
use crate::support::verification;

/// The label of the key that signs.
pub const KEY: &str = "container-images/p-256";

/// What is signed.
pub const DIGEST: [u8; 32] = [7; 32];

/// Finds the key and signs, as a host that starts with nothing.
pub fn sign(session: &Session) -> Result<Vec<u8>, ReturnValue> {
    let class = ObjectClass::PRIVATE_KEY.0.to_ne_bytes();
    let found = session.find(&[(AttributeType::CLASS, &class), (AttributeType::LABEL, KEY.as_bytes())])?;
    session.signature(M::ECDSA, *found.first().ok_or(ReturnValue::KEY_HANDLE_INVALID)?, &DIGEST)
}

/// Fails unless this is a signature of the digest by the key.
pub fn verify(signature: &[u8]) {
    verification::verify("p-256", "ecdsa", "none", &DIGEST, signature);
}

/// Makes the next answers to signing requests take this long.
pub fn delay_signatures(emulator: &Emulator, time: Duration, times: u32) {
    delay(emulator, "signHash", time, times);
}

/// Makes the next answers of a route take this long.
pub fn delay(emulator: &Emulator, route: &str, time: Duration, times: u32) {
    let milliseconds = u64::try_from(time.as_millis()).unwrap();
    emulator.tell(
        "POST",
        "faults",
        json!({"route": route, "delayMilliseconds": milliseconds, "times": times}),
    );
}

/// Waits until the emulator has received a signing request.
pub fn wait_for_signing_request(emulator: &Emulator) {
    wait_for(emulator, "/SignHash", 1);
}

/// Waits until the emulator has received so many requests whose path ends like this.
pub fn wait_for(emulator: &Emulator, path: &str, count: usize) {
    let received = || emulator.request_lines().iter().filter(|line| line.ends_with(path)).count();
    while received() < count {
        std::thread::sleep(Duration::from_millis(5));
    }
}
