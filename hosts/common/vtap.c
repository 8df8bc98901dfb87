/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tap: register accesses of the guest to QEMU's virtio devices are forwarded and watched, so
 * that the host knows where the rings are. Only accesses of a register's own width are understood;
 * others are forwarded all the same, and the device makes of them what it likes.
 */
#include <string.h>

#include "abi/coop.h"
#include "common/secret.h"
#include "common/vdev_local.h"
#include "core/core.h"

static struct vtap taps[VTAP_MAX];
static const struct vtap_access *machine;

void vtap_init(const struct vtap_access *access)
{
	memset(taps, 0, sizeof(taps));
	machine = access;
}

struct vtap *vtap_add(enum vtap_kind kind)
{
	for (unsigned i = 0; i < VTAP_MAX; i++) {
		struct vtap *t = &taps[i];

		if (t->kind != VTAP_FREE)
			continue;
		memset(t, 0, sizeof(*t));
		t->kind = kind;
		return t;
	}
	return NULL;
}

static bool inside(u64 address, unsigned width, u64 base, u64 size)
{
	return address >= base && address - base < size && width <= size - (address - base);
}

struct vtap *vtap_find(u64 address, unsigned width)
{
	for (unsigned i = 0; i < VTAP_MAX; i++) {
		struct vtap *t = &taps[i];

		if (t->kind == VTAP_MMIO && inside(address, width, t->mmio, VIRTIO_MMIO_SIZE))
			return t;
		if (t->kind != VTAP_PCI)
			continue;
		if (inside(address, width, t->common, t->common_size) ||
		    inside(address, width, t->notify, t->notify_size) ||
		    inside(address, width, t->isr, t->isr_size) ||
		    inside(address, width, t->config, t->config_size))
			return t;
	}
	return NULL;
}

/* ---- registers of both transports by one name ---- */

enum reg {
	REG_OTHER,
	REG_DFSELECT,
	REG_DF,
	REG_GFSELECT,
	REG_GF,
	REG_STATUS,
	REG_GENERATION,
	REG_SELECT,
	REG_SIZE_MAX, /* PCI: also what is written */
	REG_SIZE,
	REG_ENABLE,
	REG_DESC, /* + 1: high half */
	REG_DRIVER = REG_DESC + 2,
	REG_DEVICE = REG_DRIVER + 2,
	REG_NOTIFY = REG_DEVICE + 2,
	REG_CONFIG,
	REG_ID,
};

struct known {
	u16 offset;
	u8 width, reg;
};

static const struct known pci_registers[] = {
	{ VIRTIO_PCI_DFSELECT, 4, REG_DFSELECT },
	{ VIRTIO_PCI_DF, 4, REG_DF },
	{ VIRTIO_PCI_GFSELECT, 4, REG_GFSELECT },
	{ VIRTIO_PCI_GF, 4, REG_GF },
	{ VIRTIO_PCI_STATUS, 1, REG_STATUS },
	{ VIRTIO_PCI_GENERATION, 1, REG_GENERATION },
	{ VIRTIO_PCI_QUEUE_SELECT, 2, REG_SELECT },
	{ VIRTIO_PCI_QUEUE_SIZE, 2, REG_SIZE_MAX },
	{ VIRTIO_PCI_QUEUE_ENABLE, 2, REG_ENABLE },
	{ VIRTIO_PCI_QUEUE_DESC, 4, REG_DESC },
	{ VIRTIO_PCI_QUEUE_DESC + 4, 4, REG_DESC + 1 },
	{ VIRTIO_PCI_QUEUE_DRIVER, 4, REG_DRIVER },
	{ VIRTIO_PCI_QUEUE_DRIVER + 4, 4, REG_DRIVER + 1 },
	{ VIRTIO_PCI_QUEUE_DEVICE, 4, REG_DEVICE },
	{ VIRTIO_PCI_QUEUE_DEVICE + 4, 4, REG_DEVICE + 1 },
};

