/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of DEN0137 and of the architecture that no realm of ours depends on, yet another may.
 *
 * sources: hosts/arm64/el2/[!h]*.c hosts/arm64/rmm/[!t]*.c hosts/arm64/vmm/vgic*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_machine.h"
#include "vmm/vgic.h"

#define RAM         0x40000000ULL
#define ALIAS       (1ULL << 32)
#define DEVICE      (ALIAS | 0x9000018)
#define WB          (6ULL << 2 | 3ULL << 6)
#define PSTATE_USER 0x10ULL /* AArch32 at EL0 */
#define SET(n)      ((u64)(n) << 11)
#define LOAD_W3     ((u64)EC_DABT_LOW << 26 | ESR_IL | BIT(24) | 2ULL << 22 | 3ULL << 16 | 7)
#define EXTERNAL    ((u64)EC_DABT_LOW << 26 | ESR_IL | 0x10)

static u64 rd, rec_pa[2], run_pa, page_pa;
static struct rec *rec;
static struct rmi_rec_run *run;

static int setup(void **state)
{
	(void)state;
	machine_reset();
	rd = realm_new(33, 2, 8);
	assert_int_equal(rmi(RMI_RTT_INIT_RIPAS, rd, RAM, RAM + BLOCK_SIZE, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, delegated(), RAM, 3, 0), RMI_SUCCESS);
	page_pa = delegated();
	assert_int_equal(rmi(RMI_DATA_CREATE, rd, page_pa, RAM, ns_page(), 0), RMI_SUCCESS);
	rec_pa[0] = rec_new(rd, 0, true, RAM);
	rec_pa[1] = rec_new(rd, 1, false, 0);
	rec = rec_of(rec_pa[0]);
	run_pa = ns_page();
	run = pa_to_ptr(run_pa);
	assert_int_equal(rmi(RMI_REALM_ACTIVATE, rd, 0, 0, 0, 0), RMI_SUCCESS);
	return 0;
}

/* ---- a guest that makes one exit, then is interrupted ---- */
static u64 regs[11];
static struct core_exit_info exit_info;
static bool exited;

static void guest(struct el1_state *g, struct core_exit_info *info)
{
	if (exited)
		return;
	exited = true;
	memcpy(g->x, regs, sizeof(regs));
	*info = exit_info;
}

static u64 enter_with(u64 flags)
{
	u64 status;

	run->enter.flags = flags;
	status = rmi(RMI_REC_ENTER, rec_pa[0], run_pa, 0, 0, 0);
	memset(&run->enter, 0, sizeof(run->enter));
	return status;
}

static void guest_exits(u64 esr, u64 ipa)
{
	exit_info = (struct core_exit_info){ CORE_EXIT_SYNC, esr, ipa, ipa >> 12 << 4 };
	exited = false;
	fake_guest = guest;
	assert_int_equal(enter_with(0), RMI_SUCCESS);
}

static u64 smc(u64 fid, u64 a1, u64 a2, u64 a3)
{
	const u64 call[11] = { fid, a1, a2, a3, 4, 5, 6, 7, 8, 9, 10 };

	memcpy(regs, call, sizeof(regs));
	guest_exits((u64)EC_SMC << 26 | ESR_IL, 0);
	return rec->cpu.el1.x[0];
}

static void take_page(void)
{
	assert_int_equal(rmi(RMI_DATA_DESTROY, rd, RAM, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_GRANULE_UNDELEGATE, page_pa, 0, 0, 0, 0), RMI_SUCCESS);
}

/* A real signer is slow: the buffer's page may be the host's by the time it is done. */
static void token_page_taken(void **state)
{
	static const u8 zeros[PAGE_SIZE];

	(void)state;
	fake_signing = take_page;
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_INIT, 0xab, 0, 0), RSI_SUCCESS);
	for (unsigned i = 0; i < TOKEN_YIELDS; i++)
		assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, 0, 64), RSI_INCOMPLETE);
	assert_int_equal(fake_token_calls != 0, true);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, 0, 64),
			 RSI_ATTESTATION_TOKEN_CONTINUE); /* stopped at the host, not answered */
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_SYNC);
	assert_memory_equal(pa_to_ptr(page_pa), zeros, PAGE_SIZE);
}

