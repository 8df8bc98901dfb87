/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest requests of the probe's own, under VMPCK1 (snp_message.c). */
#ifndef SNP_MESSAGE_H
#define SNP_MESSAGE_H

#include "../checks.h"
#include "abi/snp.h"

#define TALK_CERT_PAGES   4u
#define TALK_SHARED_PAGES (4u + TALK_CERT_PAGES) /* request and response have one after them */

struct talk {
	u8 *message; /* private page: the request as built, the response as copied */
	u8 *request, *response, *certs; /* shared */
	u64 number;                     /* of the request */
	enum status status;             /* of snp_guest_request() */
	u64 info2, pages;
};

/* False: the skip has been said. */
bool talk_begin(struct talk *t);
void talk_end(struct talk *t);
bool delivered(const struct talk *t);
/* A report of this VMPL (1 to 3) is asked for and delivered, or that failed and was said. */
bool talk_request(struct talk *t, u32 vmpl);
/* The response to it, opened. */
bool talk_open(struct talk *t, u8 payload[SNP_REPORT_RSP_SIZE]);

#endif
