/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X for every host: the guest's table, masks and pending bits, and the monitor's own messages
 * in the machine's table. The host behind it is a list of what it was told.
 *
 * sources: hosts/common/msix.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/msix.h"
#include "common/vdev.h"
#include "core/core.h"

#define CAP     0x98u
#define ENTRIES 4u
#define BAR     1u
#define TABLE   0x100u
#define PBA     0x800u
#define MACHINE 0xfe000000ULL
#define BELL    0x1fee00000ULL
#define GUEST   0x8090040ULL
#define ENABLE  0x8000u
#define MASKALL 0x4000u

static struct msix m, other;
static struct {
	u32 control, table, pba;
	unsigned cap;
	u32 memory[4 * ENTRIES], other[4 * ENTRIES];
	bool enabled;
	unsigned control_writes, connected, room;
	struct {
		u16 bdf;
		unsigned entry;
	} message[MSIX_MESSAGES];
	unsigned sent;
	u16 bdf;
	u64 address;
	u32 data;
	bool under_way;
	unsigned times;
	enum fault_id fault;
} fake;

static u32 config_read(u16 bdf, unsigned offset, unsigned width)
{
	assert_int_equal(width, offset == CAP + 2 ? 2 : 4);
	return offset == CAP + 2 ? fake.control : offset == CAP + 4 ? fake.table : fake.pba;
}

static void config_write(u16 bdf, unsigned offset, unsigned width, u32 value)
{
	assert_int_equal(offset, CAP + 2);
	assert_int_equal(width, 2);
	assert_true(value == 0 || value == ENABLE);
	fake.enabled = value != 0;
	fake.control_writes++;
}

/* The table is whole before it is switched on. */
static void table_write(u64 address, u32 value)
{
	u32 *words = address >= MACHINE + PAGE_SIZE ? fake.other : fake.memory;
	u64 at = address & (PAGE_SIZE - 1);

	assert_true(at < sizeof(fake.memory) && at % 4 == 0);
	words[at / 4] = value;
}

static unsigned capability(u16 bdf, u8 id, unsigned after)
{
	assert_int_equal(id, 0x11);
	assert_int_equal(after, 0);
	return fake.cap;
}

static bool own_message(unsigned n, u16 bdf, unsigned entry, u64 *address, u32 *data)
{
	assert_true(n < MSIX_MESSAGES);
	if (n >= fake.room)
		return false;
	assert_int_equal(n, fake.connected++);
	fake.message[n].bdf = bdf;
	fake.message[n].entry = entry;
	*address = BELL;
	*data = 0x60 + n;
	return true;
}

static void deliver(u16 bdf, u64 address, u32 data)
{
	fake.sent++;
	fake.bdf = bdf;
	fake.address = address;
	fake.data = data;
}

static bool under_way(u16 bdf, u64 address, u32 data)
{
	assert_int_equal(bdf, m.bdf);
	assert_int_equal(address, GUEST);
	return fake.under_way;
}

const struct msix_host msix_host = {
	.config_read = config_read,
	.config_write = config_write,
	.table_write = table_write,
	.capability = capability,
	.connect = own_message,
	.deliver = deliver,
	.under_way = under_way,
};

unsigned vtap_interrupt(void)
{
	return fake.times;
}

bool fault_on(enum fault_id f)
{
	return f != FAULT_NONE_ && f == fake.fault;
}

static int setup(void **state)
{
	memset(&fake, 0, sizeof(fake));
	fake.cap = CAP;
	fake.control = ENTRIES - 1;
	fake.table = TABLE | BAR;
	fake.pba = PBA | BAR;
	fake.room = MSIX_MESSAGES;
	fake.times = 1;
	msix_reset();
	assert_true(msix_find(&m, 0x10));
	m.machine_table = MACHINE;
	return 0;
}

static u64 rd(u64 offset, unsigned width)
{
	u64 v = 5;

	assert_true(msix_read(&m, BAR, offset, width, &v));
	return v;
}

