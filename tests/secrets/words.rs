//! What is said of a token, in logs, on standard error and to the service, at the most verbose level.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use signpath_pkcs11::token::names::ReturnValue;

use crate::host::{Call, Host};
use crate::places::{Service, found, module_that_keeps_secrets};
use crate::secret::Secret;
use crate::support::artifacts;
use crate::support::emulator::Emulator;

/// Where the module has the token from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Pin,
    Environment,
    File,
}

impl Source {
    const ALL: [Self; 3] = [Self::Pin, Self::Environment, Self::File];

    /// The variables that configure the module, with everything logged.
    fn variables(self, emulator: &Emulator) -> Vec<(&'static str, String)> {
        let (organization, token) = (emulator.organization.clone(), emulator.token_awkward.clone());
        let mut variables = emulator.address();
        variables.push(("SIGNPATH_LOG_CONSOLE_LEVEL", "verbose".to_owned()));
        variables.push(("SIGNPATH_LOG_FILE_LEVEL", "verbose".to_owned()));
        match self {
            Self::Pin => {}
            Self::Environment => {
                variables.push(("SIGNPATH_ORGANIZATION_ID", organization));
                variables.push(("SIGNPATH_API_TOKEN", token));
            }
            Self::File => {
                let file = emulator.folder().join("configuration.json");
                let content = json!({"OrganizationId": organization, "ApiToken": token});
                std::fs::write(&file, content.to_string()).unwrap();
                std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
                variables.push(("SIGNPATH_CONFIG_FILE", file.to_str().unwrap().to_owned()));
            }
        }
        variables
    }
}

/// The PIN as people put it on command lines.
fn arguments(pin: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(pin.as_bytes()).collect();
    let (_, token) = pin.split_once(':').unwrap();
    ["sign", "--pin", pin, "--token-of-my-own", token]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("pkcs11:token=SignPath?pin-value={encoded}"), format!("SIGNPATH_API_TOKEN={token}")])
        .collect()
}

/// Answers that have the token in every part that is shown to people.
fn echoes(token: &str) -> [Value; 4] {
    let encoded: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let problem = json!({"title": format!("token {token}"), "detail": format!("{token} is refused"), "traceId": token,
                         "errors": {token: [format!("no such token: {token}")]}});
    [
        json!({"status": 400, "body": {"json": problem}}),
        json!({"status": 400, "body": format!("Authorization: Bearer {token}")}),
        json!({"status": 302, "headers": {"Location": format!("/login?token={encoded}")}}),
        json!({"status": 503, "headers": {"Retry-After": "600"}, "body": {"json": {"title": token}}}),
    ]
}

/// Does everything that there is to do, and returns with the host that has ended it.
fn do_everything(module: &Path, emulator: &Emulator, source: Source) -> Host {
    let token = &emulator.token_awkward;
    let pin = format!("{}:{token}", emulator.organization);
    let mut host = Host::start(module, &arguments(&pin), &source.variables(emulator));
    host.succeeds(&[Call::Initialize]);
    if source == Source::Pin {
        assert_eq!(host.log_in(&pin), ReturnValue::OK);
    }
    host.succeeds(&[Call::Find, Call::Sign, Call::SignParts]);
    for fault in echoes(token) {
        emulator.tell("POST", "faults", fault);
        assert_ne!(host.call(Call::Sign), ReturnValue::OK);
    }
    host.call(Call::Logout);
    host.succeeds(&[Call::Finalize, Call::Clear]);
    host
}

#[test]
fn nothing_of_a_token_is_told_or_left_wherever_it_comes_from_and_whoever_repeats_it() {
    for service in Service::ALL {
        for source in Source::ALL {
            let emulator = service.start();
            let host = do_everything(&artifacts::module(), &emulator, source);
            assert!(emulator.log().contains("debug C_Logout: "), "not verbose: {}", emulator.log());
            assert!(host.console().contains("SignPath answered 400"), "{}", host.console());
            assert!(emulator.audit()[0].to_string().contains("--token-of-my-own"), "no metadata");

            let found = found(&host, &emulator, &Secret::new(&emulator.token_awkward));
            assert_eq!(found, [], "{service:?}, {source:?}");
        }
    }
}

#[test]
fn the_same_search_finds_a_token_in_every_place_where_nothing_is_masked_or_cleared() {
    let emulator = Emulator::start();
    let host = do_everything(&module_that_keeps_secrets(), &emulator, Source::Environment);

    let found = found(&host, &emulator, &Secret::new(&emulator.token_awkward));
    let places: Vec<&str> = found.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, ["standard error", "log", "metadata and requests", "memory"]);
}
