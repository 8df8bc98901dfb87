/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model's RECs: entry, exits and the host's replies, RSI and PSCI, with a scripted guest.
 *
 * sources: hosts/arm64/el2/[!h]*.c hosts/arm64/rmm/[!t]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -lbearssl
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_machine.h"

#define RAM    0x40000000ULL
#define ALIAS  (1ULL << 32)
#define WB     (6ULL << 2 | 3ULL << 6)
#define BEYOND 0xfffffffffffff000ULL /* no table of the model reaches there */

static u64 rd, rec_pa[2], run_pa;
static struct rec *rec;
static struct rmi_rec_run *run;
static u64 page_pa; /* machine page of RAM */

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
	assert_int_not_equal(rec_pa[0], 0);
	assert_int_not_equal(rec_pa[1], 0);
	rec = rec_of(rec_pa[0]);
	run_pa = ns_page();
	run = pa_to_ptr(run_pa);
	assert_int_equal(rmi(RMI_REALM_ACTIVATE, rd, 0, 0, 0, 0), RMI_SUCCESS);
	return 0;
}

static u64 enter(unsigned cpu)
{
	u64 status = rmi(RMI_REC_ENTER, rec_pa[cpu], run_pa, 0, 0, 0);

	memset(&run->enter, 0, sizeof(run->enter));
	return status;
}

/* ---- the scripted guest: one SMC or one abort, then an interrupt ---- */
static u64 call[11];
static bool called;
static struct core_exit_info abort_info;

static void guest_smc(struct el1_state *g, struct core_exit_info *info)
{
	if (called)
		return;
	called = true;
	memcpy(g->x, call, sizeof(call));
	*info = (struct core_exit_info){ CORE_EXIT_SYNC, (u64)EC_SMC << 26 | ESR_IL, 0, 0 };
}

static void guest_abort(struct el1_state *g, struct core_exit_info *info)
{
	(void)g;
	if (called)
		return;
	called = true;
	*info = abort_info;
}

/* Issues an SMC; the exit that ends the entry is an interrupt unless the call needs the host. */
static u64 smc(u64 fid, u64 a1, u64 a2, u64 a3, u64 a4)
{
	const u64 regs[11] = { fid, a1, a2, a3, a4, 5, 6, 7, 8, 9, 10 };

	memcpy(call, regs, sizeof(call));
	called = false;
	fake_guest = guest_smc;
	assert_int_equal(enter(0), RMI_SUCCESS);
	return rec->cpu.el1.x[0];
}

static void access_ipa(u64 ipa, u64 esr)
{
	abort_info = (struct core_exit_info){ CORE_EXIT_SYNC, esr, ipa, ipa >> 12 << 4 };
	called = false;
	fake_guest = guest_abort;
	assert_int_equal(enter(0), RMI_SUCCESS);
}

#define ESR_LOAD_W3 ((u64)EC_DABT_LOW << 26 | ESR_IL | BIT(24) | 2ULL << 22 | 3ULL << 16 | 7)
#define ESR_STORE_X3                                                                               \
	((u64)EC_DABT_LOW << 26 | ESR_IL | BIT(24) | 3ULL << 22 | 3ULL << 16 | BIT(15) | BIT(6) | 7)
#define ESR_FETCH ((u64)EC_IABT_LOW << 26 | ESR_IL | 7)

