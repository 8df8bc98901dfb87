/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pKVM model's VM, vCPUs and pages as the host reaches them: what it may create, donate and
 * take back, and what it and its devices then see.
 *
 * sources: hosts/arm64/pkvm/[!i]*.c hosts/arm64/el2/[!h]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm -lbearssl -lfdt
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_pkvm.h"

#define RAM FAKE_RAM
#define TOP (1ULL << 33)

static int setup(void **state)
{
	(void)state;
	machine_reset();
	return 0;
}

/* Every parameter wrong once, and then right. */
static void create(void **state)
{
	static const struct pkvm_vm_config bad[] = {
		{ (enum pkvm_profile)2, 33, PAGE_SIZE, 1, 0 },
		{ PKVM_ANDROID, 31, PAGE_SIZE, 1, 0 },
		{ PKVM_ANDROID, 41, PAGE_SIZE, 1, 0 },
		{ PKVM_ANDROID, 33, KIB(8), 1, 0 },
		{ PKVM_ANDROID, 33, KIB(128), 1, 0 },
		{ PKVM_ANDROID, 33, 0, 1, 0 },
		{ PKVM_ANDROID, 33, PAGE_SIZE, 0, 0 },
		{ PKVM_ANDROID, 33, PAGE_SIZE, VM_MAX_CPUS + 1, 0 },
		{ PKVM_ANDROID, 33, KIB(16), 1, PAGE_SIZE },
		{ PKVM_ANDROID, 33, KIB(16), 1, TOP },
	};
	static const u64 granules[] = { KIB(4), KIB(16), KIB(64) };
	struct pkvm_vm_config c = { PKVM_UPSTREAM, 32, PAGE_SIZE, VM_MAX_CPUS, 0x7fc00000 };

	(void)state;
	assert_int_equal(pkvm_donate(RAM, host_page()), ST_STATE);
	assert_int_equal(pkvm_reclaim(RAM), ST_STATE);
	assert_int_equal(pkvm_vcpu_create(0, 0, 0), ST_STATE);
	assert_null(pkvm_host_access(RAM));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(pkvm_vm_create(&bad[i]), ST_INVALID);
	assert_false(hyp_vm.created);
	assert_int_equal(pkvm_vm_create(&c), ST_OK);
	assert_int_equal(pkvm_vm_create(&c), ST_STATE);
	for (size_t i = 0; i < ARRAY_SIZE(granules); i++) {
		machine_reset();
		assert_int_equal(vm_new(PKVM_ANDROID, granules[i], 1), ST_OK);
	}
	machine_reset();
	c.ipa_bits = 40;
	assert_int_equal(pkvm_vm_create(&c), ST_OK);
	assert_int_equal(hyp_vm.root % (2 * PAGE_SIZE), 0); /* two tables side by side */
	assert_int_equal(pkvm_donate((1ULL << 40) - PAGE_SIZE, host_page()), ST_OK);
	assert_true(pkvm_backing((1ULL << 40) - 1) != 0);
	machine_reset();
	config.mem = MIB(64) << 10; /* its tables do not fit */
	assert_int_equal(pkvm_vm_create(&c), ST_NO_MEMORY);
	assert_false(hyp_vm.created);
}

static void donate(void **state)
{
	u64 pa;

	(void)state;
	assert_int_equal(vm_new(PKVM_ANDROID, KIB(16), 1), ST_OK);
	pa = host_page();
	assert_int_equal(pkvm_donate(RAM + PAGE_SIZE, pa), ST_ALIGN);
	assert_int_equal(pkvm_donate(RAM, pa + PAGE_SIZE), ST_ALIGN);
	assert_int_equal(pkvm_donate(TOP, pa), ST_RANGE);
	assert_int_equal(pkvm_donate(~(u64)KIB(16) + 1, pa), ST_RANGE);
	assert_int_equal(pkvm_donate(RAM, NS_BASE - KIB(16)), ST_STATE);
	assert_int_equal(pkvm_donate(RAM, core_ram_end()), ST_STATE);
	assert_int_equal(pkvm_donate(RAM, pa), ST_OK);
	assert_int_equal(pkvm_backing(RAM + 5), pa + 5);
	assert_null(pkvm_host_access(RAM));
	assert_null(pkvm_host_access(RAM + KIB(16) - 1));
	assert_int_equal(pkvm_donate(RAM, host_page()), ST_STATE);  /* a page is there */
	assert_int_equal(pkvm_donate(RAM + KIB(16), pa), ST_STATE); /* it is the guest's */
	assert_int_equal(pkvm_backing(RAM + KIB(16)), 0);
	assert_int_equal(pkvm_donate(TOP - KIB(16), host_page()), ST_OK);
	assert_false(pkvm_is_shared(RAM));
	assert_int_equal(pkvm_backing(TOP), 0);
	assert_false(pkvm_is_shared(TOP));
	assert_null(pkvm_host_access(~0ULL));
}

