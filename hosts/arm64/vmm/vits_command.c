/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of the virtual ITS (IHI 0069, 5.3). Each is checked as the guest's input it is; what is
 * wrong gets the number KVM gives it, 0 where KVM has none.
 */
#include "vits_local.h"

#define DEVICE_OOR          0x01
#define ITTSIZE_OOR         0x02
#define COLLECTION_OOR      0x03
#define UNMAPPED_DEVICE     0x04
#define ID_OOR              0x05
#define PHYSICALID_OOR      0x06
#define UNMAPPED_INTERRUPT  0x07
#define UNMAPPED_COLLECTION 0x09
#define MOVALL_PROCNUM_OOR  0x01
#define MAPC_PROCNUM_OOR    0x02
#define NO_ROOM             0x00
#define UNKNOWN_COMMAND     0x00

#define CMD_OPCODE(dw)      ((u8)FIELD((dw)[0], 7, 0))
#define CMD_DEVICE(dw)      ((u32)FIELD((dw)[0], 63, 32))
#define CMD_EVENT(dw)       ((u32)FIELD((dw)[1], 31, 0))
#define CMD_PINTID(dw)      ((u32)FIELD((dw)[1], 63, 32))
#define CMD_BITS(dw)        ((unsigned)FIELD((dw)[1], 4, 0) + 1)
#define CMD_COLLECTION(dw)  ((u16)FIELD((dw)[2], 15, 0))
/* CLEAR's errors are not numbered by its opcode. */
#define ERROR_CLASS(op)   ((op) == ITS_CMD_CLEAR ? 0x05u : (op))
#define ERROR(dw, reason) VITS_ERROR(ERROR_CLASS(CMD_OPCODE(dw)), reason)

/* ---- MAPD, MAPC ---- */
static bool device_outside(const struct vits *t, u32 id)
{
	u64 at, entry;

	return vits_device_entry(t, id, &at) != ST_OK ||
	       !t->gic->memory->read(at, &entry, sizeof(entry));
}

static bool itt_is_nowhere(const struct vits *t, u64 itt)
{
	u64 entry;

	return !t->gic->memory->read(itt, &entry, sizeof(entry));
}

static u32 mapd(struct vits *t, const u64 *dw)
{
	u32 id = CMD_DEVICE(dw);
	bool valid = dw[2] & ITS_CMD_VALID;
	struct vits_device *d;

	if (!fault_on(FAULT_ITS_MAPD_DEVICE)) {
		if (V(device_outside(t, id)))
			return ERROR(dw, DEVICE_OOR);
	}
	if (!fault_on(FAULT_ITS_MAPD_SIZE)) {
		if (V(valid && CMD_BITS(dw) > VITS_BITS))
			return ERROR(dw, ITTSIZE_OOR);
	}
	d = vits_device(t, id);
	if (d != NULL)
		vits_device_drop(t, d);
	if (!valid)
		return 0;
	if (fault_on(FAULT_ITS_ITT_TAKES_ALL) && itt_is_nowhere(t, dw[2] & ITS_CMD_ITT))
		vits_forget_devices(t);
	d = vits_device_new(t);
	if (V(d == NULL))
		return ERROR(dw, NO_ROOM);
	*d = (struct vits_device){
		.valid = true, .id = id, .bits = CMD_BITS(dw), .itt = dw[2] & ITS_CMD_ITT
	};
	return 0;
}

/* A target as this ITS names them: a redistributor's address or a processor's number. An address
 * below the first is beyond the last. */
static unsigned target(const struct vits *t, u64 word)
{
	u64 rd = word & ITS_CMD_RDBASE;

	if (t->kind == VITS_KVM)
		return (unsigned)MIN(rd >> 16, (u64)VGIC_NOWHERE);
	if (V(!is_aligned(rd - t->gicr, VGIC_GICR_STRIDE)))
		return VGIC_NOWHERE;
	return (unsigned)MIN((rd - t->gicr) / VGIC_GICR_STRIDE, (u64)VGIC_NOWHERE);
}

static void move_collection(struct vits *t, struct vits_collection *c, unsigned cpu)
{
	if (fault_on(FAULT_ITS_MAPC_STAYS) && c->cpu != VGIC_NOWHERE)
		return;
	c->cpu = cpu;
	for (unsigned i = 0; i < VITS_EVENTS; i++)
		if (t->event[i].valid && t->event[i].collection == c->id)
			vgic_lpi_move(t->gic, t->event[i].lpi, cpu);
}

