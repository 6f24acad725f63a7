//! Ctrl-C and SIGTERM from the moment at which there is a signing request: the command ends at once, in the middle of a
//! request too, and says how to go on. Before that they end the process as they always do.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signpath_pkcs11::signpath::Client;

use crate::console::Console;
use crate::outcome::{Ending, Exit, Result};

/// What happens when somebody interrupts.
pub(crate) struct Interruption(Arc<Signal>);

struct Signal {
    phase: Mutex<Phase>,
    told: Condvar,
    farewell: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Somebody waits, and will be told.
    Waiting,
    Came,
    /// Nobody waits: the process ends with the farewell.
    Working,
}

impl Signal {
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interruption {
    /// Watches from now on, once in a process. `again` is the command that goes on.
    pub(crate) fn watch(client: &Arc<Client>, console: &Console, again: &str) -> Result<Self> {
        let farewell = console.error_line(&format!("interrupted; go on with: {again}"));
        let phase = Mutex::new(Phase::Working);
        let interruption = Self(Arc::new(Signal { phase, told: Condvar::new(), farewell }));
        let (signal, client) = (Arc::clone(&interruption.0), Arc::clone(client));
        ctrlc::set_handler(move || come(&signal, &client))
            .map_err(|error| Ending::new(Exit::Failed, format!("watching for Ctrl-C: {error}")))?;
        Ok(interruption)
    }

    /// Somebody waits while this lasts: an interruption is told, and ends the client's request that is under way.
    pub(crate) fn while_waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        *self.0.phase() = Phase::Waiting;
        let result = wait();
        *self.0.phase() = Phase::Working;
        result
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

fn come(signal: &Signal, client: &Client) {
    let mut phase = signal.phase();
    if *phase == Phase::Working {
        let _ = std::io::stderr().write_all(signal.farewell.as_bytes());
        std::process::exit(Exit::Interrupted as i32);
    }
    *phase = Phase::Came;
    signal.told.notify_all();
    client.stop();
}
