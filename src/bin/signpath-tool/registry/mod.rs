//! An OCI registry (distribution-spec 1.1): the little of it that signatures need.
//!
//! How it is reached is `access`'s business, what lies in it that of [`crate::attachments`].

mod access;
mod credentials;
mod errors;
pub(crate) mod manifest;
mod reading;
mod retry;
pub(crate) mod tags;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

pub(crate) use access::{Client, client};
use clap::Args;
use oci_client::errors::OciDistributionError as Error;
use oci_client::secrets::RegistryAuth;
use oci_client::{Reference, RegistryOperation};
use reqwest::header::HeaderValue;

use crate::command_line::words;
use crate::images::{Digest, Repository};
use crate::outcome::{Ending, Exit, Result};
use errors::{is_missing, is_refused, is_unknown_route, reason};
use manifest::{DOCKER_LIST, DOCKER_MANIFEST, Descriptor, IMAGE_INDEX, IMAGE_MANIFEST, Stored};
use reading::LARGEST;

/// How a registry is reached. The names are cosign's.
#[derive(Args, Debug, Default)]
pub(crate) struct RegistryOptions {
    /// Accept any certificate of the registry, for testing
    #[arg(long)]
    pub(crate) allow_insecure_registry: bool,

    /// Certificate authorities to trust in place of the system's, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) registry_cacert: Option<PathBuf>,

    /// User name, in place of that of `docker login`
    #[arg(long, value_name = "NAME", requires = "password")]
    pub(crate) registry_username: Option<String>,

    /// Password; other users of the machine can see it, which they cannot after `docker login`
    #[arg(long, value_name = "PASSWORD", requires = "registry_username", group = "password")]
    pub(crate) registry_password: Option<String>,

    /// Read the password from standard input
    #[arg(long, requires = "registry_username", group = "password")]
    pub(crate) registry_password_stdin: bool,

    /// Bearer token
    #[arg(long, value_name = "TOKEN", conflicts_with = "registry_username")]
    pub(crate) registry_token: Option<String>,
}

impl RegistryOptions {
    /// These options as they are typed, without secrets.
    pub(crate) fn words(&self) -> Vec<String> {
        let insecure = self.allow_insecure_registry.then(|| "--allow-insecure-registry".to_owned());
        insecure.into_iter().chain(words("--registry-cacert", self.registry_cacert.as_ref())).collect()
    }
}

/// A repository that can be read and written.
#[derive(Clone)]
pub(crate) struct Registry {
    client: Client,
    credentials: RegistryAuth,
    /// That of the registry's token service, which it may want anew after some minutes.
    token: Rc<RefCell<Option<String>>>,
    repository: Repository,
    /// Manifests of images that were read before: what a digest stands for never changes.
    images: Rc<RefCell<BTreeMap<Digest, Stored>>>,
}

impl Registry {
    /// Logs in to a repository, where its registry asks for that.
    pub(crate) async fn open(
        repository: &Repository,
        client: Client,
        options: &RegistryOptions,
    ) -> Result<Self> {
        let credentials = credentials::of(&repository.registry, options)?;
        let (token, images) = (Rc::default(), Rc::default());
        let registry = Self { client, credentials, token, repository: repository.clone(), images };
        if registry.credentials != RegistryAuth::Anonymous || registry.client.wants_login().await {
            registry.log_in().await.map_err(|error| registry.failed("asking", &error))?;
        }
        Ok(registry)
    }

    async fn log_in(&self) -> std::result::Result<(), Error> {
        let (reference, credentials) = (self.at("latest"), &self.credentials);
        let ask = async || self.client.oci.auth(&reference, credentials, RegistryOperation::Pull).await;
        let token = retry::with_patience(ask).await?;
        *self.token.borrow_mut() = token;
        Ok(())
    }

