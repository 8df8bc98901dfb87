/* SPDX-License-Identifier: BSD-2-Clause */
/* TDREPORT and the runtime measurement registers. */
#include <string.h>

#include "tdx.h"

#define TCB_VALID_15 0x301ffULL

/* The platform's report key: a MAC by it proves nothing but "made on this machine". */
static const u8 report_key[32] = "Postern reference host, TDX MAC";
/* Module 1.5, the rest zero: an Intel module of no release (MRSEAM below says whose). */
static const u8 tcb_svn[16] = { 1, 5 };

static void sha384(const u8 *p, size_t n, u8 out[TDX_DIGEST_SIZE])
{
	br_sha384_context h;

	br_sha384_init(&h);
	br_sha384_update(&h, p, n);
	br_sha384_out(&h, out);
}

static void mac(const u8 report[TDREPORT_SIZE], u8 out[TDREPORT_MAC_SIZE])
{
	br_hmac_key_context key;
	br_hmac_context h;

	br_hmac_key_init(&key, &br_sha256_vtable, report_key, sizeof(report_key));
	br_hmac_init(&h, &key, 0);
	br_hmac_update(&h, report, TDREPORT_MAC);
	br_hmac_out(&h, out);
}

static void put_digest(u8 *p, const u8 digest[TDX_DIGEST_SIZE])
{
	memcpy(p, digest, TDX_DIGEST_SIZE);
}

static void put_tcb_info(u8 *r)
{
	static const char module[] = "postern-tdx-model 1.5";

	le_put(r + TDREPORT_TCB_VALID, TCB_VALID_15, 8);
	memcpy(r + TDREPORT_TCB_SVN, tcb_svn, sizeof(tcb_svn));
	memcpy(r + TDREPORT_TCB_SVN2, tcb_svn, sizeof(tcb_svn));
	sha384((const u8 *)module, sizeof(module) - 1, r + TDREPORT_MRSEAM);
}

static void put_td_info(u8 *r)
{
	le_put(r + TDREPORT_ATTRIBUTES, fault_on(FAULT_REPORT_ATTRIBUTES) ? 0 : tdcs.attributes, 8);
	le_put(r + TDREPORT_XFAM, tdcs.xfam, 8);
	if (!fault_on(FAULT_REPORT_MRTD))
		put_digest(r + TDREPORT_MRTD, tdcs.mrtd);
	put_digest(r + TDREPORT_MRCONFIGID, tdcs.mrconfigid);
	put_digest(r + TDREPORT_MROWNER, tdcs.mrowner);
	put_digest(r + TDREPORT_MROWNERCONFIG, tdcs.mrownerconfig);
	for (unsigned i = 0; i < TDX_RTMR_COUNT; i++)
		put_digest(r + TDREPORT_RTMR0 + i * TDX_DIGEST_SIZE, tdcs.rtmr[i]);
}

void report_create(const u8 reportdata[TDREPORT_REPORTDATA_SIZE], u8 r[TDREPORT_SIZE])
{
	memset(r, 0, TDREPORT_SIZE);
	r[TDREPORT_TYPE] = TDREPORT_TYPE_TDX;
	memcpy(r + TDREPORT_CPUSVN, tcb_svn, sizeof(tcb_svn));
	memcpy(r + TDREPORT_REPORTDATA, reportdata,
	       fault_on(FAULT_REPORT_DATA_CUT) ? 32 : TDREPORT_REPORTDATA_SIZE);
	put_tcb_info(r);
	put_td_info(r);
	sha384(r + TDREPORT_TCB_INFO,
	       fault_on(FAULT_REPORT_TCB_HASH) ? 256 : TDREPORT_TCB_INFO_SIZE,
	       r + TDREPORT_TCB_INFO_HASH);
	sha384(r + TDREPORT_TDINFO,
	       fault_on(FAULT_REPORT_INFO_HASH) ? TDREPORT_SERVTD_HASH - TDREPORT_TDINFO
						: TDREPORT_TDINFO_SIZE,
	       r + TDREPORT_INFO_HASH);
	mac(r, r + TDREPORT_MAC);
}

