/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources: hosts/common/vdev_ring.c hosts/common/vdev_mem.c lib/print.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "fake_vio.h"

#define DESC   (FAKE_BASE)
#define DRIVER (FAKE_BASE + PAGE_SIZE)
#define DEVICE (FAKE_BASE + 2 * PAGE_SIZE)
#define TABLE  (FAKE_BASE + 3 * PAGE_SIZE)
#define DATA   (FAKE_BASE + 4 * PAGE_SIZE)
#define NEXT   VIRTQ_DESC_F_NEXT
#define WRITE  VIRTQ_DESC_F_WRITE
#define TABLES VIRTQ_DESC_F_INDIRECT

static struct vdev_ring r;
static struct vdev_chain c;

static int setup(void **state)
{
	fake_vio_reset();
	vdev_ring_reset(&r);
	r.q.size = 8;
	r.q.desc = DESC;
	r.q.driver = DRIVER;
	r.q.device = DEVICE;
	r.q.enabled = true;
	r.indirect = true;
	return 0;
}

/* Descriptor 3 is made so; what does the device say of it? */
static enum status one(u64 address, u32 len, u16 flags, u16 next)
{
	setup(NULL);
	drv_desc(DESC, 3, address, len, flags, next);
	drv_publish(&r.q, 3);
	return vdev_ring_take(&r, &c);
}

static void test_well_formed(void **state)
{
	struct vtap_queue q = r.q;

	assert_true(vdev_ring_well_formed(&q));
#define BAD(field, value)                                                                          \
	do {                                                                                       \
		q = r.q;                                                                           \
		q.field = value;                                                                   \
		assert_false(vdev_ring_well_formed(&q));                                           \
	} while (0)
	BAD(size, 0);
	BAD(size, 3);
	BAD(size, 0xc000);
	BAD(desc, DESC + 8);
	BAD(driver, DRIVER + 1);
	BAD(device, DEVICE + 2);
	BAD(desc, ~0ULL << 4);
	BAD(driver, ~0ULL << 1);
	BAD(device, ~0ULL << 2);
#undef BAD
	q = r.q;
	q.size = 32768;
	assert_true(vdev_ring_well_formed(&q));
}

static void test_take_and_put(void **state)
{
	u8 buf[64];

	assert_int_equal(vdev_ring_take(&r, &c), ST_NOT_FOUND);
	memcpy(at(DATA), "hello", 5);
	memcpy(at(DATA + 100), " world", 6);
	drv_desc(DESC, 5, DATA, 5, NEXT, 2);
	drv_desc(DESC, 2, DATA + 100, 6, NEXT, 7);
	drv_desc(DESC, 7, DATA + PAGE_SIZE - 4, 8, WRITE, 0);
	drv_publish(&r.q, 5);
	assert_int_equal(vdev_ring_take(&r, &c), ST_OK);
	assert_int_equal(c.head, 5);
	assert_int_equal(c.n, 3);
	assert_int_equal(c.readable, 2);
	assert_int_equal(c.readable_bytes, 11);
	assert_int_equal(c.writable_bytes, 8);
	assert_true(vdev_chain_get(&c, 3, buf, 8));
	assert_memory_equal(buf, "lo world", 8);
	assert_false(vdev_chain_get(&c, 4, buf, 8));
	assert_true(vdev_chain_put(&c, 0, "12345678", 8)); /* over the end of a page */
	assert_memory_equal(at(DATA + PAGE_SIZE - 4), "12345678", 8);
	assert_false(vdev_chain_put(&c, 1, "12345678", 8));
	assert_int_equal(vdev_ring_put(&r, 5, 8), ST_OK);
	assert_int_equal(drv_used_idx(&r.q), 1);
	assert_int_equal(drv_used_id(&r.q, 0), 5);
	assert_int_equal(drv_used_len(&r.q, 0), 8);
	assert_int_equal(vdev_ring_take(&r, &c), ST_NOT_FOUND);
}

static void test_wrap(void **state)
{
	drv_desc(DESC, 1, DATA, 16, WRITE, 0);
	for (unsigned i = 0; i < 70000; i++) {
		drv_publish(&r.q, 1);
		assert_int_equal(vdev_ring_take(&r, &c), ST_OK);
		assert_int_equal(vdev_ring_put(&r, 1, 16), ST_OK);
		assert_int_equal(drv_used_idx(&r.q), (u16)(i + 1));
	}
}

static void test_index_jumps(void **state)
{
	poke(DRIVER + 2, 8, 2); /* all of them: allowed */
	drv_desc(DESC, 0, DATA, 16, WRITE, 0);
	assert_int_equal(vdev_ring_take(&r, &c), ST_OK);
	setup(NULL);
	drv_desc(DESC, 0, DATA, 16, WRITE, 0);
	poke(DRIVER + 2, 9, 2);
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
	poke(DRIVER + 2, 1, 2); /* for good */
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
	setup(NULL);
	r.next_avail = 5;
	poke(DRIVER + 2, 4, 2); /* back */
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
}