/* The guest finds the content that was there when the page became its own, granule by granule. */
static void entries(void **state)
{
	u64 pa, *l3;

	(void)state;
	assert_int_equal(vm_new(PKVM_ANDROID, KIB(64), 1), ST_OK);
	pa = guest_page(RAM + KIB(64), 0x5a);
	l3 = pa_to_ptr(hyp_vm.root);
	l3 = pa_to_ptr(l3[1] & MASK(47, 12));
	l3 = pa_to_ptr(l3[0] & MASK(47, 12));
	for (unsigned i = 0; i < 64; i++) {
		if (i < 16 || i >= 32) {
			assert_int_equal(l3[i], 0);
			continue;
		}
		assert_int_equal(l3[i] & MASK(47, 12), pa + (i - 16) * PAGE_SIZE);
		assert_int_equal(l3[i] & 3, 3);
		assert_int_equal(l3[i] & (3 << 6), 3 << 6); /* reads and writes */
		assert_int_equal(l3[i] & MASK(54, 53), 0);  /* and fetches */
	}
	assert_int_equal(*(u8 *)pa_to_ptr(pa), 0x5a);
	assert_int_equal(hyp_vm.vtcr & 0x3f, 64 - 33);
	assert_int_equal(hyp_vm.vttbr & MASK(47, 1), hyp_vm.root);
}

static void reclaim(void **state)
{
	u64 pa;

	(void)state;
	assert_int_equal(vm_new(PKVM_ANDROID, KIB(16), 1), ST_OK);
	assert_int_equal(pkvm_reclaim(RAM), ST_STATE);
	pa = guest_page(RAM, 0x77);
	assert_int_equal(pkvm_reclaim(RAM + PAGE_SIZE), ST_ALIGN);
	assert_int_equal(pkvm_reclaim(TOP), ST_RANGE);
	assert_int_equal(fake_flushes, 0);
	assert_int_equal(pkvm_reclaim(RAM), ST_OK);
	assert_int_equal(fake_flushes, 1);
	assert_ptr_equal(pkvm_host_access(RAM + KIB(16) - 1), (u8 *)pa_to_ptr(pa) + KIB(16) - 1);
	for (unsigned i = 0; i < KIB(16); i++)
		assert_int_equal(((u8 *)pkvm_host_access(RAM))[i], 0);
	assert_int_equal(pkvm_reclaim(RAM), ST_STATE);
	assert_int_equal(pkvm_donate(RAM, pa), ST_STATE);        /* gone for good */
	assert_int_equal(pkvm_donate(RAM + KIB(16), pa), ST_OK); /* but the host's memory again */
}

/* Devices see a page exactly while it is shared. */
static void devices(void **state)
{
	u64 pa;

	(void)state;
	config.trace = true;
	assert_int_equal(vm_new(PKVM_ANDROID, KIB(16), 1), ST_OK);
	pa = guest_page(RAM, 1);
	assert_int_equal(fake_device(RAM), 0);
	mem_share(RAM, s2_get(RAM));
	assert_true(pkvm_is_shared(RAM + 17));
	for (u64 off = 0; off < KIB(16); off += 512)
		assert_int_equal(fake_device(RAM + off), align_down(pa + off, PAGE_SIZE));
	assert_int_equal(fake_device(RAM + KIB(16)), 0);
	assert_ptr_equal(pkvm_host_access(RAM + 8), (u8 *)pa_to_ptr(pa) + 8);
	assert_true(s2_get(RAM).no_exec); /* a trace run sees the first fetch */
	assert_int_equal(fake_flushes, 1);
	mem_allow_fetch(RAM);
	assert_false(s2_get(RAM).no_exec);
	assert_true(pkvm_is_shared(RAM));
	mem_unshare(RAM, s2_get(RAM));
	assert_int_equal(fake_device(RAM), 0);
	assert_int_equal(fake_device(RAM + KIB(12)), 0);
	assert_null(pkvm_host_access(RAM));
	mem_share(RAM, s2_get(RAM));
	assert_int_equal(pkvm_reclaim(RAM), ST_OK);
	assert_int_equal(fake_device(RAM), 0);
	guest_page(RAM + KIB(16), 1);
	mem_share(RAM + KIB(16), s2_get(RAM + KIB(16)));
	mem_relinquish(RAM + KIB(16), s2_get(RAM + KIB(16)));
	assert_int_equal(fake_device(RAM + KIB(16)), 0);
}

