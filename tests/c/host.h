/*
 * What the C programs of the tests share: a module that is loaded, and the end of a program whose call fails.
 */
#ifndef HOST_H
#define HOST_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <p11-kit/pkcs11.h>

static inline void check(const char *call, CK_RV rv)
{
    if (rv != CKR_OK) {
        fprintf(stderr, "%s: %#lx\n", call, rv);
        exit(1);
    }
}

/* The functions of a module, which is not initialised yet. */
static inline CK_FUNCTION_LIST_PTR load(const char *path)
{
    CK_FUNCTION_LIST_PTR pkcs11 = NULL;
    CK_C_GetFunctionList get = NULL;
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    /* ISO C knows no conversion from an object pointer to a function pointer; POSIX does */
    *(void **) &get = dlsym(module, "C_GetFunctionList");
    check("C_GetFunctionList", get == NULL ? CKR_GENERAL_ERROR : get(&pkcs11));
    return pkcs11;
}

#endif
