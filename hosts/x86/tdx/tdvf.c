/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding and checking a flash image's TDX metadata, by QEMU's rules (hw/i386/pc_sysfw_ovmf.c,
 * tdvf.c). */
#include <string.h>

#include "abi/tdx.h"
#include "host.h"
#include "tdx.h"

#define GUID_SIZE   16
#define LENGTH_SIZE 2

static const u8 footer_guid[GUID_SIZE] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
					   0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };
static const u8 tdx_guid[GUID_SIZE] = { 0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47,
					0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2 };

static enum status fail(enum status st, const char **error, const char *what)
{
	*error = what;
	return st;
}

/*
 * The table ends 32 bytes before the image does, and is walked from its footer down; each entry is
 * data, u16 length of the whole entry, GUID.
 */
static enum status find_entry(const u8 *image, size_t size, size_t *data, size_t *data_size,
			      const char **error)
{
	size_t at, left;

	if (V(size < TDVF_TABLE_FOOTER_FROM_END + LENGTH_SIZE))
		return fail(ST_TRUNCATED, error, "image is too small for a GUIDed table");
	at = size - TDVF_TABLE_FOOTER_FROM_END;
	if (V(memcmp(image + at, footer_guid, GUID_SIZE) != 0))
		return fail(ST_NOT_FOUND, error, "image has no GUIDed table");
	at -= LENGTH_SIZE;
	left = (size_t)le_get(image + at, LENGTH_SIZE);
	if (V(left < GUID_SIZE + LENGTH_SIZE))
		return fail(ST_CORRUPT, error, "GUIDed table is shorter than its footer");
	left -= GUID_SIZE + LENGTH_SIZE;
	if (V(left > at))
		return fail(ST_CORRUPT, error, "GUIDed table is longer than the image");
	while (left >= GUID_SIZE + LENGTH_SIZE) {
		size_t guid = at - GUID_SIZE;
		size_t length = (size_t)le_get(image + guid - LENGTH_SIZE, LENGTH_SIZE);

		if (V(length < GUID_SIZE + LENGTH_SIZE))
			return fail(ST_CORRUPT, error, "length of a GUIDed table entry is wrong");
		if (V(length > left))
			return fail(ST_CORRUPT, error, "length of a GUIDed table entry is wrong");
		at -= length;
		left -= length;
		if (memcmp(image + guid, tdx_guid, GUID_SIZE) == 0) {
			*data = at;
			*data_size = length - GUID_SIZE - LENGTH_SIZE;
			return ST_OK;
		}
	}
	return fail(ST_NOT_FOUND, error, "image has no TDX metadata");
}

static enum status check_section(const struct tdvf_section *s, size_t image_size,
				 const char **error)
{
	if (V(!is_aligned(s->gpa, PAGE_SIZE)))
		return fail(ST_ALIGN, error, "address of a TDVF section is misaligned");
	if (V(!is_aligned(s->size, PAGE_SIZE)))
		return fail(ST_ALIGN, error, "size of a TDVF section is misaligned");
	if (V(s->size == 0))
		return fail(ST_OVERFLOW, error, "a TDVF section is empty");
	if (V(s->gpa + s->size < s->gpa))
		return fail(ST_OVERFLOW, error, "a TDVF section wraps");
	if (V(s->size < s->raw_size))
		return fail(ST_RANGE, error, "a TDVF section has more data than memory");
	if (V(s->raw_size > image_size))
		return fail(ST_TRUNCATED, error, "a TDVF section has more data than the image");
	if (V(s->offset > image_size - s->raw_size))
		return fail(ST_TRUNCATED, error, "data of a TDVF section lies outside the image");
	switch (s->type) {
	case TDVF_BFV:
	case TDVF_CFV:
		if (V(s->raw_size == 0))
			return fail(ST_INVALID, error, "a TDVF firmware volume has no data");
		return ST_OK;
	case TDVF_TD_HOB:
	case TDVF_TEMP_MEM:
		if (V(s->raw_size != 0))
			return fail(ST_INVALID, error, "TD_HOB or TempMem with data");
		return ST_OK;
	default:
		return fail(ST_UNSUPPORTED, error, "type of a TDVF section is unknown");
	}
}

