package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"fmt"
	"math/big"
	"os"

	"github.com/ThalesIgnite/crypto11"
)

// withCrypto11 opens the token with crypto11, and signs with a key pair that is found by its label.
func withCrypto11(module string, work func(signer) error) error {
	context, err := crypto11.Configure(&crypto11.Config{Path: module, TokenLabel: "SignPath", Pin: os.Getenv("PIN")})
	if err != nil {
		return err
	}
	defer context.Close()
	if err := printLabels(context); err != nil {
		return err
	}
	return work(func(job job, digest []byte) ([]byte, error) {
		key, err := context.FindKeyPair(nil, []byte(project+job.key))
		if err != nil {
			return nil, err
		}
		if key == nil {
			return nil, fmt.Errorf("not found")
		}
		signature, err := key.Sign(rand.Reader, digest, options(job))
		if err != nil || job.scheme != "ecdsa" {
			return signature, err
		}
		return concatenated(signature)
	})
}

func printLabels(context *crypto11.Context) error {
	keys, err := context.FindAllKeyPairs()
	if err != nil {
		return err
	}
	for _, key := range keys {
		label, err := context.GetAttribute(key, crypto11.CkaLabel)
		if err != nil {
			return err
		}
		fmt.Printf("key %s\n", label.Value)
	}
	return nil
}

func options(job job) crypto.SignerOpts {
	if job.scheme == "pss" {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: job.hash}
	}
	return job.hash
}

// concatenated turns Ecdsa-Sig-Value into r and s of the same length.
func concatenated(der []byte) ([]byte, error) {
	var signature struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &signature); err != nil {
		return nil, err
	}
	const widest = 66
	both := make([]byte, 2*widest)
	signature.R.FillBytes(both[:widest])
	signature.S.FillBytes(both[widest:])
	return both, nil
}
