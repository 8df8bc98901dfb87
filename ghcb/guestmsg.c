/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestmsg.h"
#include "le.h"

#include <bearssl.h>
#include <string.h>

#define IV_SIZE  12u
#define TAG_SIZE 16u

bool msg_usable(const struct msg_channel *ch)
{
	u8 any = 0;

	for (unsigned i = 0; i < SNP_VMPCK_SIZE; i++)
		any |= ch->key[i];
	return any != 0;
}

static void wipe(volatile u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = 0; /* volatile: not removed as dead stores */
}

void msg_wipe(const struct msg_channel *ch)
{
	wipe(ch->key, SNP_VMPCK_SIZE);
}

struct cipher {
	br_aes_ct64_ctr_keys aes;
	br_gcm_context gcm;
};

/* Runs GCM over the payload in place; the tag stays in the context. The sequence number of the page
 * is the IV; the header from the algorithm on is authenticated, too. */
static void run(struct cipher *k, const struct msg_channel *ch, u8 *page, bool encrypt, size_t len)
{
	u8 iv[IV_SIZE] = { 0 };

	memcpy(iv, page + SNP_MSG_SEQNO, 8);
	br_aes_ct64_ctr_init(&k->aes, ch->key, SNP_VMPCK_SIZE);
	br_gcm_init(&k->gcm, &k->aes.vtable, br_ghash_ctmul64);
	br_gcm_reset(&k->gcm, iv, sizeof(iv));
	br_gcm_aad_inject(&k->gcm, page + SNP_MSG_AAD, SNP_MSG_AAD_SIZE);
	br_gcm_flip(&k->gcm);
	br_gcm_run(&k->gcm, encrypt, page + SNP_MSG_PAYLOAD, len);
}

enum status msg_build(const struct msg_channel *ch, u8 page[4096], u8 type, const u8 *payload,
		      size_t len)
{
	struct cipher k;

	if (!msg_usable(ch))
		return ST_STATE;
	if (*ch->sequence >= MSG_SEQUENCE_MAX - 1)
		return ST_OVERFLOW;
	if (len > SNP_MSG_PAYLOAD_MAX)
		return ST_INVALID;
	memset(page, 0, PAGE_SIZE);
	le_put(page + SNP_MSG_SEQNO, *ch->sequence + 1, 8);
	page[SNP_MSG_ALGO] = SNP_MSG_ALGO_AES_256_GCM;
	page[SNP_MSG_HDR_VERSION] = SNP_MSG_HDR_VERSION_1;
	le_put(page + SNP_MSG_HDR_SIZE, SNP_MSG_HDR_SIZE_1, 2);
	page[SNP_MSG_TYPE] = type;
	page[SNP_MSG_VERSION] = SNP_MSG_VERSION_1;
	le_put(page + SNP_MSG_SIZE, len, 2);
	page[SNP_MSG_VMPCK] = (u8)ch->vmpck;
	memcpy(page + SNP_MSG_PAYLOAD, payload, len);
	run(&k, ch, page, true, len);
	br_gcm_get_tag(&k.gcm, page + SNP_MSG_AUTHTAG);
	wipe((u8 *)&k, sizeof(k));
	return ST_OK;
}

/* Everything but the reserved bytes, which the firmware may use one day and the tag covers. */
bool msg_is_response(const struct msg_channel *ch, const u8 page[4096], u8 type,
		     struct msg_mismatch *m)
{
	const struct {
		const char *name;
		u64 want;
		u16 at, bytes;
	} fields[] = {
		{ "sequence number", *ch->sequence + 2, SNP_MSG_SEQNO, 8 },
		{ "algorithm", SNP_MSG_ALGO_AES_256_GCM, SNP_MSG_ALGO, 1 },
		{ "header version", SNP_MSG_HDR_VERSION_1, SNP_MSG_HDR_VERSION, 1 },
		{ "header size", SNP_MSG_HDR_SIZE_1, SNP_MSG_HDR_SIZE, 2 },
		{ "message type", type + 1u, SNP_MSG_TYPE, 1 },
		{ "message version", SNP_MSG_VERSION_1, SNP_MSG_VERSION, 1 },
		{ "VMPCK", ch->vmpck, SNP_MSG_VMPCK, 1 },
	};
	u64 size = le_get(page + SNP_MSG_SIZE, 2);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		u64 got = le_get(page + fields[i].at, fields[i].bytes);

		if (got != fields[i].want) {
			*m = (struct msg_mismatch){ fields[i].name, fields[i].want, got };
			return false;
		}
	}
	*m = (struct msg_mismatch){ "payload size", SNP_MSG_PAYLOAD_MAX, size };
	return size <= SNP_MSG_PAYLOAD_MAX;
}

enum status msg_open(const struct msg_channel *ch, u8 page[4096], u8 type, u8 *out, size_t *len)
{
	size_t size = (size_t)le_get(page + SNP_MSG_SIZE, 2);
	struct msg_mismatch m;
	struct cipher k;
	bool good;

	if (!msg_usable(ch))
		return ST_STATE;
	if (!msg_is_response(ch, page, type, &m))
		return ST_PROTOCOL;
	if (size > *len)
		return ST_NO_MEMORY;
	run(&k, ch, page, false, size);
	good = br_gcm_check_tag_trunc(&k.gcm, page + SNP_MSG_AUTHTAG, TAG_SIZE) != 0;
	wipe((u8 *)&k, sizeof(k));
	if (!good)
		return ST_CORRUPT;
	memcpy(out, page + SNP_MSG_PAYLOAD, size);
	*len = size;
	*ch->sequence += 2;
	return ST_OK;
}
