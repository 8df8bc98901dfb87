/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation reports (56860, 7.3), version 3: a Milan signed by this build's test VCEK. TCB
 * versions are those of the certificate.
 */
#include <bearssl.h>

#include "psp.h"
#include "snp_keys.h"

#define REPORT_VERSION  3
#define CPU_FAMILY      0x19 /* the product the TCB layout belongs to; not what CPUID shows */
#define CPU_MODEL       0x01
#define CPU_STEPPING    1
#define FIRMWARE_BUILD  21
#define FIRMWARE_MINOR  55
#define FIRMWARE_MAJOR  1
#define SCALAR_SIZE     48

#define KEY_SELECT_MASK 3
#define KEY_SELECT_VCEK 1 /* 0: VLEK or VCEK, whichever there is; there is no VLEK */

static u32 reports; /* so far, this one included */

static void copy(u8 *to, const u8 *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
}

/* Component of a signature: big-endian in, little-endian out, zero-extended to 72 bytes. */
static void put_component(u8 *out, const u8 in[SCALAR_SIZE])
{
	for (unsigned i = 0; i < SCALAR_SIZE; i++)
		out[i] = in[SCALAR_SIZE - 1 - i];
}

static void sign(u8 *report)
{
	br_ec_private_key sk = { BR_EC_secp384r1, (unsigned char *)vcek_private, SCALAR_SIZE };
	static u8 first[2 * SCALAR_SIZE];
	u8 digest[br_sha384_SIZE], raw[2 * SCALAR_SIZE];
	br_sha384_context h;

	if (fault_on(FAULT_REPORT_UNSIGNED))
		return;
	br_sha384_init(&h);
	br_sha384_update(&h, report, SNP_REPORT_SIGNATURE);
	br_sha384_out(&h, digest);
	if (br_ecdsa_i31_sign_raw(&br_ec_prime_i31, &br_sha384_vtable, digest, &sk, raw) !=
	    sizeof(raw))
		core_panic("signing a report failed");
	if (reports == 1)
		copy(first, raw, sizeof(first));
	else if (fault_on(FAULT_REPORT_SIGNATURE_OLD))
		copy(raw, first, sizeof(first));
	put_component(report + SNP_REPORT_SIGNATURE, raw);
	put_component(report + SNP_REPORT_SIGNATURE + SNP_REPORT_SIG_COMPONENT, raw + SCALAR_SIZE);
}

static void put_platform(u8 *r)
{
	static const u16 tcb[] = { SNP_REPORT_CURRENT_TCB, SNP_REPORT_REPORTED_TCB,
				   SNP_REPORT_COMMITTED_TCB, SNP_REPORT_LAUNCH_TCB };

	for (unsigned i = 0; i < ARRAY_SIZE(tcb); i++)
		copy(r + tcb[i], snp_tcb, sizeof(snp_tcb));
	copy(r + SNP_REPORT_CHIP_ID, snp_chip_id, sizeof(snp_chip_id));
	r[SNP_REPORT_FAMILY] = CPU_FAMILY;
	r[SNP_REPORT_MODEL] = CPU_MODEL;
	r[SNP_REPORT_STEPPING] = CPU_STEPPING;
	r[SNP_REPORT_CURRENT_BUILD] = r[SNP_REPORT_COMMITTED_BUILD] = FIRMWARE_BUILD;
	r[SNP_REPORT_CURRENT_MINOR] = r[SNP_REPORT_COMMITTED_MINOR] = FIRMWARE_MINOR;
	r[SNP_REPORT_CURRENT_MAJOR] = r[SNP_REPORT_COMMITTED_MAJOR] = FIRMWARE_MAJOR;
}

