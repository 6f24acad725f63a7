//! A signing request from its submission to its end: submit, wait, and say what happens in words.
//!
//! Nothing that interrupts the waiting (Ctrl-C, a lost connection, the time limit) ends the signing request: the
//! message then has the command that goes on. What was signed is judged elsewhere.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use clap::Args;
use signpath_pkcs11::signpath::{SigningRequestId, State, Status, Submission, Submitted};

use crate::console::Console;
use crate::interruption::Interruption;
use crate::outcome::{Ending, Exit, Result};
use crate::service::Service;

/// How long to wait, and for which request.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Waiting")]
pub(crate) struct WaitArguments {
    /// Seconds to wait for the signing request's end.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    wait_timeout: u64,
    /// Submit, print the signing request's id, and end.
    #[arg(long, conflicts_with = "resume")]
    pub(crate) no_wait: bool,
    /// Go on with a signing request that was submitted before, in place of submitting one.
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(crate) resume: Option<SigningRequestId>,
}

impl WaitArguments {
    /// How long to wait.
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(self.wait_timeout)
    }
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Submits an artifact and says where it can be watched.
pub(crate) fn submit(service: &Service, console: &Console, submission: &Submission) -> Result<Submitted> {
    let submitted = service.client.submit(&service.user, submission)?;
    let link = submitted.web_link.as_ref().map(|link| format!(": {link}")).unwrap_or_default();
    console.say(&format!("submitted signing request {}{link}", submitted.id));
    if submitted.perhaps_twice {
        console.warning(
            "an answer was lost on the way: there may be a second signing request like it; cancel that one",
        );
    }
    Ok(submitted)
}

/// A signing request that was submitted before.
pub(crate) fn resumed(service: &Service, id: &SigningRequestId) -> Result<Submitted> {
    let state = service.client.signing_request(&service.user, id)?;
    Ok(Submitted { id: id.clone(), web_link: state.web_link, perhaps_twice: false })
}

/// Waits for the end of a signing request.
pub(crate) fn wait(
    service: &Service,
    console: &Console,
    request: &Submitted,
    limit: Duration,
    interruption: &Interruption,
) -> Result<()> {
    let waiting = Waiting { service, console, request, started: Instant::now(), limit };
    interruption.while_waiting(|| waiting.to_the_end(interruption))
}

/// One request that is waited for.
struct Waiting<'a> {
    service: &'a Service,
    console: &'a Console,
    request: &'a Submitted,
    started: Instant,
    limit: Duration,
}

impl Waiting<'_> {
    fn to_the_end(&self, interruption: &Interruption) -> Result<()> {
        let mut progress = self.console.progress();
        let mut pause = FIRST_PAUSE;
        progress.show(&format!("waiting for signing request {}", self.request.id));
        loop {
            let state = self.state(interruption)?;
            if let Some(end) = self.end(&state) {
                return end;
            }
            progress.show(&self.in_words(&state));
            let left = self.limit.saturating_sub(self.started.elapsed());
            if left.is_zero() {
                return Err(self.still_running(&state));
            }
            if interruption.comes_within(pause.min(left)) {
                return Err(self.interrupted());
            }
            pause = pause.mul_f64(1.5).min(LONGEST_PAUSE);
        }
    }

    fn state(&self, interruption: &Interruption) -> Result<State> {
        let left = self.limit.saturating_sub(self.started.elapsed()).max(FIRST_PAUSE);
        let state = self.service.client.state(&self.service.user, &self.request.id, left);
        state.map_err(|failure| if interruption.has_come() { self.interrupted() } else { failure.into() })
    }

    /// How the request ended, if it did.
    fn end(&self, state: &State) -> Option<Result<()>> {
        let id = &self.request.id;
        let page = self.page();
        let (exit, message) = match state.status {
            Status::Completed => return Some(Ok(())),
            Status::Denied => {
                (Exit::Denied, format!("signing request {id} was denied; ask its approvers{page}"))
            }
            Status::Canceled => (
                Exit::Canceled,
                format!("signing request {id} was canceled; submit it again if that was not meant{page}"),
            ),
            Status::Failed => failure(id, state.workflow_status.as_deref(), &page),
            _ => return None,
        };
        Some(Err(Ending::new(exit, message)))
    }

    fn in_words(&self, state: &State) -> String {
        let id = &self.request.id;
        match (&state.status, state.workflow_status.as_deref()) {
            (Status::WaitingForApproval, _) => {
                format!("signing request {id} waits for approval{}", self.page())
            }
            (Status::WaitingForArtifactUpload, _) => format!("signing request {id} waits for its artifact"),
            (Status::Other(word), None) => format!("signing request {id}: {word}"),
            (_, step) => {
                format!("signing request {id} {}", step.map_or("is in progress".to_owned(), step_in_words))
            }
        }
    }

    fn page(&self) -> String {
        self.request.web_link.as_ref().map(|link| format!(": {link}")).unwrap_or_default()
    }

    fn still_running(&self, state: &State) -> Ending {
        let seconds = self.limit.as_secs();
        let message = format!("the time to wait is over after {seconds} s: {}", self.in_words(state));
        Ending::new(Exit::StillRunning, message)
    }

    fn interrupted(&self) -> Ending {
        let message = format!("interrupted; signing request {} goes on without us", self.request.id);
        Ending::new(Exit::Interrupted, message)
    }
}

/// A step of the work that is under way.
fn step_in_words(step: &str) -> String {
    match step {
        "Submitted" => "was submitted".to_owned(),
        "RetrievingArtifact" => "is having its artifact retrieved".to_owned(),
        "QueuedForMalwareScanning" => "is queued for the malware scan".to_owned(),
        "ScanningForMalware" => "is being scanned for malware".to_owned(),
        "QueuedForProcessing" => "is queued for processing".to_owned(),
        "Processing" => "is being processed".to_owned(),
        other => format!("is in progress ({other})"),
    }
}

/// The workflow statuses with which a request fails.
fn failure(id: &SigningRequestId, step: Option<&str>, page: &str) -> (Exit, String) {
    let (exit, what, remedy) = match step {
        Some("MalwareDetected") => {
            (Exit::MalwareDetected, "malware was found in its artifact", "see the scan's report")
        }
        Some("MalwareScanFailed") => (Exit::MalwareScanFailed, "the malware scan failed", "submit it again"),
        Some("ArtifactRetrievalFailed") => {
            (Exit::ArtifactRetrievalFailed, "its artifact could not be retrieved", "submit it again")
        }
        Some("ProcessingFailed") | None => (
            Exit::RequestFailed,
            "it could not be processed",
            "compare the artifact configuration with `signpath-tool artifact-configuration`",
        ),
        Some(_) => (Exit::RequestFailed, "SignPath tells no reason", "see its page"),
    };
    let mut message = format!("signing request {id} failed: {what}; {remedy}{page}");
    if let Some(other) = step.filter(|step| !matches!(*step, "ProcessingFailed" | "MalwareDetected")) {
        let _ = write!(message, " ({other})");
    }
    (exit, message)
}

fn id(text: &str) -> std::result::Result<SigningRequestId, String> {
    SigningRequestId::parse(text).ok_or_else(|| "a signing request's id is a UUID".to_owned())
}