static u32 mapc(struct vits *t, const u64 *dw)
{
	u16 id = CMD_COLLECTION(dw);
	struct vits_collection *c = vits_collection(t, id);
	unsigned cpu = target(t, dw[2]);

	if (!(dw[2] & ITS_CMD_VALID)) {
		/* What pends stays so, on the CPU where it does. */
		if (c != NULL && !fault_on(FAULT_ITS_MAPC_DELIVERS))
			c->cpu = VGIC_NOWHERE;
		return 0;
	}
	if (V(cpu >= t->gic->cpus))
		return ERROR(dw, MAPC_PROCNUM_OOR);
	if (V(!vits_collection_fits(t, id)))
		return ERROR(dw, COLLECTION_OOR);
	c = vits_collection_new(t, id);
	if (V(c == NULL))
		return ERROR(dw, COLLECTION_OOR);
	move_collection(t, c, cpu);
	return 0;
}

/* ---- MAPTI, MAPI ---- */
/* KVM, too, keeps what is mapped already: the architecture leaves that open. */
static u32 map_event(struct vits *t, const u64 *dw, u32 lpi)
{
	u32 device = CMD_DEVICE(dw), event = CMD_EVENT(dw);
	const struct vits_device *d = vits_device(t, device);
	u16 collection = CMD_COLLECTION(dw);
	struct vits_collection *c;

	if (V(d == NULL))
		return ERROR(dw, UNMAPPED_DEVICE);
	if (!fault_on(FAULT_ITS_MAPTI_EVENT)) {
		if (V(event >= 1ULL << d->bits))
			return ERROR(dw, ID_OOR);
	}
	if (V(lpi < GIC_LPI_FIRST))
		return ERROR(dw, PHYSICALID_OOR);
	if (V(lpi >= vgic_lpi_end(t->gic)))
		return ERROR(dw, PHYSICALID_OOR);
	if (V(!vits_collection_fits(t, collection)))
		return ERROR(dw, COLLECTION_OOR);
	if (vits_event(t, device, event) != NULL)
		return 0;
	c = vits_collection_new(t, collection);
	if (V(c == NULL))
		return ERROR(dw, COLLECTION_OOR);
	if (fault_on(FAULT_ITS_MAPTI_COLLECTION) && c->cpu == VGIC_NOWHERE)
		c->cpu = 0;
	if (V(!vits_event_add(t, device, event, lpi, collection)))
		return ERROR(dw, NO_ROOM);
	return 0;
}

static u32 mapi(struct vits *t, const u64 *dw)
{
	return map_event(t, dw, CMD_EVENT(dw) + (fault_on(FAULT_ITS_MAPI_OTHER) ? 1 : 0));
}

/* ---- commands of one mapped event ---- */
static u32 movi(struct vits *t, struct vits_event *e, const u64 *dw)
{
	unsigned cpu = vits_collection_cpu(t, CMD_COLLECTION(dw));

	if (V(cpu == VGIC_NOWHERE))
		return ERROR(dw, UNMAPPED_COLLECTION);
	if (fault_on(FAULT_ITS_MOVI_IGNORED))
		return 0;
	if (fault_on(FAULT_ITS_MOVI_PENDING_LOST))
		vgic_lpi_set_pending(t->gic, e->lpi, false);
	e->collection = CMD_COLLECTION(dw);
	vgic_lpi_move(t->gic, e->lpi, cpu);
	return 0;
}

static u32 interrupt(struct vits *t, struct vits_event *e, const u64 *dw)
{
	unsigned cpu = vits_collection_cpu(t, e->collection);

	if (V(cpu == VGIC_NOWHERE))
		return ERROR(dw, UNMAPPED_INTERRUPT);
	if (fault_on(FAULT_ITS_INT_LOST))
		return 0;
	if (fault_on(FAULT_ITS_INT_WRONG_CPU)) {
		vgic_force(t->gic, (cpu + 1) % t->gic->cpus, e->lpi);
		return 0;
	}
	if (fault_on(FAULT_ITS_INT_TWICE))
		vgic_force(t->gic, cpu, e->lpi);
	vits_raise(t, e);
	return 0;
}

