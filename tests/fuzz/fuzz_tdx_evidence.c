/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as a TDREPORT and as a quote: what parses must have the sizes the readers rely on.
 * sources: attest/tdx_report.c attest/tdx_quote.c
 * libs: -lbearssl
 * seeds: tdx/quote_*.bin tdx/tdreport_*.bin
 */
/* clang-format on */
#include "attest.h"

static void inside(const uint8_t *data, size_t size, struct bytes b, size_t expected)
{
	if (b.data < data || b.size > size || (size_t)(b.data - data) > size - b.size ||
	    b.size != expected)
		__builtin_trap();
}

static void claims_inside(const uint8_t *data, size_t size, const struct tdx_claims *c)
{
	inside(data, size, c->tcb_svn, 16);
	inside(data, size, c->mrseam, 48);
	inside(data, size, c->mrsignerseam, 48);
	inside(data, size, c->mrtd, 48);
	inside(data, size, c->mrconfigid, 48);
	inside(data, size, c->mrowner, 48);
	inside(data, size, c->mrownerconfig, 48);
	for (unsigned i = 0; i < 4; i++)
		inside(data, size, c->rtmr[i], 48);
	inside(data, size, c->report_data, 64);
	if (c->servtd.data != NULL)
		inside(data, size, c->servtd, 48);
	if (c->tcb_svn2.data != NULL)
		inside(data, size, c->tcb_svn2, 16);
}

static void quote(const uint8_t *data, size_t size)
{
	struct tdx_quote q;

	if (tdx_quote_parse(data, size, &q) != ST_OK)
		return;
	claims_inside(data, size, &q.claims);
	inside(data, size, q.signed_part, q.version == 4 ? 632 : q.signed_part.size);
	inside(data, size, q.signature, 64);
	inside(data, size, q.attestation_key, 64);
	inside(data, size, q.qe_report, 384);
	inside(data, size, q.qe_signature, 64);
	inside(data, size, q.auth, q.auth.size);
	inside(data, size, q.pck_chain, q.pck_chain.size);
	inside(data, size, q.extra, q.extra.size);
	if (q.extra.data + q.extra.size != data + size)
		__builtin_trap();
	(void)tdx_quote_check_binding(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tdx_report r;

	if (tdx_report_parse(data, size, &r) == ST_OK) {
		claims_inside(data, size, &r.claims);
		inside(data, size, r.tcb_info, 239);
		inside(data, size, r.info, 512);
		inside(data, size, r.mac, 32);
		(void)tdx_report_check(&r);
	}
	quote(data, size);
	return 0;
}
