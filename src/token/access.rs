//! Who is logged in, and which keys that shows.
//!
//! One request lists the keys: at C_Login, or at the first search where no login is needed. One thread asks, the
//! others wait for its answer; those who need no list (C_GetSessionInfo, a signature with a key already found) never
//! wait. Credentials that were accepted are not asked about again for a minute: what is kept of them is a keyed digest.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use zeroize::Zeroize;

use super::error::{Error, Result, refused};
use super::names::{ObjectHandle, ReturnValue};
use super::object::{Keyring, Object};
use super::settings::Settings;
use crate::credentials::{Credentials, means_configured};
use crate::error::{Code, Failure, FailureKind, Notice};
use crate::log::Log;
use crate::signpath::User;

/// The same credentials are not asked about again for this long: GnuTLS logs in once for every object it shows.
const ACCEPTED_FOR: Duration = Duration::from_secs(60);

/// A search for a key that is not there may ask again after this time.
const REFRESH_AFTER: Duration = Duration::from_secs(10);

/// The login, and the keys.
pub struct Access {
    settings: std::result::Result<Settings, Failure>,
    log: Arc<Log>,
    seal: hmac::Key,
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Default)]
struct State {
    login: Option<Viewer>,
    configured: Option<Viewer>,
    listing: Option<Listing>,
    last_asked: Option<Instant>,
    last_failure: Option<Failed>,
    /// How many times a list was asked for.
    asked: u64,
    asking: bool,
    /// Settings that cannot be used were told.
    told: bool,
}

/// A user, and the digest that tells whose a list is: made once, since every call that names an object compares it.
#[derive(Clone)]
struct Viewer {
    user: Arc<User>,
    seal: hmac::Tag,
}

/// A request for a list that failed; who waited for it shares its fate, and does not spend the time limit once more.
struct Failed {
    seal: hmac::Tag,
    asked: u64,
    failure: Failure,
}

/// A list of keys, and whose it is.
struct Listing {
    seal: hmac::Tag,
    at: Instant,
    keyring: Arc<Keyring>,
}

impl Access {
    /// Nobody is logged in. Settings that cannot be used are an error of the first call that needs them.
    pub fn new(settings: std::result::Result<Settings, Failure>, log: Arc<Log>) -> Self {
        let mut secret = [0; 32];
        // without random numbers the digest would be no better than the token: the process could not do TLS either
        let _ = aws_lc_rs::rand::fill(&mut secret);
        let seal = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        Self { settings, log, seal, state: Mutex::default(), answered: Condvar::new() }
    }

    /// Says once which setting cannot be used. The token will then ask for a PIN, and a program without anybody to ask
    /// ends there, before any call that could fail with the reason.
    pub fn tell_unusable_settings(&self) {
        let configured = |settings: &Settings| settings.configured.as_ref().err().cloned();
        let failure = self.settings.as_ref().map_or_else(|failure| Some(failure.clone()), configured);
        if let Some(failure) = failure.filter(|_| !std::mem::replace(&mut self.state().told, true)) {
            self.log.error(&failure.notice());
        }
    }

    /// Whether keys are visible after C_Login only (`CKF_LOGIN_REQUIRED`).
    pub fn is_login_required(&self) -> bool {
        self.settings.as_ref().map_or(true, Settings::is_login_required)
    }

    /// Whether somebody is logged in.
    pub fn is_logged_in(&self) -> bool {
        self.state().login.is_some()
    }

    /// Logs the user in, which lists the keys unless the same credentials just did.
    ///
    /// # Errors
    ///
    /// `CKR_USER_ALREADY_LOGGED_IN`; `CKR_PIN_INCORRECT`: a PIN that is none, or one that SignPath refuses;
    /// `CKR_SESSION_CLOSED`: `is_open` says so when the answer comes; and what a request can end with.
    pub fn log_in(&self, pin: &[u8], is_open: impl Fn() -> bool) -> Result<()> {
        let turn = self.turn();
        if turn.state().login.is_some() {
            return Err(refused(ReturnValue::USER_ALREADY_LOGGED_IN, "the user is logged in"));
        }
        let settings = self.settings()?;
        let viewer = self.viewer_of(settings.user(credentials(settings, pin)?));
        if !self.is_fresh(&turn, &viewer) {
            let listed = self.list(&turn, &viewer);
            listed.inspect_err(|_| settings.client.forget_tokens()).map_err(refused_at_login)?;
        }
        if !is_open() {
            settings.client.forget_tokens();
            return Err(refused(
                ReturnValue::SESSION_CLOSED,
                "the session was closed while the login was under way",
            ));
        }
        turn.state().login = Some(viewer);
        Ok(())
    }

