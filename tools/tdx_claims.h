/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of verify_tdx: numbers are those of the TDX module ABI and of DCAP (intel-tdx sheet). */
#ifndef TDX_CLAIMS_H
#define TDX_CLAIMS_H

#include "verify_x509.h"

/* SGX report body of the quoting enclave, beside the fields of abi/tdx.h */
#define QE_MISCSELECT      16
#define QE_ATTRIBUTES      48
#define QE_ATTRIBUTES_SIZE 16
#define QE_DEBUG           0x02 /* in the first byte of the attributes */

/* What a PCK certificate says of the platform it was made for (SGX extension). */
struct pck_platform {
	u8 fmspc[6], pce_id[2];
	u8 component[16]; /* SGX TCB component SVNs */
	unsigned pce_svn;
};

/* false: no SGX extension, or a part of the above is missing or twice. */
bool pck_platform_read(X509 *pck, struct pck_platform *out);
void pck_platform_row(struct verify_result *r, const struct pck_platform *p);

/* r || s of 32 bytes each, over SHA-256 of data, by a P-256 key. */
bool tdx_signature_holds(EVP_PKEY *key, struct bytes signature, struct bytes data);
/* The quote's signature by the key in it. */
bool tdx_quote_signature_holds(const struct tdx_quote *q);

/* Rows: attributes, XFAM, module, versions; what is expected of them. */
void tdx_check_claims(const struct verify_input *in, struct verify_result *r,
		      const struct tdx_claims *c);

/* Rows "QE identity" and "TCB info", from JSON among the roots that Intel's service issues. */
void tdx_check_collateral(const struct verify_input *in, struct verify_result *r,
			  const struct tdx_quote *q, const struct pck_platform *p);

#endif
