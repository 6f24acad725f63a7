//! Ctrl-C and SIGTERM while a signing request is waited for: the command ends at once, in the middle of a request too,
//! and says how to go on. At any other time they end the process as they always do.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signpath_pkcs11::signpath::Client;

use crate::outcome::{Ending, Exit, Result};

/// A time during which an interruption is waited for; it ends with the value.
pub(crate) struct Interruption(Arc<Signal>);

#[derive(Default)]
struct Signal {
    phase: Mutex<Phase>,
    told: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Watching,
    Came,
    Over,
}

impl Signal {
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interruption {
    /// Watches from now on, once in a process; a request of this client that is under way ends when the signal comes.
    pub(crate) fn watch(client: &Arc<Client>) -> Result<Self> {
        let interruption = Self(Arc::default());
        let (signal, client) = (Arc::clone(&interruption.0), Arc::clone(client));
        ctrlc::set_handler(move || come(&signal, &client))
            .map_err(|error| Ending::new(Exit::Failed, format!("watching for Ctrl-C: {error}")))?;
        Ok(interruption)
    }

    pub(crate) fn has_come(&self) -> bool {
        *self.0.phase() == Phase::Came
    }

    /// Waits this long, or until it comes; whether it came.
    pub(crate) fn comes_within(&self, time: Duration) -> bool {
        let waited = self.0.told.wait_timeout_while(self.0.phase(), time, |phase| *phase != Phase::Came);
        *waited.unwrap_or_else(PoisonError::into_inner).0 == Phase::Came
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        *self.0.phase() = Phase::Over;
    }
}

fn come(signal: &Signal, client: &Client) {
    let mut phase = signal.phase();
    if *phase == Phase::Over {
        std::process::exit(Exit::Interrupted as i32);
    }
    *phase = Phase::Came;
    signal.told.notify_all();
    client.stop();
}
