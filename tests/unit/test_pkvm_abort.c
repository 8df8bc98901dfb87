/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A protected vCPU's entries and exits: what stage-2 aborts do, what the host is shown of each exit
 * in either profile, and which replies it may give.
 *
 * sources: hosts/arm64/el2/[!h]*.c hosts/arm64/pkvm/[aer]*.c hosts/arm64/pkvm/[cs][oy]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm
 */
#include "fake_hyp_vcpu.h"

#define DEVICE  0x09000000ULL
#define RT      5u
#define ESR(ec) ((u64)(ec) << 26 | ESR_IL)
/* 32-bit access by X5, translation fault at level 3 */
#define ESR_LOAD  (ESR(EC_DABT_LOW) | ISS_ISV | 2ULL << ISS_SAS_AT | (u64)RT << 16 | 7)
#define ESR_STORE (ESR_LOAD | ISS_WNR)
#define ESR_PAIR  (ESR(EC_DABT_LOW) | 7) /* no valid syndrome */
#define ESR_FETCH (ESR(EC_IABT_LOW) | 7)
#define ISS_SRT   MASK(20, 16)

static struct rmi_rec_run page;
static u64 guest_esr, guest_ipa;
static unsigned entries;
static enum core_exit guest_kind;

/* Traps once with guest_esr, then an interrupt. */
static void guest(struct el1_state *g, struct core_exit_info *info)
{
	(void)g;
	if (entries++ != 0)
		return;
	info->kind = guest_kind;
	info->esr = guest_esr;
	info->far = guest_ipa;
	info->hpfar = guest_ipa >> 12 << 4;
}

static int setup(void **state)
{
	memset(&page, 0, sizeof(page));
	guest_kind = CORE_EXIT_SYNC;
	guest_ipa = DEVICE + 0x18;
	return fake_reset(state);
}

/* Each register has a value of its own. */
static void fill_registers(void)
{
	for (unsigned i = 0; i < 31; i++)
		fake_vcpu.cpu.el1.x[i] = 0x5ec4e70000000000ULL + i;
}

static enum pkvm_run enter(u64 flags, u64 value)
{
	page.enter.flags = flags;
	page.enter.gprs[0] = value;
	entries = 0;
	fake_guest = guest;
	return pkvm_vcpu_run(0, &page);
}

static void traps(u64 esr)
{
	guest_esr = esr;
	assert_int_equal(enter(0, 0), PKVM_RAN);
}

static void only_gpr0(u64 value)
{
	assert_int_equal(page.exit.gprs[0], value);
	for (unsigned i = 1; i < 31; i++)
		assert_int_equal(page.exit.gprs[i], 0);
}

static void store_shows_its_data(void **state)
{
	(void)state;
	fill_registers();
	traps(ESR_STORE);
	assert_int_equal(page.exit.exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(page.exit.esr & ISS_SRT, 0);
	assert_int_equal(page.exit.esr & (ISS_ISV | ISS_WNR), ISS_ISV | ISS_WNR);
	assert_int_equal(page.exit.hpfar, DEVICE >> 8);
	assert_int_equal(page.exit.far, 0x18);
	only_gpr0(RT); /* cut to 32 bits */
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 1), PKVM_RAN);
	assert_int_equal(fake_vcpu.cpu.el1.x[RT], 0x5ec4e70000000000ULL + RT);
}

static void load_takes_its_data(void **state)
{
	(void)state;
	fill_registers();
	traps(ESR_LOAD);
	only_gpr0(0);
	guest_esr = ESR(EC_WFX);
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0x1122334455667788ULL), PKVM_RAN);
	assert_int_equal(fake_vcpu.cpu.el1.x[RT], 0x55667788);
	assert_int_equal(fake_vcpu.cpu.el1.x[17], 0x5ec4e70000000000ULL + 17);
	assert_int_equal(fake_vcpu.cpu.el1.pc, FAKE_PC + 8);
	assert_int_equal(page.exit.esr, ESR(EC_WFX));
	only_gpr0(0);
	/* Once. */
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0), PKVM_REFUSED);
}

