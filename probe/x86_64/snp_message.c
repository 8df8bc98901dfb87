/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages to the firmware as it or the host must refuse them. They go under VMPCK1, which this
 * guest has no other use for: whatever becomes of its numbers, reports still come. All carry the
 * same request, so a number used for two of them gives nothing away.
 */
#include "snp_message.h"

#include <string.h>

#include "../../ghcb/certs.h"
#include "../../ghcb/guestmsg.h"
#include "../../ghcb/secrets.h"
#include "mm.h"
#include "snp_event.h"

#define VMPCK       1u
#define FAR_AHEAD   0x70000001ULL
#define RETRIES     8u

#define REQUEST(t)  ((u64)(uintptr_t)(t)->request)
#define RESPONSE(t) ((u64)(uintptr_t)(t)->response)

static u8 key[SNP_VMPCK_SIZE];
static u64 last; /* number used last, by either side */

static void copy_page(u8 *to, const volatile u8 *from)
{
	for (size_t i = 0; i < PAGE_SIZE; i++)
		to[i] = from[i];
}

static void have_key(void)
{
	static bool done;

	if (done)
		return;
	memcpy(key, snp_secrets()->vmpck[VMPCK], sizeof(key));
	last = snp_secrets()->sequence[VMPCK];
	done = true;
}

bool talk_begin(struct talk *t)
{
	*t = (struct talk){ 0 };
	have_key();
	if (!secrets_has_key(snp_secrets(), VMPCK)) {
		check_skip("no VMPCK1");
		return false;
	}
	t->message = (u8 *)(uintptr_t)page_get();
	if (t->message == NULL)
		return false;
	t->request = pool_alloc(TALK_SHARED_PAGES, PAGE_SIZE);
	if (t->request == NULL) {
		page_put((u64)(uintptr_t)t->message);
		check_skip("no free shared pages");
		return false;
	}
	t->response = t->request + 2 * PAGE_SIZE;
	t->certs = t->request + 4 * PAGE_SIZE;
	return true;
}

void talk_end(struct talk *t)
{
	pool_free(t->request, TALK_SHARED_PAGES);
	page_put((u64)(uintptr_t)t->message);
}

/* A request for a report of this VMPL as message `number`. */
static bool seal(struct talk *t, u64 number, u32 vmpl)
{
	u64 before = number - 1;
	struct msg_channel ch = { key, &before, VMPCK };
	u8 payload[SNP_REPORT_REQ_SIZE] = { 0 };

	for (unsigned i = 0; i < 4; i++)
		payload[SNP_REPORT_REQ_VMPL + i] = (u8)(vmpl >> (8 * i));
	t->number = number;
	return expect_eq("building a message",
			 msg_build(&ch, t->message, SNP_MSG_REPORT_REQ, payload, sizeof(payload)),
			 ST_OK);
}

static void send_at(struct talk *t, u64 request, u64 response, u64 certs, u64 pages)
{
	for (size_t i = 0; i < PAGE_SIZE; i++) {
		((volatile u8 *)t->request)[i] = t->message[i];
		((volatile u8 *)t->response)[i] = 0;
	}
	t->pages = pages;
	t->info2 = 0;
	t->status = snp_guest_request(request, response, certs, &t->pages, &t->info2);
	/* The firmware goes on from the number it has, whether it should have answered or not. */
	if (delivered(t))
		last += 2;
}

static void send(struct talk *t)
{
	send_at(t, REQUEST(t), RESPONSE(t), 0, 0);
}

bool delivered(const struct talk *t)
{
	return t->status == ST_OK && t->info2 == 0;
}

static bool expect_delivered(const char *asked, const struct talk *t)
{
	return expect_eq(asked, t->status, ST_OK) && expect_eq("INFO2 of its answer", t->info2, 0);
}

static bool expect_firmware_refuses(const char *asked, const struct talk *t)
{
	check_note("%s: status '%s', INFO2 0x%llx", asked, status_text(t->status),
		   (unsigned long long)t->info2);
	return expect_true(asked, !delivered(t), "refused");
}

bool talk_request(struct talk *t, u32 vmpl)
{
	for (unsigned i = 0; i < RETRIES; i++) {
		if (!seal(t, last + 1, vmpl))
			return false;
		send(t);
		if (delivered(t))
			return true;
		last += 2; /* a check of numbers may have left the firmware ahead */
	}
	last -= 2 * RETRIES;
	return expect_delivered("a guest request", t);
}

bool talk_open(struct talk *t, u8 payload[SNP_REPORT_RSP_SIZE])
{
	u64 before = t->number - 1;
	struct msg_channel ch = { key, &before, VMPCK };
	size_t size = SNP_REPORT_RSP_SIZE;

	copy_page(t->message, t->response);
	return expect_eq("opening the response",
			 msg_open(&ch, t->message, SNP_MSG_REPORT_REQ, payload, &size), ST_OK) &&
	       expect_eq("the size of its payload", size, SNP_REPORT_RSP_SIZE);
}

/* ---- the host's half ---- */
static bool expect_host_refuses(const char *asked, const struct talk *t)
{
	check_note("%s: INFO2 0x%llx", asked, (unsigned long long)t->info2);
	return expect_eq(asked, t->status, ST_INVALID) &&
	       expect_eq("INFO2 of the refusal", t->info2, GHCB_ERR_INPUT);
}

void snp_message_same_page(void)
{
	struct talk t;

	if (!talk_begin(&t))
		return;
	if (seal(&t, last + 1, VMPCK)) {
		send_at(&t, REQUEST(&t), REQUEST(&t), 0, 0);
		expect_host_refuses("a request whose response goes to its own page", &t);
	}
	talk_end(&t);
}

