/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile vmm: private pages, and host memory in the unprotected half.
 *
 * sources: hosts/arm64/el2/[!h]*.c hosts/arm64/rmm/[!t]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostile.h"

#define PAGE1      (RAM + PAGE_SIZE)
#define RTT(level) RMI_STATUS(RMI_ERROR_RTT, level)

static void data_create(void **state)
{
	const struct call good = { RMI_DATA_CREATE,
				   { RD, delegated(), PAGE1, ns_page(), RMI_DATA_MEASURE } };
	const struct wrong wrong[] = {
		{ 2, PAGE1 + 8, RMI_ERROR_INPUT },
		{ 2, PAGE1 | ALIAS, RMI_ERROR_INPUT },
		{ 2, ALIAS, RMI_ERROR_INPUT },
		{ 2, W33, RMI_ERROR_INPUT },
		{ 2, PAGE1 | 1ULL << 48, RMI_ERROR_INPUT },
		{ 2, RAM, RTT(3) },              /* has its page */
		{ 2, RAM + BLOCK_SIZE, RTT(2) }, /* no table */
		{ 4, 2, RMI_ERROR_INPUT },
		{ 4, ~0ULL, RMI_ERROR_INPUT },
	};

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	WRONG_GRANULES(good, 1, GRANULE_DELEGATED);
	WRONG_GRANULES(good, 3, GRANULE_NS);
	EACH_WRONG(good, wrong);
	assert_int_equal(issue(&good).x[0], RMI_SUCCESS);
	assert_true(granule_is(good.a[1], GRANULE_DATA));
	ACCEPTED(RMI_REALM_ACTIVATE, RD);
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 0), RMI_DATA_CREATE, RD, delegated(),
		RAM + 2 * PAGE_SIZE, good.a[3], 0);
}

static void data_create_unknown(void **state)
{
	const struct call good = { RMI_DATA_CREATE_UNKNOWN, { RD, delegated(), PAGE1 } };
	const struct wrong wrong[] = {
		{ 2, PAGE1 + 8, RMI_ERROR_INPUT },
		{ 2, PAGE1 | ALIAS, RMI_ERROR_INPUT },
		{ 2, W33, RMI_ERROR_INPUT },
		{ 2, PAGE1 | 1ULL << 48, RMI_ERROR_INPUT },
		{ 2, RAM, RTT(3) }, /* would take the realm's page away under it */
		{ 2, RAM + BLOCK_SIZE, RTT(2) },
	};

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	WRONG_GRANULES(good, 1, GRANULE_DELEGATED);
	EACH_WRONG(good, wrong);
	assert_int_equal(issue(&good).x[0], RMI_SUCCESS);
	assert_int_equal(read_entry(RD, PAGE1, 3).ripas, RIPAS_EMPTY);
	REFUSED(RMI_ERROR_INPUT, RMI_DATA_CREATE_UNKNOWN, RD, good.a[1], RAM + 2 * PAGE_SIZE);
	ACCEPTED(RMI_REALM_ACTIVATE, RD);
	ACCEPTED(RMI_DATA_CREATE_UNKNOWN, RD, delegated(), RAM + 2 * PAGE_SIZE); /* at any time */
}

static void data_destroy(void **state)
{
	const struct call good = { RMI_DATA_DESTROY, { RD, RAM } };
	const struct wrong wrong[] = {
		{ 1, RAM + 8, RMI_ERROR_INPUT },
		{ 1, RAM | 1ULL << 48, RMI_ERROR_INPUT },
		{ 1, W33, RMI_ERROR_INPUT },
		{ 1, ALIAS, RMI_ERROR_INPUT },
		{ 1, PAGE1, RTT(3) },
		{ 1, RAM + BLOCK_SIZE, RTT(2) },
	};
	struct rmi_result r;

	(void)state;
	/* A host page in the unprotected half is no data to destroy. */
	tables_to(RD, ALIAS, 3, 3);
	ACCEPTED(RMI_RTT_MAP_UNPROTECTED, RD, ALIAS, 3, ns_page() | WB);
	WRONG_GRANULES(good, 0, GRANULE_RD);
	EACH_WRONG(good, wrong);
	r = issue(&(const struct call){ RMI_DATA_DESTROY, { RD, RAM + BLOCK_SIZE } });
	assert_int_equal(r.x[2], RAM + GIB(1)); /* nothing live up to the end of the table */
	r = issue(&(const struct call){ RMI_DATA_DESTROY, { RD, PAGE1 } });
	assert_int_equal(r.x[2], RAM + BLOCK_SIZE);
	r = issue(&good);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], zoo[GRANULE_DATA]);
	assert_int_equal(r.x[2], RAM + BLOCK_SIZE);
	assert_int_equal(read_entry(RD, RAM, 3).ripas, RIPAS_DESTROYED);
	assert_true(granule_is(zoo[GRANULE_DATA], GRANULE_DELEGATED));
	REFUSED(RTT(3), RMI_DATA_DESTROY, RD, RAM);
	/* DESTROYED stays DESTROYED, with a page or without. */
	ACCEPTED(RMI_DATA_CREATE_UNKNOWN, RD, zoo[GRANULE_DATA], RAM);
	assert_int_equal(read_entry(RD, RAM, 3).ripas, RIPAS_DESTROYED);
	ACCEPTED(RMI_DATA_DESTROY, RD, RAM);
	assert_int_equal(read_entry(RD, RAM, 3).ripas, RIPAS_DESTROYED);
}

