/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: hosts/arm64/vmm/dtb.c lib/print.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -lfdt
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "print.h"
#include "vmm/vmm.h"

struct vm vm;
struct host_config config;
static u8 blob[DTB_SIZE] ALIGNED(8);

/* lib/print.c writes there; nothing here prints. */
void console_write(const char *s, size_t n)
{
	(void)s;
	(void)n;
}

static size_t announced;
static unsigned lines;

void channel_hex(const char *name, const u8 *bytes, size_t n)
{
	assert_string_equal(name, "devicetree");
	assert_ptr_equal(bytes, blob + announced);
	assert_in_range(n, 1, KIB(4));
	announced += n;
	lines++;
}

static int setup(void **state)
{
	(void)state;
	memset(&config, 0, sizeof(config));
	config.cpus = 4;
	strcpy(config.append, "probe=rsi.* accept=lazy");
	vm.ram = (struct range){ 0x40000000, GIB(3) };
	vm.map = (struct machine_map){
		.gicd = 0x08000000, .gicr = 0x080a0000, .uart = 0x09000000, .uart_spi = 1
	};
	return 0;
}

static void build(void)
{
	memset(blob, 0xff, sizeof(blob));
	assert_int_equal(dtb_build(blob, sizeof(blob)), ST_OK);
	assert_int_equal(fdt_check_full(blob, sizeof(blob)), 0);
}

static u64 cell64(const char *path, const char *prop, size_t index)
{
	int node = fdt_path_offset(blob, path), len;
	const fdt32_t *v = node < 0 ? NULL : fdt_getprop(blob, node, prop, &len);

	assert_non_null(v);
	if (!v || len < (int)(8 * (index + 1)))
		return ~0ULL;
	return (u64)fdt32_to_cpu(v[2 * index]) << 32 | fdt32_to_cpu(v[2 * index + 1]);
}

static const char *string(const char *path, const char *prop)
{
	return fdt_getprop(blob, fdt_path_offset(blob, path), prop, NULL);
}

static void test_contents(void **state)
{
	(void)state;
	build();
	assert_string_equal(string("/chosen", "bootargs"), config.append);
	assert_string_equal(string("/chosen", "stdout-path"), "/pl011@9000000");
	assert_true(cell64("/memory@40000000", "reg", 0) == vm.ram.base);
	assert_true(cell64("/memory@40000000", "reg", 1) == vm.ram.size);
	assert_string_equal(string("/psci", "method"), "smc");
	assert_true(cell64("/intc@8000000", "reg", 0) == vm.map.gicd);
	assert_true(cell64("/intc@8000000", "reg", 2) == vm.map.gicr);
	assert_true(cell64("/intc@8000000", "reg", 3) == 4 * VGIC_GICR_STRIDE);
	assert_true(cell64("/pl011@9000000", "reg", 0) == vm.map.uart);
	assert_true(fdt_path_offset(blob, "/cpus/cpu@3") > 0);
	assert_true(fdt_path_offset(blob, "/cpus/cpu@4") < 0);
}

static void test_protected_vm(void **state)
{
	(void)state;
	build();
	assert_true(fdt_node_offset_by_compatible(blob, -1, "postern,coop") < 0);
	vm.map.hvc = true;
	vm.map.coop = 0x0b000000;
	build();
	assert_string_equal(string("/psci", "method"), "hvc");
	assert_string_equal(string("/coop@b000000", "compatible"), "postern,coop");
	assert_true(cell64("/coop@b000000", "reg", 0) == vm.map.coop);
	assert_true(cell64("/coop@b000000", "reg", 1) == 0x1000);
}

/* As bytes of hexadecimal digits, in lines that a channel takes. */
static void test_announced(void **state)
{
	(void)state;
	memset(config.append, 'a', sizeof(config.append) - 1);
	config.cpus = 8;
	build();
	announced = lines = 0;
	dtb_announce(blob);
	assert_int_equal(announced, fdt_totalsize(blob));
	assert_int_equal(lines, (announced + KIB(4) - 1) / KIB(4));
}

static void test_padding(void **state)
{
	(void)state;
	build();
	for (size_t i = fdt_totalsize(blob); i < sizeof(blob); i++)
		assert_int_equal(blob[i], 0);
}

