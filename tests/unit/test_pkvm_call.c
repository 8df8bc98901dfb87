/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pKVM model's calls of memory and MMIO guard, with a guest that makes one call at a time.
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
#define TOP (1ULL << 33)
#define BAD PKVM_INVALID_PARAMETER

static u64 granule;

static void boot(enum pkvm_profile profile, u64 size)
{
	machine_reset();
	granule = size;
	assert_int_equal(vm_new(profile, size, 2), ST_OK);
	assert_int_equal(pkvm_vcpu_create(0, RAM, 0), ST_OK);
	assert_int_equal(pkvm_vcpu_create(1, RAM, 0), ST_OK);
}

static int android(void **state)
{
	(void)state;
	boot(PKVM_ANDROID, PAGE_SIZE);
	return 0;
}

static int android_16k(void **state)
{
	(void)state;
	boot(PKVM_ANDROID, KIB(16));
	return 0;
}

static int upstream(void **state)
{
	(void)state;
	boot(PKVM_UPSTREAM, PAGE_SIZE);
	return 0;
}

/* X1..X3 after a call that has no results there. */
static void no_results(void)
{
	assert_int_equal(reg(1) | reg(2) | reg(3), 0);
}

static void discovery(void **state)
{
	(void)state;
	assert_int_equal(hvc(PKVM_FEATURES, 1, 2, 3), 0xffd);
	no_results();
	assert_int_equal(hvc(PKVM_HYP_MEMINFO, 0, 0, 0), PAGE_SIZE);
	assert_int_equal(reg(1), PKVM_MEMINFO_RANGES);
	assert_int_equal(hvc(PKVM_HYP_MEMINFO, 1, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_HYP_MEMINFO, 0, 1, 0), BAD);
	assert_int_equal(hvc(PKVM_HYP_MEMINFO, 0, 0, 1ULL << 63), BAD);
	assert_int_equal(hvc(PKVM_VENDOR_UID, 9, 9, 9), PKVM_UID_0);
	assert_int_equal(reg(1), PKVM_UID_1);
	assert_int_equal(reg(2), PKVM_UID_2);
	assert_int_equal(reg(3), PKVM_UID_3);
	assert_int_equal(hvc(SMCCC_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(hvc(PKVM_FEATURES + 1, 0, 0, 0), PKVM_NOT_SUPPORTED); /* PTP */
	assert_int_equal(hvc(0xc6000012, RAM, 0, 0), PKVM_NOT_SUPPORTED);      /* DEV_REQ_MMIO */
	assert_int_equal(hvc(0xc6000000, 0, 0, 0), PKVM_NOT_SUPPORTED);
	assert_int_equal(hvc(0, 0, 0, 0), PKVM_NOT_SUPPORTED);
	assert_int_equal(exit_reason(), RMI_EXIT_IRQ); /* no call reached the host */
}

static void preserved(void **state)
{
	(void)state;
	guest_page(RAM, 0);
	for (unsigned i = 4; i < 31; i++)
		vcpu_at(0)->cpu.el1.x[i] = 0x1000 + i;
	hvc(PKVM_MEM_SHARE, RAM, 0, 0);
	hvc(PKVM_MEM_UNSHARE, RAM, 0, 0);
	hvc(PKVM_MMIO_GUARD_ENROLL, 0, 0, 0);
	hvc(PKVM_VENDOR_UID, 0, 0, 0);
	hvc(TRNG_RND_64, 192, 0, 0);
	for (unsigned i = 4; i < 31; i++)
		assert_int_equal(reg(i), 0x1000 + i);
}

static void share(void **state)
{
	u64 pa = guest_page(RAM, 0x44), *p;

	(void)state;
	guest_page(RAM + granule, 0x55);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 0, 1), BAD);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM + 8, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_SHARE, TOP, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_SHARE, ~0ULL << 14, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM, 0, 0), BAD);
	assert_null(pkvm_host_access(RAM));
	assert_int_equal(counters.shares, 0);

	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 0, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 1);
	p = pkvm_host_access(RAM);
	assert_ptr_equal(p, pa_to_ptr(pa));
	assert_int_equal(*p, 0x4444444444444444); /* content is kept */
	assert_null(pkvm_host_access(RAM + granule));
	assert_int_equal(fake_device(RAM), pa);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 0, 0), BAD);
	assert_ptr_equal(pkvm_host_access(RAM), p);

	*p = 0x77;
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM + 8, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM, 0, 1), BAD);
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, TOP, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM + granule, 0, 0), BAD);
	assert_non_null(pkvm_host_access(RAM));
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM, 0, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 1);
	assert_null(pkvm_host_access(RAM));
	assert_int_equal(fake_device(RAM), 0);
	assert_int_equal(*p, 0x77);
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM, 0, 0), BAD);
	assert_int_equal(counters.shares, 1);
	assert_int_equal(counters.unshares, 1);
}

