/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this a protected VM of pKVM? Against machines without HVC, other hypervisors, KVM without
 * protection, and every lie about granule and guard.
 * sources: pkvm/detect.c pkvm/calls.c pkvm/status.c lib/range.c
 */
#include "fake_el2.h"

static struct handoff handoff;

static enum status detect(struct cvm *c)
{
	*c = (struct cvm){ 0 };
	handoff.el2 = false;
	el2.calls = 0;
	el2.enrolled = false;
	memset(&pkvm_info, 0, sizeof(pkvm_info));
	return pkvm_detect(c, &handoff);
}

static void upstream(void **state)
{
	struct cvm c;

	assert_int_equal(detect(&c), ST_OK);
	assert_int_equal(c.unusable, ST_OK);
	assert_int_equal(c.pte_private, 0);
	assert_int_equal(c.pte_shared, 0);
	assert_int_equal(c.dma_shared, 0);
	assert_int_equal(c.addr_bits, 40);
	assert_int_equal(c.addr_limit, BIT(40));
	assert_true(c.conduit_hvc);
	assert_true(c.has_psci);
	assert_int_equal(pkvm_info.features, 0x1d);
	assert_int_equal(pkvm_info.granule, PAGE_SIZE);
	assert_false(pkvm_info.ranges);
	assert_false(pkvm_info.enrolled);
	assert_true(pkvm_has(PKVM_MEM_SHARE));
	assert_false(pkvm_has(PKVM_MMIO_GUARD));
}

static void android(void **state)
{
	static const u64 granules[] = { KIB(4), KIB(16), KIB(64), MIB(2) };
	struct cvm c;

	for (size_t i = 0; i < ARRAY_SIZE(granules); i++) {
		el2_android(granules[i]);
		assert_int_equal(detect(&c), ST_OK);
		assert_int_equal(c.unusable, ST_OK);
		assert_int_equal(pkvm_info.granule, granules[i]);
		assert_true(pkvm_info.ranges);
		assert_true(pkvm_info.enrolled && el2.enrolled);
	}
}

/* ENROLL without a guard would cut us off from every device for good. */
static void enroll_needs_guard(void **state)
{
	struct cvm c;

	el2_android(PAGE_SIZE);
	el2.features &= ~PKVM_BIT(PKVM_MMIO_GUARD);
	assert_int_equal(detect(&c), ST_OK);
	assert_int_equal(c.unusable, ST_OK);
	assert_false(el2.enrolled || pkvm_info.enrolled);
	/* A guard without ENROLL is used and promises nothing. */
	el2.features = PKVM_FEATURES_UPSTREAM | PKVM_BIT(PKVM_MMIO_GUARD);
	assert_int_equal(detect(&c), ST_OK);
	assert_false(el2.enrolled || pkvm_info.enrolled);
	assert_true(pkvm_has(PKVM_MMIO_GUARD));
}

static void no_hypercalls(void **state)
{
	struct cvm c = { 0 };

	el2.undefined = true;
	assert_int_equal(detect(&c), ST_UNSUPPORTED);
	assert_int_equal(el2.calls, 0);
	/* With EL2 our own, HVC would be answered by our own vectors. */
	el2.undefined = false;
	handoff.el2 = true;
	assert_int_equal(pkvm_detect(&c, &handoff), ST_UNSUPPORTED);
	assert_int_equal(el2.calls, 0);
}

/* Nobody is asked more than it has shown to understand. */
static void other_hypervisors(void **state)
{
	static const u32 versions[] = { 0xffffffff, 0x10000, 0, 1, 0x80010001 };
	struct cvm c;

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		el2.version = versions[i];
		assert_int_equal(detect(&c), ST_UNSUPPORTED);
		assert_int_equal(el2.calls, 1);
	}
	el2.version = 0x20000;
	assert_int_equal(detect(&c), ST_OK);
	for (unsigned i = 0; i < 4; i++) {
		el2.uid[i] ^= 1;
		assert_int_equal(detect(&c), ST_UNSUPPORTED);
		assert_int_equal(el2.calls, 2);
		assert_int_equal(el2.last_fid, PKVM_VENDOR_UID);
		el2.uid[i] ^= 1;
	}
	memset(el2.uid, 0xff, sizeof(el2.uid)); /* not supported */
	assert_int_equal(detect(&c), ST_UNSUPPORTED);
}

/* Each of the three functions is needed; plain KVM has the same UID and none. */
static void plain_kvm(void **state)
{
	static const u32 needed[] = { PKVM_HYP_MEMINFO, PKVM_MEM_SHARE, PKVM_MEM_UNSHARE };
	struct cvm c;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		el2.features = PKVM_FEATURES_UPSTREAM & ~PKVM_BIT(needed[i]);
		assert_int_equal(detect(&c), ST_UNSUPPORTED);
		assert_int_equal(el2.last_fid, PKVM_FEATURES);
		assert_false(c.has_psci);
	}
	el2.features = 3;
	assert_int_equal(detect(&c), ST_UNSUPPORTED);
}

static u64 forged[4];
static u32 forged_fid;

static bool forge(struct smccc_regs *r)
{
	if (r->x[0] != forged_fid)
		return false;
	memcpy(r->x, forged, sizeof(forged));
	return true;
}

