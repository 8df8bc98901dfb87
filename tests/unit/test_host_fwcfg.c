/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hosts' reader of fw_cfg, before a device of the test's own whose directory is hostile.
 * sources: hosts/common/fwcfg.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/channel.h"
#include "common/fwcfg.h"

/* Written down from QEMU's docs/specs/fw_cfg, not from the code under test. */
#define KEY_SIGNATURE   0x0000
#define KEY_CPUS        0x0005
#define KEY_DIRECTORY   0x0019
#define KEY_FILE        0x0020
#define CONTROL_ERROR   0x01u
#define CONTROL_READ    0x02u
#define CONTROL_SELECT  0x08u
#define ENTRY_BYTES     64u
#define NAME_BYTES      56u
#define ENTRIES_ALLOWED 256u

static struct {
	char signature[5];
	u32 count; /* as the directory claims */
	u8 *entries;
	size_t entries_bytes;
	u16 cpus;
	u8 file[16];
	/* the device */
	bool absent;
	unsigned requests, fail_at; /* fail_at: that request ends with the error bit, 0: none */
	u16 key;
	size_t at;
	u32 last_length;
} dev;

static char panic_text[256];
static jmp_buf panic_jump;
static bool panic_expected;

void core_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(panic_text, sizeof(panic_text), fmt, ap);
	va_end(ap);
	if (!panic_expected)
		fail_msg("panic: %s", panic_text);
	panic_expected = false;
	longjmp(panic_jump, 1);
}

static u64 big_endian(const volatile u8 *p, unsigned bytes)
{
	u64 v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static void store_big_endian(volatile u8 *p, unsigned bytes, u64 v)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (u8)(v >> 8 * (bytes - 1 - i));
}

static u8 item_byte(u16 key, size_t at)
{
	switch (key) {
	case KEY_SIGNATURE:
		return at < 4 ? (u8)dev.signature[at] : 0;
	case KEY_CPUS:
		return at < 2 ? (u8)(dev.cpus >> 8 * at) : 0;
	case KEY_DIRECTORY:
		if (at < 4)
			return (u8)(dev.count >> 8 * (3 - at));
		return at - 4 < dev.entries_bytes ? dev.entries[at - 4] : 0;
	case KEY_FILE:
		return at < sizeof(dev.file) ? dev.file[at] : 0;
	default:
		fail_msg("nobody asked for item %#x", key);
		return 0;
	}
}

void core_fwcfg_dma(u64 request)
{
	volatile u8 *r = (volatile u8 *)(uintptr_t)request;
	u32 control = (u32)big_endian(r, 4);
	u8 *to = (u8 *)(uintptr_t)big_endian(r + 8, 8);

	dev.requests++;
	if (dev.absent)
		return;
	assert_int_equal(control & 0xffff & ~CONTROL_SELECT, CONTROL_READ);
	if ((control & CONTROL_SELECT) != 0) {
		dev.key = (u16)(control >> 16);
		dev.at = 0;
	}
	dev.last_length = (u32)big_endian(r + 4, 4);
	if (dev.requests == dev.fail_at) {
		store_big_endian(r, 4, CONTROL_ERROR);
		return;
	}
	for (u32 i = 0; i < dev.last_length; i++)
		to[i] = item_byte(dev.key, dev.at++);
	store_big_endian(r, 4, 0);
}

/* All entries empty: size 0, key 0, no name. */
static int reset(void **state)
{
	(void)state;
	free(dev.entries);
	memset(&dev, 0, sizeof(dev));
	memcpy(dev.signature, "QEMU", 5);
	dev.cpus = 0x0104;
	dev.entries_bytes = ENTRIES_ALLOWED * ENTRY_BYTES;
	dev.entries = calloc(ENTRIES_ALLOWED, ENTRY_BYTES);
	panic_text[0] = '\0';
	panic_expected = false;
	return dev.entries != NULL ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	free(dev.entries);
	dev.entries = NULL;
	return 0;
}

/* The name as it is, at most NAME_BYTES of it and then without a NUL. */
static void entry(unsigned n, const char *name, u32 size, u16 key)
{
	u8 *e = dev.entries + n * ENTRY_BYTES;
	size_t length = strlen(name);

	store_big_endian(e, 4, size);
	store_big_endian(e + 4, 2, key);
	store_big_endian(e + 6, 2, 0xffff); /* reserved: anything */
	memset(e + 8, 0, NAME_BYTES);
	memcpy(e + 8, name, MIN(length, (size_t)NAME_BYTES));
}

static void init(u32 count)
{
	dev.count = count;
	core_fwcfg_init();
}

/* Each of these returns by core_panic() only. */
static void init_refused(u32 count, const char *why)
{
	panic_expected = true;
	if (setjmp(panic_jump) == 0) {
		init(count);
		fail_msg("accepted, instead of: %s", why);
	}
	assert_string_equal(panic_text, why);
}

static void not_found(const char *name)
{
	char why[128];
	u16 key = 0x7777;

	snprintf(why, sizeof(why), "no fw_cfg file %s", name);
	panic_expected = true;
	if (setjmp(panic_jump) == 0) {
		core_fwcfg_find(name, &key);
		fail_msg("found %s", name);
	}
	assert_string_equal(panic_text, why);
	assert_int_equal(key, 0x7777);
}

static void found(const char *name, u32 size, u16 key)
{
	u16 got = 0;

	assert_int_equal(core_fwcfg_find(name, &got), size);
	assert_int_equal(got, key);
}

static void may_be_missing(void **state)
{
	size_t size = 7;
	u16 key = 7;

	entry(0, "opt/postern/kernel", 40, 0x0021);
	init(1);
	assert_false(core_fwcfg_has("opt/postern/initrd", &key, &size));
	assert_int_equal(size, 7);
	assert_int_equal(key, 7);
	assert_true(core_fwcfg_has("opt/postern/kernel", &key, &size));
	assert_int_equal(size, 40);
	assert_int_equal(key, 0x21);
}

