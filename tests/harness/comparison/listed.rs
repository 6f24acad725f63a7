//! Where our answers differ from those of SoftHSM 2.6.1, and why that is right.
//!
//! `⁎` stands for anything in the name of a call, and nowhere else. Sections are those of PKCS#11 v3.1.

/// A reason for differing, and what differs for it: the call, what SoftHSM answers, what we answer.
pub struct Difference {
    pub reason: &'static str,
    pub section: &'static str,
    pub answers: &'static [(&'static str, &'static str, &'static str)],
}

const CERTIFICATES: &str = "certificate p-256, certificate p-384, certificate p-521, certificate rsa-2048, \
     certificate rsa-3072, certificate rsa-4096";
const PUBLIC_KEYS: &str =
    "public p-256, public p-384, public p-521, public rsa-2048, public rsa-3072, public rsa-4096";
const KEYS: &str = "certificate p-256, certificate p-384, certificate p-521, certificate rsa-2048, \
     certificate rsa-3072, certificate rsa-4096, private p-256, private p-384, private p-521, private rsa-2048, \
     private rsa-3072, private rsa-4096, public p-256, public p-384, public p-521, public rsa-2048, \
     public rsa-3072, public rsa-4096";
const KEYS_AND_PROFILES: &str = "certificate p-256, certificate p-384, certificate p-521, certificate rsa-2048, \
     certificate rsa-3072, certificate rsa-4096, private p-256, private p-384, private p-521, private rsa-2048, \
     private rsa-3072, private rsa-4096, profile Authentication Token, profile Baseline Provider, \
     profile Extended Provider, public p-256, public p-384, public p-521, public rsa-2048, public rsa-3072, \
     public rsa-4096";

const HARDWARE_EC: &str = "CKF_HW CKF_SIGN CKF_VERIFY CKF_EC_F_P CKF_EC_OID CKF_EC_UNCOMPRESS";
const TOKEN_FLAGS: &str =
    "CKF_RNG CKF_WRITE_PROTECTED CKF_LOGIN_REQUIRED CKF_USER_PIN_INITIALIZED CKF_TOKEN_INITIALIZED";
const SOFTHSM_FLAGS: &str = "CKF_RNG CKF_LOGIN_REQUIRED CKF_USER_PIN_INITIALIZED CKF_RESTORE_KEY_NOT_NEEDED \
     CKF_TOKEN_INITIALIZED";

