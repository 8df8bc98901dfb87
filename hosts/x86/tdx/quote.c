/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The quoting enclave: a TDREPORT made on this machine becomes a quote of version 4, signed by an
 * attestation key that a QE report names, which the machine's PCK signs. Not part of the TDX
 * module.
 */
#include <string.h>

#include "host.h"
#include "tdx.h"
#include "tdx_keys.h"

#define AUTH_DATA_SIZE 32
#define SCALAR_SIZE    32

static const u8 intel_qe_vendor[QUOTE_VENDOR_SIZE] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
						       0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3,
						       0x95, 0x7f, 0x06, 0x07 };
static const u8 auth_data[AUTH_DATA_SIZE] = "Postern reference host, QE auth";

struct out {
	u8 *buf;
	size_t size, used;
	bool overflow;
};

/* Zeroed room for n bytes, NULL when there is none. */
static u8 *room(struct out *o, size_t n)
{
	u8 *p = o->buf + o->used;

	if (V(n > o->size - o->used)) {
		o->overflow = true;
		return NULL;
	}
	o->used += n;
	memset(p, 0, n);
	return p;
}

static void put(struct out *o, const void *data, size_t n)
{
	u8 *p = room(o, n);

	if (p != NULL)
		memcpy(p, data, n);
}

static void put_number(struct out *o, u64 value, size_t n)
{
	u8 *p = room(o, n);

	if (p != NULL)
		le_put(p, value, n);
}

/* r and s, big-endian, over SHA-256 of the data. */
static bool sign(const u8 scalar[SCALAR_SIZE], const void *data, size_t n,
		 u8 signature[QUOTE_SIG_SIZE])
{
	u8 x[SCALAR_SIZE], digest[br_sha256_SIZE];
	br_ec_private_key key = { .curve = BR_EC_secp256r1, .x = x, .xlen = sizeof(x) };
	br_sha256_context h;

	memcpy(x, scalar, sizeof(x));
	br_sha256_init(&h);
	br_sha256_update(&h, data, n);
	br_sha256_out(&h, digest);
	return br_ecdsa_i31_sign_raw(&br_ec_p256_m31, &br_sha256_vtable, digest, &key, signature) ==
	       QUOTE_SIG_SIZE;
}

/* TDREPORT fields in the order of the body; the tail of TDINFO is not in it. */
static void put_body(struct out *o, const u8 *report)
{
	u8 *b = room(o, QUOTE_TD10_SIZE);

	if (b == NULL)
		return;
	memcpy(b + QUOTE_TD_TCB_SVN, report + TDREPORT_TCB_SVN, 16);
	memcpy(b + QUOTE_TD_MRSEAM, report + TDREPORT_MRSEAM, TDX_DIGEST_SIZE);
	memcpy(b + QUOTE_TD_MRSIGNERSEAM, report + TDREPORT_MRSIGNERSEAM, TDX_DIGEST_SIZE);
	memcpy(b + QUOTE_TD_SEAM_ATTRIBUTES, report + TDREPORT_SEAM_ATTRIBUTES, 8);
	memcpy(b + QUOTE_TD_ATTRIBUTES, report + TDREPORT_ATTRIBUTES, 8);
	memcpy(b + QUOTE_TD_XFAM, report + TDREPORT_XFAM, 8);
	if (!fault_on(FAULT_QUOTE_MRTD))
		memcpy(b + QUOTE_TD_MRTD, report + TDREPORT_MRTD, TDX_DIGEST_SIZE);
	memcpy(b + QUOTE_TD_MRCONFIGID, report + TDREPORT_MRCONFIGID, TDX_DIGEST_SIZE);
	memcpy(b + QUOTE_TD_MROWNER, report + TDREPORT_MROWNER, TDX_DIGEST_SIZE);
	memcpy(b + QUOTE_TD_MROWNERCONFIG, report + TDREPORT_MROWNERCONFIG, TDX_DIGEST_SIZE);
	memcpy(b + QUOTE_TD_RTMR0, report + TDREPORT_RTMR0, TDX_RTMR_COUNT * TDX_DIGEST_SIZE);
	memcpy(b + QUOTE_TD_REPORTDATA, report + TDREPORT_REPORTDATA,
	       fault_on(FAULT_QUOTE_DATA_CUT) ? 32 : TDREPORT_REPORTDATA_SIZE);
}