static void create(void **state)
{
	u64 other = realm_new(33, 2, 8), p = ns_page(), r = delegated(), aux = delegated();

	(void)state;
	put64(p, RMI_REC_NUM_AUX, 1);
	put64(p, RMI_REC_AUX, aux);
	put64(p, RMI_REC_FLAGS, 2);
	assert_int_equal(rmi(RMI_REC_CREATE, other, r, p, 0, 0), RMI_ERROR_INPUT);
	put64(p, RMI_REC_FLAGS, 0);
	put64(p, RMI_REC_MPIDR, 1); /* indices start at 0 */
	assert_int_equal(rmi(RMI_REC_CREATE, other, r, p, 0, 0), RMI_ERROR_INPUT);
	put64(p, RMI_REC_MPIDR, 0x10); /* Aff0[7:4] */
	assert_int_equal(rmi(RMI_REC_CREATE, other, r, p, 0, 0), RMI_ERROR_INPUT);
	put64(p, RMI_REC_MPIDR, 0);
	put64(p, RMI_REC_NUM_AUX, 0);
	assert_int_equal(rmi(RMI_REC_CREATE, other, r, p, 0, 0), RMI_ERROR_INPUT);
	put64(p, RMI_REC_NUM_AUX, 1);
	put64(p, RMI_REC_AUX, r);
	assert_int_equal(rmi(RMI_REC_CREATE, other, r, p, 0, 0), RMI_ERROR_INPUT);
	put64(p, RMI_REC_AUX, aux);
	assert_int_equal(rmi(RMI_REC_ENTER, r, run_pa, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_REC_CREATE, other, r, p, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_REC_ENTER, r, run_pa, 0, 0, 0), RMI_STATUS(RMI_ERROR_REALM, 0));
	assert_int_equal(rmi(RMI_REALM_DESTROY, other, 0, 0, 0, 0), RMI_STATUS(RMI_ERROR_REALM, 0));
	assert_int_equal(rmi(RMI_REC_DESTROY, r, 0, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rmi(RMI_REC_DESTROY, r, 0, 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_REALM_DESTROY, other, 0, 0, 0, 0), RMI_SUCCESS);
}

static void enter_checks(void **state)
{
	(void)state;
	assert_int_equal(enter(1), RMI_ERROR_REC); /* not runnable */
	assert_int_equal(rmi(RMI_REC_ENTER, rec_pa[0], rec_pa[1], 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_REC_ENTER, rd, run_pa, 0, 0, 0), RMI_ERROR_INPUT);
	run->enter.flags = RMI_ENTER_EMUL_MMIO;
	assert_int_equal(enter(0), RMI_ERROR_REC);
	run->enter.flags = RMI_ENTER_INJECT_SEA;
	assert_int_equal(enter(0), RMI_ERROR_REC);
	run->enter.gicv3_hcr = 1;
	assert_int_equal(enter(0), RMI_ERROR_REC);
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_IRQ);
}

static void list_registers(void **state)
{
	static const u64 bad[] = {
		1ULL << 62 | BIT(61) | 40,    /* HW */
		1ULL << 62 | 1020,            /* special INTID */
		1ULL << 62 | 0x10000,         /* beyond the implemented LPIs */
		1ULL << 62 | BIT(32) | 40,    /* pINTID */
		1ULL << 62 | 7ULL << 48 | 40, /* priority bits that do not exist */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		run->enter.gicv3_lrs[1] = bad[i];
		assert_int_equal(enter(0), RMI_ERROR_REC);
	}
	run->enter.gicv3_lrs[0] = run->enter.gicv3_lrs[2] = 1ULL << 62 | 40;
	assert_int_equal(enter(0), RMI_ERROR_REC); /* twice the same */
	run->enter.gicv3_lrs[0] = 1ULL << 62 | BIT(41) | 40;
	run->enter.gicv3_lrs[1] = 1020; /* inactive: not looked at */
	run->enter.gicv3_lrs[2] = 1ULL << 62 | 8192;
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(run->exit.gicv3_lrs[0], 1ULL << 62 | BIT(41) | 40);
}

static void timers(void **state)
{
	(void)state;
	assert_int_equal(enter(0), RMI_SUCCESS);
	fake_timers.cntv_ctl = 5;
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_IRQ);
	assert_int_equal(run->exit.cntv_ctl, 5);
	assert_true(fake_masked[27]);
	assert_false(fake_masked[30]);
	fake_timers.cntv_ctl = 1;
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_false(fake_masked[27]);
}

