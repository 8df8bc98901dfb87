/* SPDX-License-Identifier: BSD-2-Clause */
/* RECs: creation, destruction, and the host's answer to a PSCI request. */
#include <string.h>

#include "abi/psci.h"
#include "rmm/model.h"

_Static_assert(sizeof(struct rec) <= PAGE_SIZE, "a REC is one granule");

struct rec *rec_of(u64 pa)
{
	return granule_is(pa, GRANULE_REC) ? pa_to_ptr(pa) : NULL;
}

u64 rec_mpidr(const struct rec *rec)
{
	return el2_mpidr(rec->index);
}

/* index = Aff0[3:0] | Aff1 << 4 | Aff2 << 12 | Aff3 << 20. `aff3_at` is where this form of MPIDR
 * keeps Aff3; false when it names no REC at all. */
static bool mpidr_index(u64 mpidr, unsigned aff3_at, u64 *index)
{
	u64 fields = 0xffff0fULL | 0xffULL << aff3_at;

	if (V((mpidr & ~fields) != 0))
		return false;
	*index = FIELD(mpidr, 3, 0) | FIELD(mpidr, 15, 8) << 4 | FIELD(mpidr, 23, 16) << 12 |
		 ((mpidr >> aff3_at) & 0xff) << 20;
	return true;
}

struct rec *rec_by_mpidr(const struct realm *realm, u64 mpidr)
{
	u64 index = 0;

	if (V(!mpidr_index(mpidr, 32, &index)))
		return NULL;
	if (V(index >= realm->nr_recs))
		return NULL;
	return rec_of(realm->recs[index % REALM_MAX_RECS]);
}

bool rec_is_on(const struct rec *rec)
{
	return rec->runnable || rec->off_ignored;
}

/* The state every CPU of a realm starts in, first or secondary. */
void rec_reset(struct rec *rec, u64 pc, u64 pstate)
{
	el2_cpu_reset(&rec->cpu, rec_mpidr(rec), pc, pstate);
	if (fault_on(FAULT_MPIDR_UNIPROCESSOR))
		rec->cpu.el1.vmpidr |= BIT(30);
}

static u64 param64(const u8 *p, size_t off)
{
	u64 v;

	memcpy(&v, p + off, sizeof(v));
	return v;
}

static bool aux_delegated(const u8 *p, u64 rec)
{
	unsigned i, j;

	for (i = 0; i < REC_AUX_PAGES; i++) {
		u64 aux = param64(p, RMI_REC_AUX + 8 * i);

		if (V(!granule_is(aux, GRANULE_DELEGATED)))
			return false;
		if (V(aux == rec))
			return false;
		for (j = 0; j < i; j++)
			if (param64(p, RMI_REC_AUX + 8 * j) == aux)
				return false;
	}
	return true;
}

static void rec_init(struct rec *rec, struct realm *r, u64 pa, const u8 *p)
{
	unsigned i;

	memset(rec, 0, PAGE_SIZE);
	rec->realm = r;
	rec->pa = pa;
	rec->index = r->nr_recs;
	rec->runnable = (param64(p, RMI_REC_FLAGS) & RMI_REC_RUNNABLE) != 0;
	rec_reset(rec, param64(p, RMI_REC_PC),
		  fault_on(FAULT_BOOT_UNMASKED) ? REC_START_PSTATE & ~PSTATE_F : REC_START_PSTATE);
	for (i = 0; i < 8; i++)
		rec->cpu.el1.x[i] = param64(p, RMI_REC_GPRS + 8 * i);
	for (i = 0; i < REC_AUX_PAGES; i++) {
		rec->aux[i] = param64(p, RMI_REC_AUX + 8 * i);
		granule_set(rec->aux[i], GRANULE_REC_AUX);
	}
	controls_init(rec);
}

u64 rmi_rec_create(const u64 *a)
{
	static u8
	    p[PAGE_SIZE]; /* copied once: the host may change its page; under the model lock */
	struct realm *r = realm_of(a[0]);
	u64 index = 0;

	if (V(r == NULL))
		return RMI_ERROR_INPUT;
	if (V(!granule_is(a[1], GRANULE_DELEGATED)))
		return RMI_ERROR_INPUT;
	if (V(!granule_is(a[2], GRANULE_NS)))
		return RMI_ERROR_INPUT;
	if (V(r->state != REALM_NEW))
		return RMI_STATUS(RMI_ERROR_REALM, 0);
	memcpy(p, pa_to_ptr(a[2]), sizeof(p));
	if (V((param64(p, RMI_REC_FLAGS) & ~(u64)RMI_REC_RUNNABLE) != 0))
		return RMI_ERROR_INPUT;
	if (V(!mpidr_index(param64(p, RMI_REC_MPIDR), 24, &index)))
		return RMI_ERROR_INPUT;
	if (V(index != r->nr_recs))
		return RMI_ERROR_INPUT;
	if (V(r->nr_recs >= REALM_MAX_RECS))
		return RMI_ERROR_REALM;
	if (V(param64(p, RMI_REC_NUM_AUX) != REC_AUX_PAGES))
		return RMI_ERROR_INPUT;
	if (V(!aux_delegated(p, a[1])))
		return RMI_ERROR_INPUT;

	granule_set(a[1], GRANULE_REC);
	rec_init(pa_to_ptr(a[1]), r, a[1], p);
	if ((param64(p, RMI_REC_FLAGS) & RMI_REC_RUNNABLE) != 0)
		measure_rec(&r->meas, p);
	r->recs[r->nr_recs++] = a[1];
	r->objects++;
	return RMI_SUCCESS;
}

