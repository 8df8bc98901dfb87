/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What evidence is bound to. Every part has a fixed place or a length before it, so that no two
 * different sets of parts give the same bytes.
 */
#include <bearssl.h>
#include <string.h>

#include "attest.h"

#define DOMAIN      "postern evidence"
#define DOMAIN_SIZE 16

_Static_assert(sizeof(DOMAIN) == DOMAIN_SIZE + 1, "without its NUL");
_Static_assert(REPORT_DATA_SIZE == br_sha512_SIZE, "the hash is the report data");

enum status evidence_bind(const char *kind, const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
			  u8 report_data[REPORT_DATA_SIZE])
{
	u8 padded[EVIDENCE_KIND_MAX + 1] = { 0 }, size[4];
	size_t n = strlen(kind);
	br_sha512_context h;

	if (n == 0 || n > EVIDENCE_KIND_MAX || key.size > UINT32_MAX ||
	    (key.data == NULL && key.size != 0))
		return ST_INVALID;
	for (size_t i = 0; i < n; i++)
		padded[i] = (u8)kind[i];
	for (unsigned i = 0; i < sizeof(size); i++)
		size[i] = (u8)(key.size >> (8 * i));
	br_sha512_init(&h);
	br_sha512_update(&h, DOMAIN, DOMAIN_SIZE);
	br_sha512_update(&h, padded, sizeof(padded));
	br_sha512_update(&h, challenge, REPORT_DATA_SIZE);
	br_sha512_update(&h, size, sizeof(size));
	br_sha512_update(&h, key.data, key.size);
	br_sha512_out(&h, report_data);
	return ST_OK;
}
