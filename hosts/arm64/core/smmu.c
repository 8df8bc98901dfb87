/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's SMMUv3 (Arm IHI0070), between its PCI devices and memory. A guest tells a device
 * any address it likes; without this the device would write to the monitor. Every stream of bus 0
 * has the same tables, other streams have none, and what faults is found in the event queue, which
 * is polled. Windows are static, or the model opens and closes their pages.
 */
#include "smmu.h"

#include "local.h"

#define IDR0             0x00
#define IDR0_S1P         BIT(1)
#define IDR0_TTF_A64     BIT(3)
#define IDR1             0x04
#define IDR1_SIDSIZE(r)  FIELD(r, 5, 0)
#define IDR1_FIXED       (BIT(30) | BIT(29)) /* tables or queues at addresses of its own */
#define IDR5             0x14
#define IDR5_GRAN4K      BIT(4)
#define IDR5_OAS(r)      FIELD(r, 2, 0)
#define CR0              0x20
#define CR0_SMMUEN       BIT(0)
#define CR0_EVENTQEN     BIT(2)
#define CR0_CMDQEN       BIT(3)
#define CR0ACK           0x24
#define CR1              0x28
#define CR1_WB           0xd75u /* queues and tables: inner shareable, write-back */
#define STRTAB_BASE      0x80
#define STRTAB_BASE_CFG  0x88 /* linear; log2 of its entries */
#define CMDQ_BASE        0x90
#define CMDQ_PROD        0x98
#define CMDQ_CONS        0x9c
#define EVENTQ_BASE      0xa0
#define EVENTQ_PROD      0x100a8
#define EVENTQ_CONS      0x100ac
#define BASE_RA          BIT(62)

#define STREAM_BITS      8
#define CMDQ_BITS        4
#define EVENTQ_BITS      7
#define QUEUE_WRAP(bits) ((u32)BIT(bits))
#define QUEUE_MASK(bits) ((u32)MASK(bits, 0)) /* index and wrap bit */

#define CMD_CFGI_ALL     0x04ULL /* CFGI_STE_RANGE with Range = 31 */
#define CFGI_RANGE_ALL   31ULL
#define CMD_TLBI_ALL     0x30ULL /* TLBI_NSNH_ALL */
#define CMD_SYNC         0x46ULL

#define POLL_MAX         1000000u

static u64 base;
static u64 stream_table[SMMU_STREAMS][SMMU_STE_WORDS] ALIGNED(SMMU_STREAMS *SMMU_STE_WORDS * 8);
static u64 context[SMMU_CD_WORDS] ALIGNED(64);
static struct smmu_tables tables;
static u64 commands[1u << CMDQ_BITS][2] ALIGNED(PAGE_SIZE);
static u32 command_prod; /* index and wrap bit */
static struct core_lock page_lock;
static volatile u64 events[1u << EVENTQ_BITS][SMMU_EVENT_WORDS] ALIGNED(PAGE_SIZE);
static u32 event_cons;

_Static_assert(SMMU_STREAMS == 1u << STREAM_BITS, "the table covers one bus");

/* What we need of it; QEMU 7.2 has stage 1 only, and that is enough. */
static bool usable(void)
{
	u32 idr0 = mmio_read32(base + IDR0), idr1 = mmio_read32(base + IDR1);

	return (idr0 & IDR0_S1P) != 0 && (idr0 & IDR0_TTF_A64) != 0 && (idr1 & IDR1_FIXED) == 0 &&
	       IDR1_SIDSIZE(idr1) >= STREAM_BITS && (mmio_read32(base + IDR5) & IDR5_GRAN4K) != 0;
}

static void wait_for(u32 reg, u32 value, const char *what)
{
	for (unsigned i = 0; i < POLL_MAX; i++) {
		if (mmio_read32(base + reg) == value)
			return;
		core_relax();
	}
	core_panic("SMMU: %s: register %#x is %#x", what, reg, mmio_read32(base + reg));
}

static void control(u32 bits)
{
	mmio_write32(base + CR0, bits);
	wait_for(CR0ACK, bits, "control");
}

