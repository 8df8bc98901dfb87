/* SPDX-License-Identifier: BSD-2-Clause */
/* The single accesses of boot/arm64/vectors.S; addresses matter, so call them only by try.c. */
#ifndef ARM64_TRY_H
#define ARM64_TRY_H

#include "arch.h"
#include "types.h"

u64 try_insn_load1(u64 va, u64 unused);
u64 try_insn_load2(u64 va, u64 unused);
u64 try_insn_load4(u64 va, u64 unused);
u64 try_insn_load8(u64 va, u64 unused);
u64 try_insn_store1(u64 va, u64 value);
u64 try_insn_store2(u64 va, u64 value);
u64 try_insn_store4(u64 va, u64 value);
u64 try_insn_store8(u64 va, u64 value);
u64 try_insn_hvc(u64 function, u64 unused);
u64 try_insn_brk(u64 unused0, u64 unused1);
u64 try_insn_udf(u64 unused0, u64 unused1);
u64 try_insn_exec(u64 va, u64 unused);
extern char try_insn_exec_back[], try_insn_hvc_at[];

/* One instruction and a return, like those above, elsewhere: X0 = value before, *result after. */
struct fault try_insn(u64 (*fn)(u64, u64), u64 value, u64 *result);

#endif
