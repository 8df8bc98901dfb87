/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heap for small private objects: powers of two from 32 bytes to half a page come from lists, what
 * is larger takes whole pages. A header before each object says which, and is checked on free.
 */
#include <string.h>

#include "fatal.h"
#include "mm.h"
#include "smp.h"

#define CLASS_MIN      32
#define CLASS_COUNT    7 /* 32 .. 2048 bytes, header included */
#define CLASS_LARGE    0xff
#define SIZE_MAX_LARGE MIB(64)
#define LIVE           0x6c697665u
#define DEAD           0x64656164u

struct header {
	u32 state; /* LIVE or DEAD, to catch a second free */
	u32 class;
	union {
		u64 pages;           /* large and live */
		struct header *next; /* small and free */
	};
};
_Static_assert(sizeof(struct header) == 16, "objects are 16-byte aligned");

static struct header *lists[CLASS_COUNT];
static struct spinlock lock;

static unsigned class_of(u64 bytes)
{
	unsigned c = 0;

	while (((u64)CLASS_MIN << c) < bytes)
		c++;
	return c;
}

static void fill_list(unsigned class)
{
	u64 size = (u64)CLASS_MIN << class;
	u64 page = pages_alloc(1, PAGE_SIZE);

	for (u64 at = 0; page != 0 && at < PAGE_SIZE; at += size) {
		struct header *h = (struct header *)(uintptr_t)(page + at);

		h->state = DEAD;
		h->class = class;
		h->next = lists[class];
		lists[class] = h;
	}
}

static struct header *alloc_small(unsigned class)
{
	struct header *h;

	spin_lock(&lock);
	if (lists[class] == NULL)
		fill_list(class);
	h = lists[class];
	if (h != NULL)
		lists[class] = h->next;
	spin_unlock(&lock);
	return h;
}

static struct header *alloc_large(u64 bytes)
{
	u64 pages = align_up(bytes, PAGE_SIZE) / PAGE_SIZE;
	struct header *h = (struct header *)(uintptr_t)pages_alloc(pages, PAGE_SIZE);

	if (h != NULL) {
		h->class = CLASS_LARGE;
		h->pages = pages;
	}
	return h;
}

void *heap_alloc(size_t size)
{
	u64 bytes = size + sizeof(struct header);
	struct header *h;

	if (size == 0 || size > SIZE_MAX_LARGE)
		return NULL;
	if (bytes <= ((u64)CLASS_MIN << (CLASS_COUNT - 1)))
		h = alloc_small(class_of(bytes));
	else
		h = alloc_large(bytes);
	if (h == NULL)
		return NULL;
	h->state = LIVE;
	memset(h + 1, 0, size);
	return h + 1;
}

void heap_free(void *p)
{
	struct header *h;

	if (p == NULL)
		return;
	h = (struct header *)p - 1;
	if (h->state != LIVE || (h->class >= CLASS_COUNT && h->class != CLASS_LARGE))
		fatal(ST_STATE, "heap: free of what is not allocated");
	h->state = DEAD;
	if (h->class == CLASS_LARGE) {
		pages_free((u64)(uintptr_t)h, h->pages);
		return;
	}
	spin_lock(&lock);
	h->next = lists[h->class];
	lists[h->class] = h;
	spin_unlock(&lock);
}