static void test_kvmtool_console(void **state)
{
	(void)state;
	config.console = GUEST_CONSOLE_NS16550;
	vm.map.uart = 0x01000000;
	build();
	assert_string_equal(string("/U6_16550A@1000000", "compatible"), "ns16550a");
	assert_string_equal(string("/chosen", "stdout-path"), "/U6_16550A@1000000");
	assert_true(fdt_path_offset(blob, "/apb-pclk") < 0);
}

static void test_no_console(void **state)
{
	(void)state;
	config.console = GUEST_CONSOLE_NONE;
	build();
	assert_true(fdt_path_offset(blob, "/pl011@9000000") < 0);
	assert_null(string("/chosen", "stdout-path"));
}

static void test_reversed(void **state)
{
	int cpus;

	(void)state;
	config.dt_reversed = true;
	build();
	assert_true(fdt_path_offset(blob, "/chosen") > fdt_path_offset(blob, "/psci"));
	assert_true(fdt_path_offset(blob, "/psci") > fdt_path_offset(blob, "/intc@8000000"));
	cpus = fdt_path_offset(blob, "/cpus");
	assert_string_equal(fdt_get_name(blob, fdt_first_subnode(blob, cpus), NULL), "cpu@3");
}

static u32 cell(const char *path, const char *prop, size_t index)
{
	int len = 0;
	const fdt32_t *v = fdt_getprop(blob, fdt_path_offset(blob, path), prop, &len);

	assert_non_null(v);
	assert_true(len >= (int)(4 * (index + 1)));
	return v == NULL ? ~0u : fdt32_to_cpu(v[index]);
}

