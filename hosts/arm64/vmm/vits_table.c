/* SPDX-License-Identifier: BSD-2-Clause */
/* What a virtual ITS has mapped, and where the guest wants it to be kept. */
#include "vits_local.h"

/* ---- the guest's tables ---- */
u64 vits_baser_page(u64 baser)
{
	return KIB(4) << 2 * MIN(GITS_BASER_PAGE(baser), 2u);
}

u64 vits_baser_bytes(u64 baser)
{
	if (!(baser & GITS_BASER_VALID))
		return 0;
	return GITS_BASER_PAGES(baser) * vits_baser_page(baser);
}

/* Pages of 64 KiB: bits 51:48 of the address stand in 15:12. */
u64 vits_baser_address(u64 baser)
{
	if (vits_baser_page(baser) == KIB(64))
		return (baser & MASK(47, 16)) | FIELD(baser, 15, 12) << 48;
	return baser & GITS_BASER_ADDRESS;
}

static enum status second_level(const struct vits *t, u64 baser, u32 id, u64 *at)
{
	u64 page = vits_baser_page(baser), per = page / KVM_ITS_ENTRY;
	u64 offset = id / per * KVM_ITS_ENTRY, entry = 0;

	if (V(offset >= vits_baser_bytes(baser)))
		return ST_RANGE;
	if (V(!t->gic->memory->read(vits_baser_address(baser) + offset, &entry, sizeof(entry))))
		return ST_FAULT;
	if (V(!(entry & GITS_L1_VALID)))
		return ST_STATE;
	*at = align_down(entry & GITS_L1_ADDRESS, page) + id % per * KVM_ITS_ENTRY;
	return ST_OK;
}

enum status vits_device_entry(const struct vits *t, u32 id, u64 *at)
{
	u64 baser = t->baser[BASER_DEVICES];

	if (V(id >> VITS_BITS != 0))
		return ST_RANGE;
	if (baser & GITS_BASER_INDIRECT)
		return second_level(t, baser, id, at);
	if (V(id * (u64)KVM_ITS_ENTRY >= vits_baser_bytes(baser)))
		return ST_RANGE;
	*at = vits_baser_address(baser) + id * (u64)KVM_ITS_ENTRY;
	return ST_OK;
}

bool vits_collection_fits(const struct vits *t, u64 id)
{
	return id * KVM_ITS_ENTRY < vits_baser_bytes(t->baser[BASER_COLLECTIONS]);
}

/* ---- what is mapped ---- */
struct vits_device *vits_device(struct vits *t, u32 id)
{
	for (unsigned i = 0; i < VITS_DEVICES; i++)
		if (t->device[i].valid && t->device[i].id == id)
			return &t->device[i];
	return NULL;
}

struct vits_device *vits_device_new(struct vits *t)
{
	for (unsigned i = 0; i < VITS_DEVICES; i++)
		if (!t->device[i].valid)
			return &t->device[i];
	return NULL;
}

struct vits_event *vits_event(struct vits *t, u32 device, u32 event)
{
	for (unsigned i = 0; i < VITS_EVENTS; i++)
		if (t->event[i].valid && t->event[i].device == device && t->event[i].event == event)
			return &t->event[i];
	return NULL;
}

struct vits_collection *vits_collection(struct vits *t, u16 id)
{
	for (unsigned i = 0; i < VITS_COLLECTIONS; i++)
		if (t->collection[i].valid && t->collection[i].id == id)
			return &t->collection[i];
	return NULL;
}

unsigned vits_collection_cpu(struct vits *t, u16 id)
{
	const struct vits_collection *c = vits_collection(t, id);

	return c != NULL ? c->cpu : VGIC_NOWHERE;
}

static bool has_events(const struct vits *t, u16 collection)
{
	for (unsigned i = 0; i < VITS_EVENTS; i++)
		if (t->event[i].valid && t->event[i].collection == collection)
			return true;
	return false;
}

struct vits_collection *vits_collection_new(struct vits *t, u16 id)
{
	struct vits_collection *c = vits_collection(t, id);

	if (c != NULL)
		return c;
	for (unsigned i = 0; i < VITS_COLLECTIONS; i++) {
		c = &t->collection[i];
		if (c->valid && (c->cpu != VGIC_NOWHERE || has_events(t, c->id)))
			continue;
		*c = (struct vits_collection){ .valid = true, .id = id, .cpu = VGIC_NOWHERE };
		return c;
	}
	return NULL;
}

bool vits_event_add(struct vits *t, u32 device, u32 event, u32 lpi, u16 collection)
{
	for (unsigned i = 0; i < VITS_EVENTS; i++) {
		struct vits_event *e = &t->event[i];

		if (e->valid)
			continue;
		*e = (struct vits_event){
			.device = device, .event = event, .lpi = lpi, .collection = collection
		};
		e->valid = vgic_lpi_map(t->gic, lpi, vits_collection_cpu(t, collection));
		return e->valid;
	}
	return false;
}

void vits_event_drop(struct vits *t, struct vits_event *e)
{
	vgic_lpi_set_pending(t->gic, e->lpi, false);
	vgic_lpi_unmap(t->gic, e->lpi);
	e->valid = false;
}

void vits_device_drop(struct vits *t, struct vits_device *d)
{
	for (unsigned i = 0; i < VITS_EVENTS; i++)
		if (t->event[i].valid && t->event[i].device == d->id &&
		    !fault_on(FAULT_ITS_MAPD_KEEPS))
			vits_event_drop(t, &t->event[i]);
	d->valid = false;
}

void vits_forget_devices(struct vits *t)
{
	for (unsigned i = 0; i < VITS_DEVICES; i++)
		t->device[i].valid = false;
	for (unsigned i = 0; i < VITS_EVENTS; i++)
		t->event[i].valid = false;
	vgic_lpi_forget(t->gic);
}

void vits_forget_collections(struct vits *t)
{
	for (unsigned i = 0; i < VITS_COLLECTIONS; i++)
		t->collection[i].valid = false;
}

/* ---- messages ---- */
/* The lowest INTID above it that is no LPI of this guest's. */
static u32 stray(const struct vits *t, u32 lpi)
{
	do
		lpi++;
	while (vgic_lpi_cpu(t->gic, lpi) != VGIC_NOWHERE);
	return lpi;
}

u32 vits_raise(struct vits *t, const struct vits_event *e)
{
	unsigned cpu = vits_collection_cpu(t, e->collection);

	if (cpu >= t->gic->cpus || !t->gic->cpu[cpu].lpis)
		return 0;
	vgic_lpi_move(t->gic, e->lpi, cpu); /* a MOVALL may have taken it elsewhere */
	vgic_lpi_set_pending(t->gic, e->lpi, true);
	if (fault_on(FAULT_LPI_STRAY))
		vgic_force(t->gic, cpu, stray(t, e->lpi));
	t->count.raised++;
	return 1u << cpu | vgic_lpi_stands(t->gic, e->lpi);
}

u32 vits_message(struct vits *t, u32 device, u32 event)
{
	const struct vits_event *e = t->enabled ? vits_event(t, device, event) : NULL;
	u32 cpus = e != NULL ? vits_raise(t, e) : 0;

	if (cpus == 0)
		t->count.dropped++;
	return cpus;
}
