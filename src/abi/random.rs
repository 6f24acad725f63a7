//! Random numbers (PKCS#11 v3.1 section 5.19), which are the operating system's.

use cryptoki_sys::{CK_BYTE_PTR, CK_SESSION_HANDLE, CK_ULONG};

use super::pointers::Caller;
use crate::token::names::{ReturnValue, SessionHandle};
use crate::token::{Module, Result, refused};

/// Bytes that are made at a time.
const PORTION: usize = 4096;

/// C_SeedRandom (section 5.19.1): the system needs no seed, and takes none.
pub(super) fn seed(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    seed: CK_BYTE_PTR,
    length: CK_ULONG,
) -> Result<()> {
    module.session(SessionHandle(session))?;
    caller.bytes(seed, length)?;
    Err(refused(ReturnValue::RANDOM_SEED_NOT_SUPPORTED, "the operating system seeds its generator itself"))
}

/// C_GenerateRandom (section 5.19.2).
pub(super) fn generate(
    module: &Module,
    caller: Caller<'_>,
    session: CK_SESSION_HANDLE,
    to: CK_BYTE_PTR,
    length: CK_ULONG,
) -> Result<()> {
    module.session(SessionHandle(session))?;
    let length = caller.extent(to, length)?;
    let mut portion = [0; PORTION];
    for start in (0..length).step_by(PORTION) {
        let wanted = portion.get_mut(..PORTION.min(length - start)).unwrap_or_default();
        aws_lc_rs::rand::fill(wanted).map_err(|_| refused(ReturnValue::DEVICE_ERROR, "no random numbers"))?;
        caller.write_bytes(to.wrapping_add(start), wanted)?;
    }
    Ok(())
}
