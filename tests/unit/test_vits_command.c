/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtual ITS: registers, queue, and every command with each of its errors, for both
 * kinds. Numbers are those of IHI 0069 and of KVM, written out.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64
 */
#include "fake_vits.h"

#define DEV 8u

static int strict(void **state)
{
	(void)state;
	its_up(VITS_STRICT);
	return 0;
}

static int kvm(void **state)
{
	(void)state;
	its_up(VITS_KVM);
	return 0;
}

/* One device of 32 events, collections 0..3 on CPUs 0..3, event 3 to LPI 8200 in collection 1. */
static void mapped(void)
{
	for (unsigned c = 0; c < CPUS; c++)
		assert_int_equal(mapc((u16)c, c, true), 0);
	assert_int_equal(mapd(DEV, 5, ITTS, true), 0);
	lpi_config(8200, 0xa1);
	assert_int_equal(mapti(DEV, 3, 8200, 1), 0);
}

/* ---- delivery ---- */
static void test_message(void **state)
{
	(void)state;
	mapped();
	assert_int_equal(vits_message(&its, DEV, 3), 1u << 1);
	assert_true(vgic_pending(&gic, 1));
	assert_false(vgic_pending(&gic, 0));
	assert_int_equal(take_one(0), 0);
	assert_int_equal(take_one(1), 8200);
	assert_int_equal(take_one(1), 0);
	assert_int_equal(vits_message(&its, DEV, 4), 0);
	assert_int_equal(vits_message(&its, DEV + 1, 3), 0);
	assert_int_equal(its.count.dropped, 2);
	assert_int_equal(its.count.raised, 1);
	assert_int_equal(event_command(3, DEV, 3), 0);
	assert_int_equal(take_one(1), 8200);
	assert_int_equal(its.count.raised, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_message, strict),
		cmocka_unit_test_setup(test_message, kvm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
