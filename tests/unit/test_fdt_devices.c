/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * PCI host bridges, virtio transports and the control channel in a devicetree.
 * sources: drivers/fdt.c drivers/fdt_info.c drivers/fdt_msi.c drivers/msi_routes.c mm/memmap.c lib/range.c lib/status.c
 * libs: -lfdt
 */
/* clang-format on */
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "abi/coop.h"
#include "devicetree.h"

static u8 blob[KIB(32)] ALIGNED(8);
static struct fdt_info info;

/* One bridge as the virt machine has it; a case changes one thing. */
struct spec {
	u32 root_cells; /* of an address, of a size */
	u64 ecam[2];
	size_t reg_cells; /* 0: right */
	bool no_bus_range;
	u32 bus_range[2];
	size_t bus_range_cells;
	u32 address_cells, size_cells;
	u32 ranges[4][7];
	size_t range_cells; /* of all windows; 0: no property */
	unsigned bridges;
	unsigned virtio;
	u64 virtio_size;
	u32 interrupts[4];
	size_t interrupt_cells; /* 0: no property */
	unsigned coops;
	u64 coop[2];
	const char *status;
};

static struct spec good(void)
{
	return (struct spec){
		.root_cells = 2,
		.ecam = { 0x4010000000, 0x10000000 },
		.bus_range = { 0, 0xff },
		.bus_range_cells = 2,
		.address_cells = 3,
		.size_cells = 2,
		.ranges = {
			{ 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000 },
			{ 0x2000000, 0, 0x10000000, 0, 0x10000000, 0, 0x2eff0000 },
			{ 0x43000000, 0x80, 0, 0x80, 0, 0x80, 0 },
		},
		.range_cells = 21,
		.bridges = 1,
		.virtio = 2,
		.virtio_size = 0x200,
		.interrupts = { 0, 16, 1, 0 },
		.interrupt_cells = 3,
		.coops = 1,
		.coop = { 0x9050000, 0x1000 },
		.status = "okay",
	};
}

static void put_cells(const char *name, const u32 *v, size_t n)
{
	u8 raw[128];

	assert_true(n <= sizeof(raw) / 4);
	for (size_t i = 0; i < n; i++)
		fdt32_st(raw + 4 * i, v[i]);
	assert_int_equal(fdt_property(blob, name, raw, (int)(4 * n)), 0);
}

static void put_reg(const struct spec *s, u64 base, u64 size, size_t cells)
{
	const u32 wide[] = { (u32)(base >> 32), (u32)base, (u32)(size >> 32), (u32)size };
	const u32 narrow[] = { (u32)base, (u32)size };

	if (s->root_cells == 2)
		put_cells("reg", wide, cells != 0 ? cells : 4);
	else
		put_cells("reg", narrow, cells != 0 ? cells : 2);
}

static void put_bridge(const struct spec *s)
{
	fdt_begin_node(blob, "pcie@10000000");
	fdt_property_string(blob, "compatible", "pci-host-ecam-generic");
	fdt_property_string(blob, "status", s->status);
	fdt_property_u32(blob, "#address-cells", s->address_cells);
	fdt_property_u32(blob, "#size-cells", s->size_cells);
	if (!s->no_bus_range)
		put_cells("bus-range", s->bus_range, s->bus_range_cells);
	if (s->range_cells != 0)
		put_cells("ranges", &s->ranges[0][0], s->range_cells);
	put_reg(s, s->ecam[0], s->ecam[1], s->reg_cells);
	fdt_end_node(blob);
}

static void put_virtio(const struct spec *s, unsigned i)
{
	u32 irq[4];
	char name[32];

	memcpy(irq, s->interrupts, sizeof(irq));
	irq[1] += i;
	snprintf(name, sizeof(name), "virtio_mmio@%x", 0xa000000 + 0x200 * i);
	fdt_begin_node(blob, name);
	fdt_property_string(blob, "compatible", "virtio,mmio");
	put_reg(s, 0xa000000 + 0x200 * i, s->virtio_size, 0);
	if (s->interrupt_cells != 0)
		put_cells("interrupts", irq, s->interrupt_cells);
	fdt_end_node(blob);
}

static void put_coop(const struct spec *s, unsigned i)
{
	char name[32];

	snprintf(name, sizeof(name), "coop@%x", i);
	fdt_begin_node(blob, name);
	fdt_property_string(blob, "compatible", "postern,coop");
	fdt_property_string(blob, "status", s->status);
	put_reg(s, s->coop[0] + i * s->coop[1], s->coop[1], 0);
	fdt_end_node(blob);
}

static enum status outcome(const struct spec *s)
{
	memset(blob, 0, sizeof(blob));
	assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_u32(blob, "#address-cells", s->root_cells);
	fdt_property_u32(blob, "#size-cells", s->root_cells);
	for (unsigned i = 0; i < s->virtio; i++)
		put_virtio(s, i);
	for (unsigned i = 0; i < s->bridges; i++)
		put_bridge(s);
	for (unsigned i = 0; i < s->coops; i++)
		put_coop(s, i);
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	assert_int_equal(fdt_validate(blob, fdt_totalsize(blob)), ST_OK);
	return fdt_read_info(blob, &info);
}

static void test_good(void **state)
{
	struct spec s = good();

	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.ecam.base, 0x4010000000);
	assert_int_equal(info.ecam.size, MIB(256));
	assert_int_equal(info.pci_mem32.base, 0x10000000);
	assert_int_equal(info.pci_mem32.size, 0x2eff0000);
	assert_int_equal(info.pci_mem64.base, 0x8000000000);
	assert_int_equal(info.pci_mem64.size, 0x8000000000);
	assert_int_equal(info.virtio_count, 2);
	assert_int_equal(info.virtio[1].reg.base, 0xa000200);
	assert_int_equal(info.virtio[1].reg.size, 0x200);
	assert_int_equal(info.virtio[1].intid, 49);
}

