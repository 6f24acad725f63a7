//! `multipart/form-data` bodies: named parts, their names in any case.
//!
//! Official clients write part names in PascalCase and the newest documentation in camelCase, so the service does not
//! care. File name and content type of a part do not matter either: jsign sends others than SignPath's samples and is
//! served.

use std::collections::BTreeMap;

use http_body_util::{BodyDataStream, Full};
use hyper::body::Bytes;

use super::Call;
use crate::http::problem::Problem;

/// The parts of a form by the names that a route asked for.
#[derive(Default)]
pub(crate) struct MultipartForm {
    parts: BTreeMap<&'static str, Part>,
    /// The values of parts `Parameters.<name>`, by name.
    parameters: BTreeMap<String, Bytes>,
}

struct Part {
    bytes: Bytes,
    file_name: Option<String>,
}

/// What a form may have.
#[derive(Clone, Copy)]
pub(crate) enum ExpectedParts {
    Named(&'static [&'static str]),
    /// Parts `Parameters.<name>` as well.
    NamedAndParameters(&'static [&'static str]),
}

/// How the names of parts begin that are parameters, in any case; what follows has a case.
const PARAMETER_PREFIX: &str = "Parameters.";

impl MultipartForm {
    /// Reads the body of a request; every part must be expected, and none may come twice.
    pub(crate) async fn read(call: &Call<'_>, expected: ExpectedParts) -> Result<Self, Problem> {
        let content_type = call.request.content_type();
        let boundary = multer::parse_boundary(content_type).map_err(|reason| {
            Problem::invalid("", format!("The content type '{content_type}' is not supported."))
                .caused_by(format!("expected multipart/form-data with a boundary: {reason}"))
        })?;
        let stream = BodyDataStream::new(Full::new(call.request.body.clone()));
        let mut multipart = multer::Multipart::new(stream, boundary);
        let mut form = Self::default();
        while let Some(field) = multipart.next_field().await.map_err(malformed)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            form.add(&name, Part { bytes: field.bytes().await.map_err(malformed)?, file_name }, expected)?;
        }
        Ok(form)
    }

    fn add(&mut self, name: &str, part: Part, expected: ExpectedParts) -> Result<(), Problem> {
        let known = match (expected, parameter_name(name)) {
            (ExpectedParts::NamedAndParameters(_), Some(parameter)) => {
                return match self.parameters.insert(parameter.to_owned(), part.bytes) {
                    None => Ok(()),
                    Some(_) => Err(given_twice(name, name)),
                };
            }
            (ExpectedParts::Named(known) | ExpectedParts::NamedAndParameters(known), _) => known,
        };
        let name = self.accept_name(name, known)?;
        self.parts.insert(name, part);
        Ok(())
    }

    /// The known spelling of a part's name. Invalid names are a 400 since 1.198.1; the message is UNKNOWN.
    fn accept_name(&self, name: &str, known: &[&'static str]) -> Result<&'static str, Problem> {
        let spelling = known.iter().find(|candidate| candidate.eq_ignore_ascii_case(name));
        let Some(spelling) = spelling else {
            return Err(Problem::invalid(name, format!("The form field '{name}' is not known.")));
        };
        if self.parts.contains_key(spelling) {
            return Err(given_twice(spelling, name));
        }
        Ok(spelling)
    }

    /// The part `name`, if it is there.
    pub(crate) fn bytes(&self, name: &str) -> Option<&Bytes> {
        self.parts.get(name).map(|part| &part.bytes)
    }

    /// The part `name` as a file. A part without a file name is none, as ASP.NET Core binds forms.
    pub(crate) fn file(&self, name: &'static str) -> Result<(String, Bytes), Problem> {
        let part = self.parts.get(name).ok_or_else(|| Problem::missing(name))?;
        match &part.file_name {
            Some(file_name) => Ok((file_name.clone(), part.bytes.clone())),
            None => Err(Problem::missing(name).caused_by("the part has no filename")),
        }
    }

    /// The parts `Parameters.<name>` as text.
    pub(crate) fn parameters(&self) -> Result<BTreeMap<String, String>, Problem> {
        let text = |(name, bytes): (&String, &Bytes)| match std::str::from_utf8(bytes) {
            Ok(text) => Ok((name.clone(), text.to_owned())),
            Err(_) => Err(Problem::invalid(format!("{PARAMETER_PREFIX}{name}"), "The value is not UTF-8.")),
        };
        self.parameters.iter().map(text).collect()
    }

    /// The part `name` as text; an empty one counts as absent, because older clients send every part always.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, Problem> {
        let Some(bytes) = self.bytes(name).filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
        match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Problem::invalid(name, "The value is not UTF-8.")),
        }
    }

    /// The part `name` as text that must be there.
    pub(crate) fn required_text(&self, name: &'static str) -> Result<String, Problem> {
        self.text(name)?.ok_or_else(|| Problem::missing(name))
    }
}

fn parameter_name(name: &str) -> Option<&str> {
    let (prefix, parameter) = name.split_at_checked(PARAMETER_PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PARAMETER_PREFIX).then_some(parameter)
}

fn given_twice(field: &str, name: &str) -> Problem {
    Problem::invalid(field, format!("The form field '{name}' is given twice."))
}

fn malformed(reason: multer::Error) -> Problem {
    Problem::invalid("", "The multipart form cannot be read.").caused_by(reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["ProjectSlug", "Artifact"];

    fn form() -> MultipartForm {
        let parts = [("ProjectSlug", "app"), ("Artifact", "")];
        let part =
            |value: &'static str| Part { bytes: Bytes::from_static(value.as_bytes()), file_name: None };
        MultipartForm {
            parts: parts.map(|(name, value)| (name, part(value))).into(),
            ..MultipartForm::default()
        }
    }

    #[test]
    fn names_are_known_in_any_case_and_used_once() {
        let empty = MultipartForm::default();
        assert_eq!(empty.accept_name("projectSlug", &KNOWN).unwrap(), "ProjectSlug");
        assert!(empty.accept_name("project", &KNOWN).is_err());
        assert!(form().accept_name("artifact", &KNOWN).is_err());
    }

    #[test]
    fn an_empty_text_is_none() {
        assert_eq!(form().text("ProjectSlug").unwrap().as_deref(), Some("app"));
        assert_eq!(form().text("Artifact").unwrap(), None);
        assert_eq!(form().bytes("Artifact"), Some(&Bytes::new()));
    }
}