static enum status forged_detect(u32 fid, u64 x0, u64 x1, struct cvm *c)
{
	el2.answer = forge;
	forged_fid = fid;
	memcpy(forged, (u64[4]){ x0, x1, 0, 0 }, sizeof(forged));
	return detect(c);
}

/* "Not supported" is no set of 32 functions, however wide it comes. Upper halves do not count. */
static void features(void **state)
{
	struct cvm c;

	assert_int_equal(forged_detect(PKVM_FEATURES, ~0ULL, 0, &c), ST_UNSUPPORTED);
	assert_int_equal(forged_detect(PKVM_FEATURES, 0xffffffff, ~0ULL, &c), ST_UNSUPPORTED);
	assert_int_equal(forged_detect(PKVM_FEATURES, 0xffff00000000001d, 0xabc00000000, &c),
			 ST_OK);
	assert_int_equal(pkvm_info.features, 0x1d);
	assert_int_equal(forged_detect(PKVM_FEATURES, 0x1d, 1, &c), ST_OK);
	assert_int_equal(pkvm_info.features, 0x10000001d);
	/* A function of number 64 or more is none that we know, whatever bit it would fold to. */
	assert_false(pkvm_has(0xc6000043));
	assert_false(pkvm_has(0x8600ff04));
}

/* Protected, but not with these numbers: never plain, never used. The guard is left alone, so that
 * a console works to say it. */
static void bad_granules(void **state)
{
	static const u64 granules[] = { 0,       1,          3,      12,           2048,      4097,
					KIB(12), MIB(2) + 1, MIB(4), KIB(128) + 1, 1ULL << 62 };
	static const u64 negative[] = { 1ULL << 63, (u64)-1, (u64)-3, (u64)-77 };
	struct cvm c;

	el2_android(PAGE_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(granules); i++) {
		assert_int_equal(forged_detect(PKVM_HYP_MEMINFO, granules[i], 0, &c), ST_OK);
		assert_int_equal(c.unusable, ST_PROTOCOL);
		assert_int_equal(pkvm_info.granule, 0);
		assert_false(el2.enrolled || pkvm_info.enrolled);
		assert_true(c.has_psci && c.conduit_hvc); /* it can still leave */
	}
	for (size_t i = 0; i < ARRAY_SIZE(negative); i++) {
		assert_int_equal(forged_detect(PKVM_HYP_MEMINFO, negative[i], 0, &c), ST_OK);
		assert_int_not_equal(c.unusable, ST_OK);
		assert_false(el2.enrolled);
	}
	assert_int_equal(forged_detect(PKVM_HYP_MEMINFO, KIB(128), 2, &c), ST_OK);
	assert_int_equal(c.unusable, ST_OK); /* a granule of the future, other bits of R1 */
	assert_false(pkvm_info.ranges);
}

static void enroll_refused(void **state)
{
	static const u64 refusals[] = { (u64)-1, (u64)-3, 1, 1ULL << 32 };
	struct cvm c;

	el2_android(PAGE_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		el2.enroll = refusals[i];
		assert_int_equal(detect(&c), ST_OK);
		assert_int_not_equal(c.unusable, ST_OK);
		assert_false(pkvm_info.enrolled);
	}
}

static void address_bits(void **state)
{
	static const struct {
		u64 mmfr0;
		unsigned bits;
	} cases[] = { { 0, 32 }, { 1, 36 },  { 2, 40 },   { 5, 48 },
		      { 6, 32 }, { 15, 32 }, { 0xf2, 40 } };
	struct cvm c;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		el2.mmfr0 = cases[i].mmfr0;
		assert_int_equal(detect(&c), ST_OK);
		assert_int_equal(c.addr_bits, cases[i].bits);
		assert_int_equal(c.addr_limit, BIT(cases[i].bits));
	}
}

static void code_names(void **state)
{
	assert_int_equal(pkvm_status_of(0)->status, ST_OK);
	assert_int_equal(pkvm_status_of(-1)->status, ST_UNSUPPORTED);
	assert_int_equal(pkvm_status_of(-3)->status, ST_INVALID);
	assert_int_equal(pkvm_status_of(-2)->status, ST_PROTOCOL);
	assert_int_equal(pkvm_status_of(0xffffffff)->status, ST_PROTOCOL);
	assert_string_equal(pkvm_status_of(-3)->name, "INVALID_PARAMETER");
	assert_string_equal(trng_status_of(-3)->name, "NO_ENTROPY");
	/* What failed stays failed, whatever the code says. */
	assert_int_equal(pkvm_failed("a call", 0, 0), ST_PROTOCOL);
	assert_int_equal(pkvm_failed("a call", 0, -1), ST_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(upstream, el2_setup),
		cmocka_unit_test_setup(android, el2_setup),
		cmocka_unit_test_setup(enroll_needs_guard, el2_setup),
		cmocka_unit_test_setup(no_hypercalls, el2_setup),
		cmocka_unit_test_setup(other_hypervisors, el2_setup),
		cmocka_unit_test_setup(plain_kvm, el2_setup),
		cmocka_unit_test_setup(features, el2_setup),
		cmocka_unit_test_setup(bad_granules, el2_setup),
		cmocka_unit_test_setup(enroll_refused, el2_setup),
		cmocka_unit_test_setup(address_bits, el2_setup),
		cmocka_unit_test_setup(code_names, el2_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
