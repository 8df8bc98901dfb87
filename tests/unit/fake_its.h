/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A GIC behind cvm.ops->mmio_*: distributor and redistributors as far as LPIs go, and an ITS that
 * carries out its queue. It keeps its own lists and reads the guest's tables where the architecture
 * says so; whatever lies outside the shared pool, which is faked here, too, ends the test.
 */
#ifndef FAKE_ITS_H
#define FAKE_ITS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "arch.h"
#include "cvm.h"
#include "drivers/arm64/gic.h"
#include "drivers/arm64/its_internal.h"
#include "mm.h"
#include "mmu.h"
#include "platform.h"

#define FAKE_GICD   0x08000000u
#define FAKE_GICR   0x080a0000u
#define FAKE_STRIDE 0x20000u
#define FAKE_ITS    0x08080000u
#define FAKE_CPUS   4u
#define FAKE_MAPS   1024u

static inline void fake_must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fake GIC: %s\n", what);
	abort();
}

/* ---- the shared pool ---- */
#define FAKE_PAGES 2048u
enum fake_page { FAKE_FREE, FAKE_TAKEN, FAKE_SMALL };
static u8 fake_pool[FAKE_PAGES * PAGE_SIZE] ALIGNED(1 << 16);
static enum fake_page fake_page[FAKE_PAGES];
static u32 fake_slots[FAKE_PAGES];
static bool fake_kept[FAKE_PAGES];
static unsigned fake_pool_left; /* requests until it is exhausted */

static unsigned fake_kept_count;
static unsigned fake_count; /* pages that are not free */

/* What nobody was given, the driver does not touch either. */
static void fake_mark(unsigned page, enum fake_page kind)
{
	fake_count += kind != FAKE_FREE;
	fake_count -= fake_page[page] != FAKE_FREE;
	fake_page[page] = kind;
	if (kind == FAKE_FREE)
		ASAN_POISON_MEMORY_REGION(fake_pool + page * PAGE_SIZE, PAGE_SIZE);
	else
		ASAN_UNPOISON_MEMORY_REGION(fake_pool + page * PAGE_SIZE, PAGE_SIZE);
}

static inline u64 fake_pool_base(void)
{
	return (u64)(uintptr_t)fake_pool;
}

static inline unsigned fake_used(void)
{
	return fake_count;
}

static inline unsigned fake_kept_pages(void)
{
	return fake_kept_count;
}

static unsigned fake_index(u64 addr, u64 size)
{
	fake_must(addr >= fake_pool_base() && size <= sizeof(fake_pool) &&
		      addr - fake_pool_base() <= sizeof(fake_pool) - size,
		  "memory that is not shared");
	return (unsigned)((addr - fake_pool_base()) / PAGE_SIZE);
}

/* The guest's memory as the GIC reaches it: pages that somebody was given. */
static void *fake_memory(u64 addr, u64 size)
{
	unsigned first = fake_index(addr, size), last = fake_index(addr + size - 1, 1);

	for (unsigned i = first; i <= last; i++)
		fake_must(fake_page[i] != FAKE_FREE, "memory that was given back");
	return (void *)(uintptr_t)addr;
}

static void *fake_take(size_t pages, u64 align, enum fake_page kind)
{
	size_t step = align / PAGE_SIZE, run;

	if (fake_pool_left == 0)
		return NULL;
	fake_pool_left--;
	for (size_t i = 0; i + pages <= FAKE_PAGES; i += step) {
		for (run = 0; run < pages && fake_page[i + run] == FAKE_FREE;)
			run++;
		if (run < pages)
			continue;
		for (run = 0; run < pages; run++)
			fake_mark((unsigned)(i + run), kind);
		return memset(fake_pool + i * PAGE_SIZE, 0, pages * PAGE_SIZE);
	}
	return NULL;
}

void *pool_alloc(size_t pages, u64 align)
{
	fake_must(pages != 0 && pages <= 512 && align >= PAGE_SIZE && align <= BLOCK_SIZE,
		  "a request the pool refuses");
	return fake_take(pages, align, FAKE_TAKEN);
}

