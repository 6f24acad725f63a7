//! Names looked up in registries: which images they stand for, and the connections to where they lie.

use std::collections::BTreeMap;

use crate::console::Console;
use crate::images::{Image, Name, Repository, Version};
use crate::metadata::identities::Identities;
use crate::outcome::Result;
use crate::registry::manifest::Index;
use crate::registry::{Registry, RegistryOptions};

/// Connections to registries, one a repository.
pub(crate) struct Registries<'a> {
    options: &'a RegistryOptions,
    console: &'a Console,
    open: BTreeMap<Repository, Registry>,
}

impl<'a> Registries<'a> {
    pub(crate) fn new(options: &'a RegistryOptions, console: &'a Console) -> Self {
        Self { options, console, open: BTreeMap::new() }
    }

    /// The connection to a repository.
    pub(crate) async fn of(&mut self, repository: &Repository) -> Result<Registry> {
        if let Some(registry) = self.open.get(repository) {
            return Ok(registry.clone());
        }
        let registry = Registry::open(repository, self.options, self.console).await?;
        self.open.insert(repository.clone(), registry.clone());
        Ok(registry)
    }

    /// The images that are meant, each once; nothing is asked before all of them are known to be allowed.
    pub(crate) async fn resolve(
        &mut self,
        references: &[String],
        recursive: bool,
        identities: &Identities,
    ) -> Result<Vec<Image>> {
        let names: Vec<Name> = references.iter().map(|text| Name::parse(text)).collect::<Result<_>>()?;
        names.iter().try_for_each(|name| identities.check(&name.repository))?;
        let mut images = Vec::new();
        for name in names {
            let image = self.resolve_one(name).await?;
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
    pub(crate) async fn must_exist(&mut self, images: &[Image]) -> Result<()> {
        for image in images {
            self.of(&image.repository).await?.image(image.digest.as_str()).await?;
        }
        Ok(())
    }

    /// A tag is looked up, and told: it may mean something else tomorrow.
    async fn resolve_one(&mut self, name: Name) -> Result<Image> {
        let repository = name.repository;
        let tag = match name.version {
            Version::Digest(digest) => return Ok(Image { repository, digest }),
            Version::Tag(tag) => tag,
        };
        let manifest = self.of(&repository).await?.image(&tag).await?;
        self.console.say(&format!("{repository}:{tag} is {}", manifest.digest));
        Ok(Image { repository, digest: manifest.digest })
    }

    /// The images of an index, and those of the indexes in it.
    async fn parts(&mut self, index: &Image) -> Result<Vec<Image>> {
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
