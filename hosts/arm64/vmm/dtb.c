/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's devicetree, as QEMU's virt machine or kvmtool would give it. */
#include <libfdt.h>

#include "abi/coop.h"
#include "abi/gic.h"
#include "print.h"
#include "vmm/devices.h"
#include "vmm/pci.h"
#include "vmm/vmm.h"

#define PHANDLE_GIC     1
#define PHANDLE_CLOCK   2
#define PHANDLE_MSI     3

#define IRQ_SPI         0
#define IRQ_PPI         1
#define IRQ_LEVEL       4
#define PCI_RANGE_MEM32 0x02000000
#define DTB_LINE        KIB(4) /* bytes of the devicetree on one line of the channel */
#define GICR_BYTES      (config.cpus * VGIC_GICR_STRIDE)

static void cells(void *fdt, const char *name, const u32 *value, unsigned n)
{
	fdt32_t be[16];

	for (unsigned i = 0; i < n && i < ARRAY_SIZE(be); i++)
		be[i] = cpu_to_fdt32(value[i]);
	fdt_property(fdt, name, be, (int)(n * sizeof(be[0])));
}

static void reg(void *fdt, u64 base, u64 size)
{
	u32 v[] = { (u32)(base >> 32), (u32)base, (u32)(size >> 32), (u32)size };

	cells(fdt, "reg", v, ARRAY_SIZE(v));
}

static void begin_at(void *fdt, const char *name, u64 address)
{
	char full[40];

	snprint(full, sizeof(full), "%s@%llx", name, (unsigned long long)address);
	fdt_begin_node(fdt, full);
}

static const char *uart_name(void)
{
	return config.console == GUEST_CONSOLE_PL011 ? "pl011" : "U6_16550A";
}

static void node_chosen(void *fdt)
{
	char path[40];

	fdt_begin_node(fdt, "chosen");
	fdt_property_string(fdt, "bootargs", config.append);
	if (config.console != GUEST_CONSOLE_NONE) {
		snprint(path, sizeof(path), "/%s@%llx", uart_name(),
			(unsigned long long)vm.map.uart);
		fdt_property_string(fdt, "stdout-path", path);
	}
	fdt_end_node(fdt);
}

static void node_memory(void *fdt)
{
	begin_at(fdt, "memory", vm.ram.base);
	fdt_property_string(fdt, "device_type", "memory");
	reg(fdt, vm.ram.base, vm.ram.size);
	fdt_end_node(fdt);
}

static void node_cpus(void *fdt)
{
	fdt_begin_node(fdt, "cpus");
	fdt_property_u32(fdt, "#address-cells", 1);
	fdt_property_u32(fdt, "#size-cells", 0);
	for (unsigned i = 0; i < config.cpus; i++) {
		unsigned cpu = config.dt_reversed ? config.cpus - 1 - i : i;

		begin_at(fdt, "cpu", cpu);
		fdt_property_string(fdt, "device_type", "cpu");
		fdt_property_string(fdt, "compatible", "arm,armv8");
		fdt_property_string(fdt, "enable-method", "psci");
		fdt_property_u32(fdt, "reg", cpu);
		fdt_end_node(fdt);
	}
	fdt_end_node(fdt);
}

static void node_psci(void *fdt)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	fdt_begin_node(fdt, "psci");
	fdt_property(fdt, "compatible", compatible, sizeof(compatible));
	fdt_property_string(fdt, "method", vm.map.hvc ? "hvc" : "smc");
	fdt_end_node(fdt);
}

static void node_timer(void *fdt)
{
	static const u32 interrupts[] = { IRQ_PPI, 13, IRQ_LEVEL, IRQ_PPI, 14, IRQ_LEVEL,
					  IRQ_PPI, 11, IRQ_LEVEL, IRQ_PPI, 10, IRQ_LEVEL };

	fdt_begin_node(fdt, "timer");
	fdt_property_string(fdt, "compatible", "arm,armv8-timer");
	cells(fdt, "interrupts", interrupts, ARRAY_SIZE(interrupts));
	fdt_property(fdt, "always-on", NULL, 0);
	fdt_end_node(fdt);
}

