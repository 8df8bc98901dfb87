/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest must never show: planted by agreement, looked for wherever the host can look. */
#include "common/secret.h"

#include <bearssl.h>
#include <string.h>

#include "common/lock.h"
#include "common/vdev_local.h"

#define WORDS  (SECRET_SIZE / 8)
#define WIDTHS 4 /* 1, 2, 4, 8 bytes */

static struct {
	struct core_lock lock;
	u64 word[SECRET_MAX][WORDS];
	unsigned planted; /* so many nonces were given out */
	u64 watched[SECRET_WATCH_MAX / 8 + 1 + SECRET_MORE_MAX / 8];
	unsigned watched_words;
	u64 window[WIDTHS]; /* the last 8 bytes of each stream, the newest highest */
	u64 found, searched;
} secret;

void secret_reset(void)
{
	memset(&secret, 0, sizeof(secret));
}

void secret_derive(u64 nonce, u8 out[SECRET_SIZE])
{
	static const char text[] = "postern planted secret";
	br_sha256_context c;
	u8 le[8];

	le_put(le, nonce, sizeof(le));
	br_sha256_init(&c);
	br_sha256_update(&c, text, sizeof(text) - 1);
	br_sha256_update(&c, le, sizeof(le));
	br_sha256_out(&c, out);
}

u64 secret_plant(u64 seed)
{
	unsigned slot;
	u8 bytes[SECRET_SIZE];
	u64 nonce;

	core_lock(&secret.lock);
	slot = secret.planted % SECRET_MAX;
	/* Odd multiples keep what differs different, and the count makes it differ. */
	nonce = (seed << 8 | (++secret.planted & 0xff)) * 0x9e3779b97f4a7c15ULL;
	secret_derive(nonce, bytes);
	for (unsigned i = 0; i < WORDS; i++)
		secret.word[slot][i] = le_get(bytes + 8 * i, 8);
	core_unlock(&secret.lock);
	return nonce;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool watch_part(const u8 *p)
{
	unsigned same = 1;

	while (same < 8 && p[same] == p[0])
		same++;
	if (same == 8)
		return false;
	secret.watched[secret.watched_words++] = le_get(p, 8);
	return true;
}

static bool watch(const u8 *bytes, size_t n)
{
	if (n < SECRET_WATCH_MIN)
		return false;
	for (size_t at = 0; at + 8 <= n; at += 8)
		if (!watch_part(bytes + at))
			return false;
	return n % 8 == 0 || watch_part(bytes + n - 8);
}

bool secret_watch(const char *hex)
{
	u8 bytes[SECRET_WATCH_MAX];
	size_t n = 0;

	secret.watched_words = 0;
	if (hex[0] == '\0')
		return true;
	for (; hex[2 * n] != '\0'; n++) {
		int high = hex_digit(hex[2 * n]);
		int low = high < 0 ? -1 : hex_digit(hex[2 * n + 1]);

		if (low < 0 || n == sizeof(bytes))
			return false;
		bytes[n] = (u8)(high << 4 | low);
	}
	return watch(bytes, n);
}

bool secret_watch_bytes(const u8 *bytes, size_t n)
{
	return n <= SECRET_MORE_MAX &&
	       secret.watched_words + n / 8 + (n % 8 != 0) <= ARRAY_SIZE(secret.watched) &&
	       watch(bytes, n);
}

bool secret_planted(void)
{
	return secret.planted != 0 || secret.watched_words != 0;
}

u64 secret_found(void)
{
	return secret.found;
}

u64 secret_searched(void)
{
	return secret.searched;
}

static unsigned slots(void)
{
	return MIN(secret.planted, SECRET_MAX);
}

static bool is_part(u64 value)
{
	for (unsigned s = 0; s < slots(); s++)
		for (unsigned i = 0; i < WORDS; i++)
			if (secret.word[s][i] == value)
				return true;
	for (unsigned i = 0; i < secret.watched_words; i++)
		if (secret.watched[i] == value)
			return true;
	return false;
}

static void report(const char *name, u64 where)
{
	secret.found++;
	vio_violation("secret-leaked", "%s 0x%llx", name, (unsigned long long)where);
}

/* Bytes that could be the newest of a part: most are not, and no window is compared for them. */
static void last_bytes(bool last[256])
{
	memset(last, 0, 256 * sizeof(last[0]));
	for (unsigned s = 0; s < slots(); s++)
		for (unsigned i = 0; i < WORDS; i++)
			last[secret.word[s][i] >> 56] = true;
	for (unsigned i = 0; i < secret.watched_words; i++)
		last[secret.watched[i] >> 56] = true;
}

bool secret_search(const char *name, u64 base, const void *data, size_t size)
{
	const u8 *p = data;
	bool last[256];

	if (!secret_planted())
		return false;
	__atomic_fetch_add(&secret.searched, size, __ATOMIC_RELAXED);
	last_bytes(last);
	for (size_t at = 7; at < size; at++) {
		if (!last[p[at]] || !is_part(le_get(p + at - 7, 8)))
			continue;
		report(name, base + at - 7);
		return true;
	}
	return false;
}

void secret_seen(u64 value, unsigned width)
{
	unsigned stream = width == 1 ? 0 : width == 2 ? 1 : width == 4 ? 2 : 3;
	unsigned bits = 8U << stream;
	bool hit = false;

	if (!secret_planted())
		return;
	core_lock(&secret.lock);
	__atomic_fetch_add(&secret.searched, bits / 8, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < bits && !hit; i += 8) {
		secret.window[stream] = secret.window[stream] >> 8 | (value >> i & 0xff) << 56;
		hit = is_part(secret.window[stream]);
	}
	core_unlock(&secret.lock);
	if (hit)
		report("a value, width", width);
}