static void test_bad_descriptors(void **state)
{
	assert_int_equal(one(DATA, 16, WRITE, 0), ST_OK);
	assert_int_equal(one(DATA, 0, WRITE, 0), ST_PROTOCOL);
	assert_int_equal(one(~0ULL - 7, 16, WRITE, 0), ST_PROTOCOL);
	assert_int_equal(one(DATA, 16, NEXT, 8), ST_PROTOCOL);
	setup(NULL); /* what lies behind the table is no descriptor, whatever it says */
	drv_desc(DESC, 8, DATA, 16, 0, 0);
	drv_desc(DESC, 3, DATA, 16, NEXT, 8);
	drv_publish(&r.q, 3);
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
	assert_int_equal(one(DATA, 16, NEXT, 0xffff), ST_PROTOCOL);
	assert_int_equal(one(DATA, 16, NEXT, 3), ST_PROTOCOL); /* itself, for ever */
	assert_true(r.broken);
	setup(NULL);
	drv_publish(&r.q, 8); /* a head that is none */
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
}

static void test_order_and_sum(void **state)
{
	drv_desc(DESC, 0, DATA, 16, WRITE | NEXT, 1);
	drv_desc(DESC, 1, DATA, 16, 0, 0);
	drv_publish(&r.q, 0);
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
	setup(NULL);
	drv_desc(DESC, 0, DATA, 0x80000000, NEXT, 1);
	drv_desc(DESC, 1, DATA, 0x80000000, 0, 0);
	drv_publish(&r.q, 0);
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
	setup(NULL); /* as long as the queue: allowed */
	for (u16 i = 0; i < 8; i++)
		drv_desc(DESC, i, DATA, 4, i < 7 ? NEXT : 0, (u16)(i + 1));
	drv_publish(&r.q, 0);
	assert_int_equal(vdev_ring_take(&r, &c), ST_OK);
	assert_int_equal(c.n, 8);
}

static void test_indirect(void **state)
{
	drv_desc(TABLE, 0, DATA, 4, NEXT, 2);
	drv_desc(TABLE, 2, DATA, 8, WRITE, 0);
	assert_int_equal(one(TABLE, 48, TABLES, 0), ST_PROTOCOL); /* setup() cleared the table */
	setup(NULL);
	drv_desc(TABLE, 0, DATA, 4, NEXT, 2);
	drv_desc(TABLE, 2, DATA, 8, WRITE, 0);
	drv_desc(DESC, 3, TABLE, 48, TABLES, 0);
	drv_publish(&r.q, 3);
	assert_int_equal(vdev_ring_take(&r, &c), ST_OK);
	assert_int_equal(c.head, 3);
	assert_int_equal(c.readable_bytes, 4);
	assert_int_equal(c.writable_bytes, 8);
}

/* One thing wrong with an indirect table each. */
static enum status indirect(u64 address, u32 len, u16 flags, u16 inner_flags, u16 inner_next)
{
	setup(NULL);
	for (u16 i = 0; i < 16; i++)
		drv_desc(TABLE, i, DATA, 4, inner_flags,
			 inner_next != 0 ? inner_next : (u16)(i + 1));
	drv_desc(DESC, 3, address, len, flags, 4);
	drv_desc(DESC, 4, DATA, 4, WRITE, 0);
	drv_publish(&r.q, 3);
	return vdev_ring_take(&r, &c);
}

static void test_indirect_bad(void **state)
{
	assert_int_equal(indirect(TABLE, 16, TABLES, 0, 0), ST_OK);
	assert_int_equal(indirect(TABLE, 16, TABLES | NEXT, 0, 0), ST_PROTOCOL);
	assert_int_equal(indirect(TABLE, 0, TABLES, 0, 0), ST_PROTOCOL);
	assert_int_equal(indirect(TABLE, 24, TABLES, 0, 0), ST_PROTOCOL);
	assert_int_equal(indirect(~0ULL - 15, 32, TABLES, 0, 0), ST_PROTOCOL);
	assert_int_equal(indirect(TABLE, 16, TABLES, TABLES, 0), ST_PROTOCOL);
	assert_int_equal(indirect(TABLE, 32, TABLES, NEXT, 2), ST_PROTOCOL);
	assert_int_equal(indirect(TABLE, 256, TABLES, NEXT, 0),
			 ST_PROTOCOL); /* longer than the queue */
	assert_int_equal(indirect(TABLE, 32, TABLES, NEXT, 1), ST_PROTOCOL); /* a loop */
	setup(NULL);
	r.indirect = false;
	drv_desc(TABLE, 0, DATA, 4, 0, 0);
	drv_desc(DESC, 3, TABLE, 16, TABLES, 0);
	drv_publish(&r.q, 3);
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
	setup(NULL); /* behind another descriptor */
	drv_desc(TABLE, 0, DATA, 4, 0, 0);
	drv_desc(DESC, 2, DATA, 4, NEXT, 3);
	drv_desc(DESC, 3, TABLE, 16, TABLES, 0);
	drv_publish(&r.q, 2);
	assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
}

