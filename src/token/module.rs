//! One run of the module, from C_Initialize to C_Finalize. It owns everything else: what outlives it would outlive
//! the host's belief that it is gone.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use super::access::Access;
use super::error::{Result, refused};
use super::names::{ReturnValue, SessionHandle, SessionState, UserType};
use super::object::{Appearance, Object};
use super::profile;
use super::session::{Session, SessionCounts, SessionKind, Sessions};
use super::settings::Settings;
use crate::config::{Configuration, Environment};
use crate::host::Host;
use crate::log::{Console, Log};

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
    pub(super) log: Arc<Log>,
    pub(super) access: Access,
    sessions: Sessions,
    pub(super) missed: Mutex<HashSet<Vec<u8>>>,
    profiles: OnceLock<Vec<Object>>,
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
            profiles: OnceLock::new(),
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

    /// Says once which setting cannot be used: the token asks for a login then, and nobody would know why.
    pub fn tell_unusable_settings(&self) {
        self.access.tell_unusable_settings();
    }

    /// The profiles that the token meets.
    pub(super) fn profiles(&self) -> &[Object] {
        self.profiles.get_or_init(|| {
            let without_settings = Appearance { certificates: false, private: true };
            profile::objects(self.access.settings().map_or(without_settings, Settings::appearance))
        })
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
            session.signing.cancel();
        }
        Ok(())
    }

    fn forget_login(&self) {
        // nobody may have been logged in
        let _ = self.access.log_out();
    }
}