static void aborts(void **state)
{
	(void)state;
	/* Protected RAM without a page: the host sees the address, not what the access was. */
	access_ipa(RAM + PAGE_SIZE, ESR_STORE_X3);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(run->exit.hpfar, (RAM + PAGE_SIZE) >> 12 << 4);
	assert_int_equal(run->exit.far, 0);
	assert_int_equal(run->exit.gprs[0], 0);
	assert_int_equal(run->exit.esr & BIT(24), 0);
	run->enter.flags = RMI_ENTER_EMUL_MMIO; /* would let the host choose private content */
	assert_int_equal(enter(0), RMI_ERROR_REC);
	run->enter.flags = RMI_ENTER_INJECT_SEA;
	assert_int_equal(enter(0), RMI_ERROR_REC);

	/* EMPTY, beyond the width, and a fetch from the unprotected half: SEA, no exit for it. */
	for (unsigned i = 0; i < 3; i++) {
		static const u64 ipa[] = { RAM + BLOCK_SIZE + 8, 1ULL << 33, RAM | ALIAS };

		rec->cpu.el1.pc = RAM + 4 * i;
		rec->cpu.el1.pstate = REC_START_PSTATE;
		rec->cpu.el1.vbar = RAM;
		access_ipa(ipa[i], i == 2 ? ESR_FETCH : ESR_LOAD_W3);
		assert_int_equal(run->exit.exit_reason, RMI_EXIT_IRQ);
		assert_int_equal(rec->cpu.el1.pc, RAM + 0x200);
		assert_int_equal(rec->cpu.el1.elr, RAM + 4 * i);
		assert_int_equal(rec->cpu.el1.far, ipa[i]);
		assert_int_equal(rec->cpu.el1.esr & 0x3f, 0x10);
		assert_int_equal(rec->cpu.el1.esr & (BIT(9) | BIT(10) | BIT(7)), BIT(9));
		assert_int_equal(ESR_EC(rec->cpu.el1.esr), i == 2 ? EC_IABT_CUR : EC_DABT_CUR);
		assert_int_equal(rec->cpu.el1.pstate & 0x3df, 0x3c5);
	}
}

static void mmio(void **state)
{
	u64 ipa = 0x9000000ULL | ALIAS;

	(void)state;
	rec->cpu.el1.pc = RAM;
	rec->cpu.el1.x[3] = 0x1122334455667788ULL;
	access_ipa(ipa + 4, ESR_STORE_X3);
	assert_int_equal(run->exit.gprs[0], 0x1122334455667788ULL);
	assert_int_equal(run->exit.far, 4);
	assert_int_equal(run->exit.esr & (31ULL << 16), 0); /* which register is not shown */
	run->enter.flags = RMI_ENTER_EMUL_MMIO;
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.pc, RAM + 4);

	access_ipa(ipa, ESR_LOAD_W3);
	assert_int_equal(run->exit.gprs[0], 0);
	run->enter.flags = RMI_ENTER_EMUL_MMIO;
	run->enter.gprs[0] = ~0ULL; /* cut to the access */
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[3], 0xffffffff);
	assert_int_equal(rec->cpu.el1.pc, RAM + 8);

	access_ipa(ipa, (ESR_LOAD_W3 & ~(3ULL << 22)) | BIT(21) | BIT(15)); /* LDRSB x3 */
	run->enter.flags = RMI_ENTER_EMUL_MMIO;
	run->enter.gprs[0] = 0x180;
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[3], ~0x7fULL);

	access_ipa(ipa, ESR_LOAD_W3);
	run->enter.flags = RMI_ENTER_EMUL_MMIO | RMI_ENTER_INJECT_SEA; /* the SEA wins */
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.esr & 0x3f, 0x10);
	run->enter.flags = RMI_ENTER_EMUL_MMIO; /* answered already */
	assert_int_equal(enter(0), RMI_ERROR_REC);
	access_ipa(ipa, ESR_LOAD_W3 & ~BIT(24)); /* no ISV: only mapping or an SEA can help */
	run->enter.flags = RMI_ENTER_EMUL_MMIO;
	assert_int_equal(enter(0), RMI_ERROR_REC);
	run->enter.flags = RMI_ENTER_INJECT_SEA;
	assert_int_equal(enter(0), RMI_SUCCESS);
}

