//! Ctrl-C and SIGTERM: the command ends at once, in the middle of a request too, and says how to go on.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use signpath_pkcs11::signpath::Client;

use crate::outcome::{Ending, Exit, Result};

/// Whether somebody asked this process to end.
#[derive(Clone)]
pub(crate) struct Interruption(Arc<Signal>);

#[derive(Default)]
struct Signal {
    came: Mutex<bool>,
    told: Condvar,
}

impl Interruption {
    /// Watches from now on; a request of this client that is under way ends when the signal comes.
    pub(crate) fn watch(client: &Arc<Client>) -> Result<Self> {
        // one handler a process: a second command of the same process shares it
        static WATCHED: OnceLock<Interruption> = OnceLock::new();
        if let Some(watched) = WATCHED.get() {
            return Ok(watched.clone());
        }
        let interruption = Self(Arc::default());
        let (signal, client) = (Arc::clone(&interruption.0), Arc::clone(client));
        ctrlc::set_handler(move || {
            *signal.came.lock().unwrap_or_else(PoisonError::into_inner) = true;
            signal.told.notify_all();
            client.stop();
        })
        .map_err(|error| Ending::new(Exit::Failed, format!("watching for Ctrl-C: {error}")))?;
        Ok(WATCHED.get_or_init(|| interruption).clone())
    }

    pub(crate) fn has_come(&self) -> bool {
        *self.0.came.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits this long, or until it comes; whether it came.
    pub(crate) fn comes_within(&self, time: Duration) -> bool {
        let came = self.0.came.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.told.wait_timeout_while(came, time, |came| !*came);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
