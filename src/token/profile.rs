//! The profiles that the module meets, as objects (PKCS#11 v3.1 section 4.13, PKCS#11 Profiles v3.1 section 3).
//!
//! They are the token's, not a user's: visible before any login, and never a reason to ask SignPath.

use cryptoki_sys::{
    CK_PROFILE_ID, CKP_AUTHENTICATION_TOKEN, CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER,
    CKP_PUBLIC_CERTIFICATES_TOKEN,
};

use super::object::{Appearance, Content, Object, new_handle};

/// A profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Tells what it is and what it can do.
    BaselineProvider,
    /// Tells its mechanisms, and logs users in.
    ExtendedProvider,
    /// Signs with private keys.
    AuthenticationToken,
    /// Shows each key's certificate, under the key's id, without a login.
    PublicCertificatesToken,
}

impl Profile {
    /// `CKA_PROFILE_ID`.
    pub fn id(self) -> CK_PROFILE_ID {
        match self {
            Self::BaselineProvider => CKP_BASELINE_PROVIDER,
            Self::ExtendedProvider => CKP_EXTENDED_PROVIDER,
            Self::AuthenticationToken => CKP_AUTHENTICATION_TOKEN,
            Self::PublicCertificatesToken => CKP_PUBLIC_CERTIFICATES_TOKEN,
        }
    }

    /// The name that the standard gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BaselineProvider => "Baseline Provider",
            Self::ExtendedProvider => "Extended Provider",
            Self::AuthenticationToken => "Authentication Token",
            Self::PublicCertificatesToken => "Public Certificates Token",
        }
    }

    /// Certificates are public only where they are shown at all and no login is needed for it.
    fn is_met(self, appearance: Appearance) -> bool {
        self != Self::PublicCertificatesToken || (appearance.certificates && !appearance.private)
    }
}

/// The objects of the profiles that are met by a token of this appearance.
pub fn objects(appearance: Appearance) -> Vec<Object> {
    let all = [
        Profile::BaselineProvider,
        Profile::ExtendedProvider,
        Profile::AuthenticationToken,
        Profile::PublicCertificatesToken,
    ];
    let object =
        |profile| Object { handle: new_handle(), is_private: false, content: Content::Profile(profile) };
    all.into_iter().filter(|profile| profile.is_met(appearance)).map(object).collect()
}
