/*
 * A host that makes one mistake, for whoever has to know that a checker of memory finds it in this module:
 *
 *     broken MODULE none      makes none
 *     broken MODULE overrun   says that there is more room than there is, and the module writes past it
 *     broken MODULE unset     hands the module a number that was never set, and the module decides by it
 *     broken MODULE leak      loses memory
 */
#include <string.h>

#include "host.h"

int main(int argc, char **argv)
{
    CK_FUNCTION_LIST_PTR pkcs11;
    CK_SLOT_INFO info;
    CK_ULONG count = 1;
    const char *mistake = argc == 3 ? argv[2] : "";
    int overruns = strcmp(mistake, "overrun") == 0, leaks = strcmp(mistake, "leak") == 0;
    /* what malloc gives was never set */
    CK_SLOT_ID *slot = malloc(overruns ? sizeof *slot / 2 : sizeof *slot);

    if (argc != 3 || slot == NULL)
        return 1;
    pkcs11 = load(argv[1]);
    check("C_Initialize", pkcs11->C_Initialize(NULL));
    if (strcmp(mistake, "unset") != 0)
        pkcs11->C_GetSlotList(CK_TRUE, slot, &count);
    if (!overruns)
        pkcs11->C_GetSlotInfo(*slot, &info);
    pkcs11->C_Finalize(NULL);
    if (!leaks)
        free(slot);
    slot = NULL;
    return 0;
}
