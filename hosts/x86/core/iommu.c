/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VT-d (Intel's specification of it, 3.3): the machine's devices reach the shared side of the
 * guest's RAM, at the addresses the guest knows it by, and nothing else. The tables never change:
 * behind a page that is private lies poison (poison.c), and every other address faults, so that no
 * descriptor a guest can write makes a device touch the monitor or private memory.
 */
#include "iommu.h"
#include "common/channel.h"
#include "core.h"

/* Registers (11.4). */
#define VER           0x00
#define CAP           0x08
#define ECAP          0x10
#define GCMD          0x18
#define GSTS          0x1c
#define RTADDR        0x20
#define CCMD          0x28
#define FSTS          0x34

#define CAP_SAGAW_48  BIT(10) /* tables of four levels */
#define CAP_SLLPS_2M  BIT(34)
#define CAP_FRO(c)    ((unsigned)FIELD(c, 33, 24) * 16)
#define CAP_NFR(c)    ((unsigned)FIELD(c, 47, 40) + 1)
#define ECAP_IRO(e)   ((unsigned)FIELD(e, 17, 8) * 16)
#define IOTLB         8 /* behind IRO */

#define G_TRANSLATION BIT(31)
#define G_ROOT        BIT(30)
#define CCMD_GO       BIT(63)
#define CCMD_GLOBAL   BIT(61)
#define IOTLB_GO      BIT(63)
#define IOTLB_GLOBAL  BIT(60)
#define FSTS_OVERFLOW BIT(0)
#define FSTS_PENDING  BIT(1)
#define RECORD_BYTES  16u
#define RECORD_FAULT  BIT(63) /* of the upper half, cleared by writing 1 */
#define RECORD_READ   BIT(62)

/* Table entries (9.1, 9.3, 9.8). */
#define PRESENT        BIT(0)
#define CONTEXT_48     2ULL /* upper half: four levels */
#define CONTEXT_DOMAIN BIT(8)
#define SL_READ        BIT(0)
#define SL_WRITE       BIT(1)
#define SL_LARGE       BIT(7)
#define SL_LEVELS      4
#define FUNCTIONS      256u
#define ANSWER_RETRIES 1000000u

static struct {
	bool present;
	unsigned records, record_count; /* offset of the first */
} unit;

static u64 *entry_at(u64 *table, u64 address, unsigned level)
{
	return &table[address >> (12 + 9 * (level - 1)) & 511];
}

/* One leaf of 4 KiB or 2 MiB (level 1, 2), address to itself. */
static void map(u64 *table, u64 address, unsigned leaf)
{
	for (unsigned level = SL_LEVELS; level > leaf; level--) {
		u64 *e = entry_at(table, address, level);

		if (*e == 0)
			*e = (uintptr_t)core_pages(1) | SL_READ | SL_WRITE;
		table = (u64 *)(uintptr_t)align_down(*e, PAGE_SIZE);
	}
	*entry_at(table, address, leaf) =
	    address | SL_READ | SL_WRITE | (leaf == 2 ? (u64)SL_LARGE : 0);
}

static void map_window(u64 *table, u64 base, u64 size, bool large)
{
	u64 step = large ? BLOCK_SIZE : PAGE_SIZE;

	for (u64 at = 0; at < size; at += step)
		map(table, base + at, large ? 2 : 1);
}

/* Bus 0 alone: what lies behind a bridge has no entry and reaches nothing. */
static u64 build(bool large)
{
	u64 *root = core_pages(1), *context = core_pages(1), *table = core_pages(1);

	map_window(table, 0, guest_low_size(), large);
	map_window(table, GIB(4), guest_high_size(), large);
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		context[2 * i] = (uintptr_t)table | PRESENT;
		context[2 * i + 1] = CONTEXT_48 | CONTEXT_DOMAIN;
	}
	root[0] = (uintptr_t)context | PRESENT;
	return (uintptr_t)root;
}

static void wait32(unsigned offset, u32 mask, u32 value)
{
	for (unsigned i = 0; (iommu_read32(offset) & mask) != value; i++)
		if (i == ANSWER_RETRIES)
			core_panic("the IOMMU does not answer: register 0x%x", offset);
}

static void invalidate(unsigned offset, u64 go, u64 scope)
{
	iommu_write64(offset, go | scope);
	for (unsigned i = 0; (iommu_read64(offset) & go) != 0; i++)
		if (i == ANSWER_RETRIES)
			core_panic("the IOMMU does not answer: register 0x%x", offset);
}

static void clear_records(void)
{
	for (unsigned i = 0; i < unit.record_count; i++)
		iommu_write32(unit.records + i * RECORD_BYTES + 12, (u32)(RECORD_FAULT >> 32));
	iommu_write32(FSTS, FSTS_OVERFLOW);
}

void iommu_init(void)
{
	u32 version = iommu_read32(VER);
	u64 cap = iommu_read64(CAP), ecap = iommu_read64(ECAP);

	unit.present = false;
	if (version == 0 || version == ~0u || (cap & CAP_SAGAW_48) == 0) {
		channel("host: no IOMMU of 48 bits on the machine: no device may use the guest's "
			"memory");
		return;
	}
	unit.records = CAP_FRO(cap);
	unit.record_count = CAP_NFR(cap);
	iommu_write64(RTADDR, build((cap & CAP_SLLPS_2M) != 0));
	iommu_write32(GCMD, G_ROOT);
	wait32(GSTS, G_ROOT, G_ROOT);
	invalidate(CCMD, CCMD_GO, CCMD_GLOBAL);
	invalidate(ECAP_IRO(ecap) + IOTLB, IOTLB_GO, IOTLB_GLOBAL);
	iommu_write32(GCMD, G_TRANSLATION);
	wait32(GSTS, G_TRANSLATION, G_TRANSLATION);
	clear_records();
	unit.present = true;
}

bool iommu_present(void)
{
	return unit.present;
}

static void report(unsigned offset)
{
	u64 address = iommu_read64(offset), what = iommu_read64(offset + 8);
	unsigned source = what & 0xffff;

	if ((what & RECORD_FAULT) == 0)
		return;
	violation("dma-outside", "%s of 0x%llx by %02x:%02x.%x: reason %u",
		  what & RECORD_READ ? "read" : "write",
		  (unsigned long long)align_down(address, PAGE_SIZE), source >> 8, source >> 3 & 31,
		  source & 7, (unsigned)FIELD(what, 39, 32));
	iommu_write32(offset + 12, (u32)(RECORD_FAULT >> 32));
}

void iommu_poll(void)
{
	if (!unit.present || (iommu_read32(FSTS) & (FSTS_PENDING | FSTS_OVERFLOW)) == 0)
		return;
	for (unsigned i = 0; i < unit.record_count; i++)
		report(unit.records + i * RECORD_BYTES);
	iommu_write32(FSTS, FSTS_OVERFLOW);
}
