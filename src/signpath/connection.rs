//! Connections to the service, each with the runtime that drives it.
//!
//! Requests run on the thread that asks for them: the module starts no thread, because hosts fork, and some forbid
//! it. A connection is used by one thread at a time and kept for the next one; between requests nobody watches it, so
//! one that went stale is found out, and replaced, by the next request.

use std::error::Error as StdError;
use std::net::ToSocketAddrs;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, NoProxy, Proxy, Url};
use rustls::{AlertDescription, CertificateError, ClientConfig};
use tokio::runtime::{Builder, Handle, Runtime};

use super::problem::Answer;
use super::retry;
use super::sending::Sending;
use super::trust::Trust;
use crate::config::{ApiUrl, Configuration, ProxyUrl, settings};
use crate::credentials::Credentials;
use crate::error::{Code, Failure, causes, root_cause};

/// More idle connections than this are closed: threads come in bursts.
const MOST_IDLE: usize = 64;

/// Firewalls drop idle flows without a word, some after a minute.
const LONGEST_IDLE: Duration = Duration::from_secs(50);

/// How the service is reached.
#[derive(Debug, Clone)]
pub struct Route {
    /// The service's address.
    pub api: ApiUrl,
    /// The HTTP proxy for it, if one is configured; `no_proxy` may except the service.
    pub proxy: Option<ProxyUrl>,
    /// What is reached without the proxy.
    pub no_proxy: Option<String>,
    trust: Trust,
    /// Time limit for connecting, TLS included. Shorter than that of an attempt, so that a failure to connect can
    /// be told from an answer that never came.
    connect_limit: Duration,
}

impl Route {
    /// The route that is configured; nothing is sent or read.
    ///
    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn configured(configuration: &Configuration, believes_environment: bool) -> Result<Self, Failure> {
        let required = || Failure::impossible("reading ApiUrl", "it has neither value nor default");
        let api = configuration.get(&settings::API_URL)?.ok_or_else(required)?;
        let attempt = configuration.get(&settings::HTTP_REQUEST_TIMEOUT)?.unwrap_or(Duration::from_secs(30));
        Ok(Self {
            proxy: proxy(configuration, &api)?,
            api,
            no_proxy: configuration.get(&settings::NO_PROXY)?,
            trust: Trust {
                authorities: configuration.get(&settings::TLS_CERTIFICATE_AUTHORITIES)?,
                client_certificate: configuration.get(&settings::TLS_CLIENT_CERTIFICATE)?,
                believes_environment,
            },
            connect_limit: attempt.mul_f64(0.8),
        })
    }

    /// How TLS is spoken on it: whom to trust, and as whom to present oneself.
    ///
    /// # Errors
    ///
    /// A certificate file or the system's trust store cannot be used.
    pub fn tls(&self) -> Result<ClientConfig, Failure> {
        if self.api.is_https() { self.trust.tls() } else { self.trust.none() }
    }
}

/// The proxy for this address. One that is not used may be anything: the variables are other programs', too.
fn proxy(configuration: &Configuration, api: &ApiUrl) -> Result<Option<ProxyUrl>, Failure> {
    if api.is_loopback() {
        return Ok(None);
    }
    let for_https = if api.is_https() { configuration.get(&settings::HTTPS_PROXY)? } else { None };
    match for_https {
        Some(proxy) => Ok(Some(proxy)),
        None => configuration.get(&settings::HTTP_PROXY),
    }
}

/// The connections of one run.
pub(super) struct Connections {
    route: Route,
    tls: OnceLock<ClientConfig>,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Connection>,
    /// How many times all connections were closed.
    closures: u64,
}

/// A client with the runtime that its sockets belong to.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) runtime: Runtime,
    /// How many times all connections had been closed when it was taken.
    closures: u64,
}

impl Connections {
    pub(super) fn new(route: Route) -> Self {
        Self { route, tls: OnceLock::new(), idle: Mutex::default() }
    }