    /// Logs the user out.
    ///
    /// # Errors
    ///
    /// `CKR_USER_NOT_LOGGED_IN`.
    pub fn log_out(&self) -> Result<()> {
        let mut state = self.state();
        if state.login.take().is_none() {
            return Err(refused(ReturnValue::USER_NOT_LOGGED_IN, "nobody is logged in"));
        }
        if let Some(listing) = state.listing.as_mut().filter(|_| self.is_login_required()) {
            listing.keyring = Arc::new(listing.keyring.renumbered());
        }
        drop(state);
        if let Ok(settings) = &self.settings {
            settings.client.forget_tokens();
        }
        Ok(())
    }

    /// The keys that are visible now, listing them if that was not done yet; `None` if a login is needed first.
    pub fn keyring(&self) -> Result<Option<Arc<Keyring>>> {
        if let Some(keyring) = self.known_keyring() {
            return Ok(Some(keyring));
        }
        let turn = self.turn();
        let Some(viewer) = self.viewer()? else { return Ok(None) };
        match self.known_keyring() {
            Some(keyring) => Ok(Some(keyring)),
            None => Ok(Some(self.list(&turn, &viewer)?)),
        }
    }

    /// The keys after another look, if the last one is long enough ago: a key that is not there may be a new one.
    pub fn refreshed_keyring(&self) -> Option<Arc<Keyring>> {
        let turn = self.turn();
        let viewer = self.viewer().ok().flatten()?;
        if turn.state().last_asked.is_some_and(|at| at.elapsed() < REFRESH_AFTER) {
            return self.known_keyring();
        }
        match self.list(&turn, &viewer) {
            Ok(keyring) => Some(keyring),
            Err(failure) => {
                self.log.warning(&failure.notice());
                self.known_keyring()
            }
        }
    }

    /// The keys of a user as they are now: after a signature that does not verify.
    pub fn relist(&self, user: &Arc<User>) -> Result<Arc<Keyring>> {
        let turn = self.turn();
        Ok(self.list(&turn, &Viewer { user: Arc::clone(user), seal: self.sealed(user) })?)
    }

    /// A visible object, and the user who sees it; never asks.
    pub fn object(&self, handle: ObjectHandle) -> Option<(Object, Arc<User>)> {
        let viewer = self.viewer().ok().flatten()?;
        let keyring = self.keyring_of(&viewer)?;
        Some((keyring.object(handle)?.clone(), viewer.user))
    }

    /// The settings, where they can be used.
    pub fn settings(&self) -> std::result::Result<&Settings, Failure> {
        self.settings.as_ref().map_err(Clone::clone)
    }

    /// In whose name the keys are seen: the user who is logged in, or the configured one where no login is needed.
    fn viewer(&self) -> Result<Option<Viewer>> {
        if let Some(viewer) = &self.state().login {
            return Ok(Some(viewer.clone()));
        }
        let settings = self.settings()?;
        let Some(credentials) = settings.configured.as_ref().ok().and_then(Option::as_ref) else {
            return Ok(None);
        };
        if settings.is_login_required() {
            return Ok(None);
        }
        let mut state = self.state();
        let viewer =
            state.configured.get_or_insert_with(|| self.viewer_of(settings.user(credentials.clone())));
        Ok(Some(viewer.clone()))
    }

    fn viewer_of(&self, user: User) -> Viewer {
        let seal = self.sealed(&user);
        Viewer { user: Arc::new(user), seal }
    }

    fn known_keyring(&self) -> Option<Arc<Keyring>> {
        self.keyring_of(&self.viewer().ok().flatten()?)
    }

    fn keyring_of(&self, viewer: &Viewer) -> Option<Arc<Keyring>> {
        let state = self.state();
        let listing = state.listing.as_ref().filter(|listing| listing.is_of(viewer))?;
        Some(Arc::clone(&listing.keyring))
    }

    fn is_fresh(&self, turn: &Turn<'_>, viewer: &Viewer) -> bool {
        let state = turn.state();
        let listing = state.listing.as_ref().filter(|listing| listing.is_of(viewer));
        listing.is_some_and(|listing| listing.at.elapsed() < ACCEPTED_FOR)
    }