static void test_variants(void **state)
{
	struct spec s = good();

	s.no_bus_range = true;
	s.range_cells = 0;
	s.interrupt_cells = 0;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.ecam.size, MIB(256));
	assert_int_equal(info.pci_mem32.size, 0);
	assert_int_equal(info.virtio[0].intid, 0);
	s = good();
	s.ecam[1] = GIB(1) + 5; /* more than 256 buses */
	s.interrupt_cells = 4;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.ecam.size, MIB(256));
	s = good();
	s.root_cells = 1;
	s.ecam[0] = 0x30000000;
	memcpy(s.ranges, (u32[]){ 0x2000000, 0, 0x10000000, 0x10000000, 0, 0x1000000 }, 24);
	s.range_cells = 6;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.ecam.base, 0x30000000);
	assert_int_equal(info.pci_mem32.base, 0x10000000);
	assert_int_equal(info.pci_mem32.size, 0x1000000);
	s = good(); /* the second bridge is not ours */
	s.bridges = 2;
	assert_int_equal(outcome(&s), ST_OK);
	s = good();
	s.status = "disabled";
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.ecam.size, 0);
	s = good();
	s.bus_range[0] = 1; /* where bus 0 would be, nothing is said */
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.ecam.size, 0);
}

static void test_windows(void **state)
{
	struct spec s = good();

	s.ranges[1][4] = 0x20000000; /* another address on the bus */
	memcpy(s.ranges[2], (u32[]){ 0x2000000, 0, 0x11000000, 0, 0x11000000, 0, 0x1000 }, 28);
	memcpy(s.ranges[3], (u32[]){ 0x2000000, 0, 0x12000000, 0, 0x12000000, 0, 0x1000 }, 28);
	s.range_cells = 28;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.pci_mem32.base, 0x11000000); /* the first that fits */
	assert_int_equal(info.pci_mem64.size, 0);
	s.ranges[1][5] = s.ranges[1][6] = 0;
	assert_int_equal(outcome(&s), ST_OVERFLOW);
	s = good();
	s.ranges[2][5] = 0xffffffff; /* wraps */
	s.ranges[2][6] = 0xffffffff;
	assert_int_equal(outcome(&s), ST_OVERFLOW);
	s = good();
	s.range_cells = 20;
	assert_int_equal(outcome(&s), ST_TRUNCATED);
	s = good();
	s.address_cells = 2;
	assert_int_equal(outcome(&s), ST_CORRUPT);
	s = good();
	s.size_cells = 1;
	assert_int_equal(outcome(&s), ST_CORRUPT);
}

static void test_bad_bridge(void **state)
{
	struct spec s = good();

	s.bus_range_cells = 1;
	assert_int_equal(outcome(&s), ST_CORRUPT);
	s = good();
	s.reg_cells = 3;
	assert_int_equal(outcome(&s), ST_TRUNCATED);
	s = good();
	s.ecam[0] += 0x1000;
	assert_int_equal(outcome(&s), ST_ALIGN);
	s = good();
	s.ecam[1] = 0xfffff;
	assert_int_equal(outcome(&s), ST_ALIGN);
	s = good();
	s.ecam[0] = 0xfffffffffff00000;
	s.ecam[1] = MIB(2);
	assert_int_equal(outcome(&s), ST_OVERFLOW);
}

static void test_bad_virtio(void **state)
{
	struct spec s = good();

	s.virtio = FDT_MAX_VIRTIO;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.virtio_count, FDT_MAX_VIRTIO);
	s.virtio++;
	assert_int_equal(outcome(&s), ST_TOO_MANY);
	s = good();
	s.virtio_size = 0x1ff;
	assert_int_equal(outcome(&s), ST_RANGE);
	s.virtio_size = 0;
	assert_int_equal(outcome(&s), ST_OVERFLOW);
	s = good();
	s.interrupt_cells = 2;
	assert_int_equal(outcome(&s), ST_TRUNCATED);
	s = good();
	s.interrupts[0] = 1; /* a CPU's own: not for a device */
	assert_int_equal(outcome(&s), ST_RANGE);
	s = good();
	s.virtio = 1;
	s.interrupts[1] = 988;
	assert_int_equal(outcome(&s), ST_RANGE);
	s.interrupts[1] = 987;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.virtio[0].intid, 1019);
}

static void test_coop(void **state)
{
	struct spec s = good();

	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.coop.base, 0x9050000);
	assert_int_equal(info.coop.size, COOP_MMIO_SIZE);
	s.coop[1] = 0x10000; /* one page of it is the channel; of several channels the first */
	s.coops = 2;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.coop.base, 0x9050000);
	assert_int_equal(info.coop.size, COOP_MMIO_SIZE);
	s.coop[1] = COOP_MMIO_SIZE - 1;
	assert_int_equal(outcome(&s), ST_RANGE);
	s.coop[0] = 0xfffffffffffff000;
	s.coop[1] = 0x1001;
	assert_int_equal(outcome(&s), ST_OVERFLOW);
	s = good();
	s.coops = 0;
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.coop.size, 0);
	s = good();
	s.status = "disabled";
	assert_int_equal(outcome(&s), ST_OK);
	assert_int_equal(info.coop.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),       cmocka_unit_test(test_variants),
		cmocka_unit_test(test_windows),    cmocka_unit_test(test_bad_bridge),
		cmocka_unit_test(test_bad_virtio), cmocka_unit_test(test_coop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
