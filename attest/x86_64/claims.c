/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence on x86-64: the SNP report with its certificates, and the TDX quote. */
#include "../claims.h"
#include "abi/snp.h"

/* The report's own signature is by a key that no part of it carries. */
static enum status of_snp(struct bytes evidence, struct evidence_claims *out)
{
	struct snp_report r;
	struct snp_certs certs;
	enum status st;

	out->failed = "form of the report";
	st = snp_report_parse(evidence.data, evidence.size, &r);
	if (st == ST_OK)
		st = snp_report_check_form(&r);
	if (st != ST_OK)
		return st;
	out->report.size = SNP_REPORT_SIZE;
	out->report_data = r.report_data;
	out->value[0] = r.measurement;
	out->name[0] = "MEASUREMENT";
	out->failed = "form of the report's signature";
	if (snp_report_check_signed(&r) != ST_OK)
		return ST_CORRUPT;
	if (evidence.size > SNP_REPORT_SIZE) {
		out->certificates = (struct bytes){ evidence.data + SNP_REPORT_SIZE,
						    evidence.size - SNP_REPORT_SIZE };
		out->failed = "form of the certificate table";
		st = snp_certs_parse(out->certificates.data, out->certificates.size, &certs);
	}
	return st;
}

static enum status of_tdx(struct bytes evidence, struct evidence_claims *out)
{
	static const char *const names[] = { "MRTD", "RTMR0", "RTMR1", "RTMR2", "RTMR3" };
	struct tdx_quote q;
	enum status st;

	out->failed = "form of the quote";
	st = tdx_quote_parse(evidence.data, evidence.size, &q);
	if (st != ST_OK)
		return st;
	out->report.size -= q.extra.size;
	out->report_data = q.claims.report_data;
	for (unsigned i = 0; i < EVLOG_REGISTERS; i++) {
		out->value[i] = i == 0 ? q.claims.mrtd : q.claims.rtmr[i - 1];
		out->name[i] = names[i];
	}
	out->failed = "binding of the QE report to the quote's key";
	if (tdx_quote_check_binding(&q) != ST_OK)
		return ST_CORRUPT;
	out->failed = "signature of the quote";
	return tdx_quote_check_signature(&q);
}

enum status evidence_claims(enum cvm_platform platform, struct bytes evidence,
			    struct evidence_claims *out)
{
	enum status st = ST_UNSUPPORTED;

	*out = (struct evidence_claims){ .report = evidence, .failed = "kind of platform" };
	if (platform == CVM_SNP)
		st = of_snp(evidence, out);
	else if (platform == CVM_TDX)
		st = of_tdx(evidence, out);
	if (st == ST_OK)
		out->failed = NULL;
	return st;
}
