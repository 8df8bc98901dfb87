# SPDX-License-Identifier: BSD-2-Clause
# Unit tests: tests/unit/test_X.c names what it tests in two comment lines,
#   sources: mm/memmap.c lib/range.c
#   libs: -lfdt
#   flags: -Ihosts/x86 (optional, for the compiler)
# and is built with those files under ASan and UBSan. Fuzz targets in tests/fuzz likewise.

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# Those lines as variables: sources_test_X, libs_test_X ... (tests/fields.awk)
$(B)/tests.mk: tests/fields.awk $(UNIT_TESTS:%=tests/unit/%.c) $(FUZZ_TARGETS:%=tests/fuzz/%.c)
	@mkdir -p $(@D)
	@awk -f $^ >$@.new && mv $@.new $@
include $(B)/tests.mk

# Twice: under $(B)/unit with sanitizers and counters of lines, under $(B)/mutant without, run once for each mutant: an
# assertion kills a mutant, and quickly. A source is compiled once for all tests with the same flags.
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer --coverage
TEST_CFLAGS := -std=c11 -D_GNU_SOURCE -O1 $(WARN) -Wno-missing-prototypes -DNATIVE=1 -Iinclude -I. -Itests/unit
CFLAGS_unit := -g $(SAN)
CFLAGS_mutant := -Wno-maybe-uninitialized
test_objects = $(patsubst %.c,$(B)/$(1)/$(key_$(2))/%.o,tests/unit/$(2).c $(wildcard $(sources_$(2))))

# $(1) unit or mutant, $(2) the flags' name
define test_object_rules
$(B)/$(1)/$(2)/%.o: %.c | $(KEYS)
	@mkdir -p $$(@D); echo "  $$@"
	rm -f $$(@:.o=.gcda)
	gcc $(TEST_CFLAGS) $(CFLAGS_$(1)) $(flags_of_$(2)) $$(DEPFLAGS) -c -o $$@ $$<
endef
# $(1) unit or mutant, $(2) the test
define unit_rules
$(B)/$(1)/$(2): $(call test_objects,$(1),$(2))
	@echo "  $$@"
	gcc $(filter -f% --coverage,$(CFLAGS_$(1))) -o $$@ $$(filter %.o,$$^) $(libs_$(2)) -lcmocka
endef
$(foreach u,unit mutant,$(foreach k,$(TEST_KEYS),$(eval $(call test_object_rules,$(u),$(k)))))
$(foreach u,unit mutant,$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rules,$(u),$(t)))))
-include $(patsubst %.o,%.o.d,$(sort $(foreach t,$(UNIT_TESTS),$(call test_objects,unit,$(t)) $(call test_objects,mutant,$(t)))))

.PHONY: unit
## make unit            native unit tests under ASan and UBSan
export VECTORS ?= ../shared/vectors
unit: $(UNIT_TESTS:%=$(B)/unit/%)
	@bad=0; n=0; for t in $(UNIT_TESTS); do \
		n=$$((n + 1)); $(B)/unit/$$t || { echo "not ok - $$t"; bad=$$((bad + 1)); }; \
	done; echo "$$((n - bad)) passed, $$bad failed"; [ $$bad = 0 ]

# ---- fuzzing: tests/fuzz/fuzz_X.c, built by clang with libFuzzer, ASan and UBSan ----
FUZZ_SECONDS ?= 600
FUZZ_SHORT ?= 4
FUZZ_INPUTS ?= 100000

