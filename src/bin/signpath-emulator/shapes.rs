//! Where nobody outside SignPath knows what the service answers, every plausible answer has a name here.
//!
//! A shape is one open question of the public documentation, and each of its values is one way in which the service may
//! answer. The first value is the default. A client that works against all values works against the service, whichever
//! it is. Selected with `--shape KEY=VALUE` and, while the emulator runs, with `PUT /emulator/shapes`.
//!
//! This file is the table of questions; the routes give the answers.

use std::fmt;

/// One row of the table, for people.
pub(crate) struct Shape {
    pub(crate) key: &'static str,
    /// What can be chosen; the first is the default.
    pub(crate) values: &'static [&'static str],
    pub(crate) about: &'static str,
}

/// A key or value that is not in the table.
#[derive(Debug)]
pub(crate) struct UnknownShape(String);

impl fmt::Display for UnknownShape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UnknownShape {}

/// Makes the type of each shape, the struct of all choices, and the table, from one entry a shape.
macro_rules! shapes {
    ($(
        #[doc = $about:literal]
        $field:ident: $Type:ident = $key:literal {
            $First:ident = $first:literal $(, $Variant:ident = $value:literal)* $(,)?
        }
    )+) => {
        $(
            #[doc = $about]
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            pub(crate) enum $Type {
                #[default]
                $First,
                $($Variant,)*
            }

            impl $Type {
                fn parse(value: &str) -> Option<Self> {
                    match value {
                        $first => Some(Self::$First),
                        $($value => Some(Self::$Variant),)*
                        _ => None,
                    }
                }

                /// The value as it is written in `--shape`.
                pub(crate) const fn name(self) -> &'static str {
                    match self {
                        Self::$First => $first,
                        $(Self::$Variant => $value,)*
                    }
                }
            }
        )+

        /// One choice for every open question.
        #[derive(Debug, Clone, Copy, Default)]
        pub(crate) struct Shapes {
            $(#[doc = $about] pub(crate) $field: $Type,)+
        }

        impl Shapes {
            /// The questions, in the order in which people are shown them.
            pub(crate) const TABLE: &'static [Shape] =
                &[$(Shape { key: $key, values: &[$first $(, $value)*], about: $about.trim_ascii() },)+];

            /// Chooses `value` for the question `key`.
            pub(crate) fn set(&mut self, key: &str, value: &str) -> Result<(), UnknownShape> {
                match key {
                    $($key => match $Type::parse(value) {
                        Some(choice) => self.$field = choice,
                        None => return Err(unknown_value(key, value)),
                    },)+
                    _ => return Err(unknown_key(key)),
                }
                Ok(())
            }

            /// Every question with the value chosen for it.
            pub(crate) fn choices(&self) -> Vec<(&'static str, &'static str)> {
                vec![$(($key, self.$field.name()),)+]
            }
        }
    };
}

