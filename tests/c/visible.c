/*
 * A C program that tells how many private keys a host finds without a login, and whether it runs with the rights of
 * another than its caller (getauxval(3), AT_SECURE).
 *
 *     visible MODULE
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include <signpath_pkcs11.h>

#include "host.h"

static CK_FUNCTION_LIST_PTR pkcs11;

static int login_required(void)
{
    CK_TOKEN_INFO info;
    check("C_GetTokenInfo", pkcs11->C_GetTokenInfo(SIGNPATH_SLOT_ID, &info));
    return (info.flags & CKF_LOGIN_REQUIRED) != 0;
}

static unsigned long visible_keys(void)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class } };
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;
    CK_ULONG found = 0;
    unsigned long keys = 0;
    check("C_OpenSession", pkcs11->C_OpenSession(SIGNPATH_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &session));
    check("C_FindObjectsInit", pkcs11->C_FindObjectsInit(session, template, 1));
    do {
        check("C_FindObjects", pkcs11->C_FindObjects(session, &object, 1, &found));
        keys += found;
    } while (found != 0);
    return keys;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s MODULE\n", argv[0]);
        return 2;
    }
    pkcs11 = load(argv[1]);
    check("C_Initialize", pkcs11->C_Initialize(NULL));
    printf("secure: %d, login required: %d, keys: ", getauxval(AT_SECURE) != 0, login_required());
    printf("%lu\n", visible_keys());
    return 0;
}