    /// The manifest under a tag or digest, if there is one.
    pub(crate) async fn manifest(&self, version: &str) -> Result<Option<Stored>> {
        let accepted = [IMAGE_MANIFEST, IMAGE_INDEX, DOCKER_MANIFEST, DOCKER_LIST];
        let reference = self.at(version);
        match self.read(&format!("manifests/{version}"), &accepted).await {
            // the digest of what was received: a header only repeats it
            Ok(bytes) => self.as_asked(version, Stored { digest: Digest::of(&bytes), bytes }).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.failed(&format!("reading {reference} from"), &error)),
        }
    }

    fn as_asked(&self, version: &str, stored: Stored) -> Result<Stored> {
        match Digest::parse(version) {
            Some(asked) if asked != stored.digest => {
                let message = format!("the registry sent {} for {}", stored.digest, self.at(version));
                Err(Ending::new(Exit::Registry, message))
            }
            _ => Ok(stored),
        }
    }

    /// What lies at a path of the repository. A token is good for some minutes, and a signing request may wait for days.
    async fn read(&self, path: &str, accepted: &[&str]) -> std::result::Result<Vec<u8>, Error> {
        match self.read_once(path, accepted).await {
            Err(Error::UnauthorizedError { .. }) if self.token.borrow().is_some() => {
                self.log_in().await?;
                self.read_once(path, accepted).await
            }
            answer => answer,
        }
    }

    async fn read_once(&self, path: &str, accepted: &[&str]) -> std::result::Result<Vec<u8>, Error> {
        let Client { http, root, .. } = &self.client;
        let url = format!("{root}/{}/{path}", self.repository.name);
        let token = self.token.borrow().clone();
        let authorization = (token.as_deref(), &self.credentials);
        retry::with_patience(async || reading::get(http, authorization, &url, accepted).await).await
    }

    /// The manifest of an image by tag or digest, which must be there; by digest, it is asked for once.
    pub(crate) async fn image(&self, version: &str) -> Result<Stored> {
        let known = Digest::parse(version).and_then(|digest| self.images.borrow().get(&digest).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let missing = || {
            let message = format!("{} is not in the registry; check its name", self.at(version));
            Ending::new(Exit::Registry, message)
        };
        let stored = self.manifest(version).await?.ok_or_else(missing)?;
        if !stored.is_manifest() {
            let message = format!("what the registry sent for {} is no manifest", self.at(version));
            return Err(Ending::new(Exit::Registry, message));
        }
        self.images.borrow_mut().insert(stored.digest.clone(), stored.clone());
        Ok(stored)
    }

    /// A blob, with the digest that was asked for.
    pub(crate) async fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>> {
        let digest = descriptor.digest()?;
        if descriptor.size > LARGEST {
            let message = format!(
                "{} says that {digest} has {} bytes; more than {LARGEST} are not read",
                self.repository, descriptor.size
            );
            return Err(Ending::new(Exit::Registry, message));
        }
        let bytes = self.read(&format!("blobs/{digest}"), &["*/*"]).await;
        let bytes = bytes.map_err(|error| self.failed(&format!("reading {digest} from"), &error))?;
        self.as_asked(digest.as_str(), Stored { digest: Digest::of(&bytes), bytes })
            .map(|stored| stored.bytes)
    }

    /// Pushes a blob.
    pub(crate) async fn push_blob(&self, bytes: &[u8]) -> Result<()> {
        let digest = Digest::of(bytes);
        let reference = self.at(digest.as_str());
        let push = async || self.client.oci.push_blob(&reference, bytes.to_vec(), digest.as_str()).await;
        match retry::with_patience(push).await {
            Ok(_) => Ok(()),
            // some registries take a blob and do not say where they put it
            Err(Error::RegistryNoLocationError) if self.has_blob(&digest).await => Ok(()),
            Err(error) => Err(self.failed("pushing to", &error)),
        }
    }

    async fn has_blob(&self, digest: &Digest) -> bool {
        let reference = self.at(digest.as_str());
        let ask = async || self.client.oci.blob_exists(&reference, digest.as_str()).await;
        retry::in_place(&ask).await.unwrap_or(false)
    }

    /// Pushes a manifest under a tag, or under its digest.
    pub(crate) async fn push_manifest(
        &self,
        version: &str,
        media_type: &'static str,
        bytes: &[u8],
    ) -> Result<()> {
        let (registry, name) = (self.repository.registry.clone(), self.repository.name.clone());
        // a digest, too, goes where the tag goes: oci-client 0.18 panics if a registry takes a manifest by digest and
        // does not say where it put it
        let reference = Reference::with_tag(registry, name, version.to_owned());
        let media_type = HeaderValue::from_static(media_type);
        let push =
            async || self.client.oci.push_manifest_raw(&reference, bytes.to_vec(), media_type.clone()).await;
        retry::with_patience(push)
            .await
            .map_err(|error| self.failed(&format!("pushing {reference} to"), &error))?;
        Ok(())
    }

    /// What refers to a manifest: by the referrers API, or by the tag that stands for it in registries without.
    pub(crate) async fn referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>> {
        let answer = self.read(&format!("referrers/{}", digest.as_str()), &[IMAGE_INDEX]).await;
        let bytes = match answer {
            Ok(bytes) => bytes,
            Err(error) if is_unknown_route(&error) => return self.tagged_referrers(digest).await,
            Err(error) => {
                return Err(self.failed(&format!("reading what refers to {digest} from"), &error));
            }
        };
        Ok(manifest::read::<manifest::Index>(&bytes, "list of referrers")?.manifests)
    }

    async fn tagged_referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>> {
        let stored = self.manifest(&tags::of_referrers(digest)).await?;
        Ok(stored.and_then(|stored| manifest::Index::read(&stored)).unwrap_or_default().manifests)
    }

    fn at(&self, version: &str) -> Reference {
        let (registry, name) = (self.repository.registry.clone(), self.repository.name.clone());
        match Digest::parse(version) {
            Some(digest) => Reference::with_digest(registry, name, digest.to_string()),
            None => Reference::with_tag(registry, name, version.to_owned()),
        }
    }

    fn failed(&self, what: &str, error: &Error) -> Ending {
        let reason = reason(error);
        let remedy = if is_refused(error) {
            format!("log in: docker login {}", self.repository.registry)
        } else if reason.contains("certificate") {
            "an authority of your own goes into --registry-cacert".to_owned()
        } else {
            "check the name and the network".to_owned()
        };
        Ending::new(Exit::Registry, format!("{what} {}: {reason}; {remedy}", self.repository))
    }
}
