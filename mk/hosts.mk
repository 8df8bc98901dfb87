# SPDX-License-Identifier: BSD-2-Clause
# The reference hosts: bare-metal monitors started by QEMU's -kernel.

HOST_ARM64_SRC := $(wildcard hosts/arm64/*.c hosts/arm64/*/*.c hosts/arm64/*/*.S) $(wildcard lib/*.c lib/arm64/*.c lib/arm64/*.S)
HOST_ARM64_OBJ := $(patsubst %,$(B)/host-arm64/%.o,$(HOST_ARM64_SRC))
HOST_ARM64 := $(B)/host-arm64/postern-host.elf

# Test keys: made once per build directory, never committed (hosts/keygen.c).
KEYS := $(B)/keys/test_keys.h

$(B)/native/keygen: hosts/keygen.c
	@mkdir -p $(@D); echo "  $@"
	$(CC_native) -std=c11 -O1 $(WARN) $(REPRO) -o $@ $< -lcrypto

$(KEYS): $(B)/native/keygen
	@mkdir -p $(@D); echo "  $@"
	$(B)/native/keygen $(@D)

# Unit tests that link the signer.
$(B)/unit/test_cca_token $(B)/unit/test_token_verify: $(KEYS)

$(B)/host-arm64/%.c.o: %.c $(KEYS) | deps-guest
	@mkdir -p $(@D); echo "  $@"
	$(CC_arm64) $(FREESTANDING) -O2 $(ARCH_arm64) $(INC_arm64) -DHOST=1 -Ihosts/arm64 -I$(dir $(KEYS)) $(DEPFLAGS) -c $< -o $@

$(B)/host-arm64/%.S.o: %.S | deps-guest
	@mkdir -p $(@D); echo "  $@"
	$(CC_arm64) $(FREESTANDING) $(ARCH_arm64) -DHOST=1 -Ihosts/arm64 $(DEPFLAGS) -c $< -o $@

$(HOST_ARM64): $(HOST_ARM64_OBJ) hosts/arm64/host.lds
	$(CROSS_arm64)ld -static -z noexecstack --build-id=none --gc-sections --no-warn-rwx-segments \
		-T hosts/arm64/host.lds -o $@ $(filter %.o,$^) $(LIBS_arm64)

-include $(HOST_ARM64_OBJ:%=%.d)

HOSTS := $(HOST_ARM64)
.PHONY: hosts
hosts: $(HOSTS)