static void put_header(struct out *o)
{
	u8 *h = room(o, QUOTE_HEADER_SIZE);

	if (h == NULL)
		return;
	le_put(h + QUOTE_VERSION, 4, 2);
	le_put(h + QUOTE_KEY_TYPE, QUOTE_KEY_ECDSA_P256, 2);
	le_put(h + QUOTE_TEE_TYPE, QUOTE_TEE_TDX, 4);
	memcpy(h + QUOTE_VENDOR, intel_qe_vendor, QUOTE_VENDOR_SIZE);
}

/* The enclave's own report: it vouches for the attestation key. */
static void qe_report(u8 r[QUOTE_QE_REPORT_SIZE])
{
	static const char signer[] = "postern test QE signer";
	br_sha256_context h;

	memset(r, 0, QUOTE_QE_REPORT_SIZE);
	br_sha256_init(&h);
	br_sha256_update(&h, signer, sizeof(signer) - 1);
	br_sha256_out(&h, r + QUOTE_QE_MRSIGNER);
	le_put(r + QUOTE_QE_ISVPRODID, 2, 2);
	le_put(r + QUOTE_QE_ISVSVN, 4, 2);
	br_sha256_init(&h);
	br_sha256_update(&h, attestation_public, QUOTE_ATT_KEY_SIZE);
	if (!fault_on(FAULT_QUOTE_KEY_UNBOUND))
		br_sha256_update(&h, auth_data, sizeof(auth_data));
	br_sha256_out(&h, r + QUOTE_QE_REPORT_DATA);
}

static bool put_certification(struct out *o)
{
	u8 report[QUOTE_QE_REPORT_SIZE], signature[QUOTE_SIG_SIZE];

	qe_report(report);
	if (!sign(pck_private, report, sizeof(report), signature))
		return false;
	put_number(o, QUOTE_CERT_QE_REPORT, 2);
	put_number(o,
		   sizeof(report) + sizeof(signature) + 2 + sizeof(auth_data) + 6 +
		       sizeof(pck_chain_pem),
		   4);
	put(o, report, sizeof(report));
	put(o, signature, sizeof(signature));
	put_number(o, sizeof(auth_data), 2);
	put(o, auth_data, sizeof(auth_data));
	put_number(o, QUOTE_CERT_PCK_CHAIN, 2);
	put_number(o, sizeof(pck_chain_pem), 4);
	put(o, pck_chain_pem, sizeof(pck_chain_pem));
	return true;
}

enum status quote_create(const u8 report[TDREPORT_SIZE], u8 *out, size_t size, size_t *used)
{
	struct out o = { .buf = out, .size = size };
	u8 signature[QUOTE_SIG_SIZE];
	size_t length_at;

	if (V(!report_check(report)))
		return ST_DENIED;
	put_header(&o);
	put_body(&o, report);
	if (o.overflow || !sign(fault_on(FAULT_QUOTE_SIGNATURE) ? pck_private : attestation_private,
				out, o.used, signature))
		return ST_NO_MEMORY;
	length_at = o.used;
	put_number(&o, 0, 4);
	put(&o, signature, sizeof(signature));
	put(&o, attestation_public, QUOTE_ATT_KEY_SIZE);
	if (!put_certification(&o) || o.overflow)
		return ST_NO_MEMORY;
	le_put(out + length_at, o.used - length_at - 4, 4);
	*used = o.used;
	return ST_OK;
}