static const struct known mmio_registers[] = {
	{ VIRTIO_MMIO_DEVICE_ID, 4, REG_ID },
	{ VIRTIO_MMIO_DFSELECT, 4, REG_DFSELECT },
	{ VIRTIO_MMIO_DF, 4, REG_DF },
	{ VIRTIO_MMIO_GFSELECT, 4, REG_GFSELECT },
	{ VIRTIO_MMIO_GF, 4, REG_GF },
	{ VIRTIO_MMIO_STATUS, 4, REG_STATUS },
	{ VIRTIO_MMIO_GENERATION, 4, REG_GENERATION },
	{ VIRTIO_MMIO_QUEUE_SELECT, 4, REG_SELECT },
	{ VIRTIO_MMIO_QUEUE_SIZE_MAX, 4, REG_SIZE_MAX },
	{ VIRTIO_MMIO_QUEUE_SIZE, 4, REG_SIZE },
	{ VIRTIO_MMIO_QUEUE_READY, 4, REG_ENABLE },
	{ VIRTIO_MMIO_QUEUE_DESC, 4, REG_DESC },
	{ VIRTIO_MMIO_QUEUE_DESC + 4, 4, REG_DESC + 1 },
	{ VIRTIO_MMIO_QUEUE_DRIVER, 4, REG_DRIVER },
	{ VIRTIO_MMIO_QUEUE_DRIVER + 4, 4, REG_DRIVER + 1 },
	{ VIRTIO_MMIO_QUEUE_DEVICE, 4, REG_DEVICE },
	{ VIRTIO_MMIO_QUEUE_DEVICE + 4, 4, REG_DEVICE + 1 },
	{ VIRTIO_MMIO_QUEUE_NOTIFY, 4, REG_NOTIFY },
};

static unsigned look_up(const struct known *list, size_t n, u64 offset, unsigned width)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].offset == offset && list[i].width == width)
			return list[i].reg;
	return REG_OTHER;
}

/* *offset: into the device's configuration, or of the notification. */
static unsigned register_of(const struct vtap *t, u64 address, unsigned width, u64 *offset)
{
	*offset = 0;
	if (t->kind == VTAP_MMIO) {
		*offset = address - t->mmio;
		if (*offset < VIRTIO_MMIO_CONFIG)
			return look_up(mmio_registers, ARRAY_SIZE(mmio_registers), *offset, width);
		*offset -= VIRTIO_MMIO_CONFIG;
		return REG_CONFIG;
	}
	if (inside(address, width, t->common, t->common_size))
		return look_up(pci_registers, ARRAY_SIZE(pci_registers), address - t->common,
			       width);
	if (inside(address, width, t->notify, t->notify_size)) {
		*offset = address - t->notify;
		return REG_NOTIFY;
	}
	if (inside(address, width, t->config, t->config_size)) {
		*offset = address - t->config;
		return REG_CONFIG;
	}
	return REG_OTHER;
}

static struct vtap_queue *selected(struct vtap *t)
{
	return t->selected < VTAP_QUEUES ? &t->queue[t->selected] : NULL;
}

/* ---- reads ---- */

static bool set_by_guest(const struct vtap_queue *q)
{
	return q != NULL && q->size != 0;
}

u64 vtap_read(struct vtap *t, u64 address, unsigned width)
{
	u64 value = machine->read(address, width), offset;
	const struct vtap_queue *q = selected(t);

	switch (register_of(t, address, width, &offset)) {
	case REG_ID:
		t->id = (u32)value;
		return value;
	case REG_DF:
		return lie_features(&t->lies, t->feature_select[0], (u32)value);
	case REG_STATUS:
		return lie_status(&t->lies, (u8)value);
	case REG_GENERATION:
		return lie_generation(&t->lies, (u32)value);
	case REG_SIZE_MAX:
		/* PCI: the most there can be until the guest chose another. */
		return set_by_guest(q) && !fault_on(FAULT_QUEUE_SIZE_IGNORED)
			   ? value
			   : lie_queue_max((u16)value);
	case REG_ENABLE:
		return lie_enabled(&t->lies, (value & 1) != 0);
	case REG_CONFIG:
		return lie_device_config(t->id, offset, width, value);
	default:
		return value;
	}
}

/* ---- writes ---- */

static void address_half(struct vtap_queue *q, unsigned half, u64 value)
{
	u64 *a[] = { &q->desc, &q->driver, &q->device };
	u64 *to = a[half / 2];

	*to = half % 2 != 0 ? (*to & 0xffffffffULL) | value << 32
			    : (*to & ~0xffffffffULL) | (u32)value;
}

/* PCI: the queue's own word of the structure, or all at one (multiplier 0), where the value names
 * the queue. The driver may use any notify_off; QEMU's is the queue's number. */
static unsigned notified(const struct vtap *t, u64 offset, u64 value)
{
	if (t->kind == VTAP_MMIO || t->multiplier == 0)
		return (unsigned)(value & 0xffff);
	return (unsigned)MIN(offset / t->multiplier, (u64)VTAP_QUEUES);
}

