/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of verify_snp: numbers and names are those of 56860 and 57230 (amd-snp sheet, 17). */
#ifndef SNP_CLAIMS_H
#define SNP_CLAIMS_H

#include "verify_x509.h"

#define SNP_TCB_COMPONENTS 8

/* A product line: which byte of a TCB version is which component. */
struct snp_product {
	const char *name;
	u8 family, model_first, model_last;
	size_t chip_id_size; /* the rest of the report's 64 bytes is zero */
	/* Of byte i: its name, and the tail of the OID the certificate has it under; NULL: zero. */
	struct {
		const char *name, *oid;
	} tcb[SNP_TCB_COMPONENTS];
};

/* From family and model (version 3 on), or from the certificate's product name ("Milan-B0"); NULL:
 * a product we do not know. cert NULL: none. */
const struct snp_product *snp_product_of(const struct snp_report *report, X509 *cert);

/* The report's signature by the key of this certificate. */
bool snp_signature_holds(const struct snp_report *report, X509 *cert);

/* Rows: what the certificate says of product, chip and TCB is what the report says. */
void snp_check_certificate(struct verify_result *r, const struct snp_report *report, X509 *cert,
			   bool vlek);
/* Rows: policy, and what else is expected of the report. */
void snp_check_policy(const struct verify_input *in, struct verify_result *r,
		      const struct snp_report *report);
/* Rows: the four TCB versions by component. product NULL: nobody knows what their bytes mean. */
void snp_check_tcb(const struct verify_input *in, struct verify_result *r,
		   const struct snp_report *report, const struct snp_product *product);

#endif
