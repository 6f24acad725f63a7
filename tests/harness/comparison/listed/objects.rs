//! Differences of objects: who sees which, what they say of themselves, that nobody writes them.

use super::Difference;

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

pub const DIFFERENCES: &[Difference] = &[
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