/* Thumb code at EL0 has instructions of 2 bytes: nobody can step over one it did not decode. */
static void aarch32_is_not_emulated(void **state)
{
	(void)state;
	rec->cpu.el1.pstate = PSTATE_USER;
	guest_exits(LOAD_W3, DEVICE);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(run->exit.esr & BIT(24), 0);
	assert_int_equal(run->exit.far, 0);
	assert_int_equal(run->exit.hpfar, DEVICE >> 12 << 4);
	assert_int_equal(enter_with(RMI_ENTER_EMUL_MMIO), RMI_ERROR_REC);
	assert_int_equal(enter_with(RMI_ENTER_INJECT_SEA), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.pc, rec->cpu.el1.vbar + 0x600);
	assert_int_equal(rec->cpu.el1.spsr, PSTATE_USER);
	assert_int_equal(ESR_EC(rec->cpu.el1.esr), EC_DABT_LOW);
}

static void wfi_of_thumb_code(void **state)
{
	u64 pc = rec->cpu.el1.pc;

	(void)state;
	guest_exits((u64)EC_WFX << 26 | ESR_IL, 0);
	assert_int_equal(rec->cpu.el1.pc, pc + 4);
	guest_exits((u64)EC_WFX << 26, 0);
	assert_int_equal(rec->cpu.el1.pc, pc + 6);
}

static void emulation_needs_an_emulatable_exit(void **state)
{
	(void)state;
	guest_exits(LOAD_W3 & ~BIT(24), DEVICE);
	assert_int_equal(enter_with(RMI_ENTER_EMUL_MMIO | RMI_ENTER_INJECT_SEA), RMI_ERROR_REC);
	guest_exits(LOAD_W3, DEVICE);
	assert_int_equal(enter_with(RMI_ENTER_EMUL_MMIO | RMI_ENTER_INJECT_SEA), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.pc, rec->cpu.el1.vbar + 0x200);
}

/* The host hears of an error of the machine and of no address; only what can restart goes on. */
static void external_abort(void **state)
{
	u64 pc = rec->cpu.el1.pc;

	(void)state;
	rec->cpu.el1.vbar = 0x10000;
	guest_exits(EXTERNAL | SET(3), RAM + 0x123);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(ESR_EC(run->exit.esr), EC_DABT_LOW);
	assert_int_equal(run->exit.hpfar | run->exit.far, 0);
	assert_int_equal(rec->cpu.el1.pc, pc);
	guest_exits(EXTERNAL | 7, RAM + 0x123); /* of a table walk */
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(run->exit.hpfar | run->exit.far, 0);
	assert_int_equal(rec->cpu.el1.pc, 0x10200);
	assert_int_equal(rec->cpu.el1.elr, pc);
	assert_int_equal(rec->cpu.el1.far, RAM + 0x123);
	assert_int_equal(rec->cpu.el1.esr & 0x3f, 0x10);
	assert_int_equal(enter_with(RMI_ENTER_INJECT_SEA), RMI_ERROR_REC);
}

static void exception_state(void **state)
{
	(void)state;
	assert_int_equal(rec->cpu.el1.sctlr & (BIT(0) | BIT(2) | BIT(12)), 0);
	assert_int_equal(rec->cpu.el1.sctlr & 0x30d00800, 0x30d00800);
	rec->cpu.el1.sctlr = BIT(23) | BIT(44);
	rec->cpu.el1.pstate = 0xf0300004;       /* NZCV, SS and IL, EL1t */
	guest_exits(LOAD_W3, RAM + BLOCK_SIZE); /* EMPTY */
	assert_int_equal(rec->cpu.el1.pstate, 0xf00013c5);
	assert_int_equal(rec->cpu.el1.spsr, 0xf0300004);
	assert_int_equal(rec->cpu.el1.pc, rec->cpu.el1.vbar);
}

