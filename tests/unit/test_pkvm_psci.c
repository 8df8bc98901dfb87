/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI and TRNG of the pKVM model's Android profile: what the guest is answered, what the host is
 * told, and which CPUs run then.
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
#include "pkvm_calls.h"

#define RAM FAKE_RAM

static int setup(void **state)
{
	(void)state;
	machine_reset();
	assert_int_equal(vm_new(PKVM_ANDROID, PAGE_SIZE, 3), ST_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pkvm_vcpu_create(i, RAM, 0), ST_OK);
	return 0;
}

/* A call that EL2 answers alone. */
static s64 psci(u64 fid, u64 a1, u64 a2, u64 a3)
{
	s64 x0 = hvc(fid, a1, a2, a3);

	assert_int_equal(exit_reason(), RMI_EXIT_IRQ);
	assert_int_equal(reg(1) | reg(2) | reg(3), 0);
	return x0;
}

/* A call the host is told of: function and target, and nothing else of it. */
static void told(u64 fid, u64 target)
{
	const struct rmi_rec_exit *ex = &run_page.exit;

	assert_int_equal(ex->exit_reason, RMI_EXIT_PSCI);
	assert_int_equal(ex->gprs[0], fid);
	assert_int_equal(ex->gprs[1], target);
	for (unsigned i = 2; i < 31; i++)
		assert_int_equal(ex->gprs[i], 0);
}

static void version(void **state)
{
	static const u32 offered[] = {
		SMCCC_VERSION,         PSCI_VERSION,
		PSCI_CPU_SUSPEND_32,   PSCI_CPU_SUSPEND_64,
		PSCI_CPU_OFF,          PSCI_CPU_ON_32,
		PSCI_CPU_ON_64,        PSCI_AFFINITY_INFO_32,
		PSCI_AFFINITY_INFO_64, PSCI_MIGRATE_INFO_TYPE,
		PSCI_SYSTEM_OFF,       PSCI_SYSTEM_RESET,
		PSCI_SYSTEM_RESET2_64, 0x84000012,
		PSCI_FEATURES,
	};

	(void)state;
	assert_int_equal(psci(PSCI_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), 2);
	for (size_t i = 0; i < ARRAY_SIZE(offered); i++)
		assert_int_equal(psci(PSCI_FEATURES, offered[i], 0, 0), 0);
	assert_int_equal(psci(PSCI_FEATURES, PSCI_MIGRATE_32, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(PSCI_FEATURES, PSCI_SYSTEM_SUSPEND_64, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(PSCI_FEATURES, PKVM_FEATURES, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(PSCI_FEATURES, 1ULL << 32 | PSCI_VERSION, 0, 0), 0); /* 32 bits */
	assert_int_equal(psci(PSCI_MIGRATE_32, 0, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(0x8400001f, 0, 0, 0), PSCI_NOT_SUPPORTED);
	assert_true(psci_is_call(0xc4000000));
	assert_false(psci_is_call(0x84000020));
	assert_false(psci_is_call(0x83ffffff));
}

static void cpu_on(void **state)
{
	const struct hyp_vcpu *v = &hyp_vm.vcpus[1];

	(void)state;
	assert_int_equal(psci(PSCI_CPU_ON_64, 3, RAM, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_CPU_ON_64, 1ULL << 31 | 1, RAM, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_CPU_ON_64, 0, RAM, 0), PSCI_ALREADY_ON);
	assert_int_equal(enter(1), PKVM_OFF);
	hyp_vm.vcpus[1].cpu.el1.x[5] = 99;
	hyp_vm.vcpus[0].cpu.el1.sctlr |= BIT(25);
	assert_int_equal(hvc(PSCI_CPU_ON_64, 1, RAM + 0x123456780, 0x55ULL << 40), PSCI_SUCCESS);
	told(PSCI_CPU_ON_64, 1);
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, RAM, 0), PSCI_ON_PENDING);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_ON_PENDING);
	assert_int_equal(v->cpu.el1.pc, RAM + 0x123456780);
	assert_int_equal(v->cpu.el1.x[0], 0x55ULL << 40);
	assert_int_equal(v->cpu.el1.x[5], 0);
	assert_int_equal(v->cpu.el1.pstate, 0x3c5);
	assert_int_equal(v->cpu.el1.sctlr & 0x1005, 0);
	assert_true((v->cpu.el1.sctlr & BIT(25)) != 0); /* its caller's endianness */
	fake_guest = NULL;
	assert_int_equal(enter(1), PKVM_RAN);
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, RAM, 0), PSCI_ALREADY_ON);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_ON);
	assert_int_equal(v->cpu.el1.pc, RAM + 0x123456780);
	assert_int_equal(pkvm_vcpu_reset(1, RAM, 0), ST_DENIED);
}

