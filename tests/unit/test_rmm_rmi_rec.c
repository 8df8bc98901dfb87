/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile vmm: RECs, what it may put into an entry, and its answers to PSCI requests.
 *
 * sources: hosts/arm64/el2/[!h]*.c hosts/arm64/rmm/[!t]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostile_guest.h"

#define REC    (zoo[GRANULE_REC])
#define DEVICE (0x9000000ULL | ALIAS)
#define LOAD   ((u64)EC_DABT_LOW << 26 | ESR_IL | BIT(24) | 2ULL << 22 | 3ULL << 16 | 7)
#define FETCH  ((u64)EC_IABT_LOW << 26 | ESR_IL | 7)

static u64 get64(u64 pa, u64 off)
{
	u64 v;

	memcpy(&v, (u8 *)pa_to_ptr(pa) + off, sizeof(v));
	return v;
}

/* ---- REC_CREATE, REC_DESTROY ---- */
static u64 rec_params(u64 mpidr)
{
	u64 p = ns_page();

	put64(p, RMI_REC_FLAGS, RMI_REC_RUNNABLE);
	put64(p, RMI_REC_MPIDR, mpidr);
	put64(p, RMI_REC_PC, RAM);
	put64(p, RMI_REC_NUM_AUX, 1);
	put64(p, RMI_REC_AUX, delegated());
	return p;
}

static void create(void **state)
{
	static const struct {
		u64 off, value;
	} wrong[] = {
		{ RMI_REC_FLAGS, 2 },           { RMI_REC_FLAGS, 1ULL << 63 },
		{ RMI_REC_MPIDR, 0 },           { RMI_REC_MPIDR, 2 },
		{ RMI_REC_MPIDR, 0x101 },       { RMI_REC_MPIDR, 0x11 },
		{ RMI_REC_MPIDR, BIT(32) | 1 }, { RMI_REC_MPIDR, 0x1000001 },
		{ RMI_REC_NUM_AUX, 0 },         { RMI_REC_NUM_AUX, 2 },
		{ RMI_REC_NUM_AUX, ~0ULL },
	};
	u64 p = rec_params(1), aux = get64(p, RMI_REC_AUX), secret;
	const struct call good = { RMI_REC_CREATE, { RD, delegated(), p } };

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	WRONG_GRANULES(good, 1, GRANULE_DELEGATED);
	WRONG_GRANULES(good, 2, GRANULE_NS);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		u64 old = get64(p, wrong[i].off);

		put64(p, wrong[i].off, wrong[i].value);
		refused_at(__LINE__, RMI_ERROR_INPUT, good);
		put64(p, wrong[i].off, old);
	}
	for (unsigned s = 0; s < ARRAY_SIZE(zoo); s++) {
		put64(p, RMI_REC_AUX, zoo[s]);
		if (s != GRANULE_DELEGATED)
			refused_at(__LINE__, RMI_ERROR_INPUT, good);
	}
	put64(p, RMI_REC_AUX, good.a[1]); /* the REC as its own aux granule */
	refused_at(__LINE__, RMI_ERROR_INPUT, good);
	put64(p, RMI_REC_AUX, aux + 8);
	refused_at(__LINE__, RMI_ERROR_INPUT, good);
	put64(p, RMI_REC_AUX, aux);
	/* Good parameters in a page the host does not own. */
	secret = delegated();
	memcpy(pa_to_ptr(secret), pa_to_ptr(p), PAGE_SIZE);
	REFUSED(RMI_ERROR_INPUT, RMI_REC_CREATE, RD, good.a[1], secret);
	assert_int_equal(issue(&good).x[0], RMI_SUCCESS);
	assert_true(granule_is(aux, GRANULE_REC_AUX));
	REFUSED(RMI_ERROR_INPUT, RMI_GRANULE_UNDELEGATE, aux);
}

/* A REC that came after activation would not be in the measurement. */
static void create_late(void **state)
{
	u64 p = rec_params(1), r = delegated();

	(void)state;
	ACCEPTED(RMI_REALM_ACTIVATE, RD);
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 0), RMI_REC_CREATE, RD, r, p);
}

/* Indices are fixed: as many RECs as FEATURES says (order 4) and no more. */
static void create_many(void **state)
{
	u64 p;

	(void)state;
	for (u64 i = 1; i < REALM_MAX_RECS; i++)
		assert_int_not_equal(rec_new(RD, i, false, 0), 0);
	p = rec_params(0x100); /* index 16 */
	REFUSED(RMI_ERROR_REALM, RMI_REC_CREATE, RD, delegated(), p);
}

