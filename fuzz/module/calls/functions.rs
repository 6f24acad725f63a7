//! The functions, each with the kinds of its arguments in the order of the standard: what a [`Host`] passes for each
//! kind, the input says.

use cryptoki_sys::CK_RV;

use super::host::Host;

type Function = (&'static str, fn(&mut Host) -> CK_RV);

/// Makes of a row a name and a call. An argument is what the host's function of that name returns.
macro_rules! functions {
    ($($name:ident($($kind:ident),* $(,)?);)*) => {
        &[$((stringify!($name), |host: &mut Host| {
            let function = host.list().$name.unwrap();
            // SAFETY: each pointer that a host makes is NULL, or to as many bytes as the arguments say, or goes with a
            // length that the module must not believe
            unsafe { function($(host.$kind()),*) }
        })),*]
    };
}

/// All functions, those more than once that have more to get wrong.
pub(super) const FUNCTIONS: &[Function] = functions! {
    C_Initialize(initialization);
    C_Finalize(reserved);
    C_GetInfo(structure);
    C_GetFunctionList(structure);
    C_GetSlotList(boolean, output, room);
    C_GetSlotInfo(slot, structure);
    C_GetTokenInfo(slot, structure);
    C_GetMechanismList(slot, output, room);
    C_GetMechanismInfo(slot, mechanism_type, structure);
    C_InitToken(slot, data, length, label);
    C_InitPIN(session, data, length);
    C_SetPIN(session, data, length, data, length);
    C_OpenSession(slot, flags, reserved, notify, structure);
    C_OpenSession(slot, flags, reserved, notify, structure);
    C_CloseSession(session);
    C_CloseAllSessions(slot);
    C_GetSessionInfo(session, structure);
    C_GetOperationState(session, output, room);
    C_SetOperationState(session, data, length, object, object);
    C_Login(session, user, pin, pin_length);
    C_Logout(session);
    C_CreateObject(session, template, count, structure);
    C_CopyObject(session, object, template, count, structure);
    C_DestroyObject(session, object);
    C_GetObjectSize(session, object, structure);
    C_GetAttributeValue(session, object, template, count);
    C_GetAttributeValue(session, object, template, count);
    C_SetAttributeValue(session, object, template, count);
    C_FindObjectsInit(session, template, count);
    C_FindObjectsInit(session, template, count);
    C_FindObjects(session, output, capacity, structure);
    C_FindObjects(session, output, capacity, structure);
    C_FindObjectsFinal(session);
    C_EncryptInit(session, mechanism, object);
    C_Encrypt(session, data, length, output, room);
    C_DecryptInit(session, mechanism, object);
    C_DigestInit(session, mechanism);
    C_Digest(session, data, length, output, room);
    C_DigestUpdate(session, data, length);
    C_DigestKey(session, object);
    C_DigestFinal(session, output, room);
    C_SignInit(session, mechanism, object);
    C_SignInit(session, mechanism, object);
    C_SignInit(session, mechanism, object);
    C_Sign(session, data, length, output, room);
    C_Sign(session, data, length, output, room);
    C_SignUpdate(session, data, length);
    C_SignFinal(session, output, room);
    C_SignRecoverInit(session, mechanism, object);
    C_SignRecover(session, data, length, output, room);
    C_VerifyInit(session, mechanism, object);
    C_Verify(session, data, length, data, length);
    C_VerifyUpdate(session, data, length);
    C_VerifyFinal(session, data, length);
    C_VerifyRecover(session, data, length, output, room);
    C_DigestEncryptUpdate(session, data, length, output, room);
    C_GenerateKey(session, mechanism, template, count, structure);
    C_GenerateKeyPair(session, mechanism, template, count, template, count, structure, structure);
    C_WrapKey(session, mechanism, object, object, output, room);
    C_UnwrapKey(session, mechanism, object, data, length, template, count, structure);
    C_DeriveKey(session, mechanism, object, template, count, structure);
    C_SeedRandom(session, data, length);
    C_GenerateRandom(session, data, length);
    C_GetFunctionStatus(session);
    C_CancelFunction(session);
    C_WaitForSlotEvent(without_waiting, structure, reserved);
    C_GetInterfaceList(output, room);
    C_GetInterface(name, structure, structure, flags);
    C_LoginUser(session, user, pin, pin_length, data, length);
    C_SessionCancel(session, flags);
    C_MessageSignInit(session, mechanism, object);
    C_SignMessage(session, data, length, data, length, output, room);
    C_VerifySignatureInit(session, mechanism, object, data, length);
    C_VerifySignature(session, data, length);
    C_VerifySignatureUpdate(session, data, length);
    C_VerifySignatureFinal(session);
    C_GetSessionValidationFlags(session, flags, structure);
    C_EncapsulateKey(session, mechanism, object, template, count, output, room, structure);
    C_DecapsulateKey(session, mechanism, object, template, count, data, length, structure);
    C_AsyncComplete(session, name, structure);
    C_AsyncJoin(session, name, flags, data, length);
    C_UnwrapKeyAuthenticated(session, mechanism, object, data, length, template, count, data, length, structure);
};
