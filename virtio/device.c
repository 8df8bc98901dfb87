/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices above their transports: the list, the way from reset to DRIVER_OK (VIRTIO 1.2,
 * 3.1.1), queues, configuration, waiting.
 *
 * Every register is the host's word. A device may offer a feature and take it back, never finish a
 * reset, have queues of a size that is none, change its configuration for ever: each has a bound
 * and ends with the device marked broken and named.
 */
#include <stdarg.h>
#include <string.h>

#include "arch.h"
#include "cvm.h"
#include "deadline.h"
#include "internal.h"
#include "mm.h"
#include "print.h"

/* Times the status is read after a reset, a millisecond apart, before the device is given up. */
#define RESET_READS    500
#define RESET_DELAY_US 1000
/* Times a configuration that changes under us is read again. */
#define CONFIG_READS      16
#define CONFIG_SIZE_LIMIT KIB(4)

#define STATUS_OPEN       (VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK)
/* 2.1, 2.1.1: bits by which a device says that it cannot go on */
#define STATUS_BAD (VIRTIO_NEEDS_RESET | VIRTIO_FAILED)

static struct virtio_device devices[VIRTIO_DEVICES_MAX];
static unsigned device_count, refused;
static char refused_why[80];

/* ---- the list ---- */

struct virtio_device *virtio_add(void)
{
	if (device_count == VIRTIO_DEVICES_MAX) {
		virtio_refuse("more than %u devices", VIRTIO_DEVICES_MAX);
		return NULL;
	}
	memset(&devices[device_count], 0, sizeof(devices[0]));
	return &devices[device_count++];
}

void virtio_refuse(const char *fmt, ...)
{
	va_list ap;

	refused++;
	va_start(ap, fmt);
	vsnprint(refused_why, sizeof(refused_why), fmt, ap);
	va_end(ap);
}

void virtio_init(void)
{
	device_count = refused = 0;
	refused_why[0] = '\0';
	virtio_find_mmio();
	virtio_find_pci();
}

unsigned virtio_count(void)
{
	return device_count;
}

struct virtio_device *virtio_device(unsigned index)
{
	return index < device_count ? &devices[index] : NULL;
}

unsigned virtio_refused(void)
{
	return refused;
}

const char *virtio_refused_why(void)
{
	return refused_why;
}

struct virtio_device *virtio_find(u32 id, unsigned nth)
{
	for (unsigned i = 0; i < device_count; i++)
		if (devices[i].id == id && nth-- == 0)
			return &devices[i];
	return NULL;
}

const char *virtio_id_name(u32 id)
{
	switch (id) {
	case VIRTIO_ID_NET:
		return "net";
	case VIRTIO_ID_BLOCK:
		return "block";
	case VIRTIO_ID_CONSOLE:
		return "console";
	case VIRTIO_ID_ENTROPY:
		return "entropy";
	case VIRTIO_ID_VSOCK:
		return "vsock";
	}
	return "other";
}

void virtio_interrupt(void *ctx)
{
	struct virtio_device *d = ctx;

	/* Acknowledged first: who sees the count and asks anew gets an interrupt of his own. */
	if (!d->msix)
		(void)d->transport->interrupt_status(d);
	__atomic_fetch_add(&d->interrupts, 1, __ATOMIC_RELEASE);
}

/* ---- reset, features, status ---- */

enum status virtio_broken(struct virtio_device *d, enum status st, const char *fmt, ...)
{
	va_list ap;

	if (d->broken != ST_OK)
		return st;
	d->broken = st;
	va_start(ap, fmt);
	vsnprint(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	d->transport->set_status(d, 0);
	return st;
}

/* 2.4.2: the driver considers a reset done when the status reads 0. */
static bool reset(struct virtio_device *d)
{
	d->transport->set_status(d, 0);
	for (unsigned i = 0; i < RESET_READS; i++) {
		if (d->transport->get_status(d) == 0)
			return true;
		delay_us(RESET_DELAY_US);
	}
	return false;
}

/* The status read back after `want` was written: all of it must stand. */
static enum status check_status(struct virtio_device *d, u8 want)
{
	u8 got = d->transport->get_status(d);

