/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A unified kernel image without a stub (UAPI.5): headers of a PE32+ application, then the sections
 * one behind the other. Nothing in it depends on anything but its contents: no date, no checksum.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/linux_image.h"
#include "le.h"
#include "payload.h"

#define HEADERS         0x400  /* of the file, and in memory a page */
#define FILE_ALIGN      0x200u /* PE: of raw data */
#define MEMORY_ALIGN    0x1000u
#define PE_AT           PE_DOS_SIZE
#define OPTIONAL_SIZE   240 /* 112 bytes and 16 directories, all empty */
#define OPT             (PE_AT + PE_OPTIONAL)
#define SECTION_TABLE   (OPT + OPTIONAL_SIZE)

#define CHARACTERISTICS 0x0022 /* executable, addresses above 2 GiB */
#define EFI_APPLICATION 10
#define DATA_READ       0x40000040u /* initialized data, readable */
#define SECTIONS        3

struct part {
	const char *name;
	struct bytes data;
	uint64_t at, address;
};

static size_t parts_of(const struct linux_payload *p, struct part parts[SECTIONS])
{
	const char *text = p->cmdline != NULL ? p->cmdline : "";
	const struct part all[SECTIONS] = {
		{ ".linux", p->kernel, 0, 0 },
		{ ".initrd", p->initrd, 0, 0 },
		{ ".cmdline", { (const uint8_t *)text, strlen(text) }, 0, 0 },
	};
	size_t n = 0;

	for (size_t i = 0; i < SECTIONS; i++)
		if (all[i].data.size > 0)
			parts[n++] = all[i];
	return n;
}

/* Places in file and memory; the file's size. */
static uint64_t lay_out(struct part *parts, size_t n, uint64_t *memory)
{
	uint64_t at = HEADERS, address = MEMORY_ALIGN;

	for (size_t i = 0; i < n; i++) {
		parts[i].at = at;
		parts[i].address = address;
		at += align_up(parts[i].data.size, FILE_ALIGN);
		address += align_up(parts[i].data.size, MEMORY_ALIGN);
	}
	*memory = address;
	return at;
}

static void put_headers(uint8_t *f, uint16_t machine, size_t sections, uint64_t memory)
{
	le_put(f, PE_DOS_MAGIC, 2);
	le_put(f + PE_DOS_HEADER, PE_AT, 4);
	le_put(f + PE_AT, PE_SIGNATURE, 4);
	le_put(f + PE_AT + PE_MACHINE, machine, 2);
	le_put(f + PE_AT + PE_SECTIONS, sections, 2);
	le_put(f + PE_AT + PE_OPTIONAL_SIZE, OPTIONAL_SIZE, 2);
	le_put(f + PE_AT + PE_OPTIONAL_SIZE + 2, CHARACTERISTICS, 2);
	le_put(f + OPT, PE_OPTIONAL_PLUS, 2);
	le_put(f + OPT + 20, MEMORY_ALIGN, 4); /* base of code; there is none */
	le_put(f + OPT + 32, MEMORY_ALIGN, 4);
	le_put(f + OPT + 36, FILE_ALIGN, 4);
	le_put(f + OPT + 56, memory, 4);
	le_put(f + OPT + 60, HEADERS, 4);
	le_put(f + OPT + 68, EFI_APPLICATION, 2);
	le_put(f + OPT + 108, 16, 4); /* directories */
}

static void put_section(uint8_t *header, uint8_t *file, const struct part *s)
{
	memcpy(header, s->name, strlen(s->name));
	le_put(header + PE_SECTION_VSIZE, s->data.size, 4);
	le_put(header + PE_SECTION_VSIZE + 4, s->address, 4);
	le_put(header + PE_SECTION_RAW_SIZE, align_up(s->data.size, FILE_ALIGN), 4);
	le_put(header + PE_SECTION_RAW, s->at, 4);
	le_put(header + PE_SECTION_SIZE - 4, DATA_READ, 4);
	memcpy(file + s->at, s->data.data, s->data.size);
}

struct bytes uki_make(const struct linux_payload *p, uint16_t machine)
{
	struct part parts[SECTIONS];
	size_t n = parts_of(p, parts);
	uint64_t memory, size = lay_out(parts, n, &memory);
	uint8_t *file;

	if (memory > UINT32_MAX || size > UINT32_MAX)
		return (struct bytes){ NULL, 0 };
	file = calloc(1, size);
	if (file == NULL)
		return (struct bytes){ NULL, 0 };
	put_headers(file, machine, n, memory);
	for (size_t i = 0; i < n; i++)
		put_section(file + SECTION_TABLE + i * PE_SECTION_SIZE, file, &parts[i]);
	return (struct bytes){ file, size };
}
