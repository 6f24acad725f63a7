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
pub(crate) struct MultipartForm {
    parts: BTreeMap<&'static str, Bytes>,
}

impl MultipartForm {
    /// Reads the body of a request; every part must have one of the names in `known`, and none may come twice.
    pub(crate) async fn read(call: &Call<'_>, known: &[&'static str]) -> Result<Self, Problem> {
        let content_type = call.request.content_type();
        let boundary = multer::parse_boundary(content_type).map_err(|reason| {
            Problem::invalid("", format!("The content type '{content_type}' is not supported."))
                .caused_by(format!("expected multipart/form-data with a boundary: {reason}"))
        })?;
        let stream = BodyDataStream::new(Full::new(call.request.body.clone()));
        let mut multipart = multer::Multipart::new(stream, boundary);
        let mut form = Self { parts: BTreeMap::new() };
        while let Some(field) = multipart.next_field().await.map_err(malformed)? {
            let name = form.accept_name(field.name().unwrap_or_default(), known)?;
            form.parts.insert(name, field.bytes().await.map_err(malformed)?);
        }
        Ok(form)
    }

    /// The known spelling of a part's name. Invalid names are a 400 since 1.198.1; the message is UNKNOWN.
    fn accept_name(&self, name: &str, known: &[&'static str]) -> Result<&'static str, Problem> {
        let spelling = known.iter().find(|candidate| candidate.eq_ignore_ascii_case(name));
        let Some(spelling) = spelling else {
            return Err(Problem::invalid(name, format!("The form field '{name}' is not known.")));
        };
        if self.parts.contains_key(spelling) {
            return Err(Problem::invalid(*spelling, format!("The form field '{name}' is given twice.")));
        }
        Ok(spelling)
    }

    /// The part `name`, if it is there.
    pub(crate) fn bytes(&self, name: &str) -> Option<&Bytes> {
        self.parts.get(name)
    }

    /// The part `name` as text; an empty one counts as absent, because older clients send every part always.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, Problem> {
        let Some(bytes) = self.parts.get(name).filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
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

fn malformed(reason: multer::Error) -> Problem {
    Problem::invalid("", "The multipart form cannot be read.").caused_by(reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["ProjectSlug", "Artifact"];

    fn form() -> MultipartForm {
        let parts = [("ProjectSlug", "app"), ("Artifact", "")];
        MultipartForm {
            parts: parts.map(|(name, value)| (name, Bytes::from_static(value.as_bytes()))).into(),
        }
    }

    #[test]
    fn names_are_known_in_any_case_and_used_once() {
        let empty = MultipartForm { parts: BTreeMap::new() };
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
