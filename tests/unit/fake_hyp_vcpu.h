/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine under the files of hosts/arm64/pkvm that run a vCPU, and of the rest of the model what
 * they call: one page, one vCPU, knobs. core_enter() plays whatever `fake_guest` does.
 */
#ifndef FAKE_HYP_VCPU_H
#define FAKE_HYP_VCPU_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "native_mutant.h"
#include "pkvm/model.h"

#define FAKE_VTR (4ULL << 29 | 4ULL << 26 | 3ULL) /* 5 priority bits, 16 INTID bits, 4 LRs */
#define FAKE_PC  0x40000000ULL

struct host_config config;
struct hyp_vm hyp_vm;
struct core_lock model_lock;
static struct hyp_vcpu fake_vcpu;
static enum fault_id fake_fault; /* the one fault chosen */
static struct page fake_page;    /* at every address */
static bool fake_guard_offered, fake_guard_open;
static u64 fake_id; /* of every ID register */
static struct hw_timers fake_timers;
static unsigned fake_violations[VIOLATION_KINDS], fake_allowed, fake_answered, fake_locks;
static enum next fake_call_next;
static void (*fake_guest)(struct el1_state *g, struct core_exit_info *info);

static inline int fake_reset(void **state)
{
	(void)state;
	memset(&hyp_vm, 0, sizeof(hyp_vm));
	memset(&fake_vcpu, 0, sizeof(fake_vcpu));
	memset(&fake_page, 0, sizeof(fake_page));
	memset(&fake_timers, 0, sizeof(fake_timers));
	memset(fake_violations, 0, sizeof(fake_violations));
	fake_fault = FAULT_NONE_;
	fake_guard_offered = false;
	fake_guard_open = true;
	fake_id = 0;
	fake_allowed = fake_answered = 0;
	fake_call_next = RESUME;
	fake_guest = NULL;
	hyp_vm.created = true;
	hyp_vm.profile = PKVM_ANDROID;
	hyp_vm.ipa_bits = 33;
	hyp_vm.cpus = 1;
	hyp_vm.granule = KIB(4);
	fake_vcpu.exists = true;
	fake_vcpu.power = POWER_ON;
	el2_cpu_reset(&fake_vcpu.cpu, 0, FAKE_PC, PSTATE_START);
	controls_init(&fake_vcpu);
	return 0;
}

/* ---- the machine ---- */
struct core_exit_info core_enter(struct el1_state *g, struct el2_controls *c)
{
	struct core_exit_info info = { CORE_EXIT_IRQ, 0, 0, 0 };

	(void)c;
	assert_int_equal(fake_locks, 0);
	if (fake_guest != NULL)
		fake_guest(g, &info);
	return info;
}

bool fault_on(enum fault_id f)
{
	return f != FAULT_NONE_ && f == fake_fault;
}

void core_lock(struct core_lock *l)
{
	(void)l;
	assert_int_equal(fake_locks++, 0);
}

void core_unlock(struct core_lock *l)
{
	(void)l;
	assert_int_equal(--fake_locks, 0);
}

unsigned core_cpu(void)
{
	return 0;
}

void core_irq_mask(u32 ppi, bool masked)
{
	(void)ppi;
	(void)masked;
}

void core_arm_budget(u64 ns)
{
	(void)ns;
}

u64 hw_id_reg(unsigned crm, unsigned op2)
{
	(void)crm;
	(void)op2;
	return fake_id;
}

u64 hw_ich_vtr(void)
{
	return FAKE_VTR;
}

unsigned hw_pmu_counters(void)
{
	return 4;
}

void hw_timers_read(struct hw_timers *t)
{
	*t = fake_timers;
}

void hw_timers_write(const struct hw_timers *t)
{
	fake_timers = *t;
}

void hw_set_cntvoff(u64 offset)
{
	(void)offset;
}

/* ---- the rest of the model ---- */
struct hyp_vcpu *vcpu_at(unsigned index)
{
	return index == 0 ? &fake_vcpu : NULL;
}

struct page s2_get(u64 ipa)
{
	(void)ipa;
	return fake_page;
}

bool ipa_valid(u64 ipa)
{
	return ipa < BIT(hyp_vm.ipa_bits);
}

void mem_allow_fetch(u64 ipa)
{
	(void)ipa;
	fake_allowed++;
}

bool guard_offered(void)
{
	return fake_guard_offered;
}

bool guard_open(u64 ipa)
{
	(void)ipa;
	return fake_guard_open;
}

enum next call_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex)
{
	v->host_call = fake_call_next == TO_HOST;
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = (u64)EC_HVC << 26;
	return fake_call_next;
}

void call_answer(struct hyp_vcpu *v, const struct rmi_rec_enter *enter)
{
	call_return(v, (s64)enter->gprs[0], enter->gprs[1], enter->gprs[2], enter->gprs[3]);
	fake_answered++;
}

void call_return(struct hyp_vcpu *v, s64 x0, u64 x1, u64 x2, u64 x3)
{
	v->cpu.el1.x[0] = (u64)x0;
	v->cpu.el1.x[1] = x1;
	v->cpu.el1.x[2] = x2;
	v->cpu.el1.x[3] = x3;
}

void violation(const struct hyp_vcpu *v, enum violation kind, u64 ipa)
{
	(void)v;
	(void)ipa;
	fake_violations[kind]++;
}

#endif
