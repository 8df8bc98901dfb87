/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host says about the machine, checked, into `platform` and the memory map. */
#include "discover.h"

#include <string.h>

#include "abi/gic.h"
#include "abi/virtio.h"
#include "acpi.h"
#include "arch.h"
#include "console.h"
#include "cvm.h"
#include "devicetree.h"
#include "fatal.h"
#include "image.h"
#include "mmu.h"
#include "platform.h"

#define VA_LIMIT        BIT(47) /* identity map: mm/pgtable.c */
#define TABLE_PAGES_MAX 128

struct platform_info platform;

static struct range place; /* of the handoff; the host's inputs may not lie there */
static bool have_fdt;
static struct fdt_info info;

/* Pages of firmware tables that were read: reserved later. */
static u64 table_pages[TABLE_PAGES_MAX];
static size_t table_page_count;

u64 discover_limit(void)
{
	return cvm.addr_limit == 0 ? VA_LIMIT : MIN(cvm.addr_limit, VA_LIMIT);
}

enum status discover_open(struct range r)
{
	enum status st = range_check(r, PAGE_SIZE, discover_limit());

	if (st == ST_OK)
		st = cvm.ops->is_private(r);
	if (st == ST_OK)
		st = mmu_map(r, MAP_RO, MAP_PRIVATE);
	return st;
}

struct range discover_pages(u64 base, u64 size)
{
	struct range r;

	r.base = align_down(base, PAGE_SIZE);
	r.size = align_up(base + size, PAGE_SIZE) - r.base;
	return r;
}

bool discover_overlaps_image(struct range r)
{
	u64 start = (u64)(uintptr_t)image_start;
	struct range image = { start, (u64)(uintptr_t)image_end - start };

	return range_overlaps(r, image) || (place.size != 0 && range_overlaps(r, place));
}

static void take_uart(const struct fdt_info *f)
{
	platform.uart_base = f->uart_reg.base;
	platform.uart_shift = f->uart_reg_shift;
	switch (f->uart) {
	case FDT_UART_PL011:
		platform.uart = UART_PL011;
		break;
	case FDT_UART_NS16550:
		platform.uart = UART_NS16550_MMIO;
		break;
	case FDT_UART_NONE:
		platform.uart = UART_NONE;
		break;
	}
}

static void take_fdt_info(const struct fdt_info *f)
{
	platform.from_dt = true;
	take_uart(f);
	platform.cpu_count = MIN(f->cpu_count, SMP_MAX_CPUS);
	platform.cpu_ignored = f->cpu_count - platform.cpu_count;
	for (unsigned i = 0; i < platform.cpu_count; i++)
		platform.cpu_hwid[i] = f->cpu_mpidr[i];
	platform.has_gicv3 = f->has_gicv3;
	platform.gicd = f->gicd;
	platform.gicr = f->gicr;
	platform.its = f->its;
	platform.v2m = f->v2m;
	platform.v2m_base = f->v2m_base;
	platform.v2m_count = f->v2m_count;
	platform.msi_map_count = f->msi_map_count;
	memcpy(platform.msi_map, f->msi_map, sizeof(platform.msi_map));
	platform.timer_virt_intid = f->timer_virt_intid;
	platform.timer_phys_intid = f->timer_phys_intid;
	platform.ecam = f->ecam;
	platform.pci_mem32 = f->pci_mem32;
	platform.pci_mem64 = f->pci_mem64;
	platform.virtio_mmio_count = MIN(f->virtio_count, PLATFORM_VIRTIO_MMIO);
	for (unsigned i = 0; i < platform.virtio_mmio_count; i++) {
		platform.virtio_mmio[i].base = f->virtio[i].reg.base;
		platform.virtio_mmio[i].intid = f->virtio[i].intid;
	}
	platform.psci_smc = f->conduit == FDT_CONDUIT_SMC;
	platform.psci_hvc = f->conduit == FDT_CONDUIT_HVC;
	platform.coop = f->coop;
}

static bool is_table_page(u64 page)
{
	for (size_t i = 0; i < table_page_count; i++)
		if (table_pages[i] == page)
			return true;
	return false;
}

