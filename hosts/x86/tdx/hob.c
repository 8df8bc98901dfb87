/* SPDX-License-Identifier: BSD-2-Clause */
/* The TD HOB as QEMU builds it (hw/i386/tdvf-hob.c): RAM, split by what the launch already added.
 */
#include <string.h>

#include "host.h"
#include "tdx.h"
#include "vmm/vmm.h"

#define E820_MAX 8

struct list {
	u8 *buf;
	size_t size, used;
	bool overflow;
};

static u8 *append(struct list *l, u16 type, u16 length)
{
	u8 *p = l->buf + l->used;

	if (V(length > l->size - l->used)) {
		l->overflow = true;
		return NULL;
	}
	l->used += length;
	memset(p, 0, length);
	le_put(p, type, 2);
	le_put(p + 2, length, 2);
	return p;
}

static void resource(struct list *l, u32 type, u64 start, u64 end)
{
	u8 *p = start < end ? append(l, HOB_RESOURCE, HOB_RESOURCE_SIZE) : NULL;

	if (p == NULL)
		return;
	le_put(p + HOB_RESOURCE_TYPE, type, 4);
	le_put(p + HOB_RESOURCE_ATTRIBUTES, HOB_ATTRIBUTES_RAM, 4);
	le_put(p + HOB_RESOURCE_START, start, 8);
	le_put(p + HOB_RESOURCE_LENGTH, end - start, 8);
}

/* The section of RAM given with the launch that begins next at or after `from`. */
static const struct tdvf_section *next_section(const struct tdvf *t, u64 from, u64 end)
{
	const struct tdvf_section *best = NULL;

	for (size_t i = 0; i < t->count; i++) {
		const struct tdvf_section *s = &t->sections[i];

		if (s->gpa >= from && s->gpa < end && (best == NULL || s->gpa < best->gpa))
			best = s;
	}
	return best;
}

static void ram(struct list *l, const struct tdvf *t, u64 start, u64 end)
{
	const struct tdvf_section *s;

	for (; (s = next_section(t, start, end)) != NULL; start = s->gpa + s->size) {
		resource(l, HOB_UNACCEPTED, start, s->gpa);
		resource(l, HOB_SYSTEM_MEMORY, s->gpa, s->gpa + s->size);
	}
	resource(l, HOB_UNACCEPTED, start, end);
}

size_t hob_build(u8 *buf, size_t size, u64 gpa, const struct tdvf *t)
{
	struct list l = { .buf = buf, .size = size };
	struct e820 map[E820_MAX];
	size_t n = vmm_e820(map, E820_MAX);
	u8 *phit = append(&l, HOB_PHIT, HOB_PHIT_SIZE);

	if (phit == NULL)
		return 0;
	le_put(phit + HOB_HEADER_SIZE, HOB_PHIT_VERSION, 4);
	for (size_t i = 0; i < n; i++)
		if (map[i].type == 1)
			ram(&l, t, map[i].base, map[i].base + map[i].size);
	append(&l, HOB_END, HOB_HEADER_SIZE);
	le_put(phit + HOB_PHIT_END_OF_LIST, gpa + l.used, 8);
	return l.overflow ? 0 : l.used;
}