define fuzz_target_rules
$(B)/fuzz/$(1): tests/fuzz/$(1).c $(sources_$(1)) $(included_$(1)) tests/fuzz/input.h $(wildcard include/*.h include/abi/*.h)
	@mkdir -p $$(@D); echo "  $$@"
	clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(WARN) -Wno-missing-prototypes \
		-DNATIVE=1 -Iinclude -I. -Itests/unit -Itests/fuzz $(flags_$(1)) \
		-o $$@ tests/fuzz/$(1).c $(sources_$(1)) $(libs_$(1))
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_target_rules,$(t))))

.PHONY: fuzz fuzz-short planted coverage boot faults mutants badguest devices pkvm pvmfw reproducible token evidence workloads verify why ovmf linux clients clients-ready tooltest check check-full staged stages
## make fuzz            every fuzz target for FUZZ_SECONDS=600 each
fuzz: $(FUZZ_TARGETS:%=$(B)/fuzz/%)
	@tests/fuzz.sh $(B) $(FUZZ_SECONDS) 0 $(FUZZ_TARGETS)
fuzz-short: $(FUZZ_TARGETS:%=$(B)/fuzz/%)
	@tests/fuzz.sh $(B) $(FUZZ_SHORT) $(FUZZ_INPUTS) $(FUZZ_TARGETS)

# Machines at a time within one stage; stages themselves run two at a time.
JOBS_RUN ?= 1
RUN_MORE = $(if $(QEMU_DIR),--qemu-dir $(QEMU_DIR))

# What every stage that boots needs; built before the stages start.
MACHINES := $(POSTERN) $(IMAGES) $(HOSTS)

planted: deps-guest
	@tests/planted.sh $(B)
coverage: $(patsubst %,$(B)/unit/%,$(shell tests/coverage.sh --tests 0))
	@tests/coverage.sh $(B) 90
## make boot|faults|mutants|badguest|devices|pkvm|pvmfw|token|evidence|workloads|verify|why|ovmf|linux|planted|reproducible   one stage of make check alone (JOBS_RUN=2: machines at a time)
boot: $(MACHINES)
	@tests/boot.sh $(POSTERN) $(B) $(BOOTS:%=--%) --jobs $(JOBS_RUN) $(RUN_MORE)
faults: $(MACHINES)
	@$(POSTERN) faults --jobs $(JOBS_RUN) $(if $(FAULTS_SAMPLE),--sample $(FAULTS_SAMPLE)) -- --build-dir $(B) --mem 256M $(RUN_MORE)
# Conditions that only a hostile host can reach are judged by the native tests of the model, which
# are tried first: milliseconds instead of a boot.
model_tests = $(patsubst %,$(B)/mutant/%,$(filter $(1)_%,$(UNIT_TESTS)))
# The modelled device is part of every host, the ITS and the CPU under EL2 of both on arm64: the run of cca judges them.
VDEV_TESTS := $(call model_tests,test_vdev)
VITS_TESTS := $(call model_tests,test_vits)
RMM_TESTS := $(call model_tests,test_rmm) $(VITS_TESTS) $(VDEV_TESTS)
PKVM_TESTS := $(call model_tests,test_pkvm)
SNP_TESTS := $(call model_tests,test_snp)
TDX_TESTS := $(call model_tests,test_tdx)
# Of one host: its name, its tests, its reasons, the sources whose mutants another run judges.
mutants_of = $(POSTERN) mutants $(2:%=--native %) --reasons tests/mutants$(3).reasons $(4:%=--skip %) --jobs $(JOBS_RUN) \
	-- --host $(1) --build-dir $(B) --mem 256M $(RUN_MORE)
.PHONY: mutants-cca mutants-snp mutants-tdx mutants-pkvm
mutants-cca: $(MACHINES) $(RMM_TESTS)
	@$(call mutants_of,cca,$(RMM_TESTS),)
mutants-snp: $(MACHINES) $(SNP_TESTS)
	@$(call mutants_of,snp,$(SNP_TESTS),-snp,hosts/common/)
mutants-tdx: $(MACHINES) $(TDX_TESTS)
	@$(call mutants_of,tdx,$(TDX_TESTS),-tdx,hosts/common/)
mutants-pkvm: $(MACHINES) $(PKVM_TESTS)
	@$(call mutants_of,pkvm-android,$(PKVM_TESTS),-pkvm,hosts/common/$(comma)hosts/arm64/el2/$(comma)hosts/arm64/vmm/)
mutants: $(MACHINES) $(RMM_TESTS) $(SNP_TESTS) $(TDX_TESTS) $(PKVM_TESTS)
	@$(MAKE) -k --no-print-directory mutants-cca mutants-snp mutants-tdx mutants-pkvm
badguest: $(MACHINES) badguests
	@tests/badguest.sh $(POSTERN) $(B) $(RUN_MORE)
# A disk, a network and a console, judged by what is on the host.
devices: $(MACHINES) badguests
	@tests/devices.sh $(POSTERN) $(B) $(RUN_MORE)
reproducible: images
	@tests/reproducible.sh $(B) $(SYSROOT)
token: $(MACHINES)
	@tests/token.sh $(POSTERN) $(B) $(RUN_MORE)
evidence: $(MACHINES)
	@tests/measure.sh $(POSTERN) $(B)
	@tests/evidence.sh $(POSTERN) $(B) $(RUN_MORE)
# pKVM: secrets, lies of the host, granules; and the firmware's place with its hostile devicetrees.
pkvm: $(MACHINES) badguests
	@tests/pkvm.sh $(POSTERN) $(B) $(RUN_MORE)
pvmfw: $(MACHINES) badguests
	@tests/pvmfw.sh $(POSTERN) $(B) $(RUN_MORE)
# Workloads that do what the sample does, but for one thing.
TEST_WORKLOADS := $(patsubst %/,%,$(sort $(dir $(wildcard tests/workload/*/*.c))))
$(foreach a,$(ARCHS),$(foreach w,$(filter-out $(WORKLOAD_ALL),$(TEST_WORKLOADS)),$(eval $(call workload_rules,$(a),$(w)))))
TEST_WORKLOAD_IMAGES := $(foreach w,$(TEST_WORKLOADS),$(call workload_files,$(call workload_name,$(w))))
workloads: $(MACHINES) $(TEST_WORKLOAD_IMAGES)
	@tests/workload.sh $(POSTERN) $(B) $(RUN_MORE)
