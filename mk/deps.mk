# SPDX-License-Identifier: BSD-2-Clause
# Set-up: what is missing is installed, nothing else. Stock Debian packages only.

PKG_BUILD := gcc libc6-dev binutils gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu libc6-dev-arm64-cross nasm \
	libfdt-dev gnu-efi libbearssl-dev libssl-dev libjansson-dev linux-libc-dev
PKG_RUN   := qemu-system-arm qemu-system-x86 qemu-efi-aarch64 ovmf
PKG_CHECK := libcmocka-dev libcbor-dev clang llvm libclang-rt-14-dev clang-format clang-tidy cppcheck device-tree-compiler
# What makes initramfs and disks of the kernels that boot as clients, and unpacks their modules.
PKG_CLIENTS := cpio xz-utils mtools dosfstools

# Debian's kernels and what else a client needs; another kernel by hand: KERNEL_X86=vmlinuz KERNEL_ARM64=Image.
KERNELS ?= $(abspath $(B))/kernels
KERNEL_X86 ?=
KERNEL_ARM64 ?=
MODULES_X86 ?=
MODULES_ARM64 ?=
export KERNELS KERNEL_X86 KERNEL_ARM64 MODULES_X86 MODULES_ARM64

.PHONY: deps deps-guest deps-check deps-clients
## make deps            install what is missing for building, running and testing (Debian 12, apt)
deps:
	@tools/setup.sh packages $(PKG_BUILD) $(PKG_RUN)
	@tools/setup.sh sysroot $(SYSROOT)
deps-check:
	@tools/setup.sh packages $(PKG_BUILD) $(PKG_RUN) $(PKG_CHECK) $(PKG_CLIENTS)
	@tools/setup.sh sysroot $(SYSROOT)
	@tools/setup.sh kernels $(KERNELS)
deps-clients:
	@tools/setup.sh packages $(PKG_CLIENTS)
	@tools/setup.sh kernels $(KERNELS)
# Objects wait for this; it does nothing when the sysroot stands.
deps-guest: $(SYSROOT)/.complete
$(SYSROOT)/.complete:
	@tools/setup.sh sysroot $(SYSROOT)