static void ripas_inputs(void **state)
{
	static const u64 bad[][3] = { { RAM + 8, RAM + PAGE_SIZE, 0 },
				      { RAM, RAM + PAGE_SIZE + 8, 0 },
				      { RAM, RAM, 0 },
				      { RAM + PAGE_SIZE, RAM, 0 },
				      { ALIAS - PAGE_SIZE, ALIAS + PAGE_SIZE, 0 },
				      { RAM, RAM + PAGE_SIZE, 2 },
				      { RAM, RAM + PAGE_SIZE, ~0ULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(smc(RSI_IPA_STATE_SET, bad[i][0], bad[i][1], bad[i][2], 0),
				 RSI_ERROR_INPUT);
		assert_int_equal(run->exit.exit_reason, RMI_EXIT_IRQ);
	}
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(smc(RSI_IPA_STATE_GET, bad[i][0], bad[i][1], 0, 0),
				 RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_IPA_STATE_GET, RAM, RAM + 3 * PAGE_SIZE, 0, 0), RSI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[1], RAM + 3 * PAGE_SIZE);
	assert_int_equal(rec->cpu.el1.x[2], RIPAS_RAM);
}

static void ripas_change(void **state)
{
	u64 top = RAM + 8 * PAGE_SIZE;
	struct rmi_result r;

	(void)state;
	assert_int_equal(rmi(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM, top, 0), RMI_ERROR_INPUT);
	smc(RSI_IPA_STATE_SET, RAM, top, RIPAS_EMPTY, 0);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_RIPAS_CHANGE);
	assert_int_equal(run->exit.ripas_base, RAM);
	assert_int_equal(run->exit.ripas_top, top);
	assert_int_equal(rmi(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM + PAGE_SIZE, top, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM, top + PAGE_SIZE, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM, RAM, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM, top - 8, 0), RMI_ERROR_INPUT);
	r = rmi_call(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM, RAM + 2 * PAGE_SIZE, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(r.x[1], RAM + 2 * PAGE_SIZE);
	run->enter.flags = RMI_ENTER_RIPAS_REJECT; /* never for EMPTY */
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[0], RSI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[1], RAM + 2 * PAGE_SIZE);
	assert_int_equal(rec->cpu.el1.x[2], RSI_RESPONSE_ACCEPT);
	/* EMPTY keeps the page and its content; the way back finds it. */
	r = rmi_call(RMI_RTT_READ_ENTRY, rd, RAM, 3, 0, 0);
	assert_int_equal(r.x[2], RMI_ASSIGNED);
	assert_int_equal(r.x[4], RIPAS_EMPTY);
	smc(RSI_IPA_STATE_SET, RAM, RAM + 2 * PAGE_SIZE, RIPAS_RAM, 0);
	run->enter.flags = RMI_ENTER_RIPAS_REJECT;
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[1], RAM);
	assert_int_equal(rec->cpu.el1.x[2], RSI_RESPONSE_REJECT);
	assert_int_equal(rmi(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM, RAM + PAGE_SIZE, 0),
			 RMI_ERROR_INPUT); /* the request is over */
}

