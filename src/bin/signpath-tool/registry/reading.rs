//! Reading from a registry with a limit to what is read. oci-client, which does all the rest, keeps the whole of an
//! answer in memory, however large: enough for whoever fills a tag to end a job that only looks at it.

use oci_client::errors::{OciDistributionError as Error, OciEnvelope};
use oci_client::secrets::RegistryAuth;
use reqwest::header::ACCEPT;
use reqwest::{RequestBuilder, Response, StatusCode};

/// Nothing that is read is anywhere near as large: manifests, lists of referrers, payloads, bundles, configurations.
pub(super) const LARGEST: u64 = 4 << 20;

/// Asks for a manifest, a list of them or a blob, with a token of the registry's token service where it has one.
pub(super) async fn get(
    client: &reqwest::Client,
    (token, credentials): (Option<&str>, &RegistryAuth),
    url: &str,
    accepted: &[&str],
) -> Result<Vec<u8>, Error> {
    let request = client.get(url).header(ACCEPT, accepted.join(", "));
    let response = authorized(request, token, credentials).send().await?;
    let status = response.status();
    let body = bounded(response).await?;
    if status == StatusCode::OK { Ok(body) } else { Err(refusal(status, url, &body)) }
}

fn authorized(request: RequestBuilder, token: Option<&str>, credentials: &RegistryAuth) -> RequestBuilder {
    match (token, credentials) {
        (Some(token), _) => request.bearer_auth(token),
        (None, RegistryAuth::Bearer(token)) => request.bearer_auth(token),
        (None, RegistryAuth::Basic(name, password)) => request.basic_auth(name, Some(password)),
        (None, RegistryAuth::Anonymous) => request,
    }
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if (body.len() + chunk.len()) as u64 > LARGEST {
            let message = format!("the answer has more than {LARGEST} bytes");
            return Err(Error::GenericError(Some(message)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// As oci-client tells it (distribution-spec 1.1, "Error Codes").
fn refusal(status: StatusCode, url: &str, body: &[u8]) -> Error {
    let url = url.to_owned();
    match serde_json::from_slice::<OciEnvelope>(body) {
        _ if status == StatusCode::UNAUTHORIZED => Error::UnauthorizedError { url },
        Ok(envelope) if status.is_client_error() => Error::RegistryError { envelope, url },
        _ => {
            let message = String::from_utf8_lossy(body).into_owned();
            Error::ServerError { code: status.as_u16(), url, message }
        }
    }
}
