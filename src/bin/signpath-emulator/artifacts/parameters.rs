//! User-defined parameters: what a configuration declares, and the values that a signing request gives.

use std::fmt;

use super::template::ParameterValues;

/// A `<parameter>`.
#[derive(Debug, Clone)]
pub(crate) struct ParameterDeclaration {
    pub(crate) name: String,
    pub(crate) default_value: Option<String>,
    pub(crate) necessity: Necessity,
}

/// Whether a signing request must give a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Necessity {
    Required,
    Optional,
}

/// Why the values of a signing request do not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ParameterError {
    Unknown(String),
    Missing(String),
}

impl ParameterError {
    /// The form field that is wrong.
    pub(crate) fn field(&self) -> String {
        let (Self::Unknown(name) | Self::Missing(name)) = self;
        format!("Parameters.{name}")
    }
}

/// The messages are UNKNOWN.
impl fmt::Display for ParameterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(formatter, "The artifact configuration does not define the parameter '{name}'.")
            }
            Self::Missing(name) => write!(formatter, "The parameter '{name}' is required."),
        }
    }
}

impl std::error::Error for ParameterError {}

/// Whether `name` may be the name of a parameter: ASCII letters, digits, `.`, `-`, `_`, as documented.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// A value for every declared parameter: the one that was given, or its default, or nothing.
///
/// Names are case-sensitive. A required parameter must be given and not be empty, whatever its default.
pub(crate) fn values(
    declared: &[ParameterDeclaration],
    given: &ParameterValues,
) -> Result<ParameterValues, ParameterError> {
    let is_declared = |name: &String| declared.iter().any(|parameter| parameter.name == *name);
    if let Some(name) = given.keys().find(|name| !is_declared(name)) {
        return Err(ParameterError::Unknown(name.clone()));
    }
    declared
        .iter()
        .map(|parameter| parameter.value(given).map(|value| (parameter.name.clone(), value)))
        .collect()
}

impl ParameterDeclaration {
    fn value(&self, given: &ParameterValues) -> Result<String, ParameterError> {
        match (given.get(&self.name), self.necessity) {
            (Some(value), Necessity::Optional) => Ok(value.clone()),
            (Some(value), Necessity::Required) if !value.is_empty() => Ok(value.clone()),
            (_, Necessity::Required) => Err(ParameterError::Missing(self.name.clone())),
            (None, Necessity::Optional) => Ok(self.default_value.clone().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> [ParameterDeclaration; 2] {
        let declaration = |name: &str, default_value: &str, necessity| ParameterDeclaration {
            name: name.to_owned(),
            default_value: Some(default_value.to_owned()),
            necessity,
        };
        [declaration("version", "1.0.0", Necessity::Optional), declaration("tag", "t", Necessity::Required)]
    }

    fn values_of(given: &[(&str, &str)]) -> Result<Vec<(String, String)>, ParameterError> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        values(&declared(), &given).map(|values| values.into_iter().collect())
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let expected = [("tag", "nightly"), ("version", "1.0.0")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values_of(&[("tag", "nightly")]), Ok(expected.to_vec()));
    }

    #[test]
    fn a_required_parameter_must_be_given_in_spite_of_its_default() {
        assert_eq!(values_of(&[]), Err(ParameterError::Missing("tag".to_owned())));
        assert_eq!(values_of(&[("tag", "")]), Err(ParameterError::Missing("tag".to_owned())));
    }

    #[test]
    fn names_have_a_case() {
        assert_eq!(values_of(&[("Tag", "x")]), Err(ParameterError::Unknown("Tag".to_owned())));
    }
}