static void vcpus(void **state)
{
	struct hyp_vcpu *v;

	(void)state;
	assert_int_equal(vm_new(PKVM_ANDROID, PAGE_SIZE, 2), ST_OK);
	assert_null(vcpu_at(0));
	assert_null(vcpu_at(~0u));
	assert_null(vcpu_at(VM_MAX_CPUS));
	assert_int_equal(pkvm_vcpu_create(2, RAM, 0), ST_INVALID);
	assert_int_equal(pkvm_vcpu_create(0, RAM + 64, 0x123), ST_OK);
	assert_int_equal(pkvm_vcpu_create(0, RAM, 0), ST_STATE);
	assert_int_equal(pkvm_vcpu_create(1, RAM, 7), ST_OK);
	v = vcpu_at(0);
	assert_int_equal(v->power, POWER_ON);
	assert_int_equal(v->cpu.el1.pc, RAM + 64);
	assert_int_equal(v->cpu.el1.x[0], 0x123);
	assert_int_equal(v->cpu.el1.pstate, 0x3c5);
	assert_int_equal(v->cpu.el1.sctlr & 0x1005, 0); /* MMU and caches off */
	assert_int_equal(v->cpu.el1.vmpidr, BIT(31));
	for (unsigned i = 1; i < 31; i++)
		assert_int_equal(v->cpu.el1.x[i], 0);
	assert_int_equal(vcpu_at(1)->power, POWER_OFF);
	assert_int_equal(vcpu_at(1)->cpu.el1.vmpidr, BIT(31) | 1);
	assert_ptr_equal(vcpu_by_mpidr(1), vcpu_at(1));
	assert_null(vcpu_by_mpidr(2));
	assert_int_equal(pkvm_vcpu_reset(0, RAM, 0), ST_DENIED);
	assert_int_equal(v->cpu.el1.pc, RAM + 64);
}

static void firmware_first(void **state)
{
	struct pkvm_vm_config c = { PKVM_ANDROID, 33, PAGE_SIZE, 2, 0x7fc00000 };

	(void)state;
	fake_image_size = PVMFW_SIZE + 1; /* does not fit into its place */
	assert_int_equal(pkvm_vm_create(&c), ST_RANGE);
	fake_image_size = KIB(5);
	assert_int_equal(pkvm_vm_create(&c), ST_OK);
	assert_int_equal(pkvm_vcpu_create(0, RAM, 5), ST_OK);
	assert_int_equal(vcpu_at(0)->cpu.el1.pc, 0x7fc00000);
	assert_int_equal(vcpu_at(0)->cpu.el1.x[0], 5);
	machine_reset();
	c.profile = PKVM_UPSTREAM; /* knows of no firmware */
	assert_int_equal(pkvm_vm_create(&c), ST_OK);
	assert_int_equal(pkvm_vcpu_create(0, RAM, 5), ST_OK);
	assert_int_equal(vcpu_at(0)->cpu.el1.pc, RAM);
}

static void reset_upstream(void **state)
{
	(void)state;
	assert_int_equal(vm_new(PKVM_UPSTREAM, PAGE_SIZE, 2), ST_OK);
	assert_int_equal(pkvm_vcpu_create(0, RAM, 0), ST_OK);
	assert_int_equal(pkvm_vcpu_reset(1, RAM, 0), ST_INVALID);
	assert_int_equal(pkvm_vcpu_create(1, RAM, 0), ST_OK);
	vcpu_at(1)->running = true;
	assert_int_equal(pkvm_vcpu_reset(1, RAM, 0), ST_STATE);
	vcpu_at(1)->running = false;
	vcpu_at(1)->cpu.el1.x[7] = 1;
	assert_int_equal(pkvm_vcpu_reset(1, RAM + 8, 9), ST_OK);
	assert_int_equal(vcpu_at(1)->power, POWER_ON);
	assert_int_equal(vcpu_at(1)->cpu.el1.pc, RAM + 8);
	assert_int_equal(vcpu_at(1)->cpu.el1.x[0], 9);
	assert_int_equal(vcpu_at(1)->cpu.el1.x[7], 0);
}

/* Tables are bounded: whoever asks for too many is refused, and what is there stays. */
static void table_pool(void **state)
{
	struct page guard = { .guarded = true };
	u64 ipa, pa;
	unsigned n = 0;

	(void)state;
	assert_int_equal(vm_new(PKVM_ANDROID, PAGE_SIZE, 1), ST_OK);
	pa = guest_page(RAM, 3);
	for (ipa = 0; ipa < TOP && s2_set(ipa, guard); ipa += BLOCK_SIZE)
		n++;
	assert_in_range(n, 64, 512);
	assert_int_equal(pkvm_donate(ipa, host_page()), ST_NO_MEMORY);
	assert_int_equal(pkvm_backing(RAM), pa);
	assert_int_equal(pkvm_donate(RAM + PAGE_SIZE, host_page()), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(create, setup),
		cmocka_unit_test_setup(donate, setup),
		cmocka_unit_test_setup(entries, setup),
		cmocka_unit_test_setup(reclaim, setup),
		cmocka_unit_test_setup(devices, setup),
		cmocka_unit_test_setup(vcpus, setup),
		cmocka_unit_test_setup(firmware_first, setup),
		cmocka_unit_test_setup(reset_upstream, setup),
		cmocka_unit_test_setup(table_pool, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