static u32 discard(struct vits *t, struct vits_event *e, const u64 *dw)
{
	unsigned cpu = vits_collection_cpu(t, e->collection);

	if (V(cpu == VGIC_NOWHERE))
		return ERROR(dw, UNMAPPED_INTERRUPT);
	if (fault_on(FAULT_ITS_DISCARD_IGNORED) && vgic_lpi_is_pending(t->gic, e->lpi))
		return 0;
	if (fault_on(FAULT_ITS_DISCARD_PENDING) && vgic_lpi_is_pending(t->gic, e->lpi) &&
	    !vgic_lpi_is_enabled(t->gic, e->lpi))
		vgic_force(t->gic, cpu, e->lpi);
	vits_event_drop(t, e);
	return 0;
}

static u32 inv(struct vits *t, struct vits_event *e)
{
	if (fault_on(FAULT_ITS_INV_IGNORED))
		return 0;
	if (fault_on(FAULT_ITS_INV_PENDING_LOST))
		vgic_lpi_set_pending(t->gic, e->lpi, false);
	vgic_lpi_configure(t->gic, e->lpi);
	return 0;
}

static u32 of_event(struct vits *t, const u64 *dw)
{
	struct vits_event *e = vits_event(t, CMD_DEVICE(dw), CMD_EVENT(dw));

	if (V(e == NULL))
		return ERROR(dw, UNMAPPED_INTERRUPT);
	switch (CMD_OPCODE(dw)) {
	case ITS_CMD_MOVI:
		return movi(t, e, dw);
	case ITS_CMD_INT:
		return interrupt(t, e, dw);
	case ITS_CMD_DISCARD:
		return discard(t, e, dw);
	case ITS_CMD_INV:
		return inv(t, e);
	default: /* CLEAR */
		if (!fault_on(FAULT_ITS_CLEAR_IGNORED))
			vgic_lpi_set_pending(t->gic, e->lpi, false);
		return 0;
	}
}

/* ---- INVALL, MOVALL ---- */
static u32 invall(struct vits *t, const u64 *dw)
{
	u16 collection = CMD_COLLECTION(dw);

	if (V(vits_collection_cpu(t, collection) == VGIC_NOWHERE))
		return ERROR(dw, UNMAPPED_COLLECTION);
	for (unsigned i = 0; i < VITS_EVENTS; i++)
		if (t->event[i].valid && t->event[i].collection == collection &&
		    !fault_on(FAULT_ITS_INVALL_IGNORED))
			vgic_lpi_configure(t->gic, t->event[i].lpi);
	return 0;
}

static u32 movall(struct vits *t, const u64 *dw)
{
	unsigned from = target(t, dw[2]), to = target(t, dw[3]);

	if (V(from >= t->gic->cpus))
		return ERROR(dw, MOVALL_PROCNUM_OOR);
	if (V(to >= t->gic->cpus))
		return ERROR(dw, MOVALL_PROCNUM_OOR);
	for (unsigned i = 0; i < VITS_EVENTS; i++) {
		u32 lpi = t->event[i].lpi;

		if (t->event[i].valid && vgic_lpi_is_pending(t->gic, lpi) &&
		    vgic_lpi_cpu(t->gic, lpi) == from)
			vgic_lpi_move(t->gic, lpi, to);
	}
	return 0;
}

u32 vits_execute(struct vits *t, const u64 dw[4])
{
	switch (CMD_OPCODE(dw)) {
	case ITS_CMD_MAPD:
		return mapd(t, dw);
	case ITS_CMD_MAPC:
		return mapc(t, dw);
	case ITS_CMD_MAPTI:
		return map_event(t, dw, CMD_PINTID(dw));
	case ITS_CMD_MAPI:
		return mapi(t, dw);
	case ITS_CMD_MOVI:
	case ITS_CMD_INT:
	case ITS_CMD_CLEAR:
	case ITS_CMD_INV:
	case ITS_CMD_DISCARD:
		return of_event(t, dw);
	case ITS_CMD_INVALL:
		return invall(t, dw);
	case ITS_CMD_MOVALL:
		return movall(t, dw);
	case ITS_CMD_SYNC: /* all effects are there already */
		return 0;
	default:
		return ERROR(dw, UNKNOWN_COMMAND);
	}
}
