/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes of a workload: a CPU that gives them, one that has no source, one whose source is
 * dry, and those that lie: a word for ever, few words in turn, zeros, small numbers, a counter.
 * What an entropy device says changes nothing for the worse.
 * sources: workload/entropy.c
 * libs: -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arch.h"
#include "cvm.h"
#include "virtio.h"
#include "workload/runtime.h"

enum lie {
	GOOD,      /* all different, half of the bits set */
	ABSENT,    /* no such instruction */
	DRY,       /* never any */
	SLOW,      /* every fourth time */
	CONSTANT,  /* the same word, carry flag set */
	ONES,      /* all ones: seen on real CPUs after a suspend */
	ZEROS,     /* zeros: seen on real CPUs when hurried */
	THREE,     /* three words in turn */
	COUNTER,   /* 1, 2, 3 ... */
	HEAVY,     /* different words, but nearly all bits set */
	LATER,     /* good for one seed, then one word */
	GONE_LATER /* good for one seed, then no such instruction */
};

static enum lie lie[2]; /* by enum random_kind */
static u64 asked[2], given[2], relaxed;
static u64 stream_state;
static u8 device_byte;
static enum status device_status;
static bool device_there;
static unsigned device_reads;
static struct virtio_device device;
static u8 platform_byte;
static enum status platform_status;
static unsigned platform_reads;

static u64 good_word(void)
{
	u64 z = stream_state += 0x9e3779b97f4a7c15; /* SplitMix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

enum status arch_random(enum random_kind kind, u64 *value)
{
	u64 n = asked[kind]++;

	*value = 0;
	switch (lie[kind]) {
	case ABSENT:
		return ST_UNSUPPORTED;
	case DRY:
		return ST_INCOMPLETE;
	case SLOW:
		if (n % 4 != 3)
			return ST_INCOMPLETE;
		break;
	case GONE_LATER:
		if (given[kind] >= 16)
			return ST_UNSUPPORTED;
		break;
	default:
		break;
	}
	given[kind]++;
	*value = good_word();
	if (lie[kind] == CONSTANT || (lie[kind] == LATER && given[kind] > 16))
		*value = 0x0123456789abcdef;
	if (lie[kind] == ONES)
		*value = ~0ULL;
	if (lie[kind] == ZEROS)
		*value = 0;
	if (lie[kind] == THREE)
		*value = 0x5555aaaa12345678 + n % 3;
	if (lie[kind] == COUNTER)
		*value = n + 1;
	if (lie[kind] == HEAVY)
		*value = ~BIT(n % 64);
	return ST_OK;
}

void arch_cpu_relax(void)
{
	relaxed++;
}

struct virtio_device *virtio_find(u32 id, unsigned nth)
{
	assert_int_equal(id, VIRTIO_ID_ENTROPY);
	return device_there && nth == 0 ? &device : NULL;
}

enum status virtio_rng_read(struct virtio_device *d, void *buf, size_t size)
{
	assert_ptr_equal(d, &device);
	assert_true(size >= 16);
	device_reads++;
	memset(buf, device_byte, size);
	return device_status;
}

static enum status platform_entropy(u8 bytes[CVM_ENTROPY_BYTES])
{
	platform_reads++;
	memset(bytes, platform_byte, CVM_ENTROPY_BYTES);
	return platform_status;
}

static struct cvm_ops ops;
struct cvm cvm = { .ops = &ops };

static void cpu(enum lie seed, enum lie number)
{
	entropy_end();
	memset(asked, 0, sizeof(asked));
	memset(given, 0, sizeof(given));
	relaxed = device_reads = 0;
	stream_state = 1;
	lie[RANDOM_SEED] = seed;
	lie[RANDOM_NUMBER] = number;
	device_there = false;
	device_status = ST_OK;
	device_byte = 0;
	ops.entropy = NULL;
	platform_status = ST_OK;
	platform_reads = 0;
}

static bool is_zero(const u8 *p, size_t n)
{
	u8 any = 0;

	while (n-- > 0)
		any |= p[n];
	return any == 0;
}

/* Fails as it says, for good, and writes nothing. */
static void refused(enum lie seed, enum lie number, enum status expected)
{
	u8 out[64] = { 0 };

	cpu(seed, number);
	assert_int_equal(entropy_random(out, sizeof(out)), expected);
	lie[RANDOM_SEED] = lie[RANDOM_NUMBER] = GOOD;
	assert_int_equal(entropy_random(out, sizeof(out)), expected);
	assert_true(is_zero(out, sizeof(out)));
}

static void accepted(enum lie seed, enum lie number)
{
	u8 out[2][64] = { { 0 } };

	cpu(seed, number);
	assert_int_equal(entropy_random(out[0], 64), ST_OK);
	assert_int_equal(entropy_random(out[1], 64), ST_OK);
	assert_false(is_zero(out[0], 64));
	assert_memory_not_equal(out[0], out[1], 64);
}

static void test_sources(void **state)
{
	accepted(GOOD, GOOD);
	assert_true(given[RANDOM_SEED] >= 16 && given[RANDOM_NUMBER] >= 16);
	accepted(ABSENT, GOOD);
	accepted(DRY, GOOD);
	assert_true(relaxed > 0);
	accepted(GOOD, ABSENT);
	accepted(GOOD, DRY);
	accepted(SLOW, SLOW);
}

static void test_no_source(void **state)
{
	refused(ABSENT, ABSENT, ST_UNSUPPORTED);
	refused(DRY, ABSENT, ST_NO_PROGRESS);
	refused(ABSENT, DRY, ST_NO_PROGRESS);
	refused(DRY, DRY, ST_NO_PROGRESS);
	/* Each word was tried a bounded number of times. */
	cpu(DRY, DRY);
	assert_int_equal(entropy_random(&(u8){ 0 }, 1), ST_NO_PROGRESS);
	assert_in_range(asked[RANDOM_SEED], 10, 1000);
	assert_in_range(asked[RANDOM_NUMBER], 10, 100);
}

static void test_lies(void **state)
{
	static const enum lie lies[] = { CONSTANT, ONES, ZEROS, THREE, COUNTER, HEAVY };

	for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
		refused(lies[i], GOOD, ST_CORRUPT); /* also when the other is good */
		refused(GOOD, lies[i], ST_CORRUPT);
		refused(ABSENT, lies[i], ST_CORRUPT);
		refused(lies[i], ABSENT, ST_CORRUPT);
	}
}