static void test_devices(void **state)
{
	static const char pcie[] = "/pcie@3f000000", vsock[] = "/virtio_mmio@a003e00";
	static const u32 ranges[] = { 0x02000000, 0, 0x10000000, 0, 0x10000000, 0, 0x2edf0000 };
	static const char *const nothing_of[] = { "interrupt-map", "msi-parent", "iommu-map" };

	(void)state;
	vm.map.devices = true;
	build();
	assert_string_equal(string(pcie, "compatible"), "pci-host-ecam-generic");
	assert_string_equal(string(pcie, "device_type"), "pci");
	assert_true(cell64(pcie, "reg", 0) == 0x3f000000);
	assert_true(cell64(pcie, "reg", 1) == MIB(1));
	assert_int_equal(cell(pcie, "#address-cells", 0), 3);
	assert_int_equal(cell(pcie, "#size-cells", 0), 2);
	assert_true(cell64(pcie, "bus-range", 0) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		assert_int_equal(cell(pcie, "ranges", i), ranges[i]);
	assert_non_null(string(pcie, "dma-coherent"));
	for (size_t i = 0; i < ARRAY_SIZE(nothing_of); i++)
		assert_null(string(pcie, nothing_of[i]));
	assert_string_equal(string(vsock, "compatible"), "virtio,mmio");
	assert_true(cell64(vsock, "reg", 0) == 0x0a003e00);
	assert_true(cell64(vsock, "reg", 1) == 0x200);
	assert_int_equal(cell(vsock, "interrupts", 0), 0);
	assert_int_equal(cell(vsock, "interrupts", 1), 47);
	assert_int_equal(cell(vsock, "interrupts", 2), 4);
	assert_non_null(string(vsock, "dma-coherent"));
}

/* The one node below the GIC that takes messages; NULL: there is none. */
static const char *controller(const char *compatible)
{
	int node = fdt_node_offset_by_compatible(blob, -1, compatible);
	static char path[64];

	if (node < 0)
		return NULL;
	assert_int_equal(fdt_get_path(blob, node, path, sizeof(path)), 0);
	assert_true(fdt_node_offset_by_compatible(blob, node, compatible) < 0);
	assert_non_null(strstr(path, "/intc@8000000/"));
	assert_non_null(string(path, "msi-controller"));
	return path;
}

/* Every requester to the controller, as itself. */
static void all_mapped_to(const char *path)
{
	static const char pcie[] = "/pcie@3f000000";
	int len = 0;

	assert_int_equal(cell(pcie, "msi-map", 0), 0);
	assert_int_equal(cell(pcie, "msi-map", 1), cell(path, "phandle", 0));
	assert_int_equal(cell(pcie, "msi-map", 2), 0);
	assert_int_equal(cell(pcie, "msi-map", 3), 0x10000);
	assert_non_null(fdt_getprop(blob, fdt_path_offset(blob, pcie), "msi-map", &len));
	assert_int_equal(len, 16);
	assert_int_equal(fdt_node_offset_by_phandle(blob, cell(path, "phandle", 0)),
			 fdt_path_offset(blob, path));
	assert_int_not_equal(cell(path, "phandle", 0), cell("/intc@8000000", "phandle", 0));
	assert_int_not_equal(cell(path, "phandle", 0), cell("/apb-pclk", "phandle", 0));
}

static void test_its(void **state)
{
	const char *its;

	(void)state;
	vm.map.devices = true;
	vm.map.its = 0x08080000;
	build();
	its = controller("arm,gic-v3-its");
	assert_string_equal(its, "/intc@8000000/its@8080000");
	assert_true(cell64(its, "reg", 0) == 0x08080000);
	assert_true(cell64(its, "reg", 1) == 0x20000);
	assert_int_equal(cell(its, "#msi-cells", 0), 1);
	all_mapped_to(its);
	assert_null(controller("arm,gic-v2m-frame"));
}

static void test_gicv2m(void **state)
{
	const char *v2m;

	(void)state;
	vm.map.devices = true;
	vm.map.v2m = 0x08020000;
	build();
	v2m = controller("arm,gic-v2m-frame");
	assert_string_equal(v2m, "/intc@8000000/v2m@8020000");
	assert_true(cell64(v2m, "reg", 0) == 0x08020000);
	assert_true(cell64(v2m, "reg", 1) == 0x1000);
	assert_int_equal(cell(v2m, "arm,msi-base-spi", 0), 96);
	assert_int_equal(cell(v2m, "arm,msi-num-spis", 0), 32);
	all_mapped_to(v2m);
	assert_null(controller("arm,gic-v3-its"));
}

static void test_no_messages(void **state)
{
	(void)state;
	vm.map.devices = true;
	build();
	assert_null(controller("arm,gic-v3-its"));
	assert_null(controller("arm,gic-v2m-frame"));
	assert_null(string("/pcie@3f000000", "msi-map"));
}

/* Commands can be tried without a PCI host. */
static void test_its_alone(void **state)
{
	(void)state;
	vm.map.its = 0x08080000;
	build();
	assert_non_null(controller("arm,gic-v3-its"));
}

static void test_no_devices(void **state)
{
	(void)state;
	vm.map.devices = false;
	build();
	assert_true(fdt_path_offset(blob, "/pcie@3f000000") < 0);
	assert_true(fdt_path_offset(blob, "/virtio_mmio@a003e00") < 0);
}

static void test_devices_reversed(void **state)
{
	(void)state;
	vm.map.devices = true;
	config.dt_reversed = true;
	build();
	assert_true(fdt_path_offset(blob, "/pcie@3f000000") <
		    fdt_path_offset(blob, "/intc@8000000"));
}

static void test_too_small(void **state)
{
	(void)state;
	assert_int_equal(dtb_build(blob, 512), ST_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_contents, setup),
		cmocka_unit_test_setup(test_protected_vm, setup),
		cmocka_unit_test_setup(test_announced, setup),
		cmocka_unit_test_setup(test_padding, setup),
		cmocka_unit_test_setup(test_kvmtool_console, setup),
		cmocka_unit_test_setup(test_no_console, setup),
		cmocka_unit_test_setup(test_reversed, setup),
		cmocka_unit_test_setup(test_devices, setup),
		cmocka_unit_test_setup(test_its, setup),
		cmocka_unit_test_setup(test_gicv2m, setup),
		cmocka_unit_test_setup(test_no_messages, setup),
		cmocka_unit_test_setup(test_its_alone, setup),
		cmocka_unit_test_setup(test_no_devices, setup),
		cmocka_unit_test_setup(test_devices_reversed, setup),
		cmocka_unit_test_setup(test_too_small, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
