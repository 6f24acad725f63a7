//! The environment variables that matter here, taken once.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// The variables of this process that the module reads, copied at C_Initialize, cleared when dropped.
#[derive(Default)]
pub struct Environment {
    variables: BTreeMap<String, Zeroizing<String>>,
}

impl Environment {
    /// What this process was given. A variable that is empty or not UTF-8 counts as not set.
    pub fn of_process() -> Self {
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| concerns_us(name))?;
            Some((name, value.into_string().ok()?))
        });
        Self::from_pairs(pairs)
    }

    /// An environment of given variables: of nothing, for a set-user-id host, whose environment is its caller's.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables = pairs.into_iter().map(|(name, value)| (name, Zeroizing::new(value)));
        Self { variables: variables.filter(|(_, value)| !value.is_empty()).collect() }
    }

    /// The value of a variable, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.as_str())
    }

    /// The names of all variables kept.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }
}

fn concerns_us(name: &str) -> bool {
    const OTHERS: [&str; 7] =
        ["http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "USER", "LOGNAME"];
    name.starts_with("SIGNPATH_") || OTHERS.contains(&name)
}
