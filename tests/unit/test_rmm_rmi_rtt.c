/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile vmm: stage-2 tables and RIPAS.
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

#define RTT(level) RMI_STATUS(RMI_ERROR_RTT, level)
#define NEXT       (RAM + BLOCK_SIZE) /* no table there */

static void create(void **state)
{
	const struct call good = { RMI_RTT_CREATE, { RD, delegated(), NEXT, 3 } };
	const struct wrong wrong[] = {
		{ 2, NEXT + PAGE_SIZE, RMI_ERROR_INPUT },
		{ 2, NEXT + 8, RMI_ERROR_INPUT },
		{ 2, W33, RMI_ERROR_INPUT },
		{ 2, NEXT | 1ULL << 48, RMI_ERROR_INPUT },
		{ 2, RAM, RTT(2) }, /* has its table; what it holds would be lost unseen */
		{ 3, 0, RMI_ERROR_INPUT },
		{ 3, 1, RMI_ERROR_INPUT },
		{ 3, 2, RMI_ERROR_INPUT }, /* the root */
		{ 3, 4, RMI_ERROR_INPUT },
		{ 3, ~0ULL, RMI_ERROR_INPUT },
		{ 3, 1ULL << 32 | 3, RMI_ERROR_INPUT },
	};

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	WRONG_GRANULES(good, 1, GRANULE_DELEGATED);
	EACH_WRONG(good, wrong);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_CREATE, RD, good.a[1], RAM, 4); /* below a page */
	assert_int_equal(issue(&good).x[0], RMI_SUCCESS);
	assert_true(granule_is(good.a[1], GRANULE_RTT));
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_CREATE, RD, good.a[1], NEXT + BLOCK_SIZE, 3);
}

static void create_deep(void **state)
{
	u64 r = realm_new(48, 0, 1), t = delegated();

	(void)state;
	REFUSED(RTT(0), RMI_RTT_CREATE, r, t, RAM, 3);
	REFUSED(RTT(0), RMI_RTT_CREATE, r, t, RAM, 2);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_CREATE, r, t, RAM, 1); /* not a multiple of 512 GiB */
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_CREATE, r, t, 0, 0);
	ACCEPTED(RMI_RTT_CREATE, r, t, 0, 1);
	t = delegated();
	REFUSED(RTT(1), RMI_RTT_CREATE, r, t, RAM, 3);
	ACCEPTED(RMI_RTT_CREATE, r, t, RAM, 2);
	REFUSED(RTT(1), RMI_RTT_DESTROY, r, RAM + GIB(1), 3);
	REFUSED(RTT(2), RMI_RTT_DESTROY, r, RAM, 3);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_DESTROY, r, 0, 0);
	ACCEPTED(RMI_RTT_DESTROY, r, RAM, 2);
	ACCEPTED(RMI_RTT_DESTROY, r, 0, 1);
	ACCEPTED(RMI_REALM_DESTROY, r);
}

/* Both calls that take a table away name it in the same way. */
static void wrong_table(u64 fid)
{
	const struct call good = { fid, { RD, RAM, 3 } };
	const struct wrong wrong[] = {
		{ 1, RAM + PAGE_SIZE, RMI_ERROR_INPUT },
		{ 1, RAM + 8, RMI_ERROR_INPUT },
		{ 1, W33, RMI_ERROR_INPUT },
		{ 1, RAM | 1ULL << 48, RMI_ERROR_INPUT },
		{ 1, NEXT, RTT(2) }, /* no table */
		{ 2, 0, RMI_ERROR_INPUT },
		{ 2, 1, RMI_ERROR_INPUT },
		{ 2, 2, RMI_ERROR_INPUT },
		{ 2, 4, RMI_ERROR_INPUT },
		{ 2, ~0ULL, RMI_ERROR_INPUT },
		{ 2, 1ULL << 32 | 3, RMI_ERROR_INPUT },
	};

	WRONG_GRANULES(good, 0, GRANULE_RD);
	EACH_WRONG(good, wrong);
	REFUSED(RTT(3), fid, RD, RAM, 3); /* it holds a page */
}