static void replies_need_an_exit(void **state)
{
	(void)state;
	guest_esr = ESR_LOAD;
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0), PKVM_REFUSED);
	assert_int_equal(enter(RMI_ENTER_INJECT_SEA, 0), PKVM_REFUSED);
	traps(ESR_LOAD);
	assert_int_equal(enter(RMI_ENTER_INJECT_SEA | RMI_ENTER_EMUL_MMIO, 0), PKVM_REFUSED);
	page.enter.gicv3_hcr = 1;
	assert_int_equal(enter(0, 0), PKVM_REFUSED);
	page.enter.gicv3_hcr = 0;
	assert_int_equal(pkvm_vcpu_run(1, &page), PKVM_REFUSED);
	fake_vcpu.running = true;
	assert_int_equal(enter(0, 0), PKVM_REFUSED);
	fake_vcpu.running = false;
	fake_vcpu.power = POWER_OFF;
	assert_int_equal(enter(0, 0), PKVM_OFF);
	fake_vcpu.power = POWER_PENDING;
	assert_int_equal(enter(0, 0), PKVM_RAN);
	assert_int_equal(fake_vcpu.power, POWER_ON);
	hyp_vm.ended = true;
	assert_int_equal(enter(0, 0), PKVM_ENDED);
}

/* Behind a guard that is closed the host gets an address, and may not answer for a device. */
static void closed_guard_shows_nothing(void **state)
{
	(void)state;
	fake_guard_open = false;
	fill_registers();
	traps(ESR_STORE);
	assert_int_equal(page.exit.esr & (ISS_ISV | ISS_WNR | ISS_SRT), 0);
	assert_int_equal(page.exit.hpfar, DEVICE >> 8);
	assert_int_equal(page.exit.far, 0);
	only_gpr0(0);
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0), PKVM_REFUSED);
	fake_vcpu.cpu.el1.vbar = 0x10000;
	guest_esr = ESR(EC_WFX);
	assert_int_equal(enter(RMI_ENTER_INJECT_SEA, 0), PKVM_RAN);
	assert_int_equal(fake_vcpu.cpu.el1.pc, 0x10200 + 4);
	assert_int_equal(fake_vcpu.cpu.el1.elr, FAKE_PC);
	assert_int_equal(fake_vcpu.cpu.el1.far, DEVICE + 0x18);
	assert_int_equal(fake_vcpu.cpu.el1.esr & ISS_FSC, 0x10);
	assert_int_equal(fake_violations[VIOLATION_MMIO], 0);
}

static void no_syndrome_shows_nothing(void **state)
{
	(void)state;
	traps(ESR_PAIR);
	only_gpr0(0);
	assert_int_equal(page.exit.far, 0);
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0), PKVM_REFUSED);
	assert_int_equal(enter(RMI_ENTER_INJECT_SEA, 0), PKVM_RAN);
	assert_int_equal(fake_violations[VIOLATION_MMIO], 1);
	fake_guard_open = false; /* memory that never came, not a device */
	traps(ESR_PAIR);
	assert_int_equal(enter(RMI_ENTER_INJECT_SEA, 0), PKVM_RAN);
	assert_int_equal(fake_violations[VIOLATION_MMIO], 1);
	fake_guard_open = true;
	traps(ESR_LOAD | ISS_S1PTW); /* a table walk is no device access */
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0), PKVM_REFUSED);
}

