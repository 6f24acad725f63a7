//! The commands: each asks the rooms, and prints.

pub(crate) mod attach;
pub(crate) mod doctor;
pub(crate) mod documents;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod generate;
pub(crate) mod keys;
pub(crate) mod sign_hash;
pub(crate) mod sign_image;
pub(crate) mod submit;
pub(crate) mod uri;
pub(crate) mod verify;

use std::io::Write;

use serde::Serialize;
use signpath_pkcs11::signpath::Submitted;

use crate::arguments::{OutOption, Output};
use crate::console::Console;
use crate::files;
use crate::outcome::{Ending, Exit, Result};

/// Prints a result as it is.
pub(crate) fn print(result: impl AsRef<[u8]>) -> Result<()> {
    let mut output = std::io::stdout().lock();
    output
        .write_all(result.as_ref())
        .and_then(|()| output.flush())
        .map_err(|error| Ending::new(Exit::Failed, format!("writing to standard output: {error}")))
}

/// Writes a result to the file that was named, or prints it.
fn print_or_write(out: &OutOption, result: &[u8]) -> Result<()> {
    match &out.out {
        Some(path) => files::write(path, result),
        None => print(result),
    }
}

/// Prints a result as one JSON document.
pub(crate) fn print_json(result: &impl Serialize) -> Result<()> {
    print(json(result)?)
}

/// Writes a result as one JSON document to the file that was named, or prints it.
fn print_or_write_json(out: &OutOption, result: &impl Serialize) -> Result<()> {
    print_or_write(out, json(result)?.as_bytes())
}

fn json(result: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(result)
        .map_err(|error| Ending::new(Exit::Failed, format!("writing the result as JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

/// Ends before the signing request does: says how to go on, and prints which one it is.
fn leave(request: &Submitted, again: &str, console: &Console, output: Output) -> Result<()> {
    console.say(&format!("go on with: {again}"));
    print_request(request, output)
}

/// Prints which signing request it is.
fn print_request(request: &Submitted, output: Output) -> Result<()> {
    match output {
        Output::Json => print_json(&Request {
            signing_request_id: request.id.to_string(),
            web_link: request.web_link.as_deref(),
        }),
        Output::Text => print(format!("{}\n", request.id)),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    signing_request_id: String,
    web_link: Option<&'a str>,
}