static void ripas_destroyed(void **state)
{
	struct rmi_result r;

	(void)state;
	assert_int_equal(rmi(RMI_DATA_DESTROY, rd, RAM, 0, 0, 0), RMI_SUCCESS);
	smc(RSI_IPA_STATE_SET, RAM, RAM + PAGE_SIZE, RIPAS_RAM, 0);
	assert_int_equal(rmi(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM, RAM + PAGE_SIZE, 0),
			 RMI_STATUS(RMI_ERROR_RTT, 3));
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[1], RAM);
	assert_int_equal(rec->cpu.el1.x[2], RSI_RESPONSE_ACCEPT);
	smc(RSI_IPA_STATE_SET, RAM, RAM + PAGE_SIZE, RIPAS_RAM, RSI_CHANGE_DESTROYED);
	r = rmi_call(RMI_RTT_SET_RIPAS, rd, rec_pa[0], RAM, RAM + PAGE_SIZE, 0);
	assert_int_equal(r.x[0], RMI_SUCCESS);
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(smc(RSI_IPA_STATE_GET, RAM, RAM + PAGE_SIZE, 0, 0), RSI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[2], RIPAS_RAM);
}

static void registers(void **state)
{
	(void)state;
	assert_int_equal(smc(RSI_FEATURES, 3, 2, 3, 4), RSI_SUCCESS);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(rec->cpu.el1.x[i], 0);
	assert_int_equal(rec->cpu.el1.x[4], 4);
	assert_int_equal(rec->cpu.el1.pc, RAM + 4);
	assert_int_equal(smc(RMI_VERSION, 1, 2, 3, 4), ~0ULL);
	assert_int_equal(smc(RSI_FID_LAST, 1, 2, 3, 4), ~0ULL);
	assert_int_equal(rec->cpu.el1.x[1], 0);
	assert_int_equal(smc(RSI_VERSION | BIT(16), 0x10000, 0, 0, 0), RSI_SUCCESS);
	assert_int_equal(smc(RSI_VERSION, 0x20000, 0, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(rec->cpu.el1.x[1], 0x10000);
	assert_int_equal(smc(RSI_MEASUREMENT_READ, 5, 0, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_MEASUREMENT_EXTEND, 0, 1, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_MEASUREMENT_EXTEND, 5, 1, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_MEASUREMENT_EXTEND, 1, 65, 0, 0), RSI_ERROR_INPUT);
	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(realm_of(rd)->meas.rem[i - 1][0], 0);
		assert_int_equal(smc(RSI_MEASUREMENT_EXTEND, i, 1, 0, 0), RSI_SUCCESS);
		assert_int_not_equal(realm_of(rd)->meas.rem[i - 1][0], 0);
	}
	assert_int_equal(smc(RSI_MEASUREMENT_READ, 0, 0, 0, 0), RSI_SUCCESS);
	assert_memory_equal(&rec->cpu.el1.x[1], realm_of(rd)->meas.rim, 64);
	assert_int_equal(rec->cpu.el1.x[9], 9);
}

static void config_page(void **state)
{
	u8 *p = pa_to_ptr(page_pa);

	(void)state;
	memset(p, 0x77, PAGE_SIZE);
	assert_int_equal(smc(RSI_REALM_CONFIG, RAM + 8, 0, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_REALM_CONFIG, RAM | ALIAS, 0, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_REALM_CONFIG, BEYOND, 0, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_REALM_CONFIG, RAM + BLOCK_SIZE, 0, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(p[0], 0x77);
	assert_int_equal(smc(RSI_REALM_CONFIG, RAM, 0, 0, 0), RSI_SUCCESS);
	assert_int_equal(p[0], 33);
	assert_int_equal(p[8], RSI_HASH_SHA256);
	assert_int_equal(p[9], 0x77);
	assert_int_equal(p[0x200], 0);
	assert_int_equal(p[0x240], 0x77);
	/* No page yet: the host is asked, the call runs again. */
	rec->cpu.el1.pc = RAM;
	smc(RSI_REALM_CONFIG, RAM + PAGE_SIZE, 0, 0, 0);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(run->exit.hpfar, (RAM + PAGE_SIZE) >> 12 << 4);
	assert_int_equal(rec->cpu.el1.pc, RAM);
	assert_int_equal(rec->cpu.el1.x[0], RSI_REALM_CONFIG);
}

static void host_call(void **state)
{
	u8 *p = pa_to_ptr(page_pa);

	(void)state;
	assert_int_equal(smc(RSI_HOST_CALL, RAM + 8, 2, 3, 4), RSI_ERROR_INPUT);
	assert_int_equal(rec->cpu.el1.x[2], 2);
	assert_int_equal(smc(RSI_HOST_CALL, RAM | ALIAS, 2, 3, 4), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_HOST_CALL, BEYOND, 2, 3, 4), RSI_ERROR_INPUT);
	p[0x100] = 0x54;
	p[0x101] = 0x50;
	p[0x102] = 0xff; /* only 16 bits of imm */
	memset(p + 0x108, 0x42, 31 * 8);
	smc(RSI_HOST_CALL, RAM + 0x100, 2, 3, 4);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_HOST_CALL);
	assert_int_equal(run->exit.imm, 0x5054);
	assert_int_equal(run->exit.gprs[30], 0x4242424242424242ULL);
	run->enter.gprs[30] = 99;
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[0], RSI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[1], RAM + 0x100);
	assert_int_equal(p[0x108 + 30 * 8], 99);
	assert_int_equal(p[0x200], 0);
	/* The host takes the page during the call: nothing is lost, but it must give one back. */
	smc(RSI_HOST_CALL, RAM + 0x100, 2, 3, 4);
	assert_int_equal(rmi(RMI_DATA_DESTROY, rd, RAM, 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(enter(0), RMI_SUCCESS);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(rec->pending, PENDING_HOST_CALL);
}

static void token(void **state)
{
	u8 *p = pa_to_ptr(page_pa);
	unsigned tries = 0;
	u64 got = 0;

	(void)state;
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, 0, 64, 0), RSI_ERROR_STATE);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_INIT, 0xab, 0, 0, 0), RSI_SUCCESS);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_INIT, 0xcd, 0, 0, 0), RSI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[1], RSI_TOKEN_MAX);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM + 1, 0, 64, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, BEYOND, 0, 64, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, 4096, 0, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, 1, 4096, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, 1, ~0ULL, 0), RSI_ERROR_INPUT);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, 0, 0, 0), RSI_INCOMPLETE);
	while (smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, got, 64, 0) == RSI_INCOMPLETE &&
	       tries++ < 10)
		got += rec->cpu.el1.x[1];
	assert_int_equal(rec->cpu.el1.x[0], RSI_SUCCESS);
	got += rec->cpu.el1.x[1];
	assert_int_equal(got, 100);
	assert_int_equal(p[99], 0xcd); /* the restarted operation's challenge */
	assert_int_equal(p[100], 0);
	assert_int_equal(smc(RSI_ATTESTATION_TOKEN_CONTINUE, RAM, 0, 64, 0), RSI_ERROR_STATE);
}