void pool_free(void *p, size_t pages)
{
	unsigned first = fake_index((u64)(uintptr_t)p, pages * PAGE_SIZE);

	for (unsigned i = first; i < first + pages; i++) {
		fake_must(fake_page[i] == FAKE_TAKEN && !fake_kept[i], "a free of what is not");
		fake_mark(i, FAKE_FREE);
	}
}

static u32 fake_mask(const void *p, size_t size)
{
	u64 slot = (u64)(uintptr_t)p % PAGE_SIZE / 256;

	fake_must((u64)(uintptr_t)p % 256 == 0 && size % 256 == 0, "a small object's shape");
	return (u32)((BIT(size / 256) - 1) << slot);
}

void *pool_alloc_small(size_t size)
{
	u8 *p;

	for (unsigned i = 0; i < FAKE_PAGES && fake_pool_left != 0; i++) {
		for (u64 at = 0; fake_page[i] == FAKE_SMALL && at + size <= PAGE_SIZE; at += 256) {
			p = fake_pool + i * PAGE_SIZE + at;
			if ((fake_slots[i] & fake_mask(p, size)) != 0)
				continue;
			fake_pool_left--;
			fake_slots[i] |= fake_mask(p, size);
			return memset(p, 0, size);
		}
	}
	p = fake_take(1, PAGE_SIZE, FAKE_SMALL);
	if (p != NULL)
		fake_slots[fake_index((u64)(uintptr_t)p, size)] = fake_mask(p, size);
	return p;
}

void pool_free_small(void *p, size_t size)
{
	unsigned i = fake_index((u64)(uintptr_t)p, size);
	u32 mask = fake_mask(p, size);

	fake_must(fake_page[i] == FAKE_SMALL && (fake_slots[i] & mask) == mask && !fake_kept[i],
		  "a free of what is not");
	fake_slots[i] &= ~mask;
	if (fake_slots[i] == 0)
		fake_mark(i, FAKE_FREE);
}

void pool_keep(const void *p, size_t size)
{
	unsigned first = fake_index((u64)(uintptr_t)p, size);

	for (unsigned i = first; i <= fake_index((u64)(uintptr_t)p + size - 1, 1); i++) {
		fake_must(fake_page[i] != FAKE_FREE, "free memory is kept");
		fake_kept_count += !fake_kept[i];
		fake_kept[i] = true;
	}
}

/* ---- the machine ---- */
struct platform_info platform;
struct cvm cvm;
static unsigned fake_cpu;
static u64 fake_time, fake_time_step, fake_hz;
static unsigned fake_cleaned;
static unsigned fake_locked;
static enum status fake_map_status;
static u64 fake_accesses;
static bool fake_ran;

void spin_lock(struct spinlock *l)
{
	fake_must(l->owner == 0 && fake_locked != 0, "a lock");
	l->owner = 1;
}

void spin_unlock(struct spinlock *l)
{
	fake_must(l->owner == 1, "a lock");
	l->owner = 0;
}

bool arch_irq_save(void)
{
	return fake_locked++ == 0;
}

void arch_irq_restore(bool enabled)
{
	fake_must(enabled == (--fake_locked == 0), "interrupts come back too early");
}

unsigned arch_cpu_index(void)
{
	return fake_cpu;
}

void arch_cpu_relax(void)
{
}

void arch_barrier(void)
{
}

u64 arch_counter(void)
{
	return fake_time += fake_time_step;
}

u64 arch_counter_hz(void)
{
	return fake_hz;
}

enum status mmu_map_device(struct range r)
{
	fake_must(r.base == FAKE_ITS && r.size == 0x10000, "what is mapped");
	return fake_map_status;
}

u64 gic_frame(unsigned cpu)
{
	return FAKE_GICR + cpu * FAKE_STRIDE;
}

void gic_clean(struct range r)
{
	fake_memory(r.base, r.size);
	fake_cleaned++;
}

/* ---- redistributors ---- */
static struct {
	u64 ctlr, typer, propbaser, pendbaser;
	bool stays;    /* EnableLPIs cannot be cleared */
	bool never_on; /* nor set */
	u64 keeps;     /* bits of the two address registers that are kept */
} fake_gicr[FAKE_CPUS];

