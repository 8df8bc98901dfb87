/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over PCI (VIRTIO 1.2, 4.1), modern devices only. Where a structure lies is the host's
 * word: each is checked against the BAR it names, which lies over nothing of ours
 * (drivers/pci_bar.c), and later accesses are checked against the structure.
 */
#include "arch.h"
#include "cvm.h"
#include "internal.h"

#define CAP_LEN     2u /* in the capability */
#define CAP_TYPE    3u
#define CAP_BAR     4u
#define CAP_OFFSET  8u
#define CAP_LENGTH  12u
#define CAP_MULT    16u
#define DEVICES     0x40u /* ids from VIRTIO_PCI_DEVICE_BASE */
#define STATUS_GONE 0xffu

/* ---- where the structures are ---- */

/* Least length and alignment of each structure that is used (4.1.4.3 to 4.1.4.6). */
static const struct {
	u32 length, align;
} structure[] = {
	[VIRTIO_PCI_CAP_COMMON] = { VIRTIO_PCI_COMMON_SIZE, 4 },
	[VIRTIO_PCI_CAP_NOTIFY] = { 2, 2 },
	[VIRTIO_PCI_CAP_ISR] = { 1, 1 },
	[VIRTIO_PCI_CAP_DEVICE] = { 1, 4 },
};

struct layout {
	struct virtio_region at[ARRAY_SIZE(structure)]; /* size 0: not found */
	u32 multiplier;
};

/* 4.1.4.4: 0, or an even power of two. */
static bool is_multiplier(u32 v)
{
	return v != 1 && (v & (v - 1)) == 0;
}

static bool locate(const struct pci_function *f, u8 cap, u8 type, struct virtio_region *out)
{
	u32 bar = pci_config_read(f, cap + CAP_BAR, 1);
	u64 offset = pci_config_read(f, cap + CAP_OFFSET, 4);
	u64 length = pci_config_read(f, cap + CAP_LENGTH, 4);

	if (bar >= PCI_BARS || length < structure[type].length ||
	    !is_aligned(offset, structure[type].align) || offset > f->bar[bar].size ||
	    length > f->bar[bar].size - offset)
		return false;
	*out = (struct virtio_region){ f->bar[bar].base + offset, (u32)length };
	return true;
}

/* One capability; what cannot be is passed over, as 4.1.4.1 asks for reserved values. The access by
 * configuration space (type 5) is not used. */
static void read_capability(const struct pci_function *f, u8 cap, struct layout *l)
{
	u32 size = VIRTIO_PCI_CAP_SIZE, multiplier = 0;
	struct virtio_region r;
	u8 len, type;

	if (cap > PCI_CONFIG_SIZE - VIRTIO_PCI_CAP_SIZE)
		return;
	len = (u8)pci_config_read(f, cap + CAP_LEN, 1);
	type = (u8)pci_config_read(f, cap + CAP_TYPE, 1);
	if (type < VIRTIO_PCI_CAP_COMMON || type > VIRTIO_PCI_CAP_DEVICE)
		return;
	if (type == VIRTIO_PCI_CAP_NOTIFY)
		size = VIRTIO_PCI_CAP_NOTIFY_SIZE;
	if (len < size || len > PCI_CONFIG_SIZE - cap || l->at[type].size != 0 ||
	    !locate(f, cap, type, &r))
		return;
	if (type == VIRTIO_PCI_CAP_NOTIFY) {
		multiplier = pci_config_read(f, cap + CAP_MULT, 4);
		if (!is_multiplier(multiplier))
			return;
		l->multiplier = multiplier;
	}
	l->at[type] = r;
}

static const char *missing(const struct layout *l)
{
	if (l->at[VIRTIO_PCI_CAP_COMMON].size == 0)
		return "no valid common configuration";
	if (l->at[VIRTIO_PCI_CAP_NOTIFY].size == 0)
		return "no valid notification structure";
	if (l->at[VIRTIO_PCI_CAP_ISR].size == 0)
		return "no valid interrupt status";
	return NULL;
}

/* ---- registers ---- */

