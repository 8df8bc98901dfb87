/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls that upstream's EL2 leaves to the untrusted host: PSCI, TRNG, the vendor's UID and what
 * nobody knows; and the PSCI of Android, of which the host only learns what it has to schedule.
 *
 * sources: hosts/arm64/vmm/pkvm/calls.c hosts/arm64/vmm/pkvm/psci.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/pkvm.h"
#include "abi/psci.h"
#include "vmm/pkvm/pkvm.h"

#define NOT_SUPPORTED (~0ULL)
#define ENTRY         0x40200000ULL
#define CONTEXT       0x1122334455667788ULL

struct vm vm;
struct host_config config;
struct pkvm_host pkvm_host;
static struct rmi_rec_run run[4];
static enum fault_id fault;
static u64 clock, reset_pc, reset_x0;
static unsigned resets, starts, suspended, last_started, offs;
static enum status reset_answer;
static char word[16];
static jmp_buf ended;

enum status pkvm_vcpu_reset(unsigned index, u64 pc, u64 x0)
{
	assert_in_range(index, 0, 3);
	reset_pc = pc;
	reset_x0 = x0;
	resets++;
	return reset_answer;
}

void vm_start_cpu(struct vcpu *v)
{
	last_started = v->index;
	starts++;
}

void vcpu_suspend(struct vcpu *v)
{
	(void)v;
	suspended++;
}

void vm_end(const char *w, const char *why)
{
	(void)why;
	snprintf(word, sizeof(word), "%s", w);
	longjmp(ended, 1);
}

void channel(const char *fmt, ...)
{
	offs += strstr(fmt, "off") != NULL;
}

bool fault_on(enum fault_id f)
{
	return f == fault;
}

u64 core_counter(void)
{
	return clock += 17;
}

void core_lock(struct core_lock *l)
{
	(void)l;
}

void core_unlock(struct core_lock *l)
{
	(void)l;
}

/* One call of CPU `cpu`; the results in out[0..3]. */
static u64 call_on(unsigned cpu, u64 fid, u64 a1, u64 a2, u64 a3, u64 out[4])
{
	struct vcpu *v = &vm.cpu[cpu];
	u64 *in = (u64 *)v->run->exit.gprs, *next = (u64 *)v->run->enter.gprs;

	in[0] = fid;
	in[1] = a1;
	in[2] = a2;
	in[3] = a3;
	memset(next, 0xee, 31 * sizeof(*next));
	exit_call(v);
	memcpy(out, next, 4 * sizeof(*out));
	return out[0];
}

static u64 call(u64 fid, u64 a1, u64 a2, u64 a3)
{
	u64 out[4];

	(void)call_on(0, fid, a1, a2, a3, out);
	assert_int_equal(out[1] | out[2] | out[3], 0);
	return out[0];
}

static s64 psci(u64 fid, u64 a1, u64 a2, u64 a3)
{
	return (s64)call(fid, a1, a2, a3);
}

static void off(unsigned cpu)
{
	u64 out[4];

	(void)call_on(cpu, PSCI_CPU_OFF, 0, 0, 0, out);
}

static int setup(void **state)
{
	(void)state;
	config.cpus = 4;
	config.profile = PROFILE_UPSTREAM;
	fault = FAULT_NONE_;
	reset_answer = ST_OK;
	for (unsigned i = 0; i < 4; i++) {
		vm.cpu[i] = (struct vcpu){ .index = i, .run = &run[i] };
		if (i != 0)
			off(i);
	}
	resets = starts = suspended = offs = 0;
	word[0] = '\0';
	return 0;
}