/* ---- the ITS ---- */
struct fake_event {
	bool valid;
	u32 device, event, lpi;
	u16 collection;
};

static struct {
	u64 gicd_typer, typer, iidr, pidr2, ctlr, cbaser, cwriter, creadr;
	u64 baser[GITS_BASERS];
	u64 baser_fixed[GITS_BASERS]; /* type and entry size */
	u64 baser_keeps[GITS_BASERS];
	u64 cbaser_keeps;
	unsigned page; /* forced; 3: any */
	bool stalls;   /* a command in error stalls it; else it is passed over */
	bool retries;  /* and goes on when told so */
	bool stuck;    /* reads nothing */
	bool loud;     /* never quiescent */
	bool never_on;
	bool blind; /* nothing is carried out, and nothing held against what the guest reads */
	/* To reads of registers from FAKE_ITS on, where there is one. */
	u64 (*answer)(u64 offset, u64 honest);
	struct {
		bool valid;
		unsigned bits;
		u64 itt;
		u32 id;
	} device[FAKE_MAPS];
	struct fake_event event[FAKE_MAPS];
	struct {
		bool valid;
		u64 target;
	} collection[SMP_MAX_CPUS];
	u64 done[16]; /* commands by opcode */
	u64 errors;
} fake;

static inline const struct fake_event *fake_event(u32 device, u32 event)
{
	for (unsigned i = 0; i < FAKE_MAPS; i++)
		if (fake.event[i].valid && fake.event[i].device == device &&
		    fake.event[i].event == event)
			return &fake.event[i];
	return NULL;
}

static int fake_device(u32 id)
{
	for (unsigned i = 0; i < FAKE_MAPS; i++)
		if (fake.device[i].valid && fake.device[i].id == id)
			return (int)i;
	return -1;
}

static bool fake_target(u64 target)
{
	for (unsigned i = 0; i < FAKE_CPUS; i++)
		if (target == ((fake.typer & GITS_TYPER_PTA) != 0 ? gic_frame(i) : (u64)i << 16))
			return (fake_gicr[i].ctlr & 1) != 0;
	return false;
}

static bool fake_room(u32 id)
{
	u64 b = fake.baser[0], page = KIB(4) << 2 * GITS_BASER_PAGE(b), entry;
	u64 per = page / GITS_BASER_ENTRY(b), bytes = page * GITS_BASER_PAGES(b);

	if (id >= BIT(GITS_TYPER_DEVICE_BITS(fake.typer)))
		return false;
	if ((b & GITS_BASER_INDIRECT) == 0)
		return (u64)(id + 1) * GITS_BASER_ENTRY(b) <= bytes;
	if (id / per >= bytes / 8)
		return false;
	entry = *(u64 *)fake_memory((b & GITS_BASER_ADDRESS) + id / per * 8, 8);
	if ((entry & GITS_L1_VALID) == 0)
		return false;
	fake_memory(entry & GITS_L1_ADDRESS, page);
	return (entry & GITS_L1_ADDRESS) % page == 0;
}

static bool fake_mapd(const u64 *w)
{
	u32 id = (u32)(w[0] >> 32);
	int i = fake_device(id);
	unsigned bits = (unsigned)(w[1] & 31) + 1;

	if (!fake_room(id) || bits > GITS_TYPER_EVENT_BITS(fake.typer))
		return false;
	for (unsigned e = 0; e < FAKE_MAPS; e++)
		if (fake.event[e].device == id)
			fake.event[e].valid = false;
	if ((w[2] & ITS_CMD_VALID) == 0) {
		if (i >= 0)
			fake.device[i].valid = false;
		return true;
	}
	for (unsigned j = 0; i < 0 && j < FAKE_MAPS; j++)
		if (!fake.device[j].valid)
			i = (int)j;
	fake_must(i >= 0, "room for devices");
	fake_memory(w[2] & ITS_CMD_ITT, GITS_TYPER_ITT_ENTRY(fake.typer) << bits);
	fake.device[i].valid = true;
	fake.device[i].id = id;
	fake.device[i].bits = bits;
	fake.device[i].itt = w[2] & ITS_CMD_ITT;
	return true;
}

