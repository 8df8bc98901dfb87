/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GUIDed table and the SEV metadata at the end of a flash image, read as QEMU reads them. The
 * file is the user's: every offset is checked before it is followed.
 */
#include "psp.h"

#define GUID_SIZE     16
#define TABLE_END     32 /* the footer's GUID ends so far before the end of the image */
#define ENTRY_HEAD    (GUID_SIZE + 2)
#define ES_RESET_SIZE 4
#define SEV_META_SIZE 4
#define HASHES_SIZE   8
#define HEADER_SIZE   16
#define SECTION_SIZE  12

/* GUIDs as they stand in the file: first three groups little-endian. */
static const u8 GUID_FOOTER[] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
				  0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };
static const u8 GUID_SEV_METADATA[] = { 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
					0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc };
static const u8 GUID_HASHES[] = { 0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b,
				  0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54 };
static const u8 GUID_ES_RESET[] = { 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
				    0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e };

static bool same_guid(const u8 *p, const u8 guid[GUID_SIZE])
{
	for (unsigned i = 0; i < GUID_SIZE; i++)
		if (p[i] != guid[i])
			return false;
	return true;
}

struct table {
	size_t start, end; /* [start, end) of the entries, as offsets in the image */
};

/* The image has a page at least. */
static const char *find_table(struct blob f, struct table *t)
{
	size_t footer, total;

	footer = f.size - TABLE_END - GUID_SIZE;
	if (V(!same_guid(f.data + footer, GUID_FOOTER)))
		return "no GUIDed table";
	total = le_get(f.data + footer - 2, 2);
	if (V(total < ENTRY_HEAD))
		return "GUIDed table shorter than its footer";
	t->end = footer - 2;
	if (V(total - ENTRY_HEAD > t->end))
		return "GUIDed table longer than the image";
	t->start = t->end - (total - ENTRY_HEAD);
	return NULL;
}

/* Data of the first entry of this GUID, walking backwards; its size, 0 when there is none. */
static size_t find_entry(struct blob f, struct table t, const u8 guid[GUID_SIZE], size_t *data)
{
	size_t p = t.end;

	while (p - t.start >= ENTRY_HEAD) {
		size_t length = le_get(f.data + p - ENTRY_HEAD, 2);

		if (V(length < ENTRY_HEAD))
			return 0;
		if (V(length > p - t.start))
			return 0;
		if (same_guid(f.data + p - GUID_SIZE, guid)) {
			*data = p - length;
			return length - ENTRY_HEAD;
		}
		p -= length;
	}
	return 0;
}

static bool is_backed(u64 gpa, u64 size)
{
	for (u64 at = gpa; at < gpa + size; at += PAGE_SIZE)
		if (!guest_is_ram(at))
			return false;
	return true;
}

/* Sections hold fewer than 2^32 bytes at less than 2^32: sums cannot wrap. */
static const char *check_section(const struct snp_image *image, const struct snp_section *s)
{
	if (V(!is_aligned(s->gpa, PAGE_SIZE)))
		return "SEV section: address not page aligned";
	if (V(s->size == 0))
		return "SEV section: size is zero";
	if (V(!is_aligned(s->size, PAGE_SIZE)))
		return "SEV section: size not a multiple of the page";
	if (V(s->type == SNP_META_SECRETS && s->size != PAGE_SIZE))
		return "SEV section: secrets and CPUID are one page each";
	if (V(s->type == SNP_META_CPUID && s->size != PAGE_SIZE))
		return "SEV section: secrets and CPUID are one page each";
	if (V(!is_backed(s->gpa, s->size)))
		return "SEV section: not in guest RAM";
	for (unsigned i = 0; i < image->count; i++) {
		const struct snp_section *o = &image->sections[i];

		if (V(s->gpa < o->gpa + o->size && o->gpa < s->gpa + s->size))
			return "SEV section: overlaps another";
	}
	return NULL;
}

static const char *parse_metadata(struct blob f, size_t offset_from_end, struct snp_image *out)
{
	const char *why;
	size_t at, count;

	if (V(offset_from_end > f.size))
		return "SEV metadata: offset outside the image";
	if (V(offset_from_end < HEADER_SIZE))
		return "SEV metadata: offset outside the image";
	at = f.size - offset_from_end;
	if (V(le_get(f.data + at, 4) != SNP_META_SIGNATURE))
		return "SEV metadata: bad signature";
	count = le_get(f.data + at + 12, 4);
	if (V(count > SNP_SECTIONS_MAX))
		return "SEV metadata: too many sections";
	if (V(count * SECTION_SIZE > offset_from_end - HEADER_SIZE))
		return "SEV metadata: sections run past the image";
	if (V(le_get(f.data + at + 4, 4) < HEADER_SIZE + count * SECTION_SIZE))
		return "SEV metadata: length does not cover the sections";
	for (size_t i = 0; i < count; i++) {
		const u8 *p = f.data + at + HEADER_SIZE + i * SECTION_SIZE;
		struct snp_section s = { le_get(p, 4), le_get(p + 4, 4), (u32)le_get(p + 8, 4) };

		why = check_section(out, &s);
		if (why != NULL)
			return why;
		out->sections[out->count++] = s;
	}
	return NULL;
}

const char *snp_image_parse(struct blob file, struct snp_image *out)
{
	const char *why;
	struct table t;
	size_t data;

	*out = (struct snp_image){ .data = file.data, .size = file.size };
	if (V(file.size == 0))
		return "image size is zero";
	if (V(file.size > FIRMWARE_MAX))
		return "image size is over 16 MiB";
	if (V(!is_aligned(file.size, PAGE_SIZE)))
		return "image size is no multiple of 4 KiB";
	why = find_table(file, &t);
	if (why != NULL)
		return why;
	if (find_entry(file, t, GUID_ES_RESET, &data) == ES_RESET_SIZE)
		out->ap_reset = (u32)le_get(file.data + data, 4);
	if (find_entry(file, t, GUID_HASHES, &data) >= HASHES_SIZE) {
		out->hashes = le_get(file.data + data, 4);
		out->hashes_size = le_get(file.data + data + 4, 4);
	}
	if (V(find_entry(file, t, GUID_SEV_METADATA, &data) != SEV_META_SIZE))
		return "no SEV metadata in the GUIDed table";
	return parse_metadata(file, le_get(file.data + data, 4), out);
}
