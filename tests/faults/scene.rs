//! Where a row plays: an emulator, and in front of it what goes wrong before HTTP begins, perhaps beyond a proxy.

use std::net::{SocketAddr, TcpListener};

use serde_json::{Value, json};

use crate::certificates::{self, BEYOND_PROXY, Certificate, Server};
use crate::support::emulator::Emulator;
use crate::support::proxy::{self, Proxy};
use crate::support::relay::{Reception, Relay};

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// An emulator's fault.
    Answer(Value),
    /// An answer that leads to another origin.
    Redirect(u16),
    /// A token that is revoked, and then given back.
    Revocation,
    /// Before TLS, or before HTTP where there is none.
    Connection { scheme: Scheme, reception: Reception },
    /// On the way to the proxy beyond which the service is.
    WayToProxy(Reception),
    /// At that proxy.
    Proxy(proxy::Answer),
    /// An emulator's fault, beyond a proxy that does what it should.
    BeyondProxy(Value),
    /// An idle connection that the network has closed meanwhile.
    Stale(Scheme),
    /// A server that has no business here.
    Certificate(Certificate),
    /// A server that speaks TLS 1.1.
    OldTls,
    /// A server that answers in the clear where TLS is expected.
    NoTls,
    /// An address that would show the token to the network.
    HttpElsewhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

/// The emulator with what stands in front of it.
pub struct Scene {
    pub emulator: Emulator,
    trouble: Trouble,
    relay: Option<Relay>,
    proxy: Option<Proxy>,
    impostor: Option<Impostor>,
    elsewhere: TcpListener,
}

/// A server that is reached in place of the emulator.
enum Impostor {
    InTheClear(Emulator),
    WithTls(Server),
}

impl Scene {
    pub fn new(trouble: &Trouble) -> Self {
        let emulator = match trouble.scheme() {
            Scheme::Http => Emulator::start(),
            Scheme::Https if trouble.is_beyond_proxy() => emulator_beyond_proxy(),
            Scheme::Https => Emulator::with_tls(),
        };
        let service = emulator.socket();
        let proxy = trouble.is_beyond_proxy().then(|| Proxy::start(service));
        let first = proxy.as_ref().map_or(service, |proxy| proxy.address);
        let relay = trouble.is_relayed().then(|| Relay::start(Reception::By(first)));
        let impostor = trouble.impostor(&emulator);
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        Self { emulator, trouble: trouble.clone(), relay, proxy, impostor, elsewhere }
    }

    /// The variables that tell the module where the service is.
    pub fn address(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.emulator.address();
        let api = match (&self.trouble, &self.relay) {
            (Trouble::HttpElsewhere, _) => "http://signpath.example/Api".to_owned(),
            (trouble, Some(relay)) if trouble.is_beyond_proxy() => {
                variables.push(("https_proxy", format!("http://{}@{}", proxy::USER, relay.address)));
                format!("https://{BEYOND_PROXY}/Api")
            }
            (trouble, Some(relay)) => match trouble.scheme() {
                Scheme::Http => format!("http://{}/Api", relay.address),
                Scheme::Https => format!("https://{}/Api", relay.address),
            },
            _ => self.emulator.api(),
        };
        variables.push(("SIGNPATH_API_URL", api));
        variables
    }

    /// From now on it goes wrong.
    pub fn begin(&self, route: &str) {
        match &self.trouble {
            Trouble::Answer(fault) => self.tell_fault(route, fault.clone()),
            Trouble::Redirect(status) => {
                let location = format!("http://{}/", self.elsewhere.local_addr().unwrap());
                self.tell_fault(route, json!({"status": status, "headers": {"Location": location}}));
            }
            Trouble::Connection { reception, .. } | Trouble::WayToProxy(reception) => {
                self.receive(*reception)
            }
            Trouble::Proxy(answer) => {
                self.proxy.as_ref().unwrap().answer(*answer);
                self.receive(self.first());
            }
            Trouble::BeyondProxy(fault) => self.tell_fault(route, fault.clone()),
            Trouble::Certificate(_) | Trouble::OldTls | Trouble::NoTls => {
                self.receive(Reception::By(self.impostor.as_ref().unwrap().address()));
            }
            Trouble::Stale(_) => self.receive(self.first()),
            Trouble::Revocation => self.set_token("revoked"),
            Trouble::HttpElsewhere => {}
        }
    }