/* ---- the unprotected half ---- */
static void map_unprotected(void **state)
{
	u64 pa = NS_BASE + 6 * BLOCK_SIZE, ipa = RAM | ALIAS;
	const struct call good = { RMI_RTT_MAP_UNPROTECTED, { RD, ipa, 2, pa | WB } };
	const struct wrong wrong[] = {
		{ 1, RAM + BLOCK_SIZE, RMI_ERROR_INPUT }, /* protected */
		{ 1, ALIAS - BLOCK_SIZE, RMI_ERROR_INPUT },
		{ 1, W33, RMI_ERROR_INPUT },
		{ 1, ipa + PAGE_SIZE, RMI_ERROR_INPUT },
		{ 1, ipa | 1ULL << 48, RMI_ERROR_INPUT },
		{ 2, 0, RMI_ERROR_INPUT },
		{ 2, 1, RMI_ERROR_INPUT },
		{ 2, 3, RTT(2) },
		{ 2, 4, RMI_ERROR_INPUT },
		{ 2, ~0ULL, RMI_ERROR_INPUT },
		{ 2, 1ULL << 32 | 2, RMI_ERROR_INPUT },
		{ 3, pa | WB | 1, RMI_ERROR_INPUT },
		{ 3, pa | WB | BIT(8), RMI_ERROR_INPUT },
		{ 3, pa | WB | BIT(53), RMI_ERROR_INPUT }, /* would let the host choose XN */
		{ 3, pa | WB | 1ULL << 55, RMI_ERROR_INPUT },
		{ 3, (pa + PAGE_SIZE) | WB, RMI_ERROR_INPUT },
		{ 3, pa | 4u << 2 | 3u << 6, RMI_ERROR_INPUT }, /* reserved with FWB */
		{ 3, WB, RMI_ERROR_INPUT },                     /* no machine memory */
		{ 3, NS_BASE | WB, RMI_ERROR_INPUT },           /* the model's */
		{ 3, core_ram_end() | WB, RMI_ERROR_INPUT },
	};

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	EACH_WRONG(good, wrong);
	/* One page of the block is not the host's to share. */
	ACCEPTED(RMI_GRANULE_DELEGATE, pa + 511 * PAGE_SIZE);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_MAP_UNPROTECTED, RD, ipa, 2, pa | WB);
	ACCEPTED(RMI_GRANULE_UNDELEGATE, pa + 511 * PAGE_SIZE);
	assert_int_equal(issue(&good).x[0], RMI_SUCCESS);
	assert_int_equal(read_entry(RD, ipa, 2).desc, pa | WB);
	REFUSED(RTT(2), RMI_RTT_MAP_UNPROTECTED, RD, ipa, 2, (pa + BLOCK_SIZE) | WB);
	REFUSED(RMI_ERROR_INPUT, RMI_GRANULE_DELEGATE, pa + 511 * PAGE_SIZE);
	tables_to(RD, ipa, 3, 3);
	REFUSED(RTT(3), RMI_RTT_MAP_UNPROTECTED, RD, ipa, 3, (pa + BLOCK_SIZE) | WB);
	REFUSED(RTT(2), RMI_RTT_MAP_UNPROTECTED, RD, ipa, 2, (pa + BLOCK_SIZE) | WB);
}

/* A private page as host memory. */
static void map_private(void **state)
{
	(void)state;
	tables_to(RD, ALIAS, 3, 3);
	for (unsigned s = 0; s < ARRAY_SIZE(zoo); s++)
		if (s != GRANULE_NS)
			REFUSED(RMI_ERROR_INPUT, RMI_RTT_MAP_UNPROTECTED, RD, ALIAS, 3,
				zoo[s] | WB);
	ACCEPTED(RMI_RTT_MAP_UNPROTECTED, RD, ALIAS, 3, zoo[GRANULE_NS] | WB);
}

