//! Searches: which objects a host finds, and what is said of a key that is not there.

use std::sync::PoisonError;

use super::error::{Result, refused};
use super::module::Module;
use super::names::{AttributeType, ObjectClass, ObjectHandle, ReturnValue};
use super::object::{Criterion, Keyring, Object, named};
use super::session::Session;
use crate::error::{Code, Notice};

impl Module {
    /// Begins a search.
    pub fn begin_search(&self, session: &Session, template: &[Criterion]) -> Result<()> {
        session.search.check_idle()?;
        session.search.begin(self.find(template)?.into_iter())
    }

    /// An object that is visible now.
    ///
    /// # Errors
    ///
    /// `CKR_OBJECT_HANDLE_INVALID`.
    pub fn object(&self, handle: ObjectHandle) -> Result<Object> {
        let profile = self.profiles().iter().find(|object| object.handle == handle).cloned();
        let found = profile.or_else(|| self.access.object(handle).map(|(object, _)| object));
        found.ok_or_else(|| {
            refused(ReturnValue::OBJECT_HANDLE_INVALID, format!("there is no object {}", handle.0))
        })
    }

    fn find(&self, template: &[Criterion]) -> Result<Vec<ObjectHandle>> {
        let mut found = if may_be_key(template) { self.find_keys(template)? } else { Vec::new() };
        let profiles = self.profiles().iter().filter(|object| object.meets(template));
        found.extend(profiles.map(|object| object.handle));
        Ok(found)
    }

    fn find_keys(&self, template: &[Criterion]) -> Result<Vec<ObjectHandle>> {
        let Some(keyring) = self.access.keyring()? else { return Ok(Vec::new()) };
        let found = keyring.find(template);
        let Some(name) = missing_key(template).filter(|name| found.is_empty() && !keyring.has_name(name))
        else {
            return Ok(found);
        };
        let keyring = self.access.refreshed_keyring().unwrap_or(keyring);
        if !keyring.has_name(name) {
            self.tell_missing(&keyring, template, name);
        }
        Ok(keyring.find(template))
    }

    /// A private key that is asked for by name and not there is nearly always a mistyped name: worth a line, once.
    fn tell_missing(&self, keyring: &Keyring, template: &[Criterion], name: &[u8]) {
        let is_private = is_of_class(template, ObjectClass::PRIVATE_KEY);
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if is_private && keyring.labels().next().is_some() && missed.insert(name.to_vec()) {
            self.log.error(&missing_line(keyring, name));
        }
    }
}

/// Whether a template leaves it open that a key or certificate is meant. NSS looks for profiles and built-in roots on
/// every token that it loads: no reason to ask SignPath.
fn may_be_key(template: &[Criterion]) -> bool {
    let classes = [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY, ObjectClass::CERTIFICATE];
    let mut asked = template.iter().filter(|criterion| criterion.kind == AttributeType::CLASS);
    asked.all(|criterion| classes.iter().any(|class| criterion.value == class.0.to_ne_bytes()))
}

/// The id or label of a key that a template asks for.
fn missing_key(template: &[Criterion]) -> Option<&[u8]> {
    let asks_for_key =
        is_of_class(template, ObjectClass::PRIVATE_KEY) || is_of_class(template, ObjectClass::PUBLIC_KEY);
    named(template).filter(|_| asks_for_key)
}

fn is_of_class(template: &[Criterion], class: ObjectClass) -> bool {
    let value = class.0.to_ne_bytes();
    template.iter().any(|criterion| criterion.kind == AttributeType::CLASS && criterion.value == value)
}

fn missing_line(keyring: &Keyring, name: &[u8]) -> Notice {
    const MOST: usize = 10;
    let name = String::from_utf8_lossy(name);
    let labels: Vec<&str> = keyring.labels().collect();
    let shown: Vec<&str> = labels.iter().copied().take(MOST).collect();
    let more = if labels.len() > MOST { format!(" and {} more", labels.len() - MOST) } else { String::new() };
    let text = format!(
        "there is no key `{name}`; use one of those that SignPath lists for this user: {}{more}",
        shown.join(", ")
    );
    Notice::new(Code::KeyNotFound, text)
}
