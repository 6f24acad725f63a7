//! What a registry needs to have signatures attached, and nothing else: the requests that `signpath-tool sign-image` sends
//! it, as many at a time, by the smallest client.

use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use serde_json::json;
use signpath_pkcs11::token::encoding::hexadecimal;
use tokio::runtime::Builder;

/// So many requests `sign-image` has out at a time.
const AT_A_TIME: usize = 8;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A bundle has about this many bytes.
const BUNDLE: usize = 1500;

/// Reads the manifest of each image, and attaches a blob to it by the tag that stands for its referrers.
pub fn read_and_attach(images: &[String]) {
    // an error says that it was done before
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    std::thread::scope(|scope| {
        for part in images.chunks(images.len().div_ceil(AT_A_TIME)) {
            scope.spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                let client = Client::new();
                part.iter().for_each(|image| runtime.block_on(attach(&client, image)));
            });
        }
    });
}

async fn attach(client: &Client, image: &str) {
    let (repository, digest) = image.split_once('@').expect("an image by its digest");
    let (registry, name) = repository.split_once('/').expect("a registry");
    let root = format!("http://{registry}/v2/{name}");
    let manifest = format!("{root}/manifests/{digest}");
    let response = client.get(&manifest).header(ACCEPT, MANIFEST).send().await.unwrap();
    let size = response.error_for_status().unwrap().bytes().await.unwrap().len();
    let bundle = push_blob(client, &root, vec![b'x'; BUNDLE]).await;
    let empty = push_blob(client, &root, b"{}".to_vec()).await;
    let referrer = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2},
        "layers": [{"mediaType": "application/octet-stream", "digest": bundle, "size": BUNDLE}],
        "subject": {"mediaType": MANIFEST, "digest": digest, "size": size},
    });
    let referrer = referrer.to_string();
    let referrer_digest = sha256(referrer.as_bytes());
    let entry = json!({"mediaType": MANIFEST, "digest": referrer_digest, "size": referrer.len()});
    push_manifest(client, &format!("{root}/manifests/{referrer_digest}"), MANIFEST, referrer).await;
    let tag = format!("{root}/manifests/{}", digest.replace(':', "-"));
    client.get(&tag).header(ACCEPT, INDEX).send().await.unwrap();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).to_string();
    push_manifest(client, &tag, INDEX, index).await;
    client.get(&tag).header(ACCEPT, INDEX).send().await.unwrap().error_for_status().unwrap();
}

async fn push_blob(client: &Client, root: &str, bytes: Vec<u8>) -> String {
    let digest = sha256(&bytes);
    let begun = client.post(format!("{root}/blobs/uploads/")).send().await.unwrap();
    let location = begun.error_for_status().unwrap().headers()[LOCATION].to_str().unwrap().to_owned();
    let put = client.put(format!("{location}&digest={digest}")).body(bytes);
    put.send().await.unwrap().error_for_status().unwrap();
    digest
}

async fn push_manifest(client: &Client, url: &str, kind: &str, content: String) {
    let put = client.put(url).header(CONTENT_TYPE, kind).body(content);
    put.send().await.unwrap().error_for_status().unwrap();
}

fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    format!("sha256:{}", hexadecimal(digest.as_ref()))
}
