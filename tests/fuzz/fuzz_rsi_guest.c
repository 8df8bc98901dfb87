/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The guest's CCA backend against a monitor whose every answer comes from the input: the loops end
 * within their bounds and write nowhere but into their buffers. Input used up: the answers repeat.
 * sources: rsi/ripas.c rsi/calls.c rsi/status.c rsi/detect.c rsi/evidence.c rsi/failure.c lib/why.c lib/range.c
 * libs: -I.
 */
/* clang-format on */
#include <string.h>

#include "fake_print.h"
#include "rsi/internal.h"
#include "smccc.h"

static const uint8_t *input;
static size_t input_size, at;
static u64 calls;

static u8 next_byte(void)
{
	if (input_size == 0)
		return 0;
	return input[at++ % input_size];
}

static u64 next_u64(void)
{
	u64 v = 0;

	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | next_byte();
	return v;
}

/* Mostly values near what was asked, else the loops end at the first call. */
static u64 near(u64 base, u64 top)
{
	u8 b = next_byte();

	switch (b & 7) {
	case 0:
		return base;
	case 1:
		return top;
	case 2:
		return base - PAGE_SIZE;
	case 3:
		return next_u64();
	default:
		return base + (u64)(b >> 3) * PAGE_SIZE;
	}
}

void smccc_smc(struct smccc_regs *r)
{
	u64 fid = r->x[0], a1 = r->x[1], a2 = r->x[2], a3 = r->x[3];
	u8 b = next_byte();

	/* 16 MiB page by page and every stall, each with a query; the queries of is_private; and
	 * a token byte by byte with every idle answer, as often as it may be started anew. */
	if (++calls > 2 * (RIPAS_STALLS_TOTAL_MAX + 4096) + 4096 +
			  TOKEN_RESTARTS * (TOKEN_IDLE_MAX + 5000) + 100)
		__builtin_trap();
	r->x[0] = b < 200 ? RSI_SUCCESS : b < 240 ? b & 7 : next_u64();
	for (unsigned i = 1; i < 4; i++)
		r->x[i] = 0;
	switch (fid) {
	case RSI_IPA_STATE_SET:
	case RSI_IPA_STATE_GET:
		r->x[1] = near(a1, a2);
		r->x[2] = next_byte() & 3;
		break;
	case RSI_REALM_CONFIG:
		for (unsigned i = 0; i < 16; i++)
			((u8 *)(uintptr_t)a1)[i] = next_byte();
		break;
	case RSI_ATTESTATION_TOKEN_INIT:
		r->x[1] = near(4096, 8192);
		break;
	case RSI_ATTESTATION_TOKEN_CONTINUE:
		if (a2 >= PAGE_SIZE || a3 > PAGE_SIZE - a2)
			__builtin_trap();
		memset((u8 *)(uintptr_t)a1 + a2, b, a3);
		r->x[0] = b & 1 ? RSI_INCOMPLETE : r->x[0];
		r->x[1] = b & 2 ? next_byte() : b & 4 ? 0 : near(a3, a3);
		break;
	default:
		for (unsigned i = 1; i < 9; i++)
			r->x[i] = next_u64();
	}
}

u64 cca_read_pfr0(void)
{
	return next_u64();
}

u64 cca_read_mmfr0(void)
{
	return 5;
}

void print(const char *fmt, ...)
{
	(void)fmt;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct range ram = { 0x40000000, MIB(16) };
	struct accept_stats stats = { 0 };
	u8 token[5000 + 1], challenge[64] = { 0 };
	size_t len = 5000;
	struct cvm c = { 0 };

	input = data;
	input_size = size;
	at = 0;
	calls = 0;
	if (size == 0)
		return 0;
	if (data[0] & 1 && cca_detect(&c, NULL) == ST_OK && (c.addr_bits < 32 || c.addr_bits > 48))
		__builtin_trap();
	rsi_ipa_width = 33;
	rsi_hash_algo = RSI_HASH_SHA256;
	(void)cca_accept(ram, &stats);
	if (stats.bytes > ram.size)
		__builtin_trap();
	(void)cca_is_private(ram);
	token[5000] = 0x5a;
	if (cca_evidence(challenge, NULL, token, &len) == ST_OK && (len == 0 || len > 5000))
		__builtin_trap();
	if (token[5000] != 0x5a)
		__builtin_trap();
	len = sizeof(token);
	(void)cca_measure_read(data[0], token, &len);
	return 0;
}
