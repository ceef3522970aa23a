# SPDX-License-Identifier: Apache-2.0
# The one front door. Every verb does its own set-up; 'make help' lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION ?= 0.1.0
OUTPUT  ?= $(CURDIR)/images/target/archives

## demo: two clusters behind NAT on this machine, pods meet through the overlay (root; KEEP=1 leaves it running)
.PHONY: demo
demo:
	@# The cluster's programs and the product are built side by side: on a fresh machine either waits for its downloads.
	+$(MAKE) --no-print-directory -j2 setup images
	e2e/run-demo

## test: every test of the repository, with the time of each part
.PHONY: test
test:
	config/run-tests

## test-long: what does not fit into 'make test'
.PHONY: test-long
test-long: setup images
	./mvnw -B --no-transfer-progress verify -Dtest.groups=long -Dtest.excludedGroups=
	bench/run-tunnel check

## fuzz: hostile bytes against everything that reads from outside, for TIME seconds in all (TIME=600)
TIME ?= 600
.PHONY: fuzz
fuzz:
	config/run-fuzz "$(TIME)"

## interop: the IPsec engine against stock strongSwan, in both roles (root, 5 minutes; CELL=REGEX plays a part)
CELL ?=
.PHONY: interop
interop:
	CELL='$(CELL)' config/interop

## interop-pq: the hybrid key exchange against a strongSwan that knows ML-KEM, of a newer Debian (root, 3 minutes, 500 MiB)
.PHONY: interop-pq
interop-pq:
	CELL='$(CELL)' config/interop pq

## interop-libreswan: the IPsec engine against libreswan on a kernel of its own, in both roles (root, 9 minutes, 350 MiB)
.PHONY: interop-libreswan
interop-libreswan:
	CELL='$(CELL)' config/interop libreswan

## check: formatter, compiler, module law and unit tests only
.PHONY: check
check:
	./mvnw -B --no-transfer-progress verify

## setup: installs the Debian packages and builds Kubernetes, etcd and containerd into the cache folder
.PHONY: setup
setup:
	e2e/tools/packages
	e2e/tools/build

## bench-ipsec: the IPsec engine against its bars: handshakes beside strongSwan's, packets, memory (root, 8 minutes)
.PHONY: bench-ipsec
bench-ipsec:
	bench/run-jmh ipsec

## bench-blocks: the building blocks of the fast path one by one, with what they allocate (3 minutes)
.PHONY: bench-blocks
bench-blocks:
	bench/run-jmh blocks

## bench: the tunnel beside its rivals, all of them in one run, into docs/performance.md (root, 35 minutes; an otherwise idle machine)
.PHONY: bench
bench:
	bench/run-tunnel full

## bench-quick: the same in five minutes: beside the C forwarder and the newest wireguard-go
.PHONY: bench-quick
bench-quick:
	bench/run-tunnel quick

## bench-check: fails when the tunnel falls below its bars against the C forwarder and wireguard-go (3 minutes)
.PHONY: bench-check
bench-check:
	bench/run-tunnel check

## bench-endurance: a sidecar with 100 peers at a limit of 96 MiB, MINUTES of all the load that it can carry (root, 1 hour; MINUTES=60)
MINUTES ?= 60
.PHONY: bench-endurance
bench-endurance:
	bench/run-tunnel endurance "$(MINUTES)" $(PAGE)

## profile: where a sidecar's processor time and memory go under load, by Flight Recorder (root, 2 minutes; AEAD=jdk for another cipher)
AEAD ?= ipsec-mb
.PHONY: profile
profile:
	bench/run-profile "$(AEAD)"

## build: compiles and packages everything, without tests
.PHONY: build
build:
	./mvnw -B -q --no-transfer-progress package -DskipTests

## images: operator, sidecar and relay as OCI and Docker archives
.PHONY: images
images: build
	config/build-images "$(OUTPUT)" "$(VERSION)"

## class-lists: writes anew which classes the images' archives hold, from a run of the images (root; before a release)
.PHONY: class-lists
class-lists: images
	bench/run-class-lists

## operator-native: the operator as a native binary and its integration tests on it, where a builder exists
.PHONY: operator-native
operator-native:
	config/build-native

## format: lays the sources out
.PHONY: format
format:
	./mvnw -B -q --no-transfer-progress spotless:apply

## clean: removes build output (the cache folder stays)
.PHONY: clean
clean:
	./mvnw -B -q clean

.PHONY: help
help:
	@awk -F': ' '/^## / {sub(/^## /, ""); printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
