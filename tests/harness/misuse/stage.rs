//! What a call finds: an initialised module, a user who is logged in, a session in which something was begun, and
//! handles that were valid once.

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{AttributeType, MechanismType as M, ObjectClass, ReturnValue};

use super::functions::Begun;
use crate::support::emulator::Emulator;
use crate::support::pkcs11::{Pkcs11, Session, set};

const KEY: &str = "container-images/p-256";

/// The module, and valid handles.
pub struct Stage {
    pub pkcs11: Pkcs11,
    pub slot: CK_SLOT_ID,
    /// For one call.
    pub session: CK_SESSION_HANDLE,
    pub private_key: CK_OBJECT_HANDLE,
    pub public_key: CK_OBJECT_HANDLE,
    pub closed_session: CK_SESSION_HANDLE,
    /// The private key as it was called before a logout.
    pub former_key: CK_OBJECT_HANDLE,
    pin: String,
    keeper: Session,
}

impl Stage {
    /// Initialises the module, logs in, and leaves two handles that are not valid any more.
    pub fn new(emulator: &Emulator) -> Self {
        set(&emulator.address());
        let pkcs11 = Pkcs11::load();
        pkcs11.initialize().unwrap();
        let closed = pkcs11.session();
        let keeper = pkcs11.session();
        closed.close().unwrap();
        let pin = emulator.pin();
        keeper.log_in(&pin).unwrap();
        let former_key = keeper.private_key(KEY);
        keeper.log_out().unwrap();
        let mut stage = Self {
            pkcs11,
            slot: 1,
            session: 0,
            private_key: 0,
            public_key: 0,
            closed_session: closed.handle,
            former_key,
            pin,
            keeper,
        };
        stage.log_in();
        stage
    }

    /// Makes everything right for the next call: some calls close sessions, log out, or end the module.
    pub fn restore(&mut self, begun: Begun) {
        if self.session != 0 {
            // the call may have closed it
            let _ = Session { pkcs11: self.pkcs11, handle: self.session }.close();
        }
        match self.keeper.info().map(|info| info.state) {
            Ok(CKS_RW_USER_FUNCTIONS) => {}
            Ok(_) => self.log_in(),
            Err(ReturnValue::CRYPTOKI_NOT_INITIALIZED) => {
                self.pkcs11.initialize().unwrap();
                self.keeper = self.pkcs11.session();
                self.log_in();
            }
            Err(_) => {
                self.keeper = self.pkcs11.session();
                self.log_in();
            }
        }
        self.session = self.pkcs11.session().handle;
        self.begin(begun);
    }

    /// Ends the module.
    pub fn end(&mut self) {
        let _ = self.pkcs11.finalize();
        self.session = 0;
    }

    fn log_in(&mut self) {
        self.keeper.log_in(&self.pin).unwrap();
        self.private_key = self.keeper.private_key(KEY);
        self.public_key = self.keeper.object(ObjectClass::PUBLIC_KEY, KEY);
    }

    /// Begins an operation in the session.
    pub fn begin(&self, begun: Begun) {
        let session = Session { pkcs11: self.pkcs11, handle: self.session };
        match begun {
            Begun::Nothing => Ok(()),
            // it finds one object, for which there is room whatever a call says
            Begun::Search => session.find_init(&[
                (AttributeType::CLASS, &ObjectClass::PRIVATE_KEY.0.to_ne_bytes()),
                (AttributeType::LABEL, KEY.as_bytes()),
            ]),
            Begun::Digest => session.digest_init(M::SHA256),
            Begun::Signature => session.sign_init(M::ECDSA_SHA256, self.private_key),
            Begun::Verification => session.verify_init(M::ECDSA_SHA256, self.public_key),
            Begun::VerificationOfSignature => {
                session.verify_signature_init(M::ECDSA_SHA256, self.public_key, &[1; 64])
            }
        }
        .unwrap();
    }
}
