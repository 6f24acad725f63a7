//! Who signs: the organization and the API token, in the forms in which SignPath's users give them.
//!
//! Types that cannot hold anything invalid, and that print no secret. Where they come from (a PIN, the environment,
//! a file) is decided by `token::login` and `config`.

use std::fmt;

use zeroize::Zeroizing;

/// The id of an organization: a UUID in lower case with hyphens, and not the empty one, which SignPath refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationId(String);

impl OrganizationId {
    /// Reads a UUID in upper or lower case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_empty = |id: &String| id.bytes().all(|byte| matches!(byte, b'0' | b'-'));
        uuid(text).filter(|id| !is_empty(id)).map(Self)
    }

    /// The id as it stands in a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Reads a UUID, as SignPath's ids are, in upper or lower case, and writes it in lower case with hyphens.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let groups: Vec<&str> = text.split('-').collect();
    let lengths_fit = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    let digits_fit = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (lengths_fit && digits_fit).then_some(text)
}

/// An API token: opaque, visible ASCII. Cleared from memory when dropped; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken(Zeroizing<String>);

impl ApiToken {
    /// Takes what can stand in an `Authorization` header; white space around it (a line end in a secret file) is
    /// not part of it. `None` for an empty token, for anything that is not visible ASCII, and for `$(NAME)` and
    /// `${NAME}`: build systems leave these in place of a variable that is not there.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_sendable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let usable = is_sendable && !is_unreplaced(text);
        usable.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself, for the request header and for masking.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

fn is_unreplaced(text: &str) -> bool {
    [("$(", ")"), ("${", "}")].into_iter().any(|(start, end)| text.starts_with(start) && text.ends_with(end))
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiToken(***)")
    }
}

/// Whether a PIN stands for what is configured, as it does for SignPath's own library.
pub fn means_configured(pin: &[u8]) -> bool {
    pin.is_empty() || pin.eq_ignore_ascii_case(b"CONFIG")
}

/// An organization with a token for it: what a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The organization whose keys are used.
    pub organization: OrganizationId,
    /// The token of the user who signs.
    pub token: ApiToken,
}

impl Credentials {
    /// Reads `<organization id>:<API token>`, split at the first colon: a UUID has none, a token may.
    pub fn parse(pin: &str) -> Option<Self> {
        let (organization, token) = pin.split_once(':')?;
        Some(Self { organization: OrganizationId::parse(organization)?, token: ApiToken::parse(token)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZATION: &str = "0a1b2c3d-0000-4000-8000-00000000000f";

    #[test]
    fn an_organization_id_in_upper_case_is_the_same_organization() {
        assert_eq!(OrganizationId::parse(&ORGANIZATION.to_uppercase()), OrganizationId::parse(ORGANIZATION));
    }

    #[test]
    fn only_a_uuid_that_is_not_empty_is_an_organization_id() {
        for text in ["", "CONFIG", "0a1b2c3d00004000800000000000000f", "00000000-0000-0000-0000-000000000000"]
        {
            assert_eq!(OrganizationId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_pin_is_split_at_its_first_colon() {
        let credentials = Credentials::parse(&format!("{ORGANIZATION}:a+b/c:d=")).unwrap();

        assert_eq!(credentials.organization.as_str(), ORGANIZATION);
        assert_eq!(credentials.token.reveal(), "a+b/c:d=");
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        let credentials = Credentials::parse(&format!("{ORGANIZATION}:recognisable")).unwrap();

        assert!(!format!("{credentials:?}").contains("recognisable"));
    }

    #[test]
    fn a_token_with_a_line_end_or_a_space_inside_cannot_split_a_header() {
        assert_eq!(ApiToken::parse("abc\r\nX-Other: 1"), None);
        assert_eq!(ApiToken::parse("abc def"), None);
        assert_eq!(ApiToken::parse("abc\n").unwrap().reveal(), "abc");
    }

    #[test]
    fn a_variable_that_a_build_system_left_in_its_place_is_no_token() {
        for text in ["$(SIGNPATH_API_TOKEN)", "${SIGNPATH_API_TOKEN}", "${{secrets.TOKEN}}", "$(A)\n"] {
            assert_eq!(ApiToken::parse(text), None, "{text}");
        }
        assert!(ApiToken::parse("$2y)").is_some());
    }
}
