// Command go-clients signs through a PKCS#11 module with the two libraries that Go programs use for it.
//
//	go-clients crypto11|miekg MODULE DATA GOROUTINES
//
// The PIN is taken from the variable PIN. For each private key it prints a line `key LABEL`, for each signature a line
// `SCHEME HASH LABEL HEX`. One signature of each kind is made by each goroutine, all of them at once.
package main

import (
	"crypto"
	"fmt"
	"os"
	"strconv"
	"sync"
)

const project = "container-images/"

// Job is a kind of signature.
type job struct {
	scheme string
	hash   crypto.Hash
	key    string
}

var jobs = []job{
	{"pkcs1", crypto.SHA256, "rsa-2048"},
	{"pkcs1", crypto.SHA384, "rsa-3072"},
	{"pkcs1", crypto.SHA512, "rsa-4096"},
	{"pss", crypto.SHA256, "rsa-2048"},
	{"pss", crypto.SHA384, "rsa-3072"},
	{"pss", crypto.SHA512, "rsa-4096"},
	{"ecdsa", crypto.SHA256, "p-256"},
	{"ecdsa", crypto.SHA384, "p-384"},
	{"ecdsa", crypto.SHA512, "p-521"},
}

// Signer signs a digest; it is called by many goroutines at once.
type signer func(job job, digest []byte) ([]byte, error)

var hashNames = map[crypto.Hash]string{crypto.SHA256: "sha256", crypto.SHA384: "sha384", crypto.SHA512: "sha512"}

func main() {
	if len(os.Args) != 5 {
		fail(fmt.Errorf("usage: %s crypto11|miekg MODULE DATA GOROUTINES", os.Args[0]))
	}
	module, data := os.Args[2], []byte(os.Args[3])
	goroutines, err := strconv.Atoi(os.Args[4])
	fail(err)
	switch os.Args[1] {
	case "crypto11":
		fail(withCrypto11(module, func(sign signer) error { return signAll(sign, data, goroutines) }))
	case "miekg":
		fail(withMiekg(module, func(sign signer) error { return signAll(sign, data, goroutines) }))
	default:
		fail(fmt.Errorf("no library is called %q", os.Args[1]))
	}
}

// signAll makes one signature of each kind in each of the goroutines, and prints them.
func signAll(sign signer, data []byte, goroutines int) error {
	results := make(chan string)
	failures := make(chan error, goroutines*len(jobs))
	var running sync.WaitGroup
	for range goroutines {
		for _, job := range jobs {
			running.Add(1)
			go func() {
				defer running.Done()
				digest := job.hash.New()
				digest.Write(data)
				signature, err := sign(job, digest.Sum(nil))
				if err != nil {
					failures <- fmt.Errorf("%s %s %s: %w", job.scheme, hashNames[job.hash], job.key, err)
					return
				}
				results <- fmt.Sprintf("%s %s %s%s %x", job.scheme, hashNames[job.hash], project, job.key, signature)
			}()
		}
	}
	go func() {
		running.Wait()
		close(results)
		close(failures)
	}()
	for line := range results {
		fmt.Println(line)
	}
	return <-failures
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-clients:", err)
		os.Exit(1)
	}
}
