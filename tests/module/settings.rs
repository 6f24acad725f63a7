//! Settings that change how the module speaks: to people by its log, to the service by a proxy.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use signpath_pkcs11::token::names::ReturnValue;

use crate::support::console::watching;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::initialized;

/// The variables of an emulator's first user, and more.
fn with(emulator: &Emulator, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut variables = emulator.variables();
    variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    variables
}

#[test]
fn each_log_has_its_level_and_the_name_of_the_first_versions_sets_both() {
    let cases = [
        (vec![], false, true),
        (vec![("SIGNPATH_LOG_CONSOLE_LEVEL", "info")], true, true),
        (vec![("SIGNPATH_LOG_FILE_LEVEL", "error")], false, false),
        (vec![("SIGNPATH_LOG_LEVEL", "info"), ("SIGNPATH_LOG_FILE_LEVEL", "none")], true, false),
        (vec![("SIGNPATH_LOG_LEVEL", "none")], false, false),
    ];
    in_own_process_each(cases, |(variables, on_console, in_file)| {
        let emulator = Emulator::start();
        let session = initialized(&with(&emulator, &variables)).session();
        let (_, console) = watching(|| session.find(&[]).unwrap());
        let is_told = |text: &str| text.contains("8 signing policies in");

        assert_eq!((is_told(&console), is_told(&emulator.log())), (on_console, in_file));
    });
}

#[test]
fn nothing_is_told_on_the_console_where_its_level_is_none() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&with(&emulator, &[("SIGNPATH_LOG_CONSOLE_LEVEL", "none")])).session();
        let (result, console) = watching(|| session.log_in("no PIN"));

        assert_eq!((result, console.as_str()), (Err(ReturnValue::PIN_INCORRECT), ""));
        assert!(emulator.log().contains("the PIN is neither CONFIG nor"), "{}", emulator.log());
    });
}

#[test]
fn a_proxy_is_asked_for_the_service_with_its_user_and_password() {
    in_own_process_each(["http_proxy", "https_proxy", "HTTPS_PROXY"], |variable| {
        let emulator = Emulator::with_tls();
        let (address, requests) = proxy_to(&emulator);
        let url = format!("http://me:s3cr3t@{address}");
        let variables = [("SIGNPATH_API_URL", "https://signpath.test/Api"), (variable, url.as_str())];
        let session = initialized(&with(&emulator, &variables)).session();
        let (result, console) = watching(|| session.find(&[]));

        // TLS is spoken with the service itself: the emulator's certificate is of another name
        assert_eq!(result, Err(ReturnValue::GENERAL_ERROR));
        assert!(console.contains("certificate not valid for name \"signpath.test\""), "{console}");
        let request = requests.recv().unwrap();
        assert_eq!(request[0], "CONNECT signpath.test:443 HTTP/1.1");
        // me:s3cr3t
        assert!(request.iter().any(|line| line == "proxy-authorization: Basic bWU6czNjcjN0"), "{request:?}");
        assert!(!console.contains("s3cr3t") && !emulator.log().contains("s3cr3t"));
    });
}

#[test]
fn a_host_that_needs_no_proxy_is_reached_without_one() {
    in_own_process_each(["no_proxy", "NO_PROXY"], |variable| {
        let emulator = Emulator::with_tls();
        let (address, requests) = proxy_to(&emulator);
        let address = address.as_str();
        let variables = [
            ("SIGNPATH_API_URL", "https://signpath.invalid/Api"),
            ("https_proxy", address),
            (variable, "other.test,.invalid"),
            ("SIGNPATH_TIMEOUTS_RETRY_COUNT", "0"),
        ];
        let session = initialized(&with(&emulator, &variables)).session();
        let (result, _) = watching(|| session.find(&[]));

        assert_eq!(result, Err(ReturnValue::FUNCTION_FAILED));
        assert!(requests.try_recv().is_err());
    });
}

/// A proxy that leads every tunnel to the emulator; its address, and the lines of each request.
fn proxy_to(emulator: &Emulator) -> (String, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let target = emulator.origin.trim_start_matches("https://").to_owned();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let lines = BufReader::new(&client).lines().map(Result::unwrap);
            sender.send(lines.take_while(|line| !line.is_empty()).collect()).unwrap();
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            join(client, TcpStream::connect(&target).unwrap());
        }
    });
    (address, requests)
}

/// Passes on what each side says, until it has said all.
fn join(one: TcpStream, other: TcpStream) {
    for (mut from, mut to) in [(one.try_clone().unwrap(), other.try_clone().unwrap()), (other, one)] {
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    }
}
