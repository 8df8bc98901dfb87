/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What a bootloader leaves behind pvmfw: header, entries, and the DICE handover.
 * sources: drivers/arm64/pvmfw_config.c attest/arm64/dice.c attest/cbor.c
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "le.h"
#include "pvmfw.h"

#define ROOM 0x10000

struct entry {
	u32 offset, size;
};

/* A configuration of version 1.2 with all four blobs; a case changes one thing. */
struct spec {
	u32 magic;
	u16 minor, major;
	u32 total, flags;
	struct entry entry[PVMFW_ENTRIES];
	size_t len;
	u64 room;
};

static struct pvmfw_config config;

static struct spec good(void)
{
	return (struct spec){
		.magic = 0x666d7670,
		.minor = 2,
		.major = 1,
		.total = 0x200,
		.entry = { { 48, 100 }, { 152, 8 }, { 160, 1 }, { 168, 0x158 } },
		.len = PVMFW_HEAD_MAX,
		.room = ROOM,
	};
}

static enum status outcome(const struct spec *s)
{
	u8 head[PVMFW_HEAD_MAX];

	le_put(head, s->magic, 4);
	le_put(head + 4, s->minor, 2);
	le_put(head + 6, s->major, 2);
	le_put(head + 8, s->total, 4);
	le_put(head + 12, s->flags, 4);
	for (unsigned i = 0; i < PVMFW_ENTRIES; i++) {
		le_put(head + 16 + 8 * i, s->entry[i].offset, 4);
		le_put(head + 20 + 8 * i, s->entry[i].size, 4);
	}
	return pvmfw_config_read(head, s->len, s->room, &config);
}

static void test_good(void **state)
{
	struct spec s = good();

	s.flags = 0x80000001;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(config.minor, 2);
	assert_int_equal(config.total, 0x200);
	assert_int_equal(config.flags, 0x80000001); /* said, not refused */
	assert_int_equal(config.entries, 4);
	for (unsigned i = 0; i < PVMFW_ENTRIES; i++) {
		assert_int_equal(config.entry[i].offset, s.entry[i].offset);
		assert_int_equal(config.entry[i].size, s.entry[i].size);
	}
}

/* Each minor version up to 1.2 has one entry more; a later one is read as 1.2. */
static void test_versions(void **state)
{
	static const struct {
		u16 minor;
		unsigned entries;
		u32 first;
	} version[] = { { 0, 2, 32 }, { 1, 3, 40 }, { 2, 4, 48 }, { 3, 4, 48 }, { 0xffff, 4, 48 } };

	for (unsigned i = 0; i < ARRAY_SIZE(version); i++) {
		struct spec s = good();

		s.minor = version[i].minor;
		s.entry[0].offset = version[i].first;
		s.len = version[i].first; /* nothing behind the entries is needed */
		assert_int_equal(outcome(&s), ST_OK);
		assert_int_equal(config.entries, version[i].entries);
		assert_int_equal(config.entry[0].size, 100);
		for (unsigned n = config.entries; n < PVMFW_ENTRIES; n++)
			assert_int_equal(config.entry[n].size, 0);
		s.len--;
		assert_int_equal(outcome(&s), ST_TRUNCATED);
		s.len++;
		s.entry[0].offset -= 8; /* in the entries */
		assert_int_equal(outcome(&s), ST_OVERLAP);
	}
}

static void test_no_configuration(void **state)
{
	struct spec s = good();

	s.magic++;
	assert_int_equal(outcome(&s), ST_NOT_FOUND);
	s = good();
	s.len = PVMFW_CONFIG_HEADER - 1;
	assert_int_equal(outcome(&s), ST_NOT_FOUND);
	s = good();
	s.room = PVMFW_CONFIG_HEADER - 1;
	assert_int_equal(outcome(&s), ST_NOT_FOUND);
	s.room = 0; /* the file fills its place */
	assert_int_equal(outcome(&s), ST_NOT_FOUND);
}

static void test_refused(void **state)
{
	struct spec s = good();

	s.major = 2;
	assert_int_equal(outcome(&s), ST_UNSUPPORTED);
	s.major = 0;
	assert_int_equal(outcome(&s), ST_UNSUPPORTED);
	s = good();
	s.total = ROOM;
	assert_int_equal(outcome(&s), ST_OK);
	s.total++;
	assert_int_equal(outcome(&s), ST_RANGE);
	s.total = 0xffffffff;
	assert_int_equal(outcome(&s), ST_RANGE);
	s = good();
	s.total = 47;
	assert_int_equal(outcome(&s), ST_TRUNCATED);
	s.total = 0;
	assert_int_equal(outcome(&s), ST_TRUNCATED);
	s.total = 48; /* no blob at all */
	memset(s.entry, 0, sizeof(s.entry));
	assert_int_equal(outcome(&s), ST_CORRUPT);
}

