"""Signs through a PKCS#11 module with python-pkcs11.

    with_python_pkcs11.py MODULE DATA

The PIN is taken from the variable PIN; without it there is no login. For each private key it prints a line `key LABEL`,
for each signature, which the token has verified, a line `SCHEME HASH LABEL HEX`.
"""

import os
import sys

import pkcs11
from pkcs11 import MGF, Attribute, Mechanism, ObjectClass

# Without a mechanism the library chooses: for RSA and EC keys one that hashes with SHA-512.
KINDS = {
    "pkcs1 sha256 container-images/rsa-2048": {"mechanism": Mechanism.SHA256_RSA_PKCS},
    "pkcs1 sha384 container-images/rsa-3072": {"mechanism": Mechanism.SHA384_RSA_PKCS},
    "pkcs1 sha512 container-images/rsa-4096": {},
    "pss sha256 container-images/rsa-2048": {
        "mechanism": Mechanism.SHA256_RSA_PKCS_PSS,
        "mechanism_param": (Mechanism.SHA256, MGF.SHA256, 32),
    },
    "pss sha384 container-images/rsa-3072": {
        "mechanism": Mechanism.SHA384_RSA_PKCS_PSS,
        "mechanism_param": (Mechanism.SHA384, MGF.SHA384, 48),
    },
    "pss sha512 container-images/rsa-4096": {
        "mechanism": Mechanism.SHA512_RSA_PKCS_PSS,
        "mechanism_param": (Mechanism.SHA512, MGF.SHA512, 64),
    },
    "ecdsa sha256 container-images/p-256": {"mechanism": Mechanism.ECDSA_SHA256},
    "ecdsa sha384 container-images/p-384": {"mechanism": Mechanism.ECDSA_SHA384},
    "ecdsa sha512 container-images/p-521": {},
}


def main(module, data):
    token = pkcs11.lib(module).get_token(token_label="SignPath")
    with token.open(user_pin=os.environ.get("PIN")) as session:
        for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}):
            print("key", key.label)
        for kind, how in KINDS.items():
            print(kind, sign(session, kind.split()[2], data, how).hex())


def sign(session, label, data, how):
    private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
    public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
    signature = private.sign(data, **how)
    if not public.verify(data, signature, **how):
        raise ValueError(f"{label}: the token refuses its own signature")
    if public.verify(data, signature[:-1] + bytes([signature[-1] ^ 1]), **how):
        raise ValueError(f"{label}: the token accepts a wrong signature")
    return signature


main(sys.argv[1], sys.argv[2].encode())