    /// An idle connection, or a new one, which connects with its first request.
    pub(super) fn take(&self) -> Result<Connection, Failure> {
        let (connection, closures) = {
            let mut idle = self.idle();
            (idle.connections.pop(), idle.closures)
        };
        match connection {
            Some(connection) => Ok(connection),
            None => self.open(closures),
        }
    }

    /// Keeps a connection for the next request.
    pub(super) fn give_back(&self, connection: Connection) {
        let mut idle = self.idle();
        if idle.connections.len() < MOST_IDLE && connection.closures == idle.closures {
            idle.connections.push(connection);
        }
    }

    /// Closes all connections, those in use when they are given back: each has its last request in a buffer, token
    /// included.
    pub(super) fn close(&self) {
        let mut idle = self.idle();
        idle.closures += 1;
        let connections = std::mem::take(&mut idle.connections);
        drop(idle);
        drop(connections);
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, closures: u64) -> Result<Connection, Failure> {
        let mut builder = Client::builder()
            .tls_backend_preconfigured(self.tls()?)
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(SystemResolver)
            .connect_timeout(self.route.connect_limit)
            .pool_idle_timeout(LONGEST_IDLE)
            .user_agent(user_agent());
        if let Some(proxy) = &self.route.proxy {
            builder = builder.proxy(self.proxy(proxy)?);
        }
        let client = builder.build().map_err(|error| cannot("preparing the HTTP client", &error))?;
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|error| cannot("preparing for requests", &error))?;
        Ok(Connection { client, runtime, closures })
    }

    /// Whom to trust. A failure is not kept: a process that was short of descriptors may have some by now.
    fn tls(&self) -> Result<ClientConfig, Failure> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let tls = self.route.tls()?;
        Ok(self.tls.get_or_init(|| tls).clone())
    }

    fn proxy(&self, proxy: &ProxyUrl) -> Result<Proxy, Failure> {
        let exceptions = self.route.no_proxy.as_deref().and_then(NoProxy::from_string);
        let proxy = Proxy::all(proxy.reveal()).map_err(|error| cannot("preparing the HTTP proxy", &error))?;
        Ok(proxy.no_proxy(exceptions))
    }
}

fn cannot(what: &str, error: &(dyn StdError + 'static)) -> Failure {
    let remedy = "check the limits of this process: open files, memory";
    Failure::new(Code::ProcessLimits, what, root_cause(error), remedy)
}

/// Fails on a thread that has ended but for the handlers of atexit: a runtime keeps in a variable of its thread what it
/// drives, and such variables are gone by then. Another thread could do it, and the module starts none.
pub(super) fn check_thread(asked: &str) -> Result<(), Failure> {
    let is_ending = Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed());
    if !is_ending {
        return Ok(());
    }
    let problem = "this thread is at its very end, and nothing can be requested on it any more";
    let remedy = "have the host program sign before it exits, not in a handler of atexit";
    Err(Failure::new(Code::ThreadEnding, asked, problem, remedy))
}

/// Product, version, platform; SignPath's own providers send their version, too.
fn user_agent() -> String {
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("signpath-pkcs11/{} ({system}; {architecture})", env!("CARGO_PKG_VERSION"))
}

/// Asks the system's resolver on the calling thread; how long that takes is the resolver's own business
/// (`options timeout:` in resolv.conf(5)).
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = (name.as_str(), 0).to_socket_addrs()?;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// What is sent; the same at each attempt.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    /// The media type of the answer; an error is JSON whatever this says.
    pub(super) accept: &'static str,
    pub(super) body: Body,
    /// The largest answer that is read, in bytes.
    pub(super) largest_answer: usize,
    /// How long it is repeated at most, where that is shorter than what is configured.
    pub(super) within: Option<Duration>,
}

impl Request {
    /// What is answered is JSON.
    pub(super) fn post(url: Url, body: Body, largest_answer: usize) -> Self {
        Self { method: Method::POST, url, accept: JSON, body, largest_answer, within: None }
    }

    pub(super) fn get(url: Url, accept: &'static str, largest_answer: usize) -> Self {
        Self { method: Method::GET, url, accept, body: Body::None, largest_answer, within: None }
    }
}

/// What every answer is but a file.
pub(super) const JSON: &str = "application/json";

