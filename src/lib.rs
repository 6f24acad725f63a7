//! signpath-pkcs11
