//! Names looked up in registries: which images they stand for, and the connections to where they lie.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

use crate::console::Console;
use crate::images::{Image, Name, Repository, Version};
use crate::metadata::identities::Identities;
use crate::outcome::Result;
use crate::registry::manifest::Index;
use crate::registry::{self, Client, Registry, RegistryOptions};

/// So many repositories are worked on at a time; how many requests that makes is limited in `registry`.
pub(crate) const AT_A_TIME: usize = 100;

/// Connections to registries, one a registry, and what is known of each repository.
pub(crate) struct Registries<'a> {
    options: &'a RegistryOptions,
    console: &'a Console,
    clients: RefCell<BTreeMap<String, Rc<OnceCell<Client>>>>,
    open: RefCell<BTreeMap<Repository, Rc<OnceCell<Registry>>>>,
}

impl<'a> Registries<'a> {
    pub(crate) fn new(options: &'a RegistryOptions, console: &'a Console) -> Self {
        Self { options, console, clients: RefCell::default(), open: RefCell::default() }
    }

    /// The connection to a repository.
    pub(crate) async fn of(&self, repository: &Repository) -> Result<Registry> {
        let place = Rc::clone(self.open.borrow_mut().entry(repository.clone()).or_default());
        place.get_or_try_init(|| self.opened(repository)).await.cloned()
    }

    /// To read the authorities that are trusted takes longer than an image does: a registry's client is made once.
    async fn opened(&self, repository: &Repository) -> Result<Registry> {
        let host = &repository.registry;
        let place = Rc::clone(self.clients.borrow_mut().entry(host.clone()).or_default());
        let client = place.get_or_try_init(|| registry::client(host, self.options, self.console)).await?;
        Registry::open(repository, client.clone(), self.options).await
    }

    /// The images that are meant, each once; nothing is asked before all of them are known to be allowed.
    pub(crate) async fn resolve(
        &self,
        references: &[String],
        recursive: bool,
        identities: &Identities,
    ) -> Result<Vec<Image>> {
        let names: Vec<Name> = references.iter().map(|text| Name::parse(text)).collect::<Result<_>>()?;
        names.iter().try_for_each(|name| identities.check(&name.repository))?;
        let resolving = stream::iter(names).map(|name| self.resolve_one(name)).buffered(AT_A_TIME);
        // all of them: one that nobody drives while the next step waits would keep its place in the registry
        let resolved: Vec<Result<(Image, Option<String>)>> = resolving.collect().await;
        let mut images = Vec::new();
        for resolved in resolved {
            let (image, remark) = resolved?;
            remark.iter().for_each(|remark| self.console.say(remark));
            let parts = if recursive { self.parts(&image).await? } else { Vec::new() };
            for image in std::iter::once(image).chain(parts) {
                if !images.contains(&image) {
                    images.push(image);
                }
            }
        }
        Ok(images)
    }

    /// Looks whether the images exist; one that was given by digest has not been looked at yet.
    pub(crate) async fn must_exist(&self, images: &[Image]) -> Result<()> {
        let look = async |image: &Image| {
            let registry = self.of(&image.repository).await?;
            registry.image(image.digest.as_str()).await.map(drop)
        };
        stream::iter(images).map(look).buffered(AT_A_TIME).try_collect().await
    }

    /// A tag is looked up, and told: it may mean something else tomorrow.
    async fn resolve_one(&self, name: Name) -> Result<(Image, Option<String>)> {
        let repository = name.repository;
        let tag = match name.version {
            Version::Digest(digest) => return Ok((Image { repository, digest }, None)),
            Version::Tag(tag) => tag,
        };
        let manifest = self.of(&repository).await?.image(&tag).await?;
        let remark = format!("{repository}:{tag} is {}", manifest.digest);
        Ok((Image { repository, digest: manifest.digest }, Some(remark)))
    }

    /// The images of an index, and those of the indexes in it.
    async fn parts(&self, index: &Image) -> Result<Vec<Image>> {
        let registry = self.of(&index.repository).await?;
        let (mut parts, mut indexes) = (Vec::new(), vec![index.digest.clone()]);
        while let Some(digest) = indexes.pop() {
            let manifest = registry.image(digest.as_str()).await?;
            let Some(index_of_it) = Index::read(&manifest) else { continue };
            for entry in index_of_it.manifests {
                let digest = entry.digest()?;
                let part = Image { repository: index.repository.clone(), digest: digest.clone() };
                if part != *index && !parts.contains(&part) {
                    parts.push(part);
                    indexes.extend(entry.is_index().then_some(digest));
                }
            }
        }
        Ok(parts)
    }
}
