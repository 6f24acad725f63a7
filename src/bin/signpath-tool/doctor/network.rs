//! The way to the service, hop by hop, as the module goes it: name, proxy, TCP, TLS, clock.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, SystemTime};

use hyper_util::client::proxy::matcher::Matcher;
use signpath_pkcs11::config::Configuration;
use signpath_pkcs11::error::Code;
use signpath_pkcs11::signpath::Route;
use url::Url;

use super::exchange::{self, Answer, Stream};
use super::report::{Examined, Report, Sound, Trouble};
use super::tls;
use crate::outcome::Exit;

/// How long is waited for each step. An answer later than this is of no use to a build.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// TLS and signatures' time stamps go wrong by this, and no machine that asks for the time is as far off.
const LARGEST_SKEW: Duration = Duration::from_secs(120);

/// Where the service is, and by what it is reached.
pub(super) struct Way {
    pub(super) route: Route,
    pub(super) service: Hop,
    proxy: Option<Proxy>,
}

/// A machine and a port.
#[derive(Clone)]
pub(super) struct Hop {
    pub(super) host: String,
    port: u16,
}

struct Proxy {
    hop: Hop,
    /// The value of Proxy-Authorization.
    authorization: Option<String>,
    shown: String,
}

/// What the service answered to a request for its health, without any credentials.
pub(super) struct Answers {
    pub(super) health: Answer,
    pub(super) address: String,
}

/// What the way led to.
pub(super) enum Reached {
    Service(Answers),
    /// Nothing speaks against it, and not every step could be taken.
    Unexamined,
}

/// Goes the way; `None` if it does not lead to the end.
pub(super) fn examine(report: &mut Report, configuration: Option<&Configuration>) -> Option<Reached> {
    let way = configuration.map(Way::configured);
    let found = report.examine_after("name-resolution", way, |way| {
        let way = way?;
        let addresses = resolved(way.first())?;
        let found = [format!("{}: {}", way.first().host, listed(&addresses))];
        Ok(Sound::new((way, addresses), found))
    });
    if found.as_ref().is_some_and(|(way, _)| way.is_by_tls_proxy()) {
        for name in ["proxy", "tcp", "tls", "clock", "health"] {
            report.skip(name, "not examined where the proxy itself is spoken to by TLS");
        }
        return Some(Reached::Unexamined);
    }
    let found = report.examine_after("proxy", found, |(way, addresses)| by_proxy(way, &addresses));
    let found = report.examine_after("tcp", found, |(way, before)| by_tcp(way, before));
    let answer = report.examine_after("tls", found, |(way, tcp)| {
        let (stream, found) = tls::spoken(&way, tcp)?;
        Ok(Sound::new(ask(&way, stream)?, found))
    });
    let date = answer.as_ref().and_then(|answer| answer.as_ref().ok()).map(|answers| answers.health.date);
    report.examine_after("clock", date, clock);
    report.examine_after("health", answer, |answer| answer.and_then(healthy)).map(Reached::Service)
}

impl Answers {
    /// The answer for people.
    pub(super) fn told(&self) -> String {
        format!("{} answers {} {}", self.address, self.health.status, self.health.reason)
    }
}

impl Way {
    fn configured(configuration: &Configuration) -> Result<Self, Trouble> {
        let route = Route::configured(configuration, true)?;
        let unusable = || Trouble::new(Exit::Configuration, "ApiUrl has no host", "correct ApiUrl");
        let address = Url::parse(&route.api.to_string()).map_err(|_| unusable())?;
        let service = Hop::of(&address).ok_or_else(unusable)?;
        let proxy = Proxy::of(&route, &address);
        Ok(Self { route, service, proxy })
    }

    /// Whether TLS is spoken with the proxy, and within it with the service.
    fn is_by_tls_proxy(&self) -> bool {
        self.proxy.is_some()
            && self.route.proxy.as_ref().is_some_and(|proxy| proxy.reveal().scheme() == "https")
    }

    /// Where the first connection goes.
    fn first(&self) -> &Hop {
        self.proxy.as_ref().map_or(&self.service, |proxy| &proxy.hop)
    }

