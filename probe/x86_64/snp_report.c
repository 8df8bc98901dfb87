/* SPDX-License-Identifier: BSD-2-Clause */
/* Attestation reports, and the certificates that come with them. */
#include "attest.h"
#include "mm.h"
#include "snp_message.h"

#include <string.h>

#define EVIDENCE_PAGES 5u  /* a report and four pages of certificates */
#define NONCE          32u /* bytes a report's data begins with; the rest is zero */

/* A report as the guest's own half of the platform fetches it. */
struct evidence {
	u8 *bytes; /* private */
	size_t size;
	struct snp_report report;
};

static bool fetch(const u8 data[SNP_REPORT_DATA_SIZE], struct evidence *e)
{
	void *shared = pool_alloc(cvm.ops->evidence_pages, PAGE_SIZE);
	u64 bytes = pages_alloc(EVIDENCE_PAGES, PAGE_SIZE);
	enum status st = ST_NO_MEMORY;

	e->bytes = (u8 *)(uintptr_t)bytes;
	e->size = EVIDENCE_PAGES * PAGE_SIZE;
	if (shared == NULL || bytes == 0)
		check_skip("no free pages");
	else
		st = cvm.ops->evidence(data, shared, e->bytes, &e->size);
	if (shared != NULL)
		pool_free(shared, cvm.ops->evidence_pages);
	if (st == ST_OK)
		st = snp_report_parse(e->bytes, e->size, &e->report);
	if (st == ST_OK)
		return true;
	if (shared != NULL && bytes != 0)
		check_fail("a report on data of ours", "one that carries them", "%s: %s",
			   status_text(st), cvm.ops->evidence_why());
	if (bytes != 0)
		pages_free(bytes, EVIDENCE_PAGES);
	return false;
}

static bool fetch_nonce(u8 seed, struct evidence *e)
{
	u8 data[SNP_REPORT_DATA_SIZE] = { 0 };

	for (unsigned i = 0; i < NONCE; i++)
		data[i] = (u8)(seed + 5 * i);
	return fetch(data, e);
}

static void drop(struct evidence *e)
{
	pages_free((u64)(uintptr_t)e->bytes, EVIDENCE_PAGES);
}

static bool same(struct bytes a, struct bytes b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

void snp_report_data(void)
{
	u8 data[SNP_REPORT_DATA_SIZE];
	struct evidence e;

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (u8)(0xff - 3 * i);
	if (!fetch(data, &e))
		return;
	expect_true("the report's data", same(e.report.report_data, (struct bytes){ data, 64 }),
		    "the 64 bytes that were given");
	drop(&e);
}

void snp_report_form(void)
{
	struct evidence e;

	if (!fetch_nonce(0x10, &e))
		return;
	check_note("version %u, policy 0x%llx", e.report.version,
		   (unsigned long long)e.report.policy);
	expect_eq("the form of the report", snp_report_check_form(&e.report), ST_OK);
	drop(&e);
}

static u32 word(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static bool expect_answered(const u8 payload[SNP_REPORT_RSP_SIZE])
{
	return expect_eq("the status in the response", word(payload + SNP_REPORT_RSP_STATUS), 0) &&
	       expect_eq("the size of the report", word(payload + SNP_REPORT_RSP_REPORT_SIZE),
			 SNP_REPORT_SIZE);
}

/* Twice: what the guest's own half of the platform looks at, it says by itself. */
void snp_report_response(void)
{
	u8 payload[SNP_REPORT_RSP_SIZE];
	struct evidence e;
	struct talk t;
	bool good;

	if (!talk_begin(&t))
		return;
	good = talk_request(&t, 1) && talk_open(&t, payload) && expect_answered(payload);
	talk_end(&t);
	if (good && fetch_nonce(0x70, &e))
		drop(&e);
}

/* VMPCK1 is VMPL1's: it may ask for less privilege, not for more. */
void snp_report_vmpl(void)
{
	u8 payload[SNP_REPORT_RSP_SIZE];
	struct snp_report r;
	struct talk t;

	if (!talk_begin(&t))
		return;
	for (u32 vmpl = 1; vmpl <= 3 && talk_request(&t, vmpl) && talk_open(&t, payload); vmpl++) {
		check_note("VMPL %u", vmpl);
		if (!expect_answered(payload) ||
		    !expect_eq("reading the report",
			       snp_report_parse(payload + SNP_REPORT_RSP_REPORT,
						sizeof(payload) - SNP_REPORT_RSP_REPORT, &r),
			       ST_OK) ||
		    !expect_eq("the report's VMPL", r.vmpl, vmpl))
			break;
	}
	talk_end(&t);
}

static void compare(const struct snp_report *a, const struct snp_report *b)
{
	u8 digest[SNP_DIGEST_SIZE];
	size_t size = sizeof(digest);

	if (!expect_true("the measurements of two reports", same(a->measurement, b->measurement),
			 "the same") ||
	    !expect_true("the report IDs of two reports", same(a->report_id, b->report_id),
			 "the same"))
		return;
	if (expect_eq("reading the launch measurement", cvm.ops->measure_read(0, digest, &size),
		      ST_OK))
		expect_true("the launch measurement",
			    same(a->measurement, (struct bytes){ digest, size }),
			    "that of the reports");
}

void snp_report_same(void)
{
	struct evidence a, b;

	if (!fetch_nonce(0x20, &a))
		return;
	if (fetch_nonce(0x31, &b)) {
		compare(&a.report, &b.report);
		drop(&b);
	}
	drop(&a);
}

void snp_report_certs(void)
{
	struct snp_certs certs;
	struct evidence e;

	if (!fetch_nonce(0x40, &e))
		return;
	if (expect_eq("the form of the certificate table",
		      snp_certs_parse(e.bytes + SNP_REPORT_SIZE, e.size - SNP_REPORT_SIZE, &certs),
		      ST_OK)) {
		check_note("%zu certificates", certs.count);
		if (certs.count == 0)
			check_skip("the host has no certificates");
		else
			expect_true("the certificates",
				    certs.vcek.data != NULL || certs.vlek.data != NULL,
				    "a VCEK or VLEK among them");
	}
	drop(&e);
}

void snp_report_signature(void)
{
	struct evidence a, b;

	if (!fetch_nonce(0x50, &a))
		return;
	if (fetch_nonce(0x61, &b)) {
		if (expect_eq("the form of the signature", snp_report_check_signed(&a.report),
			      ST_OK) &&
		    expect_eq("that of another report's", snp_report_check_signed(&b.report),
			      ST_OK))
			expect_true("r of two signatures", !same(a.report.r, b.report.r),
				    "not the same");
		drop(&b);
	}
	drop(&a);
}