/* The guest sees nothing of it but time; the host a write that found no page. */
static void replay(void **state)
{
	struct rmi_rec_exit *ex = &run_page.exit;
	u64 pc = vcpu_at(0)->cpu.el1.pc;

	(void)state;
	hvc(PKVM_MEM_SHARE, RAM + granule, 0, 0);
	assert_int_equal(ex->exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(ex->esr, (u64)EC_DABT_LOW << 26 | BIT(6) | 7);
	assert_int_equal(ex->hpfar, (RAM + granule) >> 8);
	assert_int_equal(ex->far, 0);
	for (unsigned i = 0; i < 31; i++)
		assert_int_equal(ex->gprs[i], 0);
	assert_int_equal(vcpu_at(0)->cpu.el1.pc, pc);
	assert_int_equal(reg(0), PKVM_MEM_SHARE);
	assert_int_equal(reg(1), RAM + granule);
	run_page.enter.flags = RMI_ENTER_EMUL_MMIO; /* it was no access to a device */
	assert_int_equal(enter(0), PKVM_REFUSED);
	run_page.enter.flags = RMI_ENTER_INJECT_SEA;
	assert_int_equal(enter(0), PKVM_REFUSED);
	hvc_again();
	assert_int_equal(ex->exit_reason, RMI_EXIT_SYNC);
	guest_page(RAM + granule, 1);
	assert_int_equal(hvc_again(), PKVM_SUCCESS);
	assert_int_equal(vcpu_at(0)->cpu.el1.pc, pc + 4);
	assert_true(pkvm_is_shared(RAM + granule));
	assert_int_equal(counters.replays, 2);
	/* Nothing to wait for where the page is gone for good, or was never shared. */
	assert_int_equal(pkvm_reclaim(RAM + granule), ST_OK);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM + granule, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM, 0, 0), BAD);
	assert_int_equal(counters.replays, 2);
}

/* Each call does what it can and says how much; the guest goes on from there. */
static void ranges(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++)
		guest_page(RAM + i * granule, 0);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 4, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 4);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(pkvm_is_shared(RAM + i * granule), i < 4);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 8, 0), BAD); /* the first one is shared */
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM + granule, 1, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 1);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM + granule, 8, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 1); /* up to what is shared already */
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM + 2 * granule, ~0ULL, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 2);
	assert_true(pkvm_is_shared(RAM + granule));
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM + 2 * granule, ~0ULL, 0), PKVM_SUCCESS);
	assert_in_range(reg(1), 1, 97); /* bounded work per call */
	assert_true(pkvm_is_shared(RAM + (1 + reg(1)) * granule));
	assert_false(pkvm_is_shared(RAM + (2 + reg(1)) * granule));
	/* A granule without a page ends the call; the next one begins with it. */
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM + 98 * granule, 8, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 2);
	hvc(PKVM_MEM_SHARE, RAM + 100 * granule, 6, 0);
	assert_int_equal(exit_reason(), RMI_EXIT_SYNC);
	/* The last granule there can be. */
	guest_page(TOP - granule, 0);
	assert_int_equal(hvc(PKVM_MEM_SHARE, TOP - granule, 2, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 1);
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, TOP - granule, 2, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 1);
}

