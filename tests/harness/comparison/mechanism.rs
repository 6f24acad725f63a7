//! Mechanisms with their parameters, as a host passes them and as a transcript names them.

use std::fmt;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::MechanismType;

use crate::memory::{Buffer, Placement};

/// A mechanism and its parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mechanism {
    pub kind: MechanismType,
    parameter: Parameter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Parameter {
    None,
    Pss {
        hash: MechanismType,
        mask_generation: CK_ULONG,
        salt: CK_ULONG,
    },
    Bytes(Vec<u8>),
    /// NULL, with a length.
    NullOfLength(CK_ULONG),
}

impl Mechanism {
    /// One that takes no parameter.
    pub fn bare(kind: MechanismType) -> Self {
        Self { kind, parameter: Parameter::None }
    }

    /// One with `CK_RSA_PKCS_PSS_PARAMS`.
    pub fn pss(kind: MechanismType, hash: MechanismType, mask_generation: CK_ULONG, salt: CK_ULONG) -> Self {
        Self { kind, parameter: Parameter::Pss { hash, mask_generation, salt } }
    }

    /// One with any bytes for a parameter.
    pub fn with_bytes(kind: MechanismType, bytes: &[u8]) -> Self {
        Self { kind, parameter: Parameter::Bytes(bytes.to_vec()) }
    }

    /// One whose parameter has a length and is NULL.
    pub fn with_null(kind: MechanismType, length: CK_ULONG) -> Self {
        Self { kind, parameter: Parameter::NullOfLength(length) }
    }

    /// For a module: the structure, which points to the parameter.
    pub fn laid_out(&self, placement: Placement) -> (Buffer, Buffer) {
        let parameter = match &self.parameter {
            Parameter::None | Parameter::NullOfLength(_) => placement.input(&[]),
            Parameter::Bytes(bytes) => placement.input(bytes),
            Parameter::Pss { hash, mask_generation, salt } => {
                let (hash, mgf, salt) = (hash.0, *mask_generation, *salt);
                placement.input_of(&[CK_RSA_PKCS_PSS_PARAMS { hashAlg: hash, mgf, sLen: salt }])
            }
        };
        let (pointer, length) = match self.parameter {
            Parameter::None => (std::ptr::null_mut(), 0),
            Parameter::NullOfLength(length) => (std::ptr::null_mut(), length),
            _ => (parameter.pointer(), parameter.len() as CK_ULONG),
        };
        let structure = CK_MECHANISM { mechanism: self.kind.0, pParameter: pointer, ulParameterLen: length };
        (placement.input_of(&[structure]), parameter)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.kind)?;
        match &self.parameter {
            Parameter::None => Ok(()),
            Parameter::Bytes(bytes) => write!(formatter, " with a parameter of {} bytes", bytes.len()),
            Parameter::NullOfLength(length) => write!(formatter, " with a NULL parameter of {length} bytes"),
            Parameter::Pss { hash, mask_generation, salt } => {
                write!(formatter, " with {hash}, {}, salt {salt}", mask_generation_name(*mask_generation))
            }
        }
    }
}

fn mask_generation_name(number: CK_ULONG) -> String {
    match number {
        CKG_MGF1_SHA1 => "CKG_MGF1_SHA1".to_owned(),
        CKG_MGF1_SHA256 => "CKG_MGF1_SHA256".to_owned(),
        CKG_MGF1_SHA384 => "CKG_MGF1_SHA384".to_owned(),
        CKG_MGF1_SHA512 => "CKG_MGF1_SHA512".to_owned(),
        other => format!("mask generation function {other}"),
    }
}
