/* SPDX-License-Identifier: BSD-2-Clause */
/* kind: dma-private
 * kind-snp: dma-private
 * kind-tdx: dma-private
 * kind-pkvm: dma-private
 * A frame to send, whose descriptor points at private memory: what a driver does that forgets to
 * copy data to shared pages. The host sees it when it is notified; the device reads poison. */
#include "bad_device.h"

void misbehave(void)
{
	struct range block = bad_block();
	struct virtq_buffer b = { (void *)(uintptr_t)block.base, 64, false };
	struct virtio_device *d = virtio_find(VIRTIO_ID_NET, 0);
	enum status st = d != NULL ? virtio_open(d, 0) : ST_NOT_FOUND;
	struct virtq *q = st == ST_OK ? virtio_queue(d, VIRTIO_NET_TX, 8) : NULL;
	void *token;
	u32 len;

	if (q == NULL || virtio_ready(d) != ST_OK || virtq_add(q, &b, 1, NULL) != ST_OK)
		fatal(ST_NOT_FOUND, "bad guest: no network device");
	virtio_kick(d, q);
	(void)virtio_wait(d, q, BAD_WAIT_NS, &token, &len);
	virtio_close(d);
}
