/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Break, convert, make: the order is asserted, and nothing is mapped after a failure.
 * sources: mm/convert.c mm/memmap.c lib/range.c
 */
#include "fake_mm.h"

static struct range block;

static void reset(void)
{
	fake_reset(2 * BLOCK_SIZE);
	memset(arena, 0xa5, 2 * BLOCK_SIZE);
	block = (struct range){ arena_base(), BLOCK_SIZE };
}

static void assert_order(enum act a, enum act b, enum act c)
{
	assert_int_equal(event_count, 3);
	assert_int_equal(events[0].act, a);
	assert_int_equal(events[1].act, b);
	assert_int_equal(events[2].act, c);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(events[i].range.base, block.base);
		assert_int_equal(events[i].range.size, block.size);
	}
}

static void assert_content(u64 zeros)
{
	for (u64 i = 0; i < 2 * BLOCK_SIZE; i++)
		assert_int_equal(arena[i], i < zeros ? 0 : 0xa5);
}

static void test_order(void **state)
{
	reset();
	assert_int_equal(convert_to_shared(block), ST_OK);
	assert_order(ACT_UNMAP, ACT_SHARE, ACT_MAP_SHARED);
	assert_content(BLOCK_SIZE);
	reset();
	assert_int_equal(convert_to_private(block), ST_OK);
	assert_order(ACT_UNMAP, ACT_UNSHARE, ACT_MAP_PRIVATE);
	assert_content(BLOCK_SIZE);
}

/* A platform that names memory by its virtual address finds it mapped private. */
static void test_order_mapped(void **state)
{
	reset();
	fake_ops.converts_mapped = true;
	assert_int_equal(convert_to_shared(block), ST_OK);
	assert_order(ACT_SHARE, ACT_UNMAP, ACT_MAP_SHARED);
	assert_content(BLOCK_SIZE);
	reset();
	fake_ops.converts_mapped = true;
	assert_int_equal(convert_to_private(block), ST_OK);
	assert_order(ACT_UNMAP, ACT_MAP_PRIVATE, ACT_UNSHARE);
	assert_content(BLOCK_SIZE);
}

static u8 seen_by_host[2]; /* the block's first and last byte when it was shared */

static enum status share_looks(struct range r)
{
	seen_by_host[0] = arena[0];
	seen_by_host[1] = arena[BLOCK_SIZE - 1];
	memset(arena, 0x5a, BLOCK_SIZE); /* and what it leaves there */
	return log_event(ACT_SHARE, r);
}

/* Where the content stays, zeros are all the host ever finds; and it is zeroed after, too. */
static void test_in_place(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		reset();
		fake_ops.share = share_looks;
		fake_ops.in_place = i != 0;
		assert_int_equal(convert_to_shared(block), ST_OK);
		assert_order(ACT_UNMAP, ACT_SHARE, ACT_MAP_SHARED);
		assert_int_equal(seen_by_host[0], i == 0 ? 0xa5 : 0);
		assert_int_equal(seen_by_host[1], i == 0 ? 0xa5 : 0);
		assert_content(BLOCK_SIZE);
	}
	fake_ops.share = fake_share;
	reset();
	fake_ops.in_place = true;
	assert_int_equal(convert_to_private(block), ST_OK);
	assert_order(ACT_UNMAP, ACT_UNSHARE, ACT_MAP_PRIVATE);
	assert_content(BLOCK_SIZE);
	/* Not before it is ours to write: bad ranges leave everything alone. */
	reset();
	fake_ops.in_place = true;
	block.size = PAGE_SIZE;
	assert_int_equal(convert_to_shared(block), ST_ALIGN);
	assert_content(0);
}

static void test_failures_mapped(void **state)
{
	reset();
	fake_ops.converts_mapped = true;
	next_result[ACT_SHARE] = ST_DENIED;
	assert_int_equal(convert_to_shared(block), ST_DENIED);
	assert_int_equal(event_count, 2);
	assert_int_equal(events[1].act, ACT_UNMAP);
	assert_content(0);
	reset();
	fake_ops.converts_mapped = true;
	next_result[ACT_UNMAP] = ST_STATE;
	assert_int_equal(convert_to_shared(block), ST_STATE);
	assert_int_equal(count_events(ACT_MAP_SHARED), 0);
	reset();
	fake_ops.converts_mapped = true;
	next_result[ACT_UNSHARE] = ST_NO_PROGRESS;
	assert_int_equal(convert_to_private(block), ST_NO_PROGRESS);
	assert_int_equal(event_count, 4);
	assert_int_equal(events[3].act, ACT_UNMAP);
	assert_content(0);
	reset();
	fake_ops.converts_mapped = true;
	next_result[ACT_MAP_PRIVATE] = ST_NO_MEMORY;
	assert_int_equal(convert_to_private(block), ST_NO_MEMORY);
	assert_int_equal(count_events(ACT_UNSHARE), 0);
}

static void test_failures(void **state)
{
	reset();
	next_result[ACT_UNMAP] = ST_STATE;
	assert_int_equal(convert_to_shared(block), ST_STATE);
	assert_int_equal(event_count, 1);
	reset();
	next_result[ACT_SHARE] = ST_DENIED;
	assert_int_equal(convert_to_shared(block), ST_DENIED);
	assert_int_equal(count_events(ACT_MAP_SHARED), 0);
	assert_content(0);
	reset();
	next_result[ACT_UNSHARE] = ST_NO_PROGRESS;
	assert_int_equal(convert_to_private(block), ST_NO_PROGRESS);
	assert_int_equal(count_events(ACT_MAP_PRIVATE), 0);
	reset();
	next_result[ACT_MAP_SHARED] = ST_NO_MEMORY;
	assert_int_equal(convert_to_shared(block), ST_NO_MEMORY);
	assert_content(0);
}

static void test_whole_blocks(void **state)
{
	reset();
	block.size = PAGE_SIZE;
	assert_int_equal(convert_to_shared(block), ST_ALIGN);
	block.base += PAGE_SIZE;
	block.size = BLOCK_SIZE;
	assert_int_equal(convert_to_private(block), ST_ALIGN);
	block.size = 0;
	assert_int_equal(convert_to_shared(block), ST_OVERFLOW);
	assert_int_equal(event_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),           cmocka_unit_test(test_order_mapped),
		cmocka_unit_test(test_failures_mapped), cmocka_unit_test(test_failures),
		cmocka_unit_test(test_whole_blocks),    cmocka_unit_test(test_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