u64 rmi_rec_destroy(const u64 *a)
{
	struct rec *rec = rec_of(a[0]);
	unsigned i;

	if (V(rec == NULL))
		return RMI_ERROR_INPUT;
	if (V(rec->running))
		return RMI_ERROR_REC;
	rec->realm->recs[rec->index] = 0;
	rec->realm->objects--;
	for (i = 0; i < REC_AUX_PAGES; i++)
		granule_scrub(rec->aux[i], GRANULE_DELEGATED);
	granule_scrub(a[0], GRANULE_DELEGATED);
	return RMI_SUCCESS;
}

u64 rmi_rec_aux_count(const u64 *a, u64 *out)
{
	if (V(realm_of(a[0]) == NULL))
		return RMI_ERROR_INPUT;
	out[1] = REC_AUX_PAGES;
	return RMI_SUCCESS;
}

/* The host never saw entry and context; they come from the request, not from it. */
static s64 cpu_on_grant(const struct rec *caller, struct rec *target)
{
	u64 pstate = REC_START_PSTATE;

	if (V(rec_is_on(target)))
		return fault_on(FAULT_PSCI_RUNNING_STARTED) ? PSCI_SUCCESS : PSCI_ALREADY_ON;
	if (fault_on(FAULT_PSCI_START_LOST))
		return PSCI_SUCCESS;
	if (fault_on(FAULT_PSCI_START_UNMASKED))
		pstate &= ~PSTATE_F;
	rec_reset(target, caller->psci.entry, pstate);
	target->cpu.el1.x[0] = caller->psci.context;
	target->cpu.el1.sctlr |=
	    caller->cpu.el1.sctlr & BIT(25); /* EE: data endianness of the caller */
	target->pending = PENDING_NONE;
	target->runnable = true;
	return PSCI_SUCCESS;
}

/* *status is what the host said, then what it is told; the result goes to the caller. */
static s64 cpu_on_answer(const struct rec *caller, struct rec *target, s64 said, u64 *status)
{
	if (said == PSCI_SUCCESS)
		return cpu_on_grant(caller, target);
	if (V(rec_is_on(target))) { /* a host cannot deny what is already so */
		*status = RMI_ERROR_INPUT;
		return PSCI_ALREADY_ON;
	}
	return fault_on(FAULT_PSCI_DENIED_HIDDEN) ? PSCI_SUCCESS : PSCI_DENIED;
}

static s64 affinity_answer(const struct rec *target)
{
	if (fault_on(FAULT_PSCI_AFFINITY_WRONG))
		return rec_is_on(target) ? PSCI_AFFINITY_OFF : PSCI_AFFINITY_ON;
	return rec_is_on(target) ? PSCI_AFFINITY_ON : PSCI_AFFINITY_OFF;
}

static bool psci_status_permitted(u32 fid, s64 status)
{
	bool cpu_on = fid == PSCI_CPU_ON_32 || fid == PSCI_CPU_ON_64;

	return status == PSCI_SUCCESS || (cpu_on && status == PSCI_DENIED);
}

u64 rmi_psci_complete(const u64 *a)
{
	struct rec *caller = rec_of(a[0]), *target = rec_of(a[1]);
	u64 status = RMI_SUCCESS;
	s64 answer;

	if (V(a[0] == a[1]))
		return RMI_ERROR_INPUT;
	if (V(caller == NULL))
		return RMI_ERROR_INPUT;
	if (V(target == NULL))
		return RMI_ERROR_INPUT;
	if (V(caller->pending != PENDING_PSCI))
		return RMI_ERROR_INPUT;
	if (V(target->realm != caller->realm))
		return RMI_ERROR_INPUT;
	if (V(target->index != caller->psci.target))
		return RMI_ERROR_INPUT;
	if (V(!psci_status_permitted(caller->psci.fid, (s64)a[2])))
		return RMI_ERROR_INPUT;

	if (caller->psci.fid == PSCI_CPU_ON_32 || caller->psci.fid == PSCI_CPU_ON_64)
		answer = cpu_on_answer(caller, target, (s64)a[2], &status);
	else
		answer = affinity_answer(target);
	caller->pending = PENDING_NONE;
	call_return(caller, (u64)answer, 0, 0, 0);
	return status;
}