static void finds_and_reads(void **state)
{
	u8 *copy = malloc(5); /* ASan stands behind it */

	entry(0, "etc/e820", 40, 0x0021);
	entry(1, "opt/postern/config", 0x01020304, KEY_FILE);
	entry(2, "opt/postern/guest", 0xffffffff, 0xfffe);
	memcpy(dev.file, "0123456789abcdef", sizeof(dev.file));
	init(3);
	assert_int_equal(core_fwcfg_cpus(), 0x0104);
	found("etc/e820", 40, 0x0021);
	found("opt/postern/config", 0x01020304, KEY_FILE);
	found("opt/postern/guest", 0xffffffff, 0xfffe);
	core_fwcfg_read(KEY_FILE, copy, 5);
	assert_memory_equal(copy, "01234", 5);
	core_fwcfg_read(KEY_FILE, copy, 2); /* from the start again */
	assert_memory_equal(copy, "01234", 5);
	free(copy);
}

static void count_is_bounded(void **state)
{
	static const u32 counts[] = { ENTRIES_ALLOWED + 1, 0x01000000, 0x04000000, 0xffffffff };
	char why[80];

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		snprintf(why, sizeof(why), "fw_cfg lists %u files, more than 256", counts[i]);
		dev.last_length = 0;
		init_refused(counts[i], why);
		assert_int_equal(dev.last_length, 4); /* the count came, no entry did */
	}
}

static void full_directory(void **state)
{
	char name[32];

	for (unsigned n = 0; n < ENTRIES_ALLOWED; n++) {
		snprintf(name, sizeof(name), "file/%u", n);
		entry(n, name, n, (u16)(0x100 + n));
	}
	init(ENTRIES_ALLOWED);
	assert_int_equal(dev.last_length, ENTRIES_ALLOWED * ENTRY_BYTES);
	found("file/0", 0, 0x100);
	found("file/255", 255, 0x1ff);
	not_found("file/256");
	not_found("file/25 ");
}

static void empty_directory(void **state)
{
	entry(0, "opt/postern/config", 1, KEY_FILE);
	init(0);
	assert_int_equal(dev.last_length, 0);
	not_found("opt/postern/config");
}

/* What an earlier directory left behind its new end is no file. */
static void ends_at_its_count(void **state)
{
	entry(0, "opt/a", 1, 0x21);
	entry(1, "opt/b", 2, 0x22);
	init(2);
	found("opt/b", 2, 0x22);
	init(1);
	found("opt/a", 1, 0x21);
	not_found("opt/b");
}

static void near_misses(void **state)
{
	entry(0, "opt/postern/confi", 1, 0x21);
	entry(1, "opt/postern/config2", 2, 0x22);
	entry(2, "opt/postern/config/", 3, 0x23);
	entry(3, "Opt/postern/config", 4, 0x24);
	entry(4, " opt/postern/config", 5, 0x25);
	entry(5, "", 6, 0x26);
	init(6);
	not_found("opt/postern/config");
	entry(6, "opt/postern/config", 7, 0x27);
	init(7);
	found("opt/postern/config", 7, 0x27);
}

/* No NUL in any name, nor right behind it, up to the last byte of a full directory. */
static void unterminated_names(void **state)
{
	char name[NAME_BYTES + 1];

	memset(name, 'x', NAME_BYTES);
	memcpy(name, "opt/postern/config", 18);
	name[NAME_BYTES] = '\0';
	for (unsigned n = 0; n < ENTRIES_ALLOWED; n++)
		entry(n, name, 0x41414141, (u16)n);
	init(ENTRIES_ALLOWED);
	not_found("opt/postern/config");
	not_found("opt/postern/configx");
	found(name, 0x41414141, 0); /* all 56 bytes are the name's */
}

/* A name twice: the first counts. */
static void first_of_two(void **state)
{
	entry(0, "opt/postern/guest", 1, 0x21);
	entry(1, "opt/postern/guest", 2, 0x22);
	init(2);
	found("opt/postern/guest", 1, 0x21);
}

static void no_device(void **state)
{
	static const char why[] = "no fw_cfg: this monitor runs on QEMU only";

	dev.absent = true;
	init_refused(0, why);
	dev.absent = false;
	memcpy(dev.signature, "QEMV", 5);
	init_refused(0, why);
	memcpy(dev.signature, "\0\0\0\0", 5);
	init_refused(0, why);
}

static void failing_requests(void **state)
{
	static const char *const why[] = {
		"no fw_cfg: this monitor runs on QEMU only",
		"fw_cfg: reading item 0x5 failed",
		"fw_cfg: reading item 0x19 failed",
		"fw_cfg: reading the directory failed",
	};
	u8 byte;

	for (unsigned n = 0; n < ARRAY_SIZE(why); n++) {
		dev.requests = 0;
		dev.fail_at = n + 1;
		init_refused(1, why[n]);
	}
	dev.fail_at = 0;
	init(1);
	dev.fail_at = dev.requests + 1;
	panic_expected = true;
	if (setjmp(panic_jump) == 0) {
		core_fwcfg_read(KEY_FILE, &byte, 1);
		fail_msg("a failed request passed");
	}
	assert_string_equal(panic_text, "fw_cfg: reading item 0x20 failed");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, reset, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_and_reads),    TEST(count_is_bounded),  TEST(full_directory),
		TEST(empty_directory),    TEST(ends_at_its_count), TEST(near_misses),
		TEST(unterminated_names), TEST(first_of_two),      TEST(no_device),
		TEST(failing_requests),   TEST(may_be_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