	if ((got & want) == want && (got & STATUS_BAD) == 0)
		return ST_OK;
	return virtio_broken(d, ST_PROTOCOL, "status %#x after %#x was written", got, want);
}

/* Of what is offered, what we take. ST_UNSUPPORTED: an honest device, but none for us. */
static enum status choose_features(u64 offered, u64 wanted, u64 *take)
{
	u64 required = BIT(VIRTIO_F_VERSION_1);

	/* Without it the device may go past what translates and confines its addresses (6.1): in a
	 * confidential guest that is a device that would need our private memory. */
	if (cvm.ops->platform != CVM_PLAIN)
		required |= BIT(VIRTIO_F_ACCESS_PLATFORM);
	*take = offered & (wanted | required | BIT(VIRTIO_F_ACCESS_PLATFORM)) &
		~(BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_RING_RESET));
	return (offered & required) == required ? ST_OK : ST_UNSUPPORTED;
}

static enum status negotiate(struct virtio_device *d, u64 wanted)
{
	const struct virtio_transport *t = d->transport;
	u64 offered = t->device_features(d), take, again;
	enum status st = choose_features(offered, wanted, &take);

	if (st != ST_OK) {
		t->set_status(d, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FAILED);
		return st;
	}
	t->driver_features(d, take);
	t->set_status(d, STATUS_OPEN);
	if ((t->get_status(d) & VIRTIO_FEATURES_OK) == 0)
		return virtio_broken(d, ST_PROTOCOL,
				     "takes back features it offered: %#llx of %#llx",
				     (unsigned long long)take, (unsigned long long)offered);
	st = check_status(d, STATUS_OPEN);
	if (st != ST_OK)
		return st;
	again = t->device_features(d);
	if (again != offered)
		return virtio_broken(d, ST_PROTOCOL, "offers features %#llx, before it was %#llx",
				     (unsigned long long)again, (unsigned long long)offered);
	d->features = take;
	return ST_OK;
}

enum status virtio_open(struct virtio_device *d, u64 wanted)
{
	enum status st;

	if (d->broken != ST_OK)
		return d->broken;
	if (d->claimed)
		return ST_STATE;
	if (!reset(d))
		return virtio_broken(d, ST_PROTOCOL, "reset does not end");
	d->transport->set_status(d, VIRTIO_ACKNOWLEDGE);
	d->transport->set_status(d, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	st = negotiate(d, wanted);
	if (st == ST_OK)
		d->claimed = true;
	return st;
}

enum status virtio_ready(struct virtio_device *d)
{
	if (d->broken != ST_OK)
		return d->broken;
	if (!d->claimed)
		return ST_STATE;
	d->transport->set_status(d, STATUS_OPEN | VIRTIO_DRIVER_OK);
	return check_status(d, STATUS_OPEN | VIRTIO_DRIVER_OK);
}

/* ---- queues ---- */

/* The size to use: ours where the device allows it. 0: the device is broken, or asked wrongly. */
static u16 choose_size(struct virtio_device *d, u16 index, u16 size)
{
	u16 max, use = VIRTQ_SIZE_OURS;

	if (!d->claimed || index >= VIRTIO_QUEUES_MAX || size == 0 || d->queue[index] != NULL) {
		virtio_broken(d, ST_INVALID, "driver asks for queue %u, size %u", index, size);
		return 0;
	}
	max = d->transport->queue_max(d, index);
	/* 2.7: a power of two, of 16 bits and so at most 32768; 0 is a queue that is not there. */
	if (max == 0 || (max & (max - 1)) != 0) {
		virtio_broken(d, ST_PROTOCOL, "queue %u of size %u", index, max);
		return 0;
	}
	while (use > max || use > size)
		use /= 2;
	return use;
}

static struct virtq *new_queue(struct virtio_device *d, u16 index, u16 size)
{
	bool event_idx = (d->features & BIT(VIRTIO_F_EVENT_IDX)) != 0;
	bool indirect = (d->features & BIT(VIRTIO_F_INDIRECT_DESC)) != 0;
	size_t pages = virtq_bytes(size, indirect) / PAGE_SIZE;
	struct virtq *q = heap_alloc(sizeof(*q));
	void *shared = q != NULL ? pool_alloc(pages, PAGE_SIZE) : NULL;

