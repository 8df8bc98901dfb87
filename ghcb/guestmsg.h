/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between guest and firmware (56860), which the host carries but can neither read nor
 * change: AES-256-GCM under a VMPCK, the sequence number being the IV (pure).
 */
#ifndef GHCB_GUESTMSG_H
#define GHCB_GUESTMSG_H

#include "abi/snp.h"
#include "status.h"
#include "types.h"

/* IV safety: a number is never used for two different messages. */
#define MSG_SEQUENCE_MAX 0xffffffffULL

struct msg_channel {
	u8 *key;       /* VMPCK, 32 bytes; zeroed for good by msg_wipe() */
	u64 *sequence; /* last number used by either side; advanced by a good response only */
	unsigned vmpck;
};

/* Is there a key? */
bool msg_usable(const struct msg_channel *ch);
/* The key is gone: after a failure nobody knows which number the firmware is at. */
void msg_wipe(const struct msg_channel *ch);

/* Builds the request in page (private; copied to shared memory whole). ST_STATE: no key;
 * ST_OVERFLOW: no numbers left; ST_INVALID: too long. Until msg_open() succeeds the page may only
 * be sent again as it is. */
enum status msg_build(const struct msg_channel *ch, u8 page[4096], u8 type, const u8 *payload,
		      size_t len);
/* The first field of a header that is not as it must be; of a payload that is too long, the bound.
 */
struct msg_mismatch {
	const char *field;
	u64 want, got;
};
/* Does the header say that this is the response to the request of `type`? False: *m is filled. */
bool msg_is_response(const struct msg_channel *ch, const u8 page[4096], u8 type,
		     struct msg_mismatch *m);
/*
 * Checks and decrypts the response to the request of `type` in page (private copy, decrypted in
 * place). *len in: capacity of out, exactly how much is expected at most; out: payload size.
 * ST_PROTOCOL: not the response to it; ST_CORRUPT: not from the firmware; ST_NO_MEMORY: longer.
 */
enum status msg_open(const struct msg_channel *ch, u8 page[4096], u8 type, u8 *out, size_t *len);

#endif