static void aux_count(void **state)
{
	const struct call good = { RMI_REC_AUX_COUNT, { RD } };
	struct rmi_result r = issue(&good);

	(void)state;
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], 1);
	WRONG_GRANULES(good, 0, GRANULE_RD);
}

static unsigned tries;

static void destroy_meanwhile(void)
{
	if (tries++ == 0)
		REFUSED(RMI_ERROR_REC, RMI_REC_DESTROY, REC);
}

static void destroy(void **state)
{
	const struct call good = { RMI_REC_DESTROY, { REC } };

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_REC);
	tries = 0;
	while_running = destroy_meanwhile;
	fake_guest = guest_once;
	guest_done = true;
	assert_int_equal(enter(REC), RMI_SUCCESS);
	assert_int_equal(tries, 1);
	ACCEPTED(RMI_REC_DESTROY, REC);
	assert_true(granule_is(REC, GRANULE_DELEGATED));
	assert_true(granule_is(zoo[GRANULE_REC_AUX], GRANULE_DELEGATED));
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(((u8 *)pa_to_ptr(REC))[i], 0);
	REFUSED(RMI_ERROR_INPUT, RMI_REC_DESTROY, REC);
	REFUSED(RMI_ERROR_INPUT, RMI_REC_ENTER, REC, run_pa);
}

/* ---- REC_ENTER ---- */
static void enter_meanwhile(void)
{
	u64 other = run_pa + PAGE_SIZE; /* run_pa is the last page taken */

	if (tries++ > 0)
		return;
	REFUSED(RMI_ERROR_REC, RMI_REC_ENTER, REC, other);
	REFUSED(RMI_ERROR_INPUT, RMI_GRANULE_DELEGATE, run_pa); /* it will be written to */
}

static void enter_arguments(void **state)
{
	const struct call good = { RMI_REC_ENTER, { REC, run_pa } };

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_REC);
	WRONG_GRANULES(good, 1, GRANULE_NS);
	REFUSED(RMI_ERROR_REC, RMI_REC_ENTER, rec2, run_pa); /* not runnable */
	tries = 0;
	while_running = enter_meanwhile;
	fake_guest = guest_once;
	guest_done = true;
	assert_int_equal(ns_page(), run_pa + PAGE_SIZE);
	assert_int_equal(enter(REC), RMI_SUCCESS);
	assert_int_equal(tries, 1);
	ACCEPTED(RMI_GRANULE_DELEGATE, run_pa);
}

static void enter_states(void **state)
{
	u64 r = realm_new(33, 2, 8), rec = rec_new(r, 0, true, RAM);

	(void)state;
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 0), RMI_REC_ENTER, rec, run_pa);
	guest_smc(REC, PSCI_SYSTEM_RESET, 0, 0, 0, 0);
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 1), RMI_REC_ENTER, REC, run_pa);
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 1), RMI_REC_ENTER, rec2, run_pa);
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 0), RMI_REALM_ACTIVATE, RD); /* never comes back */
}

#define LR_PENDING (1ULL << 62)
#define LR_ACTIVE  (2ULL << 62)

static void list_registers(void **state)
{
	static const u64 good[] = {
		LR_PENDING | 0,
		LR_PENDING | 15,
		LR_PENDING | 1019,
		LR_PENDING | 8192,
		LR_PENDING | 0xffff,
		LR_ACTIVE | 27 | BIT(41),
		LR_PENDING | 0xf8ULL << 48 | BIT(60) | 33,
		BIT(61) | 1020,
		MASK(44, 32) | 0x7ULL << 48, /* inactive: not looked at */
	};
	static const u64 bad[] = {
		LR_PENDING | BIT(61) | 40, /* would tie a physical interrupt to it */
		LR_ACTIVE | BIT(61) | 40,
		LR_PENDING | 1020,
		LR_PENDING | 1023,
		LR_PENDING | 1024,
		LR_PENDING | 8191,
		LR_PENDING | 0x10000,
		LR_PENDING | 0xffffffff,
		LR_PENDING | BIT(32) | 40,
		LR_PENDING | BIT(40) | 40,
		LR_PENDING | BIT(41) | BIT(42) | 40,
		LR_PENDING | BIT(44) | 40,
		LR_PENDING | 1ULL << 48 | 40, /* five priority bits exist */
		LR_PENDING | 4ULL << 48 | 40,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		run->enter.gicv3_lrs[i % 4] = good[i];
		assert_int_equal(enter(REC), RMI_SUCCESS);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		run->enter.gicv3_lrs[i % 4] = bad[i];
		REFUSED(RMI_ERROR_REC, RMI_REC_ENTER, REC, run_pa);
		run->enter.gicv3_lrs[i % 4] = 0;
	}
	run->enter.gicv3_lrs[0] = LR_PENDING | 40;
	run->enter.gicv3_lrs[3] = LR_ACTIVE | 40;
	REFUSED(RMI_ERROR_REC, RMI_REC_ENTER, REC, run_pa);
	run->enter.gicv3_lrs[3] = 40; /* the second is inactive */
	assert_int_equal(enter(REC), RMI_SUCCESS);
}

