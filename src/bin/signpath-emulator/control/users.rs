//! Users: revoking tokens and changing Submitter roles.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Mistake, found, listed, read};
use crate::emulator::Emulator;
use crate::http::ReceivedRequest;
use crate::http::answer::Answer;
use crate::organization::signing_policy::PolicyPath;
use crate::organization::user::{SubmitterOf, TokenState, User};

/// A change: what is not named stays as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    token_state: Option<TokenState>,
    submitter_of: Option<Policies>,
}

/// A user as the control interface shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    name: &'a str,
    api_token: &'a str,
    token_state: TokenState,
    submitter_of: Policies,
}

/// `"all"`, or paths `project/signing-policy`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Policies {
    Word(EveryPolicy),
    Paths(Vec<String>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum EveryPolicy {
    All,
}

/// All users.
pub(super) fn list(emulator: &Emulator) -> Answer {
    let organization = emulator.organization.read();
    listed("users", organization.users().map(|user| Report::from(user.as_ref())).collect())
}

/// Changes the user called `name`.
pub(super) fn change(emulator: &Emulator, request: &ReceivedRequest, name: &str) -> Result<Answer, Mistake> {
    let change: Change = read(request)?;
    let submitter_of = change.submitter_of.map(SubmitterOf::try_from).transpose()?;
    let mut organization = emulator.organization.write();
    let user = organization.user(name).ok_or_else(|| {
        let names: Vec<_> = organization.users().map(|user| user.name.clone()).collect();
        Mistake::missing(format!("there is no user '{name}'; there are: {}", names.join(", ")))
    })?;
    let mut user = User::clone(&user);
    user.token_state = change.token_state.unwrap_or(user.token_state);
    user.submitter_of = submitter_of.unwrap_or(user.submitter_of);
    Ok(found(&Report::from(organization.put_user(user).as_ref())))
}

impl TryFrom<Policies> for SubmitterOf {
    type Error = Mistake;

    fn try_from(policies: Policies) -> Result<Self, Mistake> {
        let Policies::Paths(paths) = policies else { return Ok(Self::AllPolicies) };
        let parse = |text: &String| {
            PolicyPath::parse(text).ok_or_else(|| {
                Mistake::invalid(format!("'{text}' is not of the form project/signing-policy"))
            })
        };
        paths.iter().map(parse).collect::<Result<BTreeSet<_>, _>>().map(Self::Policies)
    }
}

impl<'a> From<&'a User> for Report<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            name: &user.name,
            api_token: &user.api_token,
            token_state: user.token_state,
            submitter_of: match &user.submitter_of {
                SubmitterOf::AllPolicies => Policies::Word(EveryPolicy::All),
                SubmitterOf::Policies(paths) => {
                    Policies::Paths(paths.iter().map(ToString::to_string).collect())
                }
            },
        }
    }
}