static bool overlap(const struct tdvf_section *a, const struct tdvf_section *b)
{
	return a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size;
}

/* A section must be memory of the TD, all of it, and its own. */
static enum status check_place(const struct tdvf *t, const struct tdvf_section *s,
			       const char **error)
{
	for (u64 at = s->gpa; at < s->gpa + s->size; at += PAGE_SIZE)
		if (V(!guest_is_ram(at) && !guest_is_firmware(at)))
			return fail(ST_RANGE, error, "a TDVF section lies outside memory");
	for (size_t i = 0; i < t->count; i++)
		if (V(overlap(s, &t->sections[i])))
			return fail(ST_OVERLAP, error, "TDVF sections overlap");
	return ST_OK;
}

static enum status parse_sections(const u8 *p, size_t count, size_t image_size, struct tdvf *out,
				  const char **error)
{
	unsigned hobs = 0;

	out->count = 0;
	for (size_t i = 0; i < count; i++, p += TDVF_SECTION_SIZE) {
		struct tdvf_section s = {
			.offset = (u32)le_get(p + TDVF_DATA_OFFSET, 4),
			.raw_size = (u32)le_get(p + TDVF_RAW_SIZE, 4),
			.gpa = le_get(p + TDVF_MEMORY_ADDRESS, 8),
			.size = le_get(p + TDVF_MEMORY_SIZE, 8),
			.type = (u32)le_get(p + TDVF_TYPE, 4),
			.attributes = (u32)le_get(p + TDVF_ATTRIBUTES, 4),
		};
		enum status st = check_section(&s, image_size, error);

		if (st == ST_OK)
			st = check_place(out, &s, error);
		if (st != ST_OK)
			return st;
		hobs += s.type == TDVF_TD_HOB;
		out->sections[out->count++] = s;
	}
	if (V(hobs != 1))
		return fail(ST_INVALID, error, "not exactly one TD_HOB section");
	return ST_OK;
}

enum status tdvf_parse(const u8 *image, size_t size, struct tdvf *out, const char **error)
{
	size_t data, data_size, at, count;
	enum status st = find_entry(image, size, &data, &data_size, error);
	u64 from_end;

	if (st != ST_OK)
		return st;
	if (V(data_size != 4))
		return fail(ST_CORRUPT, error, "TDX entry of the GUIDed table has a wrong size");
	from_end = le_get(image + data, 4);
	if (V(from_end > size))
		return fail(ST_RANGE, error, "TDX metadata lie outside the image");
	if (V(from_end < TDVF_DESCRIPTOR_SIZE))
		return fail(ST_RANGE, error, "TDX metadata lie outside the image");
	at = size - (size_t)from_end;
	if (V(le_get(image + at, 4) != TDVF_SIGNATURE))
		return fail(ST_CORRUPT, error, "TDX metadata have no signature");
	if (V(le_get(image + at + 8, 4) != TDVF_VERSION))
		return fail(ST_UNSUPPORTED, error, "version of the TDX metadata is not 1");
	count = (size_t)le_get(image + at + 12, 4);
	if (V(count < 2))
		return fail(ST_INVALID, error, "TDX metadata with fewer than two sections");
	if (V(count > TDVF_SECTIONS_MAX))
		return fail(ST_TOO_MANY, error, "TDX metadata with too many sections");
	if (V(le_get(image + at + 4, 4) != TDVF_DESCRIPTOR_SIZE + count * TDVF_SECTION_SIZE))
		return fail(ST_CORRUPT, error, "length of the TDX metadata is wrong");
	if (V(from_end < TDVF_DESCRIPTOR_SIZE + count * TDVF_SECTION_SIZE))
		return fail(ST_TRUNCATED, error, "TDX metadata run past the image");
	return parse_sections(image + at + TDVF_DESCRIPTOR_SIZE, count, size, out, error);
}