/* Arguments of a 32-bit call are 32 bits wide. */
static void narrow(void **state)
{
	u64 high = 0xffULL << 32;

	(void)state;
	assert_int_equal(hvc(PSCI_CPU_ON_32, high | 2, high | RAM, high | 7), PSCI_SUCCESS);
	told(PSCI_CPU_ON_32, 2);
	assert_int_equal(hyp_vm.vcpus[2].cpu.el1.pc, RAM);
	assert_int_equal(hyp_vm.vcpus[2].cpu.el1.x[0], 7);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_32, high | 2, high, 0), PSCI_AFFINITY_ON_PENDING);
	assert_int_equal(psci(PSCI_CPU_ON_64, high | 1, RAM, 0), PSCI_INVALID_PARAMETERS);
}

static void affinity(void **state)
{
	(void)state;
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, 0, 0), PSCI_AFFINITY_ON);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 3, 0, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, BIT(31), 0, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, BIT(24), 3, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, 4, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, 1ULL << 40, 0), PSCI_INVALID_PARAMETERS);
	/* Levels above: any CPU that shares the fields. */
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0xff, 1, 0), PSCI_AFFINITY_ON);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0x100, 1, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0x100, 2, 0), PSCI_AFFINITY_ON);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0xffff, 3, 0), PSCI_AFFINITY_ON);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1ULL << 32, 3, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1ULL << 32, 0, 0), PSCI_INVALID_PARAMETERS);
}

static void cpu_off(void **state)
{
	(void)state;
	assert_int_equal(hvc(PSCI_CPU_ON_64, 1, RAM, 0), PSCI_SUCCESS);
	fake_timers.cntv_ctl = 1;
	hvc_on(1, PSCI_CPU_OFF, 0, 0, 0);
	told(PSCI_CPU_OFF, 0);
	assert_int_equal(fake_timers.cntv_ctl, 0);
	assert_int_equal(enter(1), PKVM_OFF);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
	assert_int_equal(hvc(PSCI_CPU_ON_64, 1, RAM + 64, 3), PSCI_SUCCESS);
	assert_int_equal(hyp_vm.vcpus[1].cpu.el1.pc, RAM + 64);
	assert_int_equal(hyp_vm.vcpus[1].cpu.el1.x[0], 3);
	fake_guest = NULL;
	assert_int_equal(enter(1), PKVM_RAN);
	/* The last two give up as well. */
	hvc(PSCI_CPU_OFF, 0, 0, 0);
	hvc_on(1, PSCI_CPU_OFF, 0, 0, 0);
	assert_int_equal(enter(0), PKVM_OFF);
}

static void suspend(void **state)
{
	u64 pc = hyp_vm.vcpus[0].cpu.el1.pc;

	(void)state;
	assert_int_equal(hvc(PSCI_CPU_SUSPEND_64, 0, RAM, 0), PSCI_SUCCESS);
	told(PSCI_CPU_SUSPEND_64, 0);
	assert_int_equal(hyp_vm.vcpus[0].cpu.el1.pc, pc + 4); /* a standby: the context is kept */
	run_page.enter.gprs[0] = 77;                          /* the host has no say */
	fake_guest = NULL;
	assert_int_equal(enter(0), PKVM_RAN);
	assert_int_equal(reg(0), PSCI_SUCCESS);
	assert_int_equal(hvc(PSCI_CPU_SUSPEND_32, 0, 0, 0), PSCI_SUCCESS);
	told(PSCI_CPU_SUSPEND_32, 0);
}

static void ends(void **state)
{
	static const u32 fids[] = { PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_SYSTEM_RESET2_64,
				    0x84000012 };

	for (size_t i = 0; i < ARRAY_SIZE(fids); i++) {
		setup(state);
		assert_int_equal(hvc(PSCI_CPU_ON_64, 1, RAM, 0), PSCI_SUCCESS);
		if (i >= 2) {
			assert_int_equal(psci(fids[i], 1, 0, 0), PSCI_INVALID_PARAMETERS);
			assert_int_equal(psci(fids[i], BIT(31), 0, 0), PSCI_INVALID_PARAMETERS);
		}
		hvc(fids[i], 0, 0, 0);
		told(fids[i], 0);
		assert_int_equal(enter(0), PKVM_ENDED);
		assert_int_equal(enter(1), PKVM_ENDED);
	}
}

