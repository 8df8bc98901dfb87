/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the memory map is the kernel's. Only what is known to be private: what is in any other
 * state, for whatever reason, is not mentioned, and a kernel does not touch what it was not told
 * of.
 */
#include <string.h>

#include "fdt_edit.h"

static void cut(struct linux_ranges *list, size_t at)
{
	list->count--;
	memmove(&list->r[at], &list->r[at + 1], (list->count - at) * sizeof(list->r[0]));
}

/* In order, neighbours as one. */
static void insert(struct linux_ranges *list, struct range r)
{
	size_t at = list->count;

	for (; at > 0 && list->r[at - 1].base > r.base; at--)
		list->r[at] = list->r[at - 1];
	list->r[at] = r;
	list->count++;
	if (at + 1 < list->count && range_end(r) == list->r[at + 1].base) {
		list->r[at].size += list->r[at + 1].size;
		cut(list, at + 1);
	}
	if (at > 0 && range_end(list->r[at - 1]) == r.base) {
		list->r[at - 1].size += list->r[at].size;
		cut(list, at);
	}
}

static void collect(const struct memmap *m, enum mem_type type, struct linux_ranges *list)
{
	list->count = 0;
	for (size_t i = 0; i < m->count; i++)
		if (m->region[i].type == type)
			insert(list, m->region[i].range);
}

void linux_memory_collect(const struct memmap *m, const struct range *own, size_t count,
			  struct linux_memory *out)
{
	collect(m, MEM_ACCEPTED, &out->ram);
	collect(m, MEM_SHARED, &out->held);
	for (size_t i = 0; i < count && i < LINUX_OWN_MAX; i++)
		if (own[i].size != 0)
			insert(&out->ram, own[i]);
}
