/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the TDX backend. */
#ifndef TDCALL_INTERNAL_H
#define TDCALL_INTERNAL_H

#include "cvm.h"
#include "tdcall.h"

struct trap_frame;

/* ---- status.c: every code of TDCALL and of TDG.VP.VMCALL, once ---- */
enum tdx_action {
	TDX_GO_ON,   /* the call did its work */
	TDX_REPEAT,  /* the same call again, within a bound */
	TDX_SMALLER, /* again with smaller pages */
	TDX_GIVE_UP, /* the caller gives up what it wanted */
};

struct tdx_status {
	u64 code; /* TDCALL: bits 63:32 of RAX; TDVMCALL: R10 */
	enum status status;
	enum tdx_action action;
	const char *name, *meaning;
};

/* Never NULL: a code of no table gets an entry of its own (ST_PROTOCOL, give up). */
const struct tdx_status *tdx_status_of(u64 rax);
const struct tdx_status *tdvmcall_status_of(u64 r10);
/* Says on the console what was asked and what came back; never ST_OK. */
enum status tdx_failed(const char *leaf, u64 rax);
enum status tdvmcall_failed(const char *function, u64 r10);

/* ---- calls.c ---- */
#define TDCALL_REPEATS_MAX 100000u /* busy or interrupted, in a row */

void tdx_print_counters(void);

/* ---- accept.c ---- */
enum status tdx_accept(struct range r, struct accept_stats *stats);

/* ---- mapgpa.c ---- */
#define MAPGPA_STALLS_MAX       8u    /* RETRY in a row without progress */
#define MAPGPA_STALLS_TOTAL_MAX 1024u /* the same over one whole range */

/* [base, base + size) of guest-physical addresses that carry the shared bit as wanted. */
enum status tdx_map_gpa(u64 base, u64 size);
enum status tdx_share(struct range r);
enum status tdx_unshare(struct range r);

/* ---- memory.c ---- */
void tdx_remember_launch(const struct handoff *h);
enum status tdx_is_private(struct range r);

/* ---- device.c ---- */
/* gpa carries the shared bit. A host that refuses reads as all ones, as an absent device does. */
u64 tdx_mmio_get(u64 gpa, unsigned width);
void tdx_mmio_put(u64 gpa, unsigned width, u64 value);
u64 tdx_mmio_read(u64 pa, unsigned width);
void tdx_mmio_write(u64 pa, unsigned width, u64 value);
u32 tdx_port_in(u16 port, unsigned width);
void tdx_port_out(u16 port, unsigned width, u32 value);
/* Return R10. */
u64 tdx_rdmsr(u32 msr, u64 *value);
u64 tdx_wrmsr(u32 msr, u64 value);
u64 tdx_msr_read(u32 msr);
void tdx_msr_write(u32 msr, u64 value);
/* Returns when an interrupt may be pending; `blocked`: interrupts cannot wake the CPU. */
void tdx_hlt(bool blocked);

/* ---- decode.c: instructions that touch shared memory, pure ---- */
#define INSN_MAX 15u /* bytes */

enum tdx_access {
	ACCESS_READ,        /* register := memory, narrow ones leave the rest of it alone */
	ACCESS_READ_ZERO,   /* register := memory, zero-extended */
	ACCESS_READ_SIGN,   /* register := memory, sign-extended */
	ACCESS_WRITE,       /* memory := register */
	ACCESS_WRITE_VALUE, /* memory := immediate */
};

struct tdx_insn {
	enum tdx_access access;
	unsigned length;    /* bytes of the instruction */
	unsigned width;     /* bytes of memory: 1, 2, 4, 8 */
	unsigned reg_width; /* bytes of the register written */
	unsigned reg;       /* 0..15 */
	bool high;          /* bits 15:8 of it (AH, CH, DH, BH) */
	u64 address;        /* linear, segment bases 0 */
	u64 value;          /* immediate, sign-extended */
};

/*
 * The instruction in bytes[0..n) at f->rip, with the registers of f. ST_TRUNCATED when it goes on
 * behind n; ST_UNSUPPORTED: any instruction but MOV, MOVZX, MOVSX, MOVSXD between a register or
 * immediate and memory in 64-bit mode, without FS, GS, LOCK, REP and address-size prefix.
 */
enum status tdx_decode(const u8 *bytes, size_t n, const struct trap_frame *f, struct tdx_insn *out);
u64 *tdx_register(struct trap_frame *f, unsigned reg); /* 0..15, in the order of encodings */
/* Puts `value` into the low `width` bytes of *reg as the CPU does: 4 clears the upper half. */
void tdx_merge(u64 *reg, unsigned width, u64 value);

/* ---- ve.c ---- */
/* trap_platform: true when the exception was a #VE and is dealt with. */
bool tdx_trap(struct trap_frame *f);

/* ---- quote.c ---- */
#define QUOTE_PAGES       8u
#define QUOTE_POLL_US     1000u
#define QUOTE_POLLS_MAX   10000u /* ten seconds */
#define QUOTE_RETRIES_MAX 1000u  /* the host has too many requests */
#define QUOTE_ABANDONED   4u     /* buffers that a slow host may still write */

enum status tdx_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len);

/* ---- measure.c ---- */
/* What TDG.MR.REPORT answered: RAX, the type in the report, and the first byte of the report data
 * that is not ours. */
struct tdx_report_answer {
	u64 rax;
	u8 type, want, got;
	unsigned at;
};
/* A TDREPORT over 64 bytes; `report` is TDREPORT_SIZE bytes, aligned to that, private. *a says what
 * was wrong after a failure. */
enum status tdx_report(const u8 report_data[64], u8 *report, struct tdx_report_answer *a);
enum status tdx_measure_read(unsigned index, u8 *digest, size_t *len);
enum status tdx_measure_extend(unsigned index, const u8 *digest, size_t len);

/* ---- detect.c ---- */
enum status tdx_detect(struct cvm *c, const struct handoff *h);

/* ---- leave.c: starting CPUs and leaving ---- */
extern struct range tdx_mailbox; /* FD_MAILBOX_SLOTS slots, size 0: none */
enum status tdx_cpu_start(u64 hwid, u64 entry, u64 ctx);
NORETURN void tdx_cpu_off(void);
NORETURN void tdx_shutdown(enum cvm_shutdown verdict);
/* The registers of ReportFatalError; text is padded with zeros to 64 bytes. */
void tdx_fatal_registers(struct tdcall_regs *r, u32 code, const char *text);

/* ---- x86_64/: the instructions ---- */
void tdcall_insn(struct tdcall_regs *r); /* call.asm */
void tdx_cpuid(u32 leaf, u32 sub, u32 out[4]);
u64 tdx_native_rdmsr(u32 msr);
void tdx_native_wrmsr(u32 msr, u64 value);

#endif
