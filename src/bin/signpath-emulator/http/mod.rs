//! HTTP as routes see it: a request read whole, an answer not yet sent.
//!
//! Nothing here touches a socket; `server` reads requests into these types and sends these answers.

pub(crate) mod answer;
pub(crate) mod problem;

use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, ORIGIN};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

/// A request, its body read to the end.
pub(crate) struct ReceivedRequest {
    pub(crate) method: Method,
    pub(crate) body: Bytes,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
}

impl ReceivedRequest {
    pub(crate) fn new(head: Parts, body: Bytes) -> Self {
        Self {
            method: head.method,
            body,
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
        }
    }

    /// The segments of the path, as sent: not percent-decoded, in the client's case.
    pub(crate) fn segments(&self) -> Vec<&str> {
        path_segments(&self.path)
    }

    /// The pairs of the query, decoded, in the order in which they were sent (`application/x-www-form-urlencoded`).
    ///
    /// None when an escape is broken or the result is not UTF-8.
    pub(crate) fn query_pairs(&self) -> Option<Vec<(String, String)>> {
        query_pairs(self.query.as_deref().unwrap_or_default())
    }

    /// What stands after `Bearer` in the Authorization header.
    pub(crate) fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.header(AUTHORIZATION)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("Bearer").then_some(token)
    }

    /// The Content-Type header with its parameters; empty when there is none.
    pub(crate) fn content_type(&self) -> &str {
        self.header(CONTENT_TYPE).unwrap_or_default()
    }

    /// Whether the body is said to be JSON, in whatever charset.
    pub(crate) fn has_json_body(&self) -> bool {
        essence(self.content_type()).eq_ignore_ascii_case("application/json")
    }

    /// The Origin header: a web page asks.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.header(ORIGIN)
    }

    /// Whether the client reads JSON (RFC 9110, section 12.5.1). Without an Accept header it reads everything.
    pub(crate) fn admits_json(&self) -> bool {
        self.header(ACCEPT).is_none_or(|ranges| ranges.split(',').any(admits_json))
    }

    /// A header as text; one that is not ASCII counts as absent.
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// The segments of `path`, without the empty one before the first slash. One slash at the end makes no difference, as
/// with the service's router.
pub(crate) fn path_segments(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path).split('/').collect()
}

fn admits_json(range: &str) -> bool {
    const JSON_RANGES: [&str; 3] = ["application/json", "application/*", "*/*"];
    !is_refused(range) && JSON_RANGES.iter().any(|json| essence(range).eq_ignore_ascii_case(json))
}

/// A quality of zero means "not this one".
fn is_refused(range: &str) -> bool {
    let quality = range.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("q="));
    quality.and_then(|value| value.trim().parse::<f32>().ok()).is_some_and(|value| value <= 0.0)
}

/// A media type or range without its parameters.
fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn query_pairs(query: &str) -> Option<Vec<(String, String)>> {
    query.split('&').filter(|pair| !pair.is_empty()).map(query_pair).collect()
}

fn query_pair(pair: &str) -> Option<(String, String)> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    Some((percent_decoded(name)?, percent_decoded(value)?))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> ReceivedRequest {
        let mut builder = hyper::Request::get("/Api/healthz?a=1");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        ReceivedRequest::new(builder.body(()).unwrap().into_parts().0, Bytes::new())
    }

    #[test]
    fn one_slash_at_the_end_makes_no_difference() {
        assert_eq!(path_segments("/Api/healthz"), ["Api", "healthz"]);
        assert_eq!(path_segments("/Api/healthz/"), ["Api", "healthz"]);
        assert_eq!(path_segments("/Api//healthz"), ["Api", "", "healthz"]);
        assert_eq!(path_segments("/"), [""]);
    }

    #[test]
    fn a_query_is_decoded_in_names_and_values() {
        let expected = [("projectSlug", "a/b c"), ("empty", ""), ("bare", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(query_pairs("projectSlug=a%2fb+c&empty=&bare"), Some(expected.to_vec()));
        assert_eq!(query_pairs(""), Some(vec![]));
        assert_eq!(request(&[]).query_pairs(), Some(vec![("a".to_owned(), "1".to_owned())]));
    }

    #[test]
    fn a_broken_escape_is_no_query() {
        for query in ["a=%", "a=%2", "a=%2g", "a=%ff"] {
            assert_eq!(query_pairs(query), None, "{query}");
        }
    }

    #[test]
    fn a_bearer_token_may_contain_anything_but_must_be_one() {
        let token = |value| request(&[("authorization", value)]).bearer_token().map(str::to_owned);
        assert_eq!(token("Bearer a:b=").as_deref(), Some("a:b="));
        assert_eq!(token("bearer a").as_deref(), Some("a"));
        assert_eq!(token("Basic a"), None);
        assert_eq!(token("Bearer"), None);
    }

    #[test]
    fn parameters_and_case_do_not_change_a_content_type() {
        let is_json = |value| request(&[("content-type", value)]).has_json_body();
        assert!(is_json("Application/JSON; charset=utf-8"));
        assert!(!is_json("application/json-patch+json"));
        assert!(!request(&[]).has_json_body());
    }

    #[test]
    fn json_is_admitted_by_name_by_range_and_by_silence() {
        let admits = |value| request(&[("accept", value)]).admits_json();
        assert!(request(&[]).admits_json());
        for accept in ["*/*", "text/html, application/json;q=0.5", "application/*"] {
            assert!(admits(accept), "{accept}");
        }
        for accept in ["", "text/html", "application/json;q=0", "application/problem+json"] {
            assert!(!admits(accept), "{accept}");
        }
    }
}