    /// A connection to the service, by the proxy if there is one.
    pub(super) fn connect(&self) -> Result<TcpStream, Trouble> {
        let addresses = resolved(self.first())?;
        let stream = connected(self.first(), &addresses)?;
        match &self.proxy {
            Some(proxy) => proxy.tunnel(stream, &self.service),
            None => Ok(stream),
        }
    }
}

impl Hop {
    fn of(address: &Url) -> Option<Self> {
        let host = address.host_str()?.trim_matches(['[', ']']).to_owned();
        Some(Self { host, port: address.port_or_known_default()? })
    }

    /// Host and port as HTTP writes them.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Proxy {
    /// The proxy that is used for the service; `None` if it is excepted.
    fn of(route: &Route, service: &Url) -> Option<Self> {
        let proxy = route.proxy.as_ref()?;
        let address = proxy.reveal();
        let matcher =
            Matcher::builder().all(address.as_str()).no(route.no_proxy.clone().unwrap_or_default()).build();
        let used = matcher.intercept(&service.as_str().parse().ok()?)?;
        let authorization = used.basic_auth().and_then(|value| value.to_str().ok()).map(str::to_owned);
        Some(Self { hop: Hop::of(&address)?, authorization, shown: proxy.to_string() })
    }

    fn tunnel(&self, mut stream: TcpStream, to: &Hop) -> Result<TcpStream, Trouble> {
        let refused = |problem: String| {
            Trouble::new(Exit::Unavailable, problem, PROXY_REMEDY).coded(Code::ProxyRefused)
        };
        let answer = exchange::connect(&mut stream, &to.authority(), self.authorization.as_deref())
            .map_err(|error| refused(format!("{} is no HTTP proxy: {error}", self.shown)))?;
        match answer.status {
            200..300 => Ok(stream),
            407 => {
                let problem = format!("{} wants user and password (407)", self.shown);
                let remedy = "put them into HttpProxy: http://user:password@host:port";
                Err(Trouble::new(Exit::Unavailable, problem, remedy).coded(Code::ProxyWantsPassword))
            }
            status => {
                let (proxy, service, reason) = (&self.shown, to.authority(), answer.reason);
                Err(refused(format!("{proxy} does not connect to {service}: {status} {reason}")))
            }
        }
    }
}

const PROXY_REMEDY: &str = "check HttpProxy, HttpsProxy (http_proxy, https_proxy) and NoProxy";

