/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's instructions for the tests of the TDX model: one exit each, and what comes of it. */
#ifndef TDX_GUEST_H
#define TDX_GUEST_H

#include "fake_tdx_host.h"

#define RIP       0x1000ULL
#define VECTOR_UD 6
#define VECTOR_DF 8
#define VECTOR_GP 13

static struct vcpu *v;

static inline int setup(void **state)
{
	(void)state;
	v = fake_boot();
	return 0;
}

static inline void run(const char *code, u64 exit, u64 info1, u64 info2)
{
	memset(fake.code, 0, sizeof(fake.code));
	memcpy(fake.code, code, strlen(code));
	fake.vector = NO_VECTOR;
	v->vmcb->rip = RIP;
	model.exit(v, exit, info1, info2);
}

static inline u64 tdcall(u64 rax, u64 rcx, u64 rdx, u64 r8)
{
	v->reg[RAX] = rax;
	v->reg[RCX] = rcx;
	v->reg[RDX] = rdx;
	v->reg[R8] = r8;
	run("\x66\x0f\x01\xcc", VMEXIT_EXCEPTION_UD, 0, 0);
	return v->reg[RAX];
}

static inline void assert_ve(u32 reason, u64 qualification, unsigned length)
{
	assert_int_equal(fake.vector, TDX_VE_VECTOR);
	assert_true(v->vmcb->rip == RIP);
	assert_int_equal(tdcall(TDG_VP_VEINFO_GET, 0, 0, 0), 0);
	assert_int_equal(v->reg[RCX], reason);
	assert_true(v->reg[RDX] == qualification);
	assert_true(v->reg[R10] == length);
}

#endif