static void wr(u64 offset, unsigned width, u64 value)
{
	assert_true(msix_write(&m, BAR, offset, width, value));
}

static void entry(unsigned n, u32 data, u32 control)
{
	wr(TABLE + 16 * n, 8, GUEST);
	wr(TABLE + 16 * n + 8, 8, data | (u64)control << 32);
}

static void mask(unsigned n, u32 control)
{
	wr(TABLE + 16 * n + 12, 4, control);
}

static void find(void **state)
{
	struct msix f;

	assert_int_equal(m.cap, CAP);
	assert_int_equal(m.count, ENTRIES);
	assert_int_equal(m.table_bar, BAR);
	assert_int_equal(m.table, TABLE);
	assert_int_equal(m.pba, PBA);
	fake.control = 0x7ff & (MSIX_ENTRIES - 1);
	assert_true(msix_find(&f, 0x10));
	fake.control = MSIX_ENTRIES;
	assert_false(msix_find(&f, 0x10));
	fake.control = 0;
	fake.table = TABLE | 6;
	assert_false(msix_find(&f, 0x10));
	fake.table = TABLE | 5;
	fake.pba = PBA | 7;
	assert_false(msix_find(&f, 0x10));
	/* None is one that can be stood in for. */
	fake.cap = 0;
	assert_true(msix_find(&f, 0x10));
	assert_int_equal(f.cap, 0);
	assert_false(msix_read(&f, BAR, TABLE, 4, &(u64){ 0 }));
	assert_false(msix_write(&f, BAR, TABLE, 4, 0));
}

/* Which accesses are its own, and what they see. */
static void reach(void **state)
{
	static const u64 outside[] = { TABLE - 8, TABLE + 16 * ENTRIES, PBA - 8, PBA + 8 };
	u64 v;

	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		assert_false(msix_read(&m, BAR, outside[i], 8, &v));
		assert_false(msix_write(&m, BAR, outside[i], 8, 0));
	}
	assert_false(msix_read(&m, BAR + 1, TABLE, 4, &v));
	assert_false(msix_write(&m, BAR + 1, PBA, 4, 0));
	for (unsigned n = 0; n < ENTRIES; n++)
		assert_int_equal(rd(TABLE + 16 * n + 8, 8), 1ULL << 32);
	wr(TABLE, 8, 0xfedcba9876543213ULL);
	assert_int_equal(rd(TABLE, 8), 0xfedcba9876543210ULL);
	wr(TABLE, 4, 0x11111113);
	wr(TABLE + 4, 4, 0x22222222);
	assert_int_equal(rd(TABLE, 8), 0x2222222211111110ULL);
	assert_int_equal(rd(TABLE + 4, 4), 0x22222222);
	wr(TABLE + 12, 4, ~0u - 1);
	assert_int_equal(rd(TABLE + 12, 4), 0);
	/* Not whole dwords: nothing, also where they lie half in it. */
	wr(TABLE, 1, 0xff);
	wr(TABLE + 2, 2, 0xff);
	wr(TABLE - 2, 4, 0xffffffff);
	wr(TABLE + 16 * ENTRIES - 4, 8, 1);
	wr(TABLE + 4, 8, 0);
	assert_int_equal(rd(TABLE, 8), 0x2222222211111110ULL);
	assert_int_equal(rd(TABLE, 2), 0);
	assert_int_equal(rd(TABLE + 4, 8), 0);
	assert_int_equal(rd(PBA - 4, 8), 0);
	assert_int_equal(rd(PBA + 1, 1), 0);
	wr(PBA, 8, ~0ULL);
	assert_int_equal(rd(PBA, 8), 0);
	assert_int_equal(fake.memory[0], 0);
}

