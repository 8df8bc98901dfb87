/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fw_cfg of a host that says what it likes: sizes and counts are bounded, buffers keep their ends.
 * sources: drivers/x86_64/fw_cfg.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cvm.h"
#include "x86_64/devices.h"

/* ---- the device: items with content, zeros behind their end ---- */
struct item {
	const u8 *data;
	size_t size;
};

static struct item items[0x100];
static u16 selected;
static size_t offset, reads;
struct cvm cvm;

static void fake_out(u16 port, unsigned width, u32 value)
{
	assert_int_equal(port, 0x510);
	assert_int_equal(width, 2);
	selected = (u16)value;
	offset = 0;
}

static u32 fake_in(u16 port, unsigned width)
{
	const struct item *i = &items[selected % ARRAY_SIZE(items)];

	assert_int_equal(port, 0x511);
	assert_int_equal(width, 1);
	reads++;
	return offset < i->size ? i->data[offset++] : 0;
}

static const struct cvm_ops fake_ops = { .port_in = fake_in, .port_out = fake_out };

static void set(u16 key, const void *data, size_t size)
{
	items[key] = (struct item){ data, size };
}

static u8 directory[4 + 300 * 64];

static void put_big(u8 *p, u32 v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (u8)(v >> (8 * (bytes - 1 - i)));
}

static u8 *entry(unsigned i)
{
	return directory + 4 + 64 * i;
}

static void add_file(const char *name, u16 key, u32 size)
{
	u32 n = (u32)directory[2] << 8 | directory[3];

	memset(entry(n), 0, 64);
	put_big(entry(n), size, 4);
	put_big(entry(n) + 4, key, 2);
	memcpy(entry(n) + 8, name, strlen(name));
	put_big(directory, n + 1, 4);
}

static void reset(void)
{
	cvm.ops = &fake_ops;
	memset(items, 0, sizeof(items));
	memset(directory, 0, sizeof(directory));
	reads = 0;
	set(0, "QEMU", 4);
	set(0x19, directory, sizeof(directory));
}

static void test_find(void **state)
{
	reset();
	assert_int_equal(fw_cfg_find(), ST_OK);
	set(0, "QEMX", 4);
	assert_int_equal(fw_cfg_find(), ST_NOT_FOUND);
	set(0, "\xff\xff\xff\xff", 4);
	assert_int_equal(fw_cfg_find(), ST_NOT_FOUND);
	set(0, "", 0);
	assert_int_equal(fw_cfg_find(), ST_NOT_FOUND);
}

static void test_file(void **state)
{
	u8 buf[20];
	size_t len = 16;

	reset();
	add_file("bootorder", 0x20, 3);
	add_file("etc/e820", 0x21, 12);
	add_file("etc/e820x", 0x22, 1);
	set(0x21, "hello, world", 12);
	memset(buf, 0xa5, sizeof(buf));
	assert_int_equal(fw_cfg_file("etc/e820", buf, &len), ST_OK);
	assert_int_equal(len, 12);
	assert_memory_equal(buf, "hello, world\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5", 20);

	len = 12;
	assert_int_equal(fw_cfg_file("etc/e820", buf, &len), ST_OK);
	len = 11;
	assert_int_equal(fw_cfg_file("etc/e820", buf, &len), ST_TOO_MANY);
	len = 16;
	assert_int_equal(fw_cfg_file("etc/e8", buf, &len), ST_NOT_FOUND);
	assert_int_equal(fw_cfg_file("", buf, &len), ST_NOT_FOUND);
	/* The size is the host's word, the bytes need not be there. */
	set(0x21, "hello", 5);
	len = 16;
	assert_int_equal(fw_cfg_file("etc/e820", buf, &len), ST_OK);
	assert_int_equal(len, 12);
	assert_memory_equal(buf, "hello\0\0\0\0\0\0\0", 12);
}

static void test_file_size(void **state)
{
	u8 buf[4] = { 1, 2, 3, 4 };
	size_t len = sizeof(buf);

	reset();
	add_file("a", 0x20, 0xffffffff);
	add_file("b", 0x21, 0);
	assert_int_equal(fw_cfg_file("a", buf, &len), ST_TOO_MANY);
	assert_int_equal(len, sizeof(buf));
	assert_int_equal(fw_cfg_file("b", buf, &len), ST_OK);
	assert_int_equal(len, 0);
	assert_memory_equal(buf, "\1\2\3\4", 4);
}

