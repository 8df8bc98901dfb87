/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entropy: bytes come as the device gave them, in as many pieces as it likes but not in endless
 * ones; an answer of nothing ends it.
 * sources: virtio/rng.c virtio/driver.c virtio/ring.c
 */
#include <setjmp.h>

#include "fake_virtio.h"

#include <cmocka.h>

static u32 at_most;
static u8 next;
static bool silent;

static void serve(u16 queue)
{
	struct fake_request r;

	while (!silent && fake_take(queue, &r)) {
		u32 len = MIN(r.in[0].len, at_most);

		assert_int_equal(r.in_count, 1);
		assert_int_equal(r.out_count, 0);
		for (u32 i = 0; i < len; i++)
			r.in[0].data[i] = next++;
		fake_finish(queue, r.head, len);
	}
}

static void start(u32 most)
{
	fake_start(0, serve);
	at_most = most;
	next = 1;
	silent = false;
}

static void test_read(void **state)
{
	static u8 buf[PAGE_SIZE * 2 + 100];

	for (u32 most = 100; most <= PAGE_SIZE; most *= 6) {
		start(most);
		memset(buf, 0, sizeof(buf));
		assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_OK);
		for (size_t i = 0; i < sizeof(buf); i++)
			assert_int_equal(buf[i], (u8)(i + 1));
		fake_end();
	}
	start(1);
	assert_int_equal(virtio_rng_read(&fake.device, buf, 0), ST_OK);
	assert_int_equal(virtio_rng_read(&fake.device, buf, 64), ST_OK);
	fake_end();
}

static void test_crumbs(void **state)
{
	u8 buf[65];

	start(1);
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_NO_PROGRESS);
	assert_int_equal(fake.device.broken, ST_OK);
	fake_end();
}

static void test_nothing(void **state)
{
	u8 buf[8];

	start(0);
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_PROTOCOL);
	assert_string_equal(fake.device.why, "rng: an answer without a byte");
	fake_end();
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_PROTOCOL);

	start(8);
	silent = true;
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_TIMEOUT);
	fake_end();
}

static void serve_wrong(u16 queue)
{
	struct fake_request r;

	while (fake_take(queue, &r))
		fake_finish(queue, r.head, r.in[0].len + 1);
}

static void test_refused(void **state)
{
	u8 buf[8];

	start(8);
	fake.serve = serve_wrong;
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_PROTOCOL);
	fake_end();

	start(8);
	fake.no_pages = true;
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_NO_MEMORY);
	fake_end();

	start(8);
	fake.queue_max[0] = 0;
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_PROTOCOL);
	fake_end();

	start(8);
	fake.ready_status = ST_PROTOCOL;
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_PROTOCOL);
	fake_end();

	start(8);
	fake.device.claimed = true;
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_STATE);
}

/* A device that does not let itself be reset keeps the page it may still write to. */
static void test_no_reset(void **state)
{
	u8 buf[8];

	start(8);
	fake.close_status = ST_PROTOCOL;
	assert_int_equal(virtio_rng_read(&fake.device, buf, sizeof(buf)), ST_PROTOCOL);
	assert_int_equal(fake_live(), 1);
	fake_start(0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),     cmocka_unit_test(test_crumbs),
		cmocka_unit_test(test_nothing),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
