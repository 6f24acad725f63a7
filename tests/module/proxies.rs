//! Signing through squid, which wants a user and a password: each setting that names a proxy. What a proxy can do wrong
//! is in tests/faults.

use std::fs::{File, Permissions, set_permissions, write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use crate::mutual_tls::{certificate, openssl};
use crate::support::artifacts;
use crate::support::bench::fixture;
use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::initialized;
use crate::support::ports::free_port;

/// A name that squid alone can resolve.
const HOST: &str = "signpath.test";

const LONGEST_WAIT: Duration = Duration::from_secs(30);

#[test]
fn the_service_is_reached_by_each_setting_that_names_a_proxy() {
    in_own_process_each(["HttpProxy", "http_proxy", "https_proxy", "HTTPS_PROXY"], |setting| {
        let squid = Squid::start();
        let proxy = squid.with_user("me:s3cr3t");
        let mut variables = squid.variables();
        if setting == "HttpProxy" {
            let file = squid.emulator.folder().join("settings.json");
            write(&file, json!({ "HttpProxy": proxy }).to_string()).unwrap();
            set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
            variables.push(("SIGNPATH_CONFIG_FILE", file.to_str().unwrap().to_owned()));
        } else {
            variables.push((setting, proxy));
        }
        let pkcs11 = initialized(&variables);
        let session = pkcs11.session();
        let (signature, console) =
            watching(|| session.signature(M::ECDSA, session.private_key("container-images/p-256"), &[7; 32]));
        pkcs11.finalize().unwrap();

        assert_eq!((signature.map(|signature| signature.len()), console.as_str()), (Ok(64), ""));
        assert_eq!(squid.tunnels(), [format!("200 CONNECT {} me", squid.target())]);
    });
}

#[test]
fn a_password_that_the_proxy_refuses_is_told_and_not_shown() {
    in_own_process(|| {
        let squid = Squid::start();
        let mut variables = squid.variables();
        variables.push(("https_proxy", squid.with_user("me:wr0ngs3cr3t")));
        let session = initialized(&variables).session();
        let (result, console) = watching(|| session.find_init(&[]));

        assert_eq!(result, Err(ReturnValue::GENERAL_ERROR));
        assert!(console.contains("proxy authorization required"), "{console}");
        assert!(console.contains("put user and password into HttpProxy"), "{console}");
        assert!(!console.contains("wr0ngs3cr3t") && !squid.emulator.log().contains("wr0ngs3cr3t"));
        assert_eq!(squid.emulator.requests().len(), 0);
    });
}

/// squid in front of an emulator; gone with the value.
struct Squid {
    emulator: Emulator,
    child: Child,
    port: u16,
}

impl Squid {
    fn start() -> Self {
        let (emulator, port) = (emulator_of_host(), free_port());
        let folder = emulator.folder();
        // squid reads and writes as a user of its own
        set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        write(folder.join("access.log"), "").unwrap();
        set_permissions(folder.join("access.log"), Permissions::from_mode(0o666)).unwrap();
        write(folder.join("hosts"), format!("127.0.0.1 {HOST}\n")).unwrap();
        let password = String::from_utf8(openssl(&["passwd", "-apr1", "s3cr3t"])).unwrap();
        write(folder.join("passwords"), format!("me:{password}")).unwrap();
        write(folder.join("squid.conf"), settings(&folder, port)).unwrap();
        let child = Command::new(artifacts::program("squid", "squid"))
            .args(["-N", "-d1", "-f"])
            .arg(folder.join("squid.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("squid.log")).unwrap())
            .spawn()
            .unwrap();
        let squid = Self { emulator, child, port };
        squid.wait_until(|| TcpStream::connect(("127.0.0.1", port)).is_ok());
        squid
    }

    /// The variables that configure the module for the emulator as it is called beyond the proxy.
    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.emulator.variables();
        variables.push(("SIGNPATH_API_URL", format!("https://{}/Api", self.target())));
        variables
    }

    fn target(&self) -> String {
        format!("{HOST}:{}", self.emulator.socket().port())
    }

    fn with_user(&self, user: &str) -> String {
        format!("http://{user}@127.0.0.1:{}", self.port)
    }

    /// What it did for those whom it knows, as `status method target user`; a tunnel is told when it ends.
    fn tunnels(&self) -> Vec<String> {
        let log = || std::fs::read_to_string(self.emulator.folder().join("access.log")).unwrap();
        self.wait_until(|| log().contains("CONNECT"));
        log().lines().filter(|line| line.contains("CONNECT")).map(str::to_owned).collect()
    }

    fn wait_until(&self, is_so: impl Fn() -> bool) {
        let started = Instant::now();
        while !is_so() {
            let messages = std::fs::read_to_string(self.emulator.folder().join("squid.log")).unwrap();
            assert!(started.elapsed() < LONGEST_WAIT, "squid: {messages}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Squid {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn settings(folder: &std::path::Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "http_port 127.0.0.1:{port}\n\
        visible_hostname localhost\n\
        hosts_file {folder}/hosts\n\
        auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/passwords\n\
        auth_param basic children 1 startup=1\n\
        acl known proxy_auth REQUIRED\n\
        acl CONNECT method CONNECT\n\
        http_access allow CONNECT known\n\
        http_access deny all\n\
        logformat brief %>Hs %rm %ru %un\n\
        access_log stdio:{folder}/access.log brief\n\
        cache_log /dev/null\n\
        pid_filename none\n\
        max_filedescriptors 256\n\
        cache deny all\n\
        coredump_dir none\n"
    )
}

/// An emulator whose certificate is that of the name by which squid reaches it.
fn emulator_of_host() -> Emulator {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("server.pem");
    let names = format!("subjectAltName = DNS:{HOST}, DNS:localhost, IP:127.0.0.1\n");
    write(&file, certificate("p-256", &names)).unwrap();
    Emulator::with(&["--tls-cert", file.to_str().unwrap(), "--tls-key", &fixture("keys/p-256.pem")])
}
