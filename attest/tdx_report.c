/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TDREPORT, parsed: 1024 bytes with everything at a fixed place, so all there is to check is
 * the size, the type, and the two hashes that bind its parts to what the MAC covers.
 */
#include <bearssl.h>

#include "abi/tdx.h"
#include "attest.h"

#define SUBTYPE     1
#define VERSION     2
#define TYPE_ZERO   3
#define VERSION_MAX 1
#define SVN_SIZE    16

_Static_assert(TDREPORT_TCB_INFO + TDREPORT_TCB_INFO_SIZE <= TDREPORT_TDINFO, "parts in order");
_Static_assert(TDREPORT_TDINFO + TDREPORT_TDINFO_SIZE == TDREPORT_SIZE, "the last part ends it");

static u64 number(const u8 *p)
{
	u64 v = 0;

	for (unsigned i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static struct bytes digest_at(const u8 *report, size_t at)
{
	return (struct bytes){ report + at, TDX_DIGEST_SIZE };
}

static void read_claims(const u8 *r, struct tdx_claims *c)
{
	c->attributes = number(r + TDREPORT_ATTRIBUTES);
	c->xfam = number(r + TDREPORT_XFAM);
	c->seam_attributes = number(r + TDREPORT_SEAM_ATTRIBUTES);
	c->tcb_svn = (struct bytes){ r + TDREPORT_TCB_SVN, SVN_SIZE };
	c->tcb_svn2 = (struct bytes){ r + TDREPORT_TCB_SVN2, SVN_SIZE };
	c->mrseam = digest_at(r, TDREPORT_MRSEAM);
	c->mrsignerseam = digest_at(r, TDREPORT_MRSIGNERSEAM);
	c->mrtd = digest_at(r, TDREPORT_MRTD);
	c->mrconfigid = digest_at(r, TDREPORT_MRCONFIGID);
	c->mrowner = digest_at(r, TDREPORT_MROWNER);
	c->mrownerconfig = digest_at(r, TDREPORT_MROWNERCONFIG);
	for (unsigned i = 0; i < ARRAY_SIZE(c->rtmr); i++)
		c->rtmr[i] = digest_at(r, TDREPORT_RTMR0 + i * TDX_DIGEST_SIZE);
	c->servtd = digest_at(r, TDREPORT_SERVTD_HASH);
	c->report_data = (struct bytes){ r + TDREPORT_REPORTDATA, TDREPORT_REPORTDATA_SIZE };
}

enum status tdx_report_parse(const u8 *report, size_t size, struct tdx_report *out)
{
	const u8 *type;

	*out = (struct tdx_report){ 0 };
	if (size < TDREPORT_SIZE)
		return ST_TRUNCATED;
	if (size > TDREPORT_SIZE)
		return ST_CORRUPT;
	type = report + TDREPORT_TYPE;
	if (type[0] != TDREPORT_TYPE_TDX || type[SUBTYPE] != 0 || type[VERSION] > VERSION_MAX)
		return ST_UNSUPPORTED;
	if (type[TYPE_ZERO] != 0)
		return ST_CORRUPT;
	out->version = type[VERSION];
	out->valid = number(report + TDREPORT_TCB_VALID);
	out->cpusvn = (struct bytes){ report + TDREPORT_CPUSVN, SVN_SIZE };
	out->tcb_info_hash = digest_at(report, TDREPORT_TCB_INFO_HASH);
	out->info_hash = digest_at(report, TDREPORT_INFO_HASH);
	out->mac = (struct bytes){ report + TDREPORT_MAC, TDREPORT_MAC_SIZE };
	out->tcb_info = (struct bytes){ report + TDREPORT_TCB_INFO, TDREPORT_TCB_INFO_SIZE };
	out->info = (struct bytes){ report + TDREPORT_TDINFO, TDREPORT_TDINFO_SIZE };
	read_claims(report, &out->claims);
	return ST_OK;
}

static bool hash_is(struct bytes part, struct bytes digest)
{
	u8 got[br_sha384_SIZE], diff = 0;
	br_sha384_context h;

	br_sha384_init(&h);
	br_sha384_update(&h, part.data, part.size);
	br_sha384_out(&h, got);
	for (size_t i = 0; i < sizeof(got); i++)
		diff |= got[i] ^ digest.data[i];
	return diff == 0;
}

enum status tdx_report_check(const struct tdx_report *r)
{
	if (!hash_is(r->tcb_info, r->tcb_info_hash))
		return ST_CORRUPT;
	return hash_is(r->info, r->info_hash) ? ST_OK : ST_CORRUPT;
}
