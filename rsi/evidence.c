/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation token and measurement registers (DEN0137). Token state is kept per REC: INIT and all
 * CONTINUE calls run on the calling CPU, which this guest never leaves by itself.
 */
#include "failure.h"
#include "internal.h"

/* Private memory of the image: the monitor refuses any other, and the host never sees it. */
static u8 token_granule[PAGE_SIZE] ALIGNED(PAGE_SIZE);
static bool token_busy;

struct token_sink {
	u8 *buf;
	size_t cap, used;
	u64 bound;
};

/* Copies what the monitor says it wrote, never more than was offered to it. */
static enum status take(struct token_sink *s, size_t offset, size_t offered, u64 written)
{
	if (written > offered)
		return cca_why_written(written, offered);
	if (written > s->bound - s->used)
		return cca_why_bound(s->used + written, s->bound);
	if (written > s->cap - s->used)
		return cca_why_room(s->used + written, s->cap);
	__asm__ volatile("" ::: "memory");
	for (size_t i = 0; i < written; i++)
		s->buf[s->used + i] = token_granule[offset + i];
	s->used += written;
	return ST_OK;
}

/* CONTINUE until SUCCESS. INCOMPLETE without a byte is normal (the monitor lets the host in while
 * a signature is made) and bounded; every other answer adds bytes, bounded by `bound`. */
static u64 collect(struct token_sink *s, enum status *st)
{
	size_t offset = 0;
	unsigned idle = 0;
	u64 x0, written;

	do {
		x0 = rsi_token_continue((uintptr_t)token_granule, offset, PAGE_SIZE - offset,
					&written);
		if (x0 != RSI_SUCCESS && x0 != RSI_INCOMPLETE)
			return x0;
		*st = take(s, offset, PAGE_SIZE - offset, written);
		idle += written == 0;
		if (*st == ST_OK && idle >= TOKEN_IDLE_MAX)
			*st = cca_why_idle(s->used, idle);
		if (*st != ST_OK)
			return RSI_SUCCESS;
		offset = (offset + written) % PAGE_SIZE;
	} while (x0 == RSI_INCOMPLETE);
	return x0;
}

static void to_words(u64 words[8], const u8 *bytes, size_t n)
{
	for (unsigned i = 0; i < 8; i++)
		words[i] = 0;
	for (size_t i = 0; i < n; i++)
		words[i / 8] |= (u64)bytes[i] << (i % 8 * 8);
}

static enum status fetch_token(const u8 report_data[64], struct token_sink *s)
{
	u64 challenge[8], x0 = RSI_SUCCESS;
	enum status st = ST_OK;
	unsigned i;

	to_words(challenge, report_data, 64);
	for (i = 0; i < TOKEN_RESTARTS; i++) {
		s->used = 0;
		x0 = rsi_token_init(challenge, &s->bound);
		if (x0 != RSI_SUCCESS)
			return cca_why_init(x0);
		x0 = collect(s, &st);
		if (st != ST_OK || rsi_status_of(x0)->action != RSI_RETRY)
			break;
	}
	if (x0 != RSI_SUCCESS)
		return cca_why_continue(x0, s->used, MIN(i + 1, TOKEN_RESTARTS));
	return st == ST_OK && s->used == 0 ? cca_why_empty() : st;
}

enum status cca_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len)
{
	struct token_sink s = { .buf = buf, .cap = *len };
	enum status st;

	if (__atomic_test_and_set(&token_busy, __ATOMIC_ACQUIRE))
		return cca_why_in_use(); /* the granule is one */
	st = fetch_token(report_data, &s);
	if (st == ST_OK)
		cca_why_nothing();
	__atomic_clear(&token_busy, __ATOMIC_RELEASE);
	*len = st == ST_OK ? s.used : 0;
	return st;
}

static size_t digest_size(void)
{
	static const u8 size[] = {
		[RSI_HASH_SHA256] = 32, [RSI_HASH_SHA512] = 64, [RSI_HASH_SHA384] = 48
	};

	return size[rsi_hash_algo];
}

enum status cca_measure_read(unsigned index, u8 *digest, size_t *len)
{
	u64 value[8], x0;

	if (*len < digest_size())
		return ST_NO_MEMORY;
	x0 = rsi_measurement_read(index, value);
	if (x0 != RSI_SUCCESS)
		return rsi_failed("RSI_MEASUREMENT_READ", x0);
	*len = digest_size();
	for (size_t i = 0; i < *len; i++)
		digest[i] = (u8)(value[i / 8] >> (i % 8 * 8));
	return ST_OK;
}

enum status cca_measure_extend(unsigned index, const u8 *digest, size_t len)
{
	u64 value[8], x0;

	if (len > RSI_MEASUREMENT_SIZE)
		return ST_INVALID;
	to_words(value, digest, len);
	x0 = rsi_measurement_extend(index, len, value);
	return x0 == RSI_SUCCESS ? ST_OK : rsi_failed("RSI_MEASUREMENT_EXTEND", x0);
}
