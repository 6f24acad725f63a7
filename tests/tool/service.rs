//! The tool with everything that signing takes: a registry with images, and the emulator.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::{Bench, Ended, ended, last_message, public_key, run};
use crate::support::emulator::Emulator;

/// The emulator's project, and its artifact configuration for all of the tool's metadata.
const PROJECT: &str = "container-images";
const CONFIGURATION: &str = "cosign";

const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A registry, and the emulator.
pub(crate) struct Service {
    pub(crate) bench: Bench,
    pub(crate) emulator: Emulator,
}

/// A tool that is at work.
pub(crate) struct Running(Child);

impl Service {
    /// With Debian's registry, and an emulator that takes no time.
    pub(crate) fn new() -> Self {
        Self::with(Bench::new(), Emulator::start())
    }

    pub(crate) fn with(bench: Bench, emulator: Emulator) -> Self {
        emulator.tell("PUT", "workflow", json!({ "stageMilliseconds": 0 }));
        let variables =
            emulator.variables().into_iter().chain([("SIGNPATH_PROJECT_SLUG", PROJECT.to_owned())]);
        let bench = variables.fold(bench, |bench, (name, value)| bench.and_variable(name, value));
        Self { bench, emulator }
    }

    /// `sign-image` with the key of a signing policy.
    pub(crate) fn sign_image(&self, policy: &str, arguments: &[&str]) -> Command {
        let request = ["sign-image", "--signing-policy", policy, "--artifact-configuration", CONFIGURATION];
        self.bench.command(&[&request[..], arguments].concat())
    }

    /// Signs images, which must succeed; what the tool reported.
    pub(crate) fn signed(&self, policy: &str, arguments: &[&str]) -> Value {
        let ended = run(self.sign_image(policy, arguments).args(["--output", "json"]));
        assert_eq!(ended.code, Some(0), "{}", ended.messages);
        serde_json::from_str(&ended.output).unwrap()
    }

    /// Signs images, which must end with this exit code and print nothing; the last message.
    pub(crate) fn refused(&self, code: i32, policy: &str, arguments: &[&str]) -> String {
        last_message(&run(&mut self.sign_image(policy, arguments)), code)
    }

    /// Begins to sign images.
    pub(crate) fn begin(&self, policy: &str, arguments: &[&str]) -> Running {
        let mut command = self.sign_image(policy, arguments);
        Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// The signing requests for files so far, as the emulator shows them.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.emulator.control("signing-requests")["signingRequests"].as_array().unwrap().clone()
    }

    /// The id of the only signing request, when it has reached a step of the work.
    pub(crate) fn id_when(&self, workflow_status: &str) -> String {
        let started = Instant::now();
        loop {
            if let [request] = &self.requests()[..]
                && request["workflowStatus"] == workflow_status
            {
                return request["signingRequestId"].as_str().unwrap().to_owned();
            }
            assert!(started.elapsed() < LONGEST_WAIT, "{:?}", self.requests());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for an API request whose path ends like this.
    pub(crate) fn wait_for_request(&self, end: &str) {
        self.wait_for_requests(end, 1);
    }

    /// Waits until the tool has been told what the status is now: an answer is behind the request after next.
    pub(crate) fn wait_for_news(&self) {
        self.wait_for_requests("/Status", self.requests_that_end("/Status") + 2);
    }

    fn wait_for_requests(&self, end: &str, number: usize) {
        let started = Instant::now();
        while self.requests_that_end(end) < number {
            assert!(started.elapsed() < LONGEST_WAIT, "{:?}", self.emulator.request_lines());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn requests_that_end(&self, end: &str) -> usize {
        self.emulator.request_lines().iter().filter(|line| line.ends_with(end)).count()
    }

    /// Approves, denies, cancels or releases a signing request.
    pub(crate) fn act(&self, id: &str, action: &str) {
        self.emulator.tell("POST", &format!("signing-requests/{id}/{action}"), json!({}));
    }

    /// Fails unless both cosigns that know the format accept a signature by the key of a policy.
    pub(crate) fn cosign_verifies(&self, format: &str, policy: &str, arguments: &[&str]) {
        let key = public_key(policy);
        let versions: &[u8] = if format == "bundle" { &[3] } else { &[2, 3] };
        for version in versions {
            let verify = ["verify", "--insecure-ignore-tlog=true", "--key", &key];
            self.bench.cosign(*version, &[&verify[..], arguments].concat());
        }
    }

    /// Fails unless nothing was attached to an image: its repository has the tag that it was pushed with, and nothing
    /// refers to it.
    pub(crate) fn nothing_is_attached_to(&self, image: &str) {
        assert_eq!(self.bench.tags(image), ["latest"]);
        let message = self.bench.tool_fails(8, &["verify", "--key", &public_key("rsa-3072"), image]);
        assert!(message.contains("has no signature"), "{message}");
    }
}

impl Running {
    /// SIGINT, as Ctrl-C sends it.
    pub(crate) fn interrupt(&self) {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Ended {
        ended(self.0.wait_with_output().unwrap())
    }

    /// Waits for its end, which must be this exit code without any output; the last message.
    pub(crate) fn refused(self, code: i32) -> String {
        last_message(&self.end(), code)
    }
}