/* A source that was good at first is watched all the time. */
static void test_later(void **state)
{
	u8 out[64];

	for (unsigned i = 0; i < 2; i++) {
		cpu(i == 0 ? LATER : GOOD, i == 0 ? GOOD : LATER);
		assert_int_equal(entropy_random(out, sizeof(out)), ST_OK);
		memset(out, 0, sizeof(out));
		assert_int_equal(entropy_random(out, sizeof(out)), ST_CORRUPT);
		assert_true(is_zero(out, sizeof(out)));
	}
	cpu(GONE_LATER, GONE_LATER);
	assert_int_equal(entropy_random(out, sizeof(out)), ST_OK);
	assert_int_equal(entropy_random(out, sizeof(out)), ST_UNSUPPORTED);
	assert_int_equal(entropy_random(out, sizeof(out)), ST_UNSUPPORTED);
}

/* The device's bytes enter, and with the worst of them the CPU's still count. */
static void test_device(void **state)
{
	u8 out[5][32];

	cpu(GOOD, GOOD);
	assert_int_equal(entropy_random(out[0], 32), ST_OK);
	for (unsigned i = 1; i < 4; i++) {
		cpu(GOOD, GOOD);
		device_there = true;
		device_byte = (u8)(i * 0x55);
		device_status = i < 3 ? ST_OK : ST_PROTOCOL;
		assert_int_equal(entropy_random(out[i], 32), ST_OK);
		assert_int_equal(device_reads, 1);
	}
	assert_memory_not_equal(out[1], out[0], 32);
	assert_memory_not_equal(out[1], out[2], 32);
	assert_memory_equal(out[3], out[0], 32); /* it gave nothing */
	/* The same device bytes, another CPU's words. */
	cpu(GOOD, GOOD);
	device_there = true;
	device_byte = 0x55;
	stream_state = 2;
	assert_int_equal(entropy_random(out[4], 32), ST_OK);
	assert_memory_not_equal(out[4], out[1], 32);
	/* A device alone is no source. */
	cpu(ABSENT, ABSENT);
	device_there = true;
	assert_int_equal(entropy_random(out[4], 32), ST_UNSUPPORTED);
}

/* As the device: its bytes enter, those of a failed call do not, and alone it is no source. */
static void test_platform(void **state)
{
	u8 out[4][32];

	for (unsigned i = 0; i < 4; i++) {
		cpu(GOOD, GOOD);
		ops.entropy = i == 0 ? NULL : platform_entropy;
		platform_byte = (u8)(i * 0x55);
		platform_status = i < 3 ? ST_OK : ST_INCOMPLETE;
		assert_int_equal(entropy_random(out[i], 32), ST_OK);
		assert_int_equal(platform_reads, i == 0 ? 0 : 1);
	}
	assert_memory_not_equal(out[1], out[0], 32);
	assert_memory_not_equal(out[1], out[2], 32);
	assert_memory_equal(out[3], out[0], 32);
	/* The same bytes from below, another CPU's words. */
	cpu(GOOD, GOOD);
	ops.entropy = platform_entropy;
	platform_byte = 0x55;
	stream_state = 2;
	assert_int_equal(entropy_random(out[0], 32), ST_OK);
	assert_memory_not_equal(out[0], out[1], 32);
	cpu(ABSENT, ABSENT);
	ops.entropy = platform_entropy;
	assert_int_equal(entropy_random(out[0], 32), ST_UNSUPPORTED);
}

/* More than one answer of the generator, and none at all. */
static void test_sizes(void **state)
{
	static u8 out[100000], again[100000];

	cpu(GOOD, GOOD);
	assert_int_equal(entropy_random(out, 0), ST_OK);
	assert_int_equal(entropy_random(out, sizeof(out)), ST_OK);
	assert_false(is_zero(out + sizeof(out) - 32, 32));
	assert_memory_not_equal(out, out + 32768, 64);
	assert_int_equal(entropy_random(again, sizeof(again)), ST_OK);
	assert_memory_not_equal(out, again, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources), cmocka_unit_test(test_no_source),
		cmocka_unit_test(test_lies),    cmocka_unit_test(test_later),
		cmocka_unit_test(test_device),  cmocka_unit_test(test_platform),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
