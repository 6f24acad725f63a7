/*
 * A C program that begins as every host does, and says when: what it does between the two words is the module's work.
 *
 *     start MODULE
 */
#include <stdio.h>

#include <signpath_pkcs11.h>

#include "host.h"

int main(int argc, char **argv)
{
    CK_FUNCTION_LIST_PTR pkcs11;
    CK_TOKEN_INFO info;
    CK_SLOT_ID slot;
    CK_ULONG count = 1;
    if (argc != 2) {
        fprintf(stderr, "usage: %s MODULE\n", argv[0]);
        return 2;
    }
    pkcs11 = load(argv[1]);
    puts("loaded");
    fflush(stdout);
    check("C_Initialize", pkcs11->C_Initialize(NULL));
    check("C_GetSlotList", pkcs11->C_GetSlotList(CK_TRUE, &slot, &count));
    check("C_GetTokenInfo", pkcs11->C_GetTokenInfo(slot, &info));
    puts("started");
    return 0;
}
