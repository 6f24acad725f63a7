/*
 * A program that loads a module and has nothing of a secret in its memory but what it is given, which it clears.
 *
 *     host MODULE [ARGUMENT…]
 *
 * Each byte on standard input is a command; each is answered by a line on standard output, a CK_RV. There are no buffers
 * but those below: what is found in the memory of this process after command 'c' is the module's.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../c/host.h"

extern char **environ;

static CK_FUNCTION_LIST_PTR pkcs11;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key;
static unsigned char digest[32], signature[1024], pin[256];

static int receive(void *buffer, size_t count)
{
    return read(STDIN_FILENO, buffer, count) == (ssize_t) count;
}

static CK_RV initialize(void)
{
    CK_RV value = pkcs11->C_Initialize(NULL);
    if (value == CKR_OK)
        value = pkcs11->C_OpenSession(1, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);
    return value;
}

/* The PIN's length is one byte before it. */
static CK_RV log_in(void)
{
    unsigned char length;
    CK_RV value = CKR_ARGUMENTS_BAD;
    if (receive(&length, 1) && receive(pin, length))
        value = pkcs11->C_Login(session, CKU_USER, pin, length);
    explicit_bzero(pin, sizeof pin);
    return value;
}

static CK_RV find(void)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    char label[] = "container-images/p-256";
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class }, { CKA_LABEL, label, sizeof label - 1 } };
    CK_ULONG count = 0;
    CK_RV value = pkcs11->C_FindObjectsInit(session, template, 2);
    if (value == CKR_OK)
        value = pkcs11->C_FindObjects(session, &key, 1, &count);
    if (value == CKR_OK)
        value = pkcs11->C_FindObjectsFinal(session);
    return value == CKR_OK && count != 1 ? CKR_KEY_HANDLE_INVALID : value;
}

static CK_RV sign(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_ULONG length = sizeof signature;
    CK_RV value = pkcs11->C_SignInit(session, &mechanism, key);
    return value == CKR_OK ? pkcs11->C_Sign(session, digest, sizeof digest, signature, &length) : value;
}

static CK_RV sign_parts(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA_SHA256, NULL, 0 };
    CK_ULONG length = sizeof signature;
    CK_RV value = pkcs11->C_SignInit(session, &mechanism, key);
    if (value == CKR_OK)
        value = pkcs11->C_SignUpdate(session, digest, sizeof digest);
    return value == CKR_OK ? pkcs11->C_SignFinal(session, signature, &length) : value;
}

/* Arguments and environment are the host's own; the module has read them. */
static CK_RV clear(char **arguments)
{
    char **text;
    for (text = arguments; *text != NULL; text++)
        explicit_bzero(*text, strlen(*text));
    for (text = environ; *text != NULL; text++)
        explicit_bzero(*text, strlen(*text));
    return CKR_OK;
}

static CK_RV run(char command, char **arguments)
{
    switch (command) {
    case 'i': return initialize();
    case 'l': return log_in();
    case 'f': return find();
    case 's': return sign();
    case 'p': return sign_parts();
    case 'o': return pkcs11->C_Logout(session);
    case 'e': return pkcs11->C_Finalize(NULL);
    case 'c': return clear(arguments + 2);
    default: return CKR_FUNCTION_NOT_SUPPORTED;
    }
}

int main(int count, char **arguments)
{
    char command, answer[32];

    if (count < 2)
        return 2;
    pkcs11 = load(arguments[1]);
    while (receive(&command, 1)) {
        int length = snprintf(answer, sizeof answer, "%lu\n", run(command, arguments));
        if (write(STDOUT_FILENO, answer, (size_t) length) != length)
            return 1;
    }
    return 0;
}