static void trng(void **state)
{
	u64 seen[3] = { 0 }, uuid[4];

	(void)state;
	assert_int_equal(psci(TRNG_VERSION, 0, 0, 0), TRNG_VERSION_1_0);
	assert_int_equal(psci(TRNG_FEATURES, TRNG_VERSION, 0, 0), 0);
	assert_int_equal(psci(TRNG_FEATURES, TRNG_RND_32, 0, 0), 0);
	assert_int_equal(psci(TRNG_FEATURES, TRNG_RND_64, 0, 0), 0);
	assert_int_equal(psci(TRNG_FEATURES, TRNG_RND_32 + 1, 0, 0), -1);
	assert_int_equal(psci(TRNG_FEATURES, 0x8400004f, 0, 0), -1);
	assert_int_equal(psci(TRNG_RND_64, 0, 0, 0), -2);
	assert_int_equal(psci(TRNG_RND_64, 193, 0, 0), -2);
	assert_int_equal(psci(TRNG_RND_64, ~0ULL, 0, 0), -2);
	assert_int_equal(psci(TRNG_RND_32, 0, 0, 0), -2);
	assert_int_equal(psci(TRNG_RND_32, 97, 0, 0), -2);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(hvc(TRNG_RND_64, 192, 0, 0), 0);
		assert_true(reg(1) != seen[0] && reg(2) != seen[1] && reg(3) != seen[2]);
		assert_true(reg(1) != reg(2) && reg(2) != reg(3));
		memcpy(seen, &hyp_vm.vcpus[0].cpu.el1.x[1], sizeof(seen));
	}
	assert_int_equal(hvc(TRNG_UUID, 0, 0, 0) >> 32, 0);
	memcpy(uuid, hyp_vm.vcpus[0].cpu.el1.x, sizeof(uuid));
	assert_true((u32)uuid[0] != ~0u); /* would say: none */
	hvc(TRNG_UUID, 0, 0, 0);
	assert_memory_equal(uuid, hyp_vm.vcpus[0].cpu.el1.x, sizeof(uuid));
	assert_int_equal(hvc(0x84000054, 0, 0, 0), PKVM_NOT_SUPPORTED);
}

/* As many bits as asked for, from the lowest of R3 up; each of them is set now and then. */
static void trng_bits(void **state)
{
	static const struct {
		u32 fid;
		unsigned bits;
		u64 most[3];
	} cases[] = {
		{ TRNG_RND_64, 1, { 0, 0, 1 } },
		{ TRNG_RND_64, 64, { 0, 0, ~0ULL } },
		{ TRNG_RND_64, 65, { 0, 1, ~0ULL } },
		{ TRNG_RND_64, 191, { ~0ULL >> 1, ~0ULL, ~0ULL } },
		{ TRNG_RND_64, 192, { ~0ULL, ~0ULL, ~0ULL } },
		{ TRNG_RND_32, 32, { 0, 0, 0xffffffff } },
		{ TRNG_RND_32, 33, { 0, 1, 0xffffffff } },
		{ TRNG_RND_32, 96, { 0xffffffff, 0xffffffff, 0xffffffff } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 all[3] = { 0 };

		for (unsigned n = 0; n < 60; n++) {
			assert_int_equal(hvc(cases[i].fid, cases[i].bits, 0, 0), 0);
			for (unsigned k = 0; k < 3; k++)
				all[k] |= reg(1 + k);
		}
		for (unsigned k = 0; k < 3; k++)
			assert_int_equal(all[k], cases[i].most[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(version, setup),   cmocka_unit_test_setup(cpu_on, setup),
		cmocka_unit_test_setup(narrow, setup),    cmocka_unit_test_setup(affinity, setup),
		cmocka_unit_test_setup(cpu_off, setup),   cmocka_unit_test_setup(suspend, setup),
		cmocka_unit_test_setup(ends, setup),      cmocka_unit_test_setup(trng, setup),
		cmocka_unit_test_setup(trng_bits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
