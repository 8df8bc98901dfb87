# SPDX-License-Identifier: BSD-2-Clause
# Set-up: what is missing is installed, nothing else. Stock Debian packages only.

PKG_BUILD := gcc libc6-dev binutils gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu libc6-dev-arm64-cross nasm \
	libfdt-dev gnu-efi libbearssl-dev libssl-dev libjansson-dev linux-libc-dev
PKG_RUN   := qemu-system-arm qemu-system-x86 qemu-efi-aarch64 ovmf
PKG_CHECK := libcmocka-dev libcbor-dev clang llvm libclang-rt-14-dev clang-format clang-tidy cppcheck device-tree-compiler

.PHONY: deps deps-guest deps-check
## make deps            install what is missing for building, running and testing (Debian 12, apt)
deps:
	@tools/setup.sh packages $(PKG_BUILD) $(PKG_RUN)
	@tools/setup.sh sysroot $(SYSROOT)
deps-check:
	@tools/setup.sh packages $(PKG_BUILD) $(PKG_RUN) $(PKG_CHECK)
	@tools/setup.sh sysroot $(SYSROOT)
# Objects wait for this; it does nothing when the sysroot stands.
deps-guest: $(SYSROOT)/.complete
$(SYSROOT)/.complete:
	@tools/setup.sh sysroot $(SYSROOT)
