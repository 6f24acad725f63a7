//! Paths and methods of the API.
//!
//! Case does not matter in a path: SignPath's own clients and samples write `/Api`, `/api` and `/API` for one host.

use hyper::Method;

use crate::generation::Generation;
use crate::http::path_segments;
use crate::shapes::{MissingRoute, Shapes};

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Health,
    /// Something of an organization; the id is as the client wrote it.
    Resource {
        organization_id: String,
        resource: Resource,
        /// What stands in the path where the table has `{}`.
        captures: Vec<String>,
    },
    /// The path exists for other methods.
    WrongMethod {
        allow: &'static str,
    },
    Missing,
}

/// What an organization has behind its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    MySigningPolicies,
    SignHash,
    FastSigning,
    SubmitWithArtifact,
    SigningRequest,
    Status,
    SignedArtifact,
    UnsignedArtifact,
    SigningRequestCertificate,
    Cancel,
    PolicyCertificate,
}

impl Resource {
    /// Whether the server got it after 1.195.0, the youngest that the legacy generation may be.
    const fn is_recent(self) -> bool {
        matches!(self, Self::SignHash | Self::SubmitWithArtifact | Self::Status | Self::Cancel)
    }

    /// Whether a success is answered in JSON. Other routes answer files, whatever the client accepts.
    pub(crate) const fn answers_json(self) -> bool {
        !matches!(
            self,
            Self::SignedArtifact
                | Self::UnsignedArtifact
                | Self::SigningRequestCertificate
                | Self::PolicyCertificate
        )
    }
}

/// A route without the organization: what a fault can be aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteName {
    Health,
    Resource(Resource),
}

struct Entry {
    method: &'static str,
    /// `{}` is any segment.
    path: &'static [&'static str],
    resource: Resource,
}

