//! One row: the call that meets the fault, what is measured of it, and the calls after it.

use std::fmt;
use std::time::{Duration, Instant};

use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::scene::{Scene, Trouble};
use crate::support::console::watching;
use crate::support::pkcs11::{Pkcs11, Result, Session, initialized};

/// A fault in a function, and how it ends.
pub struct Row {
    pub fault: &'static str,
    pub trouble: Trouble,
    pub function: Function,
    pub value: ReturnValue,
    /// A part of the one line on standard error; none, if nothing is written there.
    pub told: Option<&'static str>,
    /// How many requests reach the service.
    pub requests: usize,
    pub limit: Limit,
}

/// The functions that send requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Login,
    FindObjectsInit,
    Sign,
    SignFinal,
}

/// How long the call may take.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// It makes one attempt.
    Attempt,
    /// It makes as many as the time for all of them allows.
    Total,
    /// It makes one attempt, which has so much to read that it gets more time.
    LongAttempt,
}

/// A second is what the documentation allows; the other one is for a machine that has other things to do.
const GRACE: Duration = Duration::from_secs(2);

pub const MARK: &str = "measured: ";
pub const HEADING: &str =
    "| fault | function | CK_RV | requests | seconds | limit | the line on standard error |";
pub const RULE: &str = "| --- | --- | --- | --- | --- | --- | --- |";

const KEY: &str = "container-images/p-256";

/// Runs the row in this process, and fails unless it ends as promised.
pub fn run(row: &Row) {
    let scene = Scene::new(&row.trouble);
    let pkcs11 = initialized(&variables(&scene, row));
    let session = pkcs11.session();
    if row.function.signs() {
        session.private_key(KEY);
    }
    let before = scene.requests();
    scene.begin(row.function.route());
    let measured = measure(row, &scene, before, &session);
    println!("\n{MARK}{measured}");
    scene.end();
    judge(row, &scene, &measured);
    succeeds_afterwards(row, &scene, &pkcs11, &session);
}

/// What a call did.
struct Measured<'a> {
    row: &'a Row,
    value: ReturnValue,
    requests: usize,
    took: Duration,
    console: String,
}

impl fmt::Display for Measured<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { fault, function, limit, .. } = self.row;
        let (value, requests, took) = (self.value, self.requests, self.took.as_secs_f64());
        let (limit, told) = (limit.duration().as_secs(), self.console.trim_end());
        write!(
            formatter,
            "| {fault} | C_{function:?} | {value} | {requests} | {took:.2} | {limit} | {told} |"
        )
    }
}

fn measure<'a>(row: &'a Row, scene: &Scene, before: usize, session: &Session) -> Measured<'a> {
    let prepared = row.function.prepare(session);
    let started = Instant::now();
    let (result, console) = watching(|| row.function.call(scene, session));
    let took = started.elapsed();
    prepared.unwrap();
    let value = result.err().unwrap_or(ReturnValue::OK);
    Measured { row, value, requests: scene.requests() - before, took, console }
}

fn judge(row: &Row, scene: &Scene, measured: &Measured<'_>) {
    let Measured { value, requests, took, console, .. } = measured;
    assert_eq!((*value, *requests), (row.value, row.requests), "{measured}");
    assert!(*took < row.limit.duration() + GRACE, "{measured}");
    match row.told {
        None => assert_eq!(console, "", "{measured}"),
        Some(part) => {
            assert_eq!(console.lines().count(), 1, "{measured}");
            assert!(console.starts_with("signpath-pkcs11: error: "), "{measured}");
            assert!(console.contains(part), "no `{part}` in: {measured}");
        }
    }
    if (row.value, row.requests) == (ReturnValue::OK, 1) {
        assert!(!scene.emulator.log().contains("failed, next in"), "not silent: {}", scene.emulator.log());
    }
    for text in [console, &scene.emulator.log()] {
        assert!(!text.contains(scene.emulator.token.as_str()), "the token is told: {measured}");
        assert!(!text.contains("s3cr3t"), "the password of the proxy is told: {measured}");
        let doubtful = text.contains("possibly signed twice");
        assert!(!(doubtful && scene.keeps_from_sending()), "nothing was sent: {measured}");
    }
    assert_eq!(scene.strangers(), 0, "somebody else was asked: {measured}");
}

