/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's own ITS (IHI 0069, chapter 5): messages of its PCI functions arrive as LPIs on CPU
 * 0, at EL2. Tables and queue lie in the monitor's memory, where no device reaches. What a function
 * can send is what is mapped here: any other event of its own is dropped by the ITS.
 */
#include "abi/gic.h"
#include "common/msix.h"
#include "local.h"

#define LPI_BITS      14u /* INTIDs below 16384 */
#define CONFIG_BYTES  (BIT(LPI_BITS) - GIC_LPI_FIRST)
#define PRIORITY      0x80u
#define QUEUE_PAGES   1u
#define QUEUE_BYTES   (QUEUE_PAGES * PAGE_SIZE)
#define QUEUE_ALIGN   KIB(64)
#define PENDING_ALIGN KIB(64)
#define PENDING_BYTES KIB(4)
#define DEVICES       256u /* requester IDs of bus 0 */
#define EVENT_BITS    5u
#define COLLECTION    0u
#define POLL_MAX      1000000u

_Static_assert(MSIX_ENTRIES <= 1u << EVENT_BITS, "an event for each entry of a function");
_Static_assert(MSIX_MESSAGES <= CONFIG_BYTES, "an LPI for each message");

#define WRITE_BACK(inner_shift) (GIC_SHARE_INNER | (u64)GIC_CACHE_WB << (inner_shift))

static u64 base;
static u64 (*queue)[4];
static u32 next; /* command to be written */
static u8 *lpi_config;
static u64 target; /* RDbase of CPU 0 */
static bool mapped[DEVICES];

static void wait_for(u64 pa, u32 mask, u32 value, const char *what)
{
	for (unsigned i = 0; i < POLL_MAX; i++) {
		if ((mmio_read32(pa) & mask) == value)
			return;
		core_relax();
	}
	core_panic("ITS: %s: register %#lx is %#x", what, pa, mmio_read32(pa));
}

/* `bytes` of fresh memory at a multiple of `align`; 0: there is none. */
static u64 alloc(u64 bytes, u64 align)
{
	u64 pa = core_alloc_pages((align_up(bytes, PAGE_SIZE) + align - PAGE_SIZE) / PAGE_SIZE);

	return align_up(pa, align);
}

/* ---- commands ---- */

static void command(u64 dw0, u64 dw1, u64 dw2)
{
	queue[next][0] = dw0;
	queue[next][1] = dw1;
	queue[next][2] = dw2;
	queue[next][3] = 0;
	next = (next + 1) % (QUEUE_BYTES / ITS_COMMAND_BYTES);
}

/* The machine stalls for a command in error: then the monitor is at fault. */
static void submit(void)
{
	command(ITS_CMD_SYNC, 0, target);
	dsb();
	mmio_write64(base + GITS_CWRITER, next * ITS_COMMAND_BYTES);
	wait_for(base + GITS_CREADR, (u32)(GITS_OFFSET | GITS_CREADR_STALLED),
		 next * ITS_COMMAND_BYTES, "commands");
}

/* ---- start ---- */

static bool start_lpis(void)
{
	u64 gicr = this_cpu()->gicr, typer = mmio_read64(gicr + GICR_TYPER), pending;
	bool address = (mmio_read64(base + GITS_TYPER) & GITS_TYPER_PTA) != 0;

	lpi_config = (u8 *)(uintptr_t)alloc(CONFIG_BYTES, PAGE_SIZE);
	pending = alloc(PENDING_BYTES, PENDING_ALIGN);
	if ((typer & GICR_TYPER_PLPIS) == 0 || lpi_config == NULL || pending == 0)
		return false;
	for (unsigned i = 0; i < MSIX_MESSAGES; i++)
		lpi_config[i] = PRIORITY | LPI_CONFIG_RES1 | LPI_CONFIG_ENABLED;
	dsb();
	mmio_write64(gicr + GICR_PROPBASER,
		     (uintptr_t)lpi_config | WRITE_BACK(GICR_INNER_SHIFT) | (LPI_BITS - 1));
	mmio_write64(gicr + GICR_PENDBASER,
		     pending | WRITE_BACK(GICR_INNER_SHIFT) | GICR_PENDBASER_PTZ);
	mmio_write32(gicr + GICR_CTLR, mmio_read32(gicr + GICR_CTLR) | (u32)GICR_CTLR_ENABLE_LPIS);
	dsb();
	target = address ? gicr : (u64)GICR_TYPER_PROCESSOR(typer) << 16;
	return true;
}

