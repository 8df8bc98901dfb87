/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual ITS's state to the guest's tables and back: KVM's ITS table ABI, revision 0. What is
 * read back is the guest's memory: whatever it says, nothing is mapped that no command could have
 * mapped. Entries before the first valid one, and those that a capped `next` leads to, are written
 * as not valid: a restore scans them one by one.
 */
#include "vits_local.h"

#define PER_PAGE (PAGE_SIZE / KVM_ITS_ENTRY)

static u64 valid_bit(u64 bit)
{
	return fault_on(FAULT_ITS_SAVE_LAYOUT) ? BIT(62) : bit;
}

/* ---- writing ---- */
static enum status put(const struct vits *t, u64 at, u64 entry)
{
	return t->gic->memory->write(at, &entry, sizeof(entry)) ? ST_OK : ST_FAULT;
}

static enum status zero(const struct vits *t, u64 at, u64 bytes)
{
	static const u8 nothing[PAGE_SIZE];

	while (bytes > 0) {
		u64 n = MIN(bytes, PAGE_SIZE - at % PAGE_SIZE);

		if (!t->gic->memory->write(at, nothing, n))
			return ST_FAULT;
		at += n;
		bytes -= n;
	}
	return ST_OK;
}

/* ---- collections ---- */
static u64 cte(const struct vits *t, const struct vits_collection *c)
{
	u64 cpu = c->cpu; /* VGIC_NOWHERE as KVM writes it: 32 bits */

	if (fault_on(FAULT_ITS_SAVE_COLLECTION) && c->cpu != VGIC_NOWHERE)
		cpu = (cpu + 1) % t->gic->cpus;
	return valid_bit(KVM_CTE_VALID) | cpu << KVM_CTE_RDBASE_SHIFT | c->id;
}

static enum status save_collections(const struct vits *t)
{
	u64 at = vits_baser_address(t->baser[BASER_COLLECTIONS]);
	enum status st = ST_OK;

	if (vits_baser_bytes(t->baser[BASER_COLLECTIONS]) == 0)
		return ST_OK; /* without a table nothing is mapped */
	for (unsigned i = 0; i < VITS_COLLECTIONS && st == ST_OK; i++) {
		if (!t->collection[i].valid)
			continue;
		st = put(t, at, cte(t, &t->collection[i]));
		at += KVM_ITS_ENTRY;
	}
	/* The smallest table has room for more than there can be. */
	return st == ST_OK ? put(t, at, 0) : st;
}

static enum status restore_collection(struct vits *t, u64 entry)
{
	u16 id = (u16)FIELD(entry, 15, 0);
	u64 cpu = FIELD(entry, 51, 16);
	struct vits_collection *c;

	if (V(cpu >= t->gic->cpus && cpu != VGIC_NOWHERE))
		return ST_CORRUPT;
	if (V(!vits_collection_fits(t, id)))
		return ST_CORRUPT;
	if (V(vits_collection(t, id) != NULL))
		return ST_CORRUPT;
	for (unsigned i = 0; i < VITS_COLLECTIONS; i++) {
		c = &t->collection[i];
		if (c->valid)
			continue;
		*c = (struct vits_collection){ .valid = true, .id = id, .cpu = (unsigned)cpu };
		return ST_OK;
	}
	return ST_CORRUPT; /* more than this ITS takes */
}

static enum status restore_collections(struct vits *t)
{
	u64 baser = t->baser[BASER_COLLECTIONS];
	u64 end = vits_baser_bytes(baser), entry = 0;
	enum status st = ST_OK;

	for (u64 at = 0; at < end && st == ST_OK; at += KVM_ITS_ENTRY) {
		if (V(!t->gic->memory->read(vits_baser_address(baser) + at, &entry, sizeof(entry))))
			return ST_CORRUPT;
		if (!(entry & valid_bit(KVM_CTE_VALID)))
			break;
		st = restore_collection(t, entry);
	}
	return st;
}

/* ---- saving one ITT ---- */
/* The first event of a device from `from` on and before `end`, NULL: none. */
static const struct vits_event *event_from(const struct vits *t, u32 device, u64 from, u64 end)
{
	const struct vits_event *found = NULL;

	for (unsigned i = 0; i < VITS_EVENTS; i++) {
		const struct vits_event *e = &t->event[i];

		if (e->valid && e->device == device && e->event >= from && e->event < end &&
		    (found == NULL || e->event < found->event))
			found = e;
	}
	return found;
}

/* End of the events that are saved. */
static u64 events_end(const struct vits *t, const struct vits_device *d)
{
	u64 end = 1ULL << d->bits, last = end;

	if (!fault_on(FAULT_ITS_SAVE_FORGETS))
		return end;
	for (const struct vits_event *e = event_from(t, d->id, 0, end); e != NULL;
	     e = event_from(t, d->id, last + 1ULL, end))
		last = e->event;
	return last;
}

