//! One run of the module, from C_Initialize to C_Finalize. It owns everything else: what outlives it would outlive
//! the host's belief that it is gone.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::access::Access;
use super::error::{Error, Result, refused};
use super::mechanism::{Mechanism, MechanismParameter};
use super::names::{
    AttributeType, ObjectClass, ObjectHandle, ReturnValue, SessionHandle, SessionState, UserType,
};
use super::object::{Criterion, Keyring, Object, named};
use super::operation::{SigningOperation, ToSign};
use super::session::{Session, SessionCounts, SessionKind, Sessions};
use super::settings::Settings;
use super::verification::verifies;
use crate::config::{Configuration, Environment};
use crate::error::{Failure, FailureKind};
use crate::host::Host;
use crate::log::{Console, Log};
use crate::signpath::{HashToSign, SignatureAlgorithm, Signed};

/// What the module is given when it starts.
pub struct Surroundings {
    /// The environment; an empty one in a set-user-id host.
    pub environment: Environment,
    /// Whether variables may name files to trust.
    pub believes_environment: bool,
    /// Standard error.
    pub console: Box<dyn Console>,
}

/// A run of the module.
pub struct Module {
    log: Arc<Log>,
    access: Access,
    sessions: Sessions,
    missed: Mutex<HashSet<Vec<u8>>>,
    ended: Mutex<bool>,
    ending: Condvar,
}

impl Module {
    /// Starts a run: reads environment and configuration file, nothing else. What is wrong with them is said in the
    /// log, and is an error of the first call that needs it.
    pub fn start(surroundings: Surroundings) -> Self {
        let configuration = Configuration::load(&surroundings.environment);
        let user = surroundings.environment.get("LOGNAME").or(surroundings.environment.get("USER"));
        let host = Arc::new(Host::of_process(user));
        let log = Arc::new(Log::new(&configuration, surroundings.console));
        log.report(&configuration);
        let settings =
            Settings::read(&configuration, surroundings.believes_environment, host, Arc::clone(&log));
        Self {
            access: Access::new(settings, Arc::clone(&log)),
            log,
            sessions: Sessions::default(),
            missed: Mutex::default(),
            ended: Mutex::new(false),
            ending: Condvar::new(),
        }
    }

