//! Links and pictures lead somewhere.

use std::path::{Component, Path, PathBuf};

use crate::markdown::{Document, document, documents};
use crate::support::artifacts::package;

/// Where links may lead outside of the repository. No test asks these servers; who adds one has looked.
const HOSTS: [&str; 7] = [
    "docs.sigstore.dev",
    "ebourg.github.io",
    "github.com",
    "go.dev",
    "kyverno.io",
    "rustup.rs",
    "signpath.io",
];

/// A link that leads to a file of the repository: the document that has it, the file, and the heading in it if any.
struct Inner {
    from: String,
    to: PathBuf,
    anchor: Option<String>,
}

fn is_outer(target: &str) -> bool {
    target.contains("://")
}

fn inner_links(document: &Document) -> Vec<Inner> {
    let inner = document.targets().into_iter().filter(|target| !is_outer(target));
    inner
        .map(|target| {
            let (file, anchor) = match target.split_once('#') {
                Some((file, anchor)) => (file, Some(anchor.to_owned())),
                None => (target.as_str(), None),
            };
            let folder = Path::new(&document.path).parent().unwrap();
            let to = if file.is_empty() { PathBuf::from(&document.path) } else { normal(&folder.join(file)) };
            Inner { from: format!("{} -> {target}", document.path), to, anchor }
        })
        .collect()
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, component| {
        if component == Component::ParentDir {
            normal.pop();
        } else {
            normal.push(component);
        }
        normal
    })
}

#[test]
fn links_to_files_lead_to_files_and_folders_that_are_there() {
    let links: Vec<Inner> = documents().iter().flat_map(inner_links).collect();

    assert!(links.len() > 60, "{}", links.len());
    for link in links {
        assert!(package().join(&link.to).exists(), "{}", link.from);
    }
}

#[test]
fn links_to_headings_lead_to_headings() {
    for link in documents().iter().flat_map(inner_links) {
        let Some(anchor) = link.anchor else { continue };
        let anchors = document(link.to.to_str().unwrap()).anchors();
        assert!(anchors.contains(&anchor), "{}: none of {anchors:?}", link.from);
    }
}

#[test]
fn links_to_other_places_lead_to_hosts_that_are_known() {
    for document in documents() {
        for target in document.targets().into_iter().filter(|target| is_outer(target)) {
            let host = target.strip_prefix("https://").and_then(|rest| rest.split('/').next());
            assert!(host.is_some_and(|host| HOSTS.contains(&host)), "{}: {target}", document.path);
        }
    }
}

#[test]
fn the_index_of_the_documents_names_each_of_them() {
    let named: Vec<PathBuf> =
        inner_links(&document("docs/README.md")).into_iter().map(|link| link.to).collect();

    // a folder's pages are led to by the page of its name
    let is_page = |path: &str| path.strip_prefix("docs/").is_some_and(|name| !name.contains('/'));
    for document in documents().iter().filter(|document| is_page(&document.path)) {
        let is_named = document.path == "docs/README.md" || named.contains(&PathBuf::from(&document.path));
        assert!(is_named, "docs/README.md does not name {}", document.path);
    }
}
