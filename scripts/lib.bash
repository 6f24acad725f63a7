# Shared by the scripts of this folder, which `source` it: versions, folders, messages, the way commands are shown.
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is used by those who source it

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly repository

# The versions that are tested against. Whoever raises one raises the README's, too.
readonly cosign_3_version=3.1.2
readonly cosign_2_version=2.6.4
readonly crane_version=0.22.1
readonly jsign_version=7.4
# Of the file jsign.jar of that version.
readonly jsign_sha256=2abf2ade9ea322acc2d60c24794eadc465ff9380938fca4c932d09e0b25f1c28
readonly maven_dependency_version=3.8.1
readonly actionlint_version=1.7.12
# Both by their files' checksums, in tests/pipelines/*.sha256.
readonly groovy_version=4.0.28
readonly kotlin_version=2.2.21
readonly cargo_deny_version=0.20.2
readonly cargo_auditable_version=0.7.7
readonly rust_audit_info_version=0.5.4
readonly cargo_cyclonedx_version=0.5.9
readonly nfpm_version=2.44.1
# The keys that Ubuntu's releases are signed with; Debian has no package of them.
readonly ubuntu_keyring_version=2023.11.28.1
readonly ubuntu_keyring_sha256=36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8
# What the go.mod files of the versions above ask for: cosign 3 wants the newest.
readonly go_version=1.26.0
# From this version on, Go fetches by itself the newer Go that a module asks for (unless GOTOOLCHAIN=local).
readonly go_version_that_fetches=1.21.0

# Tools that are built or unpacked here lie in <cache>/<name>-<version>/. Several checkouts may share one cache.
tools_cache=${SIGNPATH_TOOLS_CACHE:-$repository/.cache/tools}
readonly tools_cache

# Releases of Debian and Ubuntu, bare, in which packages are tried: <cache>/<release>/.
roots_cache=${SIGNPATH_ROOTS_CACHE:-$repository/.cache/roots}
readonly roots_cache

# ---- Messages ------------------------------------------------------------------------------------------------------

# All of them go to standard error: standard output belongs to what a script is asked for.