static void features_know_no_hint(void **state)
{
	(void)state;
	assert_int_equal(smc(PSCI_FEATURES, PSCI_CPU_OFF, 0, 0), 0);
	assert_int_equal(smc(PSCI_FEATURES | BIT(16), PSCI_CPU_OFF, 0, 0), 0);
	assert_int_equal(smc(PSCI_FEATURES, PSCI_CPU_OFF | BIT(16), 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(smc(PSCI_FEATURES, PSCI_VERSION, 0, 0), PSCI_NOT_SUPPORTED);
}

static void timers_stop_with_their_cpu(void **state)
{
	(void)state;
	fake_timers.cntv_ctl = 1;
	fake_timers.cntp_ctl = 1;
	rec->cpu.timer_cpu = 0; /* they are this REC's */
	(void)smc(PSCI_CPU_OFF, 0, 0, 0);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_PSCI);
	assert_int_equal(run->exit.gprs[0], PSCI_CPU_OFF);
	assert_int_equal(run->exit.cntv_ctl | run->exit.cntp_ctl, 0);
	assert_int_equal(fake_timers.cntv_ctl | fake_timers.cntp_ctl, 0);
	assert_int_equal(enter_with(0), RMI_ERROR_REC);
}

/* A block of the host's memory becomes pages and a block again; what differs is not folded. */
static void unprotected_block(void **state)
{
	u64 base;

	(void)state;
	base = fake_next = align_up(fake_next, BLOCK_SIZE);
	assert_int_not_equal(core_alloc_pages(BLOCK_SIZE / PAGE_SIZE), 0);
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, ALIAS, 2, base | WB, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, delegated(), ALIAS, 3, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_FOLD, rd, ALIAS, 3, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi_call(RMI_RTT_READ_ENTRY, rd, ALIAS, 2, 0, 0).x[3], base | WB);
	assert_int_equal(rmi(RMI_RTT_CREATE, rd, delegated(), ALIAS, 3, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_UNMAP_UNPROTECTED, rd, ALIAS + PAGE_SIZE, 3, 0, 0),
			 RMI_SUCCESS);
	assert_int_equal(rmi(RMI_RTT_MAP_UNPROTECTED, rd, ALIAS + PAGE_SIZE, 3,
			     (base + PAGE_SIZE) | 1ULL << 6 | 6ULL << 2, 0),
			 RMI_SUCCESS); /* read-only */
	assert_int_equal(rmi(RMI_RTT_FOLD, rd, ALIAS, 3, 0, 0), RMI_STATUS(RMI_ERROR_RTT, 3));
	assert_int_equal(rmi(RMI_GRANULE_DELEGATE, base, 0, 0, 0, 0), RMI_ERROR_INPUT);
}

/* The RMM refuses an id in two list registers: a guest must not bring that about. */
static void forced_once(void **state)
{
	u64 lr[VGIC_MAX_LRS];
	static struct vgic g;

	(void)state;
	vgic_init(&g, 1, NULL);
	assert_true(vgic_force(&g, 0, 100));
	assert_true(vgic_force(&g, 0, 101));
	(void)vgic_fill(&g, 0, lr, 4);
	lr[0] = 0; /* 100 has ended, 101 still waits */
	vgic_sync(&g, 0, lr, 4);
	assert_true(vgic_force(&g, 0, 101));
	(void)vgic_fill(&g, 0, lr, 4);
	assert_int_equal((u32)lr[0], 101);
	assert_int_equal(lr[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(token_page_taken, setup),
		cmocka_unit_test_setup(aarch32_is_not_emulated, setup),
		cmocka_unit_test_setup(wfi_of_thumb_code, setup),
		cmocka_unit_test_setup(emulation_needs_an_emulatable_exit, setup),
		cmocka_unit_test_setup(external_abort, setup),
		cmocka_unit_test_setup(exception_state, setup),
		cmocka_unit_test_setup(features_know_no_hint, setup),
		cmocka_unit_test_setup(timers_stop_with_their_cpu, setup),
		cmocka_unit_test_setup(unprotected_block, setup),
		cmocka_unit_test(forced_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
