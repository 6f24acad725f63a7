//! Every function of PKCS#11 3.2, each once: what its arguments are, and what it answers when they are right.

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{MechanismType as M, ReturnValue};

use super::arguments::Argument::{self, *};

/// A function.
pub struct Function {
    pub name: &'static str,
    pub arguments: &'static [Argument],
    /// What must have been begun before.
    pub begun: Begun,
    /// What it answers to a user who is logged in and whose arguments are right.
    pub right: ReturnValue,
    call: fn(&CK_FUNCTION_LIST_3_2, &[usize]) -> CK_RV,
}

/// An operation of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    Nothing,
    Search,
    Digest,
    Signature,
    Verification,
    /// The signature came first.
    VerificationOfSignature,
}

impl Function {
    /// Calls it; each word becomes what C has in its place.
    pub fn call(&self, list: &CK_FUNCTION_LIST_3_2, words: &[usize]) -> ReturnValue {
        assert_eq!(words.len(), self.arguments.len());
        ReturnValue((self.call)(list, words))
    }
}

/// An argument of C, made of a word.
trait Word {
    fn of(word: usize) -> Self;
}

impl Word for CK_ULONG {
    fn of(word: usize) -> Self {
        word as Self
    }
}

impl Word for CK_BBOOL {
    fn of(word: usize) -> Self {
        word as Self
    }
}

impl<T> Word for *mut T {
    fn of(word: usize) -> Self {
        std::ptr::with_exposed_provenance_mut(word)
    }
}

impl Word for CK_NOTIFY {
    fn of(_: usize) -> Self {
        None
    }
}

macro_rules! functions {
    ($($name:ident($($argument:expr),* $(,)?) $(after $begun:ident)? = $right:ident;)*) => {
        pub const FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            arguments: &[$($argument),*],
            begun: begun!($($begun)?),
            right: ReturnValue::$right,
            call: |list, words| {
                let mut words = words.iter();
                let _ = &mut words;
                unsafe { list.$name.unwrap()($(next!(words, $argument)),*) }
            },
        }),*];
    };
}

macro_rules! begun {
    () => {
        Begun::Nothing
    };
    ($begun:ident) => {
        Begun::$begun
    };
}

macro_rules! next {
    ($words:ident, $argument:expr) => {
        Word::of(*$words.next().unwrap())
    };
}

/// What is digested and signed.
const DATA: Argument = Bytes(b"data");
const SIGNATURE: Argument = Bytes(&[1; 64]);
const MECHANISM: Argument = Mechanism(M::ECDSA_SHA256);
const HANDLE: Argument = Into(size_of::<CK_OBJECT_HANDLE>());
const OUTPUT: Argument = Buffer(1, 64);
const DIGEST: Argument = Buffer(1, 32);

