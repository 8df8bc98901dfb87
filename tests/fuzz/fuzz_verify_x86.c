/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as SNP evidence and as TDX evidence before the verifier, every ECDSA signature taken
 * for good and no roots: whatever certificates and claims say, nothing of it reaches a terminal as
 * an order, and without roots nothing is ever held to be good.
 * sources: tools/verify_snp.c tools/verify_snp_claims.c tools/verify_tdx.c tools/verify_tdx_claims.c tools/verify_tdx_collateral.c tools/verify_rows.c tools/verify_expect.c tools/verify_roots.c attest/snp_report.c attest/tdx_report.c attest/tdx_quote.c lib/status.c
 * libs: -lcrypto -ljansson -lbearssl
 * flags: -Ihosts/arm64 -Ihosts/arm64/rmm -Itools
 * seeds: snp/reports/[a-z]*.bin tdx/quote_*.bin tdx/tdreport_*.bin
 */
/* clang-format on */
#define ecdsa_holds ecdsa_holds_truly
#include "tools/verify_x509.c"
#undef ecdsa_holds

bool ecdsa_holds(EVP_PKEY *key, const char *curve, BIGNUM *r, BIGNUM *s, struct bytes data)
{
	BN_free(r);
	BN_free(s);
	return key != NULL && is_on(key, curve) && data.size > 0;
}

static void inspect(void (*verify)(const struct verify_input *, struct verify_result *),
		    const struct verify_input *in)
{
	static struct verify_result r;

	memset(&r, 0, sizeof(r));
	verify(in, &r);
	if (r.reason == VERIFY_HELD || r.n == 0 || r.n > VERIFY_ROWS)
		__builtin_trap();
	for (size_t i = 0; i < r.n; i++) {
		if (memchr(r.row[i].text, '\0', sizeof(r.row[i].text)) == NULL ||
		    r.row[i].name[0] == '\0')
			__builtin_trap();
		for (const char *c = r.row[i].text; *c != '\0'; c++)
			if (*c < ' ' || *c > '~')
				__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verify_input in = { .evidence = { data, size }, .now = 1788220800 };

	inspect(verify_snp, &in);
	inspect(verify_tdx, &in);
	return 0;
}