static s64 psci(u64 fid, u64 a1, u64 a2, u64 a3)
{
	return (s64)smc(fid, a1, a2, a3, 0);
}

static void psci_cpu_on(void **state)
{
	struct rec *other = rec_of(rec_pa[1]);

	(void)state;
	assert_int_equal(psci(PSCI_CPU_ON_64, 1, RAM | ALIAS, 7), PSCI_INVALID_ADDRESS);
	assert_int_equal(psci(PSCI_CPU_ON_64, 2, RAM, 7), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_CPU_ON_64, 0x100, RAM, 7), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_CPU_ON_64, 0x80000001, RAM, 7), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_CPU_ON_64, 0, RAM, 7), PSCI_ALREADY_ON);
	psci(PSCI_CPU_ON_64, 1, RAM + 8, 7);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_PSCI);
	assert_int_equal(run->exit.gprs[0], PSCI_CPU_ON_64);
	assert_int_equal(run->exit.gprs[1], 1);
	assert_int_equal(run->exit.gprs[2], 0); /* entry and context are no business of the host */
	assert_int_equal(run->exit.gprs[3], 0);
	assert_int_equal(enter(0), RMI_ERROR_REC);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[0], rec_pa[0], 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[1], rec_pa[0], 0, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[0], rec_pa[1], 1, 0, 0), RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[0], rec_pa[1], (u64)PSCI_DENIED, 0, 0),
			 RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[0], (u64)PSCI_DENIED);
	assert_int_equal(enter(1), RMI_ERROR_REC);

	psci(PSCI_CPU_ON_64, 1, RAM + 8, 7);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[0], rec_pa[1], 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[0], PSCI_SUCCESS);
	assert_int_equal(other->cpu.el1.pc, RAM + 8);
	assert_int_equal(other->cpu.el1.x[0], 7);
	assert_int_equal(other->cpu.el1.pstate, REC_START_PSTATE);
	assert_int_equal(other->cpu.el1.sctlr & 1, 0);
	assert_int_equal(other->cpu.el1.vmpidr, 0x80000001);
	fake_guest = NULL;
	assert_int_equal(enter(1), RMI_SUCCESS);

	/* On already: said by the model whatever the host answers. */
	psci(PSCI_CPU_ON_64, 1, RAM, 7);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[0], rec_pa[1], 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[0], (u64)PSCI_ALREADY_ON);
	psci(PSCI_CPU_ON_64, 1, RAM, 7);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[0], rec_pa[1], (u64)PSCI_DENIED, 0, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rec->cpu.el1.x[0], (u64)PSCI_ALREADY_ON);
	assert_int_equal(enter(0), RMI_SUCCESS);
}

