/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model's granules, realms and stage-2 tables, through the RMI only.
 *
 * sources: hosts/arm64/el2/[!h]*.c hosts/arm64/rmm/[!t]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_machine.h"

#define RAM   0x40000000ULL
#define W33   (1ULL << 33)
#define ALIAS (1ULL << 32)

static int setup(void **state)
{
	(void)state;
	machine_reset();
	return 0;
}

static void tables_to(u64 rd, u64 ipa, unsigned from, unsigned to)
{
	for (unsigned level = from; level <= to; level++)
		assert_int_equal(rmi(RMI_RTT_CREATE, rd, delegated(),
				     align_down(ipa, s2_entry_size(level - 1)), level, 0),
				 RMI_SUCCESS);
}

static void granules(void **state)
{
	u64 pa = ns_page();

	(void)state;
	assert_int_equal(rmi(RMI_GRANULE_UNDELEGATE, pa, 0, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, pa + 8, 0, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, NS_BASE - PAGE_SIZE, 0, 0, 0, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, core_ram_end(), 0, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, NS_BASE, 0, 0, 0, 0),
			 RMI_ERROR_INPUT); /* own table */
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, pa, 0, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, pa, 0, 0, 0, 0), RMI_ERROR_INPUT);
	memset(pa_to_ptr(pa), 1, PAGE_SIZE);
	assert_int_equal(rmi(RMI_GRANULE_UNDELEGATE, pa, 0, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(*(u8 *)pa_to_ptr(pa), 0);
}

/* Every parameter of a realm set wrong once, and then right. */
static void realm_parameters(void **state)
{
	static const struct {
		u64 off, value;
	} wrong[] = {
		{ RMI_REALM_FLAGS, 1 },     { RMI_REALM_FLAGS, 2 },
		{ RMI_REALM_FLAGS, 4 },     { RMI_REALM_S2SZ, 31 },
		{ RMI_REALM_S2SZ, 49 },     { RMI_REALM_S2SZ, 40 },
		{ RMI_REALM_NUM_BPS, 0 },   { RMI_REALM_NUM_BPS, 6 },
		{ RMI_REALM_NUM_WPS, 0 },   { RMI_REALM_NUM_WPS, 9 },
		{ RMI_REALM_HASH_ALGO, 2 }, { RMI_REALM_VMID, 256 },
		{ RMI_REALM_RTT_LEVEL, 3 }, { RMI_REALM_RTT_LEVEL, ~0ULL },
		{ RMI_REALM_RTT_NUM, 7 },   { RMI_REALM_RTT_NUM, 9 },
		{ RMI_REALM_RTT_BASE, 0 },
	};
	u64 p = realm_params(33, 2, 8), rd = delegated(), base;

	(void)state;
	memcpy(&base, (u8 *)pa_to_ptr(p) + RMI_REALM_RTT_BASE, 8);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		u64 old;

		memcpy(&old, (u8 *)pa_to_ptr(p) + wrong[i].off, 8);
		put64(p, wrong[i].off, wrong[i].value);
		assert_int_equal(rmi(RMI_REALM_CREATE, rd, p, 0, 0, 0), RMI_ERROR_INPUT);
		put64(p, wrong[i].off, old);
	}
	put64(p, RMI_REALM_RTT_BASE, base + PAGE_SIZE); /* not aligned to its size */
	assert_int_equal(rmi(RMI_REALM_CREATE, rd, p, 0, 0, 0), RMI_ERROR_INPUT);
	put64(p, RMI_REALM_RTT_BASE, base);
	assert_int_equal(rmi(RMI_REALM_CREATE, base, p, 0, 0, 0),
			 RMI_ERROR_INPUT); /* a table as RD */
	assert_int_equal(rmi(RMI_REALM_CREATE, p, p, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_REALM_CREATE, rd, rd, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_REALM_CREATE, rd, p, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_REALM_CREATE, rd, p, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_GRANULE_UNDELEGATE, rd, 0, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_REALM_ACTIVATE, rd, 0, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_REALM_ACTIVATE, rd, 0, 0, 0, 0), RMI_STATUS(RMI_ERROR_REALM, 0));
	assert_int_equal(rmi(RMI_REALM_DESTROY, rd, 0, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_GRANULE_UNDELEGATE, base, 0, 0, 0, 0), RMI_SUCCESS);
}