static void notify(struct vtap *t, u64 address, unsigned width, u64 value, unsigned index)
{
	struct tamper m = { .id = t->id, .index = index };

	t->notifications++;
	if (index >= VTAP_QUEUES || !t->queue[index].enabled) {
		machine->write(address, width, value);
		return;
	}
	m.q = &t->queue[index];
	m.event_idx = (t->driver_features & BIT(VIRTIO_F_EVENT_IDX)) != 0;
	m.indirect = (t->driver_features & BIT(VIRTIO_F_INDIRECT_DESC)) != 0;
	if (!tamper_before(&m))
		return;
	machine->write(address, width, value);
	tamper_after(&m, true);
}

static void status_written(struct vtap *t, u8 value)
{
	lie_status_written(&t->lies, value);
	if (value != 0)
		return;
	memset(t->queue, 0, sizeof(t->queue));
	t->selected = 0;
	t->driver_features = 0;
	t->feature_select[0] = t->feature_select[1] = 0;
}

static void features_written(struct vtap *t, u32 value)
{
	u32 word = t->feature_select[1];

	if (word > 1)
		return;
	t->driver_features &= ~(0xffffffffULL << (32 * word));
	t->driver_features |= (u64)value << (32 * word);
}

/* Unless the guest chose a size, the queue has the one the device offers. */
static void enabled(struct vtap *t, struct vtap_queue *q, bool on)
{
	if (q->size == 0 && t->kind == VTAP_PCI)
		q->size = (u16)machine->read(t->common + VIRTIO_PCI_QUEUE_SIZE, 2);
	q->enabled = on && vdev_ring_well_formed(q);
	q->avail_seen = 0;
}

static void queue_written(struct vtap *t, unsigned reg, u64 value)
{
	struct vtap_queue *q = selected(t);

	if (q == NULL)
		return;
	switch (reg) {
	case REG_SIZE_MAX:
	case REG_SIZE:
		q->size = (u16)value;
		break;
	case REG_ENABLE:
		enabled(t, q, (value & 1) != 0);
		break;
	default:
		if (!q->enabled)
			address_half(q, reg - REG_DESC, value);
		break;
	}
}

void vtap_write(struct vtap *t, u64 address, unsigned width, u64 value)
{
	u64 offset;
	unsigned reg = register_of(t, address, width, &offset);

	switch (reg) {
	case REG_NOTIFY:
		notify(t, address, width, value, notified(t, offset, value));
		return;
	case REG_DFSELECT:
		t->feature_select[0] = (u32)value;
		break;
	case REG_GFSELECT:
		t->feature_select[1] = (u32)value;
		break;
	case REG_GF:
		features_written(t, (u32)value);
		break;
	case REG_SELECT:
		t->selected = (u16)MIN(value, 0xffffu);
		break;
	case REG_STATUS:
		status_written(t, (u8)value);
		break;
	case REG_OTHER:
	case REG_CONFIG:
	case REG_DF:
	case REG_GENERATION:
	case REG_ID:
		break;
	default:
		queue_written(t, reg, value);
		if ((reg == REG_SIZE_MAX || reg == REG_SIZE) && fault_on(FAULT_QUEUE_SIZE_IGNORED))
			return;
		break;
	}
	machine->write(address, width, value);
}

/* ---- the control channel ---- */

static u64 counts(u64 which, u64 *out)
{
	struct vdev_counts c = vdev_counts();

	if (which == COOP_DEVICE_MODEL) {
		out[0] = c.notifications;
		out[1] = c.interrupts;
		out[2] = c.packets_in + c.packets_out;
		out[3] = c.bytes_in + c.bytes_out;
		return COOP_OK;
	}
	for (unsigned i = 0; i < VTAP_MAX; i++) {
		if (taps[i].kind != VTAP_PCI || taps[i].bdf != which)
			continue;
		out[0] = taps[i].notifications;
		out[1] = vtap_interrupts() - c.interrupts;
		out[2] = out[3] = 0;
		return COOP_OK;
	}
	return COOP_BAD;
}

u64 vdev_coop(u64 command, const u64 *in, u64 *out)
{
	switch (command) {
	case COOP_SECRET:
		out[0] = secret_plant(vio_host.now());
		return COOP_OK;
	case COOP_DEVICE_COUNTS:
		return counts(in[0], out);
	case COOP_VSOCK_CID:
		vdev_churn(in[0]);
		return COOP_OK;
	case COOP_DMA_PRIVATE:
		if (in[0] > 1)
			return COOP_BAD;
		vio_expect_private(in[0] == 1);
		return COOP_OK;
	case COOP_PAGE_SHARED:
		out[0] = vio_shared(align_down(in[0], PAGE_SIZE), PAGE_SIZE) ? 1 : 0;
		return COOP_OK;
	default:
		return COOP_UNKNOWN;
	}
}
