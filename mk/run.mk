# SPDX-License-Identifier: BSD-2-Clause
# The main job: boot the guest in every host there is and print what it found.

HOST   ?= cca,snp,tdx,plain-arm64,plain-x86,uefi-arm64,uefi-x86
CPUS   ?= 2
MEM    ?= 512M
ACCEPT ?=
PROBE  ?=
QEMU_DIR ?=
RUN_ARGS ?=

RUN_OPTIONS = --build-dir $(B) --cpus $(CPUS) --mem $(MEM) $(if $(ACCEPT),--accept $(ACCEPT)) \
	$(if $(PROBE),--probe '$(PROBE)') $(if $(QEMU_DIR),--qemu-dir $(QEMU_DIR))

.PHONY: run bench
## make run             set up, build, boot the guest in every host and print its report
##                      HOST=cca|snp|tdx|plain-arm64|plain-x86|uefi-arm64|uefi-x86[,...] CPUS=4 MEM=2G
##                      ACCEPT=eager|lazy|parallel PROBE='rsi.*' QEMU_DIR=/opt/qemu/bin RUN_ARGS='--verbose'
run: deps
	@echo "building (log: $(B)/make.log)"
	@$(MAKE) --no-print-directory images hosts tools >$(B)/make.log 2>&1 || { cat $(B)/make.log; exit 1; }
	@$(POSTERN) run --host $(HOST) $(RUN_OPTIONS) $(RUN_ARGS)

## make bench           counters, no seconds: instructions to the first line, exits and calls per GiB accepted, per MiB read
bench: deps
	@echo "building (log: $(B)/make.log)"
	@$(MAKE) --no-print-directory images hosts tools >$(B)/make.log 2>&1 || { cat $(B)/make.log; exit 1; }
	@tests/bench.sh $(POSTERN) $(B) $(if $(QEMU_DIR),--qemu-dir $(QEMU_DIR))
