//! What the answers of registries mean: the specification leaves them much freedom.

use oci_client::errors::{OciDistributionError as Error, OciEnvelope, OciError, OciErrorCode as Code};
use signpath_pkcs11::error::root_cause;

/// The registry has no such thing.
pub(super) fn is_missing(error: &Error) -> bool {
    match error {
        Error::ImageManifestNotFoundError(_) | Error::ServerError { code: 404, .. } => true,
        Error::RegistryError { envelope, .. } => has_code(
            envelope,
            &[Code::ManifestUnknown, Code::NameUnknown, Code::NotFound, Code::Other("TAG_UNKNOWN".into())],
        ),
        _ => false,
    }
}

/// Answers of registries that do not know the referrers API; some say 400, some that it is not supported.
pub(super) fn is_unknown_route(error: &Error) -> bool {
    match error {
        Error::ServerError { code, .. } => [400, 404, 405, 406, 501].contains(code),
        Error::RegistryError { envelope, .. } => !has_code(envelope, &REFUSALS),
        _ => false,
    }
}

/// The registry wants other credentials, or any.
pub(super) fn is_refused(error: &Error) -> bool {
    match error {
        Error::AuthenticationFailure(_) | Error::UnauthorizedError { .. } => true,
        Error::ServerError { code, .. } => [401, 403].contains(code),
        Error::RegistryError { envelope, .. } => has_code(envelope, &REFUSALS),
        _ => false,
    }
}

/// Another attempt may do better. Registries that keep tags in files answer 500 to whoever reads one while it is written,
/// and do not know a blob, which they have, while another writer pushes the same: nothing is pushed here before its blobs.
pub(super) fn is_passing(error: &Error) -> bool {
    let is_busy =
        matches!(error, Error::ServerError { code, .. } if [408, 429, 500, 502, 503, 504].contains(code));
    let passing = [Code::Toomanyrequests, Code::ManifestBlobUnknown];
    is_busy || within(error, |envelope| has_code(envelope, &passing)).unwrap_or(false)
}

/// What there is to find in what the registry says beside the status. oci-client leaves it unread where a push is refused.
fn within<T>(error: &Error, find: impl FnOnce(&OciEnvelope) -> T) -> Option<T> {
    match error {
        Error::RegistryError { envelope, .. } => Some(find(envelope)),
        Error::ServerError { message, .. } => serde_json::from_str(message).ok().as_ref().map(find),
        _ => None,
    }
}

const REFUSALS: [Code; 3] = [Code::Unauthorized, Code::Denied, Code::Toomanyrequests];

fn has_code(envelope: &OciEnvelope, codes: &[Code]) -> bool {
    envelope.errors.iter().any(|error| codes.contains(&error.code))
}

/// What a person can use of an error.
pub(super) fn reason(error: &Error) -> String {
    let one = |error: &OciError| format!("{:?} {}", error.code, error.message);
    let all = |envelope: &OciEnvelope| envelope.errors.iter().map(one).collect::<Vec<_>>().join(", ");
    if let Some(said) = within(error, all) {
        return format!("the registry answered {said}");
    }
    match error {
        Error::UnauthorizedError { .. } => "the registry answered 401".to_owned(),
        Error::ServerError { code, message, .. } => {
            format!("the registry answered {code} {}", message.trim()).trim_end().to_owned()
        }
        Error::AuthenticationFailure(reason) => format!("the registry gives no token: {}", reason.trim()),
        other => root_cause(other),
    }
}
