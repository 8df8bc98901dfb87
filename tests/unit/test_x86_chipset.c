/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The older chipset (machine=pc): what a guest finds of it, and that none of it is the machine's.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include "fake_core_x86.h"

#define ISA   0x08 /* 00:01.0 */
#define POWER 0x0b /* 00:01.3 */

static struct vcpu *c0 = &vcpus[0];

static int setup(void **state)
{
	fake_reset(1);
	memset(fake.cfg[ISA], 0x5a, 256);
	config.i440fx = true;
	vmm_init();
	return 0;
}

static int teardown(void **state)
{
	config.i440fx = false;
	return 0;
}

static u32 cfg_read(unsigned bdf, unsigned offset, unsigned width)
{
	vmm_port_out(c0, 0xcf8, 4, 0x80000000 | bdf << 8 | (offset & 0xfc));
	return vmm_port_in(c0, (u16)(0xcfc + (offset & 3)), width);
}

static void cfg_write(unsigned bdf, unsigned offset, unsigned width, u32 value)
{
	vmm_port_out(c0, 0xcf8, 4, 0x80000000 | bdf << 8 | (offset & 0xfc));
	vmm_port_out(c0, (u16)(0xcfc + (offset & 3)), width, value);
}

static void what_is_there(void **state)
{
	assert_int_equal(cfg_read(0, 0, 4), 0x12378086);
	assert_int_equal(cfg_read(ISA, 0, 4), 0x70008086);
	assert_int_equal(cfg_read(ISA, 0x0e, 1), 0x80); /* several functions */
	assert_int_equal(cfg_read(ISA, 8, 4) >> 8, 0x060100);
	assert_int_equal(cfg_read(POWER, 0, 4), 0x71138086);
	assert_int_equal(cfg_read(POWER, 0x40, 4), 0x601);
	assert_int_equal(cfg_read(POWER, 0x80, 1), 1);
	assert_int_equal(cfg_read(ISA + 1, 0, 4), 0xffffffff);
	assert_int_equal(cfg_read(0xf8, 0, 4), 0xffffffff); /* the other chipset's bridge */
	assert_int_equal(cfg_read(0xfb, 0, 4), 0xffffffff);
}

static void what_stays(void **state)
{
	u8 before[256];

	memcpy(before, fake.cfg[ISA], 256);
	for (unsigned i = 0; i < 256; i += 4) {
		cfg_write(ISA, i, 4, 0x12345678);
		cfg_write(POWER, i, 4, 0x12345678);
	}
	assert_memory_equal(before, fake.cfg[ISA], 256);
	assert_int_equal(cfg_read(ISA, 0x60, 4), 0x12345678);
	assert_int_equal(cfg_read(POWER, 0, 4), 0x71138086);
	assert_int_equal(cfg_read(POWER, 0x40, 4), 0x601);
	/* It has no window for configuration space. */
	cfg_write(0, 0x60, 4, 0xe0000001);
	assert_int_equal(pci_ecam(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(what_stays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
