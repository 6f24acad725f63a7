package main

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"os"

	"github.com/miekg/pkcs11"
)

// prefixes are the beginnings of a DigestInfo.
var prefixes = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// withMiekg opens the token function by function; each signature is made, and verified by the token, in a session of
// its own.
func withMiekg(module string, work func(signer) error) error {
	library := pkcs11.New(module)
	if library == nil {
		return fmt.Errorf("%s cannot be loaded", module)
	}
	defer library.Destroy()
	if err := library.Initialize(); err != nil {
		return err
	}
	defer library.Finalize()
	session, slot, err := open(library)
	if err != nil {
		return err
	}
	if pin := os.Getenv("PIN"); pin != "" {
		if err := library.Login(session, pkcs11.CKU_USER, pin); err != nil {
			return err
		}
	}
	if err := printKeys(library, session); err != nil {
		return err
	}
	return work(func(job job, digest []byte) ([]byte, error) { return signAndVerify(library, slot, job, digest) })
}

func open(library *pkcs11.Ctx) (pkcs11.SessionHandle, uint, error) {
	slots, err := library.GetSlotList(true)
	if err != nil {
		return 0, 0, err
	}
	if len(slots) != 1 {
		return 0, 0, fmt.Errorf("%d slots", len(slots))
	}
	session, err := library.OpenSession(slots[0], pkcs11.CKF_SERIAL_SESSION)
	return session, slots[0], err
}

func printKeys(library *pkcs11.Ctx, session pkcs11.SessionHandle) error {
	keys, err := find(library, session, pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY))
	if err != nil {
		return err
	}
	for _, key := range keys {
		label := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_LABEL, nil)}
		label, err := library.GetAttributeValue(session, key, label)
		if err != nil {
			return err
		}
		fmt.Printf("key %s\n", label[0].Value)
	}
	return nil
}

func find(library *pkcs11.Ctx, session pkcs11.SessionHandle, template ...*pkcs11.Attribute) ([]pkcs11.ObjectHandle, error) {
	if err := library.FindObjectsInit(session, template); err != nil {
		return nil, err
	}
	defer library.FindObjectsFinal(session)
	found, _, err := library.FindObjects(session, 100)
	return found, err
}

func signAndVerify(library *pkcs11.Ctx, slot uint, job job, digest []byte) ([]byte, error) {
	session, err := library.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		return nil, err
	}
	defer library.CloseSession(session)
	mechanism, input := inputs(job, digest)
	key, err := one(library, session, pkcs11.CKO_PRIVATE_KEY, job.key)
	if err != nil {
		return nil, err
	}
	if err := library.SignInit(session, mechanism, key); err != nil {
		return nil, err
	}
	signature, err := library.Sign(session, input)
	if err != nil {
		return nil, err
	}
	return signature, verify(library, session, job, input, signature)
}

func one(library *pkcs11.Ctx, session pkcs11.SessionHandle, class uint, name string) (pkcs11.ObjectHandle, error) {
	found, err := find(library, session,
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, class), pkcs11.NewAttribute(pkcs11.CKA_ID, project+name))
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("%d keys", len(found))
	}
	if err != nil {
		return 0, err
	}
	return found[0], nil
}

func inputs(job job, digest []byte) ([]*pkcs11.Mechanism, []byte) {
	switch job.scheme {
	case "pkcs1":
		return mechanism(pkcs11.CKM_RSA_PKCS, nil), append(bytes.Clone(prefixes[job.hash]), digest...)
	case "pss":
		return mechanism(pkcs11.CKM_RSA_PKCS_PSS, pssParameter(job.hash)), digest
	default:
		return mechanism(pkcs11.CKM_ECDSA, nil), digest
	}
}

func mechanism(kind uint, parameter any) []*pkcs11.Mechanism {
	return []*pkcs11.Mechanism{pkcs11.NewMechanism(kind, parameter)}
}

func pssParameter(hash crypto.Hash) []byte {
	switch hash {
	case crypto.SHA256:
		return pkcs11.NewPSSParams(pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256, uint(hash.Size()))
	case crypto.SHA384:
		return pkcs11.NewPSSParams(pkcs11.CKM_SHA384, pkcs11.CKG_MGF1_SHA384, uint(hash.Size()))
	default:
		return pkcs11.NewPSSParams(pkcs11.CKM_SHA512, pkcs11.CKG_MGF1_SHA512, uint(hash.Size()))
	}
}

// verify asks the token about the signature, and about one with a bit turned over.
func verify(library *pkcs11.Ctx, session pkcs11.SessionHandle, job job, input, signature []byte) error {
	key, err := one(library, session, pkcs11.CKO_PUBLIC_KEY, job.key)
	if err != nil {
		return err
	}
	mechanism, _ := inputs(job, nil)
	if err := library.VerifyInit(session, mechanism, key); err != nil {
		return err
	}
	if err := library.Verify(session, input, signature); err != nil {
		return err
	}
	wrong := bytes.Clone(signature)
	wrong[len(wrong)-1] ^= 1
	if err := library.VerifyInit(session, mechanism, key); err != nil {
		return err
	}
	if err := library.Verify(session, input, wrong); !errors.Is(err, pkcs11.Error(pkcs11.CKR_SIGNATURE_INVALID)) {
		return fmt.Errorf("a wrong signature: %v", err)
	}
	return nil
}
