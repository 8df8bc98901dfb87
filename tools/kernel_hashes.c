/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of kernel hashes that a launch measurement covers (amd-snp sheet section 10.3): as QEMU
 * writes it for SEV, and in the place a flash file of our own firmware has for it. OpenSSL's
 * hashes.
 */
#include <string.h>

#include "le.h"
#include "measure_launch.h"

#define GUID_OWN_TABLE "07468a33-b94e-4582-a857-f4ccddf71b8a"

#define TABLE_LENGTH   168
#define ENTRY_LENGTH   50
#define ENTRY_HASH     18 /* behind GUID and length */

static void put_entry(uint8_t *at, const char *guid, struct bytes d)
{
	flash_guid(guid, at);
	le_put(at + 16, ENTRY_LENGTH, 2);
	EVP_Digest(d.size > 0 ? (const void *)d.data : "", d.size, at + ENTRY_HASH, NULL,
		   EVP_sha256(), NULL);
}

void kernel_hashes_table(const struct linux_payload *p, uint8_t table[KERNEL_HASHES])
{
	const char *text = p->cmdline != NULL ? p->cmdline : "";

	memset(table, 0, KERNEL_HASHES);
	flash_guid("9438d606-4f22-4cc9-b479-a793d411fd21", table);
	le_put(table + 16, TABLE_LENGTH, 2);
	put_entry(table + ENTRY_HASH, "97d02dd8-bd20-4c94-aa78-e7714d36ab2a",
		  (struct bytes){ (const uint8_t *)text, strlen(text) + 1 });
	put_entry(table + ENTRY_HASH + ENTRY_LENGTH, "44baf731-3a2f-4bd7-9af1-41e29169781d",
		  p->initrd);
	put_entry(table + ENTRY_HASH + 2 * ENTRY_LENGTH, "4de79437-abd2-427f-b835-d5b172d2045b",
		  p->kernel);
}

/* The entry says where the table starts, counted from the image's end, and its size. */
static const char *find_room(struct bytes image, size_t *at, size_t *size)
{
	const uint8_t *entry;
	const char *why = flash_entry(image, GUID_OWN_TABLE, 8, &entry);
	uint64_t from_end;

	if (why != NULL)
		return why;
	if (entry == NULL)
		return "the image has no table for kernel hashes of its own";
	from_end = le_get(entry, 4);
	*size = le_get(entry + 4, 4);
	if (from_end > image.size || *size > from_end)
		return "the image's table for kernel hashes lies outside of it";
	if (*size < KERNEL_HASHES)
		return "the image's table for kernel hashes is too small";
	*at = image.size - from_end;
	return NULL;
}

bool kernel_hashes_filled(struct bytes image)
{
	size_t at, size;
	uint8_t any = 0;

	if (find_room(image, &at, &size) != NULL)
		return false;
	for (size_t i = 0; i < size; i++)
		any |= image.data[at + i];
	return any != 0;
}

const char *kernel_hashes_fill(uint8_t *image, size_t image_size, const struct linux_payload *p)
{
	size_t at, size;
	const char *why = find_room((struct bytes){ image, image_size }, &at, &size);

	if (why != NULL)
		return why;
	memset(image + at, 0, size);
	kernel_hashes_table(p, image + at);
	return NULL;
}
