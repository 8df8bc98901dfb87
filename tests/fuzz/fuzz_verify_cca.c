/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as evidence of CCA. Signatures are kept out of the loop: every one is good, so that what
 * stands behind them is reached. What does not parse is refused, what is shown is printable.
 * seeds: cca/[a-z]*[a-z]/[a-z]*.cbor
 * sources: tools/verify.c tools/verify_rows.c tools/verify_expect.c attest/cbor.c attest/cca_token.c attest/cca_check.c attest/evlog.c attest/bind.c lib/status.c
 * libs: -lcrypto -lbearssl
 */
/* clang-format on */
#include <string.h>

#include "tools/verify.h"

static int any_signature(EVP_MD_CTX *ctx, const unsigned char *sig, size_t size,
			 const unsigned char *tbs, size_t tbs_size)
{
	return size > 0 && tbs_size > 0;
}

#define EVP_DigestVerify any_signature
#include "../../tools/verify_cca.c"

static EVP_PKEY *key;

/* Of one key for all: whose point it is has been asked before. */
EVP_PKEY *ec_public_key(const char *group, const u8 *point, size_t size)
{
	EVP_PKEY_up_ref(key);
	return key;
}

void verify_snp(const struct verify_input *in, struct verify_result *r)
{
}

void verify_tdx(const struct verify_input *in, struct verify_result *r)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct roots roots;
	struct verify_input in = { .evidence = { data, size }, .roots = &roots };
	struct verify_result r;
	struct cca_token t;

	if (key == NULL) {
		key = EVP_EC_gen("P-384");
		roots.key[roots.keys++] = key;
	}
	verify_evidence(&in, &r);
	if (r.platform == NULL || strcmp(r.platform, "cca") != 0)
		return 0;
	if (cca_token_parse(data, size, &t) != ST_OK && r.reason != VERIFY_MALFORMED &&
	    r.reason != VERIFY_SIGNATURE)
		__builtin_trap();
	if (r.reason == VERIFY_HELD && (r.report_data.size != 64 || t.spurious.data != NULL ||
					t.lifecycle >> 12 != LIFECYCLE_SECURED))
		__builtin_trap();
	for (size_t i = 0; i < r.n; i++)
		for (const char *p = r.row[i].text; *p != '\0'; p++)
			if (*p < ' ' || *p > '~')
				__builtin_trap();
	return 0;
}
