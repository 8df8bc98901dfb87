/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a virtio transport finds around it: the list of devices, refusals, and a queue that is
 * somewhere. Included by one file per program.
 */
#ifndef FAKE_VIRTIO_LIST_H
#define FAKE_VIRTIO_LIST_H

#include <stdarg.h>
#include <string.h>

#include "print.h"
#include "virtio/internal.h"

#define FAKE_DESC  0x123456789000ULL
#define FAKE_AVAIL 0x123456789800ULL
#define FAKE_USED  0x12345678a000ULL

static struct {
	struct virtio_device device[8];
	unsigned count, refused;
	char why[80]; /* the last refusal */
} fake_list;

static inline void fake_list_reset(void)
{
	memset(&fake_list, 0, sizeof(fake_list));
}

void console_write(const char *s, size_t n)
{
}

struct virtio_device *virtio_add(void)
{
	if (fake_list.count == ARRAY_SIZE(fake_list.device))
		return NULL;
	return &fake_list.device[fake_list.count++];
}

void virtio_refuse(const char *fmt, ...)
{
	va_list ap;

	fake_list.refused++;
	va_start(ap, fmt);
	vsnprint(fake_list.why, sizeof(fake_list.why), fmt, ap);
	va_end(ap);
}

u64 virtq_desc_address(const struct virtq *q)
{
	return FAKE_DESC;
}

u64 virtq_avail_address(const struct virtq *q)
{
	return FAKE_AVAIL;
}

u64 virtq_used_address(const struct virtq *q)
{
	return FAKE_USED;
}

#endif