/* No id block, no host data, no migration agent: those fields stay zero, the agent's all ones. */
static void put_guest(u8 *r, u32 vmpl, const u8 *report_data)
{
	size_t given =
	    fault_on(FAULT_REPORT_DATA_HALF) ? SNP_REPORT_DATA_SIZE / 2 : SNP_REPORT_DATA_SIZE;

	le_put(r + SNP_REPORT_POLICY,
	       psp_guest.policy & ~(fault_on(FAULT_REPORT_POLICY) ? SNP_POLICY_RSVD1 : 0ULL), 8);
	le_put(r + SNP_REPORT_VMPL, vmpl, 4);
	copy(r + SNP_REPORT_DATA, report_data, given);
	copy(r + SNP_REPORT_MEASUREMENT, psp_guest.digest, SNP_DIGEST_SIZE);
	if (fault_on(FAULT_REPORT_MEASUREMENT))
		r[SNP_REPORT_MEASUREMENT] ^= reports & 1;
	copy(r + SNP_REPORT_ID, psp_guest.report_id, sizeof(psp_guest.report_id));
	if (fault_on(FAULT_REPORT_ID))
		le_put(r + SNP_REPORT_ID, reports, 4);
	for (unsigned i = 0; i < 32; i++)
		r[SNP_REPORT_ID_MA + i] = 0xff;
}

static bool all_zero(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static u32 check(unsigned vmpck, const u8 *request)
{
	u64 vmpl = le_get(request + SNP_REPORT_REQ_VMPL, 4);
	u64 key = le_get(request + SNP_REPORT_REQ_KEY, 4);
	size_t reserved = SNP_REPORT_REQ_KEY + 4;

	if (V(vmpl >= SNP_VMPCK_COUNT))
		return SNP_STATUS_INVALID_PARAM;
	if (V(vmpl < vmpck)) /* nobody reports as more privileged than he is */
		return SNP_STATUS_INVALID_PARAM;
	if (V((key & KEY_SELECT_MASK) > KEY_SELECT_VCEK))
		return SNP_STATUS_INVALID_KEY;
	if (V((key & ~(u64)KEY_SELECT_MASK) != 0))
		return SNP_STATUS_INVALID_PARAM;
	if (V(!all_zero(request + reserved, SNP_REPORT_REQ_SIZE - reserved)))
		return SNP_STATUS_INVALID_PARAM;
	return SNP_STATUS_OK;
}

void psp_report(unsigned vmpck, const u8 request[SNP_REPORT_REQ_SIZE],
		u8 response[SNP_REPORT_RSP_SIZE])
{
	u8 *r = response + SNP_REPORT_RSP_REPORT;
	u32 status = fault_on(FAULT_REPORT_STATUS) ? SNP_STATUS_INVALID_KEY : check(vmpck, request);
	u32 vmpl =
	    (u32)le_get(request + SNP_REPORT_REQ_VMPL, 4) + fault_on(FAULT_REPORT_VMPL_OTHER);

	for (unsigned i = 0; i < SNP_REPORT_RSP_SIZE; i++)
		response[i] = 0;
	le_put(response + SNP_REPORT_RSP_STATUS, status, 4);
	if (status != SNP_STATUS_OK)
		return;
	reports++;
	le_put(response + SNP_REPORT_RSP_REPORT_SIZE,
	       SNP_REPORT_SIZE - (fault_on(FAULT_REPORT_SHORT) ? 32 : 0), 4);
	le_put(r + SNP_REPORT_VERSION, fault_on(FAULT_REPORT_VERSION) ? 1 : REPORT_VERSION, 4);
	le_put(r + SNP_REPORT_SIG_ALGO,
	       fault_on(FAULT_REPORT_ALGORITHM) ? 0 : SNP_SIG_ECDSA_P384_SHA384, 4);
	put_platform(r);
	put_guest(r, fault_on(FAULT_REPORT_VMPL) ? vmpck : vmpl, request + SNP_REPORT_REQ_DATA);
	r[SNP_REPORT_SIGNATURE - 1] = fault_on(FAULT_REPORT_RESERVED);
	sign(r);
	channel_hex("evidence", r, SNP_REPORT_SIZE);
}