    /// From now on nothing goes wrong.
    pub fn end(&self) {
        self.emulator.tell("DELETE", "faults", json!({}));
        if matches!(self.trouble, Trouble::Revocation) {
            self.set_token("active");
        }
        if let Some(proxy) = &self.proxy {
            proxy.answer(proxy::Answer::Tunnel);
        }
        if self.relay.is_some() {
            self.receive(self.first());
        }
    }

    /// How many requests have reached a service, the right one or another.
    pub fn requests(&self) -> usize {
        let impostor = match &self.impostor {
            Some(Impostor::InTheClear(emulator)) => emulator.requests().len(),
            Some(Impostor::WithTls(server)) => server.requests(),
            None => 0,
        };
        self.emulator.requests().len() + impostor
    }

    /// How many connected to where a redirection leads.
    pub fn strangers(&self) -> usize {
        std::iter::from_fn(|| self.elsewhere.accept().ok()).count()
    }

    /// Whether it is the configuration that has to change.
    pub fn is_misconfigured(&self) -> bool {
        matches!(self.trouble, Trouble::HttpElsewhere)
    }

    /// Whether no request can get as far as being sent.
    pub fn keeps_from_sending(&self) -> bool {
        match &self.trouble {
            Trouble::Connection { scheme, reception } => {
                matches!(reception, Reception::Refusal | Reception::FullQueue) || *scheme == Scheme::Https
            }
            Trouble::WayToProxy(_) | Trouble::Proxy(_) => true,
            _ => false,
        }
    }

    /// Who is reached when nothing goes wrong on the way.
    fn first(&self) -> Reception {
        let proxy = self.proxy.as_ref().map(|proxy| proxy.address);
        Reception::By(proxy.unwrap_or_else(|| self.emulator.socket()))
    }

    fn tell_fault(&self, route: &str, mut fault: Value) {
        fault["route"] = json!(route);
        self.emulator.tell("POST", "faults", fault);
    }

    fn set_token(&self, state: &str) {
        self.emulator.tell("POST", "users/all-policies", json!({"tokenState": state}));
    }

    fn receive(&self, reception: Reception) {
        self.relay.as_ref().unwrap().receive(reception);
    }
}

impl Trouble {
    fn scheme(&self) -> Scheme {
        match self {
            Self::Answer(_) | Self::Redirect(_) | Self::Revocation | Self::HttpElsewhere => Scheme::Http,
            Self::Connection { scheme, .. } | Self::Stale(scheme) => *scheme,
            Self::Certificate(_) | Self::OldTls | Self::NoTls => Scheme::Https,
            Self::WayToProxy(_) | Self::Proxy(_) | Self::BeyondProxy(_) => Scheme::Https,
        }
    }

    fn is_relayed(&self) -> bool {
        !matches!(self, Self::Answer(_) | Self::Redirect(_) | Self::Revocation | Self::HttpElsewhere)
    }

    fn is_beyond_proxy(&self) -> bool {
        matches!(self, Self::WayToProxy(_) | Self::Proxy(_) | Self::BeyondProxy(_))
    }

    fn impostor(&self, emulator: &Emulator) -> Option<Impostor> {
        match self {
            Self::Certificate(certificate) => {
                let (certificate, key) = certificates::make(*certificate, &emulator.folder());
                Some(Impostor::WithTls(Server::with_certificate(&certificate, &key)))
            }
            Self::NoTls => Some(Impostor::InTheClear(Emulator::start())),
            Self::OldTls => Some(Impostor::WithTls(Server::with_old_tls())),
            _ => None,
        }
    }
}

impl Impostor {
    fn address(&self) -> SocketAddr {
        match self {
            Self::InTheClear(emulator) => emulator.socket(),
            Self::WithTls(server) => server.address,
        }
    }
}

/// One whose certificate is also that of the name by which only a proxy reaches it.
fn emulator_beyond_proxy() -> Emulator {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificates::make(Certificate::InOrder, folder.path());
    Emulator::with(&["--tls-cert", &certificate, "--tls-key", &key])
}
