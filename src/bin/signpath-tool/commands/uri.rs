//! `signpath-tool uri`: a key's PKCS#11 URI, or what a URI says, and to whom.

use std::path::Path;

use serde::Serialize;

use super::{print, print_json};
use crate::arguments::{Output, Uri};
use crate::console::Console;
use crate::files;
use crate::key_name::{Access, KeyName, Program, TOKEN, is_uri};
use crate::outcome::{Ending, Exit, Result};
use crate::pkcs11_uri::{Attribute, Pkcs11Uri};
use crate::table;

pub(crate) fn run(arguments: &Uri, console: &Console) -> Result<()> {
    let subject = match arguments.subject.as_str() {
        "-" => files::read_text(Path::new("-"))?,
        subject => subject.to_owned(),
    };
    if is_uri(subject.trim()) {
        explain(subject.trim(), arguments, console)
    } else {
        build(subject.trim(), arguments)
    }
}

fn build(key: &str, arguments: &Uri) -> Result<()> {
    let key = KeyName::parse(key).map_err(|refusal| Ending::new(Exit::Failed, refusal))?;
    if let Some(path) = arguments.module_path.as_ref().filter(|path| !path.is_absolute()) {
        let message = format!("--module-path {} is not absolute; cosign takes no other", path.display());
        return Err(Ending::new(Exit::Configuration, message));
    }
    if arguments.pin_file.is_some() && arguments.program != Program::Cosign {
        let message = "--pin-file is for cosign alone; OpenSSL's engine reads at most 32 characters of a PIN from a URI, \
                       so set PIN in its configuration";
        return Err(Ending::new(Exit::Configuration, message));
    }
    let pin = arguments.pin_file.as_deref().map(files::read_text).transpose()?;
    let access =
        Access { module_path: arguments.module_path.clone(), pin: pin.map(|pin| pin.trim_end().to_owned()) };
    match arguments.output.output {
        Output::Json => print_json(&key.references(&access)),
        Output::Text => print(format!("{}\n", key.reference(arguments.program, &access))),
    }
}

fn explain(text: &str, arguments: &Uri, console: &Console) -> Result<()> {
    let uri = Pkcs11Uri::read(text)
        .map_err(|refusal| Ending::new(Exit::Failed, format!("this is no PKCS#11 URI: {refusal}")))?;
    let attributes: Vec<Explained> = uri.path.iter().chain(&uri.query).map(Explained::of).collect();
    let remarks = remarks(&uri);
    match arguments.output.output {
        Output::Json => print_json(&Explanation { attributes, remarks }),
        Output::Text => {
            print(table::aligned(&attributes.iter().map(Explained::row).collect::<Vec<_>>()))?;
            remarks.iter().for_each(|remark| console.warning(remark));
            Ok(())
        }
    }
}

#[derive(Serialize)]
struct Explanation {
    attributes: Vec<Explained>,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct Explained {
    name: String,
    value: String,
    meaning: &'static str,
}

impl Explained {
    fn of(attribute: &Attribute) -> Self {
        let value = if attribute.is_secret() { "***".to_owned() } else { shown(&attribute.value) };
        Self { name: attribute.name.clone(), value, meaning: meaning(&attribute.name) }
    }

    fn row(&self) -> Vec<String> {
        vec![self.name.clone(), self.value.clone(), self.meaning.to_owned()]
    }
}

/// What a person can read; an id may be any bytes.
fn shown(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => value.iter().map(|byte| format!("%{byte:02X}")).collect(),
    }
}

