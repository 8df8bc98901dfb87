/* SPDX-License-Identifier: BSD-2-Clause */
#include "dev.h"

#include "mm.h"

#define RESET_NS       200000000ULL
#define RESET_AGAIN_NS 1000000ULL

/* Waited for once: a device that does not come out of one reset is not given
 * that time again. */
bool dev_reset(struct virtio_device *d)
{
	static bool endless;
	struct deadline end = deadline_in(endless ? RESET_AGAIN_NS : RESET_NS);

	d->transport->set_status(d, 0);
	while (d->transport->get_status(d) != 0) {
		if (!deadline_passed(&end))
			continue;
		endless = true;
		return false;
	}
	return true;
}

/* NULL for one that cannot be switched on: that is judged by itself
 * (pci.enable). */
static struct virtio_device *fresh(struct virtio_device *d)
{
	if (d == NULL)
		return NULL;
	(void)d->transport->get_status(d); /* switches the function on */
	if (d->pci != NULL && !d->pci->enabled)
		return NULL;
	if (d->claimed)
		(void)virtio_close(d);
	d->broken = ST_OK;
	d->why[0] = '\0';
	/* Its driver would wait for it, in each check again. */
	if (!dev_reset(d))
		(void)virtio_broken(d, ST_PROTOCOL, "reset does not end");
	return d;
}

struct virtio_device *dev_nth(u32 id, unsigned nth)
{
	return fresh(virtio_find(id, nth));
}

const char *dev_name(const struct virtio_device *d)
{
	return virtio_id_name(d->id);
}

struct virtio_device *dev_get(u32 id)
{
	struct virtio_device wanted = { .id = id }, *d = dev_nth(id, 0);

	if (d == NULL)
		check_skip("no virtio %s device", dev_name(&wanted));
	return d;
}

void dev_each(void (*fn)(struct virtio_device *d))
{
	unsigned n = 0;

	for (unsigned i = 0; i < virtio_count() && !check_failed(); i++) {
		struct virtio_device *d = fresh(virtio_device(i));

		if (d == NULL)
			continue;
		check_note("virtio %s by %s", dev_name(d), d->transport->name);
		fn(d);
		n++;
	}
	if (n == 0)
		check_skip("no virtio device");
}

bool dev_ok(const char *asked, const struct virtio_device *d, enum status st)
{
	if (st == ST_OK)
		return true;
	check_note("virtio %s by %s: %s", dev_name(d), d->transport->name,
		   d->broken != ST_OK ? d->why : "not broken");
	check_fail(asked, "ok", "%s", status_text(st));
	return false;
}

struct dev_queue *dev_queue_open(struct virtio_device *d, u16 index, u16 size, u16 vector)
{
	size_t pages = virtq_bytes(size, false) / PAGE_SIZE;
	bool event_idx = (d->features & BIT(VIRTIO_F_EVENT_IDX)) != 0;
	struct dev_queue *k;
	u16 max = d->transport->queue_max(d, index);

	if (!expect_true("a queue", max >= size && max <= VIRTQ_SIZE_MAX && (max & (max - 1)) == 0,
			 "a power of two of entries, as many as asked for"))
		return NULL;
	k = heap_alloc(sizeof(*k));
	if (k != NULL)
		k->pages = pool_alloc(pages, PAGE_SIZE);
	if (k == NULL || k->pages == NULL) {
		heap_free(k);
		check_skip("no memory for a queue");
		return NULL;
	}
	k->count = pages;
	/* What it refuses are sizes and addresses, which are ours. */
	(void)virtq_init(&k->q, k->pages, size, cvm.dma_shared, event_idx, false);
	k->q.index = index;
	if (dev_ok("a queue", d, d->transport->queue_enable(d, &k->q, vector)))
		return k;
	dev_queue_free(k);
	return NULL;
}

void dev_queue_free(struct dev_queue *k)
{
	if (k == NULL)
		return;
	pool_free(k->pages, k->count);
	heap_free(k);
}

void hex_text(char text[65], const u8 hash[32])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < 32; i++) {
		text[2 * i] = digits[hash[i] >> 4];
		text[2 * i + 1] = digits[hash[i] & 15];
	}
	text[64] = '\0';
}