/* The pages after both are shared as well. */
void snp_message_misaligned(void)
{
	static const u16 offsets[] = { 1, 8, 0x800 };
	struct talk t;

	if (!talk_begin(&t))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(offsets) && seal(&t, last + 1, VMPCK); i++) {
		check_note("offset 0x%x", offsets[i]);
		send_at(&t, REQUEST(&t) + offsets[i], RESPONSE(&t), 0, 0);
		if (!expect_host_refuses("a request page there", &t) || !seal(&t, last + 1, VMPCK))
			break;
		send_at(&t, REQUEST(&t), RESPONSE(&t) + offsets[i], 0, 0);
		if (!expect_host_refuses("a response page there", &t))
			break;
	}
	talk_end(&t);
}

/* First with room enough, to know what the host has. The refused message is not used up: it is the
 * one the last two carry. */
static void too_small(struct talk *t)
{
	u64 certs = (u64)(uintptr_t)t->certs, wanted;
	size_t used = 0;

	if (!talk_request(t, VMPCK) || !seal(t, last + 1, VMPCK))
		return;
	send_at(t, REQUEST(t), RESPONSE(t), certs, TALK_CERT_PAGES);
	if (!expect_delivered("a request with room for certificates", t))
		return;
	if (certs_check(t->certs, TALK_CERT_PAGES * PAGE_SIZE, &used) != ST_OK ||
	    used <= SNP_CERT_ENTRY_SIZE) {
		check_skip("the host has no certificates");
		return;
	}
	wanted = align_up(used, PAGE_SIZE) / PAGE_SIZE;
	if (!seal(t, last + 1, VMPCK))
		return;
	send_at(t, REQUEST(t), RESPONSE(t), certs, wanted - 1);
	if (!expect_eq("a request with a page less", t->status, ST_OK) ||
	    !expect_eq("INFO2 of its answer", t->info2,
		       (u64)GHCB_REQ_INVALID_LEN << GHCB_REQ_VMM_ERROR_LO) ||
	    !expect_eq("RBX, the pages needed", t->pages, wanted))
		return;
	send_at(t, REQUEST(t), RESPONSE(t), certs, wanted);
	expect_delivered("the same message with as many pages", t);
}

void snp_message_table(void)
{
	size_t used = 0;
	struct talk t;

	if (!talk_begin(&t))
		return;
	if (talk_request(&t, VMPCK) && seal(&t, last + 1, VMPCK)) {
		send_at(&t, REQUEST(&t), RESPONSE(&t), (u64)(uintptr_t)t.certs, TALK_CERT_PAGES);
		if (t.info2 == (u64)GHCB_REQ_INVALID_LEN << GHCB_REQ_VMM_ERROR_LO)
			check_skip("the certificates do not fit");
		else if (expect_delivered("a request with room for certificates", &t))
			expect_eq("the form of the certificate table",
				  certs_check(t.certs, TALK_CERT_PAGES * PAGE_SIZE, &used), ST_OK);
	}
	talk_end(&t);
}

void snp_message_certs(void)
{
	struct talk t;

	if (!talk_begin(&t))
		return;
	too_small(&t);
	talk_end(&t);
}

/* ---- the firmware's half ---- */
static void numbers(struct talk *t)
{
	if (!talk_request(t, VMPCK))
		return;
	send(t);
	if (!expect_firmware_refuses("the same message again", t) || !seal(t, FAR_AHEAD, VMPCK))
		return;
	send(t);
	if (!expect_firmware_refuses("a message whose number is far ahead", t) ||
	    !seal(t, last + 1, VMPCK))
		return;
	send(t);
	expect_delivered("the message whose turn it is", t);
}

void snp_message_sequence(void)
{
	struct talk t;

	if (!talk_begin(&t))
		return;
	numbers(&t);
	talk_end(&t);
}

void snp_message_tag(void)
{
	static const struct {
		const char *what;
		u16 at;
	} flips[] = {
		{ "the first byte of the tag", SNP_MSG_AUTHTAG },
		{ "the last byte of the tag", SNP_MSG_AUTHTAG + 15 },
		{ "a byte of the payload", SNP_MSG_PAYLOAD + 70 },
		{ "a reserved byte of the header", SNP_MSG_VMPCK + 9 },
	};
	struct talk t;

	if (!talk_begin(&t))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(flips) && seal(&t, last + 1, VMPCK); i++) {
		t.message[flips[i].at] ^= 0x40;
		check_note("changed: %s", flips[i].what);
		send(&t);
		if (!expect_firmware_refuses("a message changed on its way", &t))
			break;
	}
	if (!check_failed())
		(void)talk_request(&t, VMPCK);
	talk_end(&t);
}

void snp_message_response(void)
{
	u8 payload[SNP_REPORT_RSP_SIZE];
	u64 number = 0;
	struct talk t;

	if (!talk_begin(&t))
		return;
	for (unsigned turn = 0; turn < 2 && talk_request(&t, VMPCK); turn++) {
		for (unsigned i = 8; i-- > 0;)
			number = number << 8 | ((volatile u8 *)t.response)[SNP_MSG_SEQNO + i];
		if (!expect_eq("the response's number", number, t.number + 1) ||
		    !talk_open(&t, payload))
			break;
	}
	talk_end(&t);
}

void snp_message_delivered(void)
{
	struct talk t;

	if (!talk_begin(&t))
		return;
	(void)talk_request(&t, VMPCK); /* has said what was wrong */
	talk_end(&t);
}

void snp_message_opens(void)
{
	u8 payload[SNP_REPORT_RSP_SIZE];
	struct talk t;

	if (!talk_begin(&t))
		return;
	(void)(talk_request(&t, VMPCK) && talk_open(&t, payload));
	talk_end(&t);
}
