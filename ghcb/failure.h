/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a report could not be fetched, said for people (failure.c). Each function takes what came
 * back, keeps the text and returns the status the caller goes on with; one caller at a time.
 */
#ifndef GHCB_FAILURE_H
#define GHCB_FAILURE_H

#include "guestmsg.h"

/* What the host answered to a guest request, as it stands in the GHCB. */
struct snp_answer {
	bool extended;  /* SNP Extended Guest Request */
	bool marked;    /* INFO1 and INFO2 are marked valid */
	bool untouched; /* they are what the guest wrote */
	u64 info1, info2;
};

const char *snp_evidence_why(void);
void snp_why_nothing(void);

enum status snp_why_room(size_t room, size_t needed); /* the caller's buffer */
enum status snp_why_in_use(void);                     /* by another CPU; changes no other's text */
/* No request was built: status of msg_build(). */
enum status snp_why_no_request(enum status st, const struct msg_channel *ch);
/* The event itself failed: status of ghcb_event(). */
enum status snp_why_event(enum status st, const struct snp_answer *a);
enum status snp_why_busy(const struct snp_answer *a, unsigned tries);
enum status snp_why_refused(const struct snp_answer *a); /* INFO2 is not 0 */
/* Status of msg_open() on `page`, the response. */
enum status snp_why_response(enum status st, const struct msg_channel *ch, const u8 page[4096],
			     u8 type);
enum status snp_why_message_status(u32 status);
enum status snp_why_report_size(size_t payload, u32 report);
enum status snp_why_report_data(unsigned at, u8 want, u8 got);
enum status snp_why_report_vmpl(u32 got);
/* Status of certs_check(); room: bytes of the caller's, pages: what the host had. */
enum status snp_why_certs(enum status st, size_t room, u64 pages);

#endif