static void test_smccc(void **state)
{
	u64 out[4];

	(void)state;
	assert_int_equal(call(SMCCC_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(call(0x86000001, 1, 2, 3), NOT_SUPPORTED); /* PTP */
	assert_int_equal(call(PKVM_MMIO_GUARD, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0xc5000020, 0, 0, 0), NOT_SUPPORTED);
	(void)call_on(0, PKVM_VENDOR_UID, 0, 0, 0, out);
	assert_int_equal(out[0], PKVM_UID_0);
	assert_int_equal(out[1], PKVM_UID_1);
	assert_int_equal(out[2], PKVM_UID_2);
	assert_int_equal(out[3], PKVM_UID_3);
	/* Only 32 bits of X0 name a function. */
	assert_int_equal(call(0xff00000000000000 | SMCCC_VERSION, 0, 0, 0), 0x10001);
}

static void test_psci_facts(void **state)
{
	static const u32 known[] = { PSCI_VERSION,          PSCI_CPU_ON_64, PSCI_CPU_ON_32,
				     PSCI_CPU_SUSPEND_64,   PSCI_CPU_OFF,   PSCI_SYSTEM_OFF,
				     PSCI_AFFINITY_INFO_64, PSCI_FEATURES,  PSCI_SYSTEM_RESET,
				     PSCI_SYSTEM_RESET2_64, SMCCC_VERSION };

	(void)state;
	assert_int_equal(psci(PSCI_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), 2);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_int_equal(psci(PSCI_FEATURES, known[i], 0, 0), 0);
	assert_int_equal(psci(PSCI_FEATURES, PSCI_MIGRATE_32, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(PSCI_FEATURES, PKVM_MEM_SHARE, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(PSCI_MIGRATE_32, 0, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(PSCI_SYSTEM_SUSPEND_64, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

static void test_cpu_on(void **state)
{
	(void)state;
	assert_true(host_cpu_is_off(1));
	assert_false(host_cpu_is_off(0));
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, ENTRY, CONTEXT), PSCI_SUCCESS);
	assert_false(host_cpu_is_off(1));
	assert_int_equal(reset_pc, ENTRY);
	assert_int_equal(reset_x0, CONTEXT);
	assert_int_equal(last_started, 1);
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, ENTRY, CONTEXT), PSCI_ALREADY_ON);
	assert_int_equal(psci(PSCI_CPU_ON_64, 0, ENTRY, CONTEXT), PSCI_ALREADY_ON);
	assert_int_equal(psci(PSCI_CPU_ON_64, 4, ENTRY, CONTEXT), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_CPU_ON_64, BIT(32) | 2, ENTRY, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(resets, 1);
	assert_int_equal(starts, 1);
	/* The 32-bit call has arguments of 32 bits. */
	assert_int_equal(psci(PSCI_CPU_ON_32, BIT(32) | 2, BIT(32) | ENTRY, CONTEXT), PSCI_SUCCESS);
	assert_int_equal(reset_pc, ENTRY);
	assert_int_equal(reset_x0, (u32)CONTEXT);
	assert_int_equal(last_started, 2);
	/* EL2 would not: it stays off. */
	reset_answer = ST_STATE;
	assert_int_equal(psci(PSCI_CPU_ON_64, 3, ENTRY, 0), PSCI_INTERNAL_FAILURE);
	assert_true(host_cpu_is_off(3));
	assert_int_equal(starts, 2);
	vm.cpu[0].coop.psci_deny = true;
	assert_int_equal(psci(PSCI_CPU_ON_64, 3, ENTRY, 0), PSCI_DENIED);
	assert_int_equal(resets, 3);
}

static void test_affinity(void **state)
{
	(void)state;
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, 0, 0), PSCI_AFFINITY_ON);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, ENTRY, 0), PSCI_SUCCESS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_ON);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 4, 0, 0), PSCI_INVALID_PARAMETERS);
	/* Any CPU below that node */
	for (u64 level = 1; level < 4; level++)
		assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0xff, level, 0), PSCI_AFFINITY_ON);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0x100, 1, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, BIT(32), 3, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, 4, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, ~0ULL, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_32, BIT(32), BIT(32), 0), PSCI_AFFINITY_ON);
}

static void test_cpu_off(void **state)
{
	(void)state;
	assert_int_equal(psci(PSCI_CPU_ON_64, 2, ENTRY, 0), PSCI_SUCCESS);
	vm.cpu[2].maybe_off = false;
	off(2);
	assert_true(host_cpu_is_off(2));
	assert_true(vm.cpu[2].maybe_off);
	assert_int_equal(offs, 1);
	assert_int_equal(psci(PSCI_CPU_ON_64, 2, ENTRY + 4, 9), PSCI_SUCCESS);
	assert_int_equal(reset_pc, ENTRY + 4);
	assert_int_equal(psci(PSCI_CPU_SUSPEND_64, 0, 0, 0), PSCI_SUCCESS);
	assert_int_equal(psci(PSCI_CPU_SUSPEND_32, 0, 0, 0), PSCI_SUCCESS);
	assert_int_equal(suspended, 2);
}

