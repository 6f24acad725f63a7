//! The module's memory: a token is there as long as somebody may need it, and no longer.

use std::path::Path;

use signpath_pkcs11::token::names::ReturnValue;

use crate::host::{Call, Host};
use crate::places::{Service, module_that_keeps_secrets};
use crate::secret::Secret;
use crate::support::artifacts;
use crate::support::emulator::Emulator;

/// A host that nobody told a token, and the token of a user.
fn host(module: &Path, emulator: &Emulator) -> (Host, Secret, String) {
    let host = Host::start(module, &[], &emulator.address());
    let pin = format!("{}:{}", emulator.organization, emulator.token_awkward);
    (host, Secret::new(&emulator.token_awkward), pin)
}

#[test]
fn a_pin_is_in_memory_while_its_user_is_logged_in_and_gone_with_the_logout() {
    for service in Service::ALL {
        let emulator = service.start();
        let (mut host, secret, pin) = host(&artifacts::module(), &emulator);
        host.succeeds(&[Call::Initialize]);
        assert_eq!(host.log_in(&pin), ReturnValue::OK);
        host.succeeds(&[Call::Find, Call::Sign, Call::SignParts]);
        assert!(host.find_in_memory(&secret).is_some(), "{service:?}: the search finds nothing");
        host.succeeds(&[Call::Logout]);

        assert_eq!(host.find_in_memory(&secret), None, "{service:?}");
    }
}

#[test]
fn a_user_who_logs_out_and_in_again_signs_and_is_forgotten_again() {
    let emulator = Emulator::start();
    let (mut host, secret, pin) = host(&artifacts::module(), &emulator);
    host.succeeds(&[Call::Initialize]);
    for _ in 0..2 {
        assert_eq!(host.log_in(&pin), ReturnValue::OK);
        host.succeeds(&[Call::Find, Call::Sign, Call::Logout]);
        assert_eq!(host.find_in_memory(&secret), None);
    }

    let signers: Vec<_> = emulator.audit().iter().map(|entry| entry["user"].clone()).collect();
    assert_eq!(signers, ["awkward-token"; 2]);
}

#[test]
fn a_pin_that_is_refused_is_not_kept() {
    for service in Service::ALL {
        let emulator = service.start();
        let (mut host, ..) = host(&artifacts::module(), &emulator);
        host.succeeds(&[Call::Initialize]);
        let token = emulator.token_awkward.replace("Awkward", "Unknown");

        assert_eq!(host.log_in(&format!("{}:{token}", emulator.organization)), ReturnValue::PIN_INCORRECT);
        assert_eq!(host.find_in_memory(&Secret::new(&token)), None, "{service:?}");
    }
}

#[test]
fn a_pin_without_a_logout_is_gone_when_the_module_is_finalised() {
    for service in Service::ALL {
        let emulator = service.start();
        let (mut host, secret, pin) = host(&artifacts::module(), &emulator);
        host.succeeds(&[Call::Initialize]);
        assert_eq!(host.log_in(&pin), ReturnValue::OK);
        host.succeeds(&[Call::Find, Call::Sign, Call::Finalize]);

        assert_eq!(host.find_in_memory(&secret), None, "{service:?}");
    }
}

#[test]
fn a_module_that_keeps_secrets_has_the_pin_in_memory_after_logout_and_finalisation() {
    let emulator = Emulator::start();
    let (mut host, secret, pin) = host(&module_that_keeps_secrets(), &emulator);
    host.succeeds(&[Call::Initialize]);
    assert_eq!(host.log_in(&pin), ReturnValue::OK);
    host.succeeds(&[Call::Find, Call::Sign, Call::Logout]);
    assert!(host.find_in_memory(&secret).is_some());
    host.succeeds(&[Call::Finalize]);

    assert!(host.find_in_memory(&secret).is_some());
}