static bool give_tables(void)
{
	for (unsigned i = 0; i < GITS_BASERS; i++) {
		u64 reg = base + GITS_BASER(i), baser = mmio_read64(reg), bytes, table;
		unsigned type = GITS_BASER_TYPE(baser);

		if (type != GITS_BASER_TYPE_DEVICE && type != GITS_BASER_TYPE_COLLECTION)
			continue;
		bytes = type == GITS_BASER_TYPE_DEVICE ? DEVICES * GITS_BASER_ENTRY(baser)
						       : (u64)PAGE_SIZE;
		bytes = align_up(bytes, PAGE_SIZE);
		table = alloc(bytes, PAGE_SIZE);
		if (table == 0)
			return false;
		mmio_write64(reg, GITS_BASER_VALID | WRITE_BACK(GITS_INNER_SHIFT) | table |
				      (bytes / PAGE_SIZE - 1));
	}
	return true;
}

static bool start_queue(void)
{
	u64 pa = alloc(QUEUE_BYTES, QUEUE_ALIGN);

	if (pa == 0)
		return false;
	queue = (u64(*)[4])(uintptr_t)pa;
	mmio_write64(base + GITS_CBASER,
		     GITS_CBASER_VALID | WRITE_BACK(GITS_INNER_SHIFT) | pa | (QUEUE_PAGES - 1));
	mmio_write64(base + GITS_CWRITER, 0);
	next = 0;
	return true;
}

bool core_its_start(void)
{
	base = memory_its();
	if (base == 0)
		return false;
	mmio_write32(base + GITS_CTLR, 0);
	wait_for(base + GITS_CTLR, (u32)GITS_CTLR_QUIESCENT, (u32)GITS_CTLR_QUIESCENT, "quiescent");
	if (GITS_TYPER_EVENT_BITS(mmio_read64(base + GITS_TYPER)) < EVENT_BITS || !start_lpis() ||
	    !give_tables() || !start_queue())
		return false;
	mmio_write32(base + GITS_CTLR, (u32)GITS_CTLR_ENABLED);
	command(ITS_CMD_MAPC, 0, ITS_CMD_VALID | target | COLLECTION);
	submit();
	return true;
}

/* ---- events ---- */

/* QEMU's PCI host gives an ITS the requester ID as DeviceID. */
static bool map_device(u16 bdf)
{
	unsigned entry = GITS_TYPER_ITT_ENTRY(mmio_read64(base + GITS_TYPER));
	u64 itt = alloc((u64)entry << EVENT_BITS, PAGE_SIZE);

	if (itt == 0)
		return false;
	command(ITS_CMD_MAPD | (u64)bdf << 32, EVENT_BITS - 1, ITS_CMD_VALID | itt);
	mapped[bdf] = true;
	return true;
}

bool core_its_map(u16 bdf, u32 event, unsigned n)
{
	u32 lpi = GIC_LPI_FIRST + n;

	if (queue == NULL || bdf >= DEVICES || event >= 1u << EVENT_BITS || n >= MSIX_MESSAGES)
		return false;
	if (!mapped[bdf] && !map_device(bdf))
		return false;
	command(ITS_CMD_MAPTI | (u64)bdf << 32, event | (u64)lpi << 32, COLLECTION);
	command(ITS_CMD_INV | (u64)bdf << 32, event, 0);
	submit();
	return true;
}

u64 core_its_doorbell(void)
{
	return base + GITS_TRANSLATER;
}