/* Decoding and bus mastering go on at the first access, which is the reset by the driver that takes
 * the device: one that nobody drives is never switched on. */
static bool on(struct virtio_device *d)
{
	return d->pci->enabled || pci_enable(d->pci) == ST_OK;
}

static u32 read_reg(struct virtio_device *d, const struct virtio_region *r, u64 offset,
		    unsigned width)
{
	u32 ones = width >= 4 ? ~0u : (1u << 8 * width) - 1;

	if (r->size < width || offset > r->size - width || !on(d))
		return ones;
	return (u32)cvm.ops->mmio_read(r->base + offset, width) & ones;
}

static void write_reg(struct virtio_device *d, const struct virtio_region *r, u64 offset,
		      unsigned width, u32 value)
{
	if (r->size >= width && offset <= r->size - width && on(d))
		cvm.ops->mmio_write(r->base + offset, width, value);
}

static u32 common_read(struct virtio_device *d, u32 offset, unsigned width)
{
	return read_reg(d, &d->common, offset, width);
}

static void common_write(struct virtio_device *d, u32 offset, unsigned width, u32 value)
{
	write_reg(d, &d->common, offset, width, value);
}

static u64 pci_device_features(struct virtio_device *d)
{
	u64 v;

	common_write(d, VIRTIO_PCI_DFSELECT, 4, 0);
	v = common_read(d, VIRTIO_PCI_DF, 4);
	common_write(d, VIRTIO_PCI_DFSELECT, 4, 1);
	return v | (u64)common_read(d, VIRTIO_PCI_DF, 4) << 32;
}

static void pci_driver_features(struct virtio_device *d, u64 features)
{
	common_write(d, VIRTIO_PCI_GFSELECT, 4, 0);
	common_write(d, VIRTIO_PCI_GF, 4, (u32)features);
	common_write(d, VIRTIO_PCI_GFSELECT, 4, 1);
	common_write(d, VIRTIO_PCI_GF, 4, (u32)(features >> 32));
}

static u8 pci_get_status(struct virtio_device *d)
{
	return (u8)common_read(d, VIRTIO_PCI_STATUS, 1);
}

static void pci_set_status(struct virtio_device *d, u8 status)
{
	common_write(d, VIRTIO_PCI_STATUS, 1, status);
}

static u16 pci_queue_max(struct virtio_device *d, u16 index)
{
	if (index >= VIRTIO_QUEUES_MAX || index >= common_read(d, VIRTIO_PCI_NUM_QUEUES, 2))
		return 0;
	common_write(d, VIRTIO_PCI_QUEUE_SELECT, 2, index);
	return (u16)common_read(d, VIRTIO_PCI_QUEUE_SIZE, 2);
}

static void write_address(struct virtio_device *d, u32 offset, u64 address)
{
	common_write(d, offset, 4, (u32)address);
	common_write(d, offset + 4, 4, (u32)(address >> 32));
}

/* Where this queue's notification goes, read once. */
static enum status take_notify_offset(struct virtio_device *d, u16 index)
{
	u16 off = (u16)common_read(d, VIRTIO_PCI_QUEUE_NOTIFY_OFF, 2);

	if ((u64)off * d->notify_multiplier > d->notify.size - sizeof(u16))
		return ST_PROTOCOL;
	d->notify_off[index] = off;
	return ST_OK;
}

static enum status pci_queue_enable(struct virtio_device *d, const struct virtq *q, u16 vector)
{
	enum status st;

