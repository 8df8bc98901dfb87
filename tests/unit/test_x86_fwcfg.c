/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The x86 hosts' fw_cfg: what QEMU's port interface would answer, and nothing of the machine's.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include "fake_core_x86.h"

static struct vcpu *c0 = &vcpus[0];

static int setup(void **state)
{
	fake_reset(3);
	strcpy(config.append, "probe=* -x");
	vmm_init();
	fake.accesses = 0;
	return 0;
}

static void select_key(u16 key)
{
	vmm_port_out(c0, 0x510, 2, key);
}

static void get(u16 key, void *buf, size_t n)
{
	select_key(key);
	for (size_t i = 0; i < n; i++)
		((u8 *)buf)[i] = (u8)vmm_port_in(c0, 0x511, 1);
}

static void test_items(void **state)
{
	u8 b[32];
	u64 ram;
	u32 w;
	u16 n;

	get(0, b, 8);
	assert_memory_equal(b, "QEMU\0\0\0\0", 8);
	get(1, &w, 4);
	assert_int_equal(w, 1); /* no DMA */
	get(3, &ram, 8);
	assert_int_equal(ram, config.mem);
	get(5, &n, 2);
	assert_int_equal(n, 3);
	get(0xf, &n, 2);
	assert_int_equal(n, 3);
	get(0x14, &w, 4);
	assert_int_equal(w, 11);
	get(0x15, b, 16);
	assert_memory_equal(b, "probe=* -x\0\0\0\0\0\0", 16);
	get(0x4015, b, 4); /* the write channel selects the same item */
	assert_memory_equal(b, "prob", 4);
	assert_int_equal(fake.accesses, 0); /* never the machine's */
}

static void test_directory(void **state)
{
	struct e820 e[3];
	u8 dir[4 + 4 * 64 + 8];

	get(0x19, dir, sizeof(dir));
	assert_memory_equal(dir, "\0\0\0\4", 4);
	assert_memory_equal(dir + 4, "\0\0\0\x28\0\x20\0\0etc/e820", 17);
	assert_memory_equal(dir + 68, "\0\0\0\x24\0\x21\0\0etc/acpi/rsdp", 22);
	assert_memory_equal(dir + 132, "\0\0\x10\0\0\x22\0\0etc/acpi/tables", 24);
	assert_memory_equal(dir + 196, "\0\0\x0a\0\0\x23\0\0etc/table-loader", 25);
	assert_memory_equal(dir + 260, "\0\0\0\0\0\0\0\0", 8);
	get(0x20, e, sizeof(e));
	assert_int_equal(sizeof(e[0]), 20);
	assert_int_equal(e[0].base, 0);
	assert_int_equal(e[0].size, FAKE_LOW);
	assert_int_equal(e[0].type, 1);
	assert_int_equal(e[1].base, GIB(4));
	assert_int_equal(e[1].size, FAKE_HIGH);
	assert_int_equal(e[2].base | e[2].size | e[2].type, 0);
}

static void test_hostile(void **state)
{
	/* Other widths, other keys, ends. */
	select_key(0);
	assert_int_equal(vmm_port_in(c0, 0x511, 2), 0);
	assert_int_equal(vmm_port_in(c0, 0x511, 4), 0);
	assert_int_equal(vmm_port_in(c0, 0x511, 1), 'Q'); /* they took nothing */
	vmm_port_out(c0, 0x510, 1, 1);
	vmm_port_out(c0, 0x510, 4, 1);
	vmm_port_out(c0, 0x511, 1, 'x');
	vmm_port_out(c0, 0x511, 2, 1);
	assert_int_equal(vmm_port_in(c0, 0x511, 1), 'E');
	for (unsigned key = 0; key <= 0xffff; key++) {
		select_key((u16)key);
		for (unsigned i = 0; i < 3; i++)
			vmm_port_in(c0, 0x511, 1);
	}
	for (unsigned k = 0; k <= 0x40; k++) {
		select_key((u16)k);
		for (unsigned i = 0; i < 5000; i++)
			vmm_port_in(c0, 0x511, 1);
		assert_int_equal(vmm_port_in(c0, 0x511, 1), 0);
	}
	/* No DMA registers. */
	assert_int_equal(vmm_port_in(c0, 0x514, 4), 0xffffffff);
	vmm_port_out(c0, 0x514, 4, 0);
	vmm_port_out(c0, 0x518, 4, 0);
	assert_int_equal(vmm_port_in(c0, 0x518, 4), 0xffffffff);
	assert_int_equal(fake.accesses, 0);
}

static u32 number_of(u16 key)
{
	u32 w;

	get(key, &w, 4);
	return w;
}

/* A kernel as its file has it, in two parts. */
static void test_payload(void **state)
{
	static u8 kernel[5000], initrd[] = "initrd", got[6000];

	assert_int_equal(number_of(0x08) | number_of(0x17) | number_of(0x0b), 0);
	for (unsigned i = 0; i < sizeof(kernel); i++)
		kernel[i] = (u8)(i * 7 + (i >> 8));
	fake.payload[PAYLOAD_KERNEL] = (struct blob){ kernel, sizeof(kernel) };
	fake.payload[PAYLOAD_INITRD] = (struct blob){ initrd, sizeof(initrd) };
	for (unsigned sects = 0; sects < 256; sects++) {
		u32 setup = ((sects != 0 ? sects : 4) + 1) * 512;

		kernel[0x1f1] = (u8)sects;
		fwcfg_init();
		if (setup >= sizeof(kernel))
			setup = 0;
		assert_int_equal(number_of(0x17), setup);
		assert_int_equal(number_of(0x08), sizeof(kernel) - setup);
		get(0x18, got, setup);
		get(0x11, got + setup, sizeof(got) - setup);
		assert_memory_equal(got, kernel, sizeof(kernel));
		assert_int_equal(got[sizeof(kernel)], 0);
	}
	assert_int_equal(number_of(0x0b), sizeof(initrd));
	get(0x12, got, sizeof(got));
	assert_memory_equal(got, initrd, sizeof(initrd));
	assert_int_equal(got[sizeof(initrd)], 0);
	/* Too short to say where it ends. */
	for (size_t n = 1; n <= 0x1f2; n += 0x1f0) {
		fake.payload[PAYLOAD_KERNEL].size = n;
		fwcfg_init();
		assert_int_equal(number_of(0x17), 0);
		assert_int_equal(number_of(0x08), n);
	}
	assert_int_equal(fake.accesses, 0);
}

static void test_sizes(void **state)
{
	u32 w;
	u8 b;

	memset(config.append, 'a', sizeof(config.append)); /* not even terminated */
	fwcfg_init();
	get(0x14, &w, 4);
	assert_int_equal(w, sizeof(config.append));
	memset(config.append, 0, sizeof(config.append));
	fwcfg_init();
	get(0x14, &w, 4);
	assert_int_equal(w, 1);
	get(0x15, &b, 1);
	assert_int_equal(b, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_items, setup),
		cmocka_unit_test_setup(test_directory, setup),
		cmocka_unit_test_setup(test_hostile, setup),
		cmocka_unit_test_setup(test_payload, setup),
		cmocka_unit_test_setup(test_sizes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
