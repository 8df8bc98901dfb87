/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few instructions that #VC is about, from their bytes (APM volume 3, 64-bit mode; pure). A
 * host can inject #VC with any error code anywhere: what the code says must stand at RIP.
 */
#ifndef GHCB_DECODE_H
#define GHCB_DECODE_H

#include "status.h"
#include "types.h"

#define INSN_MAX 15u

enum insn_kind {
	INSN_OTHER,
	INSN_CPUID,
	INSN_RDTSC,
	INSN_RDTSCP,
	INSN_RDPMC,
	INSN_INVD,
	INSN_WBINVD,
	INSN_MONITOR,
	INSN_MWAIT,
	INSN_VMMCALL,
	INSN_RDMSR,
	INSN_WRMSR,
	INSN_DR7_READ,  /* MOV reg, DR7 */
	INSN_DR7_WRITE, /* MOV DR7, reg */
	INSN_IOIO,
	INSN_LOAD,  /* memory to register */
	INSN_STORE, /* register or immediate to memory */
};

#define INSN_NO_REG 0xff
#define INSN_RIP    0xfe

struct insn {
	enum insn_kind kind;
	u8 length;    /* bytes, prefixes included */
	u8 size;      /* operand bytes: 1, 2, 4, 8; memory side of LOAD and STORE */
	u8 addr_size; /* 4 or 8 */
	bool rep;     /* IOIO */
	/* IOIO */
	bool in, string, port_in_dx;
	u8 port;
	/* LOAD, STORE, DR7 */
	u8 reg;         /* number of the register, as in struct insn_regs */
	bool high_byte; /* AH..BH: bits [15:8] of registers 0..3 */
	u8 dest_size;   /* LOAD: bytes of the destination, MOVZX and MOVSX; else = size */
	bool sign;      /* LOAD: MOVSX */
	bool immediate; /* STORE: imm, already extended */
	u64 imm;
	/* memory operand: [base + index * scale + disp]; INSN_RIP counts from the next instruction
	 */
	u8 base, index, scale;
	u64 disp;
};

/* By number: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
struct insn_regs {
	u64 r[16];
	u64 rip;
};

/* ST_OK and *i; ST_TRUNCATED: it needs more than n bytes; ST_UNSUPPORTED: none of these, or with a
 * prefix (LOCK, FS, GS) or operand that none of our accesses has. */
enum status insn_decode(const u8 *bytes, size_t n, struct insn *i);
/* Linear address of the memory operand (LOAD, STORE). */
u64 insn_address(const struct insn *i, const struct insn_regs *r);
/* The value a STORE writes; the effect of a LOAD that read v. */
u64 insn_store_value(const struct insn *i, const struct insn_regs *r);
void insn_load(const struct insn *i, struct insn_regs *r, u64 v);

#endif