/// The same call, if it failed, and then a signature: both as if nothing had been.
fn succeeds_afterwards(row: &Row, scene: &Scene, pkcs11: &Pkcs11, session: &Session) {
    let again = scene.is_misconfigured().then(|| corrected(scene, row, pkcs11));
    let session = again.as_ref().unwrap_or(session);
    let (result, console) = watching(|| {
        if row.value != ReturnValue::OK {
            row.function.prepare(session)?;
            row.function.call(scene, session)?;
        }
        if row.function == Function::FindObjectsInit {
            session.find_final()?;
        }
        session.signature(M::ECDSA, session.private_key(KEY), &[7; 32])
    });
    assert_eq!((result.map(|signature| signature.len()), console.as_str()), (Ok(64), ""), "the next call");
}

/// A fault of the configuration passes when the configuration is corrected, and read again.
fn corrected(scene: &Scene, row: &Row, pkcs11: &Pkcs11) -> Session {
    pkcs11.finalize().unwrap();
    initialized(&with_credentials(scene.emulator.address(), scene, row)).session()
}

/// Quick enough for a test: at most three attempts of a second each, and two seconds for all of them.
fn variables(scene: &Scene, row: &Row) -> Vec<(&'static str, String)> {
    let (attempt, total) = row.limit.settings();
    let mut variables = with_credentials(scene.address(), scene, row);
    variables.extend(
        [
            ("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", attempt),
            ("SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", total),
            ("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.05"),
            ("SIGNPATH_TIMEOUTS_RETRY_COUNT", "2"),
        ]
        .map(|(name, value)| (name, value.to_owned())),
    );
    variables
}

/// C_Login gets a PIN; the others find their credentials configured.
fn with_credentials(
    mut variables: Vec<(&'static str, String)>,
    scene: &Scene,
    row: &Row,
) -> Vec<(&'static str, String)> {
    if row.function != Function::Login {
        variables.push(("SIGNPATH_ORGANIZATION_ID", scene.emulator.organization.clone()));
        variables.push(("SIGNPATH_API_TOKEN", scene.emulator.token.clone()));
    }
    variables
}

impl Function {
    fn signs(self) -> bool {
        matches!(self, Self::Sign | Self::SignFinal)
    }

    /// The emulator's name of what it asks for.
    fn route(self) -> &'static str {
        if self.signs() { "signHash" } else { "mySigningPolicies" }
    }

    /// The calls before it, which ask for nothing.
    fn prepare(self, session: &Session) -> Result<()> {
        match self {
            Self::Login | Self::FindObjectsInit => Ok(()),
            Self::Sign => session.sign_init(M::ECDSA, session.private_key(KEY)),
            Self::SignFinal => {
                session.sign_init(M::ECDSA_SHA256, session.private_key(KEY))?;
                session.sign_update(b"data")
            }
        }
    }

    fn call(self, scene: &Scene, session: &Session) -> Result<()> {
        match self {
            Self::Login => session.log_in(&scene.emulator.pin()),
            Self::FindObjectsInit => session.find_init(&[]),
            Self::Sign => session.sign(&[7; 32]).map(drop),
            Self::SignFinal => session.sign_final().map(drop),
        }
    }
}

impl Limit {
    /// The limits that are configured: of an attempt, of all attempts.
    fn settings(self) -> (&'static str, &'static str) {
        match self {
            Self::Attempt | Self::Total => ("1", "2"),
            Self::LongAttempt => ("20", "20"),
        }
    }

    fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Attempt => 1,
            Self::Total => 2,
            Self::LongAttempt => 20,
        })
    }
}
