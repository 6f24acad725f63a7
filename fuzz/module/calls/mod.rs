//! Calls of a hostile host: any function in any order, with handles, templates, lengths and parameters that make no
//! sense. The one promise that the host keeps is that of `abi::pointers`: what it says is there, is there.
//!
//! After each call: nothing was written outside the host's buffers (and nothing read: they end at a guard page), no
//! panic was netted, and SignPath was asked for a signature only if the host got one, over what the host meant.
#![allow(unsafe_code, reason = "the target calls the module as a host does, by pointers")]

mod functions;
mod host;
mod memory;
mod model;
mod service;

use std::cell::RefCell;

use cryptoki_sys::{CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_GENERAL_ERROR, CKR_OK};

use functions::FUNCTIONS;
use host::Host;

/// More calls in one input show nothing new.
const MOST_CALLS: usize = 32;

/// Makes the calls that an input asks for.
pub(super) fn sequence(input: &[u8]) {
    thread_local! {
        static HOST: RefCell<Host> = RefCell::new(Host::start());
    }
    HOST.with_borrow_mut(|host| {
        host.begin(input);
        for _ in 0..MOST_CALLS {
            let Some(choice) = host.next_byte() else { break };
            let which = usize::from(choice) % FUNCTIONS.len();
            let (name, function) = FUNCTIONS[which];
            call(host, name, function);
        }
    });
}

fn call(host: &mut Host, name: &str, function: fn(&mut Host) -> u64) {
    let signed_before = host.service.signatures();
    host.forget_arguments();
    let value = function(host);
    host.memory.check(name);
    assert_ne!(value, CKR_GENERAL_ERROR, "{name} failed inside");
    assert!(value != CKR_CRYPTOKI_ALREADY_INITIALIZED || name == "C_Initialize", "{name}");
    let signed = host.service.signatures() - signed_before;
    if value == CKR_OK {
        host.check_output(name);
        host.learn(name);
    }
    host.model.check(name, value, signed, &host.arguments, host.service.last_signature().as_ref());
}
