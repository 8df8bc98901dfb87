# SPDX-License-Identifier: BSD-2-Clause
# The reference hosts: bare-metal monitors started by QEMU's -kernel.

# Test keys: made once per build directory, never committed (hosts/keygen). keygen writes
# test_keys.h last and snp_keys.h, tdx_keys.h before it.
KEYS := $(B)/keys/test_keys.h

$(B)/native/keygen: $(wildcard hosts/keygen/*.c hosts/keygen/*.h)
	@mkdir -p $(@D); echo "  $@"
	$(CC_native) -std=c11 -D_GNU_SOURCE -O1 $(WARN) $(REPRO) -o $@ $(filter %.c,$^) -lcrypto

$(KEYS): $(B)/native/keygen
	@mkdir -p $(@D); echo "  $@"
	$(B)/native/keygen $(@D)

# Fuzz targets that link the signer.
$(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_snp_*.c tests/fuzz/fuzz_td*.c)): $(KEYS)

# arm64: one monitor per model, its half of the vmm with it. All is compiled for each, because the
# list of faults differs.
HOST_ARM64 := $(B)/host-arm64/postern-host.elf
HOST_PKVM := $(B)/host-arm64/postern-host-pkvm.elf
CFLAGS_HOST_ARM64 = $(FREESTANDING) $(ARCH_arm64) -DHOST=1 -Ihosts -Ihosts/arm64

# $(1) name of the model, as in hosts/arm64/vmm/, $(2) its folder, $(3) the monitor
define host_arm64_rules
HOST_SRC_$(1) := $(wildcard hosts/common/*.c $(foreach d,core el2 vmm vmm/$(1) $(2),hosts/arm64/$(d)/*.c hosts/arm64/$(d)/*.S)) \
	$(wildcard lib/*.c lib/arm64/*.c lib/arm64/*.S)
HOST_OBJ_$(1) := $$(patsubst %,$(B)/host-$(1)/%.o,$$(HOST_SRC_$(1)))

$(B)/host-$(1)/%.c.o: %.c $(KEYS) | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	$$(CC_arm64) -O2 $$(CFLAGS_HOST_ARM64) $$(INC_arm64) -Ihosts/arm64/$(2) -I$(dir $(KEYS)) $$(DEPFLAGS) -c $$< -o $$@
$(B)/host-$(1)/%.S.o: %.S | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	$$(CC_arm64) $$(CFLAGS_HOST_ARM64) $$(DEPFLAGS) -c $$< -o $$@

$(3): $$(HOST_OBJ_$(1)) hosts/arm64/host.lds
	@mkdir -p $$(@D); echo "  $$@"
	$$(CROSS_arm64)ld -static -z noexecstack --build-id=none --gc-sections --no-warn-rwx-segments \
		-T hosts/arm64/host.lds -o $$@ $$(filter %.o,$$^) $$(LIBS_arm64)
-include $$(HOST_OBJ_$(1):%=%.d)
endef
$(eval $(call host_arm64_rules,cca,rmm,$(HOST_ARM64)))
$(eval $(call host_arm64_rules,pkvm,pkvm,$(HOST_PKVM)))

# x86: one monitor per model. Core and vmm are compiled for each, because the list of faults differs.
X86_MODELS := snp tdx
CFLAGS_HOST_X86 = $(FREESTANDING) -O2 $(ARCH_x86_64) $(INC_x86_64) -DHOST=1 -Ihosts -Ihosts/x86 -I$(dir $(KEYS))

define host_x86_rules
HOST_SRC_$(1) := $(wildcard hosts/common/*.c hosts/x86/core/*.c hosts/x86/core/*.S hosts/x86/core/*.asm hosts/x86/vmm/*.c hosts/x86/$(1)/*.c) \
	$(wildcard lib/*.c lib/x86_64/*.c)
HOST_OBJ_$(1) := $$(patsubst %,$(B)/host-$(1)/%.o,$$(HOST_SRC_$(1)))

$(B)/host-$(1)/%.c.o: %.c $(KEYS) | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	$$(CC_x86_64) $$(CFLAGS_HOST_X86) -Ihosts/x86/$(1) $$(DEPFLAGS) -c $$< -o $$@
$(B)/host-$(1)/%.S.o: %.S | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	$$(CC_x86_64) $$(CFLAGS_HOST_X86) -Ihosts/x86/$(1) $$(DEPFLAGS) -c $$< -o $$@
$(B)/host-$(1)/%.asm.o: %.asm | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	nasm -f elf64 -Werror -MD $$@.d -o $$@ $$<

$(B)/host-x86/postern-host-$(1).elf: $$(HOST_OBJ_$(1)) hosts/x86/host.lds
	@mkdir -p $$(@D); echo "  $$@"
	$$(CROSS_x86_64)ld -static -z noexecstack --build-id=none --gc-sections --no-warn-rwx-segments \
		-T hosts/x86/host.lds -o $$@ $$(filter %.o,$$^) $$(LIBS_x86_64)
-include $$(HOST_OBJ_$(1):%=%.d)
HOSTS_X86 += $(B)/host-x86/postern-host-$(1).elf
endef
$(foreach m,$(X86_MODELS),$(eval $(call host_x86_rules,$(m))))

HOSTS := $(HOST_ARM64) $(HOST_PKVM) $(HOSTS_X86)
.PHONY: hosts-x86
hosts-x86: $(HOSTS_X86)
.PHONY: hosts
hosts: $(HOSTS)