/* The model counts where a page is shown; a count that wraps would let it be delegated. */
static void map_often(void **state)
{
	u64 pa = ns_page(), i;

	(void)state;
	tables_to(RD, ALIAS, 3, 3);
	for (i = 0; i < 255; i++)
		ACCEPTED(RMI_RTT_MAP_UNPROTECTED, RD, ALIAS + i * PAGE_SIZE, 3, pa | WB);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_MAP_UNPROTECTED, RD, ALIAS + i * PAGE_SIZE, 3, pa | WB);
	REFUSED(RMI_ERROR_INPUT, RMI_GRANULE_DELEGATE, pa);
	while (i-- > 0)
		ACCEPTED(RMI_RTT_UNMAP_UNPROTECTED, RD, ALIAS + i * PAGE_SIZE, 3);
	ACCEPTED(RMI_GRANULE_DELEGATE, pa);
}

/* Entries of 1 GiB hold tables, never memory, be the memory there. */
static void map_gib(void **state)
{
	u64 r, ipa = 1ULL << 38, pa = NS_BASE + GIB(1);

	(void)state;
	fake_claim = GIB(2);
	zoo_init();
	fake_claim = 0;
	r = realm_new(39, 1, 1);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_MAP_UNPROTECTED, r, ipa, 1, pa | WB);
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_UNMAP_UNPROTECTED, r, ipa, 1);
	REFUSED(RTT(1), RMI_RTT_MAP_UNPROTECTED, r, ipa, 2, pa | WB);
	REFUSED(RTT(1), RMI_RTT_MAP_UNPROTECTED, r, ipa, 3, pa | WB);
}

static void unmap_unprotected(void **state)
{
	u64 pa = NS_BASE + 6 * BLOCK_SIZE, ipa = RAM | ALIAS;
	const struct call good = { RMI_RTT_UNMAP_UNPROTECTED, { RD, ipa, 2 } };
	const struct wrong wrong[] = {
		{ 1, RAM, RMI_ERROR_INPUT },
		{ 1, W33, RMI_ERROR_INPUT },
		{ 1, ipa + PAGE_SIZE, RMI_ERROR_INPUT },
		{ 1, ipa | 1ULL << 48, RMI_ERROR_INPUT },
		{ 1, ipa + BLOCK_SIZE, RTT(2) },
		{ 2, 0, RMI_ERROR_INPUT },
		{ 2, 1, RMI_ERROR_INPUT },
		{ 2, 3, RTT(2) },
		{ 2, 4, RMI_ERROR_INPUT },
		{ 2, ~0ULL, RMI_ERROR_INPUT },
		{ 2, 1ULL << 32 | 2, RMI_ERROR_INPUT },
	};
	struct rmi_result r;

	(void)state;
	ACCEPTED(RMI_RTT_MAP_UNPROTECTED, RD, ipa, 2, pa | WB);
	WRONG_GRANULES(good, 0, GRANULE_RD);
	EACH_WRONG(good, wrong);
	/* A private page must not be taken away as if it were the host's. */
	REFUSED(RMI_ERROR_INPUT, RMI_RTT_UNMAP_UNPROTECTED, RD, RAM, 3);
	r = issue(&(const struct call){ RMI_RTT_UNMAP_UNPROTECTED, { RD, ipa + BLOCK_SIZE, 2 } });
	assert_int_equal(r.x[1], ipa + GIB(1));
	r = issue(&good);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], ipa + GIB(1));
	assert_int_equal(read_entry(RD, ipa, 2).state, RMI_UNASSIGNED);
	REFUSED(RTT(2), RMI_RTT_UNMAP_UNPROTECTED, RD, ipa, 2);
	ACCEPTED(RMI_GRANULE_DELEGATE, pa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(data_create, zoo_setup),
		cmocka_unit_test_setup(data_create_unknown, zoo_setup),
		cmocka_unit_test_setup(data_destroy, zoo_setup),
		cmocka_unit_test_setup(map_unprotected, zoo_setup),
		cmocka_unit_test_setup(map_private, zoo_setup),
		cmocka_unit_test_setup(map_often, zoo_setup),
		cmocka_unit_test_setup(map_gib, zoo_setup),
		cmocka_unit_test_setup(unmap_unprotected, zoo_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
