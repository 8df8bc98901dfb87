/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of pvmfw's place for the assembler; pvmfw.c holds them against abi/pkvm.h. */
#ifndef ARM64_PLACE_H
#define ARM64_PLACE_H

#define PLACE_ENTRY 0x7fc00000 /* PVMFW_BASE: an image that starts here is in pvmfw's place */
#define PLACE_RUN   0x80200000 /* where it goes on: behind the devicetree's window */

#endif
