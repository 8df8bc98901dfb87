/* SPDX-License-Identifier: BSD-2-Clause */
/* For assembler files only. */
#ifndef ARM64_ASM_H
#define ARM64_ASM_H

/* clang-format off */

/* The image may be moved by any multiple of 4 KiB. */
.macro adr_l, reg, sym
	adrp	\reg, \sym
	add	\reg, \reg, :lo12:\sym
.endm

.macro func, name
	.global	\name
	.hidden	\name
	.type	\name, %function
\name:
.endm

.macro endfunc, name
	.size	\name, . - \name
.endm

#endif