	if (shared == NULL) {
		heap_free(q);
		virtio_broken(d, ST_NO_MEMORY, "no memory for queue %u", index);
		return NULL;
	}
	/* Page aligned, and choose_size() gives only sizes that it takes. */
	(void)virtq_init(q, shared, size, cvm.dma_shared, event_idx, indirect);
	q->index = index;
	return q;
}

struct virtq *virtio_queue(struct virtio_device *d, u16 index, u16 size)
{
	struct virtq *q;
	enum status st;

	if (d->broken != ST_OK)
		return NULL;
	size = choose_size(d, index, size);
	q = size != 0 ? new_queue(d, index, size) : NULL;
	if (q == NULL)
		return NULL;
	/* From here the device may know its addresses: given back only after a reset. */
	d->queue[index] = q;
	d->queues = MAX(d->queues, (u16)(index + 1));
	st = d->transport->queue_enable(d, q, d->msix ? 0 : VIRTIO_MSI_NO_VECTOR);
	if (st == ST_OK)
		return q;
	virtio_broken(d, st, "queue %u does not take what is written", index);
	return NULL;
}

enum status virtio_close(struct virtio_device *d)
{
	bool quiet = reset(d);

	/* A device that is not seen to be reset may still write into its rings: those pages are
	 * left to it, or the next user of them would find its data changed. */
	for (unsigned i = 0; i < d->queues; i++) {
		struct virtq *q = d->queue[i];

		if (quiet && q != NULL)
			pool_free(q->ring, q->ring_bytes / PAGE_SIZE);
		heap_free(q);
		d->queue[i] = NULL;
	}
	d->queues = 0;
	d->features = 0;
	d->claimed = false;
	if (quiet)
		return ST_OK;
	return virtio_broken(d, ST_PROTOCOL, "reset does not end");
}

void virtio_kick(struct virtio_device *d, struct virtq *q)
{
	if (d->broken != ST_OK || !virtq_must_notify(q))
		return;
	d->kicks++;
	d->transport->notify(d, q);
}

/* ---- waiting ---- */

/* Always by looking at the ring: an interrupt is the host's to lose, and the look costs no exit. */
enum status virtio_wait(struct virtio_device *d, struct virtq *q, u64 ns, void **token, u32 *len)
{
	struct deadline end = deadline_in(ns);
	enum status st;

	if (d->broken != ST_OK)
		return d->broken;
	while ((st = virtq_get(q, token, len)) == ST_NOT_FOUND && !deadline_passed(&end))
		;
	if (st == ST_PROTOCOL)
		return virtio_broken(d, st, "queue %u: %s (%u)", q->index,
				     virtq_error_text(q->error), q->bad_value);
	if (st == ST_OK)
		return ST_OK;
	/* Said once, at the end: reading the status is an exit. */
	st = check_status(d, STATUS_OPEN | VIRTIO_DRIVER_OK);
	return st == ST_OK ? ST_TIMEOUT : st;
}

/* ---- configuration ---- */

/* 2.5.1: each field by an access of its own width, 64-bit ones by halves; what is no multiple of
 * that is bytes. */
static unsigned config_width(u32 offset, size_t size)
{
	if (size % 4 == 0 && offset % 4 == 0)
		return 4;
	return size == 2 && offset % 2 == 0 ? 2 : 1;
}

enum status virtio_config(struct virtio_device *d, u32 offset, void *buf, size_t size)
{
	const struct virtio_transport *t = d->transport;
	unsigned width = config_width(offset, size);

	if (d->broken != ST_OK)
		return d->broken;
	if (size == 0 || size > CONFIG_SIZE_LIMIT || offset > CONFIG_SIZE_LIMIT - size)
		return ST_RANGE;
	for (unsigned i = 0; i < CONFIG_READS; i++) {
		u32 before = t->config_generation(d);

		for (size_t at = 0; at < size; at += width) {
			u32 v = t->config_read(d, (u32)(offset + at), width);

			memcpy((u8 *)buf + at, &v, width);
		}
		if (t->config_generation(d) == before)
			return ST_OK;
	}
	memset(buf, 0, size); /* nothing that was seen half changed */
	return virtio_broken(d, ST_PROTOCOL, "configuration changes whenever it is read");
}