static enum status open_table_pages(struct range r)
{
	if (r.size > TABLE_PAGES_MAX * PAGE_SIZE)
		return ST_TOO_MANY;
	for (u64 page = r.base; page < range_end(r); page += PAGE_SIZE) {
		struct range one = { page, PAGE_SIZE };
		enum status st;

		if (is_table_page(page))
			continue;
		if (table_page_count == TABLE_PAGES_MAX)
			return ST_TOO_MANY;
		if (discover_overlaps_image(one))
			return ST_OVERLAP;
		st = discover_open(one);
		if (st != ST_OK)
			return st;
		table_pages[table_page_count++] = page;
	}
	return ST_OK;
}

static enum status read_table(void *ctx, u64 addr, void *buf, size_t len)
{
	struct range r = { addr, len };
	enum status st = range_check(r, 1, discover_limit());

	if (st == ST_OK)
		st = open_table_pages(discover_pages(addr, len));
	if (st == ST_OK)
		memcpy(buf, (const void *)(uintptr_t)addr, len);
	return st;
}

static void close_tables(void)
{
	for (size_t i = 0; i < table_page_count; i++)
		mmu_unmap((struct range){ table_pages[i], PAGE_SIZE });
}

/* The CPU we run on is number 0, whatever order the host listed. One it forgot is added: that we
 * run is no claim. */
static void boot_cpu_first(struct platform_info *p)
{
	u64 self = arch_cpu_hwid();
	unsigned at = 0;

	while (at < p->cpu_count && p->cpu_hwid[at] != self)
		at++;
	if (at == p->cpu_count) {
		if (p->cpu_count == SMP_MAX_CPUS) {
			p->cpu_ignored++;
			at--;
		} else {
			p->cpu_count++;
		}
	}
	for (; at > 0; at--)
		p->cpu_hwid[at] = p->cpu_hwid[at - 1];
	p->cpu_hwid[0] = self;
}

static void take_cmdline(const struct handoff *h)
{
	const char *text = info.bootargs;
	size_t max = sizeof(info.bootargs);

	platform.cmdline_truncated = info.bootargs_truncated;
	if (h->cmdline[0] != '\0' || !have_fdt) {
		text = h->cmdline;
		max = sizeof(h->cmdline);
		platform.cmdline_truncated = h->cmdline_truncated;
	}
	max = MIN(max, sizeof(platform.cmdline)) - 1;
	memcpy(platform.cmdline, text, max);
	platform.cmdline[max] = '\0';
}

/* Where the platform fixed the conduit (CCA: SMC, HVC is undefined there; pKVM: HVC), a host that
 * names the other either lies or does not know what it runs. */
static void take_conduit(void)
{
	if (cvm.has_psci) {
		if (cvm.conduit_hvc ? platform.psci_smc : platform.psci_hvc)
			fatal(ST_PROTOCOL, "the host says PSCI by %s, to a guest of %s",
			      platform.psci_hvc ? "HVC" : "SMC", cvm.ops->name);
		return;
	}
	cvm.has_psci = platform.psci_smc || platform.psci_hvc;
	cvm.conduit_hvc = platform.psci_hvc;
}

/* What was found before an error is used all the same: to say what the error was, and to leave. */
static void read_devicetree(u64 dtb)
{
	enum status st = discover_devicetree(dtb, &info);

	have_fdt = discover_devicetree_size() != 0;
	if (have_fdt && st != ST_OK) {
		take_fdt_info(&info);
		take_conduit();
		fatal(st, "devicetree content");
	}
}

static void find_bare(void)
{
	enum status st = discover_bare(&platform);

	if (st != ST_OK)
		fatal(st, "fw_cfg");
	boot_cpu_first(&platform);
}

void discover_platform(const struct handoff *h)
{
	place = h->place;
	if (h->source == BOOT_X86_FD) {
		find_bare();
		return;
	}
	if (h->dtb != 0)
		read_devicetree(h->dtb);
	/* Firmware may hand over a devicetree that has nothing but /chosen, beside ACPI. */
	if (have_fdt && (info.cpu_count != 0 || h->rsdp == 0)) {
		take_fdt_info(&info);
	} else if (h->rsdp != 0) {
		enum status st = acpi_read(h->rsdp, read_table, NULL, &platform);

		close_tables();
		if (st != ST_OK)
			fatal(st, "ACPI tables");
		platform.from_acpi = true;
	}
	take_cmdline(h);
	take_conduit();
	boot_cpu_first(&platform);
}