/* What PCI functions send messages to: a child of the GIC. */
static void node_msi(void *fdt)
{
	if (vm.map.its != 0) {
		begin_at(fdt, "its", vm.map.its);
		fdt_property_string(fdt, "compatible", "arm,gic-v3-its");
		fdt_property_u32(fdt, "#msi-cells", 1);
		reg(fdt, vm.map.its, GITS_SIZE);
	} else if (vm.map.v2m != 0) {
		begin_at(fdt, "v2m", vm.map.v2m);
		fdt_property_string(fdt, "compatible", "arm,gic-v2m-frame");
		fdt_property_u32(fdt, "arm,msi-base-spi", V2M_INTID_FIRST); /* an INTID */
		fdt_property_u32(fdt, "arm,msi-num-spis", V2M_INTIDS);
		reg(fdt, vm.map.v2m, V2M_SIZE);
	} else {
		return;
	}
	fdt_property(fdt, "msi-controller", NULL, 0);
	fdt_property_u32(fdt, "phandle", PHANDLE_MSI);
	fdt_end_node(fdt);
}

static void node_gic(void *fdt)
{
	u32 v[] = {
		0, (u32)vm.map.gicd, 0, VGIC_GICD_SIZE, 0, (u32)vm.map.gicr, 0, (u32)GICR_BYTES
	};

	begin_at(fdt, "intc", vm.map.gicd);
	fdt_property_string(fdt, "compatible", "arm,gic-v3");
	fdt_property_u32(fdt, "#interrupt-cells", 3);
	fdt_property_u32(fdt, "#address-cells", 2);
	fdt_property_u32(fdt, "#size-cells", 2);
	fdt_property_u32(fdt, "#redistributor-regions", 1);
	fdt_property(fdt, "interrupt-controller", NULL, 0);
	fdt_property(fdt, "ranges", NULL, 0);
	cells(fdt, "reg", v, ARRAY_SIZE(v));
	fdt_property_u32(fdt, "phandle", PHANDLE_GIC);
	node_msi(fdt);
	fdt_end_node(fdt);
}

static void node_clock(void *fdt)
{
	if (config.console != GUEST_CONSOLE_PL011)
		return;
	fdt_begin_node(fdt, "apb-pclk");
	fdt_property_string(fdt, "compatible", "fixed-clock");
	fdt_property_u32(fdt, "#clock-cells", 0);
	fdt_property_u32(fdt, "clock-frequency", 24000000);
	fdt_property_string(fdt, "clock-output-names", "clk24mhz");
	fdt_property_u32(fdt, "phandle", PHANDLE_CLOCK);
	fdt_end_node(fdt);
}

static void node_uart(void *fdt)
{
	static const char pl011[] = "arm,pl011\0arm,primecell";
	static const char clock_names[] = "uartclk\0apb_pclk";
	static const u32 clocks[] = { PHANDLE_CLOCK, PHANDLE_CLOCK };
	const u32 interrupts[] = { IRQ_SPI, vm.map.uart_spi, IRQ_LEVEL };

	if (config.console == GUEST_CONSOLE_NONE)
		return;
	begin_at(fdt, uart_name(), vm.map.uart);
	if (config.console == GUEST_CONSOLE_PL011) {
		fdt_property(fdt, "compatible", pl011, sizeof(pl011));
		fdt_property(fdt, "clock-names", clock_names, sizeof(clock_names));
		cells(fdt, "clocks", clocks, ARRAY_SIZE(clocks));
		reg(fdt, vm.map.uart, UART_SIZE);
	} else {
		fdt_property_string(fdt, "compatible", "ns16550a");
		fdt_property_u32(fdt, "clock-frequency", 1843200);
		reg(fdt, vm.map.uart, 8);
	}
	cells(fdt, "interrupts", interrupts, ARRAY_SIZE(interrupts));
	fdt_end_node(fdt);
}

