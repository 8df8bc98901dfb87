/* SPDX-License-Identifier: BSD-2-Clause */
#include "certs.h"
#include "le.h"

static bool is_end(const u8 *entry)
{
	u8 any = 0;

	for (unsigned i = 0; i < SNP_CERT_ENTRY_SIZE; i++)
		any |= entry[i];
	return any == 0;
}

enum status certs_check(const u8 *table, size_t size, size_t *used)
{
	size_t header = 0, end;

	do {
		if (size - header < SNP_CERT_ENTRY_SIZE)
			return ST_TRUNCATED;
		header += SNP_CERT_ENTRY_SIZE;
	} while (!is_end(table + header - SNP_CERT_ENTRY_SIZE));

	end = header;
	for (size_t at = 0; at + SNP_CERT_ENTRY_SIZE < header; at += SNP_CERT_ENTRY_SIZE) {
		u64 offset = le_get(table + at + SNP_CERT_OFFSET, 4);
		u64 length = le_get(table + at + SNP_CERT_LENGTH, 4);

		if (offset < header)
			return ST_OVERLAP;
		if (offset > size || length > size - offset)
			return ST_RANGE;
		end = MAX(end, (size_t)(offset + length));
	}
	*used = end;
	return ST_OK;
}
