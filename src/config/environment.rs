//! The environment variables that matter here, taken once.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use zeroize::Zeroizing;

/// The variables of this process that the module reads, copied at C_Initialize, cleared when dropped.
#[derive(Default)]
pub struct Environment {
    variables: BTreeMap<String, Zeroizing<String>>,
    unreadable: BTreeSet<String>,
}

impl Environment {
    /// What this process was given. A variable that is empty counts as not set; one that is not UTF-8 does not, for what
    /// it was to say is not the default.
    pub fn of_process() -> Self {
        Self::from_os_pairs(std::env::vars_os())
    }

    /// An environment of variables as the system hands them over.
    pub fn from_os_pairs(pairs: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let (mut readable, mut unreadable) = (Vec::new(), BTreeSet::new());
        for (name, value) in pairs {
            let Some(name) = name.into_string().ok().filter(|name| concerns_us(name)) else { continue };
            match value.into_string() {
                Ok(value) => readable.push((name, value)),
                Err(_) => drop(unreadable.insert(name)),
            }
        }
        Self { unreadable, ..Self::from_pairs(readable) }
    }

    /// An environment of given variables: of nothing, for a set-user-id host, whose environment is its caller's.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables = pairs.into_iter().map(|(name, value)| (name, Zeroizing::new(value)));
        Self {
            variables: variables.filter(|(_, value)| !value.is_empty()).collect(),
            unreadable: BTreeSet::new(),
        }
    }

    /// The value of a variable, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.as_str())
    }

    /// Whether a variable is set to what is not UTF-8.
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.contains(name)
    }

    /// The names of all variables that can be read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }
}

fn concerns_us(name: &str) -> bool {
    const OTHERS: [&str; 7] =
        ["http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "USER", "LOGNAME"];
    name.starts_with("SIGNPATH_") || OTHERS.contains(&name)
}