static bool fake_mapc(const u64 *w)
{
	u16 c = (u16)w[2];
	u64 target = w[2] & ITS_CMD_RDBASE;

	if (c >= SMP_MAX_CPUS || !fake_target(target))
		return false;
	fake.collection[c].valid = (w[2] & ITS_CMD_VALID) != 0;
	fake.collection[c].target = target;
	return true;
}

static bool fake_mapti(const u64 *w, u32 lpi)
{
	u32 id = (u32)(w[0] >> 32), event = (u32)w[1];
	int d = fake_device(id);

	if (d < 0 || event >= BIT(fake.device[d].bits) || lpi < GIC_LPI_FIRST || lpi >= BIT(14) ||
	    (u16)w[2] >= SMP_MAX_CPUS || !fake.collection[(u16)w[2]].valid)
		return false;
	for (unsigned i = 0; i < FAKE_MAPS; i++)
		if (!fake.event[i].valid) {
			fake.event[i] = (struct fake_event){ true, id, event, lpi, (u16)w[2] };
			return true;
		}
	fake_must(false, "room for events");
	return false;
}

static bool fake_execute(const u64 *w)
{
	u32 id = (u32)(w[0] >> 32);
	struct fake_event *e = (struct fake_event *)fake_event(id, (u32)w[1]);

	fake.done[w[0] & 15]++;
	switch (w[0] & 0xff) {
	case ITS_CMD_MAPD:
		return fake_mapd(w);
	case ITS_CMD_MAPC:
		return fake_mapc(w);
	case ITS_CMD_MAPTI:
		return fake_mapti(w, (u32)(w[1] >> 32));
	case ITS_CMD_MAPI:
		return fake_mapti(w, (u32)w[1]);
	case ITS_CMD_DISCARD:
		if (e != NULL)
			e->valid = false;
		return e != NULL;
	case ITS_CMD_INV:
	case ITS_CMD_INT:
	case ITS_CMD_CLEAR:
	case ITS_CMD_MOVI:
		return e != NULL;
	case ITS_CMD_INVALL:
		return w[2] < SMP_MAX_CPUS && fake.collection[w[2]].valid;
	case ITS_CMD_SYNC:
		return fake_target(w[2] & ITS_CMD_RDBASE);
	case ITS_CMD_MOVALL:
		return fake_target(w[2]) && fake_target(w[3]);
	}
	return false;
}

static void fake_run(void)
{
	u64 size = GITS_CBASER_PAGES(fake.cbaser) * PAGE_SIZE;

	if ((fake.ctlr & GITS_CTLR_ENABLED) == 0 || (fake.creadr & 1) != 0 || fake.stuck)
		return;
	if (fake.blind)
		fake.creadr = fake.cwriter;
	while (fake.creadr != (fake.cwriter & GITS_OFFSET)) {
		const u64 *w = fake_memory((fake.cbaser & GITS_CBASER_ADDRESS) + fake.creadr, 32);

		if (!fake_execute(w)) {
			fake.errors++;
			if (fake.stalls) {
				fake.creadr |= GITS_CREADR_STALLED;
				return;
			}
		}
		fake.creadr = (fake.creadr + 32) % size;
	}
}

static u64 fake_its_read(u64 off)
{
	if (off >= GITS_BASER(0) && off < GITS_BASER(GITS_BASERS))
		return fake.baser[(off - GITS_BASER(0)) / 8];
	switch (off) {
	case GITS_CTLR:
		return fake.ctlr | (fake.loud || (fake.ctlr & 1) != 0 ? 0 : GITS_CTLR_QUIESCENT);
	case GITS_IIDR:
		return fake.iidr;
	case GITS_TYPER:
		return fake.typer;
	case GITS_CBASER:
		return fake.cbaser;
	case GITS_CREADR:
		return fake.creadr;
	case GIC_PIDR2:
		return fake.pidr2;
	}
	fake_must(false, "a register of the ITS that is not read");
	return 0;
}

/* What a register is told: whole pages of the guest's, aligned. */
static void fake_table(u64 base, u64 size, u64 align)
{
	fake_memory(base, size);
	fake_must(base % align == 0, "a table that is not aligned");
}

