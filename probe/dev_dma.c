/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device may reach (design section 6): the modelled device is given
 * rings and buffers in private memory, on purpose, and must neither read nor
 * write them. The host is told first, so that the attempt is no violation.
 */
#include "dev_dma.h"
#include "abi/coop.h"

#include <string.h>

#include "mm.h"

#define ENTRIES   8
#define ECHO_PORT 7
#define MARK      0x6b

struct dma_try {
	struct virtio_device *d;
	struct dev_queue *rx, *tx;
	u8 *shared; /* a page of the pool: packet at 0, room for an answer at 2048 */
};

/* A request for a connection: whoever gets it answers. */
static void put_request(u8 *p, u64 cid)
{
	u64 to = VIRTIO_VSOCK_CID_HOST;
	u32 ports[2] = { 40000, ECHO_PORT };
	u16 kind[2] = { VIRTIO_VSOCK_TYPE_STREAM, VIRTIO_VSOCK_OP_REQUEST };

	memset(p, 0, VIRTIO_VSOCK_HDR_SIZE);
	memcpy(p, &cid, 8);
	memcpy(p + 8, &to, 8);
	memcpy(p + 16, ports, sizeof(ports));
	memcpy(p + 28, kind, sizeof(kind));
}

/* The one request a queue has, in the first entry of an unused ring. */
static void publish(struct virtq *q, u64 address, u32 len, bool device_writes)
{
	u32 flags = device_writes ? VIRTQ_DESC_F_WRITE : 0;
	u16 idx = 1;

	memcpy(q->desc, &address, 8);
	memcpy(q->desc + 8, &len, 4);
	memcpy(q->desc + 12, &flags, 4);
	memset(q->avail + 4, 0, 2);
	arch_barrier();
	memcpy(q->avail + 2, &idx, 2);
}

static u16 used_idx(const struct virtq *q)
{
	return __atomic_load_n((const u16 *)(const void *)(q->used + 2), __ATOMIC_ACQUIRE);
}

static bool wait_used(const struct virtq *q, u64 ns)
{
	struct deadline d = deadline_in(ns);

	while (used_idx(q) == 0 && !deadline_passed(&d))
		visit_host();
	return used_idx(q) != 0;
}

static u64 own_cid(struct virtio_device *d)
{
	u64 cid = 0;

	(void)virtio_config(d, VIRTIO_VSOCK_CONFIG_CID, &cid, sizeof(cid));
	return cid;
}

static void close_try(struct dma_try *t)
{
	if (virtio_close(t->d) != ST_OK)
		return; /* it may still write there */
	dev_queue_free(t->rx);
	dev_queue_free(t->tx);
	if (t->shared != NULL)
		pool_free(t->shared, 1);
}

static bool open_try(struct dma_try *t)
{
	*t = (struct dma_try){ .d = dev_get(VIRTIO_ID_VSOCK) };
	if (t->d == NULL || !coop_needs(COOP_DMA_PRIVATE) ||
	    !dev_ok("opening", t->d, virtio_open(t->d, 0)))
		return false;
	t->shared = pool_alloc(1, PAGE_SIZE);
	if (t->shared == NULL)
		check_skip("no shared page");
	else
		t->rx = dev_queue_open(t->d, VIRTIO_VSOCK_RX, ENTRIES, VIRTIO_MSI_NO_VECTOR);
	if (t->rx != NULL)
		t->tx = dev_queue_open(t->d, VIRTIO_VSOCK_TX, ENTRIES, VIRTIO_MSI_NO_VECTOR);
	if (t->tx != NULL && dev_ok("starting", t->d, virtio_ready(t->d)))
		return true;
	close_try(t);
	return false;
}

static u64 bus(const void *p)
{
	return (u64)(uintptr_t)p | cvm.dma_shared;
}

/* A buffer for an answer at `answer`, the request at `request`: bus addresses.
 * Does one come? */
static bool exchange(struct dma_try *t, u64 request, u64 answer)
{
	publish(&t->rx->q, answer, 1024, true);
	t->d->transport->notify(t->d, &t->rx->q);
	publish(&t->tx->q, request, VIRTIO_VSOCK_HDR_SIZE, false);
	t->d->transport->notify(t->d, &t->tx->q);
	return wait_used(&t->rx->q, DEV_SHORT_NS);
}

