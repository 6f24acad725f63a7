#!/usr/bin/env bash
# Puts the test keys of this folder into a fresh SoftHSM token.
#
#   ./make-softhsm-token.sh DIRECTORY [LABEL [PIN]]
#
# DIRECTORY is made and must not hold a token yet. LABEL is `signpath-fixtures` and PIN is `1234` unless given (they
# are also the defaults of signpath-emulator). Every key becomes three objects, private key, public key and
# self-signed certificate, whose CKA_LABEL is the key's name, such as `rsa-2048`, and whose CKA_ID is the bytes of it.
#
# Prints one line for the shell that wants to use the token, and nothing else on standard output:
#
#   eval "$(./make-softhsm-token.sh /tmp/token)"
#   pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --login --pin 1234 --list-objects
set -euo pipefail

fixtures=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly fixtures

main() {
    [[ $# -ge 1 && $# -le 3 ]] || fail 'expected DIRECTORY [LABEL [PIN]]'
    require softhsm2-util softhsm2
    require pkcs11-tool opensc
    require openssl openssl
    make_token "$1" "${2-signpath-fixtures}" "${3-1234}"
    local key
    for key in "$fixtures"/keys/*.public.pem; do
        key=${key##*/}
        import "${key%.public.pem}"
    done
    printf 'export SOFTHSM2_CONF=%q\n' "$SOFTHSM2_CONF"
}

make_token() {
    mkdir -p "$1"
    directory=$(cd "$1" && pwd) label=$2 pin=$3
    [[ ! -e $directory/softhsm2.conf ]] || fail "'$directory' holds a token already; name another directory, or remove it"
    mkdir "$directory/tokens"
    printf '%s\n' "directories.tokendir = $directory/tokens" 'objectstore.backend = file' 'log.level = ERROR' \
        >"$directory/softhsm2.conf"
    export SOFTHSM2_CONF=$directory/softhsm2.conf
    quietly softhsm2-util --init-token --free --label "$label" --pin "$pin" --so-pin "$pin"
}

# softhsm2-util makes the private key and the public key from one PKCS#8 file; it knows no certificates.
import() {
    local id
    id=$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')
    quietly softhsm2-util --import "$fixtures/keys/$1.pem" --token "$label" --pin "$pin" --label "$1" --id "$id"
    quietly pkcs11-tool --module "$(softhsm_module)" --token-label "$label" --login --pin "$pin" --label "$1" --id "$id" \
        --write-object <(openssl x509 -in "$fixtures/certificates/$1.self-signed.pem" -outform DER) --type cert
}

softhsm_module() {
    local candidate
    for candidate in "${SOFTHSM2_MODULE-}" /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
        /usr/lib64/pkcs11/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so; do
        if [[ -n $candidate && -e $candidate ]]; then
            echo "$candidate"
            return
        fi
    done
    fail "libsofthsm2.so is missing; install it with: sudo apt-get install softhsm2 (or name it in SOFTHSM2_MODULE)"
}

quietly() {
    local messages
    messages=$("$@" 2>&1) || fail "'$1' failed: $messages"
}

require() {
    command -v "$1" >/dev/null || fail "'$1' is missing; install it with: sudo apt-get install $2"
}

fail() {
    echo "make-softhsm-token: $1" >&2
    exit 1
}

main "$@"
