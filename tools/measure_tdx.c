/* SPDX-License-Identifier: BSD-2-Clause */
/* MRTD from a flash image with TDVF metadata. OpenSSL's hashes. */
#include <string.h>

#include "le.h"
#include "measure_launch.h"

#define GUID_TDX_METADATA "e47a6535-984a-4798-865e-4685a7bf8ec2"

#define PAGE              4096
#define CHUNK             256
#define FLASH_MAX         (16u << 20)
#define GPA_MAX           (1ULL << 51) /* above is the shared bit of the widest GPA */
#define META_HEAD         16
#define META_SECTION      32
#define META_SECTIONS_MAX 64

enum { SECTION_EXTEND = 1, SECTION_AUG = 2 };
enum tdvf_type { TYPE_BFV, TYPE_CFV, TYPE_TD_HOB, TYPE_TEMP_MEM, TYPE_LAST = 8 };

struct section {
	uint64_t offset, raw, gpa, size;
	uint32_t type, attributes;
};

void mrtd_begin(struct mrtd *m, enum mrtd_order order)
{
	m->md = EVP_MD_CTX_new();
	m->order = order;
	EVP_DigestInit(m->md, EVP_sha384());
}

void mrtd_end(struct mrtd *m, uint8_t out[MRTD_SIZE])
{
	EVP_DigestFinal(m->md, out, NULL);
	EVP_MD_CTX_free(m->md);
}

static void mrtd_record(struct mrtd *m, const char *name, uint64_t gpa)
{
	uint8_t record[128] = { 0 };

	for (size_t i = 0; name[i] != '\0'; i++)
		record[i] = (uint8_t)name[i];
	le_put(record + 16, gpa, 8);
	EVP_DigestUpdate(m->md, record, sizeof(record));
}

static void mrtd_extend_page(struct mrtd *m, uint64_t gpa, struct bytes data, uint64_t at)
{
	for (unsigned chunk = 0; chunk < PAGE; chunk += CHUNK) {
		uint8_t bytes[CHUNK] = { 0 };
		uint64_t from = at + chunk;

		if (from < data.size)
			memcpy(bytes, data.data + from, MIN(data.size - from, (uint64_t)CHUNK));
		mrtd_record(m, "MR.EXTEND", gpa + chunk);
		EVP_DigestUpdate(m->md, bytes, sizeof(bytes));
	}
}

void mrtd_region(struct mrtd *m, uint64_t gpa, uint64_t size, bool measured, struct bytes data)
{
	for (uint64_t at = 0; at < size; at += PAGE) {
		mrtd_record(m, "MEM.PAGE.ADD", gpa + at);
		if (measured && m->order == MRTD_PAGES)
			mrtd_extend_page(m, gpa + at, data, at);
	}
	for (uint64_t at = 0; measured && m->order == MRTD_TWO_PASS && at < size; at += PAGE)
		mrtd_extend_page(m, gpa + at, data, at);
}

static struct section section_at(const uint8_t *p)
{
	return (struct section){
		.offset = le_get(p, 4),
		.raw = le_get(p + 4, 4),
		.gpa = le_get(p + 8, 8),
		.size = le_get(p + 16, 8),
		.type = (uint32_t)le_get(p + 24, 4),
		.attributes = (uint32_t)le_get(p + 28, 4),
	};
}

/* Kinds without memory (information for tools) have size 0. */
static const char *check_section(const struct section *s, struct bytes image)
{
	if (s->type > TYPE_LAST)
		return "a TDVF section is of a type nobody knows";
	if (s->raw > image.size || s->offset > image.size - s->raw)
		return "data of a TDVF section lies outside the image";
	if (s->gpa % PAGE != 0 || s->size % PAGE != 0)
		return "a TDVF section is not page aligned";
	if (s->gpa > GPA_MAX || s->size > GPA_MAX - s->gpa)
		return "a TDVF section lies outside the address space";
	if (s->size == 0 && s->type <= TYPE_TEMP_MEM)
		return "a TDVF section is empty";
	if (s->size != 0 && s->size < s->raw)
		return "a TDVF section has more data than memory";
	if (s->type <= TYPE_CFV && s->raw == 0)
		return "a TDVF firmware volume has no data";
	if ((s->type == TYPE_TD_HOB || s->type == TYPE_TEMP_MEM) && s->raw != 0)
		return "a TD HOB or temporary memory with data";
	return NULL;
}

/* Pages that were added are the TD's: adding memory again fails. The bound is for time, too: no
 * launch adds more than some MiB. */
#define ADDED_MAX (256ULL << 20)

static const char *check_sections(const uint8_t *p, size_t n, struct bytes image)
{
	uint64_t added = 0;
	unsigned hobs = 0;

	for (size_t i = 0; i < n; i++) {
		struct section s = section_at(p + i * META_SECTION);
		const char *why = check_section(&s, image);

		if (why != NULL)
			return why;
		for (size_t j = 0; j < i; j++) {
			struct section o = section_at(p + j * META_SECTION);

			if (flash_overlap(s.gpa, s.size, o.gpa, o.size))
				return "TDVF sections overlap";
		}
		hobs += s.type == TYPE_TD_HOB;
		if ((s.attributes & SECTION_AUG) == 0)
			added += s.size;
		if (added > ADDED_MAX)
			return "TDVF sections of more than 256 MiB";
	}
	return hobs == 1 ? NULL : "not exactly one TD HOB section";
}

static const char *find_sections(struct bytes image, const uint8_t **sections, size_t *n)
{
	const uint8_t *entry, *d;
	const char *why = flash_entry(image, GUID_TDX_METADATA, 4, &entry);
	size_t offset;

	if (why != NULL)
		return why;
	if (entry == NULL)
		return "the image has no TDX metadata";
	offset = le_get(entry, 4);
	if (offset < META_HEAD || offset > image.size)
		return "TDX metadata outside the image";
	d = image.data + image.size - offset;
	if (memcmp(d, "TDVF", 4) != 0)
		return "TDX metadata without their signature";
	if (le_get(d + 8, 4) != 1)
		return "version of the TDX metadata is not 1";
	*n = le_get(d + 12, 4);
	*sections = d + META_HEAD;
	if (*n > META_SECTIONS_MAX)
		return "TDX metadata with too many sections";
	if (*n > (offset - META_HEAD) / META_SECTION)
		return "TDX metadata run past the image";
	if (le_get(d + 4, 4) != META_HEAD + META_SECTION * *n)
		return "length of the TDX metadata is wrong";
	return check_sections(*sections, *n, image);
}

const char *measure_tdx(struct bytes image, enum mrtd_order order, uint8_t out[MRTD_SIZE])
{
	const uint8_t *sections;
	const char *why;
	struct mrtd m;
	size_t n;

	if (image.size == 0 || image.size % PAGE != 0)
		return "the image is no multiple of 4 KiB";
	if (image.size > FLASH_MAX)
		return "the image is larger than 16 MiB";
	why = find_sections(image, &sections, &n);
	if (why != NULL)
		return why;
	mrtd_begin(&m, order);
	for (size_t i = 0; i < n; i++) {
		struct section s = section_at(sections + i * META_SECTION);

		if ((s.attributes & SECTION_AUG) != 0) /* not part of MRTD */
			continue;
		mrtd_region(&m, s.gpa, s.size, (s.attributes & SECTION_EXTEND) != 0,
			    (struct bytes){ image.data + s.offset, s.raw });
	}
	mrtd_end(&m, out);
	return NULL;
}