/* How the run ended, "" when the call came back. */
static const char *ends(u64 fid, u64 a1)
{
	word[0] = '\0';
	if (setjmp(ended) == 0)
		(void)call(fid, a1, 0, 0);
	return word;
}

static void test_end(void **state)
{
	(void)state;
	assert_string_equal(ends(PSCI_SYSTEM_OFF, 0), "off");
	assert_string_equal(ends(PSCI_SYSTEM_RESET, 0), "reset");
	assert_string_equal(ends(PSCI_SYSTEM_RESET2_64, 0), "reset");
	assert_string_equal(ends(PSCI_SYSTEM_RESET2_64, 1), "");
	assert_int_equal(psci(PSCI_SYSTEM_RESET2_64, 1, 0, 0), PSCI_INVALID_PARAMETERS);
	fault = FAULT_HOST_OFF_REFUSED;
	assert_string_equal(ends(PSCI_SYSTEM_OFF, 0), "");
	assert_string_equal(ends(PSCI_SYSTEM_RESET, 0), "reset");
	fault = FAULT_HOST_RESET_REFUSED;
	assert_string_equal(ends(PSCI_SYSTEM_RESET, 0), "");
	assert_string_equal(ends(PSCI_SYSTEM_OFF, 0), "off");
	fault = FAULT_LIE_END_RETURNS;
	assert_int_equal(psci(PSCI_SYSTEM_OFF, 0, 0, 0), PSCI_SUCCESS);
	assert_int_equal(psci(PSCI_SYSTEM_RESET, 0, 0, 0), PSCI_SUCCESS);
}

static void test_trng_facts(void **state)
{
	u64 a[4], b[4];

	(void)state;
	assert_int_equal(call(TRNG_VERSION, 0, 0, 0), 0x10000);
	assert_int_equal(call(TRNG_FEATURES, TRNG_RND_64, 0, 0), 0);
	assert_int_equal(call(TRNG_FEATURES, TRNG_UUID, 0, 0), 0);
	assert_int_equal(call(TRNG_FEATURES, 0x84000054, 0, 0), NOT_SUPPORTED);
	(void)call_on(0, TRNG_UUID, 0, 0, 0, a);
	(void)call_on(0, TRNG_UUID, 0, 0, 0, b);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_not_equal(a[0], NOT_SUPPORTED);
}

/* So many bits and no more, the lowest in the last register; others each time. */
static void test_trng_bits(void **state)
{
	u64 out[4], seen[3] = { 0 }, last = 0;

	(void)state;
	for (u64 bits = 1; bits <= 192; bits++) {
		for (unsigned k = 0; k < 16; k++) {
			assert_int_equal(call_on(0, TRNG_RND_64, bits, 0, 0, out), 0);
			for (unsigned i = 0; i < 3; i++) {
				u64 left = bits > 64 * i ? bits - 64 * i : 0;

				if (left < 64)
					assert_int_equal(out[3 - i] >> left, 0);
				seen[i] |= out[3 - i];
			}
		}
		if (bits >= 64)
			assert_int_not_equal(out[3], last);
		last = out[3];
	}
	for (unsigned i = 0; i < 3; i++)
		assert_true(seen[i] == ~0ULL);
	assert_int_equal((s64)call(TRNG_RND_64, 0, 0, 0), -2);
	assert_int_equal((s64)call(TRNG_RND_64, 193, 0, 0), -2);
	for (u64 bits = 1; bits <= 96; bits++) {
		assert_int_equal(call_on(0, TRNG_RND_32, bits, 0, 0, out), 0);
		assert_int_equal((out[1] | out[2] | out[3]) >> 32, 0);
	}
	assert_int_equal((s64)call(TRNG_RND_32, 97, 0, 0), -2);
	assert_int_equal(call_on(0, TRNG_RND_32, BIT(32) | 8, 0, 0, out), 0);
	assert_int_equal(out[3] >> 8, 0);
}

