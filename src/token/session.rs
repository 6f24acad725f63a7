//! Sessions: which there are, and what each is in the middle of.
//!
//! No lock here is held while a request is out: a signature under way leaves only a mark in its session, so that
//! C_GetSessionInfo and C_CloseAllSessions never wait for a stranger's request.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki_sys::CK_ULONG;

use super::error::{Result, refused};
use super::names::{ObjectHandle, ReturnValue, SessionHandle};
use super::operation::SigningOperation;

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
    closed: AtomicBool,
    operations: Mutex<Operations>,
}

#[derive(Default)]
struct Operations {
    search: Option<std::vec::IntoIter<ObjectHandle>>,
    signing: Signing,
}

#[derive(Default)]
enum Signing {
    #[default]
    Idle,
    Active(Box<SigningOperation>),
    /// A request is out.
    UnderWay,
}

impl Session {
    /// Begins a search over what it will find.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_ACTIVE`: one is active.
    pub fn begin_search(&self, found: Vec<ObjectHandle>) -> Result<()> {
        let mut operations = self.operations();
        if operations.search.is_some() {
            return Err(refused(ReturnValue::OPERATION_ACTIVE, "a search is active in this session"));
        }
        operations.search = Some(found.into_iter());
        Ok(())
    }

    /// Whether a search is active.
    pub fn is_searching(&self) -> bool {
        self.operations().search.is_some()
    }

    /// The next handles of the search, at most `most`.
    pub fn next_found(&self, most: usize) -> Result<Vec<ObjectHandle>> {
        let mut operations = self.operations();
        let search = operations.search.as_mut().ok_or_else(no_search)?;
        Ok(search.take(most).collect())
    }

    /// Ends the search.
    pub fn end_search(&self) -> Result<()> {
        self.operations().search.take().map(drop).ok_or_else(no_search)
    }

    /// Begins a signature.
    ///
    /// # Errors
    ///
    /// `CKR_OPERATION_ACTIVE`: one is active.
    pub fn begin_signing(&self, operation: SigningOperation) -> Result<()> {
        let mut operations = self.operations();
        if !matches!(operations.signing, Signing::Idle) {
            return Err(signing_is_active());
        }
        operations.signing = Signing::Active(Box::new(operation));
        Ok(())
    }

    /// Whether C_SignInit was called and the signature not finished.
    pub fn is_signing(&self) -> bool {
        !matches!(self.operations().signing, Signing::Idle)
    }

    /// Does something with the active operation, which stays active.
    pub fn with_signing<T>(&self, work: impl FnOnce(&mut SigningOperation) -> Result<T>) -> Result<T> {
        match &mut self.operations().signing {
            Signing::Active(operation) => work(operation),
            Signing::UnderWay => Err(signing_is_active()),
            Signing::Idle => Err(no_signing()),
        }
    }

    /// Takes the active operation to finish it. The session counts as signing until the returned mark is dropped.
    pub fn take_signing(&self) -> Result<(SigningOperation, UnderWay<'_>)> {
        let mut operations = self.operations();
        match std::mem::replace(&mut operations.signing, Signing::UnderWay) {
            Signing::Active(operation) => Ok((*operation, UnderWay(self))),
            Signing::UnderWay => Err(signing_is_active()),
            Signing::Idle => {
                operations.signing = Signing::Idle;
                Err(no_signing())
            }
        }
    }

    /// Ends a signature that is not under way: C_SessionCancel, a new C_SignInit without mechanism, an error.
    pub fn cancel_signing(&self) {
        let mut operations = self.operations();
        if matches!(operations.signing, Signing::Active(_)) {
            operations.signing = Signing::Idle;
        }
    }

    /// Ends everything that is not under way.
    pub fn cancel_everything(&self) {
        self.operations().search = None;
        self.cancel_signing();
    }

    /// Whether the session was closed by another thread.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn operations(&self) -> MutexGuard<'_, Operations> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A signature whose request is out; when dropped, in whatever way the call ends, the operation has ended.
pub struct UnderWay<'a>(&'a Session);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.operations().signing = Signing::Idle;
    }
}

fn no_search() -> super::error::Error {
    refused(ReturnValue::OPERATION_NOT_INITIALIZED, "no search is active in this session")
}

fn no_signing() -> super::error::Error {
    refused(ReturnValue::OPERATION_NOT_INITIALIZED, "no signature is active in this session")
}

fn signing_is_active() -> super::error::Error {
    refused(ReturnValue::OPERATION_ACTIVE, "a signature is active in this session")
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
        let session = Session { handle, kind, closed: AtomicBool::new(false), operations: Mutex::default() };
        self.map().insert(handle, Arc::new(session));
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

fn unknown(handle: SessionHandle) -> super::error::Error {
    refused(ReturnValue::SESSION_HANDLE_INVALID, format!("there is no session {}", handle.0))
}

/// Handles are never used twice in a process: one of an earlier run must not open another session.
fn new_handle() -> SessionHandle {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    SessionHandle(NEXT.fetch_add(1, Ordering::Relaxed) as CK_ULONG)
}
