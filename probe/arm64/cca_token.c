/* SPDX-License-Identifier: BSD-2-Clause */
/* The attestation token: getting it, and what must be in it. */
#include <bearssl.h>

#include "attest.h"
#include "cca.h"
#include "mm.h"
#include "print.h"

/* More than any token of today (4 KiB); what would not fit is a failure of its own. */
#define TOKEN_PAGES 4
#define TURNS_MAX   100000

static void challenge_of(u8 seed, u8 out[RSI_CHALLENGE_SIZE])
{
	for (unsigned i = 0; i < RSI_CHALLENGE_SIZE; i++)
		out[i] = (u8)(seed + 3 * i);
}

bool token_init(u8 seed, u64 *bound)
{
	u64 words[8];

	challenge_of(seed, (u8 *)words);
	return expect_eq("RSI_ATTESTATION_TOKEN_INIT", rsi_token_init(words, bound), RSI_SUCCESS);
}

/* One CONTINUE: false when it is over, by SUCCESS or by a failure that has been said. */
static bool go_on(u64 buffer, size_t *size)
{
	u64 room = PAGE_SIZE - *size % PAGE_SIZE, written = 0;
	u64 x0 = rsi_token_continue(buffer + align_down(*size, PAGE_SIZE), *size % PAGE_SIZE, room,
				    &written);

	if (x0 != RSI_SUCCESS && x0 != RSI_INCOMPLETE) {
		expect_eq("RSI_ATTESTATION_TOKEN_CONTINUE", x0, RSI_SUCCESS);
		return false;
	}
	if (written > room) {
		check_fail("the bytes written", "no more than there was room for", "%llu of %llu",
			   (unsigned long long)written, (unsigned long long)room);
		return false;
	}
	*size += written;
	return x0 == RSI_INCOMPLETE;
}

static bool collect(u64 buffer, size_t *size)
{
	unsigned turns = 0;

	*size = 0;
	while (go_on(buffer, size)) {
		if (*size >= TOKEN_PAGES * PAGE_SIZE || ++turns == TURNS_MAX) {
			check_fail("the token", "complete within 16 KiB and 100000 calls",
				   "%zu bytes after %u calls", *size, turns);
			break;
		}
	}
	if (!check_failed())
		expect_ne("the size of the token", *size, 0);
	return !check_failed();
}

void token_put(u8 *token)
{
	pages_free((u64)(uintptr_t)token, TOKEN_PAGES);
}

/* Ends an operation that a check left half way. */
bool token_finish(void)
{
	u64 buffer = pages_alloc(TOKEN_PAGES, PAGE_SIZE);
	size_t size;
	bool done;

	if (buffer == 0)
		return false;
	done = collect(buffer, &size);
	pages_free(buffer, TOKEN_PAGES);
	return done;
}

bool token_get(u8 seed, u8 **token, size_t *size)
{
	u64 buffer = pages_alloc(TOKEN_PAGES, PAGE_SIZE), bound;

	if (buffer == 0) {
		check_skip("no free pages");
		return false;
	}
	*token = (u8 *)(uintptr_t)buffer;
	if (token_init(seed, &bound) && collect(buffer, size))
		return true;
	token_put(*token);
	return false;
}

/* Nothing of the parser's verdict is a rule of the host but this: it is a CCA token. */
static bool parsed(u8 seed, u8 **token, struct cca_token *t)
{
	size_t size;
	enum status st;

	if (!token_get(seed, token, &size))
		return false;
	st = cca_token_parse(*token, size, t);
	if (st == ST_OK)
		return true;
	check_fail("a token of CBOR and COSE as specified", "it parses", "%s", status_text(st));
	token_put(*token);
	return false;
}

static bool expect_bytes(const char *asked, struct bytes got, const void *expected, size_t size)
{
	const u8 *e = expected;

	if (got.data == NULL) {
		check_fail(asked, "the claim is there", "no such claim");
		return false;
	}
	if (!expect_eq("its size", got.size, size))
		return false;
	for (size_t i = 0; i < size; i++) {
		if (got.data[i] != e[i]) {
			check_fail(asked, "the same bytes", "byte %zu is 0x%x, not 0x%x", i,
				   got.data[i], e[i]);
			return false;
		}
	}
	return true;
}

static void print_token(const u8 *token, size_t size)
{
	br_sha256_context c;
	u8 digest[32];
	char hex[65];

	br_sha256_init(&c);
	br_sha256_update(&c, token, size);
	br_sha256_out(&c, digest);
	for (unsigned i = 0; i < sizeof(digest); i++)
		snprint(hex + 2 * i, 3, "%02x", digest[i]);
	print("# token: bytes=%zu sha256=%s\n", size, hex);
}

void cca_token_bound(void)
{
	u64 buffer = pages_alloc(TOKEN_PAGES, PAGE_SIZE), bound = 0;
	size_t size;

	if (buffer == 0) {
		check_skip("no free pages");
		return;
	}
	if (token_init(0x10, &bound) && collect(buffer, &size)) {
		if (size > bound)
			check_fail("the bound that INIT gave", "not below the token's size",
				   "%llu for %zu bytes", (unsigned long long)bound, size);
		print_token((u8 *)(uintptr_t)buffer, size);
	}
	pages_free(buffer, TOKEN_PAGES);
}

void cca_token_no_init(void)
{
	u64 page = page_get(), written;

	if (page == 0)
		return;
	expect_eq("RSI_ATTESTATION_TOKEN_CONTINUE without INIT",
		  rsi_token_continue(page, 0, PAGE_SIZE, &written), RSI_ERROR_STATE);
	page_put(page);
}

/* The operation is left to the next check's INIT. */
void cca_token_init(void)
{
	u64 bound;

	(void)token_init(0xc0, &bound); /* has said what was wrong */
}

