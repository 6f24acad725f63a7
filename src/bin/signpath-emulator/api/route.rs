//! Paths and methods of the API.
//!
//! Case does not matter in a path: SignPath's own clients and samples write `/Api`, `/api` and `/API` for one host.

use hyper::Method;

use crate::emulator::Generation;
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
}

/// A route without the organization: what a fault can be aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteName {
    Health,
    Resource(Resource),
}

struct Entry {
    method: &'static str,
    path: &'static [&'static str],
    resource: Resource,
}

/// Everything under `/Api/v1/{organizationId}`.
const RESOURCES: [Entry; 3] = [
    Entry { method: "GET", path: &["Cryptoki", "MySigningPolicies"], resource: Resource::MySigningPolicies },
    Entry { method: "POST", path: &["SigningRequests", "SignHash"], resource: Resource::SignHash },
    Entry { method: "POST", path: &["SigningRequests"], resource: Resource::FastSigning },
];

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
    if entry.resource == Resource::SignHash && generation == Generation::Legacy {
        return sign_hash_on_a_legacy_server(shapes);
    }
    let organization_id = organization_id.to_owned();
    only(entry.method, method, Route::Resource { organization_id, resource: entry.resource })
}

/// Before 1.196.0, `SignHash` can only have been taken for the id of a signing request, which is read with GET. Whether
/// a server said 404 or 405 to a POST is UNKNOWN.
fn sign_hash_on_a_legacy_server(shapes: &Shapes) -> Route {
    match shapes.missing_route {
        MissingRoute::NotFound => Route::Missing,
        MissingRoute::MethodNotAllowed => Route::WrongMethod { allow: "GET" },
    }
}

fn only(allowed: &'static str, method: &Method, route: Route) -> Route {
    if method.as_str() == allowed { route } else { Route::WrongMethod { allow: allowed } }
}

fn is_same_path(path: &[&str], expected: &[&str]) -> bool {
    path.len() == expected.len()
        && path.iter().zip(expected).all(|(one, other)| one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: Method, path: &str, generation: Generation) -> Route {
        Route::of(&method, path, generation, &Shapes::default())
    }

    fn resource(resource: Resource) -> Route {
        Route::Resource { organization_id: "Id".into(), resource }
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