static void fake_baser(unsigned n, u64 v)
{
	fake_must((fake.ctlr & 1) == 0, "GITS_BASER is written while the ITS is enabled");
	if ((v & GITS_BASER_VALID) != 0)
		fake_table(v & GITS_BASER_ADDRESS,
			   (KIB(4) << 2 * GITS_BASER_PAGE(v)) * GITS_BASER_PAGES(v),
			   KIB(4) << 2 * GITS_BASER_PAGE(v));
	if (GITS_BASER_TYPE(fake.baser_fixed[n]) == 0)
		return;
	v = (v & ~(MASK(58, 56) | MASK(52, 48)) & fake.baser_keeps[n]) | fake.baser_fixed[n];
	if (fake.page != 3)
		v = (v & ~MASK(9, 8)) | (u64)fake.page << 8;
	fake.baser[n] = v;
}

static void fake_its_write(u64 off, u64 v)
{
	if (off >= GITS_BASER(0) && off < GITS_BASER(GITS_BASERS)) {
		fake_baser((unsigned)(off - GITS_BASER(0)) / 8, v);
		return;
	}
	switch (off) {
	case GITS_CTLR:
		fake.ctlr = fake.never_on ? 0 : v & GITS_CTLR_ENABLED;
		fake_run();
		return;
	case GITS_CBASER:
		fake_must((fake.ctlr & 1) == 0, "GITS_CBASER is written while it is enabled");
		fake_table(v & GITS_CBASER_ADDRESS, GITS_CBASER_PAGES(v) * PAGE_SIZE, KIB(64));
		fake.cbaser = v & fake.cbaser_keeps;
		fake.creadr = fake.cwriter = 0;
		return;
	case GITS_CWRITER:
		fake_must((v & GITS_OFFSET) < GITS_CBASER_PAGES(fake.cbaser) * PAGE_SIZE,
			  "GITS_CWRITER beyond the queue");
		fake.cwriter = v & GITS_OFFSET;
		if ((v & GITS_CWRITER_RETRY) != 0 && fake.retries)
			fake.creadr &= ~GITS_CREADR_STALLED;
		fake_run();
		return;
	}
	fake_must(false, "a register of the ITS that is not written");
}

static u64 fake_gicr_access(unsigned cpu, u64 off, bool write, u64 v)
{
	fake_must(cpu < FAKE_CPUS, "a redistributor that is none");
	switch (off) {
	case 0: /* CTLR */
		if (write && (v & 1) == 0 && !fake_gicr[cpu].stays)
			fake_gicr[cpu].ctlr = v;
		if (write && (v & 1) != 0 && !fake_gicr[cpu].never_on)
			fake_gicr[cpu].ctlr = v;
		return fake_gicr[cpu].ctlr;
	case GICR_TYPER:
		return fake_gicr[cpu].typer;
	case GICR_PROPBASER:
	case GICR_PENDBASER: {
		u64 *r =
		    off == GICR_PROPBASER ? &fake_gicr[cpu].propbaser : &fake_gicr[cpu].pendbaser;

		if (write) {
			fake_must((fake_gicr[cpu].ctlr & 1) == 0 || fake.blind,
				  "tables of LPIs in use change");
			if (off == GICR_PROPBASER)
				fake_table(v & GICR_PROPBASER_ADDRESS,
					   BIT((v & GICR_PROPBASER_ID_BITS) + 1) - GIC_LPI_FIRST,
					   PAGE_SIZE);
			else
				fake_table(v & GICR_PENDBASER_ADDRESS, KIB(2), KIB(64));
			*r = v & fake_gicr[cpu].keeps;
			if (off == GICR_PENDBASER)
				*r &= ~GICR_PENDBASER_PTZ;
		}
		return *r;
	}
	}
	fake_must(false, "a register of the redistributor that is not used");
	return 0;
}

