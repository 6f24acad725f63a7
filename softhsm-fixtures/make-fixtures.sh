#!/usr/bin/env bash
# Makes the test keys and certificates of this folder, in the layout that README.md lists.
#
#   ./make-fixtures.sh           makes what is missing and leaves the rest as it is
#   ./make-fixtures.sh --anew    makes everything anew; the golden bodies of the tests then want new values as well
#
# Everything made here is public and worthless: never let anything real trust it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Fixed and far apart: a test must not fail on a birthday, nor on a machine whose clock is behind.
readonly VALID_FROM=20200101000000Z VALID_UNTIL=21191231235959Z
readonly ORGANIZATION='/O=signpath-pkcs11/OU=public and worthless test key'
readonly KEYS=(rsa-2048 rsa-3072 rsa-4096 p-256 p-384 p-521)

main() {
    require openssl openssl
    case "${1-}" in
    '') ;;
    --anew) rm -rf keys certificates tls ;;
    *) fail "unknown argument '$1': expected nothing, or --anew" ;;
    esac
    workspace=$(mktemp -d)
    trap 'rm -rf "$workspace"' EXIT
    mkdir -p keys certificates tls
    make_signing_keys
    make_tls_certificate
    chmod 644 keys/* certificates/* tls/* # git keeps no 600: the mode must not depend on who made the file
}

# One key pair a kind, and two certificates for it: what SignPath shows for a key may be issued either way.
make_signing_keys() {
    make_key certificates/ca.key.pem rsa-3072
    make_certificate certificates/ca.pem certificates/ca.key.pem 'test code signing CA' self authority
    local name
    for name in "${KEYS[@]}"; do
        make_key "keys/$name.pem" "$name"
        make "keys/$name.public.pem" openssl pkey -in "keys/$name.pem" -pubout -out
        make_certificate "certificates/$name.self-signed.pem" "keys/$name.pem" "$name" self code_signing
        make_certificate "certificates/$name.ca-issued.pem" "keys/$name.pem" "$name" certificates/ca code_signing
    done
}

# For https tests: a server certificate for every name of this machine's loopback interface.
make_tls_certificate() {
    make_key tls/ca.key.pem p-256
    make_certificate tls/ca.pem tls/ca.key.pem 'test TLS CA' self authority
    make_key tls/server.key.pem p-256
    make_certificate tls/server.pem tls/server.key.pem localhost tls/ca tls_server
}

# make_key FILE KIND, where KIND is rsa-<bits> or p-<bits>; PKCS#8 PEM.
make_key() {
    case "$2" in
    rsa-*) make "$1" openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa-}" -out ;;
    p-*) make "$1" openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:P-${2#p-}" -out ;;
    *) fail "no kind of key is called '$2'" ;;
    esac
}

# make_certificate FILE KEY NAME ISSUER EXTENSIONS, where ISSUER is `self`, or the authority's files without endings.
make_certificate() {
    local issuer=(-keyfile "$4.key.pem" -cert "$4.pem")
    [[ $4 == self ]] && issuer=(-selfsign -keyfile "$2")
    openssl req -new -key "$2" -subj "$ORGANIZATION/CN=$3" -config <(settings) -out "$workspace/request"
    "extensions_$5" >"$workspace/extensions"
    : >"$workspace/database"
    make "$1" openssl ca -batch -notext -md "$(digest_for "$1")" -config <(settings) \
        -startdate "$VALID_FROM" -enddate "$VALID_UNTIL" -extfile "$workspace/extensions" \
        "${issuer[@]}" -in "$workspace/request" -out
}

# make FILE COMMAND...: runs the command with FILE as its last argument, unless FILE exists.
make() {
    local file=$1
    shift
    [[ -e $file ]] && return
    "$@" "$file.partial" 2>"$workspace/messages" || fail "$file could not be made: $(cat "$workspace/messages")"
    mv "$file.partial" "$file"
    echo "made $file"
}

# A self-signed certificate is signed with the digest that fits the strength of its key.
digest_for() {
    case "$1" in
    *p-384.self-signed*) echo sha384 ;;
    *p-521.self-signed*) echo sha512 ;;
    *) echo sha256 ;;
    esac
}

# What `openssl req` and `openssl ca` insist on reading from a file.
settings() {
    cat <<END
[req]
distinguished_name = subject
[subject]
[ca]
default_ca = authority
[authority]
database = $workspace/database
new_certs_dir = $workspace
policy = subject_as_requested
rand_serial = yes
unique_subject = no
[subject_as_requested]
organizationName = supplied
organizationalUnitName = supplied
commonName = supplied
END
}

extensions_authority() {
    cat <<END
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
}

extensions_code_signing() {
    cat <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
}

extensions_tls_server() {
    cat <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
}

require() {
    command -v "$1" >/dev/null || fail "'$1' is missing; install it with: sudo apt-get install $2"
}

fail() {
    echo "make-fixtures: $1" >&2
    exit 1
}

main "$@"