bool report_check(const u8 r[TDREPORT_SIZE])
{
	u8 want[TDREPORT_MAC_SIZE], digest[TDX_DIGEST_SIZE];

	mac(r, want);
	if (V(memcmp(want, r + TDREPORT_MAC, sizeof(want)) != 0))
		return false;
	sha384(r + TDREPORT_TCB_INFO, TDREPORT_TCB_INFO_SIZE, digest);
	if (V(memcmp(digest, r + TDREPORT_TCB_INFO_HASH, sizeof(digest)) != 0))
		return false;
	sha384(r + TDREPORT_TDINFO, TDREPORT_TDINFO_SIZE, digest);
	if (V(memcmp(digest, r + TDREPORT_INFO_HASH, sizeof(digest)) != 0))
		return false;
	return true;
}

static enum leaf_result done(struct vcpu *v, u64 status)
{
	v->reg[RAX] = status;
	return LEAF_DONE;
}

enum leaf_result tdg_mr_report(struct vcpu *v)
{
	u64 out_gpa = v->reg[RCX], data_gpa = v->reg[RDX];
	u8 report[TDREPORT_SIZE];
	u8 *out, *data;

	if (fault_on(FAULT_REPORT_OUTPUT_ALIGN))
		out_gpa = align_down(out_gpa, TDREPORT_ALIGN);
	if (fault_on(FAULT_REPORT_INPUT_ALIGN))
		data_gpa = align_down(data_gpa, TDREPORT_DATA_ALIGN);
	if (V(!is_aligned(out_gpa, TDREPORT_ALIGN)))
		return done(v, OPERAND_INVALID(RCX));
	if (V((out_gpa >> tdcs.gpaw) != 0))
		return done(v, OPERAND_INVALID(RCX));
	if (V(!is_aligned(data_gpa, TDREPORT_DATA_ALIGN)))
		return done(v, OPERAND_INVALID(RDX));
	if (V((data_gpa >> tdcs.gpaw) != 0))
		return done(v, OPERAND_INVALID(RDX));
	if (V(v->reg[R8] != 0) && !fault_on(FAULT_REPORT_SUBTYPE))
		return done(v, OPERAND_INVALID(R8));
	if (fault_on(FAULT_REPORT_REFUSED))
		return done(v, OPERAND_INVALID(RDX));
	data = td_operand(v, data_gpa);
	if (data == NULL)
		return LEAF_RESTART;
	out = td_operand(v, out_gpa);
	if (out == NULL)
		return LEAF_RESTART;
	report_create(data, report);
	memcpy(out, report, sizeof(report));
	return done(v, TDX_SUCCESS);
}

enum leaf_result tdg_rtmr_extend(struct vcpu *v)
{
	u64 gpa = v->reg[RCX], index = v->reg[RDX];
	br_sha384_context h;
	u8 *data;

	if (fault_on(FAULT_RTMR_ALIGN))
		gpa = align_down(gpa, TDX_RTMR_DATA_ALIGN);
	if (V(!is_aligned(gpa, TDX_RTMR_DATA_ALIGN)))
		return done(v, OPERAND_INVALID(RCX));
	if (V((gpa >> tdcs.gpaw) != 0))
		return done(v, OPERAND_INVALID(RCX));
	if (V((gpa & shared_bit()) != 0) && !fault_on(FAULT_RTMR_SHARED))
		return done(v, OPERAND_INVALID(RCX));
	if (fault_on(FAULT_RTMR_INDEX))
		index %= TDX_RTMR_COUNT;
	if (V(index >= TDX_RTMR_COUNT))
		return done(v, OPERAND_INVALID(RDX));
	data = td_operand(v, gpa);
	if (data == NULL)
		return LEAF_RESTART;
	br_sha384_init(&h);
	if (!fault_on(FAULT_RTMR_RESTART))
		br_sha384_update(&h, tdcs.rtmr[index], TDX_DIGEST_SIZE);
	br_sha384_update(&h, data, TDX_DIGEST_SIZE);
	br_sha384_out(&h, tdcs.rtmr[index]);
	if (fault_on(FAULT_RTMR_NEIGHBOUR))
		put_digest(tdcs.rtmr[index ^ 1], tdcs.rtmr[index]);
	counter_add("rtmr_extend", 1);
	return done(v, TDX_SUCCESS);
}
