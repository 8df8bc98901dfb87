/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sections of a unified kernel image, found as in a file: by their places in it, not by the
 * virtual addresses a loader would put them at. Nothing of the PE is run, so everything else in it
 * is of no interest; but a file in which sections lie over each other means different things to
 * different readers, and is refused.
 */
#include <string.h>

#include "abi/linux_image.h"
#include "le.h"
#include "linux.h"

struct section {
	u8 name[PE_SECTION_NAME];
	u64 at, raw_size; /* bytes in the file */
	u64 size;         /* of them content: the rest is fill to the file's alignment */
};

struct sections {
	const u8 *table;
	unsigned count;
	u64 headers; /* bytes before and in the table */
};

static struct section section_at(const struct sections *s, unsigned i)
{
	const u8 *d = s->table + (size_t)i * PE_SECTION_SIZE;
	struct section out = { .at = le32(d + PE_SECTION_RAW),
			       .raw_size = le32(d + PE_SECTION_RAW_SIZE) };

	memcpy(out.name, d, sizeof(out.name));
	out.size = MIN(le32(d + PE_SECTION_VSIZE), out.raw_size);
	return out;
}

static bool named(const struct section *s, const char *name)
{
	u8 padded[PE_SECTION_NAME] = { 0 };

	memcpy(padded, name, strlen(name));
	return memcmp(s->name, padded, sizeof(padded)) == 0;
}

static enum status find_sections(struct bytes file, u16 machine, struct sections *out)
{
	const u8 *d = file.data;
	u64 pe, table;

	if (file.size < PE_DOS_SIZE || le16(d) != PE_DOS_MAGIC)
		return ST_CORRUPT;
	pe = le32(d + PE_DOS_HEADER);
	if (pe + PE_OPTIONAL + 2 > file.size || le32(d + pe) != PE_SIGNATURE)
		return ST_CORRUPT;
	if (le16(d + pe + PE_MACHINE) != machine)
		return ST_UNSUPPORTED;
	/* In the optional header only its kind counts; what it is before is all it must hold. */
	if (le16(d + pe + PE_OPTIONAL_SIZE) < 2 || le16(d + pe + PE_OPTIONAL) != PE_OPTIONAL_PLUS)
		return ST_CORRUPT;
	table = pe + PE_OPTIONAL + le16(d + pe + PE_OPTIONAL_SIZE);
	out->count = le16(d + pe + PE_SECTIONS);
	out->headers = table + (u64)out->count * PE_SECTION_SIZE;
	if (out->count == 0 || out->count > PE_SECTIONS_MAX || out->headers > file.size)
		return ST_CORRUPT;
	out->table = d + table;
	return ST_OK;
}

/* Every section that is in the file is inside of it, behind the headers, and over no other. */
static bool places_right(struct bytes file, const struct sections *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		struct section a = section_at(s, i);

		if (a.raw_size == 0)
			continue;
		if (a.at < s->headers || a.at + a.raw_size > file.size)
			return false;
		for (unsigned j = 0; j < i; j++) {
			struct section b = section_at(s, j);

			if (b.raw_size > 0 && a.at < b.at + b.raw_size && b.at < a.at + a.raw_size)
				return false;
		}
	}
	return true;
}

/* Text of a section is not ended by a NUL, but filled up with them, and editors leave a new line
 * behind it. */
static void trim(struct bytes *text)
{
	while (text->size > 0 && strchr(" \t\r\n", text->data[text->size - 1]) != NULL)
		text->size--; /* NULs, too: strchr() finds the end of the string */
	if (text->size == 0)
		text->data = NULL;
}

static enum status collect(struct bytes file, const struct sections *s, struct uki *out)
{
	const struct {
		const char *name;
		struct bytes *to;
	} wanted[] = { { ".linux", &out->linux_image },
		       { ".initrd", &out->initrd },
		       { ".ucode", &out->ucode },
		       { ".cmdline", &out->cmdline } };
	unsigned seen = 0;

	for (unsigned i = 0; i < s->count; i++) {
		struct section a = section_at(s, i);

		if (named(&a, ".profile"))
			return ST_UNSUPPORTED;
		for (unsigned w = 0; w < ARRAY_SIZE(wanted); w++) {
			if (!named(&a, wanted[w].name))
				continue;
			if ((seen & 1u << w) != 0)
				return ST_CORRUPT;
			seen |= 1u << w;
			if (a.size > 0)
				*wanted[w].to = (struct bytes){ file.data + a.at, (size_t)a.size };
		}
	}
	if ((seen & 1u) == 0)
		return ST_NOT_FOUND;
	trim(&out->cmdline);
	return out->linux_image.size > 0 ? ST_OK : ST_CORRUPT;
}

enum status uki_parse(struct bytes file, u16 machine, struct uki *out)
{
	struct sections s;
	enum status st;

	*out = (struct uki){ 0 };
	st = find_sections(file, machine, &s);
	if (st != ST_OK)
		return st;
	if (!places_right(file, &s))
		return ST_CORRUPT;
	return collect(file, &s, out);
}