fn meaning(name: &str) -> &'static str {
    match name {
        "token" => "the token's label",
        "manufacturer" => "the token's manufacturer",
        "serial" => "the token's serial number",
        "model" => "the token's model",
        "library-manufacturer" => "the module's manufacturer",
        "library-version" => "the module's version",
        "library-description" => "the module's description",
        "object" => "the key's label (CKA_LABEL)",
        "type" => "the kind of object",
        "id" => "the key's id (CKA_ID)",
        "slot-description" => "the slot's description",
        "slot-manufacturer" => "the slot's manufacturer",
        "slot-id" => "the slot's number",
        "pin-source" => "where the PIN stands",
        "pin-value" => "the PIN",
        "module-name" => "the module's name, for p11-kit",
        "module-path" => "the module's file",
        _ => "an attribute that a vendor defined",
    }
}

/// What keeps the URI from meaning a key in SignPath, or from meaning the same to every program.
fn remarks(uri: &Pkcs11Uri) -> Vec<String> {
    let ambiguous = uri.path.iter().chain(&uri.query).filter(|attribute| attribute.is_ambiguous());
    let ambiguous = ambiguous.map(|attribute| {
        let name = &attribute.name;
        format!("cosign reads + in {name} as a space and ends the value at &; write %2B and %26")
    });
    let others = [token(uri), key(uri), module(uri), pin(uri), ignored(uri)];
    ambiguous.chain(others.into_iter().flatten()).collect()
}

fn token(uri: &Pkcs11Uri) -> Option<String> {
    match (uri.get("token"), uri.get("slot-id")) {
        (None, None) => Some(format!("cosign needs the token; add token={TOKEN}")),
        (Some(token), _) if token != TOKEN.as_bytes() => {
            Some(format!("token is {}; the module's token is called {TOKEN}", shown(token)))
        }
        (_, Some(slot)) if slot != b"1" => {
            Some(format!("slot-id is {}; the module's slot is 1", shown(slot)))
        }
        _ => None,
    }
}

fn key(uri: &Pkcs11Uri) -> Option<String> {
    let Some(label) = uri.get("id").or(uri.get("object")) else {
        return Some("it chooses no key; add id=PROJECT%2FPOLICY".to_owned());
    };
    let name = std::str::from_utf8(label).ok().and_then(KeyName::of_label);
    match (name, uri.get("object").filter(|object| *object != label)) {
        (None, _) => Some(format!("{} is no key in SignPath; those are called PROJECT/POLICY", shown(label))),
        (_, Some(object)) => {
            Some(format!("id and object differ ({}, {}); no key has both", shown(label), shown(object)))
        }
        _ => None,
    }
}

fn module(uri: &Pkcs11Uri) -> Option<String> {
    let path = shown(uri.get("module-path")?);
    let problem = match std::fs::metadata(&path) {
        _ if !path.starts_with('/') => "is not absolute; cosign takes no other",
        Ok(file) if file.is_file() => return None,
        Ok(_) => "is not a file",
        Err(_) => "does not exist or cannot be read here",
    };
    Some(format!("module-path {path} {problem}"))
}

fn pin(uri: &Pkcs11Uri) -> Option<String> {
    let source = "cosign does not read pin-source; set SIGNPATH_ORGANIZATION_ID and SIGNPATH_API_TOKEN, and give no PIN";
    let value = "it holds the PIN, which process lists and logs then show; set SIGNPATH_ORGANIZATION_ID and \
                 SIGNPATH_API_TOKEN, and leave pin-value out";
    let found = uri.get("pin-value").map(|_| value).or(uri.get("pin-source").map(|_| source));
    found.map(str::to_owned)
}

/// Programs that honour them find nothing where they do not fit; cosign finds the key all the same.
fn ignored(uri: &Pkcs11Uri) -> Option<String> {
    const READ_BY_COSIGN: [&str; 7] =
        ["token", "slot-id", "id", "object", "module-path", "pin-value", "pin-source"];
    let attributes = uri.path.iter().chain(&uri.query).map(|attribute| attribute.name.as_str());
    let others: Vec<&str> = attributes.filter(|name| !READ_BY_COSIGN.contains(name)).collect();
    (!others.is_empty()).then(|| format!("cosign does not look at {}", others.join(", ")))
}
