//! The objects of the token: for each signing policy its private key, its public key and its certificate, with handles
//! that stay while the key behind them stays. Profiles, which need no key, are in `profile`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cryptoki_sys::CK_ULONG;

use super::attributes::Attribute;
use super::names::{AttributeType, ObjectClass, ObjectHandle};
use super::profile::Profile;
use super::verification::Verifier;
use crate::signpath::{Certificate, PublicKey, SignatureAlgorithm, SigningPolicy};

/// A key of the token.
#[derive(Debug)]
pub struct Key {
    /// The signing policy, with key and certificate.
    pub policy: SigningPolicy,
    /// `project-slug/signing-policy-slug`, both `CKA_ID` and `CKA_LABEL`.
    pub label: String,
    verifier: Verifier,
}

impl Key {
    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.policy.key
    }

    /// Whether a signature is one of a hash by this key: see [`Verifier::verifies`].
    pub fn verifies(&self, algorithm: SignatureAlgorithm, hash: &[u8], signature: &[u8]) -> bool {
        self.verifier.verifies(self.public_key(), algorithm, hash, signature)
    }

    /// The certificate, if there is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.policy.certificate.as_ref()
    }
}

/// One object.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its handle.
    pub handle: ObjectHandle,
    /// `CKA_PRIVATE`: visible after login only.
    pub is_private: bool,
    /// What it is.
    pub content: Content,
}

/// What an object is.
#[derive(Debug, Clone)]
pub enum Content {
    /// The private half of a key.
    PrivateKey(Arc<Key>),
    /// The public half of a key.
    PublicKey(Arc<Key>),
    /// A key's certificate.
    Certificate(Arc<Key>),
    /// A profile that the module meets.
    Profile(Profile),
}

impl Object {
    /// `CKA_CLASS`.
    pub fn class(&self) -> ObjectClass {
        match self.content {
            Content::PrivateKey(_) => ObjectClass::PRIVATE_KEY,
            Content::PublicKey(_) => ObjectClass::PUBLIC_KEY,
            Content::Certificate(_) => ObjectClass::CERTIFICATE,
            Content::Profile(_) => ObjectClass::PROFILE,
        }
    }

    /// The key that it shows a side of.
    pub fn key(&self) -> Option<&Arc<Key>> {
        match &self.content {
            Content::PrivateKey(key) | Content::PublicKey(key) | Content::Certificate(key) => Some(key),
            Content::Profile(_) => None,
        }
    }

    /// Whether the object meets every criterion of a template.
    pub fn meets(&self, template: &[Criterion]) -> bool {
        template.iter().all(|criterion| {
            matches!(self.attribute(criterion.kind), Some(Attribute::Value(value)) if *value == *criterion.value)
        })
    }

    fn shows_the_same_as(&self, other: &Self) -> bool {
        let same_key = match (self.key(), other.key()) {
            (Some(own), Some(other)) => own.label == other.label && own.public_key() == other.public_key(),
            _ => false,
        };
        let certificate = |object: &Self| match &object.content {
            Content::Certificate(key) => key.certificate().cloned(),
            _ => None,
        };
        same_key
            && self.class() == other.class()
            && self.is_private == other.is_private
            && certificate(self) == certificate(other)
    }
}

/// One attribute of a search template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// The attribute.
    pub kind: AttributeType,
    /// The value that it must have.
    pub value: Vec<u8>,
}

/// How objects are shown; from the configuration and the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appearance {
    /// Whether certificates are objects.
    pub certificates: bool,
    /// Whether private keys are private objects, which need a login.
    pub private: bool,
}

/// All objects that one user sees. It outlives a logout, and so does not know who that is.
pub struct Keyring {
    objects: Vec<Object>,
    by_handle: HashMap<ObjectHandle, usize>,
    /// Where the objects with a name are: they stand side by side.
    by_name: HashMap<Vec<u8>, Range<usize>>,
}

impl Keyring {
    /// Makes objects of policies. Handles of `previous` are kept where nothing changed.
    pub fn new(policies: Vec<SigningPolicy>, appearance: Appearance, previous: Option<&Self>) -> Self {
        let mut objects: Vec<Object> =
            keys(policies).into_iter().flat_map(|key| objects_of(key, appearance)).collect();
        for object in &mut objects {
            let known = previous.and_then(|previous| previous.same_object(object));
            object.handle = known.map_or_else(new_handle, |known| known.handle);
        }
        Self::of_objects(objects)
    }