static void relinquish(void **state)
{
	u64 pa = guest_page(RAM, 0x66);

	(void)state;
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, RAM + 8, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, RAM, 1, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, RAM, 0, 1), BAD);
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, TOP, 0, 0), BAD);
	assert_null(pkvm_host_access(RAM));
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, RAM, 0, 0), PKVM_SUCCESS);
	no_results();
	assert_ptr_equal(pkvm_host_access(RAM), pa_to_ptr(pa));
	for (unsigned i = 0; i < granule; i++)
		assert_int_equal(((u8 *)pa_to_ptr(pa))[i], 0);
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, RAM, 0, 0), PKVM_SUCCESS); /* nothing there */
	assert_int_equal(pkvm_donate(RAM, pa), ST_OK);
	assert_null(pkvm_host_access(RAM));
	/* What was shared the host knows. */
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 0, 0), PKVM_SUCCESS);
	*(u8 *)pa_to_ptr(pa) = 9;
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, RAM, 0, 0), PKVM_SUCCESS);
	assert_int_equal(*(u8 *)pa_to_ptr(pa), 9);
	assert_int_equal(fake_device(RAM), 0);
	assert_false(pkvm_is_shared(RAM));
	hvc(PKVM_MEM_SHARE, RAM, 0, 0); /* as if there had never been a page */
	assert_int_equal(exit_reason(), RMI_EXIT_SYNC);
	guest_page(RAM + granule, 0);
	assert_int_equal(pkvm_reclaim(RAM + granule), ST_OK);
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, RAM + granule, 0, 0), BAD);
	assert_int_equal(pkvm_donate(RAM + granule, host_page()), ST_STATE);
}

static void guard_arguments(void **state)
{
	static const u32 fids[] = { PKVM_MMIO_GUARD, PKVM_MMIO_GUARD_UNMAP, PKVM_MMIO_RGUARD_MAP,
				    PKVM_MMIO_RGUARD_UNMAP };
	u64 ipa = 0x9000000;

	(void)state;
	assert_int_equal(hvc(PKVM_MMIO_GUARD_INFO, 0, 0, 0), granule);
	no_results();
	assert_int_equal(hvc(PKVM_MMIO_GUARD_INFO, 0, 0, 8), BAD);
	assert_true(guard_open(ipa));
	for (unsigned i = 0; i < 4; i++) /* not before ENROLL */
		assert_int_equal(hvc(fids[i], ipa, i / 2, 0), BAD);
	assert_int_equal(hvc(PKVM_MMIO_GUARD_ENROLL, 0, 0, 0), PKVM_SUCCESS);
	assert_int_equal(hvc(PKVM_MMIO_GUARD_ENROLL, 0, 0, 0), PKVM_SUCCESS);
	for (unsigned i = 0; i < 4; i++) {
		assert_false(guard_open(ipa));
		assert_int_equal(hvc(fids[i], ipa + 8, i / 2, 0), BAD);
		assert_int_equal(hvc(fids[i], ipa, i / 2, 1), BAD);
		assert_int_equal(hvc(fids[i], TOP, i / 2, 0), BAD);
		if (i < 2)
			assert_int_equal(hvc(fids[i], ipa, 1, 0), BAD);
		else
			assert_int_equal(hvc(fids[i], ipa, 0, 0), BAD);
	}
	assert_int_equal(counters.guards, 0);
}

