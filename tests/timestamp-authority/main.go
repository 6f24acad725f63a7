// Command timestamp-authority is a timestamp authority (RFC 3161) on loopback, with keys that it makes when it starts.
//
// It has the two routes of Sigstore's timestamp-server that cosign and its users know, and makes time stamps with the
// library by which that server does. That server itself also listens on a port that cannot be chosen.
//
// It prints one line, its address, when it is ready.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/digitorus/timestamp"
)

// The authority for certificates that issued the one for time stamps, and that one with its key.
type authority struct {
	issuer, certificate *x509.Certificate
	key                 *ecdsa.PrivateKey
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	stopWithStdin := flag.Bool("stop-with-stdin", false, "stop when standard input ends, so that no parent can leave it behind")
	flag.Parse()
	if err := serve(*listen, *stopWithStdin); err != nil {
		fmt.Fprintln(os.Stderr, "timestamp-authority:", err)
		os.Exit(1)
	}
}

func serve(listen string, stopWithStdin bool) error {
	authority, err := newAuthority()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	if stopWithStdin {
		go func() {
			// What is read does not matter, only that it ends.
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /api/v1/timestamp", authority.stamp)
	routes.HandleFunc("GET /api/v1/timestamp/certchain", authority.certificates)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	// The listener accepts from here on: whoever reads this line can connect.
	fmt.Println(listener.Addr())
	return server.Serve(listener)
}

// RFC 3161 section 3.4: the request is the body, and so is the answer.
func (a *authority) stamp(writer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, 1<<16))
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	asked, err := timestamp.ParseRequest(body)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	answer := timestamp.Timestamp{
		HashAlgorithm:     asked.HashAlgorithm,
		HashedMessage:     asked.HashedMessage,
		Nonce:             asked.Nonce,
		Time:              time.Now(),
		Policy:            asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2},
		AddTSACertificate: asked.Certificates,
	}
	response, err := answer.CreateResponseWithOpts(a.certificate, a.key, crypto.SHA256)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusInternalServerError)
		return
	}
	writer.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = writer.Write(response)
}

func (a *authority) certificates(writer http.ResponseWriter, _ *http.Request) {
	writer.Header().Set("Content-Type", "application/pem-certificate-chain")
	for _, certificate := range []*x509.Certificate{a.certificate, a.issuer} {
		_ = pem.Encode(writer, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	}
}

func newAuthority() (*authority, error) {
	issuerKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	issuer := template("Test authority", 1)
	issuer.IsCA, issuer.BasicConstraintsValid, issuer.KeyUsage = true, true, x509.KeyUsageCertSign
	if issuer, err = issued(issuer, issuer, &issuerKey.PublicKey, issuerKey); err != nil {
		return nil, err
	}
	certificate := template("Test time stamps", 2)
	certificate.KeyUsage = x509.KeyUsageDigitalSignature
	if err = forTimeStampsOnly(certificate); err != nil {
		return nil, err
	}
	certificate, err = issued(certificate, issuer, &key.PublicKey, issuerKey)
	return &authority{issuer, certificate, key}, err
}

func template(name string, number int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(number),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"Test"}},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
}

// RFC 3161 section 2.3 wants the extended key usage critical, as which the standard library does not write it.
func forTimeStampsOnly(certificate *x509.Certificate) error {
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	extension := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}
	certificate.ExtraExtensions = append(certificate.ExtraExtensions, extension)
	return err
}

func issued(template, issuer *x509.Certificate, key *ecdsa.PublicKey, issuerKey *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key, issuerKey)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