/// The body of a request.
pub(super) enum Body {
    None,
    Json(Vec<u8>),
    /// The multipart form of a signing request: fields, and the artifact.
    Form {
        fields: Vec<(String, String)>,
        artifact: File,
    },
}

/// A file in a form.
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) content: Vec<u8>,
}

/// Why an attempt brought no answer.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) code: Code,
    pub(super) reason: String,
    /// Another attempt may do better.
    pub(super) passing: bool,
    /// The request was sent, and may have been executed.
    pub(super) sent: bool,
    pub(super) remedy: &'static str,
}

/// An answer, and how long the service asks to be left alone.
pub(super) struct Received {
    pub(super) answer: Answer,
    pub(super) retry_after: Option<Duration>,
}

/// Lets the runtime hear what happened to its sockets since the last request: nobody did meanwhile. A request sent on a
/// connection that was closed would have to be told as one that may have been executed.
pub(super) async fn notice_closure() {
    // the first turn asks the system, the second one lets the connection act on it
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
}

/// Sends a request once and reads the whole answer, within the time limit.
pub(super) async fn attempt(
    client: &Client,
    request: &Request,
    credentials: &Credentials,
    limit: Duration,
) -> Result<Received, Broken> {
    let largest = request.largest_answer;
    let mut request = prepared(client, request, credentials).build().map_err(|error| broken(&error))?;
    let sending = Sending::of(&mut request);
    let result = match tokio::time::timeout(limit, exchange(client, request, largest, credentials)).await {
        Ok(result) => result,
        Err(_) => Err(late(limit)),
    };
    result.map_err(|broken| Broken { sent: broken.sent && sending.has_begun(), ..broken })
}

async fn exchange(
    client: &Client,
    request: reqwest::Request,
    largest: usize,
    credentials: &Credentials,
) -> Result<Received, Broken> {
    let mut response = client.execute(request).await.map_err(|error| broken(&error))?;
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let retry_after = text(RETRY_AFTER).and_then(|value| retry::retry_after(&value, SystemTime::now()));
    let (status, location) = (response.status(), text(LOCATION));
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut body = Vec::new();
    // a long list is not to be moved and wiped each time that it has grown; where there is no room for it all, it grows
    let _ = body.try_reserve_exact(announced.min(largest));
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > largest {
            return Err(too_large(largest));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Received { answer: Answer::new(status, location, body, credentials.token.reveal()), retry_after })
}

fn prepared(client: &Client, request: &Request, credentials: &Credentials) -> reqwest::RequestBuilder {
    let builder = client
        .request(request.method.clone(), request.url.clone())
        .header(ACCEPT, request.accept)
        .header(AUTHORIZATION, bearer(credentials));
    match &request.body {
        Body::None => builder,
        Body::Json(json) => builder.header(CONTENT_TYPE, JSON).body(json.clone()),
        Body::Form { fields, artifact } => builder.multipart(form(fields, artifact)),
    }
}

fn bearer(credentials: &Credentials) -> HeaderValue {
    let text = zeroize::Zeroizing::new(format!("Bearer {}", credentials.token.reveal()));
    // a token is visible ASCII, which every header takes
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

fn form(fields: &[(String, String)], artifact: &File) -> reqwest::multipart::Form {
    let form = fields
        .iter()
        .fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name.clone(), value.clone()));
    let part = reqwest::multipart::Part::bytes(artifact.content.clone()).file_name(artifact.name.clone());
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(artifact.media_type))].into_iter().collect();
    form.part("Artifact", part.headers(headers))
}

const NETWORK: &str = "check the network, the proxy (HttpProxy, https_proxy) and ApiUrl";

