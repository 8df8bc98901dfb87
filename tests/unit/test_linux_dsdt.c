/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSDT, taken apart by a reader of the part of AML that it may have (ACPI 6.5 chapter 20): a
 * namespace of constants. A method, an operation region or any other opcode fails the test.
 * sources: boot/linux/x86_64/dsdt.c lib/range.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/linux/x86_64/dsdt.h"

#define NAMES_MAX 16

static u8 aml[DSDT_AML_MAX + 16];
static size_t aml_size;
static struct platform_info machine;
static struct acpi_in in;

/* Every Name, with its path and what it is set to. */
static struct name {
	char path[32];
	enum { INTEGER, BUFFER, PACKAGE } kind;
	u64 value;
	struct bytes data; /* of the buffer; elements of the package */
} names[NAMES_MAX];
static unsigned count;

struct cursor {
	const u8 *at, *end;
};

static u8 next(struct cursor *c)
{
	assert_true(c->at < c->end);
	return *c->at++;
}

static u64 next_number(struct cursor *c, unsigned bytes)
{
	u64 v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (u64)next(c) << (8 * i);
	return v;
}

/* PkgLength: the cursor over what it spans; c moves behind that. */
static struct cursor package(struct cursor *c)
{
	const u8 *start = c->at;
	u8 lead = next(c);
	u64 length = lead & 0x3f;
	struct cursor inner;

	if (lead >> 6 != 0)
		length = (lead & 0xf) | next_number(c, lead >> 6) << 4;
	assert_true(length >= (u64)(c->at - start) && length <= (u64)(c->end - start));
	inner = (struct cursor){ c->at, start + length };
	c->at = inner.end;
	return inner;
}

/* A NameString of one segment, appended to the scope it is in, or to the root. */
static void next_path(struct cursor *c, const char *scope, char out[32])
{
	u8 first = next(c);

	if (first == '\\') {
		scope = "";
		first = next(c);
	}
	assert_true(strlen(scope) + 6 <= 32);
	strcpy(out, scope);
	strcat(out, ".");
	strncat(out, (const char *)&first, 1);
	for (unsigned i = 0; i < 3; i++) {
		const char letter[2] = { (char)next(c), 0 };

		strcat(out, letter);
	}
}

static u64 next_integer(struct cursor *c)
{
	switch (next(c)) {
	case 0x00:
		return 0;
	case 0x01:
		return 1;
	case 0x0a:
		return next_number(c, 1);
	case 0x0b:
		return next_number(c, 2);
	case 0x0c:
		return next_number(c, 4);
	case 0x0e:
		return next_number(c, 8);
	default:
		fail_msg("not a constant: %02x", c->at[-1]);
		return 0;
	}
}

static void next_name(struct cursor *c, const char *scope)
{
	struct name *n = &names[count++];
	struct cursor inner;

	assert_true(count <= NAMES_MAX);
	next_path(c, scope, n->path);
	if (*c->at == 0x11) {
		c->at++;
		inner = package(c);
		n->kind = BUFFER;
		n->value = next_integer(&inner);
	} else if (*c->at == 0x12) {
		c->at++;
		inner = package(c);
		n->kind = PACKAGE;
		n->value = next(&inner);
	} else {
		n->kind = INTEGER;
		n->value = next_integer(c);
		return;
	}
	n->data = (struct bytes){ inner.at, (size_t)(inner.end - inner.at) };
}

static void terms(struct cursor c, const char *scope)
{
	char path[32];
	struct cursor inner;

	while (c.at < c.end) {
		u8 opcode = next(&c);

		switch (opcode) {
		case 0x08:
			next_name(&c, scope);
			break;
		case 0x5b:
			assert_int_equal(next(&c), 0x82); /* Device */
							  /* fallthrough */
		case 0x10:                                /* Scope */
			inner = package(&c);
			next_path(&inner, scope, path);
			terms(inner, path);
			break;
		default:
			fail_msg("opcode %02x in %s", opcode, scope);
		}
	}
}

static void build(void)
{
	memset(aml, 0xee, sizeof(aml));
	memset(names, 0, sizeof(names));
	count = 0;
	aml_size = dsdt_aml(aml, &in);
	assert_true(aml_size <= DSDT_AML_MAX);
	for (size_t i = aml_size; i < sizeof(aml); i++)
		assert_int_equal(aml[i], 0xee);
	terms((struct cursor){ aml, aml + aml_size }, "");
}

static const struct name *find(const char *path)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i].path, path) == 0)
			return &names[i];
	return NULL;
}

static void assert_integer(const char *path, u64 value)
{
	const struct name *n = find(path);

	assert_non_null(n);
	assert_int_equal(n->kind, INTEGER);
	assert_int_equal(n->value, value);
}

/* Compressed EISA id (ACPI 6.5 section 19.3.4): 3 letters of 5 bits and 4 digits, big-endian. */
static u64 eisa_id(const char *text)
{
	u32 id = 0;

	for (unsigned i = 0; i < 3; i++)
		id = id << 5 | (u32)(text[i] - 0x40);
	id = id << 16 | (u32)strtoul(text + 3, NULL, 16);
	return __builtin_bswap32(id);
}

static int full(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.pci_mem32 = (struct range){ 0xc0000000, 0x20000000 };
	machine.pci_mem64 = (struct range){ 0x1000000000, 0x200000000 };
	in = (struct acpi_in){ .platform = &machine, .pm_base = 0x600 };
	return 0;
}