    /// Ends the run: requests under way end, waiters wake. Memory goes with the last call that is still inside.
    pub fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ending.notify_all();
        if let Ok(settings) = self.access.settings() {
            settings.client.stop();
        }
        self.sessions.close_all();
    }

    /// Waits until the run ends: the slot of this module never has an event.
    pub fn wait_for_end(&self) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while !*ended {
            ended = self.ending.wait(ended).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Whether the token asks for a login.
    pub fn is_login_required(&self) -> bool {
        self.access.is_login_required()
    }

    /// How many sessions are open.
    pub fn session_counts(&self) -> SessionCounts {
        self.sessions.counts()
    }

    /// Opens a session.
    pub fn open_session(&self, kind: SessionKind) -> SessionHandle {
        self.sessions.open(kind)
    }

    /// A session by its handle.
    pub fn session(&self, handle: SessionHandle) -> Result<Arc<Session>> {
        self.sessions.get(handle)
    }

    /// Closes a session; the login ends with the last one (PKCS#11 v3.1 section 5.6.2).
    pub fn close_session(&self, handle: SessionHandle) -> Result<()> {
        if self.sessions.close(handle)? {
            self.forget_login();
        }
        Ok(())
    }

    /// Closes all sessions, and ends the login.
    pub fn close_all_sessions(&self) {
        self.sessions.close_all();
        self.forget_login();
    }

    /// The state of a session (PKCS#11 v3.1 section 5.6.5).
    pub fn session_state(&self, session: &Session) -> SessionState {
        match (session.kind, self.access.is_logged_in()) {
            (SessionKind::ReadOnly, false) => SessionState::RO_PUBLIC_SESSION,
            (SessionKind::ReadOnly, true) => SessionState::RO_USER_FUNCTIONS,
            (SessionKind::ReadWrite, false) => SessionState::RW_PUBLIC_SESSION,
            (SessionKind::ReadWrite, true) => SessionState::RW_USER_FUNCTIONS,
        }
    }

    /// Logs in (PKCS#11 v3.1 section 5.6.8).
    ///
    /// # Errors
    ///
    /// Those of [`Access::log_in`]; `CKR_USER_TYPE_INVALID`: the token has no security officer;
    /// `CKR_OPERATION_NOT_INITIALIZED`: no key asks for a login of its own.
    pub fn log_in(&self, session: &Session, user: UserType, pin: &[u8]) -> Result<()> {
        match user {
            UserType::USER => self.access.log_in(pin, || !session.is_closed()),
            UserType::CONTEXT_SPECIFIC => Err(refused(
                ReturnValue::OPERATION_NOT_INITIALIZED,
                "no operation asks for a login of its own",
            )),
            other => {
                Err(refused(ReturnValue::USER_TYPE_INVALID, format!("the token has no user of type {other}")))
            }
        }
    }

    /// Logs out, which ends what the sessions were doing with private objects.
    pub fn log_out(&self) -> Result<()> {
        self.access.log_out()?;
        for session in self.sessions.all() {
            session.cancel_signing();
        }
        Ok(())
    }

    /// Begins a search.
    pub fn begin_search(&self, session: &Session, template: &[Criterion]) -> Result<()> {
        if session.is_searching() {
            return session.begin_search(Vec::new());
        }
        session.begin_search(self.find(template)?)
    }

    /// An object that is visible now.
    ///
    /// # Errors
    ///
    /// `CKR_OBJECT_HANDLE_INVALID`.
    pub fn object(&self, handle: ObjectHandle) -> Result<Object> {
        let found = self.access.object(handle).map(|(object, _)| object);
        found.ok_or_else(|| {
            refused(ReturnValue::OBJECT_HANDLE_INVALID, format!("there is no object {}", handle.0))
        })
    }

    /// Begins a signature (PKCS#11 v3.1 section 5.13.1).
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_ACTIVE`, `CKR_KEY_HANDLE_INVALID`, `CKR_KEY_FUNCTION_NOT_PERMITTED`, `CKR_MECHANISM_INVALID`,
    /// `CKR_MECHANISM_PARAM_INVALID`, `CKR_KEY_TYPE_INCONSISTENT`.
    pub fn begin_signing(
        &self,
        session: &Session,
        mechanism: super::names::MechanismType,
        parameter: MechanismParameter,
        key: ObjectHandle,
    ) -> Result<()> {
        if session.is_signing() {
            return Err(refused(ReturnValue::OPERATION_ACTIVE, "a signature is active in this session"));
        }
        let (object, user) = self.access.object(key).ok_or_else(|| no_key(key))?;
        let mechanism = Mechanism::find(mechanism)?;
        if object.class != ObjectClass::PRIVATE_KEY {
            return Err(refused(
                ReturnValue::KEY_FUNCTION_NOT_PERMITTED,
                format!("{} does not sign", object.class),
            ));
        }
        session.begin_signing(SigningOperation::new(object.key, user, mechanism, parameter)?)
    }

    /// Finishes a signature over data that comes whole (PKCS#11 v3.1 section 5.13.2).
    pub fn sign(&self, session: &Session, data: &[u8]) -> Result<Vec<u8>> {
        self.finish_signing(session, |operation| operation.whole(data))
    }

    /// Finishes a signature over data that came in parts (PKCS#11 v3.1 section 5.13.4).
    pub fn sign_parts(&self, session: &Session) -> Result<Vec<u8>> {
        self.finish_signing(session, SigningOperation::end_of_parts)
    }

    fn finish_signing(
        &self,
        session: &Session,
        data: impl FnOnce(SigningOperation) -> Result<ToSign>,
    ) -> Result<Vec<u8>> {
        let (operation, _under_way) = session.take_signing()?;
        let (key, user) = (Arc::clone(&operation.key), Arc::clone(&operation.user));
        let to_sign = data(operation)?;
        let settings = self.access.settings()?;
        let started = Instant::now();
        let hash = HashToSign { policy: &key.policy, algorithm: to_sign.algorithm, hash: &to_sign.hash };
        let signed = settings.client.sign_hash(&user, &hash)?;
        if !verifies(key.public_key(), to_sign.algorithm, &to_sign.hash, &signed.signature) {
            return Err(self.distrust(&key, &user, &signed));
        }
        self.log.info(&signature_line(&key.label, &to_sign, &signed, started));
        if session.is_closed() {
            return Err(refused(
                ReturnValue::SESSION_CLOSED,
                "the session was closed while the signature was made",
            ));
        }
        Ok(signed.signature)
    }

    /// A signature that the key did not make: was the key replaced in SignPath?
    fn distrust(
        &self,
        key: &super::object::Key,
        user: &Arc<crate::signpath::User>,
        signed: &Signed,
    ) -> Error {
        let asked = format!("signing with {}", key.label);
        let request = signed.request.as_deref().unwrap_or("unknown");
        let keyring = match self.access.relist(user) {
            Ok(keyring) => keyring,
            Err(error) => return error,
        };
        if has_key(&keyring, key) {
            let answered =
                format!("the signature that SignPath returned does not verify (signing request {request})");
            let remedy = "nothing was handed out; tell SignPath's support";
            return Error::failed(
                ReturnValue::DEVICE_ERROR,
                Failure::new(FailureKind::Other, asked, answered, remedy),
            );
        }
        let answered = format!("the key was replaced in SignPath (signing request {request})");
        let remedy = "search for the key again, and publish its new public key";
        Error::failed(
            ReturnValue::KEY_HANDLE_INVALID,
            Failure::new(FailureKind::Other, asked, answered, remedy),
        )
    }

    fn find(&self, template: &[Criterion]) -> Result<Vec<ObjectHandle>> {
        let Some(keyring) = self.access.keyring()? else { return Ok(Vec::new()) };
        let found = keyring.find(template);
        let Some(name) = missing_key(template).filter(|name| found.is_empty() && !keyring.has_name(name))
        else {
            return Ok(found);
        };
        let keyring = self.access.refreshed_keyring().unwrap_or(keyring);
        if !keyring.has_name(name) {
            self.tell_missing(&keyring, template, name);
        }
        Ok(keyring.find(template))
    }

    /// A private key that is asked for by name and not there is nearly always a mistyped name: worth a line, once.
    fn tell_missing(&self, keyring: &Keyring, template: &[Criterion], name: &[u8]) {
        let is_private = is_of_class(template, ObjectClass::PRIVATE_KEY);
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if is_private && keyring.labels().next().is_some() && missed.insert(name.to_vec()) {
            self.log.error(&missing_line(keyring, name));
        }
    }

    fn forget_login(&self) {
        // nobody may have been logged in
        let _ = self.access.log_out();
    }
}

fn no_key(handle: ObjectHandle) -> Error {
    refused(ReturnValue::KEY_HANDLE_INVALID, format!("there is no object {}", handle.0))
}

fn has_key(keyring: &Keyring, key: &super::object::Key) -> bool {
    let name = Criterion { kind: AttributeType::LABEL, value: key.label.as_bytes().to_vec() };
    let found = keyring.find(&[name]);
    found
        .iter()
        .filter_map(|handle| keyring.object(*handle))
        .any(|object| object.key.public_key() == key.public_key())
}

/// The id or label of a key that a template asks for.
fn missing_key(template: &[Criterion]) -> Option<&[u8]> {
    let asks_for_key =
        is_of_class(template, ObjectClass::PRIVATE_KEY) || is_of_class(template, ObjectClass::PUBLIC_KEY);
    named(template).filter(|_| asks_for_key)
}

fn is_of_class(template: &[Criterion], class: ObjectClass) -> bool {
    let value = super::encoding::ulong(class.0);
    template.iter().any(|criterion| criterion.kind == AttributeType::CLASS && criterion.value == value)
}

fn missing_line(keyring: &Keyring, name: &[u8]) -> String {
    const MOST: usize = 10;
    let name = String::from_utf8_lossy(name);
    let labels: Vec<&str> = keyring.labels().collect();
    let shown: Vec<&str> = labels.iter().copied().take(MOST).collect();
    let more = if labels.len() > MOST { format!(" and {} more", labels.len() - MOST) } else { String::new() };
    format!(
        "there is no key `{name}`; use one of those that SignPath lists for this user: {}{more}",
        shown.join(", ")
    )
}

fn signature_line(label: &str, signed: &ToSign, answer: &Signed, started: Instant) -> String {
    let algorithm = match signed.algorithm {
        SignatureAlgorithm::RsaPkcs1(hash) => format!("RSA PKCS#1 {}", hash.name()),
        SignatureAlgorithm::RsaPss(hash) => format!("RSA PSS {}", hash.name()),
        SignatureAlgorithm::Ecdsa => "ECDSA".to_owned(),
    };
    let hash: String = signed.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let request = answer.request.as_deref().unwrap_or("no link");
    format!("signed with {label}: {algorithm} {hash}, {} ms, {request}", started.elapsed().as_millis())
}