static void unguarded_device_is_seen(void **state)
{
	(void)state;
	traps(ESR_LOAD); /* no guard there: nothing to blame the guest for */
	guest_esr = ESR(EC_WFX);
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0), PKVM_RAN);
	assert_int_equal(fake_violations[VIOLATION_UNGUARDED], 0);
	fake_guard_offered = true;
	traps(ESR_LOAD);
	guest_esr = ESR(EC_WFX);
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0), PKVM_RAN);
	assert_int_equal(fake_violations[VIOLATION_UNGUARDED], 1);
	fake_page.guarded = true;
	traps(ESR_LOAD);
	guest_esr = ESR(EC_WFX);
	assert_int_equal(enter(RMI_ENTER_EMUL_MMIO, 0), PKVM_RAN);
	assert_int_equal(fake_violations[VIOLATION_UNGUARDED], 1);
}

/* Another CPU was first: the access is simply done again. */
static void present_page_resumes(void **state)
{
	(void)state;
	fake_page.state = PAGE_OWNED;
	traps(ESR_LOAD);
	assert_int_equal(page.exit.exit_reason, RMI_EXIT_IRQ);
	assert_int_equal(fake_vcpu.cpu.el1.pc, FAKE_PC);
	fake_page.state = PAGE_SHARED;
	fake_page.no_exec = true;
	traps(ESR_LOAD);
	assert_int_equal(fake_violations[VIOLATION_FETCH_SHARED], 0);
	traps(ESR_FETCH);
	assert_int_equal(page.exit.exit_reason, RMI_EXIT_IRQ);
	assert_int_equal(fake_violations[VIOLATION_FETCH_SHARED], 1);
	assert_int_equal(fake_allowed, 1);
}

static void reclaimed_page_ends_the_vm(void **state)
{
	(void)state;
	fake_page.state = PAGE_RECLAIMED;
	guest_esr = ESR_LOAD;
	assert_int_equal(enter(0, 0), PKVM_FAULT);
	fake_page.state = PAGE_OWNED;
	assert_int_equal(enter(0, 0), PKVM_FAULT);
	assert_int_equal(entries, 0);
}

static void absent_page_shows_its_address(void **state)
{
	(void)state;
	traps(ESR_FETCH);
	assert_int_equal(ESR_EC(page.exit.esr), EC_IABT_LOW);
	assert_int_equal(page.exit.hpfar, DEVICE >> 8);
	assert_int_equal(page.exit.far, 0);
	fake_page.state = PAGE_RELINQUISHED;
	traps(ESR_PAIR);
	assert_int_equal(page.exit.hpfar, DEVICE >> 8);
}

static void beyond_the_ipa_space(void **state)
{
	(void)state;
	fake_vcpu.cpu.el1.vbar = 0x10000;
	guest_ipa = BIT(33);
	traps(ESR_LOAD);
	assert_int_equal(page.exit.exit_reason, RMI_EXIT_IRQ);
	assert_int_equal(fake_vcpu.cpu.el1.pc, 0x10200);
	assert_int_equal(page.exit.hpfar, 0);
}

static void errors_of_the_machine(void **state)
{
	(void)state;
	fake_vcpu.cpu.el1.vbar = 0x10000;
	traps(ESR(EC_DABT_LOW) | ISS_SET | 0x10); /* can be restarted */
	assert_int_equal(page.exit.hpfar, 0);
	assert_int_equal(page.exit.esr & ISS_FSC, 0x10);
	assert_int_equal(fake_vcpu.cpu.el1.pc, FAKE_PC);
	traps(ESR(EC_DABT_LOW) | 0x10);
	assert_int_equal(fake_vcpu.cpu.el1.pc, 0x10200);
}

static void interrupts_and_waits_show_nothing(void **state)
{
	(void)state;
	fill_registers();
	guest_kind = CORE_EXIT_IRQ;
	traps(0);
	assert_int_equal(page.exit.exit_reason, RMI_EXIT_IRQ);
	only_gpr0(0);
	guest_kind = CORE_EXIT_FIQ;
	traps(0);
	assert_int_equal(page.exit.exit_reason, RMI_EXIT_FIQ);
	guest_kind = CORE_EXIT_SERROR;
	traps(0);
	assert_int_equal(page.exit.exit_reason, RMI_EXIT_SERROR);
	guest_kind = CORE_EXIT_SYNC;
	traps(ESR(EC_WFX) | 1 | (u64)RT << 5);
	assert_int_equal(page.exit.esr, ESR(EC_WFX) | 1);
	assert_int_equal(fake_vcpu.cpu.el1.pc, FAKE_PC + 4);
	only_gpr0(0);
}