static void own_table(void **state)
{
	entry(0, 7, 0);
	assert_int_equal(fake.connected, 0);
	msix_control_write(&m, ENABLE | 3);
	assert_true(fake.enabled);
	assert_int_equal(msix_control(&m), ENABLE | (ENTRIES - 1));
	assert_int_equal(fake.connected, ENTRIES);
	for (unsigned n = 0; n < ENTRIES; n++) {
		assert_int_equal(fake.message[n].bdf, 0x10);
		assert_int_equal(fake.message[n].entry, n);
		assert_int_equal(fake.memory[4 * n], (u32)BELL);
		assert_int_equal(fake.memory[4 * n + 1], BELL >> 32);
		assert_int_equal(fake.memory[4 * n + 2], 0x60 + n);
		assert_int_equal(fake.memory[4 * n + 3], 0);
	}
	/* The function mask is kept here; the machine's control is written when it goes on or off,
	 * and its table is written anew, in case it was reset. */
	msix_control_write(&m, ENABLE | MASKALL);
	assert_int_equal(msix_control(&m), ENABLE | MASKALL | (ENTRIES - 1));
	assert_int_equal(fake.control_writes, 1);
	msix_control_write(&m, 0);
	assert_false(fake.enabled);
	memset(fake.memory, 0, sizeof(fake.memory));
	msix_control_write(&m, ENABLE);
	assert_int_equal(fake.connected, ENTRIES);
	assert_int_equal(fake.memory[4 * 2 + 2], 0x62);
}

static void delivery(void **state)
{
	entry(1, 7, 0);
	entry(2, 8, 0);
	assert_true(msix_find(&other, 0x28));
	other.machine_table = MACHINE + PAGE_SIZE;
	msix_control_write(&other, ENABLE);
	msix_control_write(&m, ENABLE);
	assert_int_equal(fake.memory[4 * 1 + 2], 0x60 + ENTRIES + 1);
	assert_false(msix_poll());
	msix_arrived(ENTRIES + 1);
	assert_int_equal(fake.sent, 0);
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.bdf, 0x10);
	assert_int_equal(fake.address, GUEST);
	assert_int_equal(fake.data, 7);
	assert_false(msix_poll());
	/* The same one twice before anybody looks is one. */
	msix_arrived(ENTRIES + 1);
	msix_arrived(ENTRIES + 1);
	msix_arrived(ENTRIES + 2);
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 3);
	assert_int_equal(fake.data, 8);
	/* The other's are masked as at reset. */
	msix_arrived(0);
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 3);
	assert_true(other.entry[0].pending);
	/* Messages nobody sends. */
	msix_arrived(2 * ENTRIES);
	msix_arrived(MSIX_MESSAGES);
	msix_arrived(~0u);
	assert_false(msix_poll());
}

static void masks(void **state)
{
	entry(0, 7, 1);
	msix_control_write(&m, ENABLE);
	msix_arrived(0);
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 0);
	assert_int_equal(rd(PBA, 8), 1);
	assert_int_equal(rd(PBA, 4), 1);
	assert_int_equal(rd(PBA + 4, 4), 0);
	msix_arrived(0); /* once more: still one */
	assert_true(msix_poll());
	wr(TABLE + 8, 4, 9);
	mask(0, 0);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.data, 9); /* as it is at that moment */
	assert_int_equal(rd(PBA, 8), 0);
	mask(0, 1);
	mask(0, 0);
	assert_int_equal(fake.sent, 1);
	/* Both masks must go. */
	msix_control_write(&m, ENABLE | MASKALL);
	mask(0, 1);
	msix_arrived(0);
	assert_true(msix_poll());
	mask(0, 0);
	assert_int_equal(fake.sent, 1);
	mask(0, 1);
	msix_control_write(&m, ENABLE);
	assert_int_equal(fake.sent, 1);
	mask(0, 0);
	assert_int_equal(fake.sent, 2);
}

