/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What the bootloader leaves behind pvmfw on the pKVM host, and how it gets into donated granules.
 * sources: hosts/arm64/pkvm/pvmfw.c attest/cbor.c
 * libs: -lbearssl -lfdt
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm
 */
/* clang-format on */
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attest/cbor.h"
#include "common/secret.h"
#include "le.h"
#include "pkvm/model.h"

#define BASE     0x7fc00000u
#define FILE_MAX MIB(2)

struct hyp_vm hyp_vm;

static u8 file[FILE_MAX];
static size_t file_size;
static u8 granule[KIB(64)];
static u8 place[MIB(2)];
static u8 watched[2][32];
static unsigned watched_count;

struct blob core_guest_image(void)
{
	return (struct blob){ file, file_size };
}

bool secret_watch_bytes(const u8 *bytes, size_t n)
{
	assert_int_equal(n, 32);
	assert_true(watched_count < 2);
	memcpy(watched[watched_count++], bytes, n);
	return true;
}

void *pa_to_ptr(u64 pa)
{
	assert_int_equal(pa, NS_BASE);
	return granule;
}

void core_panic(const char *fmt, ...)
{
	fail_msg("%s", fmt);
	abort();
}

static enum fault_id fault;

bool fault_on(enum fault_id f)
{
	return f == fault;
}

bool mutant_apply(const struct mutant_site *site, bool value)
{
	return value;
}

static int setup(void **state)
{
	hyp_vm = (struct hyp_vm){ .granule = KIB(4), .pvmfw = BASE, .profile = PKVM_ANDROID };
	watched_count = 0;
	fault = FAULT_NONE_;
	file_size = 10000;
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (u8)(i * 7 + (i >> 8) + 1);
	return 0;
}

/* The firmware's place as the guest would find it, donated granule by granule. */
static void fill(void)
{
	for (u64 at = 0; at < sizeof(place); at += hyp_vm.granule) {
		memset(granule, 0xd6, sizeof(granule));
		pvmfw_fill(BASE + at, NS_BASE);
		memcpy(place + at, granule, hyp_vm.granule);
	}
}

static u8 *made(enum pvmfw_config_kind kind, size_t at)
{
	setup(NULL);
	assert_int_equal(pvmfw_prepare(kind), ST_OK);
	fill();
	return place + at;
}

static void test_place(void **state)
{
	for (u64 size = KIB(4); size <= KIB(64); size *= 4) {
		setup(NULL);
		hyp_vm.granule = size;
		assert_int_equal(pvmfw_prepare(PVMFW_CONFIG_1_2), ST_OK);
		fill();
		assert_memory_equal(place, file, file_size);
		for (size_t i = file_size; i < 0x3000; i++)
			assert_int_equal(place[i], 0);
		assert_int_equal(le32(place + 0x3000), PVMFW_CONFIG_MAGIC);
		for (size_t i = 0x3000 + le32(place + 0x3008); i < sizeof(place); i++)
			assert_int_equal(place[i], 0);
	}
}

/* Beside the place, and half in it, the content is the host's. */
static void test_elsewhere(void **state)
{
	made(PVMFW_CONFIG_1_2, 0);
	memset(granule, 0xd6, sizeof(granule));
	pvmfw_fill(BASE - KIB(4), NS_BASE);
	pvmfw_fill(BASE + MIB(2), NS_BASE);
	hyp_vm.pvmfw += KIB(4);
	pvmfw_fill(BASE, NS_BASE);
	for (size_t i = 0; i < KIB(4); i++)
		assert_int_equal(granule[i], 0xd6);
}

static void test_room(void **state)
{
	file_size = MIB(2) - KIB(4);
	assert_int_equal(pvmfw_prepare(PVMFW_CONFIG_1_2), ST_OK);
	file_size++;
	watched_count = 0;
	assert_int_equal(pvmfw_prepare(PVMFW_CONFIG_1_2), ST_RANGE);
	assert_int_equal(pvmfw_prepare(PVMFW_CONFIG_NONE), ST_OK);
	file_size = MIB(2);
	assert_int_equal(pvmfw_prepare(PVMFW_CONFIG_NONE), ST_OK);
	watched_count = 0;
	assert_int_equal(pvmfw_prepare(PVMFW_CONFIG_1_0), ST_RANGE);
	/* What was refused fills nothing. */
	memset(granule, 0xd6, sizeof(granule));
	pvmfw_fill(BASE, NS_BASE);
	assert_int_equal(granule[0], 0xd6);
}

