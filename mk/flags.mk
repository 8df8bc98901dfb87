# SPDX-License-Identifier: BSD-2-Clause
# Compilers and flags, once for all parts.

CROSS_arm64  := aarch64-linux-gnu-
CROSS_x86_64 := x86_64-linux-gnu-

CC_native := gcc
ifdef CLANG
CC_arm64  := clang --target=aarch64-linux-gnu
CC_x86_64 := clang --target=x86_64-linux-gnu
else
CC_arm64  := $(CROSS_arm64)gcc
CC_x86_64 := $(CROSS_x86_64)gcc
endif

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	-Wformat=2 -Wno-unused-parameter

# Reproducible: no path, date or user may enter an object.
REPRO := -ffile-prefix-map=$(CURDIR)=. -fno-ident

DEPFLAGS = -MMD -MP -MF $@.d

FREESTANDING := -std=c11 -ffreestanding -fno-common -fno-strict-aliasing -fvisibility=hidden \
	-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables \
	-fstack-protector-strong -g $(REPRO) $(WARN) -Iinclude

# Own code never touches FP or SIMD registers, so exception handlers need not save them. On arm64 no
# access may be unaligned: with the MMU off such an access faults.
ARCH_arm64  := -march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics
ARCH_x86_64 := -m64 -mno-red-zone -mgeneral-regs-only -mcmodel=small -fcf-protection=none

# Libraries of the other architecture, unpacked under build/ (mk/deps.mk).
SYSROOT := $(B)/sysroot-arm64
LIBS_arm64  := $(SYSROOT)/usr/lib/aarch64-linux-gnu/libfdt.a $(SYSROOT)/usr/lib/aarch64-linux-gnu/libbearssl.a
LIBS_x86_64 := /usr/lib/x86_64-linux-gnu/libfdt.a /usr/lib/x86_64-linux-gnu/libbearssl.a
INC_arm64   := -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/efi \
	       -isystem $(SYSROOT)/usr/include/efi/aarch64 -idirafter /usr/aarch64-linux-gnu/include
INC_x86_64  := -isystem /usr/include/efi -isystem /usr/include/efi/x86_64

# One short line per file; V=1 shows the commands.
V ?= 0
ifeq ($(V),0)
.SILENT:
endif