static void guard(void **state)
{
	u64 ipa = 0x9000000, n;

	(void)state;
	hvc(PKVM_MMIO_GUARD_ENROLL, 0, 0, 0);
	assert_int_equal(hvc(PKVM_MMIO_GUARD_UNMAP, ipa, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MMIO_GUARD, ipa, 0, 0), PKVM_SUCCESS);
	no_results();
	assert_int_equal(hvc(PKVM_MMIO_GUARD, ipa, 0, 0), PKVM_SUCCESS);
	assert_true(guard_open(ipa));
	assert_true(guard_open(ipa + granule - 1));
	assert_false(guard_open(ipa + granule));
	assert_int_equal(pkvm_donate(ipa, host_page()), ST_STATE);
	assert_int_equal(hvc(PKVM_MEM_SHARE, ipa, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_RELINQUISH, ipa, 0, 0), BAD);
	assert_true(guard_open(ipa));
	assert_int_equal(hvc(PKVM_MMIO_GUARD_UNMAP, ipa, 0, 0), PKVM_SUCCESS);
	assert_false(guard_open(ipa));
	assert_int_equal(pkvm_donate(ipa, host_page()), ST_OK);
	assert_int_equal(hvc(PKVM_MMIO_GUARD, ipa, 0, 0), BAD); /* a page */
	assert_false(guard_open(ipa));
	assert_int_equal(pkvm_reclaim(ipa), ST_OK);
	assert_int_equal(hvc(PKVM_MMIO_GUARD, ipa, 0, 0), BAD);
	assert_int_equal(counters.guards, 2);

	ipa = 0xa000000;
	assert_int_equal(hvc(PKVM_MMIO_RGUARD_MAP, ipa, 5, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 5);
	for (n = 0; n < 7; n++)
		assert_int_equal(guard_open(ipa + n * granule), n < 5);
	assert_int_equal(hvc(PKVM_MMIO_RGUARD_UNMAP, ipa + granule, 9, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 4);
	for (n = 0; n < 7; n++)
		assert_int_equal(guard_open(ipa + n * granule), n < 1);
	assert_int_equal(hvc(PKVM_MMIO_RGUARD_MAP, ipa, ~0ULL, 0), PKVM_SUCCESS);
	assert_in_range(reg(1), 1, 1024);
	assert_int_equal(hvc(PKVM_MMIO_RGUARD_MAP, TOP - granule, 2, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 1);
}

/* A guest cannot take tables without end. */
static void guard_bounded(void **state)
{
	u64 ipa, n = 0;

	(void)state;
	hvc(PKVM_MMIO_GUARD_ENROLL, 0, 0, 0);
	for (ipa = 0; ipa < TOP && hvc(PKVM_MMIO_GUARD, ipa, 0, 0) == PKVM_SUCCESS;
	     ipa += BLOCK_SIZE)
		n++;
	assert_in_range(n, 128, 512);
	assert_int_equal(hvc(PKVM_MMIO_GUARD, ipa, 0, 0), BAD);
	assert_int_equal(hvc(PKVM_MMIO_GUARD, granule, 0, 0), PKVM_SUCCESS);
}

static void upstream_own(void **state)
{
	(void)state;
	assert_int_equal(hvc(PKVM_FEATURES, 0, 0, 0), PKVM_FEATURES_UPSTREAM);
	no_results();
	assert_int_equal(hvc(PKVM_HYP_MEMINFO, 0, 0, 0), PAGE_SIZE);
	no_results();
	assert_int_equal(hvc(PKVM_HYP_MEMINFO, 0, 7, 0), BAD);
	guest_page(RAM, 0);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 1, 0), BAD); /* no ranges here */
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 0, 0), PKVM_SUCCESS);
	no_results();
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM, 1, 0), BAD);
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM, 0, 0), PKVM_SUCCESS);
	no_results();
	assert_true(guard_open(0x9000000));
	assert_false(guard_offered());
}

/* All else is the host's to answer, true or not. */
static void upstream_forwards(void **state)
{
	static const u32 fids[] = { PKVM_VENDOR_UID, SMCCC_VERSION,       PSCI_VERSION,
				    PSCI_CPU_ON_64,  TRNG_RND_64,         PKVM_MMIO_GUARD,
				    PSCI_SYSTEM_OFF, PKVM_MEM_RELINQUISH, 0x12345678 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fids); i++) {
		struct rmi_rec_exit *ex = &run_page.exit;

		hvc(fids[i], 5, 6, 7);
		assert_int_equal(ex->exit_reason, RMI_EXIT_SYNC);
		assert_int_equal(ESR_EC(ex->esr), EC_HVC);
		assert_int_equal(ex->gprs[0], fids[i]);
		assert_int_equal(ex->gprs[1], 5);
		assert_int_equal(ex->gprs[3], 7);
		for (unsigned n = 0; n < 4; n++)
			run_page.enter.gprs[n] = 100 * i + n;
		assert_int_equal(enter(0), PKVM_RAN);
		for (unsigned n = 0; n < 4; n++)
			assert_int_equal(reg(n), 100 * i + n);
		run_page.enter.gprs[0] = 1; /* once */
		assert_int_equal(enter(0), PKVM_RAN);
		assert_int_equal(reg(0), 100 * i);
	}
	assert_false(hyp_vm.ended);
}

static void unscrubbed(void **state)
{
	(void)state;
	guest_page(RAM, 0);
	*((u8 *)pa_to_ptr(guest_page(RAM + granule, 0)) + granule - 1) = 1;
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM + granule, 0, 0), PKVM_SUCCESS);
	assert_int_equal(fake_violations, 0); /* no trace run */
	assert_int_equal(hvc(PKVM_MEM_UNSHARE, RAM + granule, 0, 0), PKVM_SUCCESS);
	config.trace = true;
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 0, 0), PKVM_SUCCESS);
	assert_int_equal(fake_violations, 0);
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM + granule, 0, 0), PKVM_SUCCESS);
	assert_int_equal(fake_violations, 1);
	assert_non_null(strstr(fake_line, "unscrubbed cpu=0 ipa=0x40004000"));
	for (unsigned i = 0; i < 40; i++) {
		hvc(PKVM_MEM_UNSHARE, RAM + granule, 0, 0);
		hvc(PKVM_MEM_SHARE, RAM + granule, 0, 0);
	}
	assert_int_equal(fake_violations, 16); /* the channel is not flooded */
	assert_int_equal(counters.violations, 41);
}