if [[ -t 2 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
    bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
    bold='' red='' green='' plain=''
fi
readonly bold red green plain

# What is done now, as a heading.
heading() { printf '\n%s==> %s%s\n' "$bold" "$*" "$plain" >&2; }

say() { printf '%s\n' "$*" >&2; }

good() { printf '%s✓ %s%s\n' "$green" "$*" "$plain" >&2; }

# A sentence on what is wrong, and one on what to do about it.
fail() {
    printf '%s%s: %s%s\n' "$red" "${0##*/}" "$1" "$plain" >&2
    shift
    [[ $# -eq 0 ]] || printf '%s\n' "$@" >&2
    exit 1
}

# Whether somebody sits there who can answer a question.
interactive() { [[ -z ${CI-} && -t 0 && -t 2 ]]; }

has() { command -v -- "$1" >/dev/null 2>&1; }

# Whether version $1 is at least version $2.
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# Seconds as people say them: 7 s, 4 min 05 s.
duration() {
    if (($1 < 60)); then
        printf '%d s' "$1"
    else
        printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
    fi
}

# ---- What is built for others ----------------------------------------------------------------------------------------

# How AWS-LC is compiled for release. Optimised for size as everything else is, it would leave out its fast P-256: that is
# kept. Left out is what it has besides for processors with AVX-512, and with ADX: an eighth of the module, for servers
# that send gigabytes, and for handshakes and for P-384 a millisecond faster.
choose_cryptography() {
    export AWS_LC_SYS_SMALL=0 AWS_LC_SYS_CFLAGS=-DMY_ASSEMBLER_IS_TOO_OLD_FOR_ADX_AVX2
}

# Flags for rustc, in Cargo's encoding, in which a path may hold a space: no path of this machine gets into the files.
# Of several prefixes that fit, the last one counts. More flags may follow.
#
#   release_flags [FLAG…]
release_flags() {
    local folder flags=("--remap-path-prefix=$repository=/signpath-pkcs11"
        "--remap-path-prefix=$(target_directory)=/target")
    for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do
        flags+=("--remap-path-prefix=${folder%/}=/crates")
    done
    flags+=("$@")
    local IFS=$'\x1f'
    printf '%s' "${flags[*]}"
}

# The time of the sources, which is the only one that is written into files: the same sources make the same ones.
time_of_sources() { printf '%s' "${SOURCE_DATE_EPOCH:-$(git -C "$repository" log -1 --format=%ct)}"; }

# ---- Commands that are shown -----------------------------------------------------------------------------------------

# One word as a shell would read it back: quotes only where they are needed.
quoted() {
    if [[ $1 =~ ^[A-Za-z0-9_./:=@%+,-]+$ ]]; then
        printf '%s' "$1"
    else
        printf "'%s'" "${1//\'/\'\\\'\'}"
    fi
}

# Prints a command so that it can be copied.
show() {
    local line='$' word
    for word in "$@"; do
        line+=" $(quoted "$word")"
    done
    printf '\n%s%s%s\n' "$bold" "$line" "$plain" >&2
}

# Prints a command and runs it.
run() {
    show "$@"
    "$@"
}

# ---- Folders and files -----------------------------------------------------------------------------------------------

# Where Cargo puts what it builds; CARGO_TARGET_DIR and configuration files may move it.
target_directory() {
    (cd "$repository" && cargo metadata --no-deps --offline --format-version 1) |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# The path of a tool that scripts/build-tools makes.
tool_path() {
    case $1 in
        cosign-3) printf '%s/cosign-%s/cosign' "$tools_cache" "$cosign_3_version" ;;
        cosign-plain) printf '%s/cosign-plain-%s/cosign' "$tools_cache" "$cosign_3_version" ;;
        cosign-2) printf '%s/cosign-%s/cosign' "$tools_cache" "$cosign_2_version" ;;
        crane) printf '%s/crane-%s/crane' "$tools_cache" "$crane_version" ;;
        cargo-deny) printf '%s/cargo-deny-%s/bin/cargo-deny' "$tools_cache" "$cargo_deny_version" ;;
        cargo-auditable) printf '%s/cargo-auditable-%s/bin/cargo-auditable' "$tools_cache" "$cargo_auditable_version" ;;
        rust-audit-info) printf '%s/rust-audit-info-%s/bin/rust-audit-info' "$tools_cache" "$rust_audit_info_version" ;;
        cargo-cyclonedx) printf '%s/cargo-cyclonedx-%s/bin/cargo-cyclonedx' "$tools_cache" "$cargo_cyclonedx_version" ;;
        nfpm) printf '%s/nfpm-%s/nfpm' "$tools_cache" "$nfpm_version" ;;
        zig)
            # What the file pins is its version.
            printf '%s/zig-%s/ziglang/zig' "$tools_cache" "$(version_of packaging/compiler/requirements.txt)"
            ;;
        jsign) printf '%s/jsign-%s/jsign' "$tools_cache" "$jsign_version" ;;
        actionlint) printf '%s/actionlint-%s/actionlint' "$tools_cache" "$actionlint_version" ;;
        groovy) printf '%s/groovy-%s/groovy' "$tools_cache" "$groovy_version" ;;
        kotlinc) printf '%s/kotlinc-%s/kotlinc' "$tools_cache" "$kotlin_version" ;;
        pipeline-checkers)
            # A Python that finds check-jsonschema, and beside it hadolint.
            printf '%s/pipeline-checkers-%s/bin/python' "$tools_cache" "$(version_of tests/pipelines/requirements.txt)"
            ;;
        docker-registry) printf '%s/docker-registry/docker-registry' "$tools_cache" ;;
        referrers-registry)
            # Our own programs: their sources are their version.
            printf '%s/referrers-registry-%s/referrers-registry' "$tools_cache" "$(sources_of tests/referrers-registry)"
            ;;
        go-clients)
            printf '%s/go-clients-%s/go-clients' "$tools_cache" "$(sources_of tests/programs/go)"
            ;;
        timestamp-authority)
            printf '%s/timestamp-authority-%s/timestamp-authority' "$tools_cache" \
                "$(sources_of tests/timestamp-authority)"
            ;;
        python-pkcs11)
            # A Python that finds the package; what the file pins is its version.
            printf '%s/python-pkcs11-%s/bin/python' "$tools_cache" \
                "$(version_of tests/programs/python/requirements.txt)"
            ;;
        *) fail "no tool is called '$1'" ;;
    esac
}

# The version of a Go program of ours.
sources_of() {
    (cd "$repository/$1" && cat ./*.go go.mod go.sum | sha256sum | cut -c 1-12)
}

# The version of what a file pins.
version_of() { sha256sum <"$repository/$1" | cut -c 1-12; }

# A tool from PATH where it is there, else ours.
find_tool() {
    command -v -- "$1" 2>/dev/null || {
        local path
        path=$(tool_path "$1")
        [[ -x $path ]] && printf '%s' "$path"
    }
}
