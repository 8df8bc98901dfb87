/* SPDX-License-Identifier: BSD-2-Clause */
/* Saved tables entry by entry (KVM's ITS table ABI, revision 0; numbers: abi/gic.h). */
#include "../../drivers/arm64/gic.h"
#include "cvm.h"
#include "gic_save.h"

/* ---- where ---- */

static u64 baser(unsigned type)
{
	for (unsigned n = 0; n < GITS_BASERS; n++) {
		u64 v = cvm.ops->mmio_read(its_frame().base + GITS_BASER(n), 8);

		if (GITS_BASER_TYPE(v) == type)
			return v;
	}
	return 0;
}

/* Entry n of a table of words: within what the driver has given the ITS, or NULL. */
static volatile u64 *word(u64 table, u64 n)
{
	struct its_table t = gic_table_at(table);

	return n < t.bytes / KVM_ITS_ENTRY ? (volatile u64 *)(uintptr_t)t.base + n : NULL;
}

volatile u64 *gic_dte(u32 device)
{
	u64 v = baser(GITS_BASER_TYPE_DEVICE), table = v & GITS_BASER_ADDRESS;
	u64 per_page = (KIB(4) << 2 * GITS_BASER_PAGE(v)) / KVM_ITS_ENTRY;
	volatile u64 *entry;

	if (!expect_eq("bytes of an entry of the device table", GITS_BASER_ENTRY(v), KVM_ITS_ENTRY))
		return NULL;
	if ((v & GITS_BASER_INDIRECT) != 0) {
		entry = word(table, device / per_page);
		table = entry != NULL ? *entry & GITS_L1_ADDRESS : 0;
		device = (u32)(device % per_page);
	}
	entry = word(table, device);
	(void)expect_true("the device table", entry != NULL,
			  "one of ours, with room for the device");
	return entry;
}

volatile u64 *gic_cte(unsigned n)
{
	return word(baser(GITS_BASER_TYPE_COLLECTION) & GITS_BASER_ADDRESS, n);
}

volatile u64 *gic_ite(u32 device, u32 event)
{
	return (volatile u64 *)(uintptr_t)its_itt(device).base + event;
}

/* ---- what ---- */

/* The devices have the last DeviceIDs there are: behind the higher one comes none. */
static void device_entry(const struct gic_device *d, u64 next)
{
	volatile u64 *entry = gic_dte(d->id);

	check_note("DeviceID 0x%x", d->id);
	if (entry != NULL)
		expect_eq("the device's entry", *entry,
			  KVM_DTE_VALID | next << KVM_DTE_NEXT_SHIFT |
			      its_itt(d->id).base >> 8 << KVM_DTE_ITT_SHIFT | (GIC_BITS - 1));
}

static void event_entries(const struct gic_device *d)
{
	for (unsigned i = 0; i < d->count; i++) {
		const struct gic_event *e = &d->event[i];
		u64 next = i + 1 < d->count ? d->event[i + 1].id - e->id : 0;

		check_note("DeviceID 0x%x, EventID %u", d->id, e->id);
		expect_eq("the event's entry", *gic_ite(d->id, e->id),
			  next << KVM_ITE_NEXT_SHIFT | (u64)e->lpi << KVM_ITE_PINTID_SHIFT |
			      e->collection);
	}
}

static void collection_entry(const struct gic_event *e, unsigned cpu)
{
	u64 processor = GICR_TYPER_PROCESSOR(cvm.ops->mmio_read(gic_frame(cpu) + GICR_TYPER, 8));
	u64 expected = KVM_CTE_VALID | processor << KVM_CTE_RDBASE_SHIFT | e->collection;

	/* In any order, without a hole. */
	for (unsigned n = 0;; n++) {
		volatile u64 *entry = gic_cte(n);

		check_note("collection %u of CPU %u", e->collection, cpu);
		if (entry == NULL || (*entry & KVM_CTE_VALID) == 0) {
			check_fail("the collection's entry", "among those saved", "none");
			return;
		}
		if ((*entry & KVM_CTE_ICID) != e->collection)
			continue;
		expect_eq("the collection's entry", *entry, expected);
		return;
	}
}

void gic_save_layout(void)
{
	struct gic_device *d = gic_save_usable() ? gic_save_open() : NULL;

	if (d == NULL)
		return;
	if (its_get_info()->itt_entry != KVM_ITS_ENTRY) {
		check_skip("entries of ITTs have %u bytes", its_get_info()->itt_entry);
	} else if (gic_save()) {
		device_entry(&d[0], 0);
		device_entry(&d[1], d[0].id - d[1].id);
		for (unsigned i = 0; i < GIC_SAVE_DEVICES; i++)
			event_entries(&d[i]);
		for (unsigned i = 0; i < d[0].count; i++)
			collection_entry(&d[0].event[i], d[0].event[i].collection);
	}
	gic_save_close();
}