shapes! {
    /// status of a successful hash signing
    success_status: SuccessStatus = "success-status" { Ok = "200", Created = "201" }
    /// whether a successful hash signing has a Location header
    location: Location = "location" { Absent = "absent", Present = "present" }
    /// whether answers name the web page of the signing request (since 1.205.1)
    web_link: WebLink = "web-link" { Present = "present", Absent = "absent" }
    /// content type of the body that fast signing answers
    signed_artifact_content_type: SignedArtifactContentType = "signed-artifact-content-type" {
        Json = "application/json", OctetStream = "application/octet-stream",
    }
    /// whether fast signing adds SigningRequestId and WebLink to the signed artifact
    fast_signing_response: FastSigningResponse = "fast-signing-response" {
        SignedArtifact = "signed-artifact", WithSigningRequest = "with-signing-request",
    }
    /// content type of problem details
    error_content_type: ErrorContentType = "error-content-type" {
        Json = "application/json", ProblemJson = "application/problem+json",
    }
    /// status for a request body with the wrong content type
    wrong_content_type: WrongContentType = "wrong-content-type" {
        BadRequest = "400", UnsupportedMediaType = "415",
    }
    /// status for a route that the server is too old to have
    missing_route: MissingRoute = "missing-route" { NotFound = "404", MethodNotAllowed = "405" }
    /// how answers tell their length
    body_framing: BodyFraming = "body-framing" { ContentLength = "content-length", Chunked = "chunked" }
    /// hash lengths that a curve signs: 20 to 64 bytes, or only that of the SHA-2 hash of its size
    ec_hash_lengths: EcHashLengths = "ec-hash-lengths" { AnyDigest = "any-digest", CurveOnly = "curve-only" }
    /// encoding of a detached raw signature by an elliptic curve key
    raw_ecdsa_signature: RawEcdsaSignature = "raw-ecdsa-signature" { Asn1 = "asn1", Ieee = "ieee" }
    /// status of a cancellation
    cancel_status: CancelStatus = "cancel-status" { Ok = "200", NoContent = "204" }
    /// root of MySigningPolicies: the documented object, or the array itself
    policies_root: PoliciesRoot = "policies-root" { Object = "object", Array = "array" }
    /// answer to a filter for a project or signing policy that does not exist
    unknown_slug_filter: UnknownSlugFilter = "unknown-slug-filter" {
        Empty = "empty", BadRequest = "400",
    }
    /// whether MySigningPolicies lists signing policies with approval process
    approval_policies: ApprovalPolicies = "approval-policies" { Listed = "listed", Hidden = "hidden" }
    /// which certificates the keys have
    certificate: CertificateIssuer = "certificate" { SelfSigned = "self-signed", CaIssued = "ca-issued" }
    /// whether entries say certificateType (recorded, never documented)
    certificate_type: CertificateTypeMember = "certificate-type" { Present = "present", Absent = "absent" }
    /// spelling of keyType for an elliptic curve key
    ec_key_type: EcKeyType = "ec-key-type" {
        PascalEcdsa = "Ecdsa", PascalEc = "Ec", UpperEc = "EC", UpperEcdsa = "ECDSA", Absent = "absent",
    }
    /// encoding of publicKeyBytes for an elliptic curve key
    ec_public_key: EcPublicKeyBytes = "ec-public-key" { Spki = "spki", Point = "point", Absent = "absent" }
    /// what ecdsaParameters holds: nothing, a curve's name, or what .NET calls ECParameters
    ec_parameters: EcdsaParametersMember = "ec-parameters" {
        Absent = "absent", NamedCurve = "named-curve", DotNet = "dotnet",
    }
    /// whether entries of elliptic curve keys have keySizeInBits
    ec_key_size: EcKeySize = "ec-key-size" { Present = "present", Absent = "absent" }
    /// whether signing policies with GPG keys exist (at the start: container-images/gpg-rsa)
    gpg_policy: GpgPolicy = "gpg-policy" { Off = "off", On = "on" }
    /// certificateBytes of a GPG key, for which there is no X.509 certificate
    gpg_certificate: GpgCertificate = "gpg-certificate" { Null = "null", Absent = "absent", Empty = "empty" }
    /// certificateType of a GPG key
    gpg_certificate_type: GpgCertificateType = "gpg-certificate-type" {
        Gpg = "Gpg", GpgKey = "GpgKey", Absent = "absent",
    }
    /// entries of MySigningPolicies that no client can understand: none, one, or one of every kind
    odd_entry: OddEntry = "odd-entry" { None = "false", One = "true", EveryKind = "every-kind" }
}

fn unknown_key(key: &str) -> UnknownShape {
    let keys: Vec<_> = Shapes::TABLE.iter().map(|shape| shape.key).collect();
    UnknownShape(format!("there is no shape '{key}'; choose one of: {}", keys.join(", ")))
}

fn unknown_value(key: &str, value: &str) -> UnknownShape {
    let known = Shapes::TABLE.iter().find(|shape| shape.key == key).map_or(&[][..], |shape| shape.values);
    UnknownShape(format!("shape '{key}' has no value '{value}'; choose one of: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_table_can_be_chosen_and_is_then_shown() {
        for shape in Shapes::TABLE {
            for value in shape.values {
                let mut shapes = Shapes::default();
                shapes.set(shape.key, value).unwrap();
                assert!(shapes.choices().contains(&(shape.key, value)), "{}={value}", shape.key);
            }
        }
    }

    #[test]
    fn the_first_value_is_the_default() {
        let defaults: Vec<_> = Shapes::TABLE.iter().map(|shape| (shape.key, shape.values[0])).collect();
        assert_eq!(Shapes::default().choices(), defaults);
    }

    #[test]
    fn a_wrong_choice_is_answered_with_the_right_ones() {
        let mut shapes = Shapes::default();
        let wrong_value = shapes.set("ec-key-size", "large").unwrap_err();
        assert_eq!(
            wrong_value.to_string(),
            "shape 'ec-key-size' has no value 'large'; choose one of: present, absent"
        );
        let wrong_key = shapes.set("ec-keysize", "present").unwrap_err().to_string();
        assert!(wrong_key.starts_with("there is no shape 'ec-keysize'; choose one of: success-status, "));
    }
}
