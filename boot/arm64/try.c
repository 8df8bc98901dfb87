/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses whose fault is an answer. Exactly one instruction of the calling CPU is named in
 * advance; trap.c resumes only for that one, once.
 */
#include "try.h"

#include "abi/psci.h"
#include "arch.h"
#include "percpu.h"

typedef u64 (*try_fn)(u64, u64);

const u32 arch_ret_insn = 0xd65f03c0;

static struct fault try_call(try_fn fn, u64 pc, u64 resume, u64 a0, u64 a1, u64 *result)
{
	volatile struct cpu *c = this_cpu();
	struct fault f = { .class = FAULT_NONE };
	u64 value;

	c->fault = &f;
	c->expect_pc = pc;
	c->resume_pc = resume;
	value = fn(a0, a1);
	c->resume_pc = 0;
	__asm__ volatile("" ::"r"(&f) : "memory");
	if (result != NULL && f.class == FAULT_NONE)
		*result = value;
	return f;
}

static struct fault try_single(try_fn fn, u64 a0, u64 a1, u64 *result)
{
	return try_call(fn, (u64)fn, (u64)fn + 4, a0, a1, result);
}

struct fault try_insn(u64 (*fn)(u64, u64), u64 value, u64 *result)
{
	return try_single(fn, value, 0, result);
}

struct fault try_load(u64 va, unsigned width, u64 *value)
{
	switch (width) {
	case 1:
		return try_single(try_insn_load1, va, 0, value);
	case 2:
		return try_single(try_insn_load2, va, 0, value);
	case 4:
		return try_single(try_insn_load4, va, 0, value);
	default:
		return try_single(try_insn_load8, va, 0, value);
	}
}

struct fault try_store(u64 va, unsigned width, u64 value)
{
	switch (width) {
	case 1:
		return try_single(try_insn_store1, va, value, NULL);
	case 2:
		return try_single(try_insn_store2, va, value, NULL);
	case 4:
		return try_single(try_insn_store4, va, value, NULL);
	default:
		return try_single(try_insn_store8, va, value, NULL);
	}
}

struct fault try_exec(u64 va)
{
	return try_call(try_insn_exec, va, (u64)try_insn_exec_back, va, 0, NULL);
}

/* With a harmless question in x0, should somebody answer. */
struct fault try_hypercall(void)
{
	u64 at = (u64)try_insn_hvc_at;

	return try_call(try_insn_hvc, at, at + 4, SMCCC_VERSION, 0, NULL);
}

struct fault try_breakpoint(void)
{
	return try_single(try_insn_brk, 0, 0, NULL);
}

struct fault try_undefined(void)
{
	return try_single(try_insn_udf, 0, 0, NULL);
}