    /// Asks SignPath, and keeps the answer.
    fn list(&self, turn: &Turn<'_>, viewer: &Viewer) -> std::result::Result<Arc<Keyring>, Failure> {
        let settings = self.settings()?;
        if let Some(failure) = shared_failure(turn, viewer) {
            return Err(failure);
        }
        let asked = turn.begin_asking();
        let policies = match settings.client.signing_policies(&viewer.user) {
            Ok(listing) => settings.completed(listing.policies),
            Err(failure) => {
                turn.state().last_failure =
                    Some(Failed { seal: viewer.seal, asked, failure: failure.clone() });
                return Err(failure);
            }
        };
        if policies.is_empty() {
            self.log.error(&nothing_to_sign_with(settings));
        }
        let previous = self.keyring_of(viewer);
        let keyring = Keyring::new(policies, settings.appearance(), previous.as_deref());
        let keyring = Arc::new(keyring);
        let listing = Listing { seal: viewer.seal, at: Instant::now(), keyring: Arc::clone(&keyring) };
        turn.state().listing = Some(listing);
        Ok(keyring)
    }

    fn sealed(&self, user: &User) -> hmac::Tag {
        let seal = self.seal_of(user.credentials());
        overwrite_stack();
        seal
    }

    // not inlined, nor is what overwrites its frames
    #[inline(never)]
    fn seal_of(&self, Credentials { organization, token }: &Credentials) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.seal);
        context.update(organization.as_str().as_bytes());
        context.update(token.reveal().as_bytes());
        context.sign()
    }

    /// Waits until no list is asked for, and makes others wait until the turn is dropped.
    fn turn(&self) -> Turn<'_> {
        let mut state = self.state();
        let asked_before = state.asked;
        while state.asking {
            state = self.answered.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.asking = true;
        Turn { access: self, asked_before }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listing {
    fn is_of(&self, viewer: &Viewer) -> bool {
        self.seal.as_ref() == viewer.seal.as_ref()
    }
}

/// The failure of a request that was made for the same user while this thread waited for its turn.
fn shared_failure(turn: &Turn<'_>, viewer: &Viewer) -> Option<Failure> {
    let state = turn.state();
    let failed = state.last_failure.as_ref().filter(|failed| failed.asked > turn.asked_before)?;
    (failed.seal.as_ref() == viewer.seal.as_ref()).then(|| failed.failure.clone())
}

/// The right to ask for a list.
struct Turn<'a> {
    access: &'a Access,
    /// How many times a list had been asked for when this thread began to wait.
    asked_before: u64,
}

impl Turn<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.access.state()
    }

    /// Counts a request for a list, and tells its number.
    fn begin_asking(&self) -> u64 {
        let mut state = self.state();
        state.last_asked = Some(Instant::now());
        state.asked += 1;
        state.asked
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.state().asking = false;
        self.access.answered.notify_all();
    }
}

/// Overwrites the stack below the caller's frame: a digest works on a copy of what it digests, and leaves it there.
#[inline(never)]
fn overwrite_stack() {
    const MOST: usize = 8 << 10;
    [0_u8; MOST].zeroize();
}

/// The credentials that a PIN stands for.
fn credentials(settings: &Settings, pin: &[u8]) -> Result<Credentials> {
    if means_configured(pin) {
        let configured = settings.configured.clone()?;
        return configured
            .ok_or_else(|| wrong_pin(Code::CredentialsMissing, "no credentials are configured"));
    }
    let parsed = std::str::from_utf8(pin).ok().and_then(Credentials::parse);
    parsed.ok_or_else(|| {
        let problem = "the PIN is neither CONFIG nor an organization id, a colon and an API token";
        wrong_pin(Code::PinNotUnderstood, problem)
    })
}

const CONFIGURE: &str = "set SIGNPATH_ORGANIZATION_ID and SIGNPATH_API_TOKEN, or pass <organization id>:<API token> as \
                         PIN";

fn wrong_pin(code: Code, problem: &str) -> Error {
    let failure = Failure::new(code, "logging in", problem, CONFIGURE);
    Error::failed(ReturnValue::PIN_INCORRECT, failure)
}

/// A token that SignPath refuses is a wrong PIN.
fn refused_at_login(failure: Failure) -> Error {
    match failure.kind() {
        FailureKind::Unauthorized => Error::failed(ReturnValue::PIN_INCORRECT, failure),
        _ => failure.into(),
    }
}

fn nothing_to_sign_with(settings: &Settings) -> Notice {
    let narrowed = settings.client.filter().map(|filter| format!(" with {filter}")).unwrap_or_default();
    let text = format!(
        "SignPath lists no signing policy{narrowed} for this user: there is no key to sign with; make the user \
         Submitter of a signing policy, or correct ProjectSlug and SigningPolicySlug"
    );
    Notice::new(Code::NoKeys, text)
}