/* Each fault replaces the one answer its name says. */
static void test_faults(void **state)
{
	u64 a[4], b[4];

	(void)state;
	fault = FAULT_HOST_UNKNOWN_SUCCESS;
	assert_int_equal(call(0x86000001, 0, 0, 0), 0);
	fault = FAULT_HOST_SMCCC_OLD;
	assert_int_equal(call(SMCCC_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(call(SMCCC_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(call(SMCCC_VERSION, 0, 0, 0), 0x10000);
	fault = FAULT_HOST_PSCI_OLD;
	assert_int_equal(call(PSCI_VERSION, 0, 0, 0), 0x10000);
	fault = FAULT_HOST_FEATURES_ALL;
	assert_int_equal(call(PSCI_FEATURES, 1, 0, 0), 0);
	fault = FAULT_HOST_PSCI_UNKNOWN;
	assert_int_equal(call(PSCI_MIGRATE_32, 0, 0, 0), 0);
	fault = FAULT_HOST_MIGRATE_TYPE;
	assert_int_equal(call(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), 0);
	fault = FAULT_HOST_SUSPEND_FAILS;
	assert_int_equal(psci(PSCI_CPU_SUSPEND_64, 0, 0, 0), PSCI_INTERNAL_FAILURE);
	fault = FAULT_LIE_PSCI_NONE;
	assert_int_equal(psci(PSCI_VERSION, 0, 0, 0), PSCI_NOT_SUPPORTED);
	fault = FAULT_LIE_UID_NONE;
	assert_int_equal(call_on(0, PKVM_VENDOR_UID, 0, 0, 0, a), NOT_SUPPORTED);
	fault = FAULT_LIE_UID_OTHER;
	assert_int_not_equal(call_on(0, PKVM_VENDOR_UID, 0, 0, 0, a), PKVM_UID_0);
	fault = FAULT_HOST_UID_CHANGES;
	(void)call_on(0, PKVM_VENDOR_UID, 0, 0, 0, a);
	(void)call_on(0, PKVM_VENDOR_UID, 0, 0, 0, b);
	assert_int_equal(a[0], PKVM_UID_0);
	assert_int_not_equal(b[0], PKVM_UID_0);
	fault = FAULT_HOST_TRNG_OLD;
	assert_int_equal(call(TRNG_VERSION, 0, 0, 0), 0);
	fault = FAULT_HOST_TRNG_FEATURES;
	assert_int_equal(call(TRNG_FEATURES, 0x84000054, 0, 0), 0);
	fault = FAULT_HOST_TRNG_UNCHECKED;
	assert_int_equal(call(TRNG_RND_64, 0, 0, 0), 0);
	fault = FAULT_HOST_TRNG_CONSTANT;
	(void)call_on(0, TRNG_RND_64, 192, 0, 0, a);
	(void)call_on(0, TRNG_RND_64, 192, 0, 0, b);
	assert_memory_equal(a, b, sizeof(a));
	fault = FAULT_HOST_TRNG_MORE;
	(void)call_on(0, TRNG_RND_64, 1, 0, 0, a);
	assert_int_not_equal(a[1], 0);
	fault = FAULT_HOST_TRNG_UUID;
	(void)call_on(0, TRNG_UUID, 0, 0, 0, a);
	(void)call_on(0, TRNG_UUID, 0, 0, 0, b);
	assert_int_not_equal(a[0], b[0]);
}

static void test_faults_of_power(void **state)
{
	(void)state;
	fault = FAULT_HOST_MPIDR_UNCHECKED;
	assert_int_equal(psci(PSCI_CPU_ON_64, 4, ENTRY, 0), PSCI_SUCCESS);
	fault = FAULT_HOST_SELF_STARTED;
	assert_int_equal(psci(PSCI_CPU_ON_64, 0, ENTRY, 0), PSCI_SUCCESS);
	fault = FAULT_HOST_START_LOST;
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, ENTRY, 0), PSCI_SUCCESS);
	fault = FAULT_CPU_NEVER_STARTED;
	assert_int_equal(psci(PSCI_CPU_ON_64, 3, ENTRY, 0), PSCI_SUCCESS);
	assert_int_equal(resets + starts, 0);
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, ENTRY, 5), PSCI_SUCCESS);
	assert_int_equal(reset_x0, 5);
	fault = FAULT_HOST_RUNNING_STARTED;
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, ENTRY, 0), PSCI_SUCCESS);
	assert_int_equal(psci(PSCI_CPU_ON_64, 0, ENTRY, 0), PSCI_ALREADY_ON);
	fault = FAULT_HOST_AFFINITY_WRONG;
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, 0, 0), PSCI_AFFINITY_OFF);
	fault = FAULT_HOST_AFFINITY_UNCHECKED;
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 9, 0, 0), PSCI_AFFINITY_OFF);
	fault = FAULT_HOST_LEVEL_UNCHECKED;
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, 4, 0), PSCI_AFFINITY_ON);
	fault = FAULT_HOST_OFF_IGNORED;
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 2, 0, 0), PSCI_AFFINITY_ON);
	off(1);
	fault = FAULT_HOST_CONTEXT_LOST;
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, ENTRY, 5), PSCI_SUCCESS);
	assert_int_not_equal(reset_x0, 5);
	fault = FAULT_LIE_ON_ELSEWHERE;
	assert_int_equal(psci(PSCI_CPU_ON_64, 2, ENTRY, 5), PSCI_SUCCESS);
	assert_int_equal(reset_pc, ENTRY + PAGE_SIZE);
}

