//! A process that has just begun: to the first signature, beside the bare client; and to the token's name.
//!
//! Each measurement is a process of its own, which tells how long it took in nanoseconds.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bare::{Bare, roots};
use crate::figures::{Figure, Goal, in_microseconds, in_milliseconds};
use crate::many_keys::search_here;
use crate::signatures::{Key, Signer, hash};
use crate::stopwatch::{in_turns, time};
use crate::support::artifacts;
use crate::support::pkcs11::Pkcs11;

/// Where such a process finds what it is to do.
pub const PROCESS: &str = "SIGNPATH_BENCHMARK_PROCESS";

const TURNS: usize = 60;

/// What a process does and measures.
pub fn run_here(what: &str) {
    let started = Instant::now();
    let took = match what {
        "label" | "id" => search_here(what),
        other => {
            work(other);
            started.elapsed()
        }
    };
    println!("{}", took.as_nanos());
}

fn work(what: &str) {
    match what {
        "module" => Signer::new(&loaded(), Key::P256).sign(&hash(0)),
        "bare" => {
            let bare = Bare::new();
            bare.list();
            bare.sign(Key::P256, &hash(0));
        }
        "three" => sign_three_times(),
        "start" => drop(loaded().token_info().unwrap()),
        other => panic!("no process does {other}"),
    }
}

fn loaded() -> Pkcs11 {
    let pkcs11 = Pkcs11::load();
    pkcs11.initialize().unwrap();
    assert_eq!(pkcs11.slots(), [1]);
    pkcs11
}

/// Three signatures, each of which C_SignInit and a search precede.
fn sign_three_times() {
    let signer = Signer::new(&loaded(), Key::P256);
    (0..3).for_each(|turn| signer.sign(&hash(turn)));
}

/// From dlopen to the first signature over https.
pub fn first_signature() -> Vec<Figure> {
    let bundle = bundle();
    let of_system: &[(&str, Option<&str>)] =
        &[("SIGNPATH_TLS_CERTIFICATE_AUTHORITIES", None), ("SSL_CERT_FILE", Some(bundle.to_str().unwrap()))];
    let with_file = compare("own authority", &[]);
    let with_store = compare("the system's authorities", of_system);
    let store = trust_store(&bundle);
    std::fs::remove_file(bundle).unwrap();
    vec![with_file, with_store, store]
}

fn compare(trust: &str, variables: &[(&str, Option<&str>)]) -> Figure {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    in_turns(TURNS, |_| ours.push(process("module", variables)), |_| theirs.push(process("bare", variables)));
    let what = format!("cold process, dlopen to first signature, https, trusting {trust}");
    Figure::ratio(what, in_milliseconds(&ours), in_milliseconds(&theirs), Some(Goal::AtMost(1.15)))
}

/// Reading the system's authorities, which both have to.
fn trust_store(bundle: &std::path::Path) -> Figure {
    let read = || {
        let certificates = rustls_native_certs::load_certs_from_paths(Some(bundle), None).certs;
        let mut store = rustls::RootCertStore::empty();
        store.add_parsable_certificates(certificates);
        store
    };
    let samples: Vec<_> = (0..TURNS).map(|_| time(read)).collect();
    Figure::of(
        "reading the system's trust store, once a process and only for https",
        in_milliseconds(&samples),
        None,
    )
}

/// The system's bundle with the fixtures' authority in it, as an administrator would add it.
fn bundle() -> PathBuf {
    let path = std::env::temp_dir().join(format!("signpath-benchmark-{}.pem", std::process::id()));
    let system =
        std::fs::read("/etc/ssl/certs/ca-certificates.crt").expect("apt-get install ca-certificates");
    let ours = std::fs::read(artifacts::fixture("tls/ca.pem")).unwrap();
    std::fs::write(&path, [system, ours].concat()).unwrap();
    assert!(!roots().is_empty());
    path
}

/// dlopen, C_Initialize, C_GetSlotList, C_GetTokenInfo.
pub fn start() -> Vec<Figure> {
    let samples: Vec<_> = (0..TURNS * 2).map(|_| process("start", &[])).collect();
    let what = "dlopen, C_Initialize, C_GetSlotList and C_GetTokenInfo";
    vec![Figure::of(what, in_microseconds(&samples), Some(Goal::AtMost(2000.0)))]
}

pub fn process(what: &str, variables: &[(&str, Option<&str>)]) -> Duration {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.env(PROCESS, what).stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{what}: {}", output.status);
    Duration::from_nanos(String::from_utf8(output.stdout).unwrap().trim().parse().unwrap())
}