static u64 fake_honest(u64 pa)
{
	if (pa >= FAKE_ITS && pa < FAKE_ITS + 0x10000)
		return fake_its_read(pa - FAKE_ITS);
	fake_must(pa >= FAKE_GICR, "an address of no register");
	return fake_gicr_access((unsigned)((pa - FAKE_GICR) / FAKE_STRIDE),
				(pa - FAKE_GICR) % FAKE_STRIDE, false, 0);
}

static u64 fake_read(u64 pa, unsigned width)
{
	u64 v;

	fake_accesses++;
	if (pa == FAKE_GICD + 4)
		return fake.gicd_typer;
	v = fake_honest(pa);
	v = fake.answer != NULL ? fake.answer(pa - FAKE_ITS, v) : v;
	return width == 4 ? (u32)v : v;
}

static void fake_write(u64 pa, unsigned width, u64 v)
{
	fake_accesses++;
	if (pa >= FAKE_ITS && pa < FAKE_ITS + 0x10000) {
		fake_its_write(pa - FAKE_ITS, v);
		return;
	}
	fake_must(pa >= FAKE_GICR, "an address of no register");
	fake_gicr_access((unsigned)((pa - FAKE_GICR) / FAKE_STRIDE), (pa - FAKE_GICR) % FAKE_STRIDE,
			 true, v);
}

static const struct cvm_ops fake_ops = { .mmio_read = fake_read, .mmio_write = fake_write };

static void fake_baser_is(unsigned n, unsigned type, unsigned entry)
{
	fake.baser_fixed[n] = (u64)type << GITS_BASER_TYPE_SHIFT | (u64)(entry - 1)
								       << GITS_BASER_ENTRY_SHIFT;
	fake.baser[n] = fake.baser_fixed[n];
}

/* 16 bits of DeviceID and EventID, entries of 8 bytes, two-level tables, any page size. */
static void fake_machine(void)
{
	cvm.ops = &fake_ops;
	for (unsigned i = 0; i < FAKE_PAGES; i++)
		if (fake_page[i] != FAKE_FREE || !fake_ran)
			fake_mark(i, FAKE_FREE);
	fake_ran = true;
	memset(fake_slots, 0, sizeof(fake_slots));
	memset(fake_kept, 0, sizeof(fake_kept));
	fake_kept_count = 0;
	fake_pool_left = ~0u;
	platform = (struct platform_info){
		.gicd = { FAKE_GICD, 0x10000 },
		.its = { FAKE_ITS, GITS_SIZE },
		.msi_map_count = 2,
		.msi_map = { { 0, 0x100, 0x1000 }, { 0x200, 0x10, 0 } },
	};
	memset(&fake, 0, sizeof(fake));
	fake.gicd_typer = GICD_TYPER_LPIS | 15u << 19;
	fake.typer = GITS_TYPER_PHYSICAL | 7 << 4 | 15 << 8 | 15 << 13;
	fake.iidr = 0x43b;
	fake.pidr2 = 0x3b;
	fake.page = 3;
	fake.stalls = fake.retries = true;
	fake.cbaser_keeps = ~0ULL;
	memset(fake.baser_keeps, 0xff, sizeof(fake.baser_keeps));
	fake_baser_is(0, GITS_BASER_TYPE_DEVICE, 8);
	fake_baser_is(1, GITS_BASER_TYPE_COLLECTION, 8);
	memset(fake_gicr, 0, sizeof(fake_gicr));
	for (u64 i = 0; i < FAKE_CPUS; i++) {
		fake_gicr[i].typer = GICR_TYPER_PLPIS | i << 8;
		fake_gicr[i].keeps = ~0ULL;
	}
	fake_cpu = 0;
	fake_time_step = 10000;
	fake_hz = 1000000000;
	fake_cleaned = 0;
	fake_locked = 0;
	fake_map_status = ST_OK;
	fake_accesses = 0;
	its = (struct its){ .why = "there is none" };
	for (u32 i = 0; i < ITS_LPIS; i++)
		lpi_give(GIC_LPI_FIRST + i);
}

/* As KVM's: 64 KiB pages whatever is asked for, two levels for devices only, errors dropped. */
static inline void fake_like_kvm(void)
{
	fake.page = 2;
	fake.baser_keeps[1] = ~GITS_BASER_INDIRECT;
	fake.stalls = false;
}

#endif
