//! The service as configured: sends a request and repeats it within the time limits, and lists the keys. What else
//! can be asked is in the files of its own, [`super::hash_signing`] and [`super::signing_request`].
//!
//! One connection is used for one request with all its repetitions. When a run ends ([`Client::stop`]), requests
//! under way end at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client as Http, Method};
use tokio::sync::watch;

use super::attempts::{Course, Setback};
use super::connection::{self, Connections, JSON, Request, Route};
use super::policies::{self, Listing, SigningPolicy};
use super::problem::Answer;
use super::retry::{self, RetryRules};
use super::user::User;
use crate::config::{ApiUrl, Configuration, HashSigningApi, Slug, settings};
use crate::error::{Code, Failure};
use crate::log::Log;

/// A list of ten thousand keys has 32 MB.
const LARGEST_LIST: usize = 128 << 20;

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
        let route = Route::configured(configuration, believes_environment)?;
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

    /// The same client, which repeats a request no longer than this.
    #[must_use]
    pub fn within(mut self, total: Duration) -> Self {
        self.rules.total = self.rules.total.min(total);
        self
    }

    /// The signing policies of which the user is Submitter, narrowed as configured, in the service's order: one
    /// request. What could not be understood is in the log, too.
    pub fn signing_policies(&self, user: &User) -> Result<Listing, Failure> {
        let organization = user.credentials().organization.as_str();
        let asked = format!("listing the signing policies of organization {organization} at {}", self.api);
        let mut url = self.api.route(&[organization, "Cryptoki", "MySigningPolicies"]);
        let filters = [("projectSlug", &self.project), ("signingPolicySlug", &self.policy)];
        for (name, slug) in filters.into_iter().filter_map(|(name, slug)| Some((name, slug.as_ref()?))) {
            url.query_pairs_mut().append_pair(name, slug.as_str());
        }
        let request = Request::get(url, JSON, LARGEST_LIST);
        let started = Instant::now();
        let body = self.exchange(&asked, &request, user)?.into_success(&asked)?;
        let mut listing = policies::read(&body).ok_or_else(|| not_a_list(&asked))?;
        for remark in &listing.remarks {
            self.log.warning(&remark.clone().about(&asked));
        }
        listing.policies.retain(|policy| self.is_wanted(policy));
        self.log.info(&format!(
            "{asked}: {} signing policies in {} ms",
            listing.policies.len(),
            started.elapsed().as_millis()
        ));
        Ok(listing)
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

    /// Closes the connections, which remember the last token that was sent over them.
    pub fn forget_tokens(&self) {
        self.connections.close();
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
        connection::check_thread(asked)?;
        let connection = self.connections.take()?;
        let mut stopping = self.stopping.subscribe();
        let result = connection.runtime.block_on(async {
            connection::notice_closure().await;
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
        let total = request.within.map_or(self.rules.total, |within| within.min(self.rules.total));
        let rules = RetryRules { total, ..self.rules.clone() };
        loop {
            let limit = rules.limit(course.started.elapsed());
            course.attempts += 1;
            let setback = match connection::attempt(http, request, user.credentials(), limit).await {
                Ok(received) if !retry::is_passing(received.answer.status) => {
                    course.tell_success(&self.log);
                    let mut answer = received.answer;
                    answer.repeated = course.is_in_doubt();
                    return Ok(answer);
                }
                Ok(received) => Setback::of_answer(&received.answer, asked, received.retry_after),
                Err(broken) => Setback::of_broken(asked, broken),
            };
            let wait = course.next(&rules, setback, &self.log)?;
            tokio::time::sleep(wait).await;
        }
    }
}

fn stopped(asked: &str) -> Failure {
    Failure::new(Code::Stopped, asked, "the module was finalised meanwhile", "none is needed")
}

fn not_a_list(asked: &str) -> Failure {
    let answered = "the answer is not a list of signing policies";
    Failure::new(Code::ListNotUnderstood, asked, answered, "check ApiUrl; it usually ends in /Api")
}

fn required<T>(configuration: &Configuration, setting: &crate::config::Setting<T>) -> Result<T, Failure> {
    let missing =
        || Failure::impossible("reading the configuration", "a setting has neither value nor default");
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