static void test_started_twice(void **state)
{
	(void)state;
	assert_int_equal(psci(PSCI_CPU_ON_64, 3, ENTRY, CONTEXT), PSCI_SUCCESS);
	fault = FAULT_LIE_ON_TWICE;
	reset_pc = 0;
	for (unsigned i = 0; i < 100; i++) {
		host_before_entry(&vm.cpu[0]);
		host_before_entry(&vm.cpu[3]);
	}
	assert_int_equal(resets, 2);
	assert_int_equal(reset_pc, ENTRY);
	assert_int_equal(reset_x0, CONTEXT);
}

static const char *android(u64 fid, u64 target)
{
	u64 *gprs = (u64 *)vm.cpu[0].run->exit.gprs;

	word[0] = '\0';
	gprs[0] = fid;
	gprs[1] = target;
	if (setjmp(ended) == 0)
		exit_psci(&vm.cpu[0]);
	return word;
}

static void test_android(void **state)
{
	(void)state;
	config.profile = PROFILE_ANDROID;
	assert_string_equal(android(PSCI_CPU_ON_64, 2), "");
	assert_int_equal(last_started, 2);
	assert_int_equal(starts, 1);
	assert_int_equal(resets, 0); /* EL2 has done that */
	assert_string_equal(android(PSCI_CPU_ON_64, 4), "broken");
	fault = FAULT_CPU_NEVER_STARTED;
	assert_string_equal(android(PSCI_CPU_ON_32, 3), "");
	assert_int_equal(starts, 1);
	fault = FAULT_NONE_;
	assert_string_equal(android(PSCI_CPU_OFF, 0), "");
	assert_true(vm.cpu[0].maybe_off);
	assert_string_equal(android(PSCI_CPU_SUSPEND_64, 0), "");
	assert_int_equal(suspended, 1);
	assert_string_equal(android(PSCI_SYSTEM_OFF, 0), "off");
	assert_string_equal(android(PSCI_SYSTEM_RESET, 0), "reset");
	assert_string_equal(android(PSCI_SYSTEM_RESET2_64, 0), "reset");
	assert_string_equal(android(PSCI_VERSION, 0), "broken");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_smccc, setup),
		cmocka_unit_test_setup(test_psci_facts, setup),
		cmocka_unit_test_setup(test_cpu_on, setup),
		cmocka_unit_test_setup(test_affinity, setup),
		cmocka_unit_test_setup(test_cpu_off, setup),
		cmocka_unit_test_setup(test_end, setup),
		cmocka_unit_test_setup(test_trng_facts, setup),
		cmocka_unit_test_setup(test_trng_bits, setup),
		cmocka_unit_test_setup(test_faults, setup),
		cmocka_unit_test_setup(test_faults_of_power, setup),
		cmocka_unit_test_setup(test_started_twice, setup),
		cmocka_unit_test_setup(test_android, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
