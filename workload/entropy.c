/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes for keys. They come from the CPU's own source, which no host reaches, stretched by
 * HMAC-DRBG with SHA-256 (SP 800-90A). What an entropy device or the platform below gives is the
 * host's word: mixed in, where it can do no harm, and never counted.
 *
 * CPUs have been seen that set the carry flag and give the same word for ever (all ones after a
 * suspend), or zeros when hurried. So every word is compared with those before it, and the ones of
 * a seed are counted. What fails once is not used again.
 */
#include <bearssl.h>
#include <string.h>

#include "arch.h"
#include "cvm.h"
#include "runtime.h"
#include "virtio.h"

#define NUMBER_TRIES 10  /* RDRAND: SDM volume 1, 7.3.17.1 */
#define SEED_TRIES   100 /* RDSEED may be dry for a while: all CPUs draw on one source */
#define SEED_WORDS   16u
#define AGAIN_WORDS  4u /* mixed in before each answer */
#define DEVICE_BYTES 32
#define PIECE        KIB(32) /* one answer of the generator, SP 800-90A: at most 64 KiB */
/* Ones in a seed: 10 standard deviations around the half. A counter, small numbers, a few stuck
 * wires do not get there; chance does not either. */
#define SEED_BITS (SEED_WORDS * 64u)
#define ONES_OFF  160u
_Static_assert(ONES_OFF *ONES_OFF == 100 * SEED_BITS / 4, "sigma squared is n / 4");

#define LABEL "postern workload entropy 1"

static struct {
	bool ready;
	enum status failed; /* ST_OK: not yet */
	br_hmac_drbg_context drbg;
} state;

/* Zeros that the compiler does not leave out. */
static void wipe(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

static enum status draw_word(enum random_kind kind, u64 *word)
{
	unsigned tries = kind == RANDOM_SEED ? SEED_TRIES : NUMBER_TRIES;

	for (unsigned i = 0; i < tries; i++) {
		enum status st = arch_random(kind, word);

		if (st != ST_INCOMPLETE)
			return st;
		arch_cpu_relax();
	}
	return ST_NO_PROGRESS;
}

/* Two equal words of 64 bits among so few are no chance. 0 is also what a CPU gives that has
 * nothing and says it had. */
static bool seen(const u64 *words, unsigned n, u64 word)
{
	if (word == 0 || word == ~0ULL)
		return true;
	for (unsigned i = 0; i < n; i++)
		if (words[i] == word)
			return true;
	return false;
}

static bool is_balanced(const u64 *words)
{
	unsigned ones = 0;

	for (unsigned i = 0; i < SEED_WORDS; i++)
		for (u64 w = words[i]; w != 0; w &= w - 1)
			ones++;
	return ones > SEED_BITS / 2 - ONES_OFF && ones < SEED_BITS / 2 + ONES_OFF;
}

static enum status draw(enum random_kind kind, u64 *words, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		enum status st = draw_word(kind, &words[i]);

		if (st != ST_OK)
			return st;
		if (seen(words, i, words[i]))
			return ST_CORRUPT;
	}
	return n < SEED_WORDS || is_balanced(words) ? ST_OK : ST_CORRUPT;
}

/*
 * Of both kinds where there are both. The entropy source may be missing or dry; the generator may
 * be missing; one that gives nonsense condemns the CPU.
 */
static enum status draw_both(u64 words[2][SEED_WORDS], unsigned n)
{
	enum status seed = draw(RANDOM_SEED, words[0], n), number;

	if (seed == ST_CORRUPT)
		return seed;
	number = draw(RANDOM_NUMBER, words[1], n);
	if (number == ST_OK || number == ST_CORRUPT)
		return number;
	if (seed == ST_OK)
		return seed;
	return seed == ST_NO_PROGRESS ? seed : number;
}

/* A device that is silent, slow or broken only costs time. */
static void mix_in_device(void)
{
	struct virtio_device *d = virtio_find(VIRTIO_ID_ENTROPY, 0);
	u8 bytes[DEVICE_BYTES];

	if (d != NULL && virtio_rng_read(d, bytes, sizeof(bytes)) == ST_OK)
		br_hmac_drbg_update(&state.drbg, bytes, sizeof(bytes));
	wipe(bytes, sizeof(bytes));
}

static void mix_in_platform(void)
{
	u8 bytes[CVM_ENTROPY_BYTES];

	if (cvm.ops->entropy != NULL && cvm.ops->entropy(bytes) == ST_OK)
		br_hmac_drbg_update(&state.drbg, bytes, sizeof(bytes));
	wipe(bytes, sizeof(bytes));
}

static enum status begin(void)
{
	u64 words[2][SEED_WORDS] = { { 0 } };
	enum status st = draw_both(words, SEED_WORDS);

	if (st == ST_OK) {
		br_hmac_drbg_init(&state.drbg, &br_sha256_vtable, LABEL, sizeof(LABEL));
		br_hmac_drbg_update(&state.drbg, words, sizeof(words));
		mix_in_device();
		mix_in_platform();
	}
	wipe(words, sizeof(words));
	state.ready = st == ST_OK;
	return st;
}

static enum status refresh(void)
{
	u64 words[2][SEED_WORDS] = { { 0 } };
	enum status st = draw_both(words, AGAIN_WORDS);

	if (st == ST_OK)
		br_hmac_drbg_update(&state.drbg, words, sizeof(words));
	wipe(words, sizeof(words));
	return st;
}

enum status entropy_random(void *buffer, size_t bytes)
{
	if (state.failed == ST_OK)
		state.failed = state.ready ? refresh() : begin();
	if (state.failed != ST_OK)
		return state.failed;
	for (size_t done = 0; done < bytes;) {
		size_t n = MIN(bytes - done, PIECE);

		br_hmac_drbg_generate(&state.drbg, (u8 *)buffer + done, n);
		done += n;
	}
	return ST_OK;
}

void entropy_end(void)
{
	wipe(&state, sizeof(state));
}
