/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * postern.fd: no firmware below us. Command line, CPUs and, but for a TD, memory come from fw_cfg;
 * a TD's memory from the hand-off blocks in its launch pages. All of it is the host's word.
 */
#include "discover.h"

#include <string.h>

#include "abi/fd.h"
#include "mmu.h"
#include "x86_64/devices.h"

#define E820_ENTRY_BYTES 20u

/* Claimed as RAM by every PC, but display, option ROMs and firmware have it. */
#define LEGACY_HOLE     0xa0000u
#define LEGACY_HOLE_END 0x100000u

/* Where addresses of PCI devices go when no firmware gave them any: below what the chipset and the
 * interrupt controllers have, above what any of our hosts has as RAM (and never over that). */
#define PCI_WINDOW     0xc0000000u
#define PCI_WINDOW_END 0xe0000000u

static bool have_fw_cfg;

/* Without the device there is still one CPU and an empty command line. */
enum status discover_bare(struct platform_info *p)
{
	enum status st = fw_cfg_find();

	have_fw_cfg = st == ST_OK;
	p->pci_mem32 = (struct range){ PCI_WINDOW, PCI_WINDOW_END - PCI_WINDOW };
	if (have_fw_cfg)
		fw_cfg_machine(p);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status read_e820(struct memmap *m, u64 limit)
{
	static u8 map[HANDOFF_MAP_BYTES] ALIGNED(16);
	size_t bytes = sizeof(map);
	enum status st = have_fw_cfg ? fw_cfg_file("etc/e820", map, &bytes) : ST_NOT_FOUND;

	if (st != ST_OK)
		return st;
	return memmap_from_e820(m, map, bytes, E820_ENTRY_BYTES, limit);
}

/* Only the section of our own metadata is read, wherever the VMM says the list is. */
static enum status read_hob(struct memmap *m, u64 limit)
{
	static u8 copy[FD_HOB_SIZE] ALIGNED(16);
	struct range r = { FD_HOB, FD_HOB_SIZE };
	enum status st = mmu_map(r, MAP_RO, MAP_PRIVATE);

	if (st != ST_OK)
		return st;
	memcpy(copy, (const void *)(uintptr_t)FD_HOB, sizeof(copy));
	mmu_unmap(r);
	return td_hob_memory(m, copy, sizeof(copy), limit);
}

static enum status reserve(struct memmap *m, u64 base, u64 end)
{
	return memmap_set(m, (struct range){ base, end - base }, MEM_RESERVED);
}

enum status discover_bare_memory(const struct handoff *h, struct memmap *m, u64 limit)
{
	bool td = h->fd.platform == FD_TDX;
	enum status st = td ? read_hob(m, limit) : read_e820(m, limit);

	platform.flash = (struct range){ h->fd.flash, h->fd.flash_size };
	/* Ours by the launch, from the first page of it to the end of the image: accepted there,
	 * or never (what lies between the pages that are listed). */
	if (st == ST_OK)
		st = reserve(m, FD_RAM, range_end(h->image));
	if (st == ST_OK)
		st = memmap_set(m, platform.flash, MEM_RESERVED);
	if (st == ST_OK)
		st = reserve(m, LEGACY_HOLE, LEGACY_HOLE_END);
	return st;
}

enum status discover_devicetree(u64 dtb, struct fdt_info *info)
{
	return ST_UNSUPPORTED;
}

enum status discover_devicetree_memory(struct memmap *m)
{
	return ST_UNSUPPORTED;
}

size_t discover_devicetree_size(void)
{
	return 0;
}

void discover_place(const struct handoff *h)
{
}