const fn entry(method: &'static str, path: &'static [&'static str], resource: Resource) -> Entry {
    Entry { method, path, resource }
}

/// Everything under `/Api/v1/{organizationId}`. The first entry that fits a path counts.
const RESOURCES: [Entry; 11] = [
    entry("GET", &["Cryptoki", "MySigningPolicies"], Resource::MySigningPolicies),
    entry("POST", &["SigningRequests", "SignHash"], Resource::SignHash),
    entry("POST", &["SigningRequests", "SubmitWithArtifact"], Resource::SubmitWithArtifact),
    entry("POST", &["SigningRequests"], Resource::FastSigning),
    entry("GET", &["SigningRequests", "{}"], Resource::SigningRequest),
    entry("GET", &["SigningRequests", "{}", "Status"], Resource::Status),
    entry("GET", &["SigningRequests", "{}", "SignedArtifact"], Resource::SignedArtifact),
    entry("GET", &["SigningRequests", "{}", "UnsignedArtifact"], Resource::UnsignedArtifact),
    entry("GET", &["SigningRequests", "{}", "X509Certificate"], Resource::SigningRequestCertificate),
    entry("POST", &["SigningRequests", "{}", "Cancel"], Resource::Cancel),
    entry(
        "GET",
        &["Projects", "{}", "SigningPolicies", "{}", "Certificate", "X509Certificate"],
        Resource::PolicyCertificate,
    ),
];

/// Where routes were before 1.170.2. They still answer there; of the emulated ones, only certificates are asked for so.
const PRELIMINARY_VERSION: &str = "v1-pre";

impl Route {
    /// The route of a request to a server of this generation.
    pub(crate) fn of(method: &Method, path: &str, generation: Generation, shapes: &Shapes) -> Self {
        let segments = path_segments(path);
        let Some((base, rest)) = segments.split_first() else { return Self::Missing };
        if !base.eq_ignore_ascii_case("Api") {
            return Self::Missing;
        }
        match rest {
            [health] if health.eq_ignore_ascii_case("healthz") => only("GET", method, Self::Health),
            [version, organization_id, path @ ..] if version.eq_ignore_ascii_case("v1") => {
                resource(method, organization_id, path, generation, shapes)
            }
            [version, organization_id, path @ ..] if version.eq_ignore_ascii_case(PRELIMINARY_VERSION) => {
                match resource(method, organization_id, path, generation, shapes) {
                    Self::Resource { resource, .. } if resource.answers_json() => Self::Missing,
                    route => route,
                }
            }
            _ => Self::Missing,
        }
    }

    /// What a fault calls this route; None for a path that is none.
    pub(crate) fn name(&self) -> Option<RouteName> {
        match self {
            Self::Health => Some(RouteName::Health),
            Self::Resource { resource, .. } => Some(RouteName::Resource(*resource)),
            Self::WrongMethod { .. } | Self::Missing => None,
        }
    }
}

fn resource(
    method: &Method,
    organization_id: &str,
    path: &[&str],
    generation: Generation,
    shapes: &Shapes,
) -> Route {
    let Some(entry) = RESOURCES.iter().find(|entry| is_same_path(path, entry.path)) else {
        return Route::Missing;
    };
    if entry.resource.is_recent() && generation == Generation::Legacy {
        return recent_route_on_a_legacy_server(entry, shapes);
    }
    let route = Route::Resource {
        organization_id: organization_id.to_owned(),
        resource: entry.resource,
        captures: captures(path, entry.path),
    };
    only(entry.method, method, route)
}

/// Before 1.196.0, `SignHash` and `SubmitWithArtifact` can only have been taken for the id of a signing request, which is
/// read with GET. Whether a server said 404 or 405 to a POST is UNKNOWN.
fn recent_route_on_a_legacy_server(entry: &Entry, shapes: &Shapes) -> Route {
    match (shapes.missing_route, entry.path) {
        (MissingRoute::MethodNotAllowed, [_, _]) => Route::WrongMethod { allow: "GET" },
        _ => Route::Missing,
    }
}

fn only(allowed: &'static str, method: &Method, route: Route) -> Route {
    if method.as_str() == allowed { route } else { Route::WrongMethod { allow: allowed } }
}

fn is_same_path(path: &[&str], expected: &[&str]) -> bool {
    path.len() == expected.len()
        && path.iter().zip(expected).all(|(one, other)| *other == "{}" || one.eq_ignore_ascii_case(other))
}

fn captures(path: &[&str], expected: &[&str]) -> Vec<String> {
    let captured = path.iter().zip(expected).filter(|(_, expected)| **expected == "{}");
    captured.map(|(segment, _)| (*segment).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: Method, path: &str, generation: Generation) -> Route {
        Route::of(&method, path, generation, &Shapes::default())
    }

    fn resource(resource: Resource) -> Route {
        Route::Resource { organization_id: "Id".into(), resource, captures: Vec::new() }
    }

    #[test]
    fn ids_are_taken_out_of_a_path() {
        let expected = |resource| Route::Resource {
            organization_id: "Id".into(),
            resource,
            captures: vec!["Request".into()],
        };
        let current = |path| route(Method::GET, path, Generation::Current);
        let certificate = expected(Resource::SigningRequestCertificate);
        assert_eq!(current("/Api/v1/Id/SigningRequests/Request"), expected(Resource::SigningRequest));
        assert_eq!(current("/api/v1/Id/signingrequests/Request/X509certificate"), certificate);
        assert_eq!(current("/Api/v1-pre/Id/SigningRequests/Request/X509Certificate"), certificate);
        assert_eq!(current("/Api/v1-pre/Id/SigningRequests/Request"), Route::Missing);
    }

    #[test]
    fn case_does_not_matter_in_a_path() {
        for path in ["/Api/v1/Id/SigningRequests/SignHash", "/API/V1/Id/signingrequests/signhash/"] {
            assert_eq!(
                route(Method::POST, path, Generation::Current),
                resource(Resource::SignHash),
                "{path}"
            );
        }
    }

    #[test]
    fn a_legacy_server_has_everything_but_sign_hash() {
        let sign_hash = "/Api/v1/Id/SigningRequests/SignHash";
        assert_eq!(route(Method::POST, sign_hash, Generation::Legacy), Route::Missing);
        assert_eq!(
            route(Method::POST, "/Api/v1/Id/SigningRequests", Generation::Legacy),
            resource(Resource::FastSigning)
        );
    }

    #[test]
    fn another_method_is_told_the_right_one() {
        let path = "/Api/v1/Id/Cryptoki/MySigningPolicies";
        assert_eq!(route(Method::POST, path, Generation::Current), Route::WrongMethod { allow: "GET" });
    }

    #[test]
    fn what_is_no_route_is_missing() {
        for path in
            ["/", "/Api", "/Api/v1", "/Api/v1/Id", "/Web/v1/Id/SigningRequests", "/Api/v2/Id/SigningRequests"]
        {
            assert_eq!(route(Method::POST, path, Generation::Current), Route::Missing, "{path}");
        }
    }
}
