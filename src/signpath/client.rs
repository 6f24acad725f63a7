//! The REST API as the module uses it: list the keys, sign a hash. Retries within the time limits; nothing of PKCS#11.
//!
//! One connection is used for one request with all its repetitions. When a run ends ([`Client::stop`]), requests
//! under way end at once.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use reqwest::{Client as Http, Method};
use tokio::sync::watch;

use super::connection::{self, Body, Broken, Connections, Request, Route};
use super::hash_signing::{self, HashToSign, Signed, SourceProcess};
use super::policies::{self, SigningPolicy};
use super::problem::Answer;
use super::retry::{self, GiveUp, RetryRules};
use super::trust::Trust;
use crate::config::{ApiUrl, Configuration, HashSigningApi, Slug, settings};
use crate::credentials::Credentials;
use crate::error::{Failure, FailureKind};
use crate::host::Host;
use crate::log::Log;

/// A list of ten thousand keys has 32 MB.
const LARGEST_LIST: usize = 128 << 20;

/// Someone watches: silence for longer than this looks like a hang.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);

/// The service, as configured.
pub struct Client {
    pub(super) api: ApiUrl,
    pub(super) hash_signing_api: HashSigningApi,
    pub(super) log: Arc<Log>,
    connections: Connections,
    rules: RetryRules,
    project: Option<Slug>,
    policy: Option<Slug>,
    stopping: watch::Sender<bool>,
}

/// The user in whose name requests are made, and the process that makes them.
pub struct User {
    pub(super) credentials: Credentials,
    pub(super) source_process: Option<OnceLock<SourceProcess>>,
    pub(super) host: Arc<Host>,
    pub(super) secrets: Vec<Credentials>,
}

impl User {
    /// A user with `credentials`. What SignPath is told of the host program, if `describe` says so, is masked by them
    /// and by the `configured` ones, which may stand in a command line, too.
    pub fn new(
        credentials: Credentials,
        configured: Option<&Credentials>,
        host: Arc<Host>,
        describe: bool,
    ) -> Self {
        let secrets = configured.into_iter().chain([&credentials]).cloned().collect();
        Self { credentials, source_process: describe.then(OnceLock::new), host, secrets }
    }

    /// Organization and token.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

impl Client {
    /// Prepares to reach the configured service; nothing is sent or read.
    ///
    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn new(
        configuration: &Configuration,
        believes_environment: bool,
        log: Arc<Log>,
    ) -> Result<Self, Failure> {
        let api = required(configuration, &settings::API_URL)?;
        let rules = rules(configuration)?;
        let route = route(configuration, &api, &rules, believes_environment)?;
        Ok(Self {
            api,
            hash_signing_api: required(configuration, &settings::HASH_SIGNING_API)?,
            log,
            connections: Connections::new(route),
            rules,
            project: configuration.get(&settings::PROJECT_SLUG)?,
            policy: configuration.get(&settings::SIGNING_POLICY_SLUG)?,
            stopping: watch::Sender::new(false),
        })
    }

    /// The signing policies of which the user is Submitter, narrowed as configured, in the service's order: one
    /// request.
    pub fn signing_policies(&self, user: &User) -> Result<Vec<SigningPolicy>, Failure> {
        let organization = user.credentials.organization.as_str();
        let asked = format!("listing the signing policies of organization {organization} at {}", self.api);
        let mut url = self.api.route(&[organization, "Cryptoki", "MySigningPolicies"]);
        let filters = [("projectSlug", &self.project), ("signingPolicySlug", &self.policy)];
        for (name, slug) in filters.into_iter().filter_map(|(name, slug)| Some((name, slug.as_ref()?))) {
            url.query_pairs_mut().append_pair(name, slug.as_str());
        }
        let request = Request { method: Method::GET, url, body: Body::None, largest_answer: LARGEST_LIST };
        let started = Instant::now();
        let body = self.exchange(&asked, &request, user)?.into_success(&asked)?;
        let listing = policies::read(&body).ok_or_else(|| not_a_list(&asked))?;
        for remark in &listing.remarks {
            self.log.warning(&format!("{asked}: {remark}"));
        }
        let mut policies = listing.policies;
        policies.retain(|policy| self.is_wanted(policy));
        self.log.info(&format!(
            "{asked}: {} signing policies in {} ms",
            policies.len(),
            started.elapsed().as_millis()
        ));
        Ok(policies)
    }

