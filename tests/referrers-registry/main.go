// Command referrers-registry is an OCI registry on loopback that knows the referrers API of OCI 1.1.
//
// Debian's docker-registry is older than that API and stands for the registries where cosign has to fall back to a
// tag; this one stands for all others. It keeps everything in memory.
//
// It prints one line, its address, when it is ready.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	referrers := flag.Bool("referrers", true, "offer the referrers API")
	stopWithStdin := flag.Bool("stop-with-stdin", false, "stop when standard input ends, so that no parent can leave it behind")
	verbose := flag.Bool("verbose", false, "log each request to standard error")
	flag.Parse()
	if err := serve(*listen, *referrers, *stopWithStdin, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "referrers-registry:", err)
		os.Exit(1)
	}
}

func serve(listen string, referrers, stopWithStdin, verbose bool) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	requests := log.New(io.Discard, "", 0)
	if verbose {
		requests = log.New(os.Stderr, "referrers-registry: ", log.Lmicroseconds)
	}
	if stopWithStdin {
		go func() {
			// What is read does not matter, only that it ends.
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	server := &http.Server{
		Handler:           registry.New(registry.Logger(requests), registry.WithReferrersSupport(referrers)),
		ReadHeaderTimeout: 10 * time.Second,
	}
	// The listener accepts from here on: whoever reads this line can connect.
	fmt.Println(listener.Addr())
	return server.Serve(listener)
}