/* No interrupt-map: these devices send messages, or are polled. */
static void node_pcie(void *fdt)
{
	static const u32 ranges[] = { PCI_RANGE_MEM32, 0, PCI_WINDOW_BASE, 0,
				      PCI_WINDOW_BASE, 0, PCI_WINDOW_SIZE };
	static const u32 buses[] = { 0, 0 };
	/* Every function: its requester ID is its DeviceID. */
	static const u32 msi_map[] = { 0, PHANDLE_MSI, 0, 0x10000 };

	if (!vm.map.devices)
		return;
	begin_at(fdt, "pcie", PCI_ECAM_BASE);
	fdt_property_string(fdt, "compatible", "pci-host-ecam-generic");
	fdt_property_string(fdt, "device_type", "pci");
	fdt_property_u32(fdt, "#address-cells", 3);
	fdt_property_u32(fdt, "#size-cells", 2);
	fdt_property_u32(fdt, "linux,pci-domain", 0);
	cells(fdt, "bus-range", buses, ARRAY_SIZE(buses));
	fdt_property(fdt, "dma-coherent", NULL, 0);
	reg(fdt, PCI_ECAM_BASE, PCI_ECAM_SIZE);
	cells(fdt, "ranges", ranges, ARRAY_SIZE(ranges));
	if (vm.map.its != 0 || vm.map.v2m != 0)
		cells(fdt, "msi-map", msi_map, ARRAY_SIZE(msi_map));
	fdt_end_node(fdt);
}

static void node_virtio(void *fdt)
{
	static const u32 interrupts[] = { IRQ_SPI, VSOCK_SPI, IRQ_LEVEL };

	if (!vm.map.devices)
		return;
	begin_at(fdt, "virtio_mmio", VSOCK_BASE);
	fdt_property_string(fdt, "compatible", "virtio,mmio");
	fdt_property(fdt, "dma-coherent", NULL, 0);
	reg(fdt, VSOCK_BASE, VIRTIO_MMIO_SIZE);
	cells(fdt, "interrupts", interrupts, ARRAY_SIZE(interrupts));
	fdt_end_node(fdt);
}

static void node_coop(void *fdt)
{
	if (vm.map.coop == 0)
		return;
	begin_at(fdt, "coop", vm.map.coop);
	fdt_property_string(fdt, "compatible", "postern,coop");
	reg(fdt, vm.map.coop, COOP_MMIO_SIZE);
	fdt_end_node(fdt);
}

enum status dtb_build(void *buf, size_t size)
{
	static void (*const node[])(void *) = { node_chosen, node_memory, node_cpus,  node_psci,
						node_timer,  node_gic,    node_clock, node_uart,
						node_pcie,   node_virtio, node_coop };
	u8 *bytes = buf;

	/* The sequential functions keep the first error in the blob; fdt_finish() reports it. */
	fdt_create(buf, (int)size);
	fdt_finish_reservemap(buf);
	fdt_begin_node(buf, "");
	fdt_property_string(buf, "compatible", "linux,dummy-virt");
	fdt_property_u32(buf, "#address-cells", 2);
	fdt_property_u32(buf, "#size-cells", 2);
	fdt_property_u32(buf, "interrupt-parent", PHANDLE_GIC);
	for (size_t i = 0; i < ARRAY_SIZE(node); i++)
		node[config.dt_reversed ? ARRAY_SIZE(node) - 1 - i : i](buf);
	fdt_end_node(buf);
	if (fdt_finish(buf) != 0)
		return ST_NO_MEMORY;
	/* All of the buffer is measured: nothing in it may depend on what was there before. */
	for (size_t i = fdt_totalsize(buf); i < size; i++)
		bytes[i] = 0;
	return ST_OK;
}

void dtb_announce(const void *dtb)
{
	const u8 *bytes = dtb;
	size_t size = fdt_totalsize(dtb);

	for (size_t at = 0; at < size; at += DTB_LINE)
		channel_hex("devicetree", bytes + at, MIN(size - at, DTB_LINE));
}