functions! {
    C_Initialize(Optional(&[0; size_of::<CK_C_INITIALIZE_ARGS>()])) = CRYPTOKI_ALREADY_INITIALIZED;
    C_Finalize(Reserved) = OK;
    C_GetInfo(Into(size_of::<CK_INFO>())) = OK;
    C_GetFunctionList(Into(8)) = OK;
    C_GetSlotList(Number(1), Buffer(8, 1), Room) = OK;
    C_GetSlotInfo(Slot, Into(size_of::<CK_SLOT_INFO>())) = OK;
    C_GetTokenInfo(Slot, Into(size_of::<CK_TOKEN_INFO>())) = OK;
    C_GetMechanismList(Slot, Buffer(8, 16), Room) = OK;
    C_GetMechanismInfo(Slot, Number(CKM_ECDSA), Into(size_of::<CK_MECHANISM_INFO>())) = OK;
    C_InitToken(Slot, Bytes(b"1234"), Length, Text(&[b' '; 32])) = TOKEN_WRITE_PROTECTED;
    C_InitPIN(Session, Bytes(b"1234"), Length) = TOKEN_WRITE_PROTECTED;
    C_SetPIN(Session, Bytes(b"1234"), Length, Bytes(b"5678"), Length) = TOKEN_WRITE_PROTECTED;
    C_OpenSession(Slot, Number(CKF_SERIAL_SESSION), Optional(b"application"), Callback, HANDLE) = OK;
    C_CloseSession(Session) = OK;
    C_CloseAllSessions(Slot) = OK;
    C_GetSessionInfo(Session, Into(size_of::<CK_SESSION_INFO>())) = OK;
    C_GetOperationState(Session, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_SetOperationState(Session, Bytes(&[0; 16]), Length, Number(0), Number(0)) = FUNCTION_NOT_SUPPORTED;
    C_Login(Session, Number(CKU_USER), Bytes(b"CONFIG"), Length) = USER_ALREADY_LOGGED_IN;
    C_Logout(Session) = OK;
    C_CreateObject(Session, Template, Length, HANDLE) = TOKEN_WRITE_PROTECTED;
    C_CopyObject(Session, Object, Template, Length, HANDLE) = TOKEN_WRITE_PROTECTED;
    C_DestroyObject(Session, Object) = TOKEN_WRITE_PROTECTED;
    C_GetObjectSize(Session, Object, Into(8)) = OK;
    C_GetAttributeValue(Session, Object, Attributes, Length) = OK;
    C_SetAttributeValue(Session, Object, Template, Length) = TOKEN_WRITE_PROTECTED;
    C_FindObjectsInit(Session, Template, Length) = OK;
    C_FindObjects(Session, Into(2 * 8), Most(2), Into(8)) after Search = OK;
    C_FindObjectsFinal(Session) after Search = OK;
    C_EncryptInit(Session, MECHANISM, PrivateKey) = FUNCTION_NOT_SUPPORTED;
    C_Encrypt(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_EncryptUpdate(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_EncryptFinal(Session, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_DecryptInit(Session, MECHANISM, PrivateKey) = FUNCTION_NOT_SUPPORTED;
    C_Decrypt(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_DecryptUpdate(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_DecryptFinal(Session, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_DigestInit(Session, Mechanism(M::SHA256)) = OK;
    C_Digest(Session, DATA, Length, DIGEST, Room) after Digest = OK;
    C_DigestUpdate(Session, DATA, Length) after Digest = OK;
    C_DigestKey(Session, PrivateKey) after Digest = KEY_INDIGESTIBLE;
    C_DigestFinal(Session, DIGEST, Room) after Digest = OK;
    C_SignInit(Session, MECHANISM, PrivateKey) = OK;
    C_Sign(Session, DATA, Length, OUTPUT, Room) after Signature = OK;
    C_SignUpdate(Session, DATA, Length) after Signature = OK;
    C_SignFinal(Session, OUTPUT, Room) after Signature = OK;
    C_SignRecoverInit(Session, MECHANISM, PrivateKey) = FUNCTION_NOT_SUPPORTED;
    C_SignRecover(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_VerifyInit(Session, MECHANISM, PublicKey) = OK;
    C_Verify(Session, DATA, Length, SIGNATURE, Length) after Verification = SIGNATURE_INVALID;
    C_VerifyUpdate(Session, DATA, Length) after Verification = OK;
    C_VerifyFinal(Session, SIGNATURE, Length) after Verification = SIGNATURE_INVALID;
    C_VerifyRecoverInit(Session, MECHANISM, PublicKey) = FUNCTION_NOT_SUPPORTED;
    C_VerifyRecover(Session, SIGNATURE, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_DigestEncryptUpdate(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_DecryptDigestUpdate(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_SignEncryptUpdate(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_DecryptVerifyUpdate(Session, DATA, Length, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_GenerateKey(Session, MECHANISM, Template, Length, HANDLE) = TOKEN_WRITE_PROTECTED;
    C_GenerateKeyPair(Session, MECHANISM, Template, Length, Template, Length, HANDLE, HANDLE)
        = TOKEN_WRITE_PROTECTED;
    C_WrapKey(Session, MECHANISM, PublicKey, PrivateKey, OUTPUT, Room) = FUNCTION_NOT_SUPPORTED;
    C_UnwrapKey(Session, MECHANISM, PrivateKey, DATA, Length, Template, Length, HANDLE)
        = TOKEN_WRITE_PROTECTED;
    C_DeriveKey(Session, MECHANISM, PrivateKey, Template, Length, HANDLE) = FUNCTION_NOT_SUPPORTED;
    C_SeedRandom(Session, Bytes(b"seed"), Length) = RANDOM_SEED_NOT_SUPPORTED;
    C_GenerateRandom(Session, Into(1), Length) = OK;
    C_GetFunctionStatus(Session) = FUNCTION_NOT_PARALLEL;
    C_CancelFunction(Session) = FUNCTION_NOT_PARALLEL;
    C_WaitForSlotEvent(Number(CKF_DONT_BLOCK), Into(8), Reserved) = NO_EVENT;
    C_GetInterfaceList(Buffer(size_of::<CK_INTERFACE>(), 3), Room) = OK;
    C_GetInterface(Optional(b"PKCS 11\0"), Optional(&[3, 2]), Into(8), Number(0)) = OK;
    C_LoginUser(Session, Number(CKU_USER), Bytes(b"token"), Length, Bytes(b"organization"), Length)
        = USER_ALREADY_LOGGED_IN;
    C_SessionCancel(Session, Number(CKF_SIGN)) = OK;
    C_MessageEncryptInit(Session, MECHANISM, PrivateKey) = FUNCTION_NOT_SUPPORTED;
    C_EncryptMessage(Session, Optional(b"parameter"), Number(9), DATA, Length, DATA, Length, OUTPUT, Room)
        = FUNCTION_NOT_SUPPORTED;
    C_EncryptMessageBegin(Session, Optional(b"parameter"), Number(9), DATA, Length) = FUNCTION_NOT_SUPPORTED;
    C_EncryptMessageNext(Session, Optional(b"parameter"), Number(9), DATA, Length, OUTPUT, Room, Number(0))
        = FUNCTION_NOT_SUPPORTED;
    C_MessageEncryptFinal(Session) = FUNCTION_NOT_SUPPORTED;
    C_MessageDecryptInit(Session, MECHANISM, PrivateKey) = FUNCTION_NOT_SUPPORTED;
    C_DecryptMessage(Session, Optional(b"parameter"), Number(9), DATA, Length, DATA, Length, OUTPUT, Room)
        = FUNCTION_NOT_SUPPORTED;
    C_DecryptMessageBegin(Session, Optional(b"parameter"), Number(9), DATA, Length) = FUNCTION_NOT_SUPPORTED;
    C_DecryptMessageNext(Session, Optional(b"parameter"), Number(9), DATA, Length, OUTPUT, Room, Number(0))
        = FUNCTION_NOT_SUPPORTED;
    C_MessageDecryptFinal(Session) = FUNCTION_NOT_SUPPORTED;
    C_MessageSignInit(Session, MECHANISM, PrivateKey) = FUNCTION_NOT_SUPPORTED;
    C_SignMessage(Session, Optional(b"parameter"), Number(9), DATA, Length, OUTPUT, Room)
        = FUNCTION_NOT_SUPPORTED;
    C_SignMessageBegin(Session, Optional(b"parameter"), Number(9)) = FUNCTION_NOT_SUPPORTED;
    // a part that is not the last has no signature
    C_SignMessageNext(Session, Optional(b"parameter"), Number(9), DATA, Length, Optional(&[0]), Optional(&[0; 8]))
        = FUNCTION_NOT_SUPPORTED;
    C_MessageSignFinal(Session) = FUNCTION_NOT_SUPPORTED;
    C_MessageVerifyInit(Session, MECHANISM, PublicKey) = FUNCTION_NOT_SUPPORTED;
    C_VerifyMessage(Session, Optional(b"parameter"), Number(9), DATA, Length, SIGNATURE, Length)
        = FUNCTION_NOT_SUPPORTED;
    C_VerifyMessageBegin(Session, Optional(b"parameter"), Number(9)) = FUNCTION_NOT_SUPPORTED;
    C_VerifyMessageNext(Session, Optional(b"parameter"), Number(9), DATA, Length, SIGNATURE, Length)
        = FUNCTION_NOT_SUPPORTED;
    C_MessageVerifyFinal(Session) = FUNCTION_NOT_SUPPORTED;
    C_EncapsulateKey(Session, MECHANISM, PublicKey, Template, Length, OUTPUT, Room, HANDLE)
        = FUNCTION_NOT_SUPPORTED;
    C_DecapsulateKey(Session, MECHANISM, PrivateKey, Template, Length, DATA, Length, HANDLE)
        = FUNCTION_NOT_SUPPORTED;
    C_VerifySignatureInit(Session, MECHANISM, PublicKey, SIGNATURE, Length) = OK;
    C_VerifySignature(Session, DATA, Length) after VerificationOfSignature = SIGNATURE_INVALID;
    C_VerifySignatureUpdate(Session, DATA, Length) after VerificationOfSignature = OK;
    C_VerifySignatureFinal(Session) after VerificationOfSignature = SIGNATURE_INVALID;
    C_GetSessionValidationFlags(Session, Number(1), Into(8)) = OK;
    C_AsyncComplete(Session, Text(b"C_Sign\0"), Into(size_of::<CK_ASYNC_DATA>())) = FUNCTION_NOT_SUPPORTED;
    C_AsyncGetID(Session, Text(b"C_Sign\0"), Into(8)) = FUNCTION_NOT_SUPPORTED;
    C_AsyncJoin(Session, Text(b"C_Sign\0"), Number(0), DATA, Length) = FUNCTION_NOT_SUPPORTED;
    C_WrapKeyAuthenticated(Session, MECHANISM, PublicKey, PrivateKey, DATA, Length, OUTPUT, Room)
        = FUNCTION_NOT_SUPPORTED;
    C_UnwrapKeyAuthenticated(
        Session, MECHANISM, PrivateKey, DATA, Length, Template, Length, DATA, Length, HANDLE
    ) = TOKEN_WRITE_PROTECTED;
}

#[test]
fn every_function_of_the_list_is_there_once() {
    let names: std::collections::BTreeSet<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    let in_the_list = size_of::<CK_FUNCTION_LIST_3_2>() / size_of::<CK_C_Initialize>() - 1;

    assert_eq!(names.len(), FUNCTIONS.len());
    assert_eq!(FUNCTIONS.len(), in_the_list);
}
