/* SPDX-License-Identifier: BSD-2-Clause */
/* The VM and its vCPUs: creation, and the state a CPU starts in. */
#include <string.h>

#include "pkvm/model.h"

#define MPIDR_UP BIT(30)

struct hyp_vm hyp_vm;
struct core_lock model_lock;
struct pkvm_counters counters;

void pkvm_get_counters(struct pkvm_counters *c)
{
	core_lock(&model_lock);
	*c = counters;
	core_unlock(&model_lock);
}

static bool granule_known(u64 granule)
{
	return granule == KIB(4) || granule == KIB(16) || granule == KIB(64);
}

static enum status vm_check(const struct pkvm_vm_config *c)
{
	if (V(hyp_vm.created))
		return ST_STATE;
	if (V(c->profile != PKVM_UPSTREAM && c->profile != PKVM_ANDROID))
		return ST_INVALID;
	if (V(c->ipa_bits < IPA_BITS_MIN))
		return ST_INVALID;
	if (V(c->ipa_bits > IPA_BITS_MAX))
		return ST_INVALID;
	if (V(!granule_known(c->granule)))
		return ST_INVALID;
	if (V(c->cpus == 0))
		return ST_INVALID;
	if (V(c->cpus > VM_MAX_CPUS))
		return ST_INVALID;
	if (V(!is_aligned(c->pvmfw, c->granule)))
		return ST_INVALID;
	if (V(c->pvmfw >= BIT(c->ipa_bits)))
		return ST_INVALID;
	return ST_OK;
}

static enum status vm_create(const struct pkvm_vm_config *c)
{
	enum status st = vm_check(c);

	if (st != ST_OK)
		return st;
	hyp_vm.profile = c->profile;
	hyp_vm.ipa_bits = c->ipa_bits;
	hyp_vm.cpus = c->cpus;
	hyp_vm.granule = c->granule;
	hyp_vm.pvmfw = c->pvmfw;
	if (c->profile == PKVM_ANDROID && c->pvmfw != 0)
		st = pvmfw_prepare(config.pvmfw_config);
	if (st == ST_OK)
		st = s2_create();
	hyp_vm.created = st == ST_OK;
	return st;
}

enum status pkvm_vm_create(const struct pkvm_vm_config *c)
{
	struct pkvm_vm_config copy = *c; /* the host can change its own meanwhile */
	enum status st;

	core_lock(&model_lock);
	st = vm_create(&copy);
	core_unlock(&model_lock);
	return st;
}

struct hyp_vcpu *vcpu_at(unsigned index)
{
	if (V(index >= VM_MAX_CPUS))
		return NULL;
	if (V(!hyp_vm.vcpus[index].exists))
		return NULL;
	return &hyp_vm.vcpus[index];
}

struct hyp_vcpu *vcpu_by_mpidr(u64 mpidr)
{
	for (unsigned i = 0; i < VM_MAX_CPUS; i++)
		if (hyp_vm.vcpus[i].exists && el2_mpidr(i) == mpidr)
			return &hyp_vm.vcpus[i];
	return NULL;
}

void vcpu_begin(struct hyp_vcpu *v, u64 pc, u64 x0, u64 pstate)
{
	el2_cpu_reset(&v->cpu, el2_mpidr(v->index), pc, pstate);
	if (fault_on(FAULT_MPIDR_UNIPROCESSOR))
		v->cpu.el1.vmpidr |= MPIDR_UP;
	v->cpu.el1.x[0] = x0;
	v->host_call = false;
	memset(&v->last, 0, sizeof(v->last));
}

/* The first CPU of an Android VM with firmware starts there: the host cannot get in before it. */
static void vcpu_boot(struct hyp_vcpu *v, u64 pc, u64 x0)
{
	u64 pstate = PSTATE_START;

	if (v->index != 0)
		return;
	if (hyp_vm.profile == PKVM_ANDROID && hyp_vm.pvmfw != 0)
		pc = hyp_vm.pvmfw;
	if (fault_on(FAULT_BOOT_UNMASKED))
		pstate &= ~PSTATE_F;
	vcpu_begin(v, pc, x0, pstate);
	if (fault_on(FAULT_FW_REGISTERS))
		v->cpu.el1.x[2] = 1;
	v->power = POWER_ON;
}

static enum status vcpu_create(unsigned index, u64 pc, u64 x0)
{
	struct hyp_vcpu *v;

	if (V(!hyp_vm.created))
		return ST_STATE;
	if (V(index >= hyp_vm.cpus))
		return ST_INVALID;
	v = &hyp_vm.vcpus[index];
	if (V(v->exists))
		return ST_STATE;
	v->exists = true;
	v->index = index;
	vcpu_begin(v, pc, 0, PSTATE_START);
	controls_init(v);
	vcpu_boot(v, pc, x0);
	return ST_OK;
}

enum status pkvm_vcpu_create(unsigned index, u64 pc, u64 x0)
{
	enum status st;

	core_lock(&model_lock);
	st = vcpu_create(index, pc, x0);
	core_unlock(&model_lock);
	return st;
}

static enum status vcpu_reset(unsigned index, u64 pc, u64 x0)
{
	struct hyp_vcpu *v = vcpu_at(index);

	if (V(v == NULL))
		return ST_INVALID;
	if (V(hyp_vm.profile == PKVM_ANDROID)) /* entry and context are the guest's word to EL2 */
		return ST_DENIED;
	if (V(v->running))
		return ST_STATE;
	vcpu_begin(v, pc, x0, PSTATE_START);
	v->power = POWER_ON;
	return ST_OK;
}

enum status pkvm_vcpu_reset(unsigned index, u64 pc, u64 x0)
{
	enum status st;

	core_lock(&model_lock);
	st = vcpu_reset(index, pc, x0);
	core_unlock(&model_lock);
	return st;
}
