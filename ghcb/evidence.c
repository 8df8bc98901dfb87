/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation reports. The request is encrypted once and only ever sent as it is: a sequence number
 * used for two messages would give the key stream away. When it is not known whether the firmware
 * took one, the key is wiped.
 */
#include <string.h>

#include "arch.h"
#include "certs.h"
#include "failure.h"
#include "guestmsg.h"
#include "internal.h"
#include "print.h"
#include "secrets.h"

#define VMPCK         0u
#define BUSY_MAX      1000u
#define BUSY_DELAY_US 1000u

struct exchange {
	u8 *request, *response, *certs; /* shared; certs NULL: plain request */
	u64 pages, wanted;              /* of certificates: offered; asked for by the host */
	u8 *table;                      /* where they are copied to, cap bytes; out: size */
	size_t cap, size;
};

/* Private: never seen by the host but as ciphertext. */
static u8 staging[PAGE_SIZE] ALIGNED(16);
static u8 message[SNP_REPORT_RSP_SIZE];
static bool busy;

static void copy_shared(volatile u8 *to, const volatile u8 *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
}

static void clear_shared(volatile u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = 0;
}

static enum status guest_request(u64 request, u64 response, u64 certs, u64 *pages,
				 struct snp_answer *a)
{
	struct ghcb_call c = { .set = certs != 0 ? GF(RAX) | GF(RBX) : 0 };
	enum status st;

	c.value[GF_RAX] = certs;
	c.value[GF_RBX] = certs != 0 ? *pages : 0;
	st = ghcb_event(&c, certs != 0 ? GHCB_EXIT_EXT_REQUEST : GHCB_EXIT_GUEST_REQUEST, request,
			response, 0, NULL);
	a->extended = certs != 0;
	a->marked = (c.got & GF(INFO1)) != 0 && (c.got & GF(INFO2)) != 0;
	a->untouched = c.value[GF_INFO1] == request && c.value[GF_INFO2] == response;
	a->info1 = c.value[GF_INFO1];
	a->info2 = c.value[GF_INFO2];
	if (certs != 0 && (c.got & GF(RBX)) != 0)
		*pages = c.value[GF_RBX];
	return st;
}

enum status snp_guest_request(u64 request, u64 response, u64 certs, u64 *pages, u64 *info2)
{
	struct snp_answer a;
	enum status st = guest_request(request, response, certs, pages, &a);

	*info2 = a.info2;
	return st;
}

static enum status send(struct exchange *x, bool extended, struct snp_answer *a)
{
	u64 pages = x->pages;
	enum status st;

	copy_shared(x->request, staging, PAGE_SIZE);
	clear_shared(x->response, PAGE_SIZE);
	if (extended)
		clear_shared(x->certs, x->pages * PAGE_SIZE);
	st = guest_request((u64)(uintptr_t)x->request, (u64)(uintptr_t)x->response,
			   extended ? (u64)(uintptr_t)x->certs : 0, &pages, a);
	if (extended)
		x->wanted = pages;
	return st;
}

/* The same ciphertext until the firmware has time for it. */
static enum status send_patiently(struct exchange *x, bool extended, struct snp_answer *a)
{
	for (unsigned i = 0; i < BUSY_MAX; i++) {
		enum status st = send(x, extended, a);

		if (st != ST_OK)
			return snp_why_event(st, a);
		if (a->info2 != (u64)GHCB_REQ_BUSY << GHCB_REQ_VMM_ERROR_LO)
			return ST_OK;
		delay_us(BUSY_DELAY_US);
	}
	return snp_why_busy(a, BUSY_MAX);
}

/*
 * Too little room for the certificates: the host has not passed the message on. Sent again without
 * them it brings both sides to the same number; that report serves as well.
 */
static enum status deliver(struct exchange *x, bool *with_certs)
{
	struct snp_answer a;
	enum status st;

	*with_certs = x->certs != NULL;
	st = send_patiently(x, *with_certs, &a);
	if (st == ST_OK && *with_certs &&
	    a.info2 == (u64)GHCB_REQ_INVALID_LEN << GHCB_REQ_VMM_ERROR_LO) {
		*with_certs = false;
		st = send_patiently(x, false, &a);
	}
	return st == ST_OK && a.info2 != 0 ? snp_why_refused(&a) : st;
}

static enum status take_certs(struct exchange *x)
{
	size_t n = MIN(x->cap, x->pages * PAGE_SIZE);
	enum status st;

	copy_shared(x->table, x->certs, n);
	st = certs_check(x->table, n, &x->size);
	return st == ST_OK ? st : snp_why_certs(st, n, x->pages);
}