fn resolved(hop: &Hop) -> Result<Vec<SocketAddr>, Trouble> {
    let addresses = (hop.host.as_str(), hop.port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
    let problem = match addresses {
        Ok(addresses) if !addresses.is_empty() => return Ok(addresses),
        Ok(_) => "no address".to_owned(),
        Err(error) => error.to_string(),
    };
    let problem = format!("{} cannot be resolved: {problem}", hop.host);
    let remedy =
        "check ApiUrl or the proxy's name for a typing error, and the name servers (/etc/resolv.conf)";
    Err(Trouble::new(Exit::Unavailable, problem, remedy).coded(Code::NameNotResolved))
}

fn listed(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ")
}

/// What leads to the service so far: a tunnel, or its addresses.
enum Begun {
    Tunnel(TcpStream),
    Addresses(Vec<SocketAddr>),
}

fn by_proxy(way: Way, addresses: &[SocketAddr]) -> Examined<(Way, Begun)> {
    let Some(proxy) = &way.proxy else {
        let found = match &way.route.proxy {
            Some(proxy) => format!("{proxy} is configured, and excepted by NoProxy"),
            None if way.route.api.is_loopback() => "none is used for loopback".to_owned(),
            None => "none is configured".to_owned(),
        };
        return Ok(Sound::new((way, Begun::Addresses(addresses.to_vec())), [found]));
    };
    let reached = connected(&proxy.hop, addresses).map_err(|trouble| trouble.cured_by(PROXY_REMEDY))?;
    let tunnel = proxy.tunnel(reached, &way.service)?;
    let found = format!("{} connects to {}", proxy.shown, way.service.authority());
    Ok(Sound::new((way, Begun::Tunnel(tunnel)), [found]))
}

fn by_tcp(way: Way, begun: Begun) -> Examined<(Way, TcpStream)> {
    let (stream, found) = match begun {
        Begun::Tunnel(stream) => (stream, "through the proxy".to_owned()),
        Begun::Addresses(addresses) => {
            let stream = connected(&way.service, &addresses)?;
            let peer = stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default();
            (stream, format!("connected to {peer}"))
        }
    };
    Ok(Sound::new((way, stream), [found]))
}

fn connected(hop: &Hop, addresses: &[SocketAddr]) -> Result<TcpStream, Trouble> {
    let mut problems = Vec::new();
    for address in addresses {
        match TcpStream::connect_timeout(address, LIMIT) {
            Ok(stream) => {
                let limited = stream.set_read_timeout(Some(LIMIT)).and(stream.set_write_timeout(Some(LIMIT)));
                limited.map_err(|error| Trouble::new(Exit::Failed, error.to_string(), "try again"))?;
                return Ok(stream);
            }
            Err(error) => problems.push(format!("{address}: {}", said(&error))),
        }
    }
    let problem = format!("{} cannot be reached: {}", hop.authority(), problems.join(", "));
    let remedy = "check the port in ApiUrl, the firewall, and whether this network needs a proxy (HttpProxy)";
    Err(Trouble::new(Exit::Unavailable, problem, remedy).coded(Code::NotConnected))
}

fn said(error: &std::io::Error) -> String {
    if is_late(error) { format!("no answer within {} s", LIMIT.as_secs()) } else { error.to_string() }
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

/// The answer, or why there is none; an outer error is one of TLS.
fn ask(way: &Way, mut stream: Box<dyn Stream>) -> Result<Result<Answers, Trouble>, Trouble> {
    let address = format!("{}/healthz", way.route.api);
    let path = Url::parse(&address).map(|url| url.path().to_owned()).unwrap_or_default();
    let error = match exchange::get(&mut stream, &way.service.authority(), &path) {
        Ok(health) => return Ok(Ok(Answers { health, address })),
        Err(error) => error,
    };
    if let Some(trouble) = tls::trouble(&error) {
        return Err(trouble);
    }
    let remedy = "check ApiUrl (http:// or https://), and what stands between: a proxy, a firewall";
    let problem = format!("asking {address}: {}", said(&error));
    let code = if is_late(&error) { Code::NoAnswer } else { Code::ConnectionBroken };
    Ok(Err(Trouble::new(Exit::Unavailable, problem, remedy).coded(code)))
}

fn clock(date: Option<SystemTime>) -> Examined<()> {
    let Some(date) = date else {
        return Ok(Sound::new((), ["the service does not tell the time".to_owned()]));
    };
    let now = SystemTime::now();
    let (skew, side) = match now.duration_since(date) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    // the service's time has no fractions, and the answer took some, too
    let told = if skew < Duration::from_secs(5) {
        "as the service's".to_owned()
    } else {
        format!("{} s {side} the service's", skew.as_secs())
    };
    let sound = Sound::new((), [format!("this machine's time is {told}")]);
    if skew <= LARGEST_SKEW {
        return Ok(sound);
    }
    let problem = format!("this machine's clock is {} s {side} the service's", skew.as_secs());
    Ok(Sound::new((), Vec::new())
        .but(problem, "set the clock, by NTP for instance: certificates are judged by it"))
}

/// A 4xx may be that of a server without this route, which the next request will tell.
fn healthy(answers: Answers) -> Examined<Answers> {
    let Answer { status, location, .. } = &answers.health;
    let told = answers.told();
    let (code, problem, remedy) = match status {
        200..300 => return Ok(Sound::new(answers, [told])),
        300..400 => (
            Code::Redirected,
            format!("{told}, a redirect to {}", location.as_deref().unwrap_or("nowhere")),
            "set ApiUrl to the address of the API itself; redirects are not followed, they would carry the token away",
        ),
        400..500 if *status != 429 => {
            return Ok(Sound::new(
                answers,
                [format!("{told}; whether the API is there, the next request will tell")],
            ));
        }
        _ => (
            Code::ServiceUnavailable,
            told,
            "try again later, or look at SignPath's status page; signing waits up to ServiceUnavailableTimeoutInSeconds",
        ),
    };
    Err(Trouble::new(Exit::Unavailable, problem, remedy).coded(code))
}
