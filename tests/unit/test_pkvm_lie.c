/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Hostile devicetrees of the pKVM host: each says one thing that is not so, and the guest's readers
 * meet every one of them here first.
 * sources: hosts/arm64/vmm/pkvm/lie.c drivers/fdt.c drivers/fdt_info.c drivers/fdt_msi.c drivers/msi_routes.c mm/memmap.c lib/range.c
 * libs: -lfdt
 * flags: -Ihosts -Ihosts/arm64
 */
/* clang-format on */
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/pkvm.h"
#include "devicetree.h"
#include "vmm/pkvm/lie.h"

#define RAM   0x80000000u
#define LIMIT BIT(40)

static const struct lie_facts facts = {
	.ram = { RAM, MIB(256) },
	.image = RAM + MIB(2),
	.device = 0x9000000,
};

static u8 blob[KIB(64)] ALIGNED(8), before[KIB(64)] ALIGNED(8);
static u64 x0;
static struct fdt_info info;
static struct memmap map;

static void node(const char *name, const char *compatible, u64 base, u64 size)
{
	u64 reg[] = { cpu_to_fdt64(base), cpu_to_fdt64(size), cpu_to_fdt64(base + size),
		      cpu_to_fdt64(size) };
	bool gic = strcmp(name, "intc") == 0;

	fdt_begin_node(blob, name);
	fdt_property_string(blob, strcmp(name, "memory") == 0 ? "device_type" : "compatible",
			    compatible);
	fdt_property(blob, "reg", reg, gic ? 32 : 16);
	if (gic)
		fdt_property_u32(blob, "#interrupt-cells", 3);
	if (strcmp(name, "pci") == 0) {
		fdt_property_u32(blob, "#address-cells", 3);
		fdt_property_u32(blob, "#size-cells", 2);
	}
	fdt_end_node(blob);
}

static int setup(void **state)
{
	memset(blob, 0, sizeof(blob));
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_u32(blob, "#address-cells", 2);
	fdt_property_u32(blob, "#size-cells", 2);
	fdt_begin_node(blob, "chosen");
	fdt_end_node(blob);
	node("memory", "memory", RAM, MIB(256));
	fdt_begin_node(blob, "cpus");
	fdt_property_u32(blob, "#address-cells", 1);
	fdt_property_u32(blob, "#size-cells", 0);
	fdt_begin_node(blob, "cpu@0");
	fdt_property_string(blob, "device_type", "cpu");
	fdt_property_u32(blob, "reg", 0);
	fdt_end_node(blob);
	fdt_end_node(blob);
	fdt_begin_node(blob, "psci");
	fdt_property_string(blob, "compatible", "arm,psci-1.0");
	fdt_property_string(blob, "method", "hvc");
	fdt_end_node(blob);
	node("intc", "arm,gic-v3", 0x8000000, 0x10000);
	node("its", "arm,gic-v3-its", 0x8080000, 0x20000);
	node("uart", "arm,pl011", 0x9000000, 0x1000);
	node("pci", "pci-host-ecam-generic", 0x30000000, MIB(1));
	node("virtio", "virtio,mmio", 0xa000000, 0x200);
	node("coop", "postern,coop", 0x9050000, 0x1000);
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	memcpy(before, blob, sizeof(blob));
	x0 = RAM;
	return 0;
}

static enum status lie(const char *name)
{
	setup(NULL);
	return lie_apply(name, blob, sizeof(blob), &facts, &x0);
}

/* What the guest's readers make of it. */
static enum status reading(const char *name)
{
	enum status st;

	assert_int_equal(lie(name), ST_OK);
	assert_int_equal(x0, RAM);
	st = fdt_validate(blob, sizeof(blob));
	if (st == ST_OK)
		st = fdt_read_info(blob, &info);
	return st == ST_OK ? fdt_read_memory(blob, &map, LIMIT) : st;
}

static void test_names(void **state)
{
	unsigned n = 0;

	for (const char *name; (name = lie_name(n)) != NULL; n++) {
		assert_int_equal(lie(name), ST_OK);
		/* Each changes something, and no two have one name. */
		assert_true(x0 != RAM || memcmp(blob, before, sizeof(blob)) != 0);
		assert_true(strlen(name) < 32);
		for (unsigned i = 0; i < n; i++)
			assert_string_not_equal(name, lie_name(i));
	}
	assert_in_range(n, 30, 60);
	assert_int_equal(lie("no-such-lie"), ST_NOT_FOUND);
	assert_int_equal(lie(""), ST_OK);
	assert_memory_equal(blob, before, sizeof(blob));
	assert_int_equal(x0, RAM);
}

