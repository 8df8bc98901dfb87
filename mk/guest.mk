# SPDX-License-Identifier: BSD-2-Clause
# The guest: one link per architecture and job, packaged several ways (images/).

JOBS := probe firmware firmware-unmeasured
ARCHS := arm64 x86_64

# Rooms that every image has. Files of one architecture lie in a folder of its name.
GUEST_ROOMS := boot mm drivers virtio attest lib plain
BACKENDS_arm64  := rsi pkvm
BACKENDS_x86_64 := ghcb tdcall

# Rooms of a job; without a line here its own name. Whether the firmware boots what no table vouches for is one
# object of it: two images, never a switch.
ROOMS_firmware            := boot/linux boot/linux/measured
ROOMS_firmware-unmeasured := boot/linux boot/linux/unmeasured
job_rooms = $(or $(ROOMS_$(1)),$(1))

guest_sources = $(wildcard $(foreach r,$(GUEST_ROOMS) $(BACKENDS_$(1)) $(call job_rooms,$(2)),$(r)/*.c $(r)/$(1)/*.c $(r)/$(1)/*.S $(r)/$(1)/*.asm))
guest_objects = $(patsubst %,$(B)/$(1)/%.o,$(call guest_sources,$(1),$(2)))

define guest_rules
$(B)/$(1)/%.c.o: %.c | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	$$(CC_$(1)) $$(FREESTANDING) -Os -fpie $$(ARCH_$(1)) $$(INC_$(1)) -DGUEST=1 $$(DEPFLAGS) -c $$< -o $$@

$(B)/$(1)/%.S.o: %.S | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	$$(CC_$(1)) $$(FREESTANDING) $$(ARCH_$(1)) -DGUEST=1 $$(DEPFLAGS) -c $$< -o $$@

$(B)/$(1)/%.asm.o: %.asm | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	nasm -f elf64 -Werror -MD $$@.d -o $$@ $$<

-include $$(patsubst %,%.d,$$(foreach j,$(JOBS),$$(call guest_objects,$(1),$$(j))))
endef
$(foreach a,$(ARCHS),$(eval $(call guest_rules,$(a))))

LDFLAGS_GUEST := -pie --no-dynamic-linker -z norelro -z noexecstack -z max-page-size=4096 --build-id=none \
	--gc-sections --hash-style=sysv --no-warn-rwx-segments --orphan-handling=error
# A word of pointers in 8 bytes instead of 24 each: tables are a good part of the probe (arm64's ld cannot).
LDFLAGS_x86_64 := -z pack-relative-relocs

define image_rules
$(B)/$(1)/postern-$(2).elf: $(call guest_objects,$(1),$(2)) images/$(1).lds
	$$(CROSS_$(1))ld $(LDFLAGS_GUEST) $(LDFLAGS_$(1)) -T images/$(1).lds -o $$@ $$(filter %.o,$$^) $$(LIBS_$(1))

IMAGES_$(1) += $(B)/$(1)/postern-$(2).elf
endef
$(foreach a,$(ARCHS),$(foreach j,$(JOBS),$(eval $(call image_rules,$(a),$(j)))))

# arm64: the flat file is a Linux Image and a PE/COFF EFI application at once.
$(B)/arm64/postern-%.img: $(B)/arm64/postern-%.elf
	$(CROSS_arm64)objcopy -O binary $< $@

# x86-64: the ELF carries a PVH note (QEMU -kernel); the flat file of the same link is a PE/COFF EFI application.
$(B)/x86_64/postern-%.efi: $(B)/x86_64/postern-%.elf
	$(CROSS_x86_64)objcopy -O binary $< $@

# The flash file of SNP and TDX: the same flat file behind a reset vector. Its numbers are those of the
# header the C side reads, and the image's own symbols.
FD_SYMBOLS := fd_entry|early_tables|image_end|image_file_end
$(B)/x86_64/fd-%.inc: $(B)/x86_64/postern-%.elf include/abi/fd.h
	sed -nE 's/^#define (FD_[A-Z_]+) +(0x[0-9a-f]+|[0-9]+)$$/%define \1 \2/p' include/abi/fd.h >$@
	$(CROSS_x86_64)nm $< | sed -nE 's/^0*([0-9a-f]+) [A-Za-z] ($(FD_SYMBOLS))$$/%define ELF_\2 0x\1/p' >>$@
$(B)/x86_64/postern-%.fd: images/fd.asm $(B)/x86_64/fd-%.inc $(B)/x86_64/postern-%.efi
	nasm -f bin -Werror -P $(B)/x86_64/fd-$*.inc $(if $(filter firmware%,$*),-DFIRMWARE) -DIMAGE='"$(B)/x86_64/postern-$*.efi"' -o $@ $<

ARM64_IMAGE := $(B)/arm64/postern-probe.img
X86_IMAGE   := $(B)/x86_64/postern-probe.elf
X86_EFI     := $(B)/x86_64/postern-probe.efi
X86_FD      := $(B)/x86_64/postern-probe.fd
FIRMWARE_IMAGES := $(foreach j,$(filter firmware%,$(JOBS)),$(B)/arm64/postern-$(j).img $(foreach e,elf efi fd,$(B)/x86_64/postern-$(j).$(e)))
IMAGES = $(ARM64_IMAGE) $(X86_IMAGE) $(X86_EFI) $(X86_FD) $(FIRMWARE_IMAGES) $(WORKLOAD_IMAGES)

# ---- workloads: the rooms of every image, workload/*.c, and the C files of one folder ----
# The folder may lie anywhere. Its last name is the image's.
SRC ?= workload/secret-release
WORKLOAD_SAMPLES := $(patsubst %/,%,$(sort $(dir $(wildcard workload/*/*.c))))
workload_name = $(notdir $(patsubst %/,%,$(1)))
WORKLOAD_DIR := $(patsubst $(CURDIR)/%,%,$(abspath $(SRC)))
# Objects of a folder outside the tree lie under outside/, by its whole path.
workload_sources = $(sort $(wildcard $(1)/*.c))
workload_object = $(if $(filter /%,$(2)),$(B)/$(1)/outside$(2).o,$(B)/$(1)/$(2).o)
workload_objects = $(foreach s,$(call workload_sources,$(2)),$(call workload_object,$(1),$(s)))
workload_files = $(B)/arm64/postern-workload-$(1).img $(foreach e,elf efi fd,$(B)/x86_64/postern-workload-$(1).$(e))

define outside_rules
$(B)/$(1)/outside/%.c.o: /%.c | deps-guest
	@mkdir -p $$(@D); echo "  $$@"
	$$(CC_$(1)) $$(FREESTANDING) -ffile-prefix-map=$$(dir $$<)= -Os -fpie $$(ARCH_$(1)) $$(INC_$(1)) -DGUEST=1 $$(DEPFLAGS) -c $$< -o $$@
endef
$(foreach a,$(ARCHS),$(eval $(call outside_rules,$(a))))

# architecture, folder. The list of sources is a prerequisite: one that goes, or another folder of the same
# name, makes another image.
define workload_rules
$(B)/$(1)/postern-workload-$(call workload_name,$(2)).elf: $(call guest_objects,$(1),workload) $(call workload_objects,$(1),$(2)) \
		images/$(1).lds $(B)/$(1)/workload-$(call workload_name,$(2)).sources
	$$(CROSS_$(1))ld $$(LDFLAGS_GUEST) $$(LDFLAGS_$(1)) -T images/$(1).lds -o $$@ $$(filter %.o,$$^) $$(LIBS_$(1))
$(B)/$(1)/workload-$(call workload_name,$(2)).sources: workload-sources-always
	@mkdir -p $$(@D); echo '$(call workload_sources,$(2))' | cmp -s - $$@ || echo '$(call workload_sources,$(2))' >$$@
-include $(patsubst %,%.d,$(call guest_objects,$(1),workload) $(call workload_objects,$(1),$(2)))
clang-objects: $(call guest_objects,$(1),workload) $(call workload_objects,$(1),$(2))
endef
# Why no image can be made of SRC; empty: one can.
WORKLOAD_WRONG := $(if $(wildcard $(WORKLOAD_DIR)/*.c),,no C files there)
ifneq ($(filter $(WORKLOAD_DIR),$(WORKLOAD_SAMPLES)),$(WORKLOAD_DIR))
WORKLOAD_WRONG += $(if $(filter %/$(call workload_name,$(WORKLOAD_DIR)),$(WORKLOAD_SAMPLES)),a sample has that name)
endif
WORKLOAD_WRONG := $(strip $(WORKLOAD_WRONG))
WORKLOAD_ALL := $(sort $(WORKLOAD_SAMPLES) $(if $(WORKLOAD_WRONG),,$(WORKLOAD_DIR)))
$(foreach a,$(ARCHS),$(foreach w,$(WORKLOAD_ALL),$(eval $(call workload_rules,$(a),$(w)))))

WORKLOAD_IMAGES := $(foreach w,$(WORKLOAD_SAMPLES),$(call workload_files,$(call workload_name,$(w))))
WORKLOAD_OF_SRC := $(if $(WORKLOAD_WRONG),,$(call workload_files,$(call workload_name,$(WORKLOAD_DIR))))
image_sizes = printf '%-44s %8s  %s\n' image bytes sha256; \
	for f in $(1); do printf '%-44s %8d  %s\n' "$$f" "$$(stat -c %s $$f)" "$$(sha256sum $$f | cut -c1-16)"; done

.PHONY: workload workload-sources-always
## make workload        build the image of one workload: SRC=dir, a folder of C files (default workload/secret-release)
##                      with `int workload_main(const struct workload *)`: docs/workload.md
workload: $(WORKLOAD_OF_SRC)
	@$(if $(WORKLOAD_WRONG),echo "SRC=$(SRC): $(WORKLOAD_WRONG)" >&2; exit 1)
	@$(call image_sizes,$(WORKLOAD_OF_SRC))

## make images          build the guest images (probe, firmware, the samples of workloads) and print their sizes
images: $(IMAGES)
	@$(call image_sizes,$(IMAGES))

# Bad guests: the same image with a job that breaks one rule (tests/badguest).
BADGUESTS := $(patsubst tests/badguest/%.c,%,$(filter-out %/job.c,$(wildcard tests/badguest/*.c)))

$(B)/arm64/badguest-%.elf: $(B)/arm64/tests/badguest/%.c.o $(B)/arm64/tests/badguest/job.c.o \
		$(call guest_objects,arm64,) images/arm64.lds
	$(CROSS_arm64)ld $(LDFLAGS_GUEST) $(LDFLAGS_BAD) -T images/arm64.lds -o $@ $(filter %.o,$^) $(LIBS_arm64)
$(B)/arm64/badguest-mmio_unguarded.elf: LDFLAGS_BAD := --wrap=pkvm_call
$(B)/arm64/badguest-%.img: $(B)/arm64/badguest-%.elf
	$(CROSS_arm64)objcopy -O binary $< $@
# Flash files for both x86 hosts: those above that name a kind there, and x86's own.
BADGUESTS_X86 := $(patsubst tests/badguest/%.c,%,$(shell grep -lE 'kind-(snp|tdx):' tests/badguest/*.c)) $(patsubst tests/badguest/x86_64/%.c,%,$(wildcard tests/badguest/x86_64/*.c))
bad_source = $(wildcard tests/badguest/$(1).c tests/badguest/x86_64/$(1).c)

define badguest_rules
$(B)/x86_64/postern-bad-$(1).elf: $(B)/x86_64/$(lastword $(call bad_source,$(1))).o $(B)/x86_64/tests/badguest/job.c.o \
		$(call guest_objects,x86_64,) images/x86_64.lds
	$$(CROSS_x86_64)ld $$(LDFLAGS_GUEST) -T images/x86_64.lds -o $$@ $$(filter %.o,$$^) $$(LIBS_x86_64)
endef
$(foreach g,$(BADGUESTS_X86),$(eval $(call badguest_rules,$(g))))
-include $(wildcard $(foreach a,$(ARCHS),$(B)/$(a)/tests/badguest/*.d $(B)/$(a)/tests/badguest/*/*.d))
.PHONY: badguests
badguests: $(BADGUESTS:%=$(B)/arm64/badguest-%.img) $(BADGUESTS_X86:%=$(B)/x86_64/postern-bad-%.fd)
