//! What both contracts of hash signing have in common: may this hash be signed, and the signature.
//!
//! The routes read their own wire form into a [`HashSigningRequest`] and write the [`SignedHash`] into their own answer.
//! Every request that gets here is audited, whatever becomes of it.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::LOCATION;
use serde_json::value::RawValue;

use super::Call;
use super::permission::{submitters_policy, unknown_artifact_configuration};
use crate::audit_log::{HashSubject, Outcome, Subject, Submission};
use crate::emulator::Emulator;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::identifiers::Uuid;
use crate::organization::default_data::ARTIFACT_CONFIGURATION_SLUG;
use crate::organization::signing_policy::{ApprovalProcess, PolicyPath, SigningPolicy};
use crate::shapes::{EcHashLengths, Location, SuccessStatus};
use crate::signing::algorithm::SignatureScheme;
use crate::signing::public_key::PublicKey;

/// A signing request for a hash, well-formed.
pub(crate) struct HashSigningRequest {
    pub(crate) path: PolicyPath,
    pub(crate) artifact_configuration_slug: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) scheme: SignatureScheme,
    /// The bare digest, without DigestInfo.
    pub(crate) hash: Vec<u8>,
    /// What the client tells about itself: any JSON, kept as it was sent.
    pub(crate) metadata: Option<Box<RawValue>>,
}

/// A signing request that was carried out.
pub(crate) struct SignedHash {
    pub(crate) signing_request_id: Uuid,
    pub(crate) signature: Vec<u8>,
}

/// Signs, if policy, user, key and hash allow it, and records the signing request either way.
pub(crate) async fn sign(call: &Call<'_>, request: HashSigningRequest) -> Result<SignedHash, Problem> {
    let permitted = permit(call, &request);
    let (scheme, hash) = (request.scheme, request.hash.clone());
    let submission = into_submission(call, request);
    match permitted {
        Ok(policy) => {
            let signed = carry_out(Arc::clone(call.emulator), policy, scheme, hash, submission).await?;
            let signature = call.conditions.tampering.apply(signed.signature);
            Ok(SignedHash { signature, ..signed })
        }
        Err(problem) => {
            call.emulator.audit_log.record(submission, Outcome::Refused { reason: problem.summary() });
            Err(problem)
        }
    }
}

/// The answer to a signing request that was carried out; status and Location are UNKNOWN.
pub(crate) fn success(call: &Call<'_>, signed: &SignedHash, answer: Answer) -> Answer {
    let shapes = &call.conditions.shapes;
    let status = match shapes.success_status {
        SuccessStatus::Ok => StatusCode::OK,
        SuccessStatus::Created => StatusCode::CREATED,
    };
    let answer = Answer { status, ..answer };
    match shapes.location {
        Location::Absent => answer,
        Location::Present => answer.with_header(LOCATION, call.emulator.api_link(signed.signing_request_id)),
    }
}

/// Signs and records where blocking is allowed: arithmetic takes milliseconds, and no connection waits for another's. A
/// client that goes away meanwhile does not undo it.
async fn carry_out(
    emulator: Arc<Emulator>,
    policy: Arc<SigningPolicy>,
    scheme: SignatureScheme,
    hash: Vec<u8>,
    submission: Submission,
) -> Result<SignedHash, Problem> {
    let internal_error = |reason| Problem::of(StatusCode::INTERNAL_SERVER_ERROR).caused_by(reason);
    let work = move || {
        let signing_request_id = Uuid::random();
        match emulator.signature(&policy.key, scheme, &hash) {
            Ok(signature) => {
                emulator.audit_log.record(submission, Outcome::Completed { signing_request_id });
                Ok(SignedHash { signing_request_id, signature })
            }
            Err(failure) => {
                let reason = failure.to_string();
                emulator.audit_log.record(submission, Outcome::Failed { reason: reason.clone() });
                Err(reason)
            }
        }
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(internal_error),
        Err(panicked) => Err(internal_error(panicked.to_string())),
    }
}

fn into_submission(call: &Call<'_>, request: HashSigningRequest) -> Submission {
    Submission {
        user: call.user.name.clone(),
        path: request.path,
        description: request.description,
        subject: Subject::Hash(HashSubject {
            scheme: request.scheme,
            hash: request.hash,
            metadata: request.metadata,
        }),
    }
}

/// The policy that may sign, or the first reason against it.
fn permit(call: &Call<'_>, request: &HashSigningRequest) -> Result<Arc<SigningPolicy>, Problem> {
    let policy = submitters_policy(call, &request.path)?;
    refuse_approval_process(&policy)?;
    refuse_other_artifact_configuration(request)?;
    refuse_misfit(&policy.key.public_key, request)?;
    refuse_hash_length(&policy.key.public_key, request, call.conditions.shapes.ec_hash_lengths)?;
    Ok(policy)
}

fn refuse_approval_process(policy: &SigningPolicy) -> Result<(), Problem> {
    match policy.approval_process {
        ApprovalProcess::None => Ok(()),
        ApprovalProcess::Required => Err(Problem::invalid(
            "SigningPolicyId",
            "The selected signing policy has an approval process. Hash signing does not support approvals.",
        )),
    }
}

fn refuse_other_artifact_configuration(request: &HashSigningRequest) -> Result<(), Problem> {
    match request.artifact_configuration_slug.as_deref() {
        None | Some("" | ARTIFACT_CONFIGURATION_SLUG) => Ok(()),
        Some(slug) => Err(unknown_artifact_configuration(slug, &request.path.project_slug)),
    }
}

/// The message is UNKNOWN.
fn refuse_misfit(public_key: &PublicKey, request: &HashSigningRequest) -> Result<(), Problem> {
    if public_key.fits(request.scheme) {
        return Ok(());
    }
    Err(Problem::invalid("", "The signature algorithm does not match the key of the signing policy.")
        .caused_by(format!("{} was asked of {}", request.scheme, request.path)))
}

/// For RSA the rule and the message were recorded. For ECDSA a wrong length is a 400 since 1.199.0; which lengths are
/// wrong, and the message, are UNKNOWN.
fn refuse_hash_length(
    public_key: &PublicKey,
    request: &HashSigningRequest,
    ec_hash_lengths: EcHashLengths,
) -> Result<(), Problem> {
    let length = request.hash.len();
    let fits = match (request.scheme, public_key, ec_hash_lengths) {
        (SignatureScheme::Rsa { hash_algorithm, .. }, _, _) => length == hash_algorithm.length(),
        (_, PublicKey::Ec(key), EcHashLengths::CurveOnly) => length == key.curve.matching_hash_length(),
        (SignatureScheme::Ecdsa { .. }, _, _) => (20..=64).contains(&length),
    };
    if fits {
        return Ok(());
    }
    Err(Problem::invalid("", "The hash algorithm does not match the given hash.")
        .caused_by(format!("{length} bytes for {}", request.scheme)))
}