    /// The same objects under new handles: after logout the old ones stay invalid (PKCS#11 v3.1 section 5.6.10).
    pub fn renumbered(&self) -> Self {
        let mut objects = self.objects.clone();
        for object in &mut objects {
            object.handle = new_handle();
        }
        Self::of_objects(objects)
    }

    /// An object by its handle.
    pub fn object(&self, handle: ObjectHandle) -> Option<&Object> {
        self.objects.get(*self.by_handle.get(&handle)?)
    }

    /// The handles of all objects that meet every criterion, in the order of the labels.
    pub fn find(&self, template: &[Criterion]) -> Vec<ObjectHandle> {
        let meets = |object: &&Object| object.meets(template);
        match named(template) {
            Some(name) => self.with_name(name).filter(meets).map(|object| object.handle).collect(),
            None => self.objects.iter().filter(meets).map(|object| object.handle).collect(),
        }
    }

    /// Whether any object has this id or label.
    pub fn has_name(&self, name: &[u8]) -> bool {
        self.by_name.contains_key(name)
    }

    /// The labels of all keys.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().filter_map(|object| match &object.content {
            Content::PrivateKey(key) => Some(key.label.as_str()),
            _ => None,
        })
    }

    fn of_objects(objects: Vec<Object>) -> Self {
        let by_handle = objects.iter().enumerate().map(|(index, object)| (object.handle, index)).collect();
        let mut by_name: HashMap<Vec<u8>, Range<usize>> = HashMap::with_capacity(objects.len());
        let named = objects.iter().enumerate().filter_map(|(index, object)| Some((index, object.key()?)));
        for (index, key) in named {
            match by_name.get_mut(key.label.as_bytes()) {
                Some(place) => place.end = index + 1,
                None => drop(by_name.insert(key.label.as_bytes().to_vec(), index..index + 1)),
            }
        }
        Self { objects, by_handle, by_name }
    }

    fn with_name(&self, name: &[u8]) -> impl Iterator<Item = &Object> {
        self.by_name.get(name).and_then(|place| self.objects.get(place.clone())).into_iter().flatten()
    }

    fn same_object(&self, object: &Object) -> Option<&Object> {
        self.with_name(object.key()?.label.as_bytes()).find(|own| own.shows_the_same_as(object))
    }
}

/// The id or label that a template asks for: every object has both, and both are the same.
pub fn named(template: &[Criterion]) -> Option<&[u8]> {
    let is_name = |criterion: &&Criterion| matches!(criterion.kind, AttributeType::ID | AttributeType::LABEL);
    template.iter().find(is_name).map(|criterion| criterion.value.as_slice())
}

/// In the order of their labels, the first of those with the same label alone: `pkcs11-tool --sign --label` takes the
/// first key whatever its label, so that the order has to be the same from run to run.
fn keys(policies: Vec<SigningPolicy>) -> Vec<Arc<Key>> {
    let key = |policy: SigningPolicy| {
        Arc::new(Key { label: policy.label(), policy, verifier: Verifier::default() })
    };
    let mut keys: Vec<Arc<Key>> = policies.into_iter().map(key).collect();
    keys.sort_by(|one, other| one.label.cmp(&other.label));
    keys.dedup_by(|later, earlier| later.label == earlier.label);
    keys
}

fn objects_of(key: Arc<Key>, appearance: Appearance) -> impl Iterator<Item = Object> {
    let certificate =
        key.certificate().filter(|_| appearance.certificates).map(|_| Content::Certificate(Arc::clone(&key)));
    let contents = [Content::PrivateKey(Arc::clone(&key)), Content::PublicKey(key)];
    contents.into_iter().chain(certificate).map(move |content| Object {
        handle: ObjectHandle(0),
        is_private: appearance.private && matches!(content, Content::PrivateKey(_)),
        content,
    })
}

/// Handles are never used twice in a process: one of an earlier run must not become another object.
pub(super) fn new_handle() -> ObjectHandle {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    ObjectHandle(NEXT.fetch_add(1, Ordering::Relaxed) as CK_ULONG)
}
