/*
 * A C program that signs: it finds the key of a project and a signing policy, prints where it comes from, and writes
 * an ECDSA signature of a digest of 32 bytes to standard output.
 *
 *     sign MODULE PROJECT POLICY < digest > signature
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signpath_pkcs11.h>

#include "host.h"

static CK_FUNCTION_LIST_PTR pkcs11;

static CK_OBJECT_HANDLE find(CK_SESSION_HANDLE session, char *project, char *policy)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class },
        { CKA_SIGNPATH_PROJECT_SLUG, project, strlen(project) },
        { CKA_SIGNPATH_SIGNING_POLICY_SLUG, policy, strlen(policy) },
    };
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG count = 0;
    check("C_FindObjectsInit", pkcs11->C_FindObjectsInit(session, template, 3));
    check("C_FindObjects", pkcs11->C_FindObjects(session, &key, 1, &count));
    check("C_FindObjectsFinal", pkcs11->C_FindObjectsFinal(session));
    if (count != 1) {
        fprintf(stderr, "there is no such key\n");
        exit(1);
    }
    return key;
}

static void print_policy_id(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    char id[64];
    CK_ATTRIBUTE attribute = { CKA_SIGNPATH_SIGNING_POLICY_ID, id, sizeof id };
    check("C_GetAttributeValue", pkcs11->C_GetAttributeValue(session, key, &attribute, 1));
    fprintf(stderr, "%.*s\n", (int) attribute.ulValueLen, id);
}

int main(int count, char **arguments)
{
    unsigned char digest[32], signature[64];
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_ULONG length = sizeof signature;

    if (count != 4 || fread(digest, 1, sizeof digest, stdin) != sizeof digest) {
        fprintf(stderr, "usage: sign MODULE PROJECT POLICY < digest > signature\n");
        return 2;
    }
    pkcs11 = load(arguments[1]);
    check("C_Initialize", pkcs11->C_Initialize(NULL));
    check("C_OpenSession", pkcs11->C_OpenSession(SIGNPATH_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &session));
    key = find(session, arguments[2], arguments[3]);
    print_policy_id(session, key);
    check("C_SignInit", pkcs11->C_SignInit(session, &mechanism, key));
    check("C_Sign", pkcs11->C_Sign(session, digest, sizeof digest, signature, &length));
    check("C_Finalize", pkcs11->C_Finalize(NULL));
    return fwrite(signature, 1, length, stdout) == length ? 0 : 1;
}