static void destroy(void **state)
{
	struct rmi_result r;

	(void)state;
	wrong_table(RMI_RTT_DESTROY);
	r = rmi_call(RMI_RTT_DESTROY, RD, NEXT, 3, 0, 0);
	assert_int_equal(r.x[2], RAM + GIB(1)); /* skips what is not live */
	ACCEPTED(RMI_DATA_DESTROY, RD, RAM);
	r = rmi_call(RMI_RTT_DESTROY, RD, RAM, 3, 0, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], zoo[GRANULE_RTT]);
	assert_int_equal(r.x[2], RAM + GIB(1));
	assert_true(granule_is(zoo[GRANULE_RTT], GRANULE_DELEGATED));
	assert_int_equal(read_entry(RD, RAM, 2).ripas, RIPAS_DESTROYED);
	REFUSED(RTT(2), RMI_RTT_DESTROY, RD, RAM, 3);
	/* Nothing is ever DESTROYED in the unprotected half. */
	tables_to(RD, ALIAS, 3, 3);
	ACCEPTED(RMI_RTT_DESTROY, RD, ALIAS, 3);
	assert_int_equal(read_entry(RD, ALIAS, 2).state, RMI_UNASSIGNED);
}

static void fold(void **state)
{
	struct entry e;

	(void)state;
	wrong_table(RMI_RTT_FOLD);
	/* Uniform and without pages: one entry says the same. */
	tables_to(RD, NEXT, 3, 3);
	ACCEPTED(RMI_RTT_FOLD, RD, NEXT, 3);
	e = read_entry(RD, NEXT, 3);
	assert_int_equal(e.level, 2);
	assert_int_equal(e.state, RMI_UNASSIGNED);
	assert_int_equal(e.ripas, RIPAS_EMPTY);
	/* One page of RAM among EMPTY: no single entry can say that. */
	tables_to(RD, NEXT, 3, 3);
	ACCEPTED(RMI_RTT_INIT_RIPAS, RD, NEXT + 9 * PAGE_SIZE, NEXT + 10 * PAGE_SIZE);
	REFUSED(RTT(3), RMI_RTT_FOLD, RD, NEXT, 3);
	/* DESTROYED stays visible. */
	ACCEPTED(RMI_RTT_DESTROY, RD, NEXT, 3);
	tables_to(RD, NEXT, 3, 3);
	assert_int_equal(read_entry(RD, NEXT, 3).ripas, RIPAS_DESTROYED);
	ACCEPTED(RMI_RTT_FOLD, RD, NEXT, 3);
	assert_int_equal(read_entry(RD, NEXT, 2).ripas, RIPAS_DESTROYED);
}

static void fold_unprotected(void **state)
{
	(void)state;
	tables_to(RD, ALIAS, 3, 3);
	ACCEPTED(RMI_RTT_MAP_UNPROTECTED, RD, ALIAS + PAGE_SIZE, 3, ns_page() | WB);
	REFUSED(RTT(3), RMI_RTT_FOLD, RD, ALIAS, 3); /* what is mapped must not vanish */
	ACCEPTED(RMI_RTT_UNMAP_UNPROTECTED, RD, ALIAS + PAGE_SIZE, 3);
	ACCEPTED(RMI_RTT_FOLD, RD, ALIAS, 3);
	assert_int_equal(read_entry(RD, ALIAS, 3).level, 2);
}

/* Contiguous pages become the block they are, with the same content, and split again. */
static void fold_block(void **state)
{
	u64 base;

	(void)state;
	tables_to(RD, NEXT, 3, 3);
	fake_next = align_up(fake_next, BLOCK_SIZE);
	base = fake_next;
	for (u64 off = 0; off < BLOCK_SIZE; off += PAGE_SIZE)
		ACCEPTED(RMI_DATA_CREATE_UNKNOWN, RD, delegated(), NEXT + off);
	ACCEPTED(RMI_RTT_FOLD, RD, NEXT, 3);
	assert_int_equal(read_entry(RD, NEXT, 3).level, 2);
	assert_int_equal(read_entry(RD, NEXT, 2).state, RMI_ASSIGNED);
	assert_int_equal(read_entry(RD, NEXT, 2).desc, base);
	REFUSED(RTT(2), RMI_DATA_DESTROY, RD, NEXT);
	tables_to(RD, NEXT, 3, 3);
	assert_int_equal(read_entry(RD, NEXT + 7 * PAGE_SIZE, 3).desc, base + 7 * PAGE_SIZE);
	/* A page from elsewhere: no block. */
	ACCEPTED(RMI_DATA_DESTROY, RD, NEXT + 7 * PAGE_SIZE);
	REFUSED(RTT(3), RMI_RTT_FOLD, RD, NEXT, 3);
	ACCEPTED(RMI_DATA_CREATE_UNKNOWN, RD, delegated(), NEXT + 7 * PAGE_SIZE);
	REFUSED(RTT(3), RMI_RTT_FOLD, RD, NEXT, 3);
}