static void test_blobs(void **state)
{
	struct spec s = good();

	s.entry[1].offset = 156;
	assert_int_equal(outcome(&s), ST_ALIGN);
	s = good();
	s.entry[1].offset = 144; /* in the handover's last bytes */
	assert_int_equal(outcome(&s), ST_OVERLAP);
	s = good();
	s.entry[2].offset = 168; /* two at one place; not ascending */
	s.entry[3].offset = 168;
	assert_int_equal(outcome(&s), ST_OVERLAP);
	s.entry[3].offset = 160;
	assert_int_equal(outcome(&s), ST_OVERLAP);
	s = good();
	s.entry[3].size++;
	assert_int_equal(outcome(&s), ST_RANGE);
	s.entry[3].size = 0xffffffff; /* their sum has no room in 32 bits */
	s.entry[3].offset = 0xfffffff8;
	assert_int_equal(outcome(&s), ST_RANGE);
	s.entry[3] = (struct entry){ 5, 0 }; /* absent: no matter where */
	s.entry[1] = (struct entry){ 0xfffffff8, 0 };
	assert_int_equal(outcome(&s), ST_OK);
	s.entry[0].size = 0;
	assert_int_equal(outcome(&s), ST_CORRUPT);
}

/* ---- handover ---- */

static u8 blob[256];
static size_t blob_size;
static struct dice_handover dice;

static void put(const void *bytes, size_t n)
{
	memcpy(blob + blob_size, bytes, n);
	blob_size += n;
}

static void put_byte(u8 b)
{
	put(&b, 1);
}

static void put_cdi(u8 label, u8 size)
{
	u8 cdi[64];

	memset(cdi, 0xc0 + label, sizeof(cdi));
	put_byte(label);
	put_byte(0x58);
	put_byte(size);
	put(cdi, size);
}

static enum status handover(void)
{
	return dice_handover_check((struct bytes){ blob, blob_size }, &dice);
}

/* {1: 32 bytes, 2: 32 bytes, 3: [{}, h'0102']} */
static void build(u8 pairs)
{
	static const u8 chain[] = { 3, 0x82, 0xa0, 0x42, 1, 2 };

	blob_size = 0;
	put_byte(0xa0 | pairs);
	put_cdi(1, 32);
	put_cdi(2, 32);
	if (pairs > 2)
		put(chain, sizeof(chain));
}

static void test_handover(void **state)
{
	build(3);
	assert_int_equal(handover(), ST_OK);
	assert_true(dice.has_chain);
	assert_int_equal(dice.chain_items, 2);
	assert_int_equal(dice.chain_bytes, 5);
	build(2);
	assert_int_equal(handover(), ST_OK);
	assert_false(dice.has_chain);
	assert_int_equal(dice.chain_bytes, 0);
	for (unsigned i = 0; i < 7; i++)
		put_byte(0);
	assert_int_equal(handover(), ST_OK); /* filled up */
	put_byte(0);
	assert_int_equal(handover(), ST_CORRUPT);
	build(2);
	put_byte(1);
	assert_int_equal(handover(), ST_CORRUPT);
}

static void test_handover_cut(void **state)
{
	build(3);
	for (size_t whole = blob_size--; blob_size > 0; blob_size--) {
		assert_true(blob_size < whole);
		assert_int_not_equal(handover(), ST_OK);
		assert_false(dice.has_chain);
	}
	assert_int_equal(handover(), ST_TRUNCATED);
}

static void test_handover_form(void **state)
{
	blob_size = 0;
	put_byte(0x82); /* an array */
	assert_int_equal(handover(), ST_CORRUPT);
	build(1);
	assert_int_equal(handover(), ST_CORRUPT);
	build(4);
	assert_int_equal(handover(), ST_CORRUPT);
	for (u8 label = 1; label <= 2; label++) {
		for (u8 size = 31; size <= 33; size++) {
			blob_size = 0;
			put_byte(0xa2);
			put_cdi(1, label == 1 ? size : 32);
			put_cdi(2, label == 2 ? size : 32);
			assert_int_equal(handover(), size == 32 ? ST_OK : ST_RANGE);
		}
	}
	blob_size = 0; /* the wrong way round */
	put_byte(0xa2);
	put_cdi(2, 32);
	put_cdi(1, 32);
	assert_int_equal(handover(), ST_CORRUPT);
	build(2);
	blob[2] = 0x78; /* text */
	assert_int_equal(handover(), ST_CORRUPT);
}

static void test_chain_form(void **state)
{
	const size_t at = 1 + 2 * 35;

	build(3);
	blob[at] = 4; /* another label */
	assert_int_equal(handover(), ST_CORRUPT);
	build(3);
	blob[at + 1] = 0xa1; /* a map */
	assert_int_equal(handover(), ST_CORRUPT);
	build(3);
	blob[at + 1] = 0x83; /* one item more than there are */
	assert_int_equal(handover(), ST_TRUNCATED);
	blob[at + 1] = 0x9f; /* of no said length */
	assert_int_equal(handover(), ST_CORRUPT);
	build(3);
	blob_size = at + 1;
	for (unsigned i = 0; i < 40; i++)
		put_byte(0x81);
	put_byte(0);
	assert_int_equal(handover(), ST_TOO_DEEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_no_configuration),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_blobs),
		cmocka_unit_test(test_handover),
		cmocka_unit_test(test_handover_cut),
		cmocka_unit_test(test_handover_form),
		cmocka_unit_test(test_chain_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
