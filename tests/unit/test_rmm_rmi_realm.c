/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile vmm: versions, granules and realms.
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

static void version(void **state)
{
	struct rmi_result r = rmi_call(RMI_VERSION, 0x10000, 0, 0, 0, 0);

	(void)state;
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], 0x10000);
	assert_int_equal(r.x[2], 0x10000);
	REFUSED(RMI_ERROR_INPUT, RMI_VERSION, 0x10001);
	REFUSED(RMI_ERROR_INPUT, RMI_VERSION, 0);
	REFUSED(RMI_ERROR_INPUT, RMI_VERSION, 0x20000);
}

static void features(void **state)
{
	struct rmi_result r = rmi_call(RMI_FEATURES, 0, 0, 0, 0, 0);

	(void)state;
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(FIELD(r.x[1], 7, 0), 48);
	assert_int_equal(FIELD(r.x[1], 9, 8), 0);   /* neither LPA2 nor SVE */
	assert_int_equal(FIELD(r.x[1], 19, 14), 5); /* as the machine says: 6 less one */
	assert_int_equal(FIELD(r.x[1], 25, 20), 3);
	assert_int_equal(FIELD(r.x[1], 26, 26), 0); /* no PMU */
	assert_int_equal(FIELD(r.x[1], 33, 32), 3); /* SHA-256 and SHA-512 */
	assert_int_equal(FIELD(r.x[1], 37, 34), 3);
	r = rmi_call(RMI_FEATURES, 1, 0, 0, 0, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], 0);
}

static void unknown_functions(void **state)
{
	static const u64 no[] = { 0xC4000156, 0xC4000160, 0xC4000163, 0xC400016A,
				  0xC400018F, 0x84000150, 0,          ~0ULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		REFUSED(NO_CALL, no[i], RD, RAM, 3);
}

static void delegate(void **state)
{
	const struct call good = { RMI_GRANULE_DELEGATE, { ns_page() } };

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_NS);
	ACCEPTED(RMI_GRANULE_DELEGATE, good.a[0]);
	REFUSED(RMI_ERROR_INPUT, RMI_GRANULE_DELEGATE, good.a[0]);
}

/* What the unprotected half of a realm shows must not become its private memory. */
static void delegate_mapped(void **state)
{
	u64 pa = ns_page();

	(void)state;
	tables_to(RD, ALIAS, 3, 3);
	ACCEPTED(RMI_RTT_MAP_UNPROTECTED, RD, ALIAS, 3, pa | WB);
	REFUSED(RMI_ERROR_INPUT, RMI_GRANULE_DELEGATE, pa);
	ACCEPTED(RMI_RTT_UNMAP_UNPROTECTED, RD, ALIAS, 3);
	ACCEPTED(RMI_GRANULE_DELEGATE, pa);
}

static void undelegate(void **state)
{
	const struct call good = { RMI_GRANULE_UNDELEGATE, { delegated() } };

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_DELEGATED);
	memset(pa_to_ptr(good.a[0]), 0x5a, PAGE_SIZE);
	ACCEPTED(RMI_GRANULE_UNDELEGATE, good.a[0]);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(((u8 *)pa_to_ptr(good.a[0]))[i], 0);
	REFUSED(RMI_ERROR_INPUT, RMI_GRANULE_UNDELEGATE, good.a[0]);
}

/* ---- REALM_CREATE ---- */
static void create_granules(void **state)
{
	u64 p = realm_params(33, 2, 8);
	const struct call good = { RMI_REALM_CREATE, { delegated(), p } };
	u64 secret = delegated();

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_DELEGATED);
	WRONG_GRANULES(good, 1, GRANULE_NS);
	/* Good parameters in a page the host does not own: the model must not read them for it. */
	memcpy(pa_to_ptr(secret), pa_to_ptr(p), PAGE_SIZE);
	REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, good.a[0], secret);
	ACCEPTED(RMI_REALM_CREATE, good.a[0], p);
	assert_true(granule_is(good.a[0], GRANULE_RD));
}

struct param {
	u64 off, value;
};

static u64 get64(u64 pa, u64 off)
{
	u64 v;

	memcpy(&v, (u8 *)pa_to_ptr(pa) + off, sizeof(v));
	return v;
}

