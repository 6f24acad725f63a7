//! The table: fault, what it is, the functions that meet it, and how the call ends.

use serde_json::{Value, json};
use signpath_pkcs11::token::names::ReturnValue;

use crate::certificates::Certificate;
use crate::row::Function::{self, FindObjectsInit, Login, Sign, SignFinal};
use crate::row::Limit::{self, Attempt, LongAttempt, Total};
use crate::row::Row;
use crate::scene::Scheme::{self, Http, Https};
use crate::scene::Trouble::{self, Answer, HttpElsewhere, NoTls, OldTls, Redirect, Revocation, Stale};
use crate::support::proxy;
use crate::support::relay::Reception;

const ALL: &[Function] = &[Login, FindObjectsInit, Sign, SignFinal];
const LISTING: &[Function] = &[Login, FindObjectsInit];
const SEARCH: &[Function] = &[FindObjectsInit];
const LOGIN: &[Function] = &[Login];
const SIGNING: &[Function] = &[Sign, SignFinal];
const AFTER_LOGIN: &[Function] = &[FindObjectsInit, Sign, SignFinal];

const OK: ReturnValue = ReturnValue::OK;
const ARGUMENTS: ReturnValue = ReturnValue::ARGUMENTS_BAD;
const DEVICE: ReturnValue = ReturnValue::DEVICE_ERROR;
const FAILED: ReturnValue = ReturnValue::FUNCTION_FAILED;
const GENERAL: ReturnValue = ReturnValue::GENERAL_ERROR;
const PIN: ReturnValue = ReturnValue::PIN_INCORRECT;

/// Every row, one a function.
pub fn rows() -> Vec<Row> {
    [late(), broken(), refused(), unreadable(), unreachable(), beyond_proxy(), untrusted()]
        .concat()
        .into_iter()
        .flat_map(Entry::rows)
        .collect()
}

