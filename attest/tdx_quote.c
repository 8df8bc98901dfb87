/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The quote, parsed without trusting a length in it. Every part is taken off the front of what is
 * left; whoever says how long a part is must have said so exactly: two readers could otherwise
 * disagree on what lies behind it.
 */
#include <bearssl.h>

#include "abi/tdx.h"
#include "attest.h"

#define HEADER_SVNS 4 /* of QE and PCE, in an order sources disagree on */
#define QUOTE_USER  20
#define SVN_SIZE    16
#define POINT_SIZE  (1 + QUOTE_ATT_KEY_SIZE)

_Static_assert(QUOTE_VENDOR + QUOTE_VENDOR_SIZE + QUOTE_USER == QUOTE_HEADER_SIZE, "header");

/* A part that is longer than what is left: NULL, and nothing is left any more. */
static struct bytes take(struct bytes *from, u64 size)
{
	struct bytes part = { from->data, (size_t)size };

	if (from->data == NULL || size > from->size) {
		*from = (struct bytes){ NULL, 0 };
		return *from;
	}
	from->data += size;
	from->size -= (size_t)size;
	return part;
}

/* Little-endian; 0 where nothing is left, which the caller sees at *from. */
static u64 take_number(struct bytes *from, unsigned size)
{
	struct bytes part = take(from, size);
	u64 v = 0;

	for (unsigned i = size; part.data != NULL && i-- > 0;)
		v = v << 8 | part.data[i];
	return v;
}

static bool is_intel(struct bytes vendor)
{
	static const u8 intel[QUOTE_VENDOR_SIZE] = {
		0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
		0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07
	};

	for (unsigned i = 0; i < sizeof(intel); i++)
		if (vendor.data[i] != intel[i])
			return false;
	return true;
}

/* Both versions; what kind of body follows. */
static enum status read_header(struct bytes *rest, struct tdx_quote *q, bool *td15)
{
	u64 key_type, tee, type = QUOTE_BODY_TD10, size = QUOTE_TD10_SIZE;
	struct bytes vendor;

	q->version = (unsigned)take_number(rest, 2);
	key_type = take_number(rest, 2);
	tee = take_number(rest, 4);
	take(rest, HEADER_SVNS);
	vendor = take(rest, QUOTE_VENDOR_SIZE);
	take(rest, QUOTE_USER);
	if (rest->data == NULL)
		return ST_TRUNCATED;
	if (q->version != 4 && q->version != 5)
		return ST_UNSUPPORTED;
	if (key_type != QUOTE_KEY_ECDSA_P256 || tee != QUOTE_TEE_TDX || !is_intel(vendor))
		return ST_UNSUPPORTED;
	if (q->version == 5) {
		type = take_number(rest, 2);
		size = take_number(rest, 4);
		if (rest->data == NULL)
			return ST_TRUNCATED;
	}
	*td15 = type == QUOTE_BODY_TD15;
	if (type != QUOTE_BODY_TD10 && !*td15)
		return ST_UNSUPPORTED;
	return size == (*td15 ? QUOTE_TD15_SIZE : QUOTE_TD10_SIZE) ? ST_OK : ST_CORRUPT;
}

static enum status read_body(struct bytes *rest, bool td15, struct tdx_claims *c)
{
	c->tcb_svn = take(rest, SVN_SIZE);
	c->mrseam = take(rest, TDX_DIGEST_SIZE);
	c->mrsignerseam = take(rest, TDX_DIGEST_SIZE);
	c->seam_attributes = take_number(rest, 8);
	c->attributes = take_number(rest, 8);
	c->xfam = take_number(rest, 8);
	c->mrtd = take(rest, TDX_DIGEST_SIZE);
	c->mrconfigid = take(rest, TDX_DIGEST_SIZE);
	c->mrowner = take(rest, TDX_DIGEST_SIZE);
	c->mrownerconfig = take(rest, TDX_DIGEST_SIZE);
	for (unsigned i = 0; i < ARRAY_SIZE(c->rtmr); i++)
		c->rtmr[i] = take(rest, TDX_DIGEST_SIZE);
	c->report_data = take(rest, TDREPORT_REPORTDATA_SIZE);
	if (td15) {
		c->tcb_svn2 = take(rest, SVN_SIZE);
		c->servtd = take(rest, TDX_DIGEST_SIZE);
	}
	return rest->data != NULL ? ST_OK : ST_TRUNCATED;
}

