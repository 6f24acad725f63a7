/*
 * signpath-pkcs11: what a C program needs beside the standard's header.
 *
 * The module libsignpath_pkcs11.so is a PKCS#11 (Cryptoki) provider for the versions 2.40, 3.0 and 3.2. Its functions
 * are those of the standard; include your pkcs11.h first, for instance that of p11-kit:
 *
 *     apt-get install libp11-kit-dev
 *     cc $(pkg-config --cflags p11-kit-1) program.c -ldl
 *
 *     #include <p11-kit/pkcs11.h>
 *     #include <signpath_pkcs11.h>
 *
 * Programs load the module, and do not link with it:
 *
 *     void *module = dlopen("/usr/lib/x86_64-linux-gnu/pkcs11/" SIGNPATH_PKCS11_MODULE, RTLD_NOW | RTLD_LOCAL);
 *     CK_C_GetFunctionList get = (CK_C_GetFunctionList) dlsym(module, "C_GetFunctionList");
 *     CK_FUNCTION_LIST_PTR pkcs11;
 *     CK_RV rv = get(&pkcs11);
 *
 * With credentials in the environment (SIGNPATH_ORGANIZATION_ID, SIGNPATH_API_TOKEN) keys are visible and usable without
 * C_Login. Otherwise the PIN is "<organization id>:<API token>".
 *
 * Values of CK_RV and of everything else are the standard's; nothing here is needed to sign.
 */
#ifndef SIGNPATH_PKCS11_H
#define SIGNPATH_PKCS11_H

/* The file name of the module. */
#define SIGNPATH_PKCS11_MODULE "libsignpath_pkcs11.so"

/* The only slot, and the label of the token in it (in CK_TOKEN_INFO padded with spaces to 32 characters). */
#define SIGNPATH_SLOT_ID 1UL
#define SIGNPATH_TOKEN_LABEL "SignPath"

/* A PIN that stands for the configured credentials. */
#define SIGNPATH_PIN_CONFIGURED "CONFIG"

/*
 * Where a key comes from: attributes of private keys, public keys and certificates, text in UTF-8 without a zero at the
 * end. CKA_ID and CKA_LABEL are project slug, slash, signing policy slug.
 */
#define CKA_SIGNPATH_PROJECT_SLUG 0xD3500001UL
#define CKA_SIGNPATH_SIGNING_POLICY_SLUG 0xD3500002UL
/* SignPath's id of the signing policy, a UUID. Absent where the service does not tell it. */
#define CKA_SIGNPATH_SIGNING_POLICY_ID 0xD3500003UL

#endif