static void create_parameters(void **state)
{
	static const struct param wrong[] = {
		{ RMI_REALM_FLAGS, 1 },
		{ RMI_REALM_FLAGS, 1ULL << 63 },
		{ RMI_REALM_S2SZ, 0 },
		{ RMI_REALM_S2SZ, 255 },
		{ RMI_REALM_NUM_BPS, 0 },
		{ RMI_REALM_NUM_BPS, 6 },
		{ RMI_REALM_NUM_WPS, 0 },
		{ RMI_REALM_NUM_WPS, 4 },
		{ RMI_REALM_HASH_ALGO, 2 },
		{ RMI_REALM_HASH_ALGO, 255 },
		{ RMI_REALM_VMID, 256 },
		{ RMI_REALM_VMID, 0xffff },
		{ RMI_REALM_RTT_LEVEL, 1 },
		{ RMI_REALM_RTT_LEVEL, 3 },
		{ RMI_REALM_RTT_LEVEL, 1ULL << 32 | 2 },
		{ RMI_REALM_RTT_NUM, 0 },
		{ RMI_REALM_RTT_NUM, 7 },
		{ RMI_REALM_RTT_NUM, 9 },
		{ RMI_REALM_RTT_NUM, 0xffffffff },
		{ RMI_REALM_RTT_BASE, 0 },
		{ RMI_REALM_RTT_BASE, ~0ULL },
		{ RMI_REALM_RTT_BASE, NS_BASE },
	};
	u64 p = realm_params(33, 2, 8), r = delegated();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		u64 old = get64(p, wrong[i].off);

		put64(p, wrong[i].off, wrong[i].value);
		REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, r, p);
		put64(p, wrong[i].off, old);
	}
	put64(p, RMI_REALM_NUM_BPS, 5); /* what FEATURES offers at most */
	put64(p, RMI_REALM_NUM_WPS, 3);
	put64(p, RMI_REALM_HASH_ALGO, RSI_HASH_SHA512);
	put64(p, RMI_REALM_VMID, 255);
	ACCEPTED(RMI_REALM_CREATE, r, p);
}

/* Widths and start levels that fit each other in all but one way. */
static void create_geometry(void **state)
{
	static const struct {
		unsigned bits;
		u64 level, num;
	} wrong[] = {
		{ 31, 2, 2 },     /* narrower than 32 */
		{ 49, 0, 2 },     /* wider than offered */
		{ 35, 2, 32 },    /* more than 16 tables side by side */
		{ 39, 0, 1 },     /* one level too many */
		{ 33, ~0ULL, 1 }, /* LPA2 only */
	};
	u64 r = delegated();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		u64 p = realm_params(wrong[i].bits, wrong[i].level, 1);

		fake_next = align_up(fake_next, 32 * PAGE_SIZE);
		put64(p, RMI_REALM_RTT_NUM, wrong[i].num);
		put64(p, RMI_REALM_RTT_BASE, fake_next);
		for (u64 n = 0; n < wrong[i].num; n++)
			(void)delegated();
		REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, r, p);
	}
}

static void create_root(void **state)
{
	u64 p = realm_params(33, 2, 8), r = delegated(), base = get64(p, RMI_REALM_RTT_BASE);

	(void)state;
	/* All there, all delegated, but not aligned to the size of the root. */
	assert_int_equal(delegated(), base + 9 * PAGE_SIZE);
	put64(p, RMI_REALM_RTT_BASE, base + PAGE_SIZE);
	REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, zoo[GRANULE_DELEGATED], p);
	put64(p, RMI_REALM_RTT_BASE, base + 8);
	REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, zoo[GRANULE_DELEGATED], p);
	put64(p, RMI_REALM_RTT_BASE, base);
	/* The realm descriptor as one of its own tables. */
	REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, base, p);
	REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, base + 7 * PAGE_SIZE, p);
	/* One table of the root is the host's. */
	for (unsigned i = 0; i < 8; i++) {
		ACCEPTED(RMI_GRANULE_UNDELEGATE, base + i * PAGE_SIZE);
		REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, r, p);
		ACCEPTED(RMI_GRANULE_DELEGATE, base + i * PAGE_SIZE);
	}
	ACCEPTED(RMI_REALM_CREATE, r, p);
}

