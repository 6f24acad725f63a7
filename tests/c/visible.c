/*
 * A C program that tells how many private keys a host finds without a login, and whether it runs with the rights of another than its
 * caller (getauxval(3), AT_SECURE).
 *
 *     visible MODULE
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include <p11-kit/pkcs11.h>

#include <signpath_pkcs11.h>

static CK_FUNCTION_LIST_PTR pkcs11;

static void check(const char *call, CK_RV rv)
{
    if (rv != CKR_OK) {
        fprintf(stderr, "%s: %#lx\n", call, rv);
        exit(1);
    }
}

static void load(const char *path)
{
    CK_C_GetFunctionList get = NULL;
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    /* ISO C knows no conversion from an object pointer to a function pointer; POSIX does */
    *(void **) &get = dlsym(module, "C_GetFunctionList");
    check("C_GetFunctionList", get(&pkcs11));
    check("C_Initialize", pkcs11->C_Initialize(NULL));
}

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
    load(argv[1]);
    printf("secure: %d, login required: %d, keys: ", getauxval(AT_SECURE) != 0, login_required());
    printf("%lu\n", visible_keys());
    return 0;
}
