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
steps := prerequisites format shell build lint tools dependencies sbom rust-tests fuzz-briefly demo
long_steps := docs valgrind faults soak secrets fuzz package test-packages reproducible

.PHONY: help
help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '  make %-16s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: ## Sign images with stock cosign through the module, start to end (KEEP=1 keeps the servers running)
	@scripts/demo $(if $(KEEP),--keep)

.PHONY: build
build: ## Build the module, and the programs beside it, for this machine
	@scripts/build-release

.PHONY: package
package: ## Make the packages: .deb, .rpm and .tar.gz, for every glibc from 2.28 on (10 minutes the first time)
	@scripts/build-packages

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
rust-tests valgrind soak faults secrets: export SIGNPATH_TEST_ARTIFACTS ?= $(shell source scripts/lib.bash && target_directory)/release
rust-tests: ## Run the tests in Rust, those of the shipped files against what `make build` built
	$(cargo) test

.PHONY: valgrind
valgrind: ## Run all tests that call the module under valgrind (20 minutes)
	@scripts/check-memory

.PHONY: soak
soak: export SIGNPATH_SOAK_SECONDS ?= 300
soak: ## Have 64 threads do everything at random, and print the figures (5 minutes; SIGNPATH_SOAK_SECONDS=…)
	$(cargo) test --test lifecycle -- soak --nocapture

.PHONY: faults
faults: ## Run the table of faults: what each call does, how often it asks, and for how long (half a minute)
	$(cargo) test --test faults

.PHONY: secrets
# The one build in which secrets are neither masked nor cleared. It has a folder of its own, and nothing else is made so.
secrets: export SIGNPATH_TEST_KEEPING_SECRETS = $(shell source scripts/lib.bash && target_directory)/keep-secrets
secrets: ## Search for the API token in logs, requests and memory, after every fault (3 minutes)
	$(cargo) rustc --lib --crate-type cdylib --no-default-features --profile keep-secrets -- --cfg signpath_keep_secrets
	$(cargo) test --test secrets

.PHONY: test-packages
test-packages: export SIGNPATH_TEST_PACKAGES ?= $(shell source scripts/lib.bash && target_directory)/package
test-packages: ## Install the packages in bare Debians and Ubuntus, as root (2 minutes; the first time 5 more)
	SIGNPATH_TEST_ARTIFACTS=$(shell source scripts/lib.bash && target_directory)/shipped/files \
		$(cargo) test --test packages --test shipped_file

.PHONY: sbom
sbom: ## Write the bill of materials
	@scripts/bill-of-materials

.PHONY: reproducible
reproducible: ## Make the packages again, elsewhere and without a network, and compare them bit for bit (15 minutes)
	@scripts/reproduce

.PHONY: bench
# In a folder of its own: the profile differs, and what is shipped must not be built anew for it.
bench: export SIGNPATH_TEST_ARTIFACTS ?= $(shell source scripts/lib.bash && target_directory)/shipped/files
bench: ## Measure what is shipped beside the bare client and beside SoftHSM (5 minutes; SCENARIO=… runs one)
	@[[ $(origin SIGNPATH_TEST_ARTIFACTS) == environment ]] || scripts/build-shipped "$$SIGNPATH_TEST_ARTIFACTS"
	$(cargo) bench --target-dir target/benchmarks --bench performance -- $(SCENARIO)

.PHONY: weigh
weigh: ## Say what each crate costs in the module as it is shipped (4 minutes)
	@scripts/weigh

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
