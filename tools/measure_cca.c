/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RIM of a realm: the chain of events from REALM_CREATE to REALM_ACTIVATE, in the order KVM's
 * VMMs make them: initial RIPAS, contents in ascending order, the boot REC. OpenSSL's hashes.
 */
#include <string.h>

#include "le.h"
#include "measure_launch.h"

#define PAGE        4096
#define PARAMS      4096 /* RmiRealmParams, RmiRecParams */
#define DESC        256
#define LEVEL_PAGE  3
#define IMAGE_MAGIC 0x644d5241u /* "ARM\x64" */
#define IMAGE_HEAD  64
#define BLOCK       0x200000u

enum { DESC_DATA, DESC_REC, DESC_RIPAS };

/* ---- the chain ---- */
static void rim_hash_of(const struct rim *r, const void *data, size_t n, uint8_t out[64])
{
	memset(out, 0, 64);
	EVP_Digest(data, n, out, NULL, r->md, NULL);
}

static void rim_event(struct rim *r, uint8_t desc[DESC], unsigned type)
{
	desc[0] = (uint8_t)type;
	le_put(desc + 0x08, DESC, 8);
	memcpy(desc + 0x10, r->value, 64);
	rim_hash_of(r, desc, DESC, r->value);
}

/* The level translation starts at with at most 16 tables side by side. */
static unsigned start_level(unsigned s2sz)
{
	return s2sz <= 34 ? 2 : s2sz <= 43 ? 1 : 0;
}

void rim_create(struct rim *r, const struct rim_params *p)
{
	uint8_t params[PARAMS] = { 0 };

	memset(r, 0, sizeof(*r));
	r->md = p->hash == RIM_SHA256   ? EVP_sha256()
		: p->hash == RIM_SHA384 ? EVP_sha384()
					: EVP_sha512();
	r->size = (size_t)EVP_MD_get_size(r->md);
	r->start_level = start_level(p->s2sz);
	le_put(params + 0x00, p->flags, 8);
	params[0x08] = p->s2sz;
	params[0x10] = p->sve_vl;
	params[0x18] = p->num_bps;
	params[0x20] = p->num_wps;
	params[0x28] = p->pmu_num_ctrs;
	params[0x30] = (uint8_t)p->hash;
	rim_hash_of(r, params, sizeof(params), r->value);
}

void rim_data(struct rim *r, uint64_t ipa, bool measured, const uint8_t page[4096])
{
	uint8_t desc[DESC] = { 0 };

	le_put(desc + 0x50, ipa, 8);
	le_put(desc + 0x58, measured, 8);
	if (measured)
		rim_hash_of(r, page, PAGE, desc + 0x60);
	rim_event(r, desc, DESC_DATA);
}

/* RECs the host starts later, by the guest's CPU_ON, leave no trace. */
void rim_rec(struct rim *r, uint64_t flags, uint64_t pc, const uint64_t gprs[8])
{
	uint8_t desc[DESC] = { 0 }, params[PARAMS] = { 0 };

	if ((flags & REC_RUNNABLE) == 0)
		return;
	le_put(params, flags, 8);
	le_put(params + 0x200, pc, 8);
	for (unsigned i = 0; i < 8; i++)
		le_put(params + 0x300 + 8 * i, gprs[i], 8);
	rim_hash_of(r, params, sizeof(params), desc + 0x50);
	rim_event(r, desc, DESC_REC);
}

/* ---- initial RIPAS: an event for each entry, so what counts is which tables there are ---- */
static uint64_t entry_size(unsigned level)
{
	return 1ULL << (12 + 9 * (LEVEL_PAGE - level));
}

static bool has_table(const struct rim *r, unsigned level, uint64_t base)
{
	for (size_t i = 0; i < r->tables; i++)
		if (r->table[i].level == level && r->table[i].base == base)
			return true;
	return false;
}

static unsigned walk_level(const struct rim *r, uint64_t ipa)
{
	unsigned level = r->start_level;

	while (level < LEVEL_PAGE && has_table(r, level + 1, ipa & ~(entry_size(level) - 1)))
		level++;
	return level;
}

/* The host makes a table where an entry is larger than what is left of the range, and not before.
 */
bool rim_ripas(struct rim *r, uint64_t base, uint64_t top)
{
	while (base < top) {
		unsigned level = walk_level(r, base);
		uint64_t size = entry_size(level);
		uint8_t desc[DESC] = { 0 };

		if (base % size == 0 && size <= top - base) {
			le_put(desc + 0x50, base, 8);
			le_put(desc + 0x58, base + size, 8);
			rim_event(r, desc, DESC_RIPAS);
			base += size;
			continue;
		}
		if (level == LEVEL_PAGE || r->tables == RIM_TABLES)
			return false;
		r->table[r->tables].level = level + 1;
		r->table[r->tables++].base = base & ~(size - 1);
	}
	return true;
}

