/* SPDX-License-Identifier: BSD-2-Clause */
/* The launch digest: a chain of PAGE_INFO structures, one for each 4 KiB page (56860, 8.17.2). */
#include <bearssl.h>

#include "psp.h"

static void sha384(const u8 *data, size_t n, u8 out[SNP_DIGEST_SIZE])
{
	br_sha384_context c;

	br_sha384_init(&c);
	br_sha384_update(&c, data, n);
	br_sha384_out(&c, out);
}

void psp_measure(u8 digest[SNP_DIGEST_SIZE], u32 type, u64 gpa, const u8 *page)
{
	u8 info[SNP_PAGE_INFO_SIZE] = { 0 };

	for (unsigned i = 0; i < SNP_DIGEST_SIZE; i++)
		info[SNP_PAGE_INFO_DIGEST + i] = digest[i];
	if (page != NULL)
		sha384(page, PAGE_SIZE, info + SNP_PAGE_INFO_CONTENTS);
	le_put(info + SNP_PAGE_INFO_LENGTH, SNP_PAGE_INFO_SIZE, 2);
	info[SNP_PAGE_INFO_TYPE] = (u8)type;
	le_put(info + SNP_PAGE_INFO_GPA, gpa, 8);
	sha384(info, sizeof(info), digest);
}
