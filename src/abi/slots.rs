//! Slot and token management (PKCS#11 v3.1 section 5.5): one slot, one token, both always there.

use cryptoki_sys::{
    CK_FLAGS, CK_MECHANISM_INFO, CK_MECHANISM_INFO_PTR, CK_MECHANISM_TYPE, CK_MECHANISM_TYPE_PTR, CK_SLOT_ID,
    CK_SLOT_ID_PTR, CK_SLOT_INFO, CK_SLOT_INFO_PTR, CK_TOKEN_INFO, CK_TOKEN_INFO_PTR, CK_ULONG, CK_ULONG_PTR,
    CK_UNAVAILABLE_INFORMATION, CK_VERSION, CKF_LOGIN_REQUIRED, CKF_RNG, CKF_TOKEN_INITIALIZED,
    CKF_TOKEN_PRESENT, CKF_USER_PIN_INITIALIZED, CKF_WRITE_PROTECTED,
};

use super::pointers::Caller;
use crate::token::encoding::padded;
use crate::token::names::{MechanismType, ReturnValue, SlotId};
use crate::token::{Module, Result, mechanism, refused};

/// The slot's id, the same as that of SignPath's own library.
pub(super) const SLOT: SlotId = SlotId(1);

/// The version of this module, as far as two bytes can tell it.
pub(super) const VERSION: CK_VERSION = CK_VERSION {
    major: number(env!("CARGO_PKG_VERSION_MAJOR")),
    minor: number(env!("CARGO_PKG_VERSION_MINOR")),
};

/// An organization id, a colon and a token have 81 characters; tokens of other servers may be longer.
const LONGEST_PIN: CK_ULONG = 1024;

/// C_GetSlotList (section 5.5.1).
pub(super) fn list(caller: Caller<'_>, list: CK_SLOT_ID_PTR, count: CK_ULONG_PTR) -> Result<()> {
    caller.output(list, count)?.fill(&[SLOT.0])
}

/// Checks that a slot is the one.
pub(super) fn check(slot: CK_SLOT_ID) -> Result<()> {
    if SlotId(slot) == SLOT {
        return Ok(());
    }
    Err(refused(ReturnValue::SLOT_ID_INVALID, format!("there is no slot {slot}; use slot {}", SLOT.0)))
}

/// C_GetSlotInfo (section 5.5.2).
pub(super) fn slot_info(caller: Caller<'_>, slot: CK_SLOT_ID, pointer: CK_SLOT_INFO_PTR) -> Result<()> {
    check(slot)?;
    caller.write(
        pointer,
        CK_SLOT_INFO {
            slotDescription: padded("SignPath signing service"),
            manufacturerID: padded("SignPath"),
            flags: CKF_TOKEN_PRESENT,
            hardwareVersion: VERSION,
            firmwareVersion: VERSION,
        },
    )
}

/// C_GetTokenInfo (section 5.5.3). The strings are part of the names under which gnupg-pkcs11-scd and others remember
/// keys: they never change.
pub(super) fn token_info(
    module: &Module,
    caller: Caller<'_>,
    slot: CK_SLOT_ID,
    pointer: CK_TOKEN_INFO_PTR,
) -> Result<()> {
    check(slot)?;
    module.tell_unusable_settings();
    let counts = module.session_counts();
    caller.write(
        pointer,
        CK_TOKEN_INFO {
            label: padded("SignPath"),
            manufacturerID: padded("SignPath"),
            model: padded("SignPath"),
            serialNumber: padded("1"),
            flags: token_flags(module.is_login_required()),
            ulMaxSessionCount: 0,
            ulSessionCount: counts.all as CK_ULONG,
            ulMaxRwSessionCount: 0,
            ulRwSessionCount: counts.read_write as CK_ULONG,
            ulMaxPinLen: LONGEST_PIN,
            ulMinPinLen: 0,
            ulTotalPublicMemory: CK_UNAVAILABLE_INFORMATION,
            ulFreePublicMemory: CK_UNAVAILABLE_INFORMATION,
            ulTotalPrivateMemory: CK_UNAVAILABLE_INFORMATION,
            ulFreePrivateMemory: CK_UNAVAILABLE_INFORMATION,
            hardwareVersion: VERSION,
            firmwareVersion: VERSION,
            utcTime: padded(""),
        },
    )
}

fn token_flags(login_required: bool) -> CK_FLAGS {
    let always = CKF_RNG | CKF_WRITE_PROTECTED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
    if login_required { always | CKF_LOGIN_REQUIRED } else { always }
}

/// C_GetMechanismList (section 5.5.5).
pub(super) fn mechanisms(
    caller: Caller<'_>,
    slot: CK_SLOT_ID,
    list: CK_MECHANISM_TYPE_PTR,
    count: CK_ULONG_PTR,
) -> Result<()> {
    check(slot)?;
    let kinds: Vec<CK_MECHANISM_TYPE> = mechanism::all().map(|kind| kind.0).collect();
    caller.output(list, count)?.fill(&kinds)
}

/// C_GetMechanismInfo (section 5.5.6).
pub(super) fn mechanism_info(
    caller: Caller<'_>,
    slot: CK_SLOT_ID,
    kind: CK_MECHANISM_TYPE,
    pointer: CK_MECHANISM_INFO_PTR,
) -> Result<()> {
    check(slot)?;
    caller.need(pointer)?;
    let info = mechanism::info(MechanismType(kind))?;
    caller.write(
        pointer,
        CK_MECHANISM_INFO {
            ulMinKeySize: info.min_key_size,
            ulMaxKeySize: info.max_key_size,
            flags: info.flags,
        },
    )
}

const fn number(text: &str) -> u8 {
    match u8::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => u8::MAX,
    }
}