static void start_levels(void **state)
{
	static const struct {
		unsigned bits;
		u64 level, num;
	} good[] = { { 32, 2, 4 }, { 33, 2, 8 },  { 34, 2, 16 }, { 33, 1, 1 }, { 39, 1, 1 },
		     { 40, 1, 2 }, { 43, 1, 16 }, { 40, 0, 1 },  { 44, 0, 1 }, { 48, 0, 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		u64 rd = realm_new(good[i].bits, good[i].level, good[i].num);
		struct rmi_result r;
		u64 last = (1ULL << good[i].bits) - s2_entry_size((unsigned)good[i].level);

		r = rmi_call(RMI_RTT_READ_ENTRY, rd, last, good[i].level, 0, 0);
		assert_int_equal(r.x[0], RMI_SUCCESS);
		assert_int_equal(r.x[1], good[i].level);
		assert_int_equal(
		    rmi(RMI_RTT_READ_ENTRY, rd, 1ULL << good[i].bits, good[i].level, 0, 0),
		    RMI_ERROR_INPUT);
	}
}

static void tables(void **state)
{
	u64 rd = realm_new(33, 2, 8), t = delegated();
	struct rmi_result r;

	(void)state;
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, t, RAM, 2, 0), RMI_ERROR_INPUT); /* the root */
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, t, RAM, 4, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, t, RAM + PAGE_SIZE, 3, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, t, W33, 3, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_CREATE, t, t, RAM, 3, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, t, RAM, 3, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, delegated(), RAM, 3, 0),
			 RMI_STATUS(RMI_ERROR_RTT, 2));
	assert_int_equal(rmi(RMI_REALM_DESTROY, rd, 0, 0, 0, 0), RMI_STATUS(RMI_ERROR_REALM, 0));
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM, 2, 0, 0);
	assert_int_equal(r.x[2], RMI_TABLE);
	assert_int_equal(r.x[3], t);
	assert_int_equal(rmi(RMI_DATA_CREATE_UNKNOWN, rd, delegated(), RAM, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_DESTROY, rd, RAM, 3, 0, 0), RMI_STATUS(RMI_ERROR_RTT, 3));
	r = rmi_call(RMI_DATA_DESTROY, rd, RAM, 0, 0, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[2], RAM + BLOCK_SIZE); /* nothing live up to the end of the table */
	r = rmi_call(RMI_RTT_DESTROY, rd, RAM, 3, 0, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], t);
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM, 2, 0, 0);
	assert_int_equal(r.x[4], RIPAS_DESTROYED); /* what a table held is lost visibly */
	assert_int_equal(rmi(RMI_RTT_DESTROY, rd, RAM, 3, 0, 0), RMI_STATUS(RMI_ERROR_RTT, 2));
}

static void fold(void **state)
{
	u64 rd = realm_new(33, 2, 8);
	struct rmi_result r;

	(void)state;
	assert_int_equal(rmi(RMI_RTT_INIT_RIPAS, rd, RAM, RAM + BLOCK_SIZE, 0, 0), RMI_SUCCESS);
	tables_to(rd, RAM, 3, 3);
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM + 5 * PAGE_SIZE, 3, 0, 0);
	assert_int_equal(r.x[4], RIPAS_RAM); /* a split keeps the state */
	assert_int_equal(rmi(RMI_RTT_FOLD, rd, RAM, 3, 0, 0), RMI_SUCCESS);
	tables_to(rd, RAM, 3, 3);
	assert_int_equal(rmi(RMI_DATA_CREATE_UNKNOWN, rd, delegated(), RAM + PAGE_SIZE, 0, 0),
			 RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_FOLD, rd, RAM, 3, 0, 0), RMI_STATUS(RMI_ERROR_RTT, 3));
}

static void data(void **state)
{
	u64 rd = realm_new(33, 2, 8), d = delegated(), src = ns_page(), rim;
	struct realm *realm = realm_of(rd);
	struct rmi_result r;

	(void)state;
	memset(pa_to_ptr(src), 0x33, PAGE_SIZE);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, d, RAM, src, 1), RMI_STATUS(RMI_ERROR_RTT, 2));
	tables_to(rd, RAM, 3, 3);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, src, RAM, src, 1), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, d, RAM, d, 1), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, d, RAM, src, 2), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, d, RAM + 1, src, 1), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, d, RAM | ALIAS, src, 1), RMI_ERROR_INPUT);
	memcpy(&rim, realm->meas.rim, 8);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, d, RAM, src, 1), RMI_SUCCESS);
	assert_memory_not_equal(&rim, realm->meas.rim, 8);
	assert_memory_equal(pa_to_ptr(d), pa_to_ptr(src), PAGE_SIZE);
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM, 3, 0, 0);
	assert_int_equal(r.x[2], RMI_ASSIGNED);
	assert_int_equal(r.x[3], d);
	assert_int_equal(r.x[4], RIPAS_RAM);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, delegated(), RAM, src, 1),
			 RMI_STATUS(RMI_ERROR_RTT, 3));
	assert_int_equal(rmi(RMI_REALM_ACTIVATE, rd, 0, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, delegated(), RAM + PAGE_SIZE, src, 1),
			 RMI_STATUS(RMI_ERROR_REALM, 0));

	/* Unknown content keeps the RIPAS and is not zero; EMPTY stays EMPTY when taken away. */
	d = delegated();
	assert_int_equal(rmi(RMI_DATA_CREATE_UNKNOWN, rd, d, RAM + PAGE_SIZE, 0, 0), RMI_SUCCESS);
	assert_int_not_equal(*(u8 *)pa_to_ptr(d), 0);
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM + PAGE_SIZE, 3, 0, 0);
	assert_int_equal(r.x[4], RIPAS_EMPTY);
	r = rmi_call(RMI_DATA_DESTROY, rd, RAM + PAGE_SIZE, 0, 0, 0);
	assert_int_equal(r.x[1], d);
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM + PAGE_SIZE, 3, 0, 0);
	assert_int_equal(r.x[4], RIPAS_EMPTY);
	assert_int_equal(rmi(RMI_DATA_DESTROY, rd, RAM, 0, 0, 0), RMI_SUCCESS);
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM, 3, 0, 0);
	assert_int_equal(r.x[2], RMI_UNASSIGNED);
	assert_int_equal(r.x[4], RIPAS_DESTROYED);
	assert_int_equal(rmi(RMI_DATA_DESTROY, rd, RAM, 0, 0, 0), RMI_STATUS(RMI_ERROR_RTT, 3));
}