void cca_token_complete(void)
{
	size_t size;
	u8 *token;

	if (token_get(0xd0, &token, &size))
		token_put(token);
}

static bool refuses(const char *asked, u64 buffer, u64 offset, u64 size)
{
	u64 written;

	return expect_eq(asked, rsi_token_continue(buffer, offset, size, &written),
			 RSI_ERROR_INPUT);
}

/* Both checks of arguments ask during an operation, so that its state is no reason to refuse. */
void cca_token_buffer(void)
{
	u64 page = page_get(), bound;

	if (page == 0)
		return;
	if (token_init(0x20, &bound)) {
		if (refuses("a buffer at + 8", page + 8, 0, 64) &&
		    refuses("a buffer at + 0x800", page + 0x800, 0, 64) &&
		    refuses("the shared alias as buffer", page | alias_bit(), 0, 64))
			refuses("the first unprotected page as buffer", protected_top(), 0, 64);
		(void)token_finish();
	}
	page_put(page);
}

void cca_token_offset(void)
{
	u64 page = page_get(), bound;

	if (page == 0)
		return;
	if (token_init(0x30, &bound)) {
		if (refuses("offset 0x1000", page, PAGE_SIZE, 0) &&
		    refuses("offset 0x1008", page, PAGE_SIZE + 8, 16) &&
		    refuses("offset 0xff0, size 0x11", page, 0xff0, 0x11) &&
		    refuses("size 0x1001", page, 0, PAGE_SIZE + 1))
			refuses("offset 0x800 and a size that wraps", page, 0x800, ~0x7ffULL);
		(void)token_finish();
	}
	page_put(page);
}

#define FILL   0xa5
#define OFFSET 0x100
#define ROOM   64

void cca_token_window(void)
{
	u64 page = page_get(), written = 0, bound, x0 = RSI_INCOMPLETE;

	if (page == 0)
		return;
	if (token_init(0x40, &bound)) {
		/* The first answers may be without a byte. */
		for (unsigned i = 0; i < TURNS_MAX && written == 0 && x0 == RSI_INCOMPLETE; i++) {
			fill_page(page, FILL);
			x0 = rsi_token_continue(page, OFFSET, ROOM, &written);
		}
		if (expect_eq("RSI_ATTESTATION_TOKEN_CONTINUE of 64 bytes", x0, RSI_INCOMPLETE) &&
		    expect_true("the bytes written", written > 0 && written <= ROOM, "1..64"))
			expect_true("the rest of the page",
				    page_is(page, 0, OFFSET, FILL) &&
					page_is(page, OFFSET + written, PAGE_SIZE, FILL),
				    "not written");
		(void)token_finish();
	}
	page_put(page);
}

void cca_token_challenge(void)
{
	u8 challenge[RSI_CHALLENGE_SIZE], *token;
	struct cca_token t;

	if (!parsed(0x50, &token, &t))
		return;
	challenge_of(0x50, challenge);
	expect_bytes("the challenge in the realm token", t.challenge, challenge, sizeof(challenge));
	token_put(token);
}

/* REMs that differ from each other, or a mix-up would not show. */
void cca_token_measurements(void)
{
	u64 value[8] = { 0x746f6b656e, 1 };
	struct cca_token t;
	u8 *token;

	(void)rsi_measurement_extend(4, 16, value);
	if (!parsed(0x60, &token, &t))
		return;
	for (unsigned i = 0; i <= RSI_MEASUREMENT_INDEX_MAX; i++) {
		check_note("register %u", i);
		if (!expect_eq("RSI_MEASUREMENT_READ", rsi_measurement_read(i, value),
			       RSI_SUCCESS) ||
		    !expect_bytes("a measurement in the realm token", i == 0 ? t.rim : t.rem[i - 1],
				  value, realm_hash_size()))
			break;
	}
	token_put(token);
}

void cca_token_binding(void)
{
	struct cca_token t;
	u8 *token;

	if (!parsed(0x70, &token, &t))
		return;
	expect_eq("the platform token's challenge against the hash of the realm key",
		  cca_check_binding(&t), ST_OK);
	token_put(token);
}

void cca_token_restart(void)
{
	u8 challenge[RSI_CHALLENGE_SIZE], *token;
	u64 page = page_get(), bound, written;
	struct cca_token t;

	if (page == 0)
		return;
	if (token_init(0x80, &bound)) {
		for (unsigned i = 0; i < 4; i++)
			(void)rsi_token_continue(page, 0, 64, &written);
		if (parsed(0x91, &token, &t)) {
			challenge_of(0x91, challenge);
			expect_bytes("the challenge after a second INIT", t.challenge, challenge,
				     sizeof(challenge));
			token_put(token);
		}
	}
	page_put(page);
}

void cca_token_signed(void)
{
	struct cca_token t;
	u8 *token;

	if (!parsed(0xa0, &token, &t))
		return;
	if (expect_eq("the realm token's signature by the key inside",
		      cca_check_realm_signature(&t), ST_OK))
		expect_eq("the platform token's signature", cca_check_platform_signed(&t), ST_OK);
	token_put(token);
}

void cca_token_size_zero(void)
{
	u64 page = page_get(), bound, written = ~0ULL;

	if (page == 0)
		return;
	fill_page(page, FILL);
	if (token_init(0xb0, &bound)) {
		if (expect_eq("RSI_ATTESTATION_TOKEN_CONTINUE of 0 bytes",
			      rsi_token_continue(page, 0, 0, &written), RSI_INCOMPLETE) &&
		    expect_eq("the bytes written", written, 0))
			expect_true("the page", page_is(page, 0, PAGE_SIZE, FILL), "not written");
		(void)token_finish();
	}
	page_put(page);
}
