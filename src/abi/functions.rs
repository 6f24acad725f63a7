//! The functions of PKCS#11, each once. Their C wrappers, the function lists of the versions 2.40, 3.0 and 3.2, and
//! the list of names that tests go through are made of these rows.
//!
//! A row names the function, its arguments as in the standard, the gate that it passes (`enter` needs an initialised
//! module, `pass` does not), and what happens behind it.

#![allow(non_snake_case, reason = "functions and arguments are called as in the standard")]

use cryptoki_sys::*;

use super::pointers::Caller;
use super::{
    digesting, gate, general, interfaces, objects, random, refuse, sessions, signing, slots, verifying,
};
use crate::token::names::SessionHandle;

pub(super) const V2_40: CK_VERSION = CK_VERSION { major: 2, minor: 40 };
pub(super) const V3_0: CK_VERSION = CK_VERSION { major: 3, minor: 0 };
pub(super) const V3_2: CK_VERSION = CK_VERSION { major: 3, minor: 2 };

/// Makes of the rows the wrappers and the lists.
macro_rules! functions {
    (
        since V2_40 { $($(#[$a:meta])* fn $f2_40:ident($($p:ident: $t:ty),* $(,)?) = $how:ident |$($with:ident),+| $body:expr;)* }
        since V3_0 { $($(#[$a3_0:meta])* fn $f3_0:ident($($p3_0:ident: $t3_0:ty),* $(,)?) = $how3_0:ident |$($with3_0:ident),+| $body3_0:expr;)* }
        since V3_2 { $(fn $f3_2:ident($($p3_2:ident: $t3_2:ty),* $(,)?) = $how3_2:ident |$($with3_2:ident),+| $body3_2:expr;)* }
    ) => {
        $(wrapper! { $(#[$a])* $f2_40($($p: $t),*) $how |$($with),+| $body })*
        $(wrapper! { $(#[$a3_0])* $f3_0($($p3_0: $t3_0),*) $how3_0 |$($with3_0),+| $body3_0 })*
        $(wrapper! { $f3_2($($p3_2: $t3_2),*) $how3_2 |$($with3_2),+| $body3_2 })*

        /// The list of version 2.40.
        pub(super) static LIST_2_40: CK_FUNCTION_LIST = CK_FUNCTION_LIST {
            C_GetInfo: Some(get_info_2_40),
            ..CK_FUNCTION_LIST { version: V2_40, $($f2_40: Some($f2_40),)* }
        };

        /// The list of version 3.0.
        pub(super) static LIST_3_0: CK_FUNCTION_LIST_3_0 = CK_FUNCTION_LIST_3_0 {
            C_GetInfo: Some(get_info_3_0),
            ..CK_FUNCTION_LIST_3_0 { version: V3_0, $($f2_40: Some($f2_40),)* $($f3_0: Some($f3_0),)* }
        };

        /// The list of version 3.2.
        pub(super) static LIST_3_2: CK_FUNCTION_LIST_3_2 = CK_FUNCTION_LIST_3_2 {
            version: V3_2, $($f2_40: Some($f2_40),)* $($f3_0: Some($f3_0),)* $($f3_2: Some($f3_2),)*
        };
    };
}

/// Makes of a row the function that the host calls.
macro_rules! wrapper {
    ($(#[$a:meta])* $name:ident($($p:ident: $t:ty),*) refuse |$session:ident, $refusal:ident| $body:expr) => {
        wrapper! { $(#[$a])* $name($($p: $t),*) enter |module, caller| {
            let $refusal = refuse::in_session(module, caller, $session);
            $body
        } }
    };
    ($(#[$a:meta])* $name:ident($($p:ident: $t:ty),*) enter |$module:ident, $caller:ident| $body:expr) => {
        $(#[$a])*
        unsafe extern "C" fn $name($($p: $t),*) -> CK_RV {
            // SAFETY: the host called this, and with it promises what PKCS#11 says of the arguments
            let $caller = unsafe { Caller::trust() };
            gate::enter(stringify!($name), |$module| $body)
        }
    };
    ($(#[$a:meta])* $name:ident($($p:ident: $t:ty),*) pass |$caller:ident| $body:expr) => {
        $(#[$a])*
        unsafe extern "C" fn $name($($p: $t),*) -> CK_RV {
            // SAFETY: the host called this, and with it promises what PKCS#11 says of the arguments
            let $caller = unsafe { Caller::trust() };
            gate::pass(stringify!($name), || $body)
        }
    };
}

// C_GetInfo as the older lists have it: each tells its own version.
wrapper! { get_info_2_40(pInfo: CK_INFO_PTR) enter |_module, caller| general::info(caller, pInfo, V2_40) }
wrapper! { get_info_3_0(pInfo: CK_INFO_PTR) enter |_module, caller| general::info(caller, pInfo, V3_0) }

functions! {
    since V2_40 {
        fn C_Initialize(pInitArgs: CK_VOID_PTR) = pass |caller| general::initialize(caller, pInitArgs);
        fn C_Finalize(pReserved: CK_VOID_PTR) = pass |_caller| general::finalize(pReserved);
        fn C_GetInfo(pInfo: CK_INFO_PTR) = enter |_module, caller| general::info(caller, pInfo, V3_2);
        #[unsafe(no_mangle)]
        fn C_GetFunctionList(ppFunctionList: CK_FUNCTION_LIST_PTR_PTR)
            = pass |caller| interfaces::function_list(caller, ppFunctionList);
        fn C_GetSlotList(_tokenPresent: CK_BBOOL, pSlotList: CK_SLOT_ID_PTR, pulCount: CK_ULONG_PTR)
            = enter |_module, caller| slots::list(caller, pSlotList, pulCount);
        fn C_GetSlotInfo(slotID: CK_SLOT_ID, pInfo: CK_SLOT_INFO_PTR)
            = enter |_module, caller| slots::slot_info(caller, slotID, pInfo);
        fn C_GetTokenInfo(slotID: CK_SLOT_ID, pInfo: CK_TOKEN_INFO_PTR)
            = enter |module, caller| slots::token_info(module, caller, slotID, pInfo);
        fn C_GetMechanismList(slotID: CK_SLOT_ID, pMechanismList: CK_MECHANISM_TYPE_PTR,
                pulCount: CK_ULONG_PTR)
            = enter |_module, caller| slots::mechanisms(caller, slotID, pMechanismList, pulCount);
        fn C_GetMechanismInfo(slotID: CK_SLOT_ID, kind: CK_MECHANISM_TYPE, pInfo: CK_MECHANISM_INFO_PTR)
            = enter |_module, caller| slots::mechanism_info(caller, slotID, kind, pInfo);
        fn C_InitToken(slotID: CK_SLOT_ID, pPin: CK_UTF8CHAR_PTR, ulPinLen: CK_ULONG, pLabel: CK_UTF8CHAR_PTR)
            = enter |module, caller| refuse::in_slot(module, caller, slotID).bytes(pPin, ulPinLen)
                .pointer(pLabel).write_protected();
        fn C_InitPIN(hSession: CK_SESSION_HANDLE, pPin: CK_UTF8CHAR_PTR, ulPinLen: CK_ULONG)
            = refuse |hSession, it| it.bytes(pPin, ulPinLen).write_protected();
        fn C_SetPIN(hSession: CK_SESSION_HANDLE, pOldPin: CK_UTF8CHAR_PTR, ulOldLen: CK_ULONG,
                pNewPin: CK_UTF8CHAR_PTR, ulNewLen: CK_ULONG)
            = refuse |hSession, it| it.bytes(pOldPin, ulOldLen).bytes(pNewPin, ulNewLen).write_protected();
        fn C_OpenSession(slotID: CK_SLOT_ID, flags: CK_FLAGS, _pApplication: CK_VOID_PTR, _Notify: CK_NOTIFY,
                phSession: CK_SESSION_HANDLE_PTR)
            = enter |module, caller| sessions::open(module, caller, slotID, flags, phSession);
        fn C_CloseSession(hSession: CK_SESSION_HANDLE)
            = enter |module, _caller| module.close_session(SessionHandle(hSession));
        fn C_CloseAllSessions(slotID: CK_SLOT_ID)
            = enter |module, _caller| sessions::close_all(module, slotID);
        fn C_GetSessionInfo(hSession: CK_SESSION_HANDLE, pInfo: CK_SESSION_INFO_PTR)
            = enter |module, caller| sessions::info(module, caller, hSession, pInfo);
        fn C_GetOperationState(hSession: CK_SESSION_HANDLE, _pOperationState: CK_BYTE_PTR,
                pulOperationStateLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.pointer(pulOperationStateLen).not_supported();
        fn C_SetOperationState(hSession: CK_SESSION_HANDLE, pOperationState: CK_BYTE_PTR,
                ulOperationStateLen: CK_ULONG, _hEncryptionKey: CK_OBJECT_HANDLE,
                _hAuthenticationKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.bytes(pOperationState, ulOperationStateLen).not_supported();
        fn C_Login(hSession: CK_SESSION_HANDLE, userType: CK_USER_TYPE, pPin: CK_UTF8CHAR_PTR,
                ulPinLen: CK_ULONG)
            = enter |module, caller| sessions::log_in(module, caller, hSession, userType, pPin, ulPinLen);
        fn C_Logout(hSession: CK_SESSION_HANDLE)
            = enter |module, _caller| sessions::log_out(module, hSession);
        fn C_CreateObject(hSession: CK_SESSION_HANDLE, pTemplate: CK_ATTRIBUTE_PTR, ulCount: CK_ULONG,
                phObject: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.template(pTemplate, ulCount).pointer(phObject).write_protected();
        fn C_CopyObject(hSession: CK_SESSION_HANDLE, hObject: CK_OBJECT_HANDLE, pTemplate: CK_ATTRIBUTE_PTR,
                ulCount: CK_ULONG, phNewObject: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.object(hObject).template(pTemplate, ulCount).pointer(phNewObject)
                .write_protected();
        fn C_DestroyObject(hSession: CK_SESSION_HANDLE, hObject: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.object(hObject).write_protected();
        fn C_GetObjectSize(hSession: CK_SESSION_HANDLE, hObject: CK_OBJECT_HANDLE, pulSize: CK_ULONG_PTR)
            = enter |module, caller| objects::size(module, caller, hSession, hObject, pulSize);
        fn C_GetAttributeValue(hSession: CK_SESSION_HANDLE, hObject: CK_OBJECT_HANDLE,
                pTemplate: CK_ATTRIBUTE_PTR, ulCount: CK_ULONG)
            = enter |module, caller|
                objects::attribute_values(module, caller, hSession, hObject, pTemplate, ulCount);
        fn C_SetAttributeValue(hSession: CK_SESSION_HANDLE, hObject: CK_OBJECT_HANDLE,
                pTemplate: CK_ATTRIBUTE_PTR, ulCount: CK_ULONG)
            = refuse |hSession, it| it.object(hObject).template(pTemplate, ulCount).write_protected();
        fn C_FindObjectsInit(hSession: CK_SESSION_HANDLE, pTemplate: CK_ATTRIBUTE_PTR, ulCount: CK_ULONG)
            = enter |module, caller| objects::begin_search(module, caller, hSession, pTemplate, ulCount);
        fn C_FindObjects(hSession: CK_SESSION_HANDLE, phObject: CK_OBJECT_HANDLE_PTR,
                ulMaxObjectCount: CK_ULONG, pulObjectCount: CK_ULONG_PTR)
            = enter |module, caller|
                objects::next_found(module, caller, hSession, phObject, ulMaxObjectCount, pulObjectCount);
        fn C_FindObjectsFinal(hSession: CK_SESSION_HANDLE)
            = enter |module, _caller| objects::end_search(module, hSession);
        fn C_EncryptInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR, hKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.key(hKey).pointer(pMechanism).not_supported();
        fn C_Encrypt(hSession: CK_SESSION_HANDLE, pData: CK_BYTE_PTR, ulDataLen: CK_ULONG,
                _pEncryptedData: CK_BYTE_PTR, pulEncryptedDataLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pData, ulDataLen).pointer(pulEncryptedDataLen).not_supported();
        fn C_EncryptUpdate(hSession: CK_SESSION_HANDLE, pPart: CK_BYTE_PTR, ulPartLen: CK_ULONG,
                _pEncryptedPart: CK_BYTE_PTR, pulEncryptedPartLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pPart, ulPartLen).pointer(pulEncryptedPartLen).not_supported();
        fn C_EncryptFinal(hSession: CK_SESSION_HANDLE, _pLastEncryptedPart: CK_BYTE_PTR,
                pulLastEncryptedPartLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.pointer(pulLastEncryptedPartLen).not_supported();
        fn C_DecryptInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR, hKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.key(hKey).pointer(pMechanism).not_supported();
        fn C_Decrypt(hSession: CK_SESSION_HANDLE, pEncryptedData: CK_BYTE_PTR, ulEncryptedDataLen: CK_ULONG,
                _pData: CK_BYTE_PTR, pulDataLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pEncryptedData, ulEncryptedDataLen).pointer(pulDataLen)
                .not_supported();
        fn C_DecryptUpdate(hSession: CK_SESSION_HANDLE, pEncryptedPart: CK_BYTE_PTR,
                ulEncryptedPartLen: CK_ULONG, _pPart: CK_BYTE_PTR, pulPartLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pEncryptedPart, ulEncryptedPartLen).pointer(pulPartLen)
                .not_supported();
        fn C_DecryptFinal(hSession: CK_SESSION_HANDLE, _pLastPart: CK_BYTE_PTR, pulLastPartLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.pointer(pulLastPartLen).not_supported();
        fn C_DigestInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR)
            = enter |module, caller| digesting::begin(module, caller, hSession, pMechanism);
        fn C_Digest(hSession: CK_SESSION_HANDLE, pData: CK_BYTE_PTR, ulDataLen: CK_ULONG,
                pDigest: CK_BYTE_PTR, pulDigestLen: CK_ULONG_PTR)
            = enter |module, caller|
                digesting::digest(module, caller, hSession, (pData, ulDataLen), (pDigest, pulDigestLen));
        fn C_DigestUpdate(hSession: CK_SESSION_HANDLE, pPart: CK_BYTE_PTR, ulPartLen: CK_ULONG)
            = enter |module, caller| digesting::update(module, caller, hSession, pPart, ulPartLen);
        fn C_DigestKey(hSession: CK_SESSION_HANDLE, hKey: CK_OBJECT_HANDLE)
            = enter |module, _caller| digesting::key(module, hSession, hKey);
        fn C_DigestFinal(hSession: CK_SESSION_HANDLE, pDigest: CK_BYTE_PTR, pulDigestLen: CK_ULONG_PTR)
            = enter |module, caller|
                digesting::digest_parts(module, caller, hSession, (pDigest, pulDigestLen));
        fn C_SignInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR, hKey: CK_OBJECT_HANDLE)
            = enter |module, caller| signing::begin(module, caller, hSession, pMechanism, hKey);
        fn C_Sign(hSession: CK_SESSION_HANDLE, pData: CK_BYTE_PTR, ulDataLen: CK_ULONG,
                pSignature: CK_BYTE_PTR, pulSignatureLen: CK_ULONG_PTR)
            = enter |module, caller|
                signing::sign(module, caller, hSession, pData, ulDataLen, pSignature, pulSignatureLen);
        fn C_SignUpdate(hSession: CK_SESSION_HANDLE, pPart: CK_BYTE_PTR, ulPartLen: CK_ULONG)
            = enter |module, caller| signing::update(module, caller, hSession, pPart, ulPartLen);
        fn C_SignFinal(hSession: CK_SESSION_HANDLE, pSignature: CK_BYTE_PTR, pulSignatureLen: CK_ULONG_PTR)
            = enter |module, caller|
                signing::sign_parts(module, caller, hSession, pSignature, pulSignatureLen);
        fn C_SignRecoverInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.key(hKey).pointer(pMechanism).not_supported();
        fn C_SignRecover(hSession: CK_SESSION_HANDLE, pData: CK_BYTE_PTR, ulDataLen: CK_ULONG,
                _pSignature: CK_BYTE_PTR, pulSignatureLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pData, ulDataLen).pointer(pulSignatureLen).not_supported();
        fn C_VerifyInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR, hKey: CK_OBJECT_HANDLE)
            = enter |module, caller| verifying::begin(module, caller, hSession, pMechanism, hKey, None);
        fn C_Verify(hSession: CK_SESSION_HANDLE, pData: CK_BYTE_PTR, ulDataLen: CK_ULONG,
                pSignature: CK_BYTE_PTR, ulSignatureLen: CK_ULONG)
            = enter |module, caller|
                verifying::verify(module, caller, hSession, (pData, ulDataLen), Some((pSignature, ulSignatureLen)));
        fn C_VerifyUpdate(hSession: CK_SESSION_HANDLE, pPart: CK_BYTE_PTR, ulPartLen: CK_ULONG)
            = enter |module, caller| verifying::update(module, caller, hSession, pPart, ulPartLen);
        fn C_VerifyFinal(hSession: CK_SESSION_HANDLE, pSignature: CK_BYTE_PTR, ulSignatureLen: CK_ULONG)
            = enter |module, caller|
                verifying::verify_parts(module, caller, hSession, Some((pSignature, ulSignatureLen)));
        fn C_VerifyRecoverInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.key(hKey).pointer(pMechanism).not_supported();
        fn C_VerifyRecover(hSession: CK_SESSION_HANDLE, pSignature: CK_BYTE_PTR, ulSignatureLen: CK_ULONG,
                _pData: CK_BYTE_PTR, pulDataLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pSignature, ulSignatureLen).pointer(pulDataLen).not_supported();
        fn C_DigestEncryptUpdate(hSession: CK_SESSION_HANDLE, pPart: CK_BYTE_PTR, ulPartLen: CK_ULONG,
                _pEncryptedPart: CK_BYTE_PTR, pulEncryptedPartLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pPart, ulPartLen).pointer(pulEncryptedPartLen).not_supported();
        fn C_DecryptDigestUpdate(hSession: CK_SESSION_HANDLE, pEncryptedPart: CK_BYTE_PTR,
                ulEncryptedPartLen: CK_ULONG, _pPart: CK_BYTE_PTR, pulPartLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pEncryptedPart, ulEncryptedPartLen).pointer(pulPartLen)
                .not_supported();
        fn C_SignEncryptUpdate(hSession: CK_SESSION_HANDLE, pPart: CK_BYTE_PTR, ulPartLen: CK_ULONG,
                _pEncryptedPart: CK_BYTE_PTR, pulEncryptedPartLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pPart, ulPartLen).pointer(pulEncryptedPartLen).not_supported();
        fn C_DecryptVerifyUpdate(hSession: CK_SESSION_HANDLE, pEncryptedPart: CK_BYTE_PTR,
                ulEncryptedPartLen: CK_ULONG, _pPart: CK_BYTE_PTR, pulPartLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pEncryptedPart, ulEncryptedPartLen).pointer(pulPartLen)
                .not_supported();
        fn C_GenerateKey(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                pTemplate: CK_ATTRIBUTE_PTR, ulCount: CK_ULONG, phKey: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.pointer(pMechanism).template(pTemplate, ulCount).pointer(phKey)
                .write_protected();
        fn C_GenerateKeyPair(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                pPublicKeyTemplate: CK_ATTRIBUTE_PTR, ulPublicKeyAttributeCount: CK_ULONG,
                pPrivateKeyTemplate: CK_ATTRIBUTE_PTR, ulPrivateKeyAttributeCount: CK_ULONG,
                phPublicKey: CK_OBJECT_HANDLE_PTR, phPrivateKey: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.pointer(pMechanism)
                .template(pPublicKeyTemplate, ulPublicKeyAttributeCount)
                .template(pPrivateKeyTemplate, ulPrivateKeyAttributeCount).pointer(phPublicKey)
                .pointer(phPrivateKey).write_protected();
        fn C_WrapKey(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hWrappingKey: CK_OBJECT_HANDLE, hKey: CK_OBJECT_HANDLE, _pWrappedKey: CK_BYTE_PTR,
                pulWrappedKeyLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.key(hWrappingKey).key(hKey).pointer(pMechanism)
                .pointer(pulWrappedKeyLen).not_supported();
        fn C_UnwrapKey(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hUnwrappingKey: CK_OBJECT_HANDLE, pWrappedKey: CK_BYTE_PTR, ulWrappedKeyLen: CK_ULONG,
                pTemplate: CK_ATTRIBUTE_PTR, ulAttributeCount: CK_ULONG, phKey: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.key(hUnwrappingKey).pointer(pMechanism)
                .bytes(pWrappedKey, ulWrappedKeyLen).template(pTemplate, ulAttributeCount).pointer(phKey)
                .write_protected();
        fn C_DeriveKey(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR, hBaseKey: CK_OBJECT_HANDLE,
                pTemplate: CK_ATTRIBUTE_PTR, ulAttributeCount: CK_ULONG, phKey: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.key(hBaseKey).pointer(pMechanism).template(pTemplate, ulAttributeCount)
                .pointer(phKey).not_supported();
        fn C_SeedRandom(hSession: CK_SESSION_HANDLE, pSeed: CK_BYTE_PTR, ulSeedLen: CK_ULONG)
            = enter |module, caller| random::seed(module, caller, hSession, pSeed, ulSeedLen);
        fn C_GenerateRandom(hSession: CK_SESSION_HANDLE, RandomData: CK_BYTE_PTR, ulRandomLen: CK_ULONG)
            = enter |module, caller| random::generate(module, caller, hSession, RandomData, ulRandomLen);
        fn C_GetFunctionStatus(hSession: CK_SESSION_HANDLE) = refuse |hSession, it| it.not_parallel();
        fn C_CancelFunction(hSession: CK_SESSION_HANDLE) = refuse |hSession, it| it.not_parallel();
        fn C_WaitForSlotEvent(flags: CK_FLAGS, pSlot: CK_SLOT_ID_PTR, pReserved: CK_VOID_PTR)
            = enter |module, caller| general::wait_for_slot_event(module, caller, flags, pSlot, pReserved);
    }
    since V3_0 {
        #[unsafe(no_mangle)]
        fn C_GetInterfaceList(pInterfacesList: CK_INTERFACE_PTR, pulCount: CK_ULONG_PTR)
            = pass |caller| interfaces::list(caller, pInterfacesList, pulCount);
        #[unsafe(no_mangle)]
        fn C_GetInterface(pInterfaceName: CK_UTF8CHAR_PTR, pVersion: CK_VERSION_PTR,
                ppInterface: CK_INTERFACE_PTR_PTR, flags: CK_FLAGS)
            = pass |caller| interfaces::find(caller, pInterfaceName, pVersion, ppInterface, flags);
        fn C_LoginUser(hSession: CK_SESSION_HANDLE, userType: CK_USER_TYPE, pPin: CK_UTF8CHAR_PTR,
                ulPinLen: CK_ULONG, pUsername: CK_UTF8CHAR_PTR, ulUsernameLen: CK_ULONG)
            = enter |module, caller|
                sessions::log_in_user(module, caller, hSession, userType, (pPin, ulPinLen), (pUsername, ulUsernameLen));
        fn C_SessionCancel(hSession: CK_SESSION_HANDLE, flags: CK_FLAGS)
            = enter |module, _caller| sessions::cancel(module, hSession, flags);
        fn C_MessageEncryptInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.key(hKey).pointer(pMechanism).not_supported();
        fn C_EncryptMessage(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR, _ulParameterLen: CK_ULONG,
                pAssociatedData: CK_BYTE_PTR, ulAssociatedDataLen: CK_ULONG, pPlaintext: CK_BYTE_PTR,
                ulPlaintextLen: CK_ULONG, _pCiphertext: CK_BYTE_PTR, pulCiphertextLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pAssociatedData, ulAssociatedDataLen)
                .bytes(pPlaintext, ulPlaintextLen).pointer(pulCiphertextLen).not_supported();
        fn C_EncryptMessageBegin(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR,
                _ulParameterLen: CK_ULONG, pAssociatedData: CK_BYTE_PTR, ulAssociatedDataLen: CK_ULONG)
            = refuse |hSession, it| it.bytes(pAssociatedData, ulAssociatedDataLen).not_supported();
        fn C_EncryptMessageNext(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR,
                _ulParameterLen: CK_ULONG, pPlaintextPart: CK_BYTE_PTR, ulPlaintextPartLen: CK_ULONG,
                _pCiphertextPart: CK_BYTE_PTR, pulCiphertextPartLen: CK_ULONG_PTR, _flags: CK_FLAGS)
            = refuse |hSession, it| it.bytes(pPlaintextPart, ulPlaintextPartLen).pointer(pulCiphertextPartLen)
                .not_supported();
        fn C_MessageEncryptFinal(hSession: CK_SESSION_HANDLE) = refuse |hSession, it| it.not_supported();
        fn C_MessageDecryptInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.key(hKey).pointer(pMechanism).not_supported();
        fn C_DecryptMessage(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR, _ulParameterLen: CK_ULONG,
                pAssociatedData: CK_BYTE_PTR, ulAssociatedDataLen: CK_ULONG, pCiphertext: CK_BYTE_PTR,
                ulCiphertextLen: CK_ULONG, _pPlaintext: CK_BYTE_PTR, pulPlaintextLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pAssociatedData, ulAssociatedDataLen)
                .bytes(pCiphertext, ulCiphertextLen).pointer(pulPlaintextLen).not_supported();
        fn C_DecryptMessageBegin(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR,
                _ulParameterLen: CK_ULONG, pAssociatedData: CK_BYTE_PTR, ulAssociatedDataLen: CK_ULONG)
            = refuse |hSession, it| it.bytes(pAssociatedData, ulAssociatedDataLen).not_supported();
        fn C_DecryptMessageNext(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR,
                _ulParameterLen: CK_ULONG, pCiphertextPart: CK_BYTE_PTR, ulCiphertextPartLen: CK_ULONG,
                _pPlaintextPart: CK_BYTE_PTR, pulPlaintextPartLen: CK_ULONG_PTR, _flags: CK_FLAGS)
            = refuse |hSession, it| it.bytes(pCiphertextPart, ulCiphertextPartLen)
                .pointer(pulPlaintextPartLen).not_supported();
        fn C_MessageDecryptFinal(hSession: CK_SESSION_HANDLE) = refuse |hSession, it| it.not_supported();
        fn C_MessageSignInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.key(hKey).pointer(pMechanism).not_supported();
        fn C_SignMessage(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR, _ulParameterLen: CK_ULONG,
                pData: CK_BYTE_PTR, ulDataLen: CK_ULONG, _pSignature: CK_BYTE_PTR,
                pulSignatureLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pData, ulDataLen).pointer(pulSignatureLen).not_supported();
        fn C_SignMessageBegin(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR,
                _ulParameterLen: CK_ULONG)
            = refuse |hSession, it| it.not_supported();
        fn C_SignMessageNext(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR, _ulParameterLen: CK_ULONG,
                pData: CK_BYTE_PTR, ulDataLen: CK_ULONG, _pSignature: CK_BYTE_PTR,
                _pulSignatureLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.bytes(pData, ulDataLen).not_supported();
        fn C_MessageSignFinal(hSession: CK_SESSION_HANDLE) = refuse |hSession, it| it.not_supported();
        fn C_MessageVerifyInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hKey: CK_OBJECT_HANDLE)
            = refuse |hSession, it| it.key(hKey).pointer(pMechanism).not_supported();
        fn C_VerifyMessage(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR, _ulParameterLen: CK_ULONG,
                pData: CK_BYTE_PTR, ulDataLen: CK_ULONG, pSignature: CK_BYTE_PTR, ulSignatureLen: CK_ULONG)
            = refuse |hSession, it| it.bytes(pData, ulDataLen).bytes(pSignature, ulSignatureLen)
                .not_supported();
        fn C_VerifyMessageBegin(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR,
                _ulParameterLen: CK_ULONG)
            = refuse |hSession, it| it.not_supported();
        fn C_VerifyMessageNext(hSession: CK_SESSION_HANDLE, _pParameter: CK_VOID_PTR,
                _ulParameterLen: CK_ULONG, pData: CK_BYTE_PTR, ulDataLen: CK_ULONG, pSignature: CK_BYTE_PTR,
                ulSignatureLen: CK_ULONG)
            = refuse |hSession, it| it.bytes(pData, ulDataLen).bytes(pSignature, ulSignatureLen)
                .not_supported();
        fn C_MessageVerifyFinal(hSession: CK_SESSION_HANDLE) = refuse |hSession, it| it.not_supported();
    }
    since V3_2 {
        fn C_EncapsulateKey(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hPublicKey: CK_OBJECT_HANDLE, pTemplate: CK_ATTRIBUTE_PTR, ulAttributeCount: CK_ULONG,
                _pCiphertext: CK_BYTE_PTR, pulCiphertextLen: CK_ULONG_PTR, phKey: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.key(hPublicKey).pointer(pMechanism)
                .template(pTemplate, ulAttributeCount).pointer(pulCiphertextLen).pointer(phKey)
                .not_supported();
        fn C_DecapsulateKey(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hPrivateKey: CK_OBJECT_HANDLE, pTemplate: CK_ATTRIBUTE_PTR, ulAttributeCount: CK_ULONG,
                pCiphertext: CK_BYTE_PTR, ulCiphertextLen: CK_ULONG, phKey: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.key(hPrivateKey).pointer(pMechanism)
                .template(pTemplate, ulAttributeCount).bytes(pCiphertext, ulCiphertextLen).pointer(phKey)
                .not_supported();
        fn C_VerifySignatureInit(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hKey: CK_OBJECT_HANDLE, pSignature: CK_BYTE_PTR, ulSignatureLen: CK_ULONG)
            = enter |module, caller|
                verifying::begin(module, caller, hSession, pMechanism, hKey, Some((pSignature, ulSignatureLen)));
        fn C_VerifySignature(hSession: CK_SESSION_HANDLE, pData: CK_BYTE_PTR, ulDataLen: CK_ULONG)
            = enter |module, caller| verifying::verify(module, caller, hSession, (pData, ulDataLen), None);
        fn C_VerifySignatureUpdate(hSession: CK_SESSION_HANDLE, pPart: CK_BYTE_PTR, ulPartLen: CK_ULONG)
            = enter |module, caller| verifying::update(module, caller, hSession, pPart, ulPartLen);
        fn C_VerifySignatureFinal(hSession: CK_SESSION_HANDLE)
            = enter |module, caller| verifying::verify_parts(module, caller, hSession, None);
        fn C_GetSessionValidationFlags(hSession: CK_SESSION_HANDLE, _type: CK_SESSION_VALIDATION_FLAGS_TYPE,
                pFlags: CK_FLAGS_PTR)
            = enter |module, caller| sessions::validation_flags(module, caller, hSession, pFlags);
        fn C_AsyncComplete(hSession: CK_SESSION_HANDLE, pFunctionName: CK_UTF8CHAR_PTR,
                pResult: CK_ASYNC_DATA_PTR)
            = refuse |hSession, it| it.pointer(pFunctionName).pointer(pResult).not_supported();
        fn C_AsyncGetID(hSession: CK_SESSION_HANDLE, pFunctionName: CK_UTF8CHAR_PTR, pulID: CK_ULONG_PTR)
            = refuse |hSession, it| it.pointer(pFunctionName).pointer(pulID).not_supported();
        fn C_AsyncJoin(hSession: CK_SESSION_HANDLE, pFunctionName: CK_UTF8CHAR_PTR, _ulID: CK_ULONG,
                pData: CK_BYTE_PTR, ulData: CK_ULONG)
            = refuse |hSession, it| it.pointer(pFunctionName).bytes(pData, ulData).not_supported();
        fn C_WrapKeyAuthenticated(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hWrappingKey: CK_OBJECT_HANDLE, hKey: CK_OBJECT_HANDLE, pAssociatedData: CK_BYTE_PTR,
                ulAssociatedDataLen: CK_ULONG, _pWrappedKey: CK_BYTE_PTR, pulWrappedKeyLen: CK_ULONG_PTR)
            = refuse |hSession, it| it.key(hWrappingKey).key(hKey).pointer(pMechanism)
                .bytes(pAssociatedData, ulAssociatedDataLen).pointer(pulWrappedKeyLen).not_supported();
        fn C_UnwrapKeyAuthenticated(hSession: CK_SESSION_HANDLE, pMechanism: CK_MECHANISM_PTR,
                hUnwrappingKey: CK_OBJECT_HANDLE, pWrappedKey: CK_BYTE_PTR, ulWrappedKeyLen: CK_ULONG,
                pTemplate: CK_ATTRIBUTE_PTR, ulAttributeCount: CK_ULONG, pAssociatedData: CK_BYTE_PTR,
                ulAssociatedDataLen: CK_ULONG, phKey: CK_OBJECT_HANDLE_PTR)
            = refuse |hSession, it| it.key(hUnwrappingKey).pointer(pMechanism)
                .bytes(pWrappedKey, ulWrappedKeyLen).template(pTemplate, ulAttributeCount)
                .bytes(pAssociatedData, ulAssociatedDataLen).pointer(phKey).write_protected();
    }
}