static void psci_others(void **state)
{
	(void)state;
	assert_int_equal(psci(PSCI_VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(psci(PSCI_FEATURES, PSCI_CPU_ON_64, 0, 0), PSCI_SUCCESS);
	assert_int_equal(psci(PSCI_FEATURES, PSCI_VERSION, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(PSCI_MIGRATE_32, 0, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 1, 1, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 5, 0, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(psci(PSCI_AFFINITY_INFO_64, 0, 0, 0), PSCI_AFFINITY_ON);
	psci(PSCI_AFFINITY_INFO_64, 1, 0, 0);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_PSCI);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[0], rec_pa[1], (u64)PSCI_DENIED, 0, 0),
			 RMI_ERROR_INPUT);
	assert_int_equal(rmi(RMI_PSCI_COMPLETE, rec_pa[0], rec_pa[1], 0, 0, 0), RMI_SUCCESS);
	assert_int_equal(rec->cpu.el1.x[0], PSCI_AFFINITY_OFF);
	assert_int_equal(psci(PSCI_CPU_SUSPEND_64, 0, RAM, 0), PSCI_SUCCESS);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_PSCI);
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	assert_int_equal(run->exit.gprs[0], PSCI_SYSTEM_OFF);
	assert_int_equal(enter(0), RMI_STATUS(RMI_ERROR_REALM, 1));
}

static void psci_off(void **state)
{
	(void)state;
	psci(PSCI_CPU_OFF, 0, 0, 0);
	assert_int_equal(run->exit.exit_reason, RMI_EXIT_PSCI);
	assert_int_equal(enter(0), RMI_ERROR_REC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(create, setup),
		cmocka_unit_test_setup(enter_checks, setup),
		cmocka_unit_test_setup(list_registers, setup),
		cmocka_unit_test_setup(timers, setup),
		cmocka_unit_test_setup(aborts, setup),
		cmocka_unit_test_setup(mmio, setup),
		cmocka_unit_test_setup(ripas_inputs, setup),
		cmocka_unit_test_setup(ripas_change, setup),
		cmocka_unit_test_setup(ripas_destroyed, setup),
		cmocka_unit_test_setup(registers, setup),
		cmocka_unit_test_setup(config_page, setup),
		cmocka_unit_test_setup(host_call, setup),
		cmocka_unit_test_setup(token, setup),
		cmocka_unit_test_setup(psci_cpu_on, setup),
		cmocka_unit_test_setup(psci_others, setup),
		cmocka_unit_test_setup(psci_off, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
