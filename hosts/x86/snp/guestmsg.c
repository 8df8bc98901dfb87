/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SNP_GUEST_REQUEST (56860, chapter 7 and 8.26): one encrypted message of the guest, its answer
 * under the next sequence number. The sequence moves only with an answer.
 */
#include <bearssl.h>

#include "psp.h"

#define TAG_SIZE 16
#define IV_SIZE  12

/* AES-256-GCM over a message page, in place; the tag is computed, not compared. */
static void gcm(const u8 key[SNP_VMPCK_SIZE], u8 *page, size_t n, bool encrypt, u8 tag[TAG_SIZE])
{
	br_aes_ct64_ctr_keys aes;
	br_gcm_context c;
	u8 iv[IV_SIZE] = { 0 };

	for (unsigned i = 0; i < 8; i++)
		iv[i] = page[SNP_MSG_SEQNO + i];
	br_aes_ct64_ctr_init(&aes, key, SNP_VMPCK_SIZE);
	br_gcm_init(&c, &aes.vtable, br_ghash_ctmul64);
	br_gcm_reset(&c, iv, sizeof(iv));
	br_gcm_aad_inject(&c, page + SNP_MSG_AAD, SNP_MSG_AAD_SIZE);
	br_gcm_flip(&c);
	br_gcm_run(&c, encrypt, page + SNP_MSG_PAYLOAD, n);
	br_gcm_get_tag(&c, tag);
}

static bool same_tag(const u8 *a, const u8 *b)
{
	unsigned size = fault_on(FAULT_MSG_TAG_SHORT) ? TAG_SIZE - 4 : TAG_SIZE;
	u8 difference = 0;

	if (fault_on(FAULT_MSG_TAG))
		return true;
	for (unsigned i = 0; i < size; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

static bool in_turn(unsigned vmpck, u64 number)
{
	u64 *used = &psp_guest.sequence[vmpck], next = *used + 1;

	if (fault_on(FAULT_MSG_REPLAY) && number == *used - 1)
		return true;
	if (fault_on(FAULT_MSG_NUMBER_USED) && number > next)
		*used += 2;
	return number == next;
}

/* Everything of the header that the tag alone does not decide. */
static u32 check_header(const u8 *m)
{
	if (V(m[SNP_MSG_ALGO] != SNP_MSG_ALGO_AES_256_GCM))
		return PSP_INVALID_PARAM;
	if (V(m[SNP_MSG_HDR_VERSION] != SNP_MSG_HDR_VERSION_1))
		return PSP_INVALID_PARAM;
	if (V(le_get(m + SNP_MSG_HDR_SIZE, 2) != SNP_MSG_HDR_SIZE_1))
		return PSP_INVALID_PARAM;
	if (V(m[SNP_MSG_VERSION] != SNP_MSG_VERSION_1))
		return PSP_INVALID_PARAM;
	if (V(le_get(m + SNP_MSG_SIZE, 2) > SNP_MSG_PAYLOAD_MAX))
		return PSP_INVALID_PARAM;
	if (V(m[SNP_MSG_VMPCK] >= SNP_VMPCK_COUNT))
		return PSP_INVALID_PARAM;
	if (V(!in_turn(m[SNP_MSG_VMPCK], le_get(m + SNP_MSG_SEQNO, 8))))
		return PSP_INVALID_PARAM;
	return PSP_OK;
}

/* The answer's payload and its size; the request's is decrypted. */
static u32 answer(const u8 *m, u8 *response, size_t *size)
{
	const u8 *payload = m + SNP_MSG_PAYLOAD;

	if (V(m[SNP_MSG_TYPE] != SNP_MSG_REPORT_REQ))
		return PSP_INVALID_PARAM; /* key derivation, migration, TSC: not part of the model
					   */
	if (V(le_get(m + SNP_MSG_SIZE, 2) != SNP_REPORT_REQ_SIZE))
		return PSP_INVALID_PARAM;
	psp_report(m[SNP_MSG_VMPCK], payload, response + SNP_MSG_PAYLOAD);
	*size = SNP_REPORT_RSP_SIZE;
	return PSP_OK;
}

static void seal(const u8 *request, u8 *response, size_t size)
{
	unsigned vmpck = request[SNP_MSG_VMPCK];
	u64 number = psp_guest.sequence[vmpck] + 2;

	if (fault_on(FAULT_MSG_RESPONSE_NUMBER) && vmpck != 0)
		number--;
	le_put(response + SNP_MSG_SEQNO, number, 8);
	response[SNP_MSG_ALGO] = SNP_MSG_ALGO_AES_256_GCM;
	response[SNP_MSG_HDR_VERSION] = SNP_MSG_HDR_VERSION_1;
	le_put(response + SNP_MSG_HDR_SIZE, SNP_MSG_HDR_SIZE_1, 2);
	response[SNP_MSG_TYPE] = request[SNP_MSG_TYPE] + 1;
	response[SNP_MSG_VERSION] = SNP_MSG_VERSION_1;
	le_put(response + SNP_MSG_SIZE, size, 2);
	response[SNP_MSG_VMPCK] = (u8)vmpck;
	gcm(psp_guest.vmpck[vmpck], response, size, true, response + SNP_MSG_AUTHTAG);
	psp_guest.sequence[vmpck] += 2;
}

u32 psp_guest_request(const u8 request[PAGE_SIZE], u8 response[PAGE_SIZE])
{
	static u8 message[PAGE_SIZE]; /* decrypted here; under the core's one lock */
	u32 error = fault_on(FAULT_MSG_REFUSED) ? PSP_INVALID_PARAM : check_header(request);
	u8 tag[TAG_SIZE];
	size_t size = 0;

	if (error != PSP_OK)
		return error;
	for (unsigned i = 0; i < PAGE_SIZE; i++) {
		message[i] = request[i];
		response[i] = 0;
	}
	gcm(psp_guest.vmpck[message[SNP_MSG_VMPCK]], message, le_get(message + SNP_MSG_SIZE, 2),
	    false, tag);
	if (V(!same_tag(tag, message + SNP_MSG_AUTHTAG)))
		return PSP_BAD_MEASUREMENT;
	error = answer(message, response, &size);
	if (error == PSP_OK)
		seal(message, response, size);
	return error;
}