verify: $(MACHINES)
	@tests/verify.sh $(POSTERN) $(B) $(RUN_MORE)
# What the guest says of evidence that it cannot fetch.
why: $(MACHINES)
	@tests/why.sh $(POSTERN) $(B) $(RUN_MORE)
# Debian's own firmware, from the package ovmf, in the x86 hosts.
ovmf: $(MACHINES)
	@tests/clients.sh $(POSTERN) $(B) --jobs $(JOBS_RUN) $(RUN_MORE)
# Debian's own kernels, booted by our firmware and by Debian's.
$(B)/clients/report: tests/clients/report.c
	@mkdir -p $(@D); echo "  $@"
	gcc -std=c11 -D_GNU_SOURCE -Os -static -s $(WARN) -o $@ $<
clients-ready: $(B)/clients/report deps-clients
	@tests/clients/prepare.sh $(B)/clients $(KERNELS) $(B)/clients/report
linux: $(MACHINES) clients-ready
	@tests/firmware.sh $(POSTERN) $(B) --jobs $(JOBS_RUN) $(RUN_MORE)
## make clients         other people's guests in our hosts: Debian's OVMF to its shell, and Debian's kernels, each on every
##                      host that it knows, 1 and 2 CPUs, by our firmware and by OVMF
##                      KERNEL_X86=vmlinuz KERNEL_ARM64=Image instead (MODULES_X86=, MODULES_ARM64=: a folder of its modules)
clients: ovmf clients-ready
	@tests/firmware.sh $(POSTERN) $(B) --all --jobs $(JOBS_RUN) $(RUN_MORE)
tooltest: $(MACHINES)
	@tests/tool.sh $(POSTERN) $(B) $(RUN_MORE)

# The longest first, so that at the end neither of the two waits long for the other. Not unit beside coverage: both write
# what the same tests have run through.
STAGES := boot linux lint fuzz-short faults mutants unit why workloads ovmf badguest pkvm pvmfw planted devices evidence verify token tooltest \
	reproducible coverage
## make check           set up and pass all tests: units, lint, a sample of boots and faults, all mutants, short fuzzing
check: deps-check
	@$(MAKE) --no-print-directory -j$$(nproc) staged
	@$(MAKE) --no-print-directory stages FAULTS_SAMPLE=20 BOOTS=sample FUZZ_SHORT=3
## make check-full      the same with every boot, every fault and two minutes of fuzzing per target
check-full: deps-check
	@$(MAKE) --no-print-directory -j$$(nproc) staged
	@$(MAKE) --no-print-directory stages FUZZ_SHORT=120 FUZZ_INPUTS=0
# What stages need, built on every CPU there is; the stages themselves run two at a time.
staged: images hosts tools badguests clients-ready $(TEST_WORKLOAD_IMAGES) $(UNIT_TESTS:%=$(B)/unit/%)
stages: staged
	@tests/check.sh $(B) $(MAKE) $(STAGES)
