//! What goes wrong between `signpath-tool` and SignPath, in one table: each fault of the emulator at each route that the
//! tool uses. The tool ends with the documented exit code and one error, attaches nothing and leaves no file.

use serde_json::{Value, json};

use crate::bench::{Ended, run};
use crate::service::Service;
use crate::support::troubleshooting::is_explained;

/// A fault, what it is, and the exit code.
#[derive(Clone)]
struct Fault(&'static str, Value, i32);

const REFUSED: i32 = 1;
const UNAUTHORIZED: i32 = 5;
const UNAVAILABLE: i32 = 6;
const NOT_VERIFIED: i32 = 8;

/// Longer than the time limit.
const LATE: u64 = 30_000;

/// What the tool makes of these does not depend on the route.
fn everywhere() -> Vec<Fault> {
    vec![
        Fault("401", json!({"status": 401}), UNAUTHORIZED),
        Fault("403", json!({"status": 403}), UNAUTHORIZED),
        Fault("429", json!({"status": 429}), UNAVAILABLE),
        Fault("500", json!({"status": 500}), UNAVAILABLE),
        Fault("503", json!({"status": 503}), UNAVAILABLE),
        Fault("503, Retry-After", json!({"status": 503, "headers": {"Retry-After": "60"}}), UNAVAILABLE),
        Fault("504, carried out", json!({"status": 504, "execute": true}), UNAVAILABLE),
        Fault(
            "redirect",
            json!({"status": 307, "headers": {"Location": "https://elsewhere.test/"}}),
            REFUSED,
        ),
        Fault("late", json!({"delayMilliseconds": LATE}), UNAVAILABLE),
        Fault(
            "late in the body",
            json!({"ending": {"stall": {"afterBytes": 5, "milliseconds": LATE}}}),
            UNAVAILABLE,
        ),
        Fault("slow", json!({"drip": {"bytes": 1, "everyMilliseconds": 400}}), UNAVAILABLE),
        Fault("hung up", json!({"ending": "hangUp"}), UNAVAILABLE),
        Fault("reset", json!({"ending": "reset"}), UNAVAILABLE),
        Fault("cut", json!({"ending": {"cutAfterBytes": 5}}), UNAVAILABLE),
        Fault("reset in the body", json!({"ending": {"resetAfterBytes": 5}}), UNAVAILABLE),
    ]
}

/// What is said of a request; of a key that has no certificate, too, which is then looked up in the list of keys.
fn refusals(code_of_nothing: i32) -> Vec<Fault> {
    vec![
        Fault("400", json!({"status": 400}), REFUSED),
        Fault("413", json!({"status": 413}), REFUSED),
        Fault("empty", json!({"body": ""}), code_of_nothing),
    ]
}

/// An answer that is none.
fn nonsense(code: i32) -> Vec<Fault> {
    vec![
        Fault("HTML", json!({"body": "<html>please log in</html>"}), code),
        Fault("other JSON", json!({"body": {"json": {"error": "none"}}}), code),
        Fault("deep JSON", json!({"body": {"nesting": 100_000}}), code),
        Fault("control characters", json!({"body": "\u{0}\u{1b}[2J\nerror: nothing"}), code),
    ]
}

/// A route with its faults.
fn at(route: &'static str, faults: Vec<Fault>) -> (&'static str, Vec<Fault>) {
    (route, faults)
}

#[test]
fn sign_image_ends_in_order_whatever_goes_wrong_and_attaches_nothing() {
    let routes = [
        at("submitWithArtifact", [everywhere(), refusals(REFUSED), nonsense(REFUSED)].concat()),
        at("status", [everywhere(), refusals(REFUSED), nonsense(REFUSED)].concat()),
        at("signingRequestCertificate", [everywhere(), nonsense(NOT_VERIFIED)].concat()),
        at("signedArtifact", [everywhere(), refusals(NOT_VERIFIED), nonsense(NOT_VERIFIED)].concat()),
    ];
    each_in_its_thread(routes, |route, faults| {
        let service = quick();
        let image = service.bench.push_image("app");
        for fault in &faults {
            let ended =
                with_fault(&service, route, fault, || run(&mut service.sign_image("p-256", &[&image])));
            judge(&service, route, fault, &ended);
        }
        service.nothing_is_attached_to(&image);
    });
}

#[test]
fn submit_ends_in_order_whatever_goes_wrong_and_leaves_no_file() {
    let routes = [
        at("submitWithArtifact", [everywhere(), refusals(REFUSED), nonsense(REFUSED)].concat()),
        at("status", [everywhere(), refusals(REFUSED), nonsense(REFUSED)].concat()),
        at("signedArtifact", everywhere()),
    ];
    each_in_its_thread(routes, |route, faults| {
        let service = quick();
        let image = service.bench.push_image("app");
        service.bench.tool(&["generate", "--zip", "metadata.zip", &image]);
        let submit =
            ["submit", "metadata.zip", "--signed-artifact", "signed.zip", "--signing-policy", "p-256"];
        let submit = [&submit[..], &["--artifact-configuration", "cosign"]].concat();
        for fault in &faults {
            let ended = with_fault(&service, route, fault, || run(&mut service.bench.command(&submit)));
            judge(&service, route, fault, &ended);
            assert!(!service.bench.path("signed.zip").exists(), "{}", at_route(route, fault));
        }
    });
}

#[test]
fn what_goes_wrong_with_a_signing_request_has_a_code() {
    let nonsense = || json!({"body": {"json": {"error": "none"}}});
    let service = quick();
    let image = service.bench.push_image("app");
    for (route, fault, code) in [
        ("submitWithArtifact", json!({"status": 400}), "SP3002"),
        ("submitWithArtifact", nonsense(), "SP3103"),
        ("status", json!({"status": 400}), "SP3004"),
        ("status", nonsense(), "SP3104"),
    ] {
        let fault = Fault(code, fault, REFUSED);
        let ended = with_fault(&service, route, &fault, || run(&mut service.sign_image("p-256", &[&image])));
        assert!(ended.messages.contains(&format!(" [{code}]")), "{code}: {}", ended.messages);
    }
}

fn each_in_its_thread<const N: usize>(
    routes: [(&'static str, Vec<Fault>); N],
    work: impl Fn(&'static str, Vec<Fault>) + Sync,
) {
    std::thread::scope(|scope| {
        for (route, faults) in routes {
            let work = &work;
            scope.spawn(move || work(route, faults));
        }
    });
}

/// A service whose time limits are quick enough for a test: one attempt of a second.
fn quick() -> Service {
    let mut service = Service::new();
    for (name, value) in
        [("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", "1"), ("SIGNPATH_TIMEOUTS_RETRY_COUNT", "0")]
    {
        service.bench = service.bench.and_variable(name, value);
    }
    service
}

fn with_fault(service: &Service, route: &str, fault: &Fault, work: impl FnOnce() -> Ended) -> Ended {
    let mut description = fault.1.clone();
    description["route"] = json!(route);
    description["times"] = json!(100);
    service.emulator.tell("POST", "faults", description);
    let ended = work();
    service.emulator.tell("DELETE", "faults", json!({}));
    ended
}

fn judge(service: &Service, route: &str, fault: &Fault, ended: &Ended) {
    let (shown, messages) = (at_route(route, fault), &ended.messages);
    assert_eq!((ended.code, ended.output.as_str()), (Some(fault.2), ""), "{shown}: {messages}");
    let errors = messages.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!(errors, 1, "{shown}: {messages}");
    let coded = messages.lines().filter_map(|line| line.strip_prefix("error: "));
    for line in coded.filter(|line| line.contains(" [SP")) {
        assert!(is_explained(line), "docs/troubleshooting.md does not have: {line}");
    }
    assert!(
        !messages.contains(|letter: char| letter.is_control() && letter != '\n'),
        "{shown}: {messages:?}"
    );
    assert!(!messages.contains(service.emulator.token.as_str()), "{shown}: {messages}");
}

fn at_route(route: &str, fault: &Fault) -> String {
    format!("{} at {route}", fault.0)
}