static void devices(void **state)
{
	(void)state;
	build();
	assert_integer("._SB_.PCI0._HID", eisa_id("PNP0A08"));
	assert_integer("._SB_.PCI0._CID", eisa_id("PNP0A03"));
	assert_integer("._SB_.PCI0._UID", 0);
	assert_integer("._SB_.PCI0._BBN", 0);
	assert_integer("._SB_.COM1._HID", eisa_id("PNP0501"));
	assert_integer("._SB_.COM1._UID", 1);
	assert_int_equal(count, 9);
}

static void power_off(void **state)
{
	const struct name *s5;

	(void)state;
	build();
	s5 = find("._S5_");
	assert_non_null(s5);
	assert_int_equal(s5->kind, PACKAGE);
	assert_int_equal(s5->value, 4);
	assert_memory_equal(s5->data.data, "\0\0\0\0", 4);
	assert_int_equal(s5->data.size, 4);
	in.pm_base = 0;
	build();
	assert_null(find("._S5_"));
	assert_int_equal(count, 8);
}

/* ---- resources (ACPI 6.5 section 6.4) ---- */

struct address_space {
	u8 type, flags, specific;
	u64 granularity, first, last, translation, length;
};

static struct cursor resources(const char *path)
{
	const struct name *n = find(path);

	assert_non_null(n);
	assert_int_equal(n->kind, BUFFER);
	assert_int_equal(n->value, n->data.size);
	return (struct cursor){ n->data.data, n->data.data + n->data.size };
}

static struct address_space next_space(struct cursor *c, u8 tag, unsigned bytes)
{
	struct address_space s;

	assert_int_equal(next(c), tag);
	assert_int_equal(next_number(c, 2), 3 + 5 * bytes);
	s.type = next(c);
	s.flags = next(c);
	s.specific = next(c);
	s.granularity = next_number(c, bytes);
	s.first = next_number(c, bytes);
	s.last = next_number(c, bytes);
	s.translation = next_number(c, bytes);
	s.length = next_number(c, bytes);
	/* Fixed at both ends (flags, bits 2 and 3), so the length is what lies between. */
	assert_int_equal(s.flags, 0x0c);
	assert_int_equal(s.granularity, 0);
	assert_int_equal(s.translation, 0);
	assert_int_equal(s.length, s.last - s.first + 1);
	return s;
}

static void assert_space(struct address_space s, u8 type, u8 specific, u64 first, u64 last)
{
	assert_int_equal(s.type, type);
	assert_int_equal(s.specific, specific);
	assert_int_equal(s.first, first);
	assert_int_equal(s.last, last);
}

static void next_ports(struct cursor *c, u16 base)
{
	assert_int_equal(next(c), 0x47);
	assert_int_equal(next(c), 1); /* 16 bits decoded */
	assert_int_equal(next_number(c, 2), base);
	assert_int_equal(next_number(c, 2), base);
	assert_int_equal(next(c), 1);
	assert_int_equal(next(c), 8);
}

static void assert_end(struct cursor *c)
{
	assert_int_equal(next(c), 0x79);
	assert_int_equal(next(c), 0); /* "checksum is fine" */
	assert_ptr_equal(c->at, c->end);
}

static struct cursor after_ports(void)
{
	struct cursor c = resources("._SB_.PCI0._CRS");

	assert_space(next_space(&c, 0x88, 2), 2, 0, 0, 255);
	next_ports(&c, 0xcf8);
	assert_space(next_space(&c, 0x88, 2), 1, 3, 0, 0xcf7);
	assert_space(next_space(&c, 0x88, 2), 1, 3, 0xd00, 0xffff);
	return c;
}

static void windows(void **state)
{
	struct cursor c;

	(void)state;
	build();
	c = after_ports();
	assert_space(next_space(&c, 0x87, 4), 0, 1, 0xc0000000, 0xdfffffff);
	assert_space(next_space(&c, 0x8a, 8), 0, 1, 0x1000000000, 0x11ffffffff);
	assert_end(&c);
}

static void window_to_4g(void **state)
{
	struct cursor c;

	(void)state;
	machine.pci_mem32 = (struct range){ 0x80000000, 0x80000000 };
	machine.pci_mem64.size = 0;
	build();
	c = after_ports();
	assert_space(next_space(&c, 0x87, 4), 0, 1, 0x80000000, 0xffffffff);
	assert_end(&c);
}

static void no_windows(void **state)
{
	struct cursor c;

	(void)state;
	machine.pci_mem32.size = 0;
	machine.pci_mem64.size = 0;
	build();
	c = after_ports();
	assert_end(&c);
}

static void serial_port(void **state)
{
	struct cursor c;

	(void)state;
	build();
	c = resources("._SB_.COM1._CRS");
	next_ports(&c, 0x3f8);
	assert_int_equal(next(&c), 0x22); /* no flags: edge, high, exclusive */
	assert_int_equal(next_number(&c, 2), 1 << 4);
	assert_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(devices, full),
		cmocka_unit_test_setup(power_off, full),
		cmocka_unit_test_setup(windows, full),
		cmocka_unit_test_setup(window_to_4g, full),
		cmocka_unit_test_setup(no_windows, full),
		cmocka_unit_test_setup(serial_port, full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
