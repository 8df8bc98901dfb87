# SPDX-License-Identifier: BSD-2-Clause
#
# Postern: one small guest image for confidential virtual machines, and the reference hosts that
# test it. Everything lands in build/. `make help` lists what can be asked for.

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:

B := build
VERSION := 0.1

# `make CLANG=1` builds guest and hosts with clang (make lint does, to hold both compilers clean).
include mk/deps.mk
include mk/flags.mk
include mk/guest.mk
include mk/hosts.mk
include mk/tools.mk
include mk/tests.mk
include mk/lint.mk
include mk/run.mk

.PHONY: all help images clean
all: images hosts tools

help:
	@sed -n 's/^## //p' mk/*.mk Makefile

## make                 build images, reference hosts and the tool (needs the packages: make deps)
## make clean           remove build/
clean:
	rm -rf $(B)