    /// Has a hash signed: one request, two where an older server has to be found out.
    pub fn sign_hash(&self, user: &User, hash: &HashToSign<'_>) -> Result<Signed, Failure> {
        hash_signing::sign(self, user, hash)
    }

    /// What narrows the list, for messages; `None` if nothing does.
    pub fn filter(&self) -> Option<String> {
        match (&self.project, &self.policy) {
            (None, None) => None,
            (Some(project), None) => Some(format!("ProjectSlug {project}")),
            (None, Some(policy)) => Some(format!("SigningPolicySlug {policy}")),
            (Some(project), Some(policy)) => {
                Some(format!("ProjectSlug {project} and SigningPolicySlug {policy}"))
            }
        }
    }

    /// Ends every request under way, and lets none begin.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// The service narrows the list itself; one that ignores a filter must not show more than was asked for.
    fn is_wanted(&self, policy: &SigningPolicy) -> bool {
        self.project.as_ref().is_none_or(|project| *project == policy.project)
            && self.policy.as_ref().is_none_or(|slug| *slug == policy.policy)
    }

    /// Sends a request until it is answered or the rules give up. Any answer but a passing failure is returned.
    pub(super) fn exchange(&self, asked: &str, request: &Request, user: &User) -> Result<Answer, Failure> {
        let connection = self.connections.take()?;
        let mut stopping = self.stopping.subscribe();
        let result = connection.runtime.block_on(async {
            tokio::select! {
                biased;
                _ = stopping.wait_for(|stop| *stop) => Err(stopped(asked)),
                result = self.attempts(asked, &connection.client, request, user) => result,
            }
        });
        self.connections.give_back(connection);
        result
    }

    async fn attempts(
        &self,
        asked: &str,
        http: &Http,
        request: &Request,
        user: &User,
    ) -> Result<Answer, Failure> {
        let mut course = Course::new(asked, request.method == Method::POST);
        loop {
            let limit = self.rules.limit(course.started.elapsed());
            course.attempts += 1;
            let setback = match connection::attempt(http, request, &user.credentials, limit).await {
                Ok(received) if !retry::is_passing(received.answer.status) => {
                    course.tell_success(&self.log);
                    return Ok(received.answer);
                }
                Ok(received) => Setback::of_answer(&received.answer.failure(asked), received.retry_after),
                Err(broken) => Setback::of_broken(asked, broken),
            };
            let wait = course.next(&self.rules, setback, &self.log)?;
            tokio::time::sleep(wait).await;
        }
    }
}

/// Why an attempt was not the last, unless it has to be.
struct Setback {
    failure: Failure,
    passing: bool,
    sent: bool,
    asked_wait: Option<Duration>,
}

impl Setback {
    fn of_answer(failure: &Failure, asked_wait: Option<Duration>) -> Self {
        Self { failure: failure.clone(), passing: true, sent: false, asked_wait }
    }

    fn of_broken(asked: &str, broken: Broken) -> Self {
        let kind = if broken.passing { FailureKind::Unavailable } else { FailureKind::Other };
        let failure = Failure::new(kind, asked, broken.reason, broken.remedy);
        Self { failure, passing: broken.passing, sent: broken.sent, asked_wait: None }
    }
}

/// One request on its way through its attempts.
struct Course<'a> {
    asked: &'a str,
    changes_something: bool,
    started: Instant,
    attempts: u32,
    lost_answers: u32,
    silent: bool,
}

impl<'a> Course<'a> {
    fn new(asked: &'a str, changes_something: bool) -> Self {
        Self { asked, changes_something, started: Instant::now(), attempts: 0, lost_answers: 0, silent: true }
    }