/* ---- a launch ---- */
void cca_launch_defaults(struct cca_launch *l)
{
	*l = (struct cca_launch){
		/* The hardware's numbers; QEMU's CPU "max" has six and four. */
		.params = { .s2sz = 33, .num_bps = 5, .num_wps = 3 },
		.ram_base = 0x40000000,
		.ram_size = 512u << 20,
		.dtb_room = 64u << 10,
	};
}

struct placed {
	uint64_t base, size;
};

/* Linux's arm64 Image header: text_offset, image_size. */
static const char *place_image(const struct cca_launch *l, uint64_t floor, struct placed *out)
{
	uint64_t offset, size;

	if (l->image.size < IMAGE_HEAD || le_get(l->image.data + 0x38, 4) != IMAGE_MAGIC)
		return "the image is no arm64 Image";
	offset = le_get(l->image.data + 0x08, 8);
	size = le_get(l->image.data + 0x10, 8);
	if (size == 0) { /* before Linux 3.17 */
		offset = 0x80000;
		size = l->image.size;
	}
	size = MAX(size, (uint64_t)l->image.size);
	if (offset % PAGE != 0)
		return "the image's offset is not page aligned";
	if (offset > l->ram_size || size > l->ram_size)
		return "the image does not fit into RAM";
	*out = (struct placed){ floor + offset, align_up(size, PAGE) };
	if (out->base + out->size > l->ram_base + l->ram_size)
		return "the image does not fit into RAM";
	return NULL;
}

static const char *place(struct cca_launch *l, struct placed *image, struct placed *dtb)
{
	uint64_t end = l->ram_base + l->ram_size;
	const char *why = place_image(l, l->ram_base, image);

	if (why != NULL)
		return why;
	switch (l->dtb_place) {
	case CCA_DTB_HIGH:
		l->dtb_base = align_down(end - l->dtb_room, BLOCK);
		break;
	case CCA_DTB_AFTER:
		l->dtb_base = image->base + image->size;
		break;
	case CCA_DTB_LOW:
		l->dtb_base = l->ram_base;
		if (image->base - l->ram_base < l->dtb_room)
			why = place_image(l, l->ram_base + BLOCK, image);
		break;
	case CCA_DTB_AT:
		break;
	}
	*dtb = (struct placed){ l->dtb_base, l->dtb_room };
	l->entry = image->base;
	if (why != NULL)
		return why;
	if (dtb->base % PAGE != 0)
		return "the devicetree is not page aligned";
	if (dtb->base < l->ram_base || dtb->base > end || dtb->size > end - dtb->base)
		return "the devicetree does not fit into RAM";
	return flash_overlap(dtb->base, dtb->size, image->base, image->size)
		   ? "devicetree and image overlap"
		   : NULL;
}

static void load(struct rim *r, uint64_t base, struct bytes data, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += PAGE) {
		uint8_t page[PAGE] = { 0 };

		if (at < data.size)
			memcpy(page, data.data + at, MIN(data.size - at, (uint64_t)PAGE));
		rim_data(r, base + at, true, page);
	}
}

static const char *check_launch(const struct cca_launch *l)
{
	uint64_t half;

	if (l->params.s2sz < 32 || l->params.s2sz > 48)
		return "no realm has that IPA width";
	half = 1ULL << (l->params.s2sz - 1);
	if (l->ram_base % PAGE != 0 || l->ram_size % PAGE != 0)
		return "RAM is not page aligned";
	if (l->ram_size == 0 || l->ram_base > half || l->ram_size > half - l->ram_base)
		return "RAM does not fit into the protected half of the IPA space";
	if (l->dtb.size == 0)
		return "the RIM depends on the devicetree, and none is given";
	if (l->dtb_room % PAGE != 0 || l->dtb_room == 0 || l->dtb_room > l->ram_size)
		return "the devicetree's room is no number of pages in RAM";
	return l->dtb.size > l->dtb_room ? "the devicetree is larger than its room" : NULL;
}

const char *measure_cca(struct cca_launch *l, uint8_t out[64], size_t *size)
{
	const char *why = check_launch(l);
	struct placed image, dtb, *first = &dtb, *second = &image;
	uint64_t gprs[8] = { 0 };
	struct rim r;
	bool ok;

	if (why == NULL)
		why = place(l, &image, &dtb);
	if (why != NULL)
		return why;
	if (image.base < dtb.base) {
		first = &image;
		second = &dtb;
	}
	rim_create(&r, &l->params);
	if (l->ripas_image)
		ok = rim_ripas(&r, first->base, first->base + first->size) &&
		     rim_ripas(&r, second->base, second->base + second->size);
	else
		ok = rim_ripas(&r, l->ram_base, l->ram_base + l->ram_size);
	if (!ok)
		return "initial RIPAS needs more tables than are counted here";
	if (first == &dtb)
		load(&r, dtb.base, l->dtb, dtb.size);
	load(&r, image.base, l->image, l->image.size);
	if (first == &image)
		load(&r, dtb.base, l->dtb, dtb.size);
	gprs[0] = dtb.base;
	rim_rec(&r, REC_RUNNABLE, image.base, gprs);
	memcpy(out, r.value, r.size);
	*size = r.size;
	return NULL;
}