/// The whole list.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        reason: "Each is called by its own name",
        section: "sections 5.4.3, 5.5.2 and 5.5.3",
        answers: &[
            ("library: C_GetInfo() → manufacturerID", "“SoftHSM”", "“signpath-pkcs11”"),
            (
                "library: C_GetInfo() → libraryDescription",
                "“Implementation of PKCS11”",
                "“PKCS#11 module for SignPath”",
            ),
            ("slots: C_GetSlotInfo(the slot) → slotDescription", "SoftHSM slot", "SignPath signing service"),
            ("slots: C_GetSlotInfo(the slot) → manufacturerID", "“SoftHSM project”", "“SignPath”"),
            ("⁎: C_GetTokenInfo(⁎) → label", "“signpath-fixtures”", "“SignPath”"),
            ("⁎: C_GetTokenInfo(⁎) → manufacturerID", "“SoftHSM project”", "“SignPath”"),
            ("⁎: C_GetTokenInfo(⁎) → model", "“SoftHSM v2”", "“SignPath”"),
        ],
    },
    Difference {
        reason: "SoftHSM has one more slot, for the next token to be initialised in; here there is one slot, and \
                 nothing is initialised",
        section: "section 5.5.1",
        answers: &[("slots: C_GetSlotList(⁎) → *pulCount", "2", "1")],
    },
    Difference {
        reason: "The token cannot be written to, its sessions are counted, and a PIN is an API token, or empty for the \
                 configured one",
        section: "sections 3.2 and 5.5.3",
        answers: &[
            ("⁎: C_GetTokenInfo(⁎) → flags", SOFTHSM_FLAGS, TOKEN_FLAGS),
            ("slots: C_GetTokenInfo(the slot) → ulSessionCount", "CK_UNAVAILABLE_INFORMATION", "0"),
            ("slots: C_GetTokenInfo(the slot) → ulRwSessionCount", "CK_UNAVAILABLE_INFORMATION", "0"),
            (
                "sessions: C_GetTokenInfo(with two sessions) → ulSessionCount",
                "CK_UNAVAILABLE_INFORMATION",
                "2",
            ),
            (
                "sessions: C_GetTokenInfo(with two sessions) → ulRwSessionCount",
                "CK_UNAVAILABLE_INFORMATION",
                "1",
            ),
            ("⁎: C_GetTokenInfo(⁎) → ulMaxPinLen", "255", "1024"),
            ("⁎: C_GetTokenInfo(⁎) → ulMinPinLen", "4", "0"),
            ("login: C_Login(CKU_USER, PIN Null)", "CKR_ARGUMENTS_BAD", "CKR_PIN_INCORRECT"),
        ],
    },
    Difference {
        reason: "SoftHSM has more mechanisms, but not ECDSA with hashing; here keys are in hardware, sign and verify \
                 only, and have the sizes that SignPath makes",
        section: "sections 5.5.5 and 5.5.6",
        answers: &[
            ("mechanisms: C_GetMechanismList(⁎) → *pulCount", "70", "16"),
            ("mechanisms: C_GetMechanismList(room for 200) → CKM_ECDSA_SHA⁎", "not listed", "listed"),
            ("mechanisms: C_GetMechanismList(room for 200) → CKM_SHA1_RSA_PKCS", "listed", "not listed"),
            ("mechanisms: C_GetMechanismList(room for 200) → CKM_RSA_X_509", "listed", "not listed"),
            ("mechanisms: C_GetMechanismInfo(the slot, CKM_⁎) → ulMinKeySize", "512", "2048"),
            ("mechanisms: C_GetMechanismInfo(the slot, CKM_⁎) → ulMaxKeySize", "16384", "8192"),
            ("mechanisms: C_GetMechanismInfo(the slot, CKM_ECDSA) → ulMinKeySize", "112", "256"),
            (
                "mechanisms: C_GetMechanismInfo(the slot, CKM_RSA_PKCS) → flags",
                "CKF_ENCRYPT CKF_DECRYPT CKF_SIGN CKF_VERIFY CKF_WRAP CKF_UNWRAP",
                "CKF_HW CKF_SIGN CKF_VERIFY",
            ),
            (
                "mechanisms: C_GetMechanismInfo(the slot, CKM_⁎) → flags",
                "CKF_SIGN CKF_VERIFY",
                "CKF_HW CKF_SIGN CKF_VERIFY",
            ),
            (
                "mechanisms: C_GetMechanismInfo(the slot, CKM_ECDSA) → flags",
                "CKF_SIGN CKF_VERIFY CKF_EC_F_P CKF_EC_OID CKF_EC_UNCOMPRESS",
                HARDWARE_EC,
            ),
            ("mechanisms: C_GetMechanismInfo(the slot, CKM_ECDSA_SHA⁎)", "CKR_MECHANISM_INVALID", "CKR_OK"),
            ("mechanisms: C_GetMechanismInfo(the slot, CKM_ECDSA_SHA⁎) → ulMinKeySize", "nothing", "256"),
            ("mechanisms: C_GetMechanismInfo(the slot, CKM_ECDSA_SHA⁎) → ulMaxKeySize", "nothing", "521"),
            ("mechanisms: C_GetMechanismInfo(the slot, CKM_ECDSA_SHA⁎) → flags", "nothing", HARDWARE_EC),
            (
                "mechanisms: C_GetMechanismInfo(the slot, CKM_SHA1_RSA_PKCS)",
                "CKR_OK",
                "CKR_MECHANISM_INVALID",
            ),
            ("mechanisms: C_GetMechanismInfo(the slot, CKM_RSA_X_509)", "CKR_OK", "CKR_MECHANISM_INVALID"),
            ("mechanisms: C_GetMechanismInfo(the slot, ⁎) → ulMinKeySize", "512", "nothing"),
            ("mechanisms: C_GetMechanismInfo(the slot, ⁎) → ulMaxKeySize", "16384", "nothing"),
            (
                "mechanisms: C_GetMechanismInfo(the slot, CKM_SHA1_RSA_PKCS) → flags",
                "CKF_SIGN CKF_VERIFY",
                "nothing",
            ),
            (
                "mechanisms: C_GetMechanismInfo(the slot, CKM_RSA_X_509) → flags",
                "CKF_ENCRYPT CKF_DECRYPT CKF_SIGN CKF_VERIFY",
                "nothing",
            ),
            ("signatures: C_SignInit(CKM_ECDSA_SHA⁎, private p-⁎)", "CKR_MECHANISM_INVALID", "CKR_OK"),
            ("signatures: C_Sign(60 bytes, room for ⁎)", "CKR_OPERATION_NOT_INITIALIZED", "CKR_OK"),
            ("signatures: C_Sign(60 bytes, room for ⁎) → length", "nothing", "64"),
            ("signatures: C_Sign(60 bytes, room for ⁎) → length", "nothing", "96"),
            ("signatures: C_Sign(60 bytes, room for ⁎) → length", "nothing", "132"),
        ],
    },
    Difference {
        reason: "SoftHSM logs out nobody with success; the standard has a value for it",
        section: "section 5.6.10",
        answers: &[("login: C_Logout()", "CKR_OK", "CKR_USER_NOT_LOGGED_IN")],
    },
    Difference {
        reason: "The token has no security officer, in whatever sessions one would log in",
        section: "section 5.6.8",
        answers: &[(
            "login: C_Login(CKU_SO, PIN Right)",
            "CKR_SESSION_READ_ONLY_EXISTS",
            "CKR_USER_TYPE_INVALID",
        )],
    },
    Difference {
        reason: "The operating system's generator takes no seed",
        section: "section 5.19.1",
        answers: &[("random numbers: C_SeedRandom(4 bytes)", "CKR_OK", "CKR_RANDOM_SEED_NOT_SUPPORTED")],
    },
    Difference {
        reason: "SignPath tells nothing of a key before a login: public keys and certificates are private objects",
        section: "section 4.4",
        answers: &[
            (
                "what everybody sees: C_FindObjects(at most 100), CKA_CLASS = CKO_PUBLIC_KEY → found in all",
                PUBLIC_KEYS,
                "nothing",
            ),
            (
                "what everybody sees: C_FindObjects(at most 100), CKA_CLASS = CKO_CERTIFICATE → found in all",
                CERTIFICATES,
                "nothing",
            ),
        ],
    },
    Difference {
        reason: "SoftHSM is of version 2.40, which knows no profiles",
        section: "section 4.13",
        answers: &[(
            "searches: C_FindObjects(at most 100), CKA_TOKEN = CK_TRUE → found in all",
            KEYS,
            KEYS_AND_PROFILES,
        )],
    },
    Difference {
        reason: "No object can be changed, a private key signs and does nothing else, and its subject is that of its \
                 certificate; SoftHSM has what whoever wrote the object said",
        section: "sections 4.4, 4.6.3, 4.8 and 4.9",
        answers: &[
            ("attributes: C_GetAttributeValue(⁎) → CKA_MODIFIABLE", "01", "00"),
            ("attributes: C_GetAttributeValue(certificate ⁎) → CKA_START_DATE", "empty", "3230323030313031"),
            ("attributes: C_GetAttributeValue(certificate ⁎) → CKA_END_DATE", "empty", "3231313931323331"),
            (
                "attributes: C_GetAttributeValue(⁎ rsa-2048: ⁎) → CKA_SUBJECT",
                "empty",
                "87 bytes, SHA-256 15bdf21cd140…",
            ),
            ("attributes: C_GetAttributeValue(private rsa-2048: ⁎) → CKA_SIGN_RECOVER", "01", "00"),
            ("attributes: C_GetAttributeValue(private rsa-2048: ⁎) → CKA_DECRYPT", "01", "00"),
            ("attributes: C_GetAttributeValue(private rsa-2048: ⁎) → CKA_UNWRAP", "01", "00"),
            ("attributes: C_GetAttributeValue(public rsa-2048: ⁎) → CKA_VERIFY_RECOVER", "01", "00"),
            ("attributes: C_GetAttributeValue(public rsa-2048: ⁎) → CKA_ENCRYPT", "01", "00"),
            ("attributes: C_GetAttributeValue(public rsa-2048: ⁎) → CKA_WRAP", "01", "00"),
        ],
    },
    Difference {
        reason: "A failed C_Digest or C_Sign ends its operation unless the buffer was too small; in SoftHSM a bad \
                 argument leaves it active",
        section: "sections 5.12.2 and 5.13.2",
        answers: &[
            ("digests: C_Digest(60 bytes, room for 32)", "CKR_OK", "CKR_OPERATION_NOT_INITIALIZED"),
            ("digests: C_Digest(60 bytes, room for 32) → length", "32", "nothing"),
            (
                "digests: C_Digest(60 bytes, room for 32) → pDigest",
                "32 bytes, SHA-256 a81e8f42ff18…",
                "nothing",
            ),
            (
                "operations of a signature: C_Sign(60 bytes, room for 256)",
                "CKR_OK",
                "CKR_OPERATION_NOT_INITIALIZED",
            ),
            ("operations of a signature: C_Sign(60 bytes, room for 256) → length", "256", "nothing"),
        ],
    },
    Difference {
        reason: "A handle that is no key has a value of its own where a key is asked for",
        section: "sections 5.13.1 and 5.15.1",
        answers: &[
            (
                "keys and mechanisms: C_SignInit(anew, CKM_SHA256_RSA_PKCS, object 0)",
                "CKR_OBJECT_HANDLE_INVALID",
                "CKR_KEY_HANDLE_INVALID",
            ),
            (
                "verification: C_VerifyInit(CKM_SHA256_RSA_PKCS, object 0)",
                "CKR_OBJECT_HANDLE_INVALID",
                "CKR_KEY_HANDLE_INVALID",
            ),
        ],
    },
    Difference {
        reason: "A mechanism is not for a key of another type; SoftHSM finds that out later, or not at all",
        section: "sections 5.13.1 and 5.15.1",
        answers: &[
            (
                "keys and mechanisms: C_SignInit(anew, CKM_ECDSA, private rsa-2048)",
                "CKR_OK",
                "CKR_KEY_TYPE_INCONSISTENT",
            ),
            (
                "keys and mechanisms: C_SignInit(anew, CKM_SHA256_RSA_PKCS, private p-256)",
                "CKR_OK",
                "CKR_KEY_TYPE_INCONSISTENT",
            ),
            (
                "verification: C_VerifyInit(anew, CKM_ECDSA, public rsa-2048)",
                "CKR_OK",
                "CKR_KEY_TYPE_INCONSISTENT",
            ),
        ],
    },
    Difference {
        reason: "A parameter that does not fit its mechanism has a value of its own",
        section: "sections 5.13.1, 6.1.6 and 6.1.10",
        answers: &[
            (
                "keys and mechanisms: C_SignInit(anew, CKM_SHA256_RSA_PKCS with a parameter of 8 bytes, private rsa-2048)",
                "CKR_OK",
                "CKR_MECHANISM_PARAM_INVALID",
            ),
            (
                "keys and mechanisms: C_SignInit(anew, CKM_⁎RSA_PKCS_PSS⁎, private rsa-2048)",
                "CKR_ARGUMENTS_BAD",
                "CKR_MECHANISM_PARAM_INVALID",
            ),
        ],
    },
    Difference {
        reason: "Data that is too long or too short has a value of its own",
        section: "sections 5.13.2, 6.1.6 and 6.1.10",
        answers: &[
            (
                "operations of a signature: C_Sign(246 bytes, room for 256)",
                "CKR_GENERAL_ERROR",
                "CKR_DATA_LEN_RANGE",
            ),
            (
                "keys and mechanisms: C_Sign(31 bytes, room for 256)",
                "CKR_GENERAL_ERROR",
                "CKR_DATA_LEN_RANGE",
            ),
        ],
    },
    Difference {
        reason: "SignPath signs digests only: CKM_RSA_PKCS takes a DigestInfo, CKM_ECDSA 20 to 64 bytes",
        section: "sections 5.13.2, 6.1.6 and 6.3.12",
        answers: &[
            ("keys and mechanisms: C_Sign(9 bytes, room for 256)", "CKR_OK", "CKR_DATA_INVALID"),
            ("keys and mechanisms: C_Sign(9 bytes, room for 256) → length", "256", "nothing"),
            ("keys and mechanisms: C_Sign(19 bytes, room for 256)", "CKR_OK", "CKR_DATA_LEN_RANGE"),
            ("keys and mechanisms: C_Sign(19 bytes, room for 256) → length", "64", "nothing"),
            ("keys and mechanisms: C_Sign(65 bytes, room for 256)", "CKR_OK", "CKR_DATA_LEN_RANGE"),
            ("keys and mechanisms: C_Sign(65 bytes, room for 256) → length", "64", "nothing"),
        ],
    },
    Difference {
        reason: "The token cannot be written to, in whatever session",
        section: "sections 5.7.1 to 5.7.3 and 5.7.6",
        answers: &[
            (
                "writing: C_CreateObject(data on the token)",
                "CKR_SESSION_READ_ONLY",
                "CKR_TOKEN_WRITE_PROTECTED",
            ),
            (
                "writing: C_CopyObject(public rsa-2048, a label)",
                "CKR_SESSION_READ_ONLY",
                "CKR_TOKEN_WRITE_PROTECTED",
            ),
            (
                "writing: C_SetAttributeValue(public rsa-2048, CKA_LABEL)",
                "CKR_SESSION_READ_ONLY",
                "CKR_TOKEN_WRITE_PROTECTED",
            ),
            (
                "writing: C_DestroyObject(public rsa-2048)",
                "CKR_SESSION_READ_ONLY",
                "CKR_TOKEN_WRITE_PROTECTED",
            ),
            (
                "writing: C_SetAttributeValue(writing, public rsa-2048, CKA_MODULUS_BITS)",
                "CKR_ATTRIBUTE_READ_ONLY",
                "CKR_TOKEN_WRITE_PROTECTED",
            ),
            ("writing: C_CreateObject(writing, data on the token)", "CKR_OK", "CKR_TOKEN_WRITE_PROTECTED"),
            ("writing: C_DestroyObject(writing, what was created)", "CKR_OK", "CKR_OBJECT_HANDLE_INVALID"),
            (
                "writing: C_SetAttributeValue(writing, public rsa-2048, CKA_LABEL)",
                "CKR_OK",
                "CKR_TOKEN_WRITE_PROTECTED",
            ),
        ],
    },
];
