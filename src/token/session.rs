//! Sessions: which there are, and what each is in the middle of.
//!
//! No lock here is held while a request is out: a signature under way leaves only a mark in its session, so that
//! C_GetSessionInfo and C_CloseAllSessions never wait for a stranger's request.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki_sys::CK_ULONG;

use super::error::{Error, Result, refused};
use super::names::{ObjectHandle, ReturnValue, SessionHandle};
use super::operation::{DigestingOperation, SigningOperation, VerifyingOperation};

/// What a session may do, which for a token that cannot be written to is only a word in C_GetSessionInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// Opened without `CKF_RW_SESSION`.
    ReadOnly,
    /// Opened with it.
    ReadWrite,
}

/// A session.
pub struct Session {
    /// Its handle.
    pub handle: SessionHandle,
    /// How it was opened.
    pub kind: SessionKind,
    /// C_FindObjectsInit to C_FindObjectsFinal.
    pub search: Place<Search>,
    /// C_SignInit to C_Sign or C_SignFinal.
    pub signing: Place<SigningOperation>,
    /// C_VerifyInit to C_Verify or C_VerifyFinal.
    pub verifying: Place<VerifyingOperation>,
    /// C_DigestInit to C_Digest or C_DigestFinal.
    pub digesting: Place<DigestingOperation>,
    closed: AtomicBool,
}

/// What a search found and has not handed out yet.
pub type Search = std::vec::IntoIter<ObjectHandle>;

impl Session {
    fn new(handle: SessionHandle, kind: SessionKind) -> Self {
        Self {
            handle,
            kind,
            search: Place::named("search"),
            signing: Place::named("signature"),
            verifying: Place::named("verification"),
            digesting: Place::named("digest"),
            closed: AtomicBool::new(false),
        }
    }

    /// Whether the session was closed by another thread.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

/// The place for one operation of a kind; a session has at most one of each (PKCS#11 v3.1 section 5.6.1).
pub struct Place<T> {
    name: &'static str,
    state: Mutex<State<T>>,
}

enum State<T> {
    Idle,
    Active(T),
    /// Being finished: for a signature, a request is out.
    UnderWay,
}

impl<T> Place<T> {
    fn named(name: &'static str) -> Self {
        Self { name, state: Mutex::new(State::Idle) }
    }

    /// Checks that an operation can begin.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_ACTIVE`: one is active.
    pub fn check_idle(&self) -> Result<()> {
        if self.is_active() { Err(self.busy()) } else { Ok(()) }
    }

    /// Begins an operation.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_ACTIVE`: one is active.
    pub fn begin(&self, operation: T) -> Result<()> {
        let mut state = self.state();
        if !matches!(*state, State::Idle) {
            return Err(self.busy());
        }
        *state = State::Active(operation);
        Ok(())
    }

    /// Whether an operation was begun and has not ended.
    pub fn is_active(&self) -> bool {
        !matches!(*self.state(), State::Idle)
    }

    /// Does something with the active operation, which stays active.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`; `CKR_OPERATION_ACTIVE`: another thread is finishing it; those of the work.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
        match &mut *self.state() {
            State::Active(operation) => work(operation),
            State::UnderWay => Err(self.busy()),
            State::Idle => Err(self.idle()),
        }
    }

    /// Takes the active operation to finish it. The place counts as taken until the returned mark is dropped.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_NOT_INITIALIZED`; `CKR_OPERATION_ACTIVE`: another thread is finishing it.
    pub fn take(&self) -> Result<(T, UnderWay<'_, T>)> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::UnderWay) {
            State::Active(operation) => Ok((operation, UnderWay(self))),
            State::UnderWay => Err(self.busy()),
            State::Idle => {
                *state = State::Idle;
                Err(self.idle())
            }
        }
    }

    /// Ends an operation, unless it is being finished.
    pub fn cancel(&self) {
        let mut state = self.state();
        if matches!(*state, State::Active(_)) {
            *state = State::Idle;
        }
    }

    /// Ends the operation for a host that asks for it.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_CANCEL_FAILED`: it is being finished; for a signature, a request is out.
    pub fn end(&self) -> Result<()> {
        self.cancel();
        if self.is_active() {
            let reason = format!("the {} is being finished by another thread", self.name);
            return Err(refused(ReturnValue::OPERATION_CANCEL_FAILED, reason));
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn busy(&self) -> Error {
        refused(ReturnValue::OPERATION_ACTIVE, format!("a {} is active in this session", self.name))
    }

    fn idle(&self) -> Error {
        let reason = format!("no {} is active in this session", self.name);
        refused(ReturnValue::OPERATION_NOT_INITIALIZED, reason)
    }
}

/// An operation that is being finished; when dropped, in whatever way the call ends, it has ended.
pub struct UnderWay<'a, T>(&'a Place<T>);

impl<T> Drop for UnderWay<'_, T> {
    fn drop(&mut self) {
        *self.0.state() = State::Idle;
    }
}

/// All sessions of a run.
#[derive(Default)]
pub struct Sessions {
    open: Mutex<HashMap<SessionHandle, Arc<Session>>>,
}

/// How many sessions are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionCounts {
    /// All of them.
    pub all: usize,
    /// Those opened for writing, too.
    pub read_write: usize,
}

impl Sessions {
    /// Opens a session.
    pub fn open(&self, kind: SessionKind) -> SessionHandle {
        let handle = new_handle();
        self.map().insert(handle, Arc::new(Session::new(handle, kind)));
        handle
    }

    /// A session by its handle.
    ///
    /// # Errors
    ///
    /// `CKR_SESSION_HANDLE_INVALID`.
    pub fn get(&self, handle: SessionHandle) -> Result<Arc<Session>> {
        self.map().get(&handle).cloned().ok_or_else(|| unknown(handle))
    }

    /// Closes one, and tells whether it was the last.
    pub fn close(&self, handle: SessionHandle) -> Result<bool> {
        let mut map = self.map();
        let session = map.remove(&handle).ok_or_else(|| unknown(handle))?;
        session.closed.store(true, Ordering::Release);
        Ok(map.is_empty())
    }

    /// Closes all.
    pub fn close_all(&self) {
        for (_, session) in self.map().drain() {
            session.closed.store(true, Ordering::Release);
        }
    }

    /// Every open session.
    pub fn all(&self) -> Vec<Arc<Session>> {
        self.map().values().cloned().collect()
    }

    /// How many are open.
    pub fn counts(&self) -> SessionCounts {
        let map = self.map();
        let read_write = map.values().filter(|session| session.kind == SessionKind::ReadWrite).count();
        SessionCounts { all: map.len(), read_write }
    }

    fn map(&self) -> MutexGuard<'_, HashMap<SessionHandle, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(handle: SessionHandle) -> Error {
    refused(ReturnValue::SESSION_HANDLE_INVALID, format!("there is no session {}", handle.0))
}

/// Handles are never used twice in a process: one of an earlier run must not open another session.
fn new_handle() -> SessionHandle {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    SessionHandle(NEXT.fetch_add(1, Ordering::Relaxed) as CK_ULONG)
}
