/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest requests: the host hands the shared request page to the firmware and the answer back; it
 * reads nothing but the message type, and adds its certificates.
 */
#include "snp.h"

#include <string.h>

#define MSG_TYPE_REPORT_REQ 5

static u8 request[PAGE_SIZE], response[PAGE_SIZE]; /* under the core's lock */

static bool names_buffer(const struct nae *n)
{
	if (V(!nae_has(n, GHCB_RAX)))
		return false;
	if (V(!nae_has(n, GHCB_RBX)))
		return false;
	if (V(!is_aligned(nae_get(n, GHCB_RAX), PAGE_SIZE)))
		return false;
	return true;
}

/* Certificates first: too small a buffer keeps the message from the firmware. False: answered. */
static bool give_certificates(struct nae *n)
{
	struct blob table = snp_certificates();
	u64 data = nae_get(n, GHCB_RAX), pages = nae_get(n, GHCB_RBX);
	u64 needed = align_up(table.size, PAGE_SIZE) / PAGE_SIZE;

	if (fault_on(FAULT_CERTS_NEVER_FIT))
		needed = pages + 1;
	if (!names_buffer(n)) {
		nae_malformed(n, GHCB_ERR_INPUT);
		return false;
	}
	if (V(pages < needed)) {
		if (!fault_on(FAULT_CERTS_PAGES))
			nae_set(n, GHCB_RBX, needed);
		if (fault_on(FAULT_CERTS_FORWARDED))
			psp_guest_request(request, response);
		n->out_info2 = (u64)GHCB_REQ_INVALID_LEN << GHCB_REQ_VMM_ERROR_LO;
		return false;
	}
	for (u64 i = 0; i < needed; i++) {
		if (V(host_shared(data + i * PAGE_SIZE) == NULL)) {
			nae_malformed(n, GHCB_ERR_INPUT);
			return false;
		}
	}
	for (u64 i = 0; i < needed; i++)
		memcpy(host_shared(data + i * PAGE_SIZE), table.data + i * PAGE_SIZE,
		       MIN(PAGE_SIZE, table.size - i * PAGE_SIZE));
	return true;
}

/* Two shared pages, one for each direction. */
static bool request_pages(const struct nae *n, const u8 *in, const u8 *out)
{
	if (V(!is_aligned(n->info1, PAGE_SIZE)))
		return false;
	if (V(!is_aligned(n->info2, PAGE_SIZE)))
		return false;
	if (V(n->info1 == n->info2) && !fault_on(FAULT_REQUEST_SAME_PAGE))
		return false;
	if (V(in == NULL))
		return false;
	if (V(out == NULL))
		return false;
	return true;
}

/* A host that does not serve proper requests. True: answered. */
static bool turned_away(struct nae *n)
{
	if (fault_on(FAULT_REQUEST_UNKNOWN))
		nae_malformed(n, GHCB_ERR_EVENT);
	else if (fault_on(FAULT_REQUEST_BUSY))
		n->out_info2 = (u64)GHCB_REQ_BUSY << GHCB_REQ_VMM_ERROR_LO;
	else if (fault_on(FAULT_REQUEST_VMM_ERROR))
		n->out_info2 = (u64)GHCB_REQ_GENERIC << GHCB_REQ_VMM_ERROR_LO;
	else
		return false;
	return true;
}

static void hand_back(u8 *out)
{
	if (fault_on(FAULT_RESPONSE_LOST))
		return;
	memcpy(out, fault_on(FAULT_RESPONSE_ECHO) ? request : response, sizeof(response));
	if (fault_on(FAULT_RESPONSE_CHANGED))
		out[SNP_MSG_PAYLOAD] ^= 1;
}

void nae_guest_request(struct nae *n, bool extended)
{
	u8 *in, *out;
	u32 error;

	if (fault_on(FAULT_REQUEST_MISALIGNED)) {
		n->info1 = align_down(n->info1, PAGE_SIZE);
		n->info2 = align_down(n->info2, PAGE_SIZE);
	}
	in = host_shared(n->info1);
	out = host_shared(n->info2);
	if (!request_pages(n, in, out)) {
		nae_malformed(n, GHCB_ERR_INPUT);
		return;
	}
	if (turned_away(n))
		return;
	memcpy(request, in, sizeof(request));
	if (extended && request[SNP_MSG_TYPE] == MSG_TYPE_REPORT_REQ && !give_certificates(n))
		return;
	memset(response, 0, sizeof(response));
	error = psp_guest_request(request, response);
	if (error == 0)
		hand_back(out);
	n->out_info2 = error;
}
