/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data of single requests, altered by fault: before the device reads them, in the guest's own
 * buffers, and put back afterwards; or after it wrote them.
 */
#include <string.h>

#include "common/vdev_local.h"
#include "core/core.h"

#define BLK_HEADER 16u
#define BLK_TYPE   0u

/* Where byte `offset` of the device-readable part lies; 0: beyond it. */
static u64 readable_at(const struct vdev_chain *c, u32 offset)
{
	for (unsigned i = 0; i < c->readable; i++) {
		if (offset < c->buffer[i].len)
			return c->buffer[i].address + offset;
		offset -= c->buffer[i].len;
	}
	return 0;
}

/* Changes bytes the device is about to read; at most sizeof(t->saved), within one page. */
static void change(struct tamper *t, u64 address, const u8 *with, unsigned size)
{
	if (address == 0 || !vio_load(address, t->saved, size))
		return;
	t->data_saved = vio_store(address, with, size);
	t->saved_at = address;
	t->saved_size = size;
}

static void flip(struct tamper *t, u64 address)
{
	u8 byte;

	if (address == 0 || !vio_load(address, &byte, 1))
		return;
	byte ^= 0x04;
	change(t, address, &byte, 1);
}

static bool blk_type(const struct vdev_chain *c, u32 *type)
{
	u8 raw[4];

	if (c->readable_bytes < BLK_HEADER || !vdev_chain_get(c, BLK_TYPE, raw, sizeof(raw)))
		return false;
	*type = (u32)le_get(raw, 4);
	return true;
}

static bool is_blk(const struct tamper *t, const struct vdev_chain *c, u32 want)
{
	u32 type;

	return t->id == VIRTIO_ID_BLOCK && blk_type(c, &type) && type == want;
}

/* Where the descriptor of the first device-writable buffer lies: the one behind the readable ones,
 * in the table itself or an indirect one. */
static u64 data_descriptor(const struct tamper *t, const struct vdev_chain *c)
{
	u64 table = t->q->desc, at = table + (u64)t->head * VIRTQ_DESC_SIZE;
	u8 d[VIRTQ_DESC_SIZE];

	if (!vio_load(at, d, sizeof(d)))
		return 0;
	if ((le_get(d + 12, 2) & VIRTQ_DESC_F_INDIRECT) != 0) {
		table = le_get(d, 8);
		at = table;
	}
	for (unsigned i = 0; i < c->readable; i++) {
		if (!vio_load(at, d, sizeof(d)))
			return 0;
		at = table + le_get(d + 14, 2) * VIRTQ_DESC_SIZE;
	}
	return at;
}

static void redirect(struct tamper *t, const struct vdev_chain *c)
{
	u64 at = data_descriptor(t, c);
	u8 address[8];

	if (at == 0 || c->n < c->readable + 2) /* data, then status */
		return;
	le_put(address, c->buffer[c->readable].address + 16, sizeof(address));
	change(t, at, address, sizeof(address));
}

static void drop_write(struct tamper *t, const struct vdev_chain *c)
{
	u8 type[4];

	le_put(type, VIRTIO_BLK_T_FLUSH, sizeof(type));
	change(t, readable_at(c, BLK_TYPE), type, sizeof(type));
}

static bool is_port_output(const struct tamper *t)
{
	return t->id == VIRTIO_ID_CONSOLE && t->index % 2 == 1 &&
	       t->index != VIRTIO_CONSOLE_CONTROL_TX;
}

void tamper_data_before(struct tamper *t, const struct vdev_chain *c)
{
	if (fault_on(FAULT_DESCRIPTOR_REDIRECTED) && is_blk(t, c, VIRTIO_BLK_T_IN))
		redirect(t, c);
	if (fault_on(FAULT_WRITE_ALTERED) && is_blk(t, c, VIRTIO_BLK_T_OUT))
		flip(t, readable_at(c, BLK_HEADER + (c->readable_bytes - BLK_HEADER) / 2));
	if (fault_on(FAULT_WRITE_DROPPED) && is_blk(t, c, VIRTIO_BLK_T_OUT))
		drop_write(t, c);
	if (fault_on(FAULT_NET_FRAME_ALTERED) && t->id == VIRTIO_ID_NET &&
	    t->index == VIRTIO_NET_TX && c->readable_bytes > VIRTIO_NET_HDR_SIZE)
		flip(t, readable_at(c, c->readable_bytes - 1));
	if (fault_on(FAULT_CONSOLE_ALTERED) && is_port_output(t))
		flip(t, readable_at(c, c->readable_bytes / 2));
}

/* ---- after ---- */

static void alter_read(const struct vdev_chain *c)
{
	u32 offset = c->writable_bytes / 2;
	struct vdev_chain end = *c;
	u8 byte;

	/* What the device wrote is read back through the same buffers. */
	end.readable = c->n - c->readable;
	memmove(end.buffer, c->buffer + c->readable, end.readable * sizeof(end.buffer[0]));
	if (c->writable_bytes < 2 || !vdev_chain_get(&end, offset, &byte, 1))
		return;
	byte ^= 0x04;
	vdev_chain_put(c, offset, &byte, 1);
}

static void constant(const struct vdev_chain *c)
{
	static const u8 same[64] = { 0x5a };

	for (u32 at = 0; at < c->writable_bytes; at += sizeof(same))
		vdev_chain_put(c, at, same, MIN((u32)sizeof(same), c->writable_bytes - at));
}

void tamper_data_after(struct tamper *t, const struct vdev_chain *c)
{
	static const u8 ok = VIRTIO_BLK_S_OK;

	if (t->data_saved)
		vio_store(t->saved_at, t->saved, t->saved_size);
	t->data_saved = false;
	if (fault_on(FAULT_READ_ALTERED) && is_blk(t, c, VIRTIO_BLK_T_IN))
		alter_read(c);
	if (fault_on(FAULT_BLK_ERRORS_HIDDEN) && t->id == VIRTIO_ID_BLOCK && c->writable_bytes > 0)
		vdev_chain_put(c, c->writable_bytes - 1, &ok, 1);
	if (fault_on(FAULT_RNG_CONSTANT) && t->id == VIRTIO_ID_ENTROPY)
		constant(c);
}