	if (q->index >= VIRTIO_QUEUES_MAX)
		return ST_INVALID;
	common_write(d, VIRTIO_PCI_QUEUE_SELECT, 2, q->index);
	if (common_read(d, VIRTIO_PCI_QUEUE_ENABLE, 2) != 0)
		return ST_PROTOCOL; /* on, right after a reset */
	st = take_notify_offset(d, q->index);
	if (st != ST_OK)
		return st;
	common_write(d, VIRTIO_PCI_QUEUE_SIZE, 2, q->size);
	if (common_read(d, VIRTIO_PCI_QUEUE_SIZE, 2) != q->size)
		return ST_PROTOCOL;
	common_write(d, VIRTIO_PCI_QUEUE_VECTOR, 2, vector);
	if (common_read(d, VIRTIO_PCI_QUEUE_VECTOR, 2) != vector)
		return ST_PROTOCOL; /* 4.1.5.1.2: the device has no room for the vector */
	write_address(d, VIRTIO_PCI_QUEUE_DESC, virtq_desc_address(q));
	write_address(d, VIRTIO_PCI_QUEUE_DRIVER, virtq_avail_address(q));
	write_address(d, VIRTIO_PCI_QUEUE_DEVICE, virtq_used_address(q));
	common_write(d, VIRTIO_PCI_QUEUE_ENABLE, 2, 1);
	return common_read(d, VIRTIO_PCI_QUEUE_ENABLE, 2) == 1 ? ST_OK : ST_PROTOCOL;
}

static void pci_notify(struct virtio_device *d, const struct virtq *q)
{
	if (q->index >= VIRTIO_QUEUES_MAX)
		return;
	arch_barrier(); /* the ring before the bell */
	write_reg(d, &d->notify, (u64)d->notify_off[q->index] * d->notify_multiplier, 2, q->index);
}

static u32 pci_device_config_read(struct virtio_device *d, u32 offset, unsigned width)
{
	return read_reg(d, &d->config, offset, width);
}

static void pci_device_config_write(struct virtio_device *d, u32 offset, unsigned width, u32 value)
{
	write_reg(d, &d->config, offset, width, value);
}

static u32 pci_config_generation(struct virtio_device *d)
{
	return common_read(d, VIRTIO_PCI_GENERATION, 1);
}

/* Reading acknowledges. All ones is a device that is gone, not two interrupts. */
static u8 pci_interrupt_status(struct virtio_device *d)
{
	u8 v = (u8)read_reg(d, &d->isr, 0, 1);

	return v == STATUS_GONE ? 0 : v & (VIRTIO_ISR_QUEUE | VIRTIO_ISR_CONFIG);
}

static const struct virtio_transport transport = {
	.name = "pci",
	.device_features = pci_device_features,
	.driver_features = pci_driver_features,
	.get_status = pci_get_status,
	.set_status = pci_set_status,
	.queue_max = pci_queue_max,
	.queue_enable = pci_queue_enable,
	.notify = pci_notify,
	.config_read = pci_device_config_read,
	.config_write = pci_device_config_write,
	.config_generation = pci_config_generation,
	.interrupt_status = pci_interrupt_status,
};

/* ---- finding ---- */

static void add_device(struct pci_function *f)
{
	struct layout l = { 0 };
	struct virtio_device *d;
	const char *why;
	u8 cap = 0;

	while ((cap = pci_capability(f, PCI_CAP_VENDOR, cap)) != 0)
		read_capability(f, cap, &l);
	why = missing(&l);
	if (why != NULL) {
		virtio_refuse("pci %02x:%02x.%x: %s", f->bdf >> 8, f->bdf >> 3 & 31u, f->bdf & 7u,
			      why);
		return;
	}
	d = virtio_add();
	if (d == NULL)
		return;
	d->transport = &transport;
	d->id = f->device - (u32)VIRTIO_PCI_DEVICE_BASE;
	d->pci = f;
	d->common = l.at[VIRTIO_PCI_CAP_COMMON];
	d->notify = l.at[VIRTIO_PCI_CAP_NOTIFY];
	d->isr = l.at[VIRTIO_PCI_CAP_ISR];
	d->config = l.at[VIRTIO_PCI_CAP_DEVICE];
	d->notify_multiplier = l.multiplier;
}

void virtio_find_pci(void)
{
	for (unsigned i = 0; i < pci_count(); i++) {
		struct pci_function *f = pci_function(i);

		if (f->vendor == VIRTIO_PCI_VENDOR && f->device >= VIRTIO_PCI_DEVICE_BASE &&
		    f->device < VIRTIO_PCI_DEVICE_BASE + DEVICES)
			add_device(f);
	}
}
