/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile ACPI tables. The first byte chooses: raw bytes as memory, or tables built from the input
 * (known signatures, pointers that point, entries of known types), so that the fuzzer gets behind
 * the headers. Checksums are made right on the way in (an attacker can), or left wrong.
 * sources: drivers/acpi.c drivers/acpi_iort.c drivers/msi_routes.c lib/range.c
 */
#include <stdlib.h>
#include <string.h>

#include "acpi.h"
#include "input.h"
#include "msi_map.h"

#define BASE 0x1000u

struct tables {
	const u8 *data;
	size_t size;
	bool fix;
};

static void fix(u8 *p, size_t n, size_t at)
{
	u8 sum = 0;

	if (at >= n)
		return;
	for (size_t i = 0; i < n; i++)
		sum += p[i];
	p[at] -= sum;
}

static enum status read_tables(void *ctx, u64 addr, void *buf, size_t len)
{
	const struct tables *in = ctx;
	u32 claimed = 0;

	if (addr < BASE || addr - BASE > in->size || len > in->size - (addr - BASE))
		return ST_RANGE;
	memcpy(buf, in->data + (addr - BASE), len);
	if (!in->fix)
		return ST_OK;
	if (len == 20 || (len == 36 && memcmp(buf, "RSD PTR ", 8) == 0)) {
		fix(buf, 20, 8);
		if (len == 36)
			fix(buf, 36, 32);
		return ST_OK;
	}
	if (len >= 36)
		memcpy(&claimed, (u8 *)buf + 4, 4);
	if (claimed == len)
		fix(buf, len, 9);
	return ST_OK;
}

/* ---- tables from the input ---- */
#define TABLES      6
#define TABLE_BYTES 1024u

static u8 memory[256 + (1 + TABLES) * TABLE_BYTES];

static void put(u8 *p, u64 v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (u8)(v >> (8 * i));
}

/* Entries of the types a MADT reader knows, mostly of their own lengths. */
static void build_madt(u8 *t, size_t length)
{
	static const u8 kinds[][2] = { { 0, 8 },   { 9, 16 },  { 11, 80 }, { 12, 24 },
				       { 13, 24 }, { 14, 16 }, { 15, 20 } };
	size_t at = 44;
	u32 controllers = 0;

	while (at + 2 < length && input.left > 0) {
		u8 any_kind = byte(); /* half of them CPUs: few spoil what follows them */
		u8 k = any_kind % (any_kind < 128 ? ARRAY_SIZE(kinds) : 2);
		u8 n = kinds[k][1], odd = byte();

		t[at] = kinds[k][0];
		t[at + 1] = odd < 16 ? odd : n;
		for (size_t i = 2; i < n && at + i < length; i++)
			t[at + i] = byte();
		if (k < 2) /* enabled, or few CPUs would count */
			t[at + (k == 0 ? 4 : 8)] |= 1;
		if (kinds[k][0] == 15) /* an ITS that an IORT can name, mostly one of its own */
			put(t + at + 4, odd == 255 ? 0 : controllers++, 4);
		if (kinds[k][0] == 13 && odd < 240) /* SPIs that can be */
			put(t + at + 16, 0, 4);
		at += n;
	}
}

/* Nodes of the kinds that the reader follows, references to where nodes begin, small numbers. */
static void build_iort(u8 *t, size_t length)
{
	static const u8 kinds[] = { 0, 2, 4, 3, 1 };
	u32 node[8], at = 48;
	unsigned n = byte() % (ARRAY_SIZE(node) + 1), count = 0;

	for (; count < n && at + 128 <= length; count++) {
		u8 odd = byte(), kind = kinds[odd % ARRAY_SIZE(kinds)];
		u32 bytes = kind == 0 ? 24 + odd % 8 : 36 + 20 * (odd % 5);

		node[count] = at;
		t[at] = kind;
		put(t + at + 1, bytes, 2);
		if (kind == 0) {
			t[at + 16] = 1 + (odd == 0xff);
			t[at + 20] = byte() % 4;
		} else {
			t[at + 8] = odd % 5;
			t[at + 12] = 36;
		}
		at += bytes;
	}
	put(t + 36, count + (byte() == 0xff), 4);
	put(t + 40, 48, 4);
	for (unsigned i = 0; i < count; i++)
		for (u32 map = node[i] + 36; t[node[i]] != 0 && map + 20 <= length &&
					     map < node[i] + 36 + 20 * t[node[i] + 8];
		     map += 20) {
			t[map + 1] = byte();
			t[map + 5] = byte();
			t[map + 8 + byte() % 4] = byte();
			put(t + map + 12, node[byte() % count], 4);
			t[map + 16] = byte() == 0xff;
		}
}

static const char signatures[][5] = { "APIC", "IORT", "FACP", "SPCR", "GTDT", "MCFG" };

static void build_table(u8 *t, u8 which)
{
	const char *signature = signatures[which % ARRAY_SIZE(signatures)];
	size_t length = 36 + 4u * byte();

	if (length > TABLE_BYTES)
		length = TABLE_BYTES;
	memcpy(t, signature, 4);
	put(t + 4, byte() == 255 ? byte() * 0x01010101u : length, 4);
	t[8] = byte();
	if (memcmp(signature, "APIC", 4) == 0)
		build_madt(t, length);
	else if (memcmp(signature, "IORT", 4) == 0)
		build_iort(t, length);
	else
		for (size_t i = 36; i < length; i++)
			t[i] = byte();
}

/* `messages`: the first two are those that messages are read from. */
static size_t build(bool messages)
{
	unsigned tables = byte() % (TABLES + 1);
	u8 *xsdt = memory + 256;

	memset(memory, 0, sizeof(memory));
	memcpy(memory, "RSD PTR ", 8);
	memory[15] = 2;
	put(memory + 20, 36, 4);
	put(memory + 24, BASE + 256, 8);
	memcpy(xsdt, "XSDT", 4);
	put(xsdt + 4, 36 + 8 * tables, 4);
	for (unsigned i = 0; i < tables; i++) {
		put(xsdt + 36 + 8 * i, BASE + 256 + (i + 1) * TABLE_BYTES, 8);
		build_table(xsdt + (i + 1) * TABLE_BYTES, messages && i < 2 ? (u8)i : byte());
	}
	return sizeof(memory);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct platform_info out = { 0 };
	struct tables in;

	if (size < 1)
		return 0;
	in = (struct tables){ data + 1, size - 1, data[0] % 4 != 0 };
	if (data[0] >= 32) {
		input_start(data + 1, size - 1);
		in.size = build(data[0] >= 128);
		in.data = memory;
	}
	if (acpi_read(BASE, read_tables, &in, &out) != ST_OK)
		return 0;
	if (out.cpu_count > SMP_MAX_CPUS || out.uart > UART_NS16550_PORT)
		abort();
	if (out.gicr.size != 0 && range_check(out.gicr, 1, 0) != ST_OK)
		abort();
	if (out.ecam.size != 0 &&
	    (range_check(out.ecam, MIB(1), 0) != ST_OK || out.ecam.size > MIB(256)))
		abort();
	if (out.its.size != 0 && (out.v2m.size != 0 || range_check(out.its, 1, 0) != ST_OK))
		abort();
	if (out.v2m.size != 0 && range_check(out.v2m, 1, 0) != ST_OK)
		abort();
	check_spis(out.v2m_base, out.v2m_count);
	check_msi_map(out.msi_map, out.msi_map_count);
	for (unsigned i = 0; i < out.cpu_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (out.cpu_hwid[i] == out.cpu_hwid[j])
				abort();
	return 0;
}
