//! nginx serves TLS with keys of the token: its master process reads them, and each of its workers, forked off, signs.

use std::collections::BTreeSet;
use std::process::Command;

use rustix::process::Signal;

use crate::openssl::{get_by_tls, tls_certificate};
use crate::openssl_conf::openssl_conf;
use crate::server::{Server, free_port};
use crate::support::bench::{Bench, Credentials, LIST, uri, with_each_credentials};

const WORKERS: usize = 3;

/// The system spreads connections over the workers at random: that one of three gets none of so many is out of the
/// question.
const CONNECTIONS_AT_MOST: usize = 200;

/// What a client offers, and the key that it meets.
const RSA_TLS_1_3: &[&str] = &["-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256"];
const EC_TLS_1_3: &[&str] = &["-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256"];
const RSA_TLS_1_2: &[&str] = &["-tls1_2", "-sigalgs", "rsa_pkcs1_sha256"];
const EC_TLS_1_2: &[&str] = &["-tls1_2", "-sigalgs", "ecdsa_secp256r1_sha256"];

/// The process ids of all workers, each of which answered a client with this offer.
fn workers(bench: &Bench, port: u16, offer: &[&str]) -> BTreeSet<u32> {
    let mut workers = BTreeSet::new();
    for _ in 0..CONNECTIONS_AT_MOST {
        workers.insert(answering_worker(&get_by_tls(bench, port, offer)));
        if workers.len() == WORKERS {
            return workers;
        }
    }
    panic!("{WORKERS} workers were started, and only {workers:?} answer to {offer:?}");
}

fn answering_worker(page: &str) -> u32 {
    let line = page.lines().find_map(|line| line.strip_prefix("answered by worker "));
    line.unwrap_or_else(|| panic!("no worker in {page}")).parse().unwrap()
}

/// Has nginx read its configuration again, and waits until the workers so far are gone.
fn reload(nginx: &mut Server, workers: &BTreeSet<u32>) {
    nginx.signal(Signal::HUP);
    for worker in workers {
        let end = format!("worker process {worker} exited with code 0");
        nginx.wait_until(|output| output.contains(&end).then_some(()));
    }
}

fn start_nginx(bench: &Bench) -> Server {
    start_with(bench, &bench.variables(), "")
}

/// Starts nginx with these variables; `query` is what the keys' URIs have behind their attributes.
fn start_with(bench: &Bench, variables: &[(&str, String)], query: &str) -> Server {
    let port = free_port();
    bench.write("nginx.conf", configuration(bench, port, variables, query));
    let mut nginx: Command = bench.command("nginx", "nginx");
    nginx.envs(variables.iter().cloned()).env("OPENSSL_CONF", openssl_conf(bench));
    nginx.arg("-p").arg(bench.folder()).args(["-e", "stderr", "-c", "nginx.conf"]);
    Server::start(bench, &mut nginx, port)
}

/// nginx takes from its environment only what `env` names, and `reuseport` lets the system spread the connections.
fn configuration(bench: &Bench, port: u16, variables: &[(&str, String)], query: &str) -> String {
    let environment: String = variables.iter().map(|(name, _)| format!("env {name};\n")).collect();
    let keys: String = ["rsa-2048", "p-256"].iter().map(|key| key_directives(bench, key, query)).collect();
    format!(
        "daemon off;\n\
        pid nginx.pid;\n\
        worker_processes {WORKERS};\n\
        error_log stderr notice;\n\
        {environment}\
        events {{ }}\n\
        http {{\n\
            access_log off;\n\
            client_body_temp_path body;\n\
            proxy_temp_path proxy;\n\
            fastcgi_temp_path fastcgi;\n\
            uwsgi_temp_path uwsgi;\n\
            scgi_temp_path scgi;\n\
            server {{\n\
                listen 127.0.0.1:{port} ssl reuseport;\n\
                ssl_protocols TLSv1.2 TLSv1.3;\n\
                {keys}\
                return 200 \"answered by worker $pid\\n\";\n\
            }}\n\
        }}\n"
    )
}

fn key_directives(bench: &Bench, key: &str, query: &str) -> String {
    let (certificate, uri) = (tls_certificate(bench, key), uri(key, "private"));
    format!("ssl_certificate {certificate};\nssl_certificate_key \"engine:pkcs11:{uri}{query}\";\n")
}

#[test]
fn every_worker_signs_with_rsa_and_ec() {
    with_each_credentials(|bench| {
        let nginx = start_nginx(bench);
        let first = workers(bench, nginx.port, RSA_TLS_1_3);
        for offer in [EC_TLS_1_3, RSA_TLS_1_2, EC_TLS_1_2] {
            assert_eq!(workers(bench, nginx.port, offer), first, "{offer:?}");
        }
        assert_eq!(BTreeSet::from_iter(bench.signers()), BTreeSet::from([bench.user().to_owned()]));
        let output = nginx.stop();
        assert!(!output.contains("signpath-pkcs11:"), "{output}");
    });
}

/// The one PIN that libp11 can take from a URI (`openssl_conf`): the others are too long.
#[test]
fn every_worker_logs_in_with_the_pin_of_the_uri() {
    let bench = Bench::new(Credentials::Configured);
    let mut variables = bench.variables();
    variables.push(("SIGNPATH_CRYPTOKI_LOGIN_REQUIRED", "always".to_owned()));
    let nginx = start_with(&bench, &variables, "?pin-value=CONFIG");
    let workers_with_rsa = workers(&bench, nginx.port, RSA_TLS_1_3);
    assert_eq!(workers(&bench, nginx.port, EC_TLS_1_3), workers_with_rsa);
}

#[test]
fn new_workers_sign_after_a_reload() {
    with_each_credentials(|bench| {
        let mut nginx = start_nginx(bench);
        let before = workers(bench, nginx.port, RSA_TLS_1_3);
        reload(&mut nginx, &before);
        let after = workers(bench, nginx.port, RSA_TLS_1_3);
        assert!(before.is_disjoint(&after), "{before:?} and {after:?}");
        assert_eq!(workers(bench, nginx.port, EC_TLS_1_3), after);
    });
}

#[test]
fn master_and_workers_list_the_keys_once_each() {
    with_each_credentials(|bench| {
        let mut nginx = start_nginx(bench);
        let before = workers(bench, nginx.port, EC_TLS_1_3);
        reload(&mut nginx, &before);
        workers(bench, nginx.port, EC_TLS_1_3);
        let lists = bench.requests().iter().filter(|request| *request == LIST).count();
        assert_eq!(lists, 1 + 2 * WORKERS, "{:?}", bench.credentials);
    });
}