static enum status save_itt(const struct vits *t, const struct vits_device *d)
{
	u64 end = events_end(t, d), at = 0; /* entries before are written */
	const struct vits_event *e = event_from(t, d->id, 0, end), *after;
	enum status st = ST_OK;

	for (; e != NULL && st == ST_OK; e = after) {
		u64 next;

		after = event_from(t, d->id, e->event + 1ULL, end);
		next = after != NULL ? MIN(after->event - e->event, KVM_ITE_NEXT_MAX) : 0;
		st = zero(t, d->itt + at * KVM_ITS_ENTRY, (e->event - at) * KVM_ITS_ENTRY);
		if (st == ST_OK)
			st = put(t, d->itt + e->event * (u64)KVM_ITS_ENTRY,
				 next << KVM_ITE_NEXT_SHIFT | (u64)e->lpi << KVM_ITE_PINTID_SHIFT |
				     e->collection);
		at = e->event + MAX(next, 1ULL);
	}
	if (at == 0 && st == ST_OK) /* no event at all: no entry is valid */
		st = zero(t, d->itt, KVM_ITS_ENTRY << d->bits);
	if (fault_on(FAULT_ITS_SAVE_OVERRUN) && st == ST_OK)
		st = put(t, d->itt + ((u64)KVM_ITS_ENTRY << d->bits), KVM_ITE_PINTID);
	return st;
}

/* ---- saving devices ---- */
/* Entries of one table, of one page of the second level. */
static u64 per_table(u64 baser)
{
	return (baser & GITS_BASER_INDIRECT ? vits_baser_page(baser) : vits_baser_bytes(baser)) /
	       KVM_ITS_ENTRY;
}

/* DeviceIDs there is room for. */
static u64 devices_end(u64 baser)
{
	u64 n = vits_baser_bytes(baser) / KVM_ITS_ENTRY;

	if (baser & GITS_BASER_INDIRECT)
		n *= per_table(baser);
	return MIN(n, BIT(VITS_BITS));
}

/* Entries [from, to) are not valid; where there is no second level they are not there. */
static enum status zero_devices(const struct vits *t, u64 from, u64 to)
{
	enum status st;

	while (from < to) {
		u64 at, n = MIN(to - from, PER_PAGE - from % PER_PAGE);

		st = vits_device_entry(t, (u32)from, &at);
		if (st == ST_OK)
			st = zero(t, at, n * KVM_ITS_ENTRY);
		else if (st == ST_STATE)
			st = ST_OK;
		if (st != ST_OK)
			return st;
		from += n;
	}
	return ST_OK;
}

static const struct vits_device *device_from(const struct vits *t, u64 from)
{
	const struct vits_device *found = NULL;

	for (unsigned i = 0; i < VITS_DEVICES; i++) {
		const struct vits_device *d = &t->device[i];

		if (d->valid && d->id >= from && (found == NULL || d->id < found->id))
			found = d;
	}
	return found;
}

static enum status save_device(const struct vits *t, const struct vits_device *d, u64 next)
{
	enum status st;
	u64 at;

	st = vits_device_entry(t, d->id, &at);
	if (st == ST_OK)
		st = put(t, at,
			 valid_bit(KVM_DTE_VALID) | next << KVM_DTE_NEXT_SHIFT |
			     d->itt >> 8 << KVM_DTE_ITT_SHIFT | (d->bits - 1));
	return st == ST_OK ? save_itt(t, d) : st;
}

static enum status save_devices(const struct vits *t)
{
	u64 baser = t->baser[BASER_DEVICES], per = MAX(per_table(baser), 1ULL), at = 0;
	u64 cap = fault_on(FAULT_ITS_SAVE_LAYOUT) ? KVM_DTE_NEXT_MAX / 2 : KVM_DTE_NEXT_MAX;
	const struct vits_device *d = device_from(t, 0), *after;
	enum status st = ST_OK;

	if (d == NULL)
		return zero_devices(t, 0, devices_end(baser));
	for (; d != NULL && st == ST_OK; d = after) {
		u64 next;

		after = device_from(t, d->id + 1ULL);
		next = after != NULL ? MIN((u64)(after->id - d->id), cap) : 0;
		st = zero_devices(t, at, d->id);
		if (st == ST_OK)
			st = save_device(t, d, next);
		/* KVM goes on at the beginning of another second-level page. */
		at = d->id + next;
		if (at / per != d->id / per)
			at = align_up(d->id + 1ULL, per);
	}
	return st;
}

enum status vits_save(struct vits *t)
{
	enum status st = vgic_lpi_save(t->gic);

	if (st == ST_OK)
		st = save_collections(t);
	if (st == ST_OK)
		st = save_devices(t);
	t->count.saves++;
	/* ST_RANGE: tables that were there when it was mapped, and are smaller now. */
	return st == ST_OK || st == ST_FAULT ? st : ST_STATE;
}