static void test_directory(void **state)
{
	u8 buf[4];
	size_t len = sizeof(buf);

	reset();
	assert_int_equal(fw_cfg_file("a", buf, &len), ST_NOT_FOUND);
	put_big(directory, FW_CFG_FILES_MAX, 4);
	assert_int_equal(fw_cfg_file("a", buf, &len), ST_NOT_FOUND);
	reads = 0;
	put_big(directory, FW_CFG_FILES_MAX + 1, 4);
	assert_int_equal(fw_cfg_file("a", buf, &len), ST_TOO_MANY);
	put_big(directory, 0xffffffff, 4);
	assert_int_equal(fw_cfg_file("a", buf, &len), ST_TOO_MANY);
	assert_int_equal(reads, 8); /* and it was not walked */
}

static void test_names(void **state)
{
	char longest[56];
	u8 buf[4];
	size_t len = sizeof(buf);

	reset();
	memset(longest, 'x', sizeof(longest));
	longest[55] = '\0';
	add_file(longest, 0x20, 1);
	assert_int_equal(fw_cfg_file(longest, buf, &len), ST_OK);
	/* No NUL: not a name, whatever comes after it in memory. */
	entry(0)[63] = 'x';
	assert_int_equal(fw_cfg_file(longest, buf, &len), ST_CORRUPT);
	reset();
	add_file("fixed", 0x15, 1);
	add_file("zero", 0, 1);
	len = sizeof(buf);
	assert_int_equal(fw_cfg_file("fixed", buf, &len), ST_CORRUPT);
	assert_int_equal(fw_cfg_file("zero", buf, &len), ST_CORRUPT);
}

static struct platform_info p;

static void machine(u32 claimed, const char *text, size_t size, u16 cpus)
{
	static u8 raw[4], n[2];

	memcpy(raw, &claimed, 4);
	memcpy(n, &cpus, 2);
	set(0x14, raw, 4);
	set(0x15, (const u8 *)text, size);
	set(0x05, n, 2);
	memset(&p, 0xa5, sizeof(p));
	fw_cfg_machine(&p);
}

static void test_cmdline(void **state)
{
	static char text[3000];

	reset();
	machine(10, "probe=rsi", 10, 1);
	assert_string_equal(p.cmdline, "probe=rsi");
	assert_false(p.cmdline_truncated);
	machine(0, "probe=rsi", 10, 1);
	assert_string_equal(p.cmdline, "");
	machine(5, "probe=rsi", 10, 1); /* no NUL inside */
	assert_string_equal(p.cmdline, "probe");
	assert_false(p.cmdline_truncated);
	memset(text, 'a', sizeof(text));
	machine(1024, text, 1023, 1);
	assert_int_equal(strlen(p.cmdline), 1023);
	machine(sizeof(text), text, sizeof(text), 1);
	assert_int_equal(strlen(p.cmdline), 1023);
	assert_true(p.cmdline_truncated);
	machine(0xffffffff, "short", 6, 1);
	assert_string_equal(p.cmdline, "short");
	assert_false(p.cmdline_truncated);
}

/* Where the platform has a string form, every byte goes by it. */
static void fake_string(u16 port, void *buf, size_t bytes)
{
	u8 *to = buf;

	for (size_t i = 0; i < bytes; i++)
		to[i] = (u8)fake_in(port, 1);
}

static void no_bytes(u16 port, void *buf, size_t bytes)
{
	memset(buf, 0xee, bytes);
}

static void test_string(void **state)
{
	struct cvm_ops ops = fake_ops;
	u8 buf[12];

	reset();
	cvm.ops = &ops;
	set(0x18, "hello, world", 12);
	ops.port_in_string = fake_string;
	fw_cfg_read(0x18, buf, sizeof(buf));
	assert_memory_equal(buf, "hello, world", 12);
	ops.port_in_string = no_bytes;
	reads = 0;
	fw_cfg_read(0x18, buf, sizeof(buf));
	assert_int_equal(buf[11], 0xee);
	assert_int_equal(reads, 0);
}

static void test_cpus(void **state)
{
	reset();
	machine(0, "", 0, 4);
	assert_int_equal(p.cpu_count, 4);
	assert_int_equal(p.cpu_ignored, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(p.cpu_hwid[i], i);
	machine(0, "", 0, 0);
	assert_int_equal(p.cpu_count, 1);
	machine(0, "", 0, 0xffff);
	assert_int_equal(p.cpu_count, SMP_MAX_CPUS);
	assert_int_equal(p.cpu_ignored, 0xffff - SMP_MAX_CPUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),      cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_size), cmocka_unit_test(test_directory),
		cmocka_unit_test(test_names),     cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_cpus),      cmocka_unit_test(test_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