static enum status read_memory(const struct handoff *h, struct memmap *m)
{
	if (h->map_bytes > sizeof(h->map))
		return ST_TOO_MANY;
	switch (h->source) {
	case BOOT_UEFI:
		return memmap_from_efi(m, h->map, h->map_bytes, h->map_entry_size,
				       discover_limit());
	case BOOT_X86_PVH:
		return memmap_from_e820(m, h->map, h->map_bytes, h->map_entry_size,
					discover_limit());
	case BOOT_ARM64_IMAGE:
		return have_fdt ? discover_devicetree_memory(m) : ST_NOT_FOUND;
	case BOOT_X86_FD:
		return discover_bare_memory(h, m, discover_limit());
	}
	return ST_INVALID;
}

static void reserve(struct memmap *m, struct range r, const char *what)
{
	enum status st = r.size == 0 ? ST_OK : memmap_set(m, r, MEM_RESERVED);

	if (st != ST_OK)
		fatal(st, "memory map: %s at 0x%llx", what, (unsigned long long)r.base);
}

static void reserve_inputs(const struct handoff *h, struct memmap *m)
{
	struct range fdt = { h->dtb, have_fdt ? discover_devicetree_size() : 0 };

	reserve(m, (struct range){ 0, PAGE_SIZE }, "page zero");
	reserve(m, h->image, "image");
	reserve(m, fdt, "devicetree");
	reserve(m, info.initrd, "initrd");
	for (size_t i = 0; i < table_page_count; i++)
		reserve(m, (struct range){ table_pages[i], PAGE_SIZE }, "table");
}

/* A "device" inside RAM would put our memory where the host reads and writes; one whose registers
 * are not aligned would fault at the first access, before anybody could say so. */
static void check_device(const struct memmap *m, struct range r, u64 align, const char *what)
{
	enum status st = memmap_check_device(m, r, align, discover_limit());

	if (st == ST_OK && discover_overlaps_image(r))
		st = ST_OVERLAP;
	if (st != ST_OK)
		fatal(st, "%s at 0x%llx", what, (unsigned long long)r.base);
}

static void check_frames(const struct memmap *m, struct range r, const char *what)
{
	if (r.size != 0)
		check_device(m, r, PAGE_SIZE, what);
}

/* A frame that is too short would have us write to whatever lies behind it. */
static void check_messages(const struct memmap *m)
{
	const struct {
		struct range r;
		u64 size, align;
		const char *what;
	} frame[] = {
		{ platform.its, GITS_SIZE, KIB(64), "GIC ITS" },
		{ platform.v2m, V2M_SIZE, V2M_SIZE, "GICv2m frame" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(frame); i++) {
		if (frame[i].r.size == 0)
			continue;
		if (frame[i].r.size < frame[i].size)
			fatal(ST_RANGE, "%s of %llu bytes", frame[i].what,
			      (unsigned long long)frame[i].r.size);
		check_device(m, frame[i].r, frame[i].align, frame[i].what);
	}
}

/* While its address is in doubt there is no UART: a stop for that reason must not write to it. */
static void check_uart(const struct memmap *m)
{
	struct range window = { platform.uart_base, UART_WINDOW };
	enum uart_type type = platform.uart;

	if (type != UART_PL011 && type != UART_NS16550_MMIO)
		return;
	platform.uart = UART_NONE;
	check_device(m, window, sizeof(u32), "UART");
	platform.uart = type;
}

static void check_devices(const struct memmap *m)
{
	check_uart(m);
	check_frames(m, platform.gicd, "GIC distributor");
	check_frames(m, platform.gicr, "GIC redistributors");
	check_messages(m);
	check_frames(m, platform.ecam, "PCI configuration space");
	check_frames(m, platform.coop, "control channel");
	for (unsigned i = 0; i < platform.virtio_mmio_count; i++)
		check_device(m, (struct range){ platform.virtio_mmio[i].base, VIRTIO_MMIO_SIZE },
			     sizeof(u32), "virtio device");
}

void discover_memory(const struct handoff *h, struct memmap *m)
{
	enum status st;

	memmap_init(m);
	st = read_memory(h, m);
	if (st != ST_OK)
		fatal(st, "memory map");
	if (h->place.size != 0)
		st = memmap_hold(m, h->place);
	if (st != ST_OK)
		fatal(st, "memory map: pvmfw's place");
	reserve_inputs(h, m);
	if (memmap_total(m, MEM_RAM) == 0)
		fatal(ST_NO_MEMORY, "memory map: no RAM beside the image");
	check_devices(m);
}