    /// The wait before the next attempt, or the failure that remains.
    fn next(&mut self, rules: &RetryRules, setback: Setback, log: &Log) -> Result<Duration, Failure> {
        self.lost_answers += u32::from(setback.sent && self.changes_something);
        if !setback.passing {
            return Err(setback.failure);
        }
        let elapsed = self.started.elapsed();
        match rules.wait(self.attempts, elapsed, setback.asked_wait, random_fraction()) {
            Ok(wait) => {
                self.tell_setback(rules, &setback, wait, log);
                Ok(wait)
            }
            Err(give_up) => Err(self.gave_up(setback, give_up)),
        }
    }

    fn tell_setback(&mut self, rules: &RetryRules, setback: &Setback, wait: Duration, log: &Log) {
        let next = format!("attempt {} failed, next in {:.1} s", self.attempts, wait.as_secs_f64());
        log.warning(&format!("{} ({next}{})", setback.failure, self.doubt()));
        let elapsed = self.started.elapsed();
        if self.silent && elapsed + wait > LONGEST_SILENCE {
            self.silent = false;
            let left = rules.total.saturating_sub(elapsed).as_secs();
            log.error(&format!("{} (trying again for up to {left} s)", setback.failure));
        }
    }

    fn tell_success(&self, log: &Log) {
        if self.attempts > 1 {
            log.warning(&format!("{}: answered at attempt {}{}", self.asked, self.attempts, self.doubt()));
        }
    }

    fn gave_up(&self, setback: Setback, give_up: GiveUp) -> Failure {
        let seconds = self.started.elapsed().as_secs_f64();
        let why = match (give_up, setback.asked_wait) {
            (GiveUp::Time, Some(wait)) => format!(", and SignPath asks to wait for {} s", wait.as_secs()),
            _ => String::new(),
        };
        let attempts = match self.attempts {
            1 => "1 attempt".to_owned(),
            attempts => format!("{attempts} attempts"),
        };
        setback.failure.adding(&format!(" ({attempts} in {seconds:.1} s{why}{})", self.doubt()))
    }

    /// A signature that was made although its answer was lost has been counted and audited by SignPath.
    fn doubt(&self) -> &'static str {
        if self.lost_answers > 0 { "; possibly signed twice: an answer was lost" } else { "" }
    }
}

fn stopped(asked: &str) -> Failure {
    Failure::new(FailureKind::Stopped, asked, "the module was finalised meanwhile", "none is needed")
}

fn not_a_list(asked: &str) -> Failure {
    let answered = "the answer is not a list of signing policies";
    Failure::new(FailureKind::Other, asked, answered, "check ApiUrl; it usually ends in /Api")
}

/// From 0 to 1, for jitter: where the system gives no random number, none is needed.
fn random_fraction() -> f64 {
    let mut bytes = [0; 4];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)
}

fn required<T>(configuration: &Configuration, setting: &crate::config::Setting<T>) -> Result<T, Failure> {
    let missing = || Failure::configuration("reading the configuration", "a setting has no value", "set it");
    configuration.get(setting)?.ok_or_else(missing)
}

fn rules(configuration: &Configuration) -> Result<RetryRules, Failure> {
    Ok(RetryRules {
        attempt: required(configuration, &settings::HTTP_REQUEST_TIMEOUT)?,
        total: required(configuration, &settings::SERVICE_UNAVAILABLE_TIMEOUT)?,
        first_wait: configuration.get(&settings::FIRST_RETRY_DELAY)?.unwrap_or(Duration::from_secs(1)),
        repetitions: configuration.get(&settings::RETRY_COUNT)?,
    })
}

fn route(
    configuration: &Configuration,
    api: &ApiUrl,
    rules: &RetryRules,
    believes_environment: bool,
) -> Result<Route, Failure> {
    let for_https = configuration.get(&settings::HTTPS_PROXY)?.filter(|_| api.is_https());
    let proxy = for_https.or(configuration.get(&settings::HTTP_PROXY)?);
    Ok(Route {
        api: api.clone(),
        proxy: proxy.filter(|_| !api.is_loopback()),
        no_proxy: configuration.get(&settings::NO_PROXY)?,
        trust: Trust {
            authorities: configuration.get(&settings::TLS_CERTIFICATE_AUTHORITIES)?,
            client_certificate: configuration.get(&settings::TLS_CLIENT_CERTIFICATE)?,
            believes_environment,
        },
        connect_limit: rules.attempt.mul_f64(0.8),
    })
}
