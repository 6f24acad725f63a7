//! Differences of the token: its names, its slots, its mechanisms, who logs in to it.

use super::Difference;

const HARDWARE_EC: &str = "CKF_HW CKF_SIGN CKF_VERIFY CKF_EC_F_P CKF_EC_OID CKF_EC_UNCOMPRESS";
const TOKEN_FLAGS: &str =
    "CKF_RNG CKF_WRITE_PROTECTED CKF_LOGIN_REQUIRED CKF_USER_PIN_INITIALIZED CKF_TOKEN_INITIALIZED";
const SOFTHSM_FLAGS: &str = "CKF_RNG CKF_LOGIN_REQUIRED CKF_USER_PIN_INITIALIZED CKF_RESTORE_KEY_NOT_NEEDED \
     CKF_TOKEN_INITIALIZED";

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
];