/* Both in shared memory: the way the attempts go works. */
static bool control(void)
{
	struct dma_try t;
	bool answered;

	if (!open_try(&t))
		return false;
	put_request(t.shared, own_cid(t.d));
	answered = exchange(&t, bus(t.shared), bus(t.shared + 2048));
	close_try(&t);
	return expect_true("a packet in shared memory", answered, "an answer");
}

/* ---- buffers ---- */

static u64 alias(const void *p, bool shared_bit)
{
	return (u64)(uintptr_t)p | (shared_bit ? cvm.dma_shared : 0);
}

bool dma_write_private(u8 *private_page, bool shared_bit)
{
	struct dma_try t;

	if (!open_try(&t))
		return false;
	put_request(t.shared, own_cid(t.d));
	(void)coop_do(COOP_DMA_PRIVATE, 1, 0);
	(void)exchange(&t, bus(t.shared), alias(private_page, shared_bit));
	(void)coop_do(COOP_DMA_PRIVATE, 0, 0);
	close_try(&t);
	return true;
}

/* Of a private packet nothing is known outside: no answer. */
static void read_private(u8 *private_page, bool shared_bit)
{
	struct dma_try t;
	bool answered;

	if (!open_try(&t))
		return;
	put_request(private_page, own_cid(t.d));
	(void)coop_do(COOP_DMA_PRIVATE, 1, 0);
	answered = exchange(&t, alias(private_page, shared_bit), bus(t.shared + 2048));
	(void)coop_do(COOP_DMA_PRIVATE, 0, 0);
	close_try(&t);
	expect_true("a packet in private memory", !answered, "no answer");
}

static void expect_marked(const u8 *page)
{
	size_t n = 0;

	while (n < PAGE_SIZE && page[n] == MARK)
		n++;
	expect_eq("bytes of the private page that are as they were", n, PAGE_SIZE);
}

/* Where the alias bit is a bit of the address, both halves are tried. */
static unsigned halves(void)
{
	return cvm.dma_shared != 0 ? 2 : 1;
}

void dev_dma_buffer(void)
{
	u8 *page = (u8 *)(uintptr_t)page_get();

	if (page == NULL)
		return;
	for (unsigned half = 0; half < halves() && !check_failed() && control(); half++) {
		memset(page, MARK, PAGE_SIZE);
		if (!dma_write_private(page, half == 0))
			break;
		expect_marked(page);
		read_private(page, half == 0);
	}
	page_put((u64)(uintptr_t)page);
}

/* ---- rings ---- */

static void ring_in(u8 *page, u8 *copy, bool shared_bit)
{
	struct virtio_device *d = dev_get(VIRTIO_ID_VSOCK);
	struct virtq *q = heap_alloc(sizeof(*q));

	if (d == NULL || q == NULL || !dev_ok("opening", d, virtio_open(d, 0)))
		goto out;
	memset(page, 0, PAGE_SIZE);
	(void)virtq_init(q, page, ENTRIES, shared_bit ? cvm.dma_shared : 0, false, false);
	q->index = VIRTIO_VSOCK_TX;
	put_request(page + 2048, own_cid(d));
	publish(q, alias(page + 2048, shared_bit), VIRTIO_VSOCK_HDR_SIZE, false);
	memcpy(copy, page, PAGE_SIZE);
	(void)coop_do(COOP_DMA_PRIVATE, 1, 0);
	/* It may refuse as soon as it sees the address; that is as good. */
	(void)d->transport->queue_enable(d, q, VIRTIO_MSI_NO_VECTOR);
	(void)virtio_ready(d);
	d->transport->notify(d, q);
	(void)wait_used(q, DEV_SHORT_NS / 10);
	(void)coop_do(COOP_DMA_PRIVATE, 0, 0);
	(void)virtio_close(d);
	expect_eq("used.idx of a ring in private memory", used_idx(q), 0);
	expect_true("that ring's page", memcmp(copy, page, PAGE_SIZE) == 0, "as it was");
out:
	heap_free(q);
}

void dev_dma_ring(void)
{
	u8 *page = (u8 *)(uintptr_t)page_get(), *copy = (u8 *)(uintptr_t)page_get();

	for (unsigned half = 0;
	     page != NULL && copy != NULL && half < halves() && !check_failed() && control();
	     half++)
		ring_in(page, copy, half == 0);
	if (page != NULL)
		page_put((u64)(uintptr_t)page);
	if (copy != NULL)
		page_put((u64)(uintptr_t)copy);
}