static void read_entries(void **state)
{
	const struct call good = { RMI_RTT_READ_ENTRY, { RD, RAM, 3 } };
	const struct wrong wrong[] = {
		{ 1, RAM + 8, RMI_ERROR_INPUT },
		{ 1, W33, RMI_ERROR_INPUT },
		{ 1, RAM | 1ULL << 48, RMI_ERROR_INPUT },
		{ 2, 0, RMI_ERROR_INPUT },
		{ 2, 1, RMI_ERROR_INPUT },
		{ 2, 4, RMI_ERROR_INPUT },
		{ 2, ~0ULL, RMI_ERROR_INPUT },
		{ 2, 1ULL << 32 | 3, RMI_ERROR_INPUT },
	};
	struct entry e;

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	EACH_WRONG(good, wrong);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_READ_ENTRY, RD, RAM + PAGE_SIZE, 2);
	e = read_entry(RD, RAM, 3);
	assert_int_equal(e.level, 3);
	assert_int_equal(e.state, RMI_ASSIGNED);
	assert_int_equal(e.desc, zoo[GRANULE_DATA]);
	assert_int_equal(e.ripas, RIPAS_RAM);
}

static void init_ripas(void **state)
{
	const struct call good = { RMI_RTT_INIT_RIPAS,
				   { RD, RAM + PAGE_SIZE, RAM + 3 * PAGE_SIZE } };
	const struct wrong wrong[] = {
		{ 1, RAM + PAGE_SIZE + 8, RMI_ERROR_INPUT },
		{ 1, RAM + 3 * PAGE_SIZE, RMI_ERROR_INPUT },
		{ 1, RAM + 4 * PAGE_SIZE, RMI_ERROR_INPUT },
		{ 1, RAM, RTT(3) }, /* has its page */
		{ 1, ~0ULL << 12, RMI_ERROR_INPUT },
		{ 2, RAM + 3 * PAGE_SIZE + 8, RMI_ERROR_INPUT },
		{ 2, ALIAS + PAGE_SIZE, RMI_ERROR_INPUT },
		{ 2, ~0ULL << 12, RMI_ERROR_INPUT },
		{ 2, 0, RMI_ERROR_INPUT },
	};
	struct rmi_result r;

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	EACH_WRONG(good, wrong);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_INIT_RIPAS, RD, ALIAS, ALIAS + BLOCK_SIZE);
	REFUSED(RTT(2), RMI_RTT_INIT_RIPAS, RD, NEXT + PAGE_SIZE, NEXT + 3 * BLOCK_SIZE);
	REFUSED(RTT(2), RMI_RTT_INIT_RIPAS, RD, NEXT, NEXT + PAGE_SIZE);
	r = issue(&good);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], RAM + 3 * PAGE_SIZE);
	/* Stops before what is DESTROYED, and begins at it not at all. */
	ACCEPTED(RMI_DATA_CREATE_UNKNOWN, RD, delegated(), RAM + 5 * PAGE_SIZE);
	r = rmi_call(RMI_RTT_INIT_RIPAS, RD, RAM + 3 * PAGE_SIZE, NEXT, 0, 0);
	assert_int_equal(r.x[1], RAM + 5 * PAGE_SIZE);
	ACCEPTED(RMI_DATA_DESTROY, RD, RAM);
	REFUSED(RTT(3), RMI_RTT_INIT_RIPAS, RD, RAM, NEXT);
	ACCEPTED(RMI_REALM_ACTIVATE, RD);
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 0), RMI_RTT_INIT_RIPAS, RD, RAM + 6 * PAGE_SIZE, NEXT);
}