fn broken(error: &reqwest::Error) -> Broken {
    let reason = root_cause(error);
    if let Some(tls) = find_tls_error(error) {
        let (code, remedy) = tls_code_and_remedy(&tls);
        return Broken { code, reason: format!("TLS: {tls}"), passing: false, sent: false, remedy };
    }
    if reason.contains(PROXY_WANTS_PASSWORD) {
        let remedy = "put user and password into HttpProxy (http://user:password@host:port)";
        return Broken { code: Code::ProxyWantsPassword, reason, passing: false, sent: false, remedy };
    }
    let code = network_code(error, &reason);
    let (reason, remedy) = match reason {
        reason if reason.contains(NOT_HTTP) => ("the answer is not HTTP".to_owned(), SCHEME),
        reason => (reason.replace(PROXY_REFUSED, "the proxy did not connect to the service"), NETWORK),
    };
    Broken { code, reason, passing: true, sent: code == Code::ConnectionBroken, remedy }
}

const SCHEME: &str = "check ApiUrl and its port: http:// does not reach a port that speaks TLS";

/// What hyper says of an answer that begins with anything but a version of HTTP.
const NOT_HTTP: &str = "invalid HTTP version parsed";

/// How far a request came that the network stopped.
fn network_code(error: &reqwest::Error, reason: &str) -> Code {
    match (error.is_dns(), error.is_connect()) {
        (true, _) => Code::NameNotResolved,
        (false, true) if reason.contains(PROXY_REFUSED) => Code::ProxyRefused,
        (false, true) => Code::NotConnected,
        (false, false) => Code::ConnectionBroken,
    }
}

/// What hyper-util says of an answer to CONNECT with status 407.
const PROXY_WANTS_PASSWORD: &str = "proxy authorization required";

/// What it says of any other status but 200; which one it was it does not tell, so that it may be a passing one.
const PROXY_REFUSED: &str = "tunnel error: unsuccessful";

fn late(limit: Duration) -> Broken {
    Broken {
        code: Code::NoAnswer,
        reason: format!("no answer within {} s", seconds(limit)),
        passing: true,
        sent: true,
        remedy: NETWORK,
    }
}

/// To the tenth; the last attempt may have had less time than that.
fn seconds(limit: Duration) -> f64 {
    ((limit.as_secs_f64() * 10.0).round() / 10.0).max(0.1)
}

fn too_large(largest: usize) -> Broken {
    Broken {
        code: Code::AnswerTooLarge,
        reason: format!("the answer is larger than {largest} bytes"),
        passing: false,
        sent: true,
        remedy: "check ApiUrl",
    }
}

/// What a failure of TLS is about, and what a person can do.
pub fn tls_code_and_remedy(error: &rustls::Error) -> (Code, &'static str) {
    match error {
        rustls::Error::InvalidCertificate(problem) => (
            certificate_code(problem),
            "check ApiUrl and the clock; an authority of your own goes into TlsCertificateAuthorities",
        ),
        rustls::Error::AlertReceived(alert) if *alert != AlertDescription::ProtocolVersion => (
            Code::ClientRefused,
            "check whether the server wants a client certificate (TlsClientCertificate)",
        ),
        _ => (Code::TlsNotSpoken, "check ApiUrl and the proxy; the server must speak TLS 1.2 or 1.3"),
    }
}

fn certificate_code(problem: &CertificateError) -> Code {
    use CertificateError as Problem;
    match problem {
        Problem::UnknownIssuer => Code::AuthorityUnknown,
        Problem::Expired
        | Problem::ExpiredContext { .. }
        | Problem::NotValidYet
        | Problem::NotValidYetContext { .. } => Code::CertificateNotValidNow,
        Problem::NotValidForName | Problem::NotValidForNameContext { .. } => Code::CertificateOfAnotherHost,
        _ => Code::CertificateRefused,
    }
}

fn find_tls_error(error: &(dyn StdError + 'static)) -> Option<rustls::Error> {
    causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_has_a_code_of_its_own_where_its_cure_has() {
        for (problem, code) in [
            (CertificateError::UnknownIssuer, "SP2201"),
            (CertificateError::Expired, "SP2202"),
            (CertificateError::NotValidYet, "SP2202"),
            (CertificateError::NotValidForName, "SP2203"),
            (CertificateError::Revoked, "SP2204"),
        ] {
            let error = rustls::Error::InvalidCertificate(problem);
            assert_eq!(tls_code_and_remedy(&error).0.to_string(), code, "{error}");
        }
    }
}