/* ---- reading ---- */
/* Entries read ahead, of one table, in rising order. */
struct reader {
	const struct vits *t;
	u64 at, bytes;
	u64 entry[32];
};

/* The entry at an address of a table that ends at `end`. false: not in the guest's RAM. */
static bool get(struct reader *r, u64 at, u64 end, u64 *entry)
{
	if (at < r->at || at - r->at >= r->bytes) {
		u64 n = MIN(end - at, PAGE_SIZE - at % PAGE_SIZE);

		r->at = at;
		r->bytes = MIN(n, sizeof(r->entry));
		if (!r->t->gic->memory->read(at, r->entry, r->bytes))
			return false;
	}
	*entry = r->entry[(at - r->at) / KVM_ITS_ENTRY];
	return true;
}

static enum status restore_event(struct vits *t, const struct vits_device *d, u64 event, u64 ite)
{
	u32 lpi = (u32)FIELD(ite, 47, 16);
	u64 next = FIELD(ite, 63, 48);
	u16 collection = (u16)FIELD(ite, 15, 0);

	if (fault_on(FAULT_ITS_RESTORE_UNCHECKED)) {
		(void)vits_event_add(t, d->id, (u32)event, lpi, collection);
		return ST_OK;
	}
	if (V(lpi >= vgic_lpi_end(t->gic)))
		return ST_CORRUPT;
	if (V(event + next >= 1ULL << d->bits))
		return ST_CORRUPT;
	if (V(vits_collection(t, collection) == NULL))
		return ST_CORRUPT;
	if (V(!vits_event_add(t, d->id, (u32)event, lpi, collection))) /* no LPI, or no room */
		return ST_CORRUPT;
	return ST_OK;
}

static enum status restore_itt(struct vits *t, const struct vits_device *d)
{
	u64 end = d->itt + (KVM_ITS_ENTRY << d->bits), ite = 0, step;
	struct reader r = { .t = t };
	enum status st = ST_OK;

	for (u64 event = 0; event < 1ULL << d->bits && st == ST_OK; event += step) {
		if (V(!get(&r, d->itt + event * KVM_ITS_ENTRY, end, &ite)))
			return ST_CORRUPT;
		step = 1;
		if (!(ite & KVM_ITE_PINTID))
			continue;
		st = restore_event(t, d, event, ite);
		step = FIELD(ite, 63, 48);
		if (step == 0)
			break;
	}
	return st;
}

static enum status restore_device(struct vits *t, u32 id, u64 dte)
{
	struct vits_device *d = vits_device_new(t);
	u64 last, entry;

	if (V(d == NULL))
		return ST_CORRUPT;
	*d = (struct vits_device){ .valid = true,
				   .id = id,
				   .bits = (unsigned)FIELD(dte, 4, 0) + 1,
				   .itt = FIELD(dte, 48, 5) << 8 };
	if (V(d->bits > VITS_BITS))
		return ST_CORRUPT;
	last = d->itt + (KVM_ITS_ENTRY << d->bits) - KVM_ITS_ENTRY;
	if (V(!t->gic->memory->read(last, &entry, sizeof(entry))))
		return ST_CORRUPT;
	return restore_itt(t, d);
}

static u64 dte_next(u64 dte)
{
	return FIELD(dte & ~valid_bit(KVM_DTE_VALID), 62, 49);
}

static enum status restore_devices(struct vits *t)
{
	u64 baser = t->baser[BASER_DEVICES], end = devices_end(baser);
	u64 per = per_table(baser), table = 0, dte = 0, at, step;
	struct reader r = { .t = t };
	bool known = false; /* `table` is that of this id */
	enum status st;

	for (u64 id = 0; id < end; id += step) {
		st = known ? ST_OK : vits_device_entry(t, (u32)align_down(id, per), &table);
		known = st == ST_OK;
		step = per - id % per;
		if (st == ST_STATE) /* no second level there */
			continue;
		at = table + id % per * KVM_ITS_ENTRY;
		if (V(st != ST_OK || !get(&r, at, table + per * KVM_ITS_ENTRY, &dte)))
			return ST_CORRUPT;
		step = 1;
		if (dte & valid_bit(KVM_DTE_VALID)) {
			st = restore_device(t, (u32)id, dte);
			step = dte_next(dte);
			if (st != ST_OK || step == 0)
				return st;
			if (V(id + step >= end))
				return ST_CORRUPT;
		}
		known = (id + step) / per == id / per;
	}
	return ST_OK;
}

enum status vits_restore(struct vits *t)
{
	enum status st;

	vits_forget_devices(t);
	vits_forget_collections(t);
	st = restore_collections(t);
	if (st == ST_OK)
		st = restore_devices(t);
	if (st == ST_OK)
		st = vgic_lpi_load(t->gic);
	t->count.restores++;
	if (st == ST_OK)
		return ST_OK;
	vits_forget_devices(t);
	vits_forget_collections(t);
	return ST_CORRUPT;
}