static void hcr(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		run->enter.gicv3_hcr = 1ULL << bit;
		if ((1ULL << bit & 0x40fe) == 0)
			REFUSED(RMI_ERROR_REC, RMI_REC_ENTER, REC, run_pa);
		else
			assert_int_equal(enter(REC), RMI_SUCCESS);
	}
}

/* ---- replies to an abort ---- */
static void reply_refused(u64 flags)
{
	run->enter.flags = flags;
	run->enter.gprs[0] = 0x5ec4e7;
	REFUSED(RMI_ERROR_REC, RMI_REC_ENTER, REC, run_pa);
	memset(&run->enter, 0, sizeof(run->enter));
}

static void reply_taken(u64 flags)
{
	run->enter.flags = flags;
	run->enter.gprs[0] = 0x5ec4e7;
	assert_int_equal(enter(REC), RMI_SUCCESS);
}

static void replies(void **state)
{
	const u64 both = RMI_ENTER_EMUL_MMIO | RMI_ENTER_INJECT_SEA;
	struct rec *rec = rec_of(REC);

	(void)state;
	/* Nothing to answer. */
	reply_refused(RMI_ENTER_EMUL_MMIO);
	reply_refused(RMI_ENTER_INJECT_SEA);
	reply_refused(both);
	/* Private RAM without a page: the host must not choose what the realm loads. */
	tables_to(RD, RAM + BLOCK_SIZE, 3, 3);
	guest_smc(REC, RSI_IPA_STATE_SET, RAM + BLOCK_SIZE, RAM + BLOCK_SIZE + PAGE_SIZE, RIPAS_RAM,
		  0);
	ACCEPTED(RMI_RTT_SET_RIPAS, RD, REC, RAM + BLOCK_SIZE, RAM + BLOCK_SIZE + PAGE_SIZE);
	assert_int_equal(enter(REC), RMI_SUCCESS);
	guest_exits(REC, LOAD, RAM + BLOCK_SIZE);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_SYNC);
	reply_refused(RMI_ENTER_EMUL_MMIO);
	reply_refused(RMI_ENTER_INJECT_SEA);
	reply_refused(both);
	/* An access without syndrome: an SEA is allowed, a value is not. */
	guest_exits(REC, LOAD & ~BIT(24), DEVICE);
	reply_refused(RMI_ENTER_EMUL_MMIO);
	reply_taken(RMI_ENTER_INJECT_SEA);
	reply_refused(RMI_ENTER_INJECT_SEA); /* once */
	/* A device register: a value, or an SEA, which wins over the value. */
	guest_exits(REC, LOAD, DEVICE);
	reply_taken(RMI_ENTER_EMUL_MMIO);
	assert_int_equal(rec->cpu.el1.x[3], 0x5ec4e7);
	reply_refused(RMI_ENTER_EMUL_MMIO); /* once */
	rec->cpu.el1.x[3] = 3;
	guest_exits(REC, LOAD, DEVICE);
	reply_taken(both);
	assert_int_equal(rec->cpu.el1.x[3], 3);
	guest_exits(REC, LOAD & ~BIT(24), DEVICE);
	reply_refused(both);
	reply_taken(RMI_ENTER_INJECT_SEA);
	/* Without a reply the access runs again, and the chance is gone. */
	guest_exits(REC, LOAD, DEVICE);
	assert_int_equal(enter(REC), RMI_SUCCESS);
	reply_refused(RMI_ENTER_EMUL_MMIO);
	/* A fetch never reaches the host. */
	guest_exits(REC, FETCH, DEVICE);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_IRQ);
	reply_refused(RMI_ENTER_INJECT_SEA);
}

