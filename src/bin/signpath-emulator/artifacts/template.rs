//! Attributes with references: `${parameter}` in any attribute, `${file.name}` in the name of an output file.

use std::collections::BTreeMap;
use std::fmt;

use super::configuration::ConfigurationError;

/// Values of user-defined parameters by their names.
pub(crate) type ParameterValues = BTreeMap<String, String>;

/// The reserved name that stands for the file that is signed.
const FILE_NAME: &str = "file.name";

/// A text with references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Reference(String),
}

impl Template {
    /// Reads a text in which `${name}` refers to something.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigurationError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                return Err(ConfigurationError::new(format!("'{text}' has a '${{' without '}}'")));
            };
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Reference(name.to_owned()));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The names of the parameters that are referred to.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.references().filter(|name| *name != FILE_NAME)
    }

    /// Whether the name of the signed file is referred to.
    pub(crate) fn names_file(&self) -> bool {
        self.references().any(|name| name == FILE_NAME)
    }

    /// The text with every reference replaced. Names that have no value are left out: readers have refused them.
    pub(crate) fn resolve(&self, values: &ParameterValues, file_name: &str) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Reference(name) if name == FILE_NAME => file_name.to_owned(),
            Part::Reference(name) => values.get(name).cloned().unwrap_or_default(),
        };
        self.parts.iter().map(part).collect()
    }

    fn references(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Reference(name) => Some(name.as_str()),
        })
    }
}

/// A value that an attribute can have.
pub(crate) trait AttributeValue: Sized + Clone + fmt::Debug {
    /// Reads the text of an attribute; the error says what was expected.
    fn read(text: &str) -> Result<Self, String>;
}

/// An attribute whose value is known, or known once parameters have values.
#[derive(Debug, Clone)]
pub(crate) enum Attribute<Value> {
    Known(Value),
    Later { name: &'static str, template: Template },
}

impl<Value: AttributeValue> Attribute<Value> {
    /// Reads the attribute `name`. Without references its value is checked now.
    pub(crate) fn parse(name: &'static str, text: &str) -> Result<Self, ConfigurationError> {
        let template = Template::parse(text)?;
        if template.names_file() {
            return Err(ConfigurationError::new(format!(
                "attribute '{name}' cannot refer to '${{{FILE_NAME}}}'"
            )));
        }
        if template.parameters().next().is_some() {
            return Ok(Self::Later { name, template });
        }
        read(name, text).map(Self::Known)
    }

    /// The names of the parameters that are referred to.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        match self {
            Self::Known(_) => Vec::new(),
            Self::Later { template, .. } => template.parameters().collect(),
        }
    }

    /// The value, given those of the parameters.
    pub(crate) fn resolve(&self, values: &ParameterValues) -> Result<Value, ConfigurationError> {
        match self {
            Self::Known(value) => Ok(value.clone()),
            Self::Later { name, template } => read(name, &template.resolve(values, "")),
        }
    }
}

fn read<Value: AttributeValue>(name: &str, text: &str) -> Result<Value, ConfigurationError> {
    Value::read(text).map_err(|expected| {
        ConfigurationError::new(format!("attribute '{name}' has the value '{text}'; expected {expected}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_wherever_they_stand() {
        let template = Template::parse("${a}-${file.name}.${b}${a}").unwrap();
        let values = [("a", "1"), ("b", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(template.resolve(&values.into(), "f.json"), "1-f.json.21");
        assert_eq!(template.parameters().collect::<Vec<_>>(), ["a", "b", "a"]);
        assert!(template.names_file());
    }

    #[test]
    fn a_dollar_sign_alone_is_text() {
        let template = Template::parse("$a {b} }").unwrap();
        assert_eq!(template.resolve(&ParameterValues::new(), ""), "$a {b} }");
    }

    #[test]
    fn a_reference_must_end() {
        let refusal = Template::parse("${file.name").unwrap_err().to_string();
        assert_eq!(refusal, "'${file.name' has a '${' without '}'");
    }
}
