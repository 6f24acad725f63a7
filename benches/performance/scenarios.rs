//! What is measured, and what stands on the other side.

use crate::figures::Figure;
use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::{cold, fleet, images, instructions, local, many_keys, memory, signatures, throughput};

/// One process full of measurements.
pub struct Scenario {
    pub name: &'static str,
    pub about: &'static str,
    pub service: Service,
    pub run: fn() -> Vec<Figure>,
}

/// The emulator of a scenario.
#[derive(Clone, Copy)]
pub enum Service {
    None,
    Emulator {
        scheme: Scheme,
        /// Milliseconds that each request takes on its way.
        distance: u32,
        /// Signing policies beside the default ones.
        policies: u32,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

const fn http(policies: u32) -> Service {
    Service::Emulator { scheme: Scheme::Http, distance: 0, policies }
}

const fn https(distance: u32) -> Service {
    Service::Emulator { scheme: Scheme::Https, distance, policies: 0 }
}

const fn of(name: &'static str, about: &'static str, service: Service, run: fn() -> Vec<Figure>) -> Scenario {
    Scenario { name, about, service, run }
}

/// So many policies make 10,000 with those that the emulator lists anyway.
const TEN_THOUSAND: Service = Service::Emulator { scheme: Scheme::Https, distance: 0, policies: 9_992 };

pub const SCENARIOS: &[Scenario] = &[
    of("near", "warm signatures, https, next door", https(0), signatures::near),
    of("share", "warm signatures without TLS", http(0), signatures::own_share),
    of("middle", "warm signatures, https, 5 ms away", https(5), signatures::middle),
    of("far", "warm signatures, https, 50 ms away", https(50), signatures::far),
    of("instructions", "instructions of a signature", https(0), instructions::of_a_signature),
    of("threads", "many threads, 5 ms away", https(5), throughput::near),
    of("threads-far", "many threads, 50 ms away", https(50), throughput::far),
    of("cold", "from dlopen to the first signature", https(0), cold::first_signature),
    of("start", "from dlopen to the token's name", https(0), cold::start),
    of("many-list", "10,000 policies, listed", TEN_THOUSAND, many_keys::list),
    of("many-memory", "10,000 policies, kept", TEN_THOUSAND, many_keys::memory),
    of("search", "a search among few keys and among many", Service::None, many_keys::search),
    of("requests", "requests at every size", Service::None, many_keys::requests),
    of("local", "what needs no service, beside SoftHSM", http(992), local::compare),
    of("memory", "100,000 signatures (a minute)", https(0), memory::of_signatures),
    of("images", "sign-image of one image and of twenty", Service::None, images::sign_images),
    of("fleet", "a thousand build agents and a service that recovers", Service::None, fleet::simulate),
];

impl Scenario {
    /// The emulator, if there is one.
    pub fn emulator(&self) -> Option<Emulator> {
        let Service::Emulator { scheme, distance, policies } = self.service else { return None };
        let (distance, policies) = (distance.to_string(), policies.to_string());
        let mut arguments = vec!["--benchmark", "--delay", &distance, "--signing-policies", &policies];
        let [certificate, key] = ["tls/server.pem", "tls/server.key.pem"]
            .map(|name| artifacts::fixture(name).display().to_string());
        if scheme == Scheme::Https {
            arguments.extend(["--tls-cert", &certificate, "--tls-key", &key]);
        }
        Some(Emulator::with(&arguments))
    }
}