/* ---- PSCI_COMPLETE ---- */
static void psci_arguments(void **state)
{
	u64 other = realm_new(33, 2, 8), stranger[2];
	const struct call good = { RMI_PSCI_COMPLETE, { REC, rec2, PSCI_SUCCESS } };
	const u64 statuses[] = { 1,
				 2,
				 (u64)PSCI_INVALID_PARAMETERS,
				 (u64)PSCI_ALREADY_ON,
				 (u64)PSCI_INTERNAL_FAILURE,
				 0xfffffffd };
	struct rec *target = rec_of(rec2);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		stranger[i] = rec_new(other, i, false, 0);
		assert_int_not_equal(stranger[i], 0);
	}
	refused_at(__LINE__, RMI_ERROR_INPUT, good); /* nothing asked */
	guest_smc(REC, PSCI_CPU_ON_64, 1, RAM, 7, 0);
	REFUSED(RMI_ERROR_REC, RMI_REC_ENTER, REC, run_pa); /* not before the answer */
	WRONG_GRANULES(good, 0, GRANULE_REC);
	WRONG_GRANULES(((struct call){ RMI_PSCI_COMPLETE, { rec2, REC, 0 } }), 0, GRANULE_REC);
	for (unsigned s = 0; s < ARRAY_SIZE(zoo); s++)
		REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, zoo[s], 0);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, rec2 + 8, 0);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, 0, 0);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, REC, 0);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, rec2, REC, 0);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, stranger[0], 0);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, stranger[1], 0); /* same MPIDR */
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, stranger[0], rec2, 0);
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, rec2, statuses[i]);
	assert_int_equal(issue(&good).x[0], RMI_SUCCESS);
	assert_true(rec_is_on(target));
	assert_int_equal(target->cpu.el1.pc, RAM);
	refused_at(__LINE__, RMI_ERROR_INPUT, good); /* once */
}

/* Three RECs: the host answers for the wrong one. */
static void psci_other_target(void **state)
{
	u64 rec3;

	(void)state;
	zoo_init();
	rec2 = rec_new(RD, 1, false, 0);
	rec3 = rec_new(RD, 2, false, 0);
	run_pa = ns_page();
	run = pa_to_ptr(run_pa);
	ACCEPTED(RMI_REALM_ACTIVATE, RD);
	guest_smc(REC, PSCI_CPU_ON_64, 2, RAM, 7, 0);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, rec2, 0);
	ACCEPTED(RMI_PSCI_COMPLETE, REC, rec3, 0);
	assert_true(rec_is_on(rec_of(rec3)));
	assert_false(rec_is_on(rec_of(rec2)));
	/* AFFINITY_INFO cannot be denied, nor can what is on be started again. */
	guest_smc(REC, PSCI_AFFINITY_INFO_64, 2, 0, 0, 0);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, rec3, (u64)PSCI_DENIED);
	ACCEPTED(RMI_PSCI_COMPLETE, REC, rec3, 0);
	assert_int_equal(rec_of(REC)->cpu.el1.x[0], PSCI_AFFINITY_ON);
	guest_smc(REC, PSCI_CPU_ON_64, 2, RAM + 64, 7, 0);
	ACCEPTED(RMI_PSCI_COMPLETE, REC, rec3, 0);
	assert_int_equal(rec_of(REC)->cpu.el1.x[0], (u64)PSCI_ALREADY_ON);
	assert_int_equal(rec_of(rec3)->cpu.el1.pc, RAM);
	/* A target the host destroyed cannot be answered for. */
	guest_smc(REC, PSCI_CPU_ON_64, 1, RAM, 7, 0);
	ACCEPTED(RMI_REC_DESTROY, rec2);
	REFUSED(RMI_ERROR_INPUT, RMI_PSCI_COMPLETE, REC, rec2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(create, zoo_setup),
		cmocka_unit_test_setup(create_late, zoo_setup),
		cmocka_unit_test_setup(create_many, zoo_setup),
		cmocka_unit_test_setup(aux_count, zoo_setup),
		cmocka_unit_test_setup(destroy, active_setup),
		cmocka_unit_test_setup(enter_arguments, active_setup),
		cmocka_unit_test_setup(enter_states, active_setup),
		cmocka_unit_test_setup(list_registers, active_setup),
		cmocka_unit_test_setup(hcr, active_setup),
		cmocka_unit_test_setup(replies, active_setup),
		cmocka_unit_test_setup(psci_arguments, active_setup),
		cmocka_unit_test_setup(psci_other_target, active_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
