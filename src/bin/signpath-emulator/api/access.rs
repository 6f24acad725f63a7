//! What every route of an organization asks first: is JSON welcome, whose token is it, whose organization?

use std::sync::Arc;

use hyper::StatusCode;

use super::route::Resource;
use crate::emulator::Emulator;
use crate::http::ReceivedRequest;
use crate::http::problem::Problem;
use crate::identifiers::Uuid;
use crate::organization::Organization;
use crate::organization::user::{TokenState, User};

/// The user whose token the request bears, if this organization is that user's.
///
/// In this order: 406 for a client that does not read JSON (servers before 1.212.1 answered 500 when they had an error
/// to tell such a client), 401 for the token, 400 for an id that is none, 403 for another organization.
pub(crate) fn check(
    emulator: &Emulator,
    request: &ReceivedRequest,
    organization_id: &str,
    resource: Resource,
) -> Result<Arc<User>, Problem> {
    if resource.answers_json() && !request.admits_json() {
        return Err(Problem::because(
            StatusCode::NOT_ACCEPTABLE,
            "The Accept header does not admit application/json.",
        ));
    }
    let organization = emulator.organization.read();
    let user = authenticate(&organization, request.bearer_token())?;
    check_organization(&organization, organization_id)?;
    Ok(user)
}

/// 401 bodies carry "a concrete message" since 1.107.0; which one is UNKNOWN.
fn authenticate(organization: &Organization, token: Option<&str>) -> Result<Arc<User>, Problem> {
    let unauthorized = |detail: &str| Problem::because(StatusCode::UNAUTHORIZED, detail);
    let Some(token) = token else {
        return Err(unauthorized(
            "The request has no API token. Expected the header 'Authorization: Bearer <API token>'.",
        ));
    };
    let invalid = || unauthorized("The API token is not valid.");
    let user = organization.user_with_token(token).ok_or_else(invalid)?;
    match user.token_state {
        TokenState::Active => Ok(user),
        TokenState::Revoked => {
            Err(invalid().caused_by(format!("the token of user '{}' is revoked", user.name)))
        }
    }
}

/// Unknown resources are answered with 403 since 1.104.0, the empty GUID with 400 since 1.212.1.
fn check_organization(organization: &Organization, id: &str) -> Result<(), Problem> {
    const FIELD: &str = "organizationId";
    match Uuid::parse(id) {
        None => Err(Problem::invalid(FIELD, format!("The value '{id}' is not valid."))),
        Some(Uuid::EMPTY) => Err(Problem::invalid(FIELD, "The organization id must not be the empty GUID.")),
        Some(id) if id == organization.id => Ok(()),
        Some(id) => Err(Problem::because(
            StatusCode::FORBIDDEN,
            format!("The user has no access to the organization '{id}', or it does not exist."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::default_data;
    use crate::signing::key_store::KeyStore;

    fn organization() -> Organization {
        Organization::with_default_data(&KeyStore::in_process().unwrap())
    }

    #[test]
    fn a_revoked_token_is_refused_as_if_it_had_never_been() {
        let mut organization = organization();
        let user = organization.user("all-policies").unwrap();
        organization.put_user(User { token_state: TokenState::Revoked, ..User::clone(&user) });
        let problem = authenticate(&organization, Some(default_data::ALL_POLICIES_TOKEN)).unwrap_err();
        assert_eq!(
            problem.summary(),
            "The API token is not valid. (the token of user 'all-policies' is revoked)"
        );
    }

    #[test]
    fn an_organization_is_known_by_its_id_in_either_case() {
        let organization = organization();
        let id = default_data::ORGANIZATION_ID.to_string();
        assert!(check_organization(&organization, &id).is_ok());
        assert!(check_organization(&organization, &id.to_uppercase()).is_ok());
        assert!(check_organization(&organization, "00000000-0000-0000-0000-000000000000").is_err());
    }
}
