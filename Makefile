# Everything that people and CI run. `make` lists it.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Cargo and Go use all cores themselves; two of them at a time only fight.
.NOTPARALLEL:

# Where the tools lie that scripts/build-tools makes. Several checkouts may share one folder.
export SIGNPATH_TOOLS_CACHE ?= $(CURDIR)/.cache/tools
cargo := cargo --locked

# The steps of `make test`, cheap ones first, and what `make test-all` adds: put whatever takes long there.
steps := prerequisites format shell build lint tools dependencies rust-tests fuzz-briefly demo
long_steps := docs valgrind faults soak fuzz

.PHONY: help
help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '  make %-16s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: ## Sign images with stock cosign through the module, start to end (KEEP=1 keeps the servers running)
	@scripts/demo $(if $(KEEP),--keep)

.PHONY: build
build: ## Build what is shipped: the module, and the programs beside it
	$(cargo) build --release

.PHONY: test
test: ## Run what CI runs; installs what is missing
	+@scripts/in-steps $(steps)

.PHONY: test-all
test-all: ## Run everything, also what takes long
	+@scripts/in-steps $(steps) $(long_steps)

.PHONY: clean
clean: ## Remove what was built, but not the tools in .cache
	cargo clean

# ---- The steps of `make test`, each on its own -----------------------------------------------------------------------

.PHONY: prerequisites
prerequisites: ## Install the packages that are missing
	@scripts/prerequisites test

.PHONY: tools
tools: ## Build the tools that no package brings: cosign, crane, … (15 minutes, once)
	@scripts/build-tools

.PHONY: format
format: ## Check the formatting
	$(cargo) fmt --check

.PHONY: lint
lint: ## Run Clippy with warnings as errors
	$(cargo) clippy --all-targets --all-features -- -D warnings

.PHONY: shell
shell: ## Run shellcheck over all scripts
	@scripts/check-shell

.PHONY: dependencies
dependencies: ## Check licences, forbidden crates, sources and known vulnerabilities
	@scripts/check-dependencies

.PHONY: rust-tests
# The tests find the shipped files by this variable, and skip nothing when one is missing.
rust-tests valgrind soak faults: export SIGNPATH_TEST_ARTIFACTS ?= $(shell source scripts/lib.bash && target_directory)/release
rust-tests: ## Run the tests in Rust, those of the shipped files against what `make build` built
	$(cargo) test

.PHONY: valgrind
# Buffers come from the heap, whose bounds valgrind knows to the byte. The emulator is not what is looked at.
valgrind: export SIGNPATH_TEST_MEMORY := heap
valgrind: runner := ["valgrind", "--quiet", "--error-exitcode=9", "--trace-children=yes", \
    "--trace-children-skip=*/signpath-emulator"]
valgrind: ## Run every misuse and every attribute under valgrind (2 minutes)
	$(cargo) --config 'target."cfg(all())".runner = $(runner)' test --test harness -- attributes misuse

.PHONY: soak
soak: export SIGNPATH_SOAK_SECONDS ?= 300
soak: ## Have 64 threads do everything at random, and print the figures (5 minutes; SIGNPATH_SOAK_SECONDS=…)
	$(cargo) test --test lifecycle -- soak --nocapture

.PHONY: faults
faults: ## Run the table of faults: what each call does, how often it asks, and for how long (half a minute)
	$(cargo) test --test faults

.PHONY: fuzz-briefly
fuzz-briefly: export SIGNPATH_FUZZ_SECONDS := 5
fuzz-briefly: ## Give every fuzzer its corpus and five seconds (2 minutes, the first build aside)
	@scripts/fuzz

.PHONY: fuzz
fuzz: ## Fuzz all readers, and the module's functions (20 minutes; SIGNPATH_FUZZ_SECONDS=… for each target)
	@scripts/fuzz

.PHONY: docs
docs: ## Build the documentation of the code with warnings as errors
	RUSTDOCFLAGS='-D warnings' $(cargo) doc --no-deps --document-private-items