/* Each fault takes the one check it names away, and the call does the rest as ever. */
static void faults(void **state)
{
	static const struct {
		enum fault_id fault;
		u64 fid, x1, x2, x3; /* x1 from RAM */
	} cases[] = {
		{ FAULT_SHARE_RESERVED, PKVM_MEM_SHARE, 0, 0, 1 },
		{ FAULT_SHARE_UNALIGNED, PKVM_MEM_SHARE, 8, 0, 0 },
		{ FAULT_SHARE_BEYOND, PKVM_MEM_SHARE, TOP, 0, 0 },
		{ FAULT_UNSHARE_UNSHARED, PKVM_MEM_UNSHARE, 0, 0, 0 },
		{ FAULT_RELINQUISH_RESERVED, PKVM_MEM_RELINQUISH, 0, 5, 1 },
		{ FAULT_RELINQUISH_UNALIGNED, PKVM_MEM_RELINQUISH, 8, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		android(state);
		guest_page(RAM, 1);
		assert_int_equal(hvc(cases[i].fid, RAM + cases[i].x1, cases[i].x2, cases[i].x3),
				 BAD);
		fake_fault = cases[i].fault;
		assert_int_equal(hvc(cases[i].fid, RAM + cases[i].x1, cases[i].x2, cases[i].x3),
				 PKVM_SUCCESS);
	}
}

static void faults_of_pages(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++)
		guest_page(RAM + i * granule, 1);
	fake_fault = FAULT_SHARE_NEIGHBOUR;
	hvc(PKVM_MEM_SHARE, RAM, 0, 0);
	assert_true(pkvm_is_shared(RAM + granule));
	assert_false(pkvm_is_shared(RAM + 2 * granule));
	fake_fault = FAULT_UNSHARE_NEIGHBOUR;
	hvc(PKVM_MEM_UNSHARE, RAM, 0, 0);
	assert_false(pkvm_is_shared(RAM + granule));
	fake_fault = FAULT_SHARE_NOT_GRANTED;
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 0, 0), PKVM_SUCCESS);
	assert_false(pkvm_is_shared(RAM));
	fake_fault = FAULT_SHARE_OVERSTATED;
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM, 3, 0), PKVM_SUCCESS);
	assert_int_equal(reg(1), 3);
	assert_false(pkvm_is_shared(RAM + granule));
	fake_fault = FAULT_SHARE_CLEARS;
	hvc(PKVM_MEM_SHARE, RAM + 3 * granule, 0, 0);
	assert_int_equal(*(u8 *)pkvm_host_access(RAM + 3 * granule), 0);
	fake_fault = FAULT_UNSHARE_HOST_KEEPS;
	hvc(PKVM_MEM_UNSHARE, RAM + 3 * granule, 0, 0);
	assert_non_null(pkvm_host_access(RAM + 3 * granule));
	fake_fault = FAULT_RELINQUISH_NOT_WIPED;
	hvc(PKVM_MEM_RELINQUISH, RAM + 4 * granule, 0, 0);
	assert_int_equal(*(u8 *)pkvm_host_access(RAM + 4 * granule), 1);
	fake_fault = FAULT_SHARE_ABSENT;
	assert_int_equal(hvc(PKVM_MEM_SHARE, RAM + 9 * granule, 0, 0), BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(discovery, android),
		cmocka_unit_test_setup(preserved, android),
		cmocka_unit_test_setup(share, android),
		cmocka_unit_test_setup(share, android_16k),
		cmocka_unit_test_setup(replay, android),
		cmocka_unit_test_setup(replay, android_16k),
		cmocka_unit_test_setup(ranges, android),
		cmocka_unit_test_setup(ranges, android_16k),
		cmocka_unit_test_setup(relinquish, android_16k),
		cmocka_unit_test_setup(guard_arguments, android),
		cmocka_unit_test_setup(guard, android),
		cmocka_unit_test_setup(guard, android_16k),
		cmocka_unit_test_setup(guard_bounded, android),
		cmocka_unit_test_setup(upstream_own, upstream),
		cmocka_unit_test_setup(upstream_forwards, upstream),
		cmocka_unit_test_setup(unscrubbed, android_16k),
		cmocka_unit_test_setup(faults, android),
		cmocka_unit_test_setup(faults_of_pages, android_16k),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
