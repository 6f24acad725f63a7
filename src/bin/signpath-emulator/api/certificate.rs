//! The X.509 certificate of a signing request or of a signing policy: DER, as SignPath's own scripts read it.

use hyper::StatusCode;

use super::permission::submitters_policy;
use super::{Call, signing_request};
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::organization::signing_policy::{CertificateType, PolicyPath, SigningPolicy};
use crate::shapes::CertificateIssuer;

/// `GET SigningRequests/{id}/X509Certificate`, since 1.151.1
pub(crate) fn of_signing_request(call: &Call<'_>) -> Result<Answer, Problem> {
    certificate(call, &signing_request::find(call)?.submission.policy)
}

/// `GET Projects/{slug}/SigningPolicies/{slug}/Certificate/X509Certificate`, since 1.177.0
pub(crate) fn of_signing_policy(call: &Call<'_>) -> Result<Answer, Problem> {
    let path = PolicyPath::new(call.capture(0), call.capture(1));
    certificate(call, submitters_policy(call, &path)?.as_ref())
}

/// What a policy with a GPG key answers is UNKNOWN, as is the content type.
fn certificate(call: &Call<'_>, policy: &SigningPolicy) -> Result<Answer, Problem> {
    if policy.certificate_type == CertificateType::Gpg {
        return Err(Problem::invalid("", "The certificate is not an X.509 certificate."));
    }
    let certificates = &policy.key.certificates;
    let der = match call.conditions.shapes.certificate {
        CertificateIssuer::SelfSigned => &certificates.self_signed,
        CertificateIssuer::CaIssued => &certificates.ca_issued,
    };
    Ok(Answer::empty(StatusCode::OK).with_body("application/octet-stream", der.clone()))
}