static void test_versions(void **state)
{
	static const struct {
		enum pvmfw_config_kind kind;
		u16 minor, major;
		unsigned entries;
	} want[] = {
		{ PVMFW_CONFIG_1_2, 2, 1, 4 }, { PVMFW_CONFIG_1_1, 1, 1, 3 },
		{ PVMFW_CONFIG_1_0, 0, 1, 2 }, { PVMFW_CONFIG_1_9, 9, 1, 4 },
		{ PVMFW_CONFIG_2_0, 0, 2, 2 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		const u8 *c = made(want[i].kind, 0x3000);
		u32 end = 16 + 8 * want[i].entries;

		assert_int_equal(le16(c + 4), want[i].minor);
		assert_int_equal(le16(c + 6), want[i].major);
		assert_int_equal(le32(c + 12), 0);
		for (unsigned n = 0; n < want[i].entries; n++) {
			u32 offset = le32(c + 16 + 8 * n), size = le32(c + 20 + 8 * n);

			assert_int_equal(size != 0, n == 0 || n == 3);
			if (size == 0)
				continue;
			assert_int_equal(offset, (end + 7) & ~7u);
			end = offset + size;
		}
		assert_int_equal(le32(c + 8), (end + 7) & ~7u);
	}
	made(PVMFW_CONFIG_NONE, 0);
	for (size_t i = file_size; i < sizeof(place); i++)
		assert_int_equal(place[i], 0);
}

static void test_fault(void **state)
{
	fault = FAULT_FW_CONFIG_ABSENT;
	assert_int_equal(pvmfw_prepare(PVMFW_CONFIG_1_2), ST_OK);
	fill();
	assert_memory_equal(place, file, file_size);
	for (size_t i = file_size; i < sizeof(place); i++)
		assert_int_equal(place[i], 0);
}

static void expect_cdi(struct cbor *c, s64 label, unsigned n)
{
	struct bytes v;
	s64 key;

	assert_int_equal(cbor_int(c, &key), ST_OK);
	assert_int_equal(key, label);
	assert_int_equal(cbor_bstr(c, &v), ST_OK);
	assert_int_equal(v.size, 32);
	assert_memory_equal(v.data, watched[n], 32);
}

/* Both secrets are looked for, differ, and are another firmware's others. */
static void test_handover(void **state)
{
	const u8 *c = made(PVMFW_CONFIG_1_2, 0x3000);
	struct cbor in = cbor_open((struct bytes){ c + le32(c + 16), le32(c + 20) });
	u8 before[2][32];
	u64 pairs;
	s64 key;

	assert_int_equal(cbor_map(&in, &pairs), ST_OK);
	assert_int_equal(pairs, 3);
	assert_int_equal(watched_count, 2);
	expect_cdi(&in, 1, 0);
	expect_cdi(&in, 2, 1);
	assert_int_equal(cbor_int(&in, &key), ST_OK);
	assert_int_equal(key, 3);
	assert_int_equal(cbor_skip(&in), ST_OK);
	assert_true(cbor_at_end(&in));
	assert_memory_not_equal(watched[0], watched[1], 32);
	memcpy(before, watched, sizeof(before));
	file[100]++;
	watched_count = 0;
	assert_int_equal(pvmfw_prepare(PVMFW_CONFIG_1_2), ST_OK);
	assert_memory_not_equal(watched[0], before[0], 32);
	assert_memory_not_equal(watched[1], before[1], 32);
}

static void test_reference(void **state)
{
	const u8 *c = made(PVMFW_CONFIG_1_2, 0x3000);
	u32 offset = le32(c + 16 + 24), size = le32(c + 20 + 24);

	assert_int_equal(fdt_check_full(c + offset, size), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_place, setup),
		cmocka_unit_test_setup(test_elsewhere, setup),
		cmocka_unit_test_setup(test_room, setup),
		cmocka_unit_test_setup(test_versions, setup),
		cmocka_unit_test_setup(test_fault, setup),
		cmocka_unit_test_setup(test_handover, setup),
		cmocka_unit_test_setup(test_reference, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