static void test_x0(void **state)
{
	static const struct {
		const char *name;
		u64 x0;
	} want[] = {
		{ "x0-null", 0 },
		{ "x0-odd", RAM + 4 },
		{ "x0-image", RAM + MIB(2) },
		{ "x0-place", 0x7fd00000 },
		{ "x0-beyond", BIT(46) },
		{ "x0-device", 0x9000000 },
		{ "x0-nowhere", RAM + MIB(256) + GIB(1) },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(lie(want[i].name), ST_OK);
		assert_int_equal(x0, want[i].x0);
		assert_int_equal(fdt_check_full(blob, sizeof(blob)), 0);
	}
}

static void test_devices(void **state)
{
	assert_int_equal(reading("uart-in-ram"), ST_OK);
	assert_int_equal(info.uart_reg.base, RAM + MIB(192));
	assert_int_equal(info.uart_reg.size, 0x1000);
	assert_int_equal(reading("uart-in-image"), ST_OK);
	assert_int_equal(info.uart_reg.base, facts.image);
	assert_int_equal(reading("uart-beyond"), ST_OK);
	assert_int_equal(info.uart_reg.base, BIT(46));
	assert_int_equal(reading("gic-in-place"), ST_OK);
	assert_int_equal(info.gicd.base, 0x7fd00000);
	assert_int_equal(info.gicr.base, 0x8010000); /* the other window stays */
	assert_int_equal(reading("its-in-ram"), ST_OK);
	assert_int_equal(info.its.base, RAM + MIB(192));
	assert_int_equal(reading("pci-in-ram"), ST_OK);
	assert_int_equal(info.ecam.base, RAM + MIB(192));
	assert_int_equal(reading("virtio-in-ram"), ST_OK);
	assert_int_equal(info.virtio[0].reg.base, RAM + MIB(192));
	assert_int_equal(reading("coop-in-place"), ST_OK);
	assert_int_equal(info.coop.base, 0x7fd00000);
	assert_int_equal(reading("psci-smc"), ST_OK);
	assert_int_equal(info.conduit, FDT_CONDUIT_SMC);
	assert_int_equal(reading("initrd-over-image"), ST_OK);
	assert_int_equal(info.initrd.base, facts.image);
	assert_int_equal(info.initrd.size, MIB(1));
}

static void test_memory(void **state)
{
	assert_int_equal(reading("memory-over-place"), ST_OK);
	assert_int_equal(map.region[0].range.base, PVMFW_BASE);
	assert_int_equal(range_end(map.region[0].range), RAM + MIB(256));
	assert_int_equal(reading("memory-from-image"), ST_OK);
	assert_int_equal(map.region[0].range.base, facts.image);
	assert_int_equal(reading("memory-overflow"), ST_OVERFLOW);
	assert_int_equal(reading("memory-beyond"), ST_OVERFLOW);
	assert_int_equal(reading("memory-twice"), ST_OVERLAP);
	assert_int_equal(reading("memory-empty"), ST_NOT_FOUND);
	assert_int_equal(reading("memory-none"), ST_NOT_FOUND);
	assert_int_equal(reading("memory-more"), ST_OK);
	assert_int_equal(map.count, 2);
	assert_int_equal(reading("reserved-all"), ST_OK);
	assert_int_equal(memmap_total(&map, MEM_RAM), 0);
}

static void test_blob(void **state)
{
	assert_int_equal(reading("truncated"), ST_TRUNCATED);
	assert_int_equal(reading("oversize"), ST_OVERFLOW);
	assert_int_equal(reading("no-magic"), ST_CORRUPT);
	assert_int_equal(reading("cpu-twice"), ST_OVERLAP);
}

/* Nothing to lie about, or no room for the lie. */
static void test_refused(void **state)
{
	static const char *const about[] = { "uart-in-ram",    "gic-in-ram", "memory-none",
					     "psci-smc",       "cpu-twice",  "initrd-over-image",
					     "memory-overflow" };

	for (unsigned i = 0; i < ARRAY_SIZE(about); i++) {
		assert_int_equal(fdt_create_empty_tree(blob, sizeof(blob)), 0);
		assert_int_equal(lie_apply(about[i], blob, sizeof(blob), &facts, &x0),
				 ST_NOT_FOUND);
	}
	setup(NULL);
	assert_int_equal(lie_apply("reserved-all", blob, fdt_totalsize(blob), &facts, &x0),
			 ST_NO_MEMORY);
	setup(NULL);
	assert_int_equal(lie_apply("reserved-all", blob, 64, &facts, &x0), ST_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),   cmocka_unit_test(test_x0),
		cmocka_unit_test(test_devices), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_blob),    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