/* The QE's report and what vouches for it fill the certification data to its last byte. */
static enum status read_certification(struct bytes data, struct tdx_quote *q)
{
	u64 type;

	q->qe_report = take(&data, QUOTE_QE_REPORT_SIZE);
	q->qe_signature = take(&data, QUOTE_SIG_SIZE);
	q->auth = take(&data, take_number(&data, 2));
	type = take_number(&data, 2);
	q->pck_chain = take(&data, take_number(&data, 4));
	if (data.data == NULL || data.size != 0)
		return ST_CORRUPT;
	return type == QUOTE_CERT_PCK_CHAIN ? ST_OK : ST_UNSUPPORTED;
}

static enum status read_signature(struct bytes data, struct tdx_quote *q)
{
	struct bytes certification;
	u64 type;

	q->signature = take(&data, QUOTE_SIG_SIZE);
	q->attestation_key = take(&data, QUOTE_ATT_KEY_SIZE);
	type = take_number(&data, 2);
	certification = take(&data, take_number(&data, 4));
	if (data.data == NULL || data.size != 0)
		return ST_CORRUPT;
	return type == QUOTE_CERT_QE_REPORT ? read_certification(certification, q) : ST_UNSUPPORTED;
}

enum status tdx_quote_parse(const u8 *quote, size_t size, struct tdx_quote *out)
{
	struct bytes rest = { quote, size }, signature;
	bool td15 = false;
	enum status st;

	*out = (struct tdx_quote){ 0 };
	st = read_header(&rest, out, &td15);
	if (st == ST_OK)
		st = read_body(&rest, td15, &out->claims);
	if (st != ST_OK)
		return st;
	out->signed_part = (struct bytes){ quote, (size_t)(rest.data - quote) };
	signature = take(&rest, take_number(&rest, 4));
	if (rest.data == NULL)
		return ST_TRUNCATED;
	out->extra = rest;
	return read_signature(signature, out);
}

/* QE report data: SHA-256 of key and authentication data, then zeros. */
enum status tdx_quote_check_binding(const struct tdx_quote *q)
{
	const u8 *data = q->qe_report.data + QUOTE_QE_REPORT_DATA;
	u8 want[QUOTE_QE_REPORT_SIZE - QUOTE_QE_REPORT_DATA] = { 0 }, diff = 0;
	br_sha256_context h;

	br_sha256_init(&h);
	br_sha256_update(&h, q->attestation_key.data, q->attestation_key.size);
	br_sha256_update(&h, q->auth.data, q->auth.size);
	br_sha256_out(&h, want);
	for (size_t i = 0; i < sizeof(want); i++)
		diff |= data[i] ^ want[i];
	return diff == 0 ? ST_OK : ST_CORRUPT;
}

enum status tdx_quote_check_signature(const struct tdx_quote *q)
{
	u8 point[POINT_SIZE] = { 0x04 }, digest[br_sha256_SIZE];
	br_ec_public_key key = { BR_EC_secp256r1, point, sizeof(point) };
	br_sha256_context h;

	for (size_t i = 0; i < q->attestation_key.size; i++)
		point[1 + i] = q->attestation_key.data[i];
	br_sha256_init(&h);
	br_sha256_update(&h, q->signed_part.data, q->signed_part.size);
	br_sha256_out(&h, digest);
	if (br_ecdsa_i31_vrfy_raw(&br_ec_p256_m31, digest, sizeof(digest), &key, q->signature.data,
				  q->signature.size) != 1)
		return ST_CORRUPT;
	return ST_OK;
}
