/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Any bytes as an SNP report and the certificate table behind it: everything that was read lies
 * inside, certificates apart from each other.
 * sources: attest/snp_report.c
 * seeds: snp/reports/[a-z]*.bin
 */
/* clang-format on */
#include "abi/snp.h"
#include "attest.h"

static void inside(const uint8_t *data, size_t size, struct bytes b)
{
	if (b.data < data || b.size > size || (size_t)(b.data - data) > size - b.size)
		__builtin_trap();
}

static void judge_certs(const uint8_t *data, size_t size)
{
	struct snp_certs c;
	struct bytes *const all[] = { &c.ark, &c.ask, &c.vcek, &c.vlek, &c.crl };

	if (snp_certs_parse(data, size, &c) != ST_OK)
		return;
	if (c.count > size / SNP_CERT_ENTRY_SIZE)
		__builtin_trap();
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i]->data == NULL)
			continue;
		inside(data, size, *all[i]);
		if (all[i]->size < 2 || all[i]->data[0] != 0x30 ||
		    all[i]->data < data + (c.count + 1) * SNP_CERT_ENTRY_SIZE)
			__builtin_trap();
		for (unsigned k = 0; k < i; k++)
			if (all[k]->data != NULL && all[k]->data < all[i]->data + all[i]->size &&
			    all[i]->data < all[k]->data + all[k]->size)
				__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snp_report r;

	judge_certs(data, size);
	if (snp_report_parse(data, size, &r) != ST_OK)
		return 0;
	inside(data, SNP_REPORT_SIZE, r.report_data);
	inside(data, SNP_REPORT_SIZE, r.measurement);
	inside(data, SNP_REPORT_SIZE, r.chip_id);
	inside(data, SNP_REPORT_SIZE, r.r);
	inside(data, SNP_REPORT_SIZE, r.s);
	for (unsigned i = 0; i < ARRAY_SIZE(r.reserved); i++)
		if (r.reserved[i].data != NULL)
			inside(data, SNP_REPORT_SIZE, r.reserved[i]);
	(void)snp_report_check_form(&r);
	(void)snp_report_check_signed(&r);
	judge_certs(data + SNP_REPORT_SIZE, size - SNP_REPORT_SIZE);
	return 0;
}
