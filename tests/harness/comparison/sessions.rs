//! The host's calls on sessions and logins (PKCS#11 v3.1 section 5.6), and on random numbers (section 5.19).

use std::ptr::null_mut;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{SessionState, UserType};

use super::host::{Host, Room, Session, call};
use super::transcript::flags;

/// Ways to give a PIN.
#[derive(Clone, Copy, Debug)]
pub enum Pin {
    Right,
    Wrong,
    Empty,
    /// NULL, with a length.
    NullOfLength,
    /// NULL, of length 0.
    Null,
}

pub const SESSION_FLAGS: [(CK_FLAGS, &str); 2] =
    [(CKF_RW_SESSION, "CKF_RW_SESSION"), (CKF_SERIAL_SESSION, "CKF_SERIAL_SESSION")];

impl Host<'_> {
    /// Opens a session that the transcript calls by `name`.
    pub fn open(&mut self, session_flags: CK_FLAGS, name: &'static str) -> Session {
        self.open_in(self.module.slot, "the slot", session_flags, name)
    }

    pub fn open_in(
        &mut self,
        slot: CK_SLOT_ID,
        slot_name: &str,
        session_flags: CK_FLAGS,
        name: &'static str,
    ) -> Session {
        let handle = self.placement.inout_of::<CK_SESSION_HANDLE>(&[0]);
        let call = format!("C_OpenSession({slot_name}, {})", flags(session_flags, &SESSION_FLAGS));
        let step = call!(self, call, C_OpenSession(slot, session_flags, null_mut(), None, handle.pointer()));
        let handle = handle.get(0);
        step.part("*phSession", if handle == 0 { "nothing" } else { "a handle" });
        Session { handle, name }
    }

    pub fn close(&mut self, session: Session) {
        call!(self, in_session("C_CloseSession", session, ""), C_CloseSession(session.handle));
    }

    pub fn close_all(&mut self) {
        let slot = self.module.slot;
        call!(self, "C_CloseAllSessions(the slot)", C_CloseAllSessions(slot));
    }

    pub fn close_all_of_no_slot(&mut self) {
        call!(self, "C_CloseAllSessions(no slot)", C_CloseAllSessions(super::script::NO_SLOT));
    }

    pub fn session_info(&mut self, session: Session) {
        let info = self.placement.output_of::<CK_SESSION_INFO>(1);
        let slot = self.module.slot;
        let call = in_session("C_GetSessionInfo", session, "");
        let step = call!(self, call, C_GetSessionInfo(session.handle, info.pointer()));
        if step.value.0 == CKR_OK {
            let info: CK_SESSION_INFO = info.get(0);
            step.part("slotID", if info.slotID == slot { "the slot" } else { "another slot" })
                .part("state", SessionState(info.state).to_string())
                .part("flags", flags(info.flags, &SESSION_FLAGS))
                .part("ulDeviceError", info.ulDeviceError.to_string());
        }
    }

    pub fn log_in(&mut self, session: Session, user: CK_USER_TYPE, pin: Pin) {
        let bytes = match pin {
            Pin::Right | Pin::NullOfLength => self.module.pin.clone(),
            Pin::Wrong => format!("{}0", self.module.pin),
            Pin::Empty | Pin::Null => String::new(),
        };
        let buffer = self.placement.input(bytes.as_bytes());
        let pointer =
            if matches!(pin, Pin::Null | Pin::NullOfLength) { null_mut() } else { buffer.pointer() };
        let call = in_session("C_Login", session, &format!("{}, PIN {pin:?}", UserType(user)));
        call!(self, call, C_Login(session.handle, user, pointer, bytes.len() as CK_ULONG));
    }

    pub fn log_out(&mut self, session: Session) {
        call!(self, in_session("C_Logout", session, ""), C_Logout(session.handle));
    }

    pub fn random(&mut self, session: Session, length: usize) {
        let buffer = self.placement.output(length);
        let call = in_session("C_GenerateRandom", session, &format!("{length} bytes"));
        let step = call!(self, call, C_GenerateRandom(session.handle, buffer.pointer(), length as CK_ULONG));
        let looks_random =
            length < 16 || buffer.bytes().iter().collect::<std::collections::BTreeSet<_>>().len() > 8;
        step.part("pRandomData", if looks_random { "random bytes" } else { "no random bytes" });
    }

    pub fn random_to_null(&mut self, session: Session, length: CK_ULONG) {
        let call = in_session("C_GenerateRandom", session, &format!("NULL, {length} bytes"));
        call!(self, call, C_GenerateRandom(session.handle, null_mut(), length));
    }

    pub fn seed(&mut self, session: Session, seed: &[u8]) {
        let buffer = self.placement.input(seed);
        let call = in_session("C_SeedRandom", session, &format!("{} bytes", seed.len()));
        call!(self, call, C_SeedRandom(session.handle, buffer.pointer(), seed.len() as CK_ULONG));
    }

    pub fn operation_state(&mut self, session: Session, room: Room) {
        let output = self.room_for::<u8>(room);
        let call = in_session("C_GetOperationState", session, &room.to_string());
        call!(self, call, C_GetOperationState(session.handle, output.pointer(), output.length_pointer()));
    }

    pub fn set_operation_state(&mut self, session: Session) {
        let state = self.placement.input(&[0; 16]);
        let call = in_session("C_SetOperationState", session, "16 bytes");
        call!(self, call, C_SetOperationState(session.handle, state.pointer(), 16, 0, 0));
    }

    pub fn function_status(&mut self, session: Session) {
        call!(self, in_session("C_GetFunctionStatus", session, ""), C_GetFunctionStatus(session.handle));
        call!(self, in_session("C_CancelFunction", session, ""), C_CancelFunction(session.handle));
    }
}

/// A call in words; the session only where the scene has more than one.
pub fn in_session(function: &str, session: Session, arguments: &str) -> String {
    let separator = if session.name.is_empty() || arguments.is_empty() { "" } else { ", " };
    format!("{function}({}{separator}{arguments})", session.name)
}