/* ---- SET_RIPAS: only what the realm asked for, only from where it stands ---- */
#define BASE (RAM + 2 * PAGE_SIZE)
#define TOP  (RAM + 6 * PAGE_SIZE)

static u64 other_rec(u64 *realm)
{
	u64 r = realm_new(33, 2, 8), rec = rec_new(r, 0, true, RAM);

	assert_int_not_equal(rec, 0);
	*realm = r;
	return rec;
}

static void set_ripas(void **state)
{
	u64 other, stranger = other_rec(&other), rec = zoo[GRANULE_REC];
	const struct call good = { RMI_RTT_SET_RIPAS, { RD, rec, BASE, TOP } };
	const struct wrong wrong[] = {
		{ 0, other, RMI_ERROR_REC },
		{ 1, stranger, RMI_ERROR_REC },
		{ 1, rec2, RMI_ERROR_INPUT }, /* asked for nothing */
		{ 2, RAM, RMI_ERROR_INPUT },
		{ 2, BASE + PAGE_SIZE, RMI_ERROR_INPUT },
		{ 2, BASE + 8, RMI_ERROR_INPUT },
		{ 2, 0, RMI_ERROR_INPUT },
		{ 2, BASE | ALIAS, RMI_ERROR_INPUT },
		{ 3, TOP + PAGE_SIZE, RMI_ERROR_INPUT },
		{ 3, ~0ULL << 12, RMI_ERROR_INPUT },
		{ 3, TOP - 8, RMI_ERROR_INPUT },
		{ 3, BASE, RMI_ERROR_INPUT },
		{ 3, RAM, RMI_ERROR_INPUT },
		{ 3, 0, RMI_ERROR_INPUT },
	};
	struct rmi_result r;

	(void)state;
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_SET_RIPAS, RD, rec, BASE, TOP); /* nothing asked */
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_SET_RIPAS, RD, rec, 0, 0);
	guest_smc(rec, RSI_IPA_STATE_SET, BASE, TOP, RIPAS_RAM, 0);
	WRONG_GRANULES(good, 0, GRANULE_RD);
	WRONG_GRANULES(good, 1, GRANULE_REC);
	EACH_WRONG(good, wrong);
	r = rmi_call(RMI_RTT_SET_RIPAS, RD, rec, BASE, BASE + PAGE_SIZE, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], BASE + PAGE_SIZE);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_SET_RIPAS, RD, rec, BASE, TOP);
	r = rmi_call(RMI_RTT_SET_RIPAS, RD, rec, BASE + PAGE_SIZE, TOP, 0);
	assert_int_equal(r.x[1], TOP);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_SET_RIPAS, RD, rec, TOP, TOP);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_SET_RIPAS, RD, rec, TOP, TOP + PAGE_SIZE);
	assert_int_equal(read_entry(RD, BASE - PAGE_SIZE, 3).ripas, RIPAS_EMPTY);
	assert_int_equal(read_entry(RD, BASE, 3).ripas, RIPAS_RAM);
	assert_int_equal(read_entry(RD, TOP - PAGE_SIZE, 3).ripas, RIPAS_RAM);
	assert_int_equal(read_entry(RD, TOP, 3).ripas, RIPAS_EMPTY);
}

/* Where the host built no tables a change by pages is not possible, nor one beyond what was asked.
 */
