/* SPDX-License-Identifier: BSD-2-Clause */
/* What the TDX checks share (probe/x86_64/tdx_util.c, tdx_insn.asm). */
#ifndef PROBE_TDX_H
#define PROBE_TDX_H

#include "../checks.h"
#include "tdcall.h"
#include "x86_64/cpu.h"

#define VECTOR_UD 6u
#define VECTOR_GP 13u
#define VECTOR_PF 14u

/* RAX of a call: the code and, below it, its details. */
#define STATUS(code, details) ((u64)(code) << 32 | (u32)(details))
#define OPERAND_INVALID(id)   STATUS(TDX_OPERAND_INVALID, TDX_OPERAND_##id)

/* ---- one instruction, watched ---- */
struct watched {
	struct try_regs regs; /* in and out */
	struct fault fault;   /* what it raised and nobody handled */
	u64 count;            /* #VE it raised on this CPU, handled or not */
	struct tdx_ve ve;     /* the last of them */
};
/* With interrupts masked, so that no #VE of a handler is counted. */
void watch(void (*insn)(void), struct watched *w);
/* It must raise one #VE with this exit reason and instruction length. */
bool expect_ve(const char *asked, const struct watched *w, u32 reason, u32 length);
/* It must complete without a #VE. */
bool expect_direct(const char *asked, const struct watched *w);
/* It must raise this exception with error code 0, and no #VE. */
bool expect_vector(const char *asked, const struct watched *w, unsigned vector);

/* fn(arg) on that CPU, to the end; false: failure has been said. */
bool on_cpu(unsigned cpu, void (*fn)(void *), void *arg);

/* ---- instructions, each with a RET behind it; ports: DX, or 0x80 where it says imm ---- */
#define WATCHED_PORT 0x80u /* POST codes: no device that minds */
void insn_in8(void);
void insn_in16(void);
void insn_in32(void);
void insn_in8_imm(void);
void insn_out8(void);
void insn_out16(void);
void insn_out32(void);
void insn_out8_imm(void);
void insn_cpuid(void);
void insn_rdmsr(void);
void insn_wrmsr(void);
void insn_write_cr0(void); /* RAX */
void insn_write_cr4(void); /* RAX */
#define CR_WRITE_LENGTH 3
/* Memory operands at RDX, 16 bytes. */
void insn_vmxon(void);
void insn_vmxoff(void);
void insn_vmlaunch(void);
void insn_vmresume(void);
void insn_vmptrld(void);
void insn_vmclear(void);
void insn_vmread(void);
void insn_vmwrite(void);
void insn_invept(void);
void insn_invvpid(void);
void insn_vmfunc(void);
void insn_seamcall(void);
void insn_seamret(void);
void insn_seamops(void);
void insn_getsec(void);

#endif
