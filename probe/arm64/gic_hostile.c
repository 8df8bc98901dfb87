/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables that say what cannot be: the guest plays the host that wrote them. A host may refuse them
 * all; what it takes must be harmless. (KVM's ITS table ABI; numbers: abi/gic.h)
 */
#include "gic_save.h"

#include <string.h>

#include "mm.h"

#define NOBODY     13u /* a collection that is not mapped */
#define CPU_BEYOND 0xffffu

static struct gic_device *dev;
static u64 private_itt; /* page of private memory, full of entries for one of our LPIs */

static u64 ite(u32 lpi, u64 next)
{
	return next << KVM_ITE_NEXT_SHIFT | (u64)lpi << KVM_ITE_PINTID_SHIFT |
	       dev->event[0].collection;
}

static void first_event(u64 entry)
{
	*gic_ite(dev->id, dev->event[0].id) = entry;
}

static void no_lpi(void)
{
	first_event(ite(GIC_LPI_FIRST - 1, 0));
}

static void spi(void)
{
	first_event(ite(32, 0));
}

static void beyond_id_bits(void)
{
	first_event(ite((u32)BIT(its_get_info()->id_bits), 0));
}

static void lpi_all_ones(void)
{
	first_event(ite(~0u, 1));
}

static void event_all_ones(void)
{
	first_event(~0ULL);
}

static void next_beyond(void)
{
	first_event(ite(dev->event[0].lpi, KVM_ITE_NEXT_MAX));
}

static void nobodys_collection(void)
{
	first_event((ite(dev->event[0].lpi, 0) & ~KVM_ITE_ICID) | NOBODY);
}

static void with_device(u64 clear, u64 set)
{
	volatile u64 *dte = gic_dte(dev->id);

	if (dte != NULL)
		*dte = (*dte & ~clear) | set;
}

static void nothing(void)
{
}

static void device_all_ones(void)
{
	with_device(0, ~KVM_DTE_ITT);
}

static void device_next_beyond(void)
{
	with_device(0, KVM_DTE_NEXT);
}

static void device_size(void)
{
	with_device(0, KVM_DTE_BITS);
}

static void private_table(void)
{
	with_device(KVM_DTE_ITT, private_itt >> 8 << KVM_DTE_ITT_SHIFT);
}

static void collection_of_no_cpu(void)
{
	volatile u64 *cte = gic_cte(0);

	if (cte != NULL)
		*cte |= (u64)CPU_BEYOND << KVM_CTE_RDBASE_SHIFT;
}

static void collections_all_ones(void)
{
	for (unsigned n = 0; n < 4 && gic_cte(n) != NULL; n++)
		*gic_cte(n) = ~0ULL;
}

static const struct {
	const char *what;
	void (*write)(void);
} lies[] = {
	{ "no lie", nothing }, /* the way of the attempt: whoever fails here proves nothing below */
	{ "an event of INTID 8191", no_lpi },
	{ "an event of an SPI", spi },
	{ "an event of an LPI beyond IDbits", beyond_id_bits },
	{ "an event of LPI 0xffffffff", lpi_all_ones },
	{ "an event's entry of all ones", event_all_ones },
	{ "a next event beyond the ITT", next_beyond },
	{ "an event in a collection that is none", nobodys_collection },
	{ "a device's entry of all ones but for its ITT", device_all_ones },
	{ "a next device beyond the table", device_next_beyond },
	{ "more EventID bits than there are", device_size },
	{ "an ITT in private memory", private_table },
	{ "a collection of no CPU", collection_of_no_cpu },
	{ "collections of all ones", collections_all_ones },
};

/* Of every event; those that are none any more are errors, and passed over. */
static void raise_all(void)
{
	struct listener l;

	if (!listen_start(&l, 0, GIC_LISTEN_NS))
		return;
	for (unsigned i = 0; i < GIC_SAVE_DEVICES; i++)
		for (unsigned k = 0; k < dev[i].count; k++)
			(void)gic_int(&dev[i].event[k]);
	heard_settle();
	listen_stop(&l);
}

/* An LPI that only the private table maps. */
static struct gic_event hidden;

static void fill_private(u64 *page)
{
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*page); i++)
		page[i] = ite(hidden.lpi, 0);
}

static bool private_is_kept(const u64 *page)
{
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*page); i++)
		if (page[i] != ite(hidden.lpi, 0))
			return false;
	return true;
}

/* As the driver knows it again: nothing of the lie is left in a table, nor in the ITS. Until then
 * the host may save at any time, and write where the lie has led it. */
static bool recover(void)
{
	for (unsigned i = 0; i < GIC_SAVE_DEVICES; i++) {
		struct range itt = its_itt(dev[i].id);

		memset((void *)(uintptr_t)itt.base, 0, itt.size);
	}
	gic_restart();
	(void)coop_do(COOP_DMA_PRIVATE, 0, 0);
	for (unsigned i = 0; i < GIC_SAVE_DEVICES; i++)
		for (unsigned k = 0; k < dev[i].count; k++)
			if (!gic_map(&dev[i].event[k], 0))
				return false;
	return true;
}

static void lie(unsigned i)
{
	u64 unexpected = irq_unexpected(), strays = lpi_unexpected();
	bool taken;

	if (!gic_save())
		return;
	lies[i].write();
	(void)coop_do(COOP_DMA_PRIVATE, 1, 0);
	taken = coop_do(COOP_ITS_RESTORE, 0, 0);
	raise_all();
	check_note("%s: tables %s", lies[i].what, taken ? "taken" : "refused");
	expect_eq("interrupts nobody had asked for", irq_unexpected(), unexpected);
	expect_eq("LPIs of a table in private memory", heard_all(&hidden.heard), 0);
	expect_true("that table", private_is_kept((const u64 *)(uintptr_t)private_itt),
		    "as it was");
	gic_strays_forget(lpi_unexpected() - strays);
}

static void all_lies(void)
{
	fill_private((u64 *)(uintptr_t)private_itt);
	for (unsigned i = 0; i < ARRAY_SIZE(lies) && !check_failed(); i++) {
		lie(i);
		if (!recover())
			return;
	}
	if (!check_failed())
		expect_true("INT of an event once the ITS was brought up again",
			    gic_arrives(&dev->event[0], 0), "its LPI");
}

void gic_save_hostile(void)
{
	if (!gic_save_usable() || !coop_needs(COOP_DMA_PRIVATE))
		return;
	private_itt = page_get();
	if (private_itt == 0)
		return;
	hidden = (struct gic_event){ .lpi = 0 };
	dev = gic_save_open();
	if (dev != NULL) {
		if (gic_take(&hidden))
			all_lies();
		gic_save_close();
		if (hidden.lpi != 0)
			lpi_give(hidden.lpi);
	}
	page_put(private_itt);
}