static void off(void **state)
{
	entry(0, 7, 0);
	msix_control_write(&m, ENABLE);
	msix_control_write(&m, 0);
	msix_arrived(0);
	assert_true(msix_poll());
	msix_control_write(&m, ENABLE);
	assert_int_equal(fake.sent, 0);
	/* What pended before stays so while it is off, and goes out when it is on and unmasked. */
	mask(0, 1);
	msix_arrived(0);
	assert_true(msix_poll());
	msix_control_write(&m, 0);
	assert_int_equal(rd(PBA, 4), 1);
	msix_control_write(&m, ENABLE);
	mask(0, 0);
	assert_int_equal(fake.sent, 1);
}

/* The last ones have no message: masked in the machine for good, and tried again. */
static void no_room(void **state)
{
	fake.room = 2;
	msix_control_write(&m, ENABLE);
	assert_int_equal(fake.memory[4 * 1 + 2], 0x61);
	assert_int_equal(fake.memory[4 * 2 + 2], 0);
	msix_arrived(2);
	assert_false(msix_poll());
	fake.room = MSIX_MESSAGES;
	msix_control_write(&m, 0);
	msix_control_write(&m, ENABLE);
	assert_int_equal(fake.memory[4 * 2 + 2], 0x62);
}

/* Functions without an end do not get more messages than there are. */
static void all_used(void **state)
{
	static struct msix many[MSIX_MESSAGES / ENTRIES];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		assert_true(msix_find(&many[i], (u16)(0x100 + i)));
		many[i].machine_table = MACHINE + PAGE_SIZE;
		msix_control_write(&many[i], ENABLE);
	}
	assert_int_equal(fake.connected, MSIX_MESSAGES);
	msix_control_write(&m, ENABLE);
	assert_int_equal(fake.connected, MSIX_MESSAGES);
	assert_int_equal(fake.memory[2], 0);
	many[0].entry[0].masked = false;
	many[ARRAY_SIZE(many) - 1].entry[ENTRIES - 1].masked = false;
	msix_arrived(0);
	msix_arrived(MSIX_MESSAGES - 1);
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 2);
}

static void lost_and_many(void **state)
{
	entry(0, 7, 0);
	msix_control_write(&m, ENABLE);
	fake.times = 0;
	msix_arrived(0);
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 0);
	fake.times = 3;
	msix_arrived(0);
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 1);
	fake.under_way = true;
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 1);
	fake.under_way = false;
	for (unsigned i = 2; i <= 3; i++) {
		assert_true(msix_poll());
		assert_int_equal(fake.sent, i);
	}
	assert_false(msix_poll());
	/* Masked or switched off between two of them. */
	msix_arrived(0);
	assert_true(msix_poll());
	mask(0, 1);
	assert_true(msix_poll());
	assert_false(msix_poll());
	assert_int_equal(fake.sent, 4);
	assert_int_equal(rd(PBA, 4), 1);
	mask(0, 0);
	assert_int_equal(fake.sent, 5);
	msix_control_write(&m, 0);
	assert_true(msix_poll());
	assert_false(msix_poll());
	assert_int_equal(fake.sent, 5);
}

static void faults(void **state)
{
	entry(0, 7, 1);
	msix_control_write(&m, ENABLE);
	fake.fault = FAULT_MSIX_MASK_IGNORED;
	msix_arrived(0);
	assert_true(msix_poll());
	assert_int_equal(fake.sent, 1);
	fake.fault = FAULT_MSIX_PENDING_LOST;
	msix_arrived(0);
	assert_true(msix_poll());
	assert_int_equal(rd(PBA, 4), 1);
	mask(0, 0);
	assert_int_equal(rd(PBA, 4), 0);
	assert_int_equal(fake.sent, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(find, setup),
		cmocka_unit_test_setup(reach, setup),
		cmocka_unit_test_setup(own_table, setup),
		cmocka_unit_test_setup(delivery, setup),
		cmocka_unit_test_setup(masks, setup),
		cmocka_unit_test_setup(off, setup),
		cmocka_unit_test_setup(no_room, setup),
		cmocka_unit_test_setup(all_used, setup),
		cmocka_unit_test_setup(lost_and_many, setup),
		cmocka_unit_test_setup(faults, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