static void test_private(void **state)
{
	u8 buf[16];

	drv_desc(DESC, 3, DATA, 16, WRITE, 0);
	drv_publish(&r.q, 3);
	fake_vio.is_private[4] = true; /* the buffer */
	assert_int_equal(vdev_ring_take(&r, &c), ST_OK);
	assert_false(vdev_chain_put(&c, 0, "0123456789abcdef", 16));
	for (unsigned page = 0; page < 3; page++) {
		setup(NULL);
		drv_desc(DESC, 3, DATA, 16, WRITE, 0);
		drv_publish(&r.q, 3);
		fake_vio.is_private[page] = true;
		if (page < 2) {
			assert_int_equal(vdev_ring_take(&r, &c), ST_PROTOCOL);
			continue;
		}
		assert_int_equal(vdev_ring_take(&r, &c), ST_OK);
		assert_int_equal(vdev_ring_put(&r, 3, 0), ST_PROTOCOL);
		assert_int_equal(vdev_ring_want_notify(&r), ST_PROTOCOL);
	}
	/* With the fault the private side is reached, and it alone. */
	setup(NULL);
	fake_vio.is_private[4] = true;
	fake_vio.fault = FAULT_DMA_PRIVATE_REACHED;
	memcpy(fake_vio.hidden + 4 * PAGE_SIZE, "private", 7);
	assert_true(vio_load(DATA, buf, 7));
	assert_memory_equal(buf, "private", 7);
	assert_false(vio_load(~0ULL - 3, buf, 8));
	assert_false(vio_load(FAKE_BASE + FAKE_SIZE - 4, buf, 8));
	assert_false(vio_store(FAKE_BASE + FAKE_SIZE - 4, buf, 8));
	assert_false(vio_put16(DATA + 1, 1));
	assert_false(vio_shared(DATA, PAGE_SIZE));
	assert_false(vio_shared(DATA + PAGE_SIZE, 0));
	assert_true(vio_shared(DATA + PAGE_SIZE, 2 * PAGE_SIZE));
	assert_false(vio_shared(DATA - PAGE_SIZE, 2 * PAGE_SIZE));
}

static void test_interrupts(void **state)
{
	assert_false(vdev_ring_must_interrupt(&r)); /* nothing done */
	vdev_ring_put(&r, 0, 0);
	assert_true(vdev_ring_must_interrupt(&r));
	assert_false(vdev_ring_must_interrupt(&r)); /* once */
	poke(DRIVER, VIRTQ_AVAIL_F_NO_INTERRUPT, 2);
	vdev_ring_put(&r, 0, 0);
	assert_false(vdev_ring_must_interrupt(&r));
	setup(NULL);
	r.event_idx = true;
	poke(DRIVER + 4 + 16, 1, 2); /* used_event: when the second is done */
	vdev_ring_put(&r, 0, 0);
	assert_false(vdev_ring_must_interrupt(&r));
	vdev_ring_put(&r, 0, 0);
	assert_true(vdev_ring_must_interrupt(&r));
	vdev_ring_put(&r, 0, 0);
	assert_false(vdev_ring_must_interrupt(&r));
	r.broken = true;
	vdev_ring_put(&r, 0, 0);
	assert_false(vdev_ring_must_interrupt(&r));
}

static void test_want_notify(void **state)
{
	poke(DEVICE, VIRTQ_USED_F_NO_NOTIFY, 2);
	assert_int_equal(vdev_ring_want_notify(&r), ST_OK);
	assert_int_equal(peek(DEVICE, 2), 0);
	r.event_idx = true;
	r.next_avail = 77;
	assert_int_equal(vdev_ring_want_notify(&r), ST_OK);
	assert_int_equal(peek(DEVICE + 4 + 8 * 8, 2), 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_well_formed, setup),
		cmocka_unit_test_setup(test_take_and_put, setup),
		cmocka_unit_test_setup(test_wrap, setup),
		cmocka_unit_test_setup(test_index_jumps, setup),
		cmocka_unit_test_setup(test_bad_descriptors, setup),
		cmocka_unit_test_setup(test_order_and_sum, setup),
		cmocka_unit_test_setup(test_indirect, setup),
		cmocka_unit_test_setup(test_indirect_bad, setup),
		cmocka_unit_test_setup(test_private, setup),
		cmocka_unit_test_setup(test_interrupts, setup),
		cmocka_unit_test_setup(test_want_notify, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
