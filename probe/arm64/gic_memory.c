/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an ITS reads and writes (design section 3). The host that emulates it must reach what the
 * guest has shared, and nothing else, whatever the registers say.
 */
#include "abi/coop.h"
#include "gic_check.h"

#include <string.h>

#include "cvm.h"
#include "mm.h"
#include "platform.h"

#define PRIVATE_INTS 16u
#define STANDS_NS    10000000ULL

static struct gic_device dev[2];

/* ---- a queue of one's own ---- */

static u64 its_read(u64 reg)
{
	return cvm.ops->mmio_read(its_frame().base + reg, 8);
}

static void its_write(u64 reg, u64 v)
{
	cvm.ops->mmio_write(its_frame().base + reg, 8, v);
}

static void set_enabled(bool on)
{
	struct deadline d = deadline_in(WAIT_NS);

	cvm.ops->mmio_write(its_frame().base + GITS_CTLR, 4, on ? GITS_CTLR_ENABLED : 0);
	while (!on && (its_read(GITS_CTLR) & GITS_CTLR_QUIESCENT) == 0 && !deadline_passed(&d))
		;
}

static void fill(u64 *page, const struct gic_event *e)
{
	struct its_command c = its_int(e->device, e->id);

	for (unsigned i = 0; i < PRIVATE_INTS; i++)
		memcpy(page + i * ARRAY_SIZE(c.dw), c.dw, sizeof(c.dw));
}

/* The page becomes the queue, and the ITS is told of its commands. How many LPIs come? */
static u64 run_queue(struct gic_event *e, u64 page)
{
	u64 before = heard_all(&e->heard), bits = its_read(GITS_CBASER);
	struct deadline d = deadline_in(STANDS_NS);
	struct listener l;

	set_enabled(false);
	its_write(GITS_CBASER, (bits & ~(GITS_CBASER_ADDRESS | MASK(7, 0))) | page);
	its_write(GITS_CWRITER, 0);
	set_enabled(true);
	if (!listen_start(&l, 0, GIC_LISTEN_NS))
		return 0;
	its_write(GITS_CWRITER, PRIVATE_INTS * ITS_COMMAND_BYTES);
	while (!deadline_passed(&d))
		visit_host();
	listen_stop(&l);
	return heard_all(&e->heard) - before;
}

/* In a shared page: the way of the attempt works. */
static bool control(struct gic_event *e)
{
	void *page = pool_alloc(1, KIB(64));
	u64 came;

	if (page == NULL) {
		check_skip("no shared page");
		return false;
	}
	fill(page, e);
	came = run_queue(e, (u64)(uintptr_t)page);
	gic_restart();
	pool_free(page, 1);
	if (came == 0)
		check_skip("a queue in another shared page raises nothing, see gic.its.disabled");
	return came != 0 && gic_map(e, 0);
}

static void attempt(struct gic_event *e, u64 *page, u64 *copy)
{
	u64 came;

	memset(page, 0, PAGE_SIZE);
	fill(page, e);
	memcpy(copy, page, PAGE_SIZE);
	(void)coop_do(COOP_DMA_PRIVATE, 1, 0);
	came = run_queue(e, (u64)(uintptr_t)page);
	set_enabled(false);
	(void)coop_do(COOP_DMA_PRIVATE, 0, 0);
	gic_restart();
	expect_eq("LPIs by a queue in private memory", came, 0);
	expect_true("that queue's page", memcmp(page, copy, PAGE_SIZE) == 0, "as it was");
}

void gic_memory_private(void)
{
	u64 page = 0, copy = 0;

	if (!gic_usable() || !coop_needs(COOP_DMA_PRIVATE) || !gic_open(&dev[0], 0, 1))
		return;
	page = pages_alloc(1, KIB(64));
	copy = pages_alloc(1, PAGE_SIZE);
	if (page == 0 || copy == 0)
		check_skip("no free page");
	else if (control(&dev[0].event[0]))
		attempt(&dev[0].event[0], (u64 *)(uintptr_t)page, (u64 *)(uintptr_t)copy);
	if (page != 0)
		pages_free(page, 1);
	if (copy != 0)
		pages_free(copy, 1);
	gic_close(&dev[0]);
}

/* ---- what lies beside an ITT ---- */

static bool in_range(struct range r, u64 at)
{
	return at >= r.base && at - r.base < r.size;
}

/* An ITT of this check, or of a function. */
static bool in_itt(u64 at)
{
	for (unsigned i = 0; i < ARRAY_SIZE(dev); i++)
		if (in_range(its_itt(dev[i].id), at))
			return true;
	for (unsigned i = 0; i < virtio_count(); i++) {
		const struct virtio_device *d = virtio_device(i);
		u32 id;

		if (d->pci != NULL && its_device_id(d->pci->bdf, &id) == ST_OK &&
		    in_range(its_itt(id), at))
			return true;
	}
	return false;
}

static bool beside_is_zero(const char *when, u64 page)
{
	const volatile u64 *p = (const volatile u64 *)(uintptr_t)page;

	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*p); i++) {
		if (in_itt(page + i * sizeof(*p)) || p[i] == 0)
			continue;
		check_note("%s: 0x%llx, word %u", when, (unsigned long long)page, i);
		return expect_eq("a word beside ITTs, in their page", p[i], 0);
	}
	return true;
}

static bool beside_are_zero(const char *when)
{
	for (unsigned i = 0; i < ARRAY_SIZE(dev); i++)
		if (!beside_is_zero(when, align_down(its_itt(dev[i].id).base, PAGE_SIZE)))
			return false;
	return true;
}

static void tables_are_shared(void)
{
	static struct its_table list[128];
	unsigned n = its_tables(list, ARRAY_SIZE(list));

	for (unsigned i = 0; i < n; i++) {
		check_note("%s at 0x%llx", list[i].name, (unsigned long long)list[i].base);
		expect_true("a table's pages",
			    pool_contains((void *)(uintptr_t)list[i].base, list[i].bytes),
			    "in the shared pool");
	}
}

/* ITTs with room between them that nobody uses. */
static bool open_apart(void **gap)
{
	for (unsigned i = 0; i < ARRAY_SIZE(dev); i++) {
		gap[i] = pool_alloc_small(ITS_ITT_ALIGN);
		if (!gic_open(&dev[i], i, GIC_EVENTS))
			return false;
	}
	return true;
}

static void use(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(dev); i++)
		expect_true("INT of an event that is mapped", gic_arrives(&dev[i].event[i], 0),
			    "its LPI");
	if (!beside_are_zero("mapped and raised") || !coop_has(COOP_ITS_SAVE))
		return;
	if (expect_true("the host saving its state", coop_do(COOP_ITS_SAVE, 0, 0), "done"))
		beside_are_zero("saved");
}

void gic_memory_itt(void)
{
	void *gap[ARRAY_SIZE(dev)] = { NULL };

	if (!gic_usable())
		return;
	memset(dev, 0, sizeof(dev));
	if (open_apart(gap)) {
		tables_are_shared();
		use();
	}
	for (unsigned i = 0; i < ARRAY_SIZE(dev); i++) {
		gic_close(&dev[i]);
		pool_free_small(gap[i], ITS_ITT_ALIGN);
	}
}