static void create_vmid(void **state)
{
	u64 p = realm_params(33, 2, 8), r = delegated();
	u64 p2 = realm_params(33, 2, 8), r2 = delegated();

	(void)state;
	put64(p, RMI_REALM_VMID, 200);
	put64(p2, RMI_REALM_VMID, 200);
	ACCEPTED(RMI_REALM_CREATE, r, p);
	REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, r2, p2); /* would share TLB entries */
	ACCEPTED(RMI_REALM_DESTROY, r);
	ACCEPTED(RMI_REALM_CREATE, r2, p2);
	/* A refused call has not taken the VMID it named. */
	put64(p, RMI_REALM_VMID, 201);
	put64(p, RMI_REALM_FLAGS, 1);
	REFUSED(RMI_ERROR_INPUT, RMI_REALM_CREATE, r, p);
	put64(p, RMI_REALM_FLAGS, 0);
	ACCEPTED(RMI_REALM_CREATE, r, p);
}

static void activate(void **state)
{
	const struct call good = { RMI_REALM_ACTIVATE, { RD } };

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	ACCEPTED(RMI_REALM_ACTIVATE, RD);
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 0), RMI_REALM_ACTIVATE, RD);
}

/* ---- REALM_DESTROY ---- */
static void destroy_busy(void **state)
{
	const struct call good = { RMI_REALM_DESTROY, { RD } };
	const u64 busy = RMI_STATUS(RMI_ERROR_REALM, 0);
	u64 root = realm_of(RD)->rtt_base;

	(void)state;
	WRONG_GRANULES(good, 0, GRANULE_RD);
	REFUSED(busy, RMI_REALM_DESTROY, RD);
	ACCEPTED(RMI_REC_DESTROY, zoo[GRANULE_REC]);
	REFUSED(busy, RMI_REALM_DESTROY, RD); /* a table is left */
	ACCEPTED(RMI_DATA_DESTROY, RD, RAM);
	ACCEPTED(RMI_RTT_DESTROY, RD, RAM, 3);
	ACCEPTED(RMI_REALM_DESTROY, RD);
	assert_true(granule_is(RD, GRANULE_DELEGATED));
	for (unsigned i = 0; i < 8; i++)
		assert_true(granule_is(root + i * PAGE_SIZE, GRANULE_DELEGATED));
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(((u8 *)pa_to_ptr(RD))[i], 0);
	REFUSED(RMI_ERROR_INPUT, RMI_REALM_DESTROY, RD);
}

/* A block of host memory in the root itself. */
static void destroy_mapped(void **state)
{
	u64 r = realm_new(33, 2, 8), pa = NS_BASE + 6 * BLOCK_SIZE;

	(void)state;
	ACCEPTED(RMI_RTT_MAP_UNPROTECTED, r, W33 - BLOCK_SIZE, 2, pa | WB);
	REFUSED(RMI_STATUS(RMI_ERROR_REALM, 0), RMI_REALM_DESTROY, r);
	ACCEPTED(RMI_RTT_UNMAP_UNPROTECTED, r, W33 - BLOCK_SIZE, 2);
	ACCEPTED(RMI_REALM_DESTROY, r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(version, zoo_setup),
		cmocka_unit_test_setup(features, zoo_setup),
		cmocka_unit_test_setup(unknown_functions, zoo_setup),
		cmocka_unit_test_setup(delegate, zoo_setup),
		cmocka_unit_test_setup(delegate_mapped, zoo_setup),
		cmocka_unit_test_setup(undelegate, zoo_setup),
		cmocka_unit_test_setup(create_granules, zoo_setup),
		cmocka_unit_test_setup(create_parameters, zoo_setup),
		cmocka_unit_test_setup(create_geometry, zoo_setup),
		cmocka_unit_test_setup(create_root, zoo_setup),
		cmocka_unit_test_setup(create_vmid, zoo_setup),
		cmocka_unit_test_setup(activate, zoo_setup),
		cmocka_unit_test_setup(destroy_busy, zoo_setup),
		cmocka_unit_test_setup(destroy_mapped, zoo_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
