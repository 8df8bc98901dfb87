/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile carrier of guest messages: a good response changed by the input must not be accepted
 * unless it is unchanged where it counts. And certificate tables.
 * sources: ghcb/guestmsg.c ghcb/certs.c
 * libs: -lbearssl
 */
#include <stdlib.h>
#include <string.h>

#include "ghcb/certs.h"
#include "ghcb/guestmsg.h"

/* A response as the firmware would send it: built once. */
static void make_response(u8 page[4096])
{
	static u8 key[32] = { 1 }, payload[200] = { 7 };
	static u64 before = 1;
	struct msg_channel firmware = { key, &before, 0 };

	if (msg_build(&firmware, page, SNP_MSG_REPORT_RSP, payload, sizeof(payload)) != ST_OK)
		abort();
}

static bool same_where_it_counts(const u8 *a, const u8 *b)
{
	return memcmp(a, b, 16) == 0 && memcmp(a + 0x20, b + 0x20, 8) == 0 &&
	       memcmp(a + 0x30, b + 0x30, 0x30 + 200) == 0;
}

static void open_changed(const u8 *data, size_t size)
{
	static u8 good[4096], page[4096], out[400];
	u8 key[32] = { 1 };
	u64 seq = 0;
	struct msg_channel ch = { key, &seq, 0 };
	size_t len = sizeof(out);
	enum status st;
	bool same;

	if (good[SNP_MSG_ALGO] == 0)
		make_response(good);
	memcpy(page, good, sizeof(page));
	for (; size >= 3; data += 3, size -= 3)
		page[(data[0] | data[1] << 8) % 512] ^= data[2];
	same = same_where_it_counts(page, good);
	st = msg_open(&ch, page, SNP_MSG_REPORT_REQ, out, &len);
	if ((st == ST_OK) != same || seq != (same ? 2 : 0))
		abort();
}

static void read_table(const u8 *data, size_t size)
{
	u8 *copy = malloc(size != 0 ? size : 1);
	size_t used = 0;

	memcpy(copy, data, size);
	if (certs_check(copy, size, &used) == ST_OK && (used > size || used < SNP_CERT_ENTRY_SIZE))
		abort();
	free(copy);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size == 0)
		return 0;
	if ((data[0] & 1) != 0)
		open_changed(data + 1, size - 1);
	else
		read_table(data + 1, size - 1);
	return 0;
}