/* Upstream nothing of a vCPU is kept from the host. */
static void upstream_shows_registers(void **state)
{
	(void)state;
	hyp_vm.profile = PKVM_UPSTREAM;
	fill_registers();
	traps(ESR_STORE);
	assert_int_equal(page.exit.gprs[0], RT);
	for (unsigned i = 1; i < 31; i++)
		assert_int_equal(page.exit.gprs[i], 0x5ec4e70000000000ULL + i);
	traps(ESR(EC_WFX));
	assert_int_equal(page.exit.gprs[0], 0x5ec4e70000000000ULL);
	guest_kind = CORE_EXIT_IRQ;
	traps(0);
	assert_int_equal(page.exit.gprs[30], 0x5ec4e70000000000ULL + 30);
}

static void calls(void **state)
{
	(void)state;
	traps(ESR(EC_SMC));
	assert_int_equal(fake_violations[VIOLATION_SMC], 1);
	assert_int_equal(fake_vcpu.cpu.el1.x[0], (u64)PKVM_NOT_SUPPORTED);
	assert_int_equal(fake_vcpu.cpu.el1.pc, FAKE_PC + 4);
	fake_call_next = TO_HOST;
	traps(ESR(EC_HVC));
	assert_int_equal(ESR_EC(page.exit.esr), EC_HVC);
	page.enter.gprs[3] = 33;
	guest_esr = ESR(EC_WFX);
	assert_int_equal(enter(0, 77), PKVM_RAN);
	assert_int_equal(fake_vcpu.cpu.el1.x[0], 77);
	assert_int_equal(fake_vcpu.cpu.el1.x[3], 33);
	assert_int_equal(enter(0, 78), PKVM_RAN);
	assert_int_equal(fake_answered, 1);
	fake_vcpu.cpu.el1.vbar = 0x10000;
	traps(ESR(EC_SVE));
	assert_int_equal(fake_vcpu.cpu.el1.pc, 0x10200);
	assert_int_equal(ESR_EC(fake_vcpu.cpu.el1.esr), EC_UNKNOWN);
}

static void asserted_timer_comes_first(void **state)
{
	(void)state;
	fake_vcpu.cpu.timers.cntv_ctl = 5;
	guest_esr = ESR(EC_WFX);
	assert_int_equal(enter(0, 0), PKVM_RAN);
	assert_int_equal(entries, 0);
	assert_int_equal(page.exit.exit_reason, RMI_EXIT_IRQ);
	assert_int_equal(page.exit.cntv_ctl, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(store_shows_its_data, setup),
		cmocka_unit_test_setup(load_takes_its_data, setup),
		cmocka_unit_test_setup(replies_need_an_exit, setup),
		cmocka_unit_test_setup(closed_guard_shows_nothing, setup),
		cmocka_unit_test_setup(no_syndrome_shows_nothing, setup),
		cmocka_unit_test_setup(unguarded_device_is_seen, setup),
		cmocka_unit_test_setup(present_page_resumes, setup),
		cmocka_unit_test_setup(reclaimed_page_ends_the_vm, setup),
		cmocka_unit_test_setup(absent_page_shows_its_address, setup),
		cmocka_unit_test_setup(beyond_the_ipa_space, setup),
		cmocka_unit_test_setup(errors_of_the_machine, setup),
		cmocka_unit_test_setup(interrupts_and_waits_show_nothing, setup),
		cmocka_unit_test_setup(upstream_shows_registers, setup),
		cmocka_unit_test_setup(calls, setup),
		cmocka_unit_test_setup(asserted_timer_comes_first, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