/* The queue is empty whenever this is called: each batch ends by a SYNC that is waited for. */
static void command(u64 word0, u64 word1)
{
	u32 index = command_prod & (QUEUE_WRAP(CMDQ_BITS) - 1);

	commands[index][0] = word0;
	commands[index][1] = word1;
	command_prod = (command_prod + 1) & QUEUE_MASK(CMDQ_BITS);
}

static void sync(void)
{
	command(CMD_SYNC, 0);
	dsb();
	mmio_write32(base + CMDQ_PROD, command_prod);
	wait_for(CMDQ_CONS, command_prod, "commands");
}

/* Nothing may be left of what firmware or a reset put into its caches. */
static void invalidate(void)
{
	command(CMD_CFGI_ALL, CFGI_RANGE_ALL);
	command(CMD_TLBI_ALL, 0);
	sync();
}

static void build(const struct smmu_window *w, unsigned n)
{
	unsigned size = smmu_tables_needed(w, n);
	u64 memory = core_alloc_pages(size);

	if (memory == 0)
		core_panic("SMMU: no memory for %u tables", size);
	tables = (struct smmu_tables){ .table = (u64(*)[SMMU_TABLE_WORDS])(uintptr_t)memory,
				       .size = size };
	for (unsigned i = 0; i < n; i++) {
		if (!smmu_map(&tables, &w[i]))
			core_panic("SMMU: window %#lx+%#lx does not fit the tables", w[i].input,
				   w[i].size);
	}
	smmu_context(context, &tables, (unsigned)IDR5_OAS(mmio_read32(base + IDR5)));
	for (unsigned i = 0; i < SMMU_STREAMS; i++)
		smmu_stream(stream_table[i], context);
	dsb();
}

bool core_smmu_start(const struct smmu_window *w, unsigned n)
{
	base = memory_smmu();
	if (base == 0 || !usable())
		return false;
	control(0);
	build(w, n);
	mmio_write32(base + CR1, CR1_WB);
	mmio_write64(base + STRTAB_BASE, BASE_RA | (uintptr_t)stream_table);
	mmio_write32(base + STRTAB_BASE_CFG, STREAM_BITS);
	mmio_write64(base + CMDQ_BASE, BASE_RA | (uintptr_t)commands | CMDQ_BITS);
	mmio_write32(base + CMDQ_PROD, 0);
	mmio_write32(base + CMDQ_CONS, 0);
	control(CR0_CMDQEN);
	invalidate();
	mmio_write64(base + EVENTQ_BASE, BASE_RA | (uintptr_t)events | EVENTQ_BITS);
	mmio_write32(base + EVENTQ_PROD, 0);
	mmio_write32(base + EVENTQ_CONS, 0);
	control(CR0_CMDQEN | CR0_EVENTQEN);
	control(CR0_CMDQEN | CR0_EVENTQEN | CR0_SMMUEN);
	return true;
}

void core_smmu_page(u64 input, u64 pa, bool open)
{
	core_lock(&page_lock);
	/* No translation that faults is kept: only a page that closes has to be forgotten. */
	if (smmu_page(&tables, input, pa, open) && !open) {
		command(CMD_TLBI_ALL, 0);
		sync();
	}
	dsb();
	core_unlock(&page_lock);
}

bool core_smmu_event(struct smmu_event *e)
{
	u32 index = event_cons & (QUEUE_WRAP(EVENTQ_BITS) - 1);
	u64 record[SMMU_EVENT_WORDS];

	if (base == 0 || (mmio_read32(base + EVENTQ_PROD) & QUEUE_MASK(EVENTQ_BITS)) == event_cons)
		return false;
	for (unsigned i = 0; i < SMMU_EVENT_WORDS; i++)
		record[i] = events[index][i];
	smmu_decode_event(record, e);
	event_cons = (event_cons + 1) & QUEUE_MASK(EVENTQ_BITS);
	mmio_write32(base + EVENTQ_CONS, event_cons);
	return true;
}
