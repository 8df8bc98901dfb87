/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: hosts/common/secret.c hosts/common/vdev_mem.c hosts/common/lock.c lib/print.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "common/secret.h"
#include "fake_vio.h"

static u8 secret[SECRET_SIZE], memory[8192];

static int setup(void **state)
{
	fake_vio_reset();
	secret_reset();
	memset(memory, 0, sizeof(memory));
	return 0;
}

/* printf 'postern planted secret\x08\x07\x06\x05\x04\x03\x02\x01' | sha256sum */
static void test_derivation(void **state)
{
	static const u8 want[SECRET_SIZE] = { 0x38, 0x6f, 0x9a, 0x5b, 0x86, 0x18, 0x15, 0xb2,
					      0x4b, 0x4c, 0x02, 0x58, 0xb4, 0x20, 0x8d, 0xbf,
					      0x39, 0x31, 0xe7, 0x82, 0xb0, 0x31, 0x25, 0x47,
					      0x65, 0x2b, 0x58, 0x31, 0xba, 0xe1, 0x10, 0x68 };

	secret_derive(0x0102030405060708, secret);
	assert_memory_equal(secret, want, SECRET_SIZE);
}

static void test_nonces(void **state)
{
	u64 a, b;

	assert_false(secret_planted());
	a = secret_plant(5);
	b = secret_plant(5);
	assert_true(secret_planted());
	assert_int_not_equal(a, 0);
	assert_int_not_equal(b, 0);
	assert_int_not_equal(a, b);
}

static void test_search(void **state)
{
	secret_derive(7, secret);
	memcpy(memory + 100, secret, SECRET_SIZE);
	assert_false(secret_search("memory", 0, memory, sizeof(memory))); /* not planted */
	secret_derive(secret_plant(1), secret);
	assert_false(secret_search("memory", 0, memory, sizeof(memory)));
	/* Each part, wherever it lies, the ends included. */
	for (unsigned part = 0; part < 4; part++) {
		static const size_t where[] = { 0, 1, 4093, 8192 - 8 };

		for (unsigned i = 0; i < ARRAY_SIZE(where); i++) {
			memset(memory, 0, sizeof(memory));
			memcpy(memory + where[i], secret + 8 * part, 8);
			assert_true(secret_search("memory", 0x1000, memory, sizeof(memory)));
			assert_string_equal(fake_vio.violation, "secret-leaked");
			memory[where[i]] ^= 1;
			assert_false(secret_search("memory", 0, memory, sizeof(memory)));
		}
	}
	assert_int_equal(secret_found(), 16);
	assert_int_equal(fake_vio.violations, 16);
	assert_false(secret_search("memory", 0, secret, 7));
	assert_true(secret_search("memory", 0, secret, 8));
}

static void test_several(void **state)
{
	u64 nonce[SECRET_MAX];

	for (unsigned i = 0; i < SECRET_MAX; i++)
		nonce[i] = secret_plant(i);
	for (unsigned i = 0; i < SECRET_MAX; i++) {
		secret_derive(nonce[i], secret);
		assert_true(secret_search("memory", 0, secret, SECRET_SIZE));
	}
}

static void test_values(void **state)
{
	secret_seen(1, 8); /* before anything is planted */
	secret_derive(secret_plant(3), secret);
	secret_seen(le_get(secret + 8, 8), 8);
	assert_int_equal(secret_found(), 1);
	secret_seen(le_get(secret, 8) ^ 1, 8);
	assert_int_equal(secret_found(), 1);
	for (unsigned width = 1; width <= 4; width *= 2) {
		setup(NULL);
		secret_derive(secret_plant(3), secret);
		for (unsigned i = 0; i < 16; i += width) {
			secret_seen(0xffffffffffffff00, 8); /* another stream between */
			secret_seen(le_get(secret + i, width), width);
		}
		assert_int_equal(secret_found(), 2);
		assert_int_equal(fake_vio.violations, 2);
	}
}

#define WATCHED "000102030405060708090a0b0c0d0e0f101112131415"

static void test_watched(void **state)
{
	for (unsigned i = 0; i < 22; i++)
		secret[i] = (u8)i;
	assert_true(secret_watch(""));
	assert_false(secret_planted());
	assert_true(secret_watch(WATCHED));
	assert_true(secret_planted());
	assert_false(secret_search("memory", 0, memory, sizeof(memory)));
	/* Both whole parts and the last eight bytes, nowhere else. */
	for (unsigned at = 0; at + 8 <= 22; at++) {
		memset(memory, 0xff, sizeof(memory));
		memcpy(memory + 77, secret + at, 8);
		assert_int_equal(secret_search("memory", 0, memory, sizeof(memory)),
				 at == 0 || at == 8 || at == 14);
	}
	assert_int_equal(secret_found(), 3);
	secret_seen(le_get(secret + 14, 8), 8);
	assert_int_equal(secret_found(), 4);
	/* Beside a planted one. */
	secret_derive(secret_plant(1), secret);
	assert_true(secret_search("memory", 0, secret, SECRET_SIZE));
}

static void test_watched_refused(void **state)
{
	static char longest[2 * SECRET_WATCH_MAX + 3];

	for (unsigned i = 0; i < 2 * SECRET_WATCH_MAX; i++)
		longest[i] = "0123456789abcdef"[i % 16];
	assert_true(secret_watch(longest));
	memcpy(longest + 2 * SECRET_WATCH_MAX, "00", 2);
	assert_false(secret_watch(longest));
	assert_false(secret_watch("00010203040506"));   /* short */
	assert_false(secret_watch("000102030405060"));  /* half a byte */
	assert_false(secret_watch("000102030405060X")); /* no hex */
	assert_false(secret_watch("0000000000000000")); /* everywhere */
	assert_false(secret_watch("0001020304050607aaaaaaaaaaaaaaaa"));
	assert_false(secret_watch("0000010101010101010101"));
}

/* What the host itself adds lies beside the user's and the planted ones. */
static void test_watched_bytes(void **state)
{
	u8 own[SECRET_MORE_MAX + 1];

	for (unsigned i = 0; i < sizeof(own); i++)
		own[i] = (u8)(0x80 + i);
	assert_true(secret_watch(WATCHED));
	assert_true(secret_watch_bytes(own, 32));
	assert_true(secret_search("memory", 0, own + 24, 8));
	for (unsigned i = 0; i < 22; i++)
		secret[i] = (u8)i;
	assert_true(secret_search("memory", 0, secret, 8));
	assert_true(secret_watch_bytes(own + 32, 32));
	assert_true(secret_search("memory", 0, own + 56, 8));
	assert_false(secret_watch_bytes(own, 7));
	assert_false(secret_watch_bytes(own, sizeof(own)));
	assert_true(secret_watch("")); /* all is forgotten */
	assert_false(secret_planted());
	/* As much as there is room for, beside the longest of the user's. */
	assert_true(secret_watch_bytes(own, 64));
	while (secret_watch_bytes(own, 32))
		assert_true(secret_planted());
	assert_true(secret_search("memory", 0, own, sizeof(own)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_derivation, setup),
		cmocka_unit_test_setup(test_nonces, setup),
		cmocka_unit_test_setup(test_search, setup),
		cmocka_unit_test_setup(test_several, setup),
		cmocka_unit_test_setup(test_values, setup),
		cmocka_unit_test_setup(test_watched, setup),
		cmocka_unit_test_setup(test_watched_refused, setup),
		cmocka_unit_test_setup(test_watched_bytes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
