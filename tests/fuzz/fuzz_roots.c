/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as a file among the trust anchors: JWKs, PEM, DER. What is taken can be used; nothing
 * is taken twice; whatever is freed once was ours.
 * seeds: cca/[a-z]*[a-z]/[a-z]*.json cca/[a-z]*[a-z]/[a-z]*.pem snp/certs/[a-z]*.pem snp/reports/[a-z]*.der
 * sources: tools/verify_roots.c tools/verify_expect.c tools/verify_rows.c
 * libs: -ljansson -lcrypto
 */
/* clang-format on */
#include <string.h>

#include "tools/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct roots r;

	memset(&r, 0, sizeof(r));
	roots_take(&r, "file", (struct bytes){ data, size });
	if (r.certs > ROOTS_MAX || r.keys > ROOTS_MAX || r.crls > ROOTS_MAX || r.jsons > 1 ||
	    r.bad_count > ARRAY_SIZE(r.bad))
		__builtin_trap();
	for (size_t i = 0; i < r.certs; i++)
		if (r.cert[i] == NULL)
			__builtin_trap();
	for (size_t i = 0; i < r.keys; i++)
		if (r.key[i] == NULL || strcmp(r.key_name[i], "file") != 0)
			__builtin_trap();
	for (size_t i = 0; i < r.bad_count; i++)
		if (strncmp(r.bad[i], "file: ", 6) != 0)
			__builtin_trap();
	roots_free(&r);
	return 0;
}
