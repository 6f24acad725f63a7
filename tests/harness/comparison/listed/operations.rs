//! Differences of operations: what begins one, what ends it, what it takes.

use super::Difference;

pub const DIFFERENCES: &[Difference] = &[
    Difference {
        reason: "A failed call ends its operation unless the buffer was too small; in SoftHSM a bad argument leaves it \
                 active",
        section: "sections 5.12.2, 5.12.3, 5.13.2 and 5.13.3",
        answers: &[
            ("parts: C_DigestFinal(room for 32)", "CKR_OK", "CKR_OPERATION_NOT_INITIALIZED"),
            ("parts: C_DigestFinal(room for 32) → length", "32", "nothing"),
            ("parts: C_DigestFinal(room for 32) → pDigest", "32 bytes, SHA-256 5df6e0e27613…", "nothing"),
            ("parts: C_SignFinal(room for 256)", "CKR_OK", "CKR_OPERATION_NOT_INITIALIZED"),
            ("parts: C_SignFinal(room for 256) → length", "256", "nothing"),
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
        reason: "Data that came in parts is ended by C_DigestFinal; SoftHSM digests what C_Digest brings as one more part",
        section: "section 5.12.2",
        answers: &[
            ("parts: C_Digest(60 bytes, room for 32)", "CKR_OK", "CKR_OPERATION_NOT_INITIALIZED"),
            ("parts: C_Digest(60 bytes, room for 32) → length", "32", "nothing"),
            (
                "parts: C_Digest(60 bytes, room for 32) → pDigest",
                "32 bytes, SHA-256 a249780fc7d5…",
                "nothing",
            ),
        ],
    },
    Difference {
        reason: "Where there is no data there need be no pointer",
        section: "section 5.12.3",
        answers: &[("parts: C_DigestUpdate(NULL, 0 bytes)", "CKR_ARGUMENTS_BAD", "CKR_OK")],
    },
    Difference {
        reason: "SoftHSM has one operation in a session; the standard leaves it to a module which operations prevent \
                 others, and here none does",
        section: "section 5.1.6, CKR_OPERATION_ACTIVE",
        answers: &[
            ("operations beside each other: C_FindObjectsInit(⁎)", "CKR_OPERATION_ACTIVE", "CKR_OK"),
            ("operations beside each other: C_VerifyInit(other, ⁎)", "CKR_OPERATION_ACTIVE", "CKR_OK"),
            ("operations beside each other: C_DigestInit(other, ⁎)", "CKR_OPERATION_ACTIVE", "CKR_OK"),
            ("operations beside each other: C_FindObjectsFinal()", "CKR_OPERATION_NOT_INITIALIZED", "CKR_OK"),
            ("operations beside each other: C_Digest(other, ⁎)", "CKR_OPERATION_NOT_INITIALIZED", "CKR_OK"),
            ("operations beside each other: C_Digest(other, ⁎) → length", "nothing", "48"),
            (
                "operations beside each other: C_Digest(other, ⁎) → pDigest",
                "nothing",
                "48 bytes, SHA-256 da893825b8b9…",
            ),
            (
                "operations beside each other: C_Verify(other, ⁎)",
                "CKR_OPERATION_NOT_INITIALIZED",
                "CKR_SIGNATURE_INVALID",
            ),
        ],
    },
    Difference {
        reason: "A logout ends the signatures that were begun, and every handle of a private object, which here are \
                 those of public keys, too",
        section: "section 5.6.10",
        answers: &[
            ("logout: C_Sign(60 bytes, room for 256)", "CKR_OK", "CKR_OPERATION_NOT_INITIALIZED"),
            ("logout: C_Sign(60 bytes, room for 256) → length", "256", "nothing"),
            ("logout: C_GetAttributeValue(public rsa-2048: ⁎)", "CKR_OK", "CKR_OBJECT_HANDLE_INVALID"),
            ("logout: C_GetAttributeValue(public rsa-2048: ⁎) → CKA_CLASS", "0200000000000000", "untouched"),
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
                "logout: C_SignInit(CKM_SHA256_RSA_PKCS, private rsa-2048)",
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
];
