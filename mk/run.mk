# SPDX-License-Identifier: BSD-2-Clause
# The main job: boot the guest in every host there is and print what it found.

JOB    ?= probe
comma := ,
space := $(subst ,, )
ifeq ($(JOB),workload)
HOST   ?= cca,snp,tdx
endif
ifeq ($(JOB),firmware)
HOST   ?= snp,tdx
endif
HOST   ?= cca,snp,tdx,pkvm,pkvm-android,plain-arm64,plain-x86,uefi-arm64,uefi-x86
CPUS   ?= 2
MEM    ?= 512M
ACCEPT ?=
PROBE  ?=
QEMU_DIR ?=
RUN_ARGS ?=

EVIDENCE ?= $(B)/evidence
SECRET ?=

# A workload is that of SRC=; secret-release has somebody to talk to, others may ask for it in RUN_ARGS.
RUN_WORKLOAD := $(call workload_name,$(SRC))
RUN_PARTY := $(if $(filter secret-release,$(RUN_WORKLOAD))$(SECRET),--relying-party)
JOB_probe = $(if $(ACCEPT),--accept $(ACCEPT)) $(if $(PROBE),--probe '$(PROBE)')
JOB_workload = --workload $(RUN_WORKLOAD) $(RUN_PARTY) $(if $(SECRET),--secret $(SECRET))
# The firmware boots KERNEL=, or Debian's newest of the first host's architecture with the tests' initramfs.
KERNEL ?=
INITRD ?=
RUN_ARCH := $(if $(filter cca pkvm pkvm-android plain-arm64,$(firstword $(subst $(comma),$(space),$(HOST)))),arm64,amd64)
APPEND ?= console=$(if $(filter arm64,$(RUN_ARCH)),ttyAMA0,ttyS0) panic=-1
RUN_CLIENT = $(lastword $(sort $(wildcard $(B)/clients/$(RUN_ARCH)-*)))
JOB_firmware = --kernel $(or $(KERNEL),$(RUN_CLIENT)/kernel) --append '$(APPEND)' \
	$(if $(KERNEL),$(if $(INITRD),--initrd $(INITRD)),--initrd $(or $(INITRD),$(RUN_CLIENT)/initrd))
RUN_OPTIONS = --build-dir $(B) --cpus $(CPUS) --mem $(MEM) $(JOB_$(JOB)) \
	$(if $(filter-out firmware,$(JOB)),--job $(JOB) --evidence $(EVIDENCE)) \
	$(if $(QEMU_DIR),--qemu-dir $(QEMU_DIR))

.PHONY: run bench
## make run             set up, build, boot the guest in every host and print its report
##                      HOST=cca|snp|tdx|pkvm|pkvm-android|plain-arm64|plain-x86|uefi-arm64|uefi-x86[,...]
##                      CPUS=4 MEM=2G
##                      ACCEPT=eager|lazy|parallel PROBE='rsi.*' QEMU_DIR=/opt/qemu/bin RUN_ARGS='--verbose'
##                      EVIDENCE=dir keeps the guest's evidence there (build/evidence)
## make run JOB=workload  a relying party verifies the workload and gives it a secret
##                      HOST=cca|snp|tdx[,...] SRC=dir (workload/secret-release) SECRET=file
## make run JOB=firmware  a Linux kernel as a confidential guest: Debian's, or KERNEL=vmlinuz INITRD=file APPEND='console=ttyS0'
##                      HOST=snp|tdx|plain-x86[,...] or HOST=cca|pkvm|plain-arm64[,...]
run: deps $(if $(filter firmware,$(JOB)),$(if $(KERNEL),,clients-ready))
	@echo "building (log: $(B)/make.log)"
	@$(MAKE) --no-print-directory images hosts tools $(if $(filter workload,$(JOB)),workload) >$(B)/make.log 2>&1 || { cat $(B)/make.log; exit 1; }
	@$(POSTERN) run --host $(HOST) $(RUN_OPTIONS) $(RUN_ARGS)

## make bench           counters, no seconds: instructions to the first line, exits and calls per GiB accepted, per MiB read,
##                      instructions from reset to a kernel's entry and from there to its first process
bench: deps clients-ready
	@echo "building (log: $(B)/make.log)"
	@$(MAKE) --no-print-directory images hosts tools >$(B)/make.log 2>&1 || { cat $(B)/make.log; exit 1; }
	@tests/bench.sh $(POSTERN) $(B) $(if $(QEMU_DIR),--qemu-dir $(QEMU_DIR))