static u32 word(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

/* The firmware said it; what could still be wrong is which question it answered. */
static enum status check_report(const u8 *rsp, size_t len, const u8 report_data[64])
{
	const u8 *report = rsp + SNP_REPORT_RSP_REPORT;
	u32 size;

	if (len < SNP_REPORT_RSP_REPORT_SIZE + 4)
		return snp_why_report_size(len, 0);
	if (word(rsp + SNP_REPORT_RSP_STATUS) != SNP_STATUS_OK)
		return snp_why_message_status(word(rsp + SNP_REPORT_RSP_STATUS));
	size = word(rsp + SNP_REPORT_RSP_REPORT_SIZE);
	if (len != SNP_REPORT_RSP_SIZE || size != SNP_REPORT_SIZE)
		return snp_why_report_size(len, size);
	for (unsigned i = 0; i < SNP_REPORT_DATA_SIZE; i++)
		if (report[SNP_REPORT_DATA + i] != report_data[i])
			return snp_why_report_data(i, report_data[i], report[SNP_REPORT_DATA + i]);
	if (word(report + SNP_REPORT_VMPL) != 0)
		return snp_why_report_vmpl(word(report + SNP_REPORT_VMPL));
	return ST_OK;
}

/* One message there and back; its payload, checked, in message[]. */
static enum status ask(struct exchange *x, const u8 report_data[64], bool *with_certs)
{
	struct msg_channel ch = { snp_own_secrets.vmpck[VMPCK], &snp_own_secrets.sequence[VMPCK],
				  VMPCK };
	u8 request[SNP_REPORT_REQ_SIZE] = { 0 };
	size_t len = sizeof(message);
	enum status st;

	memcpy(request + SNP_REPORT_REQ_DATA, report_data, SNP_REPORT_DATA_SIZE);
	st = msg_build(&ch, staging, SNP_MSG_REPORT_REQ, request, sizeof(request));
	if (st != ST_OK)
		return snp_why_no_request(st, &ch);
	st = deliver(x, with_certs);
	if (st == ST_OK) {
		copy_shared(staging, x->response, PAGE_SIZE);
		st = msg_open(&ch, staging, SNP_MSG_REPORT_REQ, message, &len);
		if (st != ST_OK)
			st = snp_why_response(st, &ch, staging, SNP_MSG_REPORT_REQ);
	}
	if (st != ST_OK) {
		msg_wipe(&ch);
		print("# snp: VMPCK%u wiped: %s\n", VMPCK, snp_evidence_why());
		return st;
	}
	return check_report(message, len, report_data);
}

static enum status report(struct exchange *x, const u8 report_data[64])
{
	bool with_certs = false;
	enum status st = ask(x, report_data, &with_certs);

	/* Once more, should the host have room enough after all. */
	if (st == ST_OK && x->certs != NULL && !with_certs && x->wanted <= x->pages)
		st = ask(x, report_data, &with_certs);
	if (st == ST_OK && x->certs != NULL && !with_certs)
		print("# snp: certificates need %llu pages, %llu offered: a report without them; "
		      "look: the host's certificate table\n",
		      (unsigned long long)x->wanted, (unsigned long long)x->pages);
	return st == ST_OK && with_certs ? take_certs(x) : st;
}

static enum status run_locked(struct exchange *x, const u8 report_data[64])
{
	enum status st;

	if (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE))
		return snp_why_in_use();
	st = report(x, report_data);
	__atomic_clear(&busy, __ATOMIC_RELEASE);
	return st;
}

enum status snp_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len)
{
	u8 *page = shared;
	struct exchange x = {
		page, page + PAGE_SIZE, page + 2 * PAGE_SIZE, SNP_CERT_PAGES, 0, NULL, 0, 0
	};
	size_t cap = *len;
	enum status st;

	*len = 0;
	if (cap < SNP_REPORT_SIZE + SNP_CERT_ENTRY_SIZE)
		return snp_why_room(cap, SNP_REPORT_SIZE + SNP_CERT_ENTRY_SIZE);
	x.table = buf + SNP_REPORT_SIZE;
	x.cap = cap - SNP_REPORT_SIZE;
	st = run_locked(&x, report_data);
	if (st != ST_OK)
		return st;
	snp_why_nothing();
	memcpy(buf, message + SNP_REPORT_RSP_REPORT, SNP_REPORT_SIZE);
	*len = SNP_REPORT_SIZE + x.size;
	return ST_OK;
}

/* The launch digest is known to the firmware alone, so this, too, is a report. */
enum status snp_measure_read(unsigned index, u8 *digest, size_t *len)
{
	static const u8 nothing[SNP_REPORT_DATA_SIZE];
	u8 *page = (u8 *)(uintptr_t)SNP_BOOT_SHARED;
	struct exchange x = { .request = page + BOOT_REQUEST * PAGE_SIZE,
			      .response = page + BOOT_RESPONSE * PAGE_SIZE };
	enum status st;

	if (index != 0)
		return ST_UNSUPPORTED;
	if (*len < SNP_DIGEST_SIZE)
		return ST_NO_MEMORY;
	st = run_locked(&x, nothing);
	if (st != ST_OK)
		return st;
	memcpy(digest, message + SNP_REPORT_RSP_REPORT + SNP_REPORT_MEASUREMENT, SNP_DIGEST_SIZE);
	*len = SNP_DIGEST_SIZE;
	return ST_OK;
}

enum status snp_measure_extend(unsigned index, const u8 *digest, size_t len)
{
	return ST_UNSUPPORTED;
}