static void unprotected(void **state)
{
	u64 rd = realm_new(33, 2, 8), pa = NS_BASE + BLOCK_SIZE * 6, wb = 6u << 2 | 3u << 6;
	struct rmi_result r;

	(void)state;
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, RAM, 2, pa | wb, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, RAM | ALIAS, 1, pa | wb, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, RAM | ALIAS, 2, pa | wb | BIT(55), 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, RAM | ALIAS, 2, pa | 4u << 2, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, RAM | ALIAS, 2, wb, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, RAM | ALIAS, 3, pa | wb, 0),
			 RMI_STATUS(RMI_ERROR_RTT, 2));
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, RAM | ALIAS, 2, pa | wb, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, pa, 0, 0, 0, 0), RMI_ERROR_INPUT);
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM | ALIAS, 2, 0, 0);
	assert_int_equal(r.x[2], RMI_ASSIGNED);
	assert_int_equal(r.x[3], pa | wb);
	assert_int_equal(rmi(RMI_RTT_UNMAP_UNPROTECTED, rd, RAM | ALIAS, 3, 0, 0),
			 RMI_STATUS(RMI_ERROR_RTT, 2));
	tables_to(rd, RAM | ALIAS, 3, 3); /* splits the block */
	r = rmi_call(RMI_RTT_UNMAP_UNPROTECTED, rd, (RAM | ALIAS) + PAGE_SIZE, 3, 0, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], (RAM | ALIAS) + 2 * PAGE_SIZE);
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, pa + PAGE_SIZE, 0, 0, 0, 0), RMI_SUCCESS);
}

static void init_ripas(void **state)
{
	u64 rd = realm_new(33, 2, 8);
	struct rmi_result r;

	(void)state;
	assert_int_equal(rmi(RMI_RTT_INIT_RIPAS, rd, RAM, RAM, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_INIT_RIPAS, rd, RAM + 1, RAM + BLOCK_SIZE, 0, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_INIT_RIPAS, rd, RAM, RAM + BLOCK_SIZE + 1, 0, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_INIT_RIPAS, rd, ALIAS - PAGE_SIZE, ALIAS + PAGE_SIZE, 0, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_INIT_RIPAS, rd, RAM, RAM + PAGE_SIZE, 0, 0),
			 RMI_STATUS(RMI_ERROR_RTT, 2));
	/* One call reaches the end of one table; what crosses top is left. */
	r = rmi_call(RMI_RTT_INIT_RIPAS, rd, RAM, RAM + 4 * BLOCK_SIZE + PAGE_SIZE, 0, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], RAM + 4 * BLOCK_SIZE);
	r = rmi_call(RMI_RTT_INIT_RIPAS, rd, RAM, ALIAS, 0, 0);
	assert_int_equal(r.x[1], RAM + GIB(1));
	assert_int_equal(rmi(RMI_REALM_ACTIVATE, rd, 0, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_INIT_RIPAS, rd, RAM, RAM + BLOCK_SIZE, 0, 0),
			 RMI_STATUS(RMI_ERROR_REALM, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(granules, setup),
		cmocka_unit_test_setup(realm_parameters, setup),
		cmocka_unit_test_setup(start_levels, setup),
		cmocka_unit_test_setup(tables, setup),
		cmocka_unit_test_setup(fold, setup),
		cmocka_unit_test_setup(data, setup),
		cmocka_unit_test_setup(unprotected, setup),
		cmocka_unit_test_setup(init_ripas, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
