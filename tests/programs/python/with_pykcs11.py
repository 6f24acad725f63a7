"""Signs through a PKCS#11 module with PyKCS11.

    with_pykcs11.py MODULE DATA

The PIN is taken from the variable PIN; without it there is no login. For each private key it prints a line `key LABEL`,
for each signature, which the token has verified, a line `SCHEME HASH LABEL HEX`.
"""

import os
import sys

import PyKCS11
from PyKCS11 import Mechanism, RSA_PSS_Mechanism

KINDS = {
    "pkcs1 sha256 container-images/rsa-2048": Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS),
    "pkcs1 sha384 container-images/rsa-3072": Mechanism(PyKCS11.CKM_SHA384_RSA_PKCS),
    "pkcs1 sha512 container-images/rsa-4096": Mechanism(PyKCS11.CKM_SHA512_RSA_PKCS),
    "pss sha256 container-images/rsa-2048": RSA_PSS_Mechanism(
        PyKCS11.CKM_SHA256_RSA_PKCS_PSS, PyKCS11.CKM_SHA256, PyKCS11.CKG_MGF1_SHA256, 32
    ),
    "pss sha384 container-images/rsa-3072": RSA_PSS_Mechanism(
        PyKCS11.CKM_SHA384_RSA_PKCS_PSS, PyKCS11.CKM_SHA384, PyKCS11.CKG_MGF1_SHA384, 48
    ),
    "pss sha512 container-images/rsa-4096": RSA_PSS_Mechanism(
        PyKCS11.CKM_SHA512_RSA_PKCS_PSS, PyKCS11.CKM_SHA512, PyKCS11.CKG_MGF1_SHA512, 64
    ),
    "ecdsa sha256 container-images/p-256": Mechanism(PyKCS11.CKM_ECDSA_SHA256),
    "ecdsa sha384 container-images/p-384": Mechanism(PyKCS11.CKM_ECDSA_SHA384),
    "ecdsa sha512 container-images/p-521": Mechanism(PyKCS11.CKM_ECDSA_SHA512),
}


def main(module, data):
    library = PyKCS11.PyKCS11Lib()
    library.load(module)
    [slot] = library.getSlotList(tokenPresent=True)
    session = library.openSession(slot)
    if "PIN" in os.environ:
        session.login(os.environ["PIN"])
    for key in session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)]):
        print("key", *session.getAttributeValue(key, [PyKCS11.CKA_LABEL]))
    for kind, mechanism in KINDS.items():
        print(kind, sign(session, kind.split()[2], data, mechanism).hex())


def sign(session, label, data, mechanism):
    private = key(session, PyKCS11.CKO_PRIVATE_KEY, label)
    public = key(session, PyKCS11.CKO_PUBLIC_KEY, label)
    signature = bytes(session.sign(private, data, mechanism))
    if not session.verify(public, data, signature, mechanism):
        raise ValueError(f"{label}: the token refuses its own signature")
    if session.verify(public, data, signature[:-1] + bytes([signature[-1] ^ 1]), mechanism):
        raise ValueError(f"{label}: the token accepts a wrong signature")
    return signature


def key(session, object_class, label):
    [found] = session.findObjects([(PyKCS11.CKA_CLASS, object_class), (PyKCS11.CKA_LABEL, label)])
    return found


main(sys.argv[1], sys.argv[2].encode())