/// Rows that differ in nothing but the function.
#[derive(Clone)]
struct Entry(&'static str, Trouble, &'static [Function], ReturnValue, usize, Limit, Option<&'static str>);

impl Entry {
    fn rows(self) -> impl Iterator<Item = Row> {
        let Self(fault, trouble, functions, value, requests, limit, told) = self;
        functions.iter().map(move |function| Row {
            fault,
            trouble: trouble.clone(),
            function: *function,
            value,
            told,
            requests,
            limit,
        })
    }
}

fn once(fault: Value) -> Trouble {
    Answer(fault)
}

fn always(mut fault: Value) -> Trouble {
    fault["times"] = json!(100);
    Answer(fault)
}

fn connection(scheme: Scheme, reception: Reception) -> Trouble {
    Trouble::Connection { scheme, reception }
}

fn certificate(certificate: Certificate) -> Trouble {
    Trouble::Certificate(certificate)
}

/// Longer than any limit: whoever waits for it is found out.
const LATE: u64 = 30_000;

#[rustfmt::skip]
fn late() -> Vec<Entry> {
    let delay = json!({"delayMilliseconds": LATE});
    let stall = json!({"ending": {"stall": {"afterBytes": 10, "milliseconds": LATE}}});
    let drip = json!({"drip": {"bytes": 1, "everyMilliseconds": 100}});
    let (no_answer, twice) = (Some("no answer within"), Some("possibly signed twice"));
    vec![
        Entry("delay before the headers, once", once(delay.clone()), ALL, OK, 2, Total, None),
        Entry("delay before the headers", always(delay.clone()), LISTING, FAILED, 2, Total, no_answer),
        Entry("delay before the headers", always(delay), SIGNING, FAILED, 2, Total, twice),
        Entry("delay in the body, once", once(stall.clone()), ALL, OK, 2, Total, None),
        Entry("delay in the body", always(stall.clone()), LISTING, FAILED, 2, Total, no_answer),
        Entry("delay in the body", always(stall), SIGNING, FAILED, 2, Total, twice),
        Entry("slow body, once", once(drip.clone()), ALL, OK, 2, Total, None),
        Entry("slow body", always(drip.clone()), LISTING, FAILED, 2, Total, no_answer),
        Entry("slow body", always(drip), SIGNING, FAILED, 2, Total, twice),
    ]
}

#[rustfmt::skip]
fn broken() -> Vec<Entry> {
    let cut = json!({"ending": {"cutAfterBytes": 10}});
    let torn = json!({"ending": {"resetAfterBytes": 10}});
    let hung_up = json!({"ending": "hangUp"});
    let reset = json!({"ending": "reset"});
    let twice = Some("possibly signed twice");
    vec![
        Entry("cut body, once", once(cut.clone()), ALL, OK, 2, Total, None),
        Entry("cut body", always(cut.clone()), LISTING, FAILED, 3, Total, Some("3 attempts")),
        Entry("cut body", always(cut), SIGNING, FAILED, 3, Total, twice),
        Entry("reset in the body, once", once(torn.clone()), ALL, OK, 2, Total, None),
        Entry("reset in the body", always(torn.clone()), LISTING, FAILED, 3, Total, Some("Connection reset")),
        Entry("reset in the body", always(torn), SIGNING, FAILED, 3, Total, twice),
        Entry("reset, once", once(reset.clone()), ALL, OK, 2, Total, None),
        Entry("reset", always(reset.clone()), LISTING, FAILED, 3, Total, Some("Connection reset")),
        Entry("reset", always(reset), SIGNING, FAILED, 3, Total, twice),
        Entry("hung up, once", once(hung_up.clone()), ALL, OK, 2, Total, None),
        Entry("hung up", always(hung_up.clone()), LISTING, FAILED, 3, Total, Some("3 attempts")),
        Entry("hung up", always(hung_up), SIGNING, FAILED, 3, Total, twice),
        Entry("idle connection closed later", Stale(Http), SIGNING, OK, 1, Attempt, None),
        Entry("idle connection closed later, https", Stale(Https), SIGNING, OK, 1, Attempt, None),
        Entry("idle connection closed", once(json!({"ending": "close"})), ALL, OK, 1, Attempt, None),
    ]
}

#[rustfmt::skip]
fn refused() -> Vec<Entry> {
    let soon = |status: u16| once(json!({"status": status, "headers": {"Retry-After": "1"}}));
    let later = |status: u16| once(json!({"status": status, "headers": {"Retry-After": "60"}}));
    let status = |status: u16| always(json!({"status": status}));
    let lost = |status: u16| always(json!({"status": status, "execute": true}));
    let wait = Some("SignPath asks to wait for 60 s");
    vec![
        Entry("429, Retry-After: 1, once", soon(429), ALL, OK, 2, Total, None),
        Entry("503, Retry-After: 1, once", soon(503), ALL, OK, 2, Total, None),
        Entry("429, Retry-After: 60", later(429), ALL, FAILED, 1, Attempt, wait),
        Entry("503, Retry-After: 60", later(503), ALL, FAILED, 1, Attempt, wait),
        Entry("429", status(429), ALL, FAILED, 3, Total, Some("SignPath answered 429")),
        Entry("500", status(500), ALL, DEVICE, 3, Total, Some("SignPath answered 500")),
        Entry("501", status(501), ALL, DEVICE, 3, Total, Some("SignPath answered 501")),
        Entry("502", lost(502), LISTING, FAILED, 3, Total, Some("SignPath answered 502")),
        Entry("502, carried out", lost(502), SIGNING, FAILED, 3, Total, Some("possibly signed twice")),
        Entry("503", status(503), ALL, FAILED, 3, Total, Some("SignPath answered 503")),
        Entry("504", lost(504), LISTING, FAILED, 3, Total, Some("SignPath answered 504")),
        Entry("504, carried out", lost(504), SIGNING, FAILED, 3, Total, Some("possibly signed twice")),
        Entry("400", status(400), ALL, ARGUMENTS, 1, Attempt, Some("SignPath answered 400")),
        Entry("401", status(401), LOGIN, PIN, 1, Attempt, Some("check the API token")),
        Entry("401", status(401), AFTER_LOGIN, ARGUMENTS, 1, Attempt, Some("SIGNPATH_API_TOKEN")),
        Entry("token revoked", Revocation, LOGIN, PIN, 1, Attempt, Some("401 Unauthorized")),
        Entry("token revoked", Revocation, AFTER_LOGIN, ARGUMENTS, 1, Attempt, Some("401 Unauthorized")),
        Entry("403", status(403), LOGIN, PIN, 1, Attempt, Some("check the organization id")),
        Entry("403", status(403), AFTER_LOGIN, ARGUMENTS, 1, Attempt, Some("SignPath answered 403")),
        Entry("404", status(404), LISTING, ARGUMENTS, 1, Attempt, Some("SignPath answered 404")),
        Entry("404, as older servers have no SignHash", status(404), SIGNING, OK, 2, Total, None),
        Entry("413", status(413), ALL, ARGUMENTS, 1, Attempt, Some("SignPath answered 413")),
    ]
}

#[rustfmt::skip]
fn unreadable() -> Vec<Entry> {
    let nesting = once(json!({"body": {"nesting": 100_000}}));
    let endless = once(json!({"body": {"spaces": 1_u64 << 40}}));
    let html = once(json!({"body": "<html>please log in</html>"}));
    let object = once(json!({"body": {"json": {"error": "none"}}}));
    let labelled = once(json!({"headers": {"Content-Type": "text/html"}}));
    let other = |signature: &str| once(json!({"signature": signature}));
    let (list, url) = (Some("not a list of signing policies"), Some("ApiUrl"));
    vec![
        Entry("wrong content type", labelled, ALL, OK, 1, Attempt, None),
        Entry("not JSON", html.clone(), LISTING, GENERAL, 1, Attempt, list),
        Entry("not JSON", html, SIGNING, GENERAL, 1, Attempt, url),
        Entry("other JSON", object.clone(), LISTING, GENERAL, 1, Attempt, list),
        Entry("other JSON", object, SIGNING, GENERAL, 1, Attempt, url),
        Entry("deep JSON", nesting.clone(), LISTING, GENERAL, 1, Attempt, list),
        Entry("deep JSON", nesting, SIGNING, GENERAL, 1, Attempt, url),
        Entry("huge body", endless.clone(), LISTING, GENERAL, 1, LongAttempt, Some("larger than 134217728 bytes")),
        Entry("huge body", endless, SIGNING, GENERAL, 1, Attempt, Some("larger than 1048576 bytes")),
        Entry("empty body", once(json!({"body": ""})), LISTING, GENERAL, 1, Attempt, list),
        Entry("empty body", once(json!({"body": ""})), SIGNING, GENERAL, 1, Attempt, url),
        Entry("wrong signature", other("flipBits"), SIGNING, DEVICE, 2, Total, Some("does not verify")),
        Entry("short signature", other("shorten"), SIGNING, DEVICE, 2, Total, Some("does not verify")),
        Entry("long signature", other("lengthen"), SIGNING, DEVICE, 2, Total, Some("does not verify")),
        Entry("301 elsewhere", Redirect(301), ALL, GENERAL, 1, Attempt, url),
        Entry("302 elsewhere", Redirect(302), ALL, GENERAL, 1, Attempt, url),
        Entry("307 elsewhere", Redirect(307), ALL, GENERAL, 1, Attempt, url),
        Entry("308 elsewhere", Redirect(308), ALL, GENERAL, 1, Attempt, url),
    ]
}

#[rustfmt::skip]
fn unreachable() -> Vec<Entry> {
    use Reception::{ClosedDoor, FullQueue, Refusal, Silence};
    let (attempts, network, refused) =
        (Some("3 attempts"), Some("check the network"), Some("Connection refused"));
    vec![
        Entry("refused", connection(Http, Refusal), ALL, FAILED, 0, Total, refused),
        Entry("never connected", connection(Http, FullQueue), ALL, FAILED, 0, Total, attempts),
        Entry("never connected, https", connection(Https, FullQueue), ALL, FAILED, 0, Total, attempts),
        Entry("silence after connecting", connection(Http, Silence), ALL, FAILED, 0, Total, network),
        Entry("silence in TLS", connection(Https, Silence), ALL, FAILED, 0, Total, attempts),
        Entry("closed after connecting", connection(Http, ClosedDoor), ALL, FAILED, 0, Total, attempts),
        Entry("closed in TLS", connection(Https, ClosedDoor), ALL, FAILED, 0, Total, attempts),
    ]
}

#[rustfmt::skip]
fn beyond_proxy() -> Vec<Entry> {
    use Reception::{ClosedDoor, FullQueue, Refusal, Silence};
    use Trouble::{BeyondProxy, Proxy, WayToProxy};
    use proxy::Answer::{Nonsense, SilentTunnel, Status, Tunnel};
    let delay = json!({"delayMilliseconds": LATE, "times": 100});
    let drip = json!({"drip": {"bytes": 1, "everyMilliseconds": 100}, "times": 100});
    let hung_up = json!({"ending": "hangUp"});
    let (attempts, network, no_answer, twice) =
        (Some("3 attempts"), Some("the proxy (HttpProxy, https_proxy)"), Some("no answer within"), Some("possibly signed twice"));
    let (password, refused) =
        (Some("[SP2102]"), Some("[SP2101]"));
    vec![
        Entry("proxy, new connection", Proxy(Tunnel), ALL, OK, 1, Attempt, None),
        Entry("proxy down", WayToProxy(Refusal), ALL, FAILED, 0, Total, Some("Connection refused")),
        Entry("proxy never connected", WayToProxy(FullQueue), ALL, FAILED, 0, Total, attempts),
        Entry("proxy silent", WayToProxy(Silence), ALL, FAILED, 0, Total, network),
        Entry("proxy hangs up", WayToProxy(ClosedDoor), ALL, FAILED, 0, Total, network),
        Entry("proxy wants a password", Proxy(Status(407)), ALL, GENERAL, 0, Attempt, password),
        Entry("proxy forbids", Proxy(Status(403)), ALL, FAILED, 0, Total, refused),
        Entry("proxy reaches nobody", Proxy(Status(502)), ALL, FAILED, 0, Total, refused),
        Entry("proxy is none", Proxy(Nonsense), ALL, FAILED, 0, Total, refused),
        Entry("silence in TLS by proxy", Proxy(SilentTunnel), ALL, FAILED, 0, Total, attempts),
        Entry("delay before the headers by proxy", BeyondProxy(delay.clone()), LISTING, FAILED, 2, Total, no_answer),
        Entry("delay before the headers by proxy", BeyondProxy(delay), SIGNING, FAILED, 2, Total, twice),
        Entry("slow body by proxy", BeyondProxy(drip.clone()), LISTING, FAILED, 2, Total, no_answer),
        Entry("slow body by proxy", BeyondProxy(drip), SIGNING, FAILED, 2, Total, twice),
        Entry("hung up by proxy, once", BeyondProxy(hung_up), ALL, OK, 2, Total, None),
    ]
}

#[rustfmt::skip]
fn untrusted() -> Vec<Entry> {
    use Certificate::{Expired, NotYetValid, OtherHost, Untrusted};
    let versions = Some("the server must speak TLS 1.2 or 1.3");
    vec![
        Entry("certificate of another host", certificate(OtherHost), ALL, GENERAL, 0, Attempt, Some("[SP2203]")),
        Entry("expired certificate", certificate(Expired), ALL, GENERAL, 0, Attempt, Some("[SP2202]")),
        Entry("certificate not yet valid", certificate(NotYetValid), ALL, GENERAL, 0, Attempt, Some("[SP2202]")),
        Entry("untrusted certificate", certificate(Untrusted), ALL, GENERAL, 0, Attempt, Some("[SP2201]")),
        Entry("TLS 1.1", OldTls, ALL, GENERAL, 0, Attempt, versions),
        Entry("no TLS", NoTls, ALL, GENERAL, 0, Attempt, versions),
        Entry("http:// to another host", HttpElsewhere, SEARCH, GENERAL, 0, Attempt, Some("https")),
        Entry("http:// to another host", HttpElsewhere, LOGIN, GENERAL, 0, Attempt, Some("https")),
    ]
}