static void set_ripas_levels(void **state)
{
	u64 rec = zoo[GRANULE_REC];

	(void)state;
	guest_smc(rec, RSI_IPA_STATE_SET, NEXT + PAGE_SIZE, NEXT + 3 * BLOCK_SIZE, RIPAS_RAM, 0);
	REFUSED(RTT(2), RMI_RTT_SET_RIPAS, RD, rec, NEXT + PAGE_SIZE, NEXT + 3 * BLOCK_SIZE);
	tables_to(RD, NEXT, 3, 3);
	ACCEPTED(RMI_RTT_SET_RIPAS, RD, rec, NEXT + PAGE_SIZE, NEXT + 2 * PAGE_SIZE);
	assert_int_equal(enter(rec), RMI_SUCCESS);
	guest_smc(rec, RSI_IPA_STATE_SET, NEXT + BLOCK_SIZE, NEXT + BLOCK_SIZE + PAGE_SIZE,
		  RIPAS_RAM, 0);
	REFUSED(RTT(2), RMI_RTT_SET_RIPAS, RD, rec, NEXT + BLOCK_SIZE,
		NEXT + BLOCK_SIZE + PAGE_SIZE);
	assert_int_equal(read_entry(RD, NEXT + BLOCK_SIZE, 2).ripas, RIPAS_EMPTY);
}

/* A run of entries ends at one that is a table: what hangs there must not be lost. */
static void set_ripas_table(void **state)
{
	u64 rec = zoo[GRANULE_REC], mid = NEXT + BLOCK_SIZE, top = mid + BLOCK_SIZE;
	struct rmi_result r;

	(void)state;
	tables_to(RD, mid, 3, 3);
	guest_smc(rec, RSI_IPA_STATE_SET, NEXT, top, RIPAS_RAM, 0);
	r = rmi_call(RMI_RTT_SET_RIPAS, RD, rec, NEXT, top, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], mid);
	assert_int_equal(read_entry(RD, mid, 2).state, RMI_TABLE);
	r = rmi_call(RMI_RTT_SET_RIPAS, RD, rec, mid, top, 0);
	assert_int_equal(r.x[1], top);
	assert_int_equal(read_entry(RD, top - PAGE_SIZE, 3).ripas, RIPAS_RAM);
}

static void set_ripas_destroyed(void **state)
{
	u64 rec = zoo[GRANULE_REC];

	(void)state;
	ACCEPTED(RMI_DATA_DESTROY, RD, RAM);
	guest_smc(rec, RSI_IPA_STATE_SET, RAM, TOP, RIPAS_RAM, 0);
	REFUSED(RTT(3), RMI_RTT_SET_RIPAS, RD, rec, RAM, TOP); /* loss stays visible */
	assert_int_equal(enter(rec), RMI_SUCCESS);
	guest_smc(rec, RSI_IPA_STATE_SET, RAM, TOP, RIPAS_RAM, RSI_CHANGE_DESTROYED);
	ACCEPTED(RMI_RTT_SET_RIPAS, RD, rec, RAM, TOP);
	assert_int_equal(read_entry(RD, RAM, 3).ripas, RIPAS_RAM);
	assert_int_equal(read_entry(RD, RAM, 3).state, RMI_UNASSIGNED);
}

static unsigned tries;

static void set_meanwhile(void)
{
	if (tries++ == 0)
		REFUSED(RMI_ERROR_REC, RMI_RTT_SET_RIPAS, RD, zoo[GRANULE_REC], BASE, TOP);
}

static void set_ripas_running(void **state)
{
	(void)state;
	guest_smc(zoo[GRANULE_REC], RSI_IPA_STATE_SET, BASE, TOP, RIPAS_RAM, 0);
	tries = 0;
	while_running = set_meanwhile;
	assert_int_equal(enter(zoo[GRANULE_REC]), RMI_SUCCESS);
	assert_int_equal(tries, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(create, zoo_setup),
		cmocka_unit_test_setup(create_deep, zoo_setup),
		cmocka_unit_test_setup(destroy, zoo_setup),
		cmocka_unit_test_setup(fold, zoo_setup),
		cmocka_unit_test_setup(fold_unprotected, zoo_setup),
		cmocka_unit_test_setup(fold_block, zoo_setup),
		cmocka_unit_test_setup(read_entries, zoo_setup),
		cmocka_unit_test_setup(init_ripas, zoo_setup),
		cmocka_unit_test_setup(set_ripas, active_setup),
		cmocka_unit_test_setup(set_ripas_levels, active_setup),
		cmocka_unit_test_setup(set_ripas_table, active_setup),
		cmocka_unit_test_setup(set_ripas_destroyed, active_setup),
		cmocka_unit_test_setup(set_ripas_running, active_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
