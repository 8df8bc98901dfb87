/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trapped system registers of a protected VM: who answers, and what ID registers show.
 *
 * sources: hosts/arm64/el2/[!h]*.c hosts/arm64/pkvm/[aer]*.c hosts/arm64/pkvm/[cs][oy]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm
 */
#include "fake_hyp_vcpu.h"

#define RT     7u
#define VECTOR (0x10000 + 0x200)
#define OWN    0x1234567800000000ULL /* what the register holds before */

static struct rmi_rec_exit ex;

static enum next trap(u64 reg, bool read)
{
	memset(&ex, 0, sizeof(ex));
	memset(&fake_vcpu.last, 0, sizeof(fake_vcpu.last));
	fake_vcpu.cpu.el1.x[RT] = OWN;
	fake_vcpu.cpu.el1.pc = FAKE_PC;
	fake_vcpu.cpu.el1.vbar = 0x10000;
	return sysreg_handle(&fake_vcpu, &ex,
			     (u64)EC_SYSREG << 26 | ESR_IL | reg | (u64)RT << 5 |
				 (read ? ISS_READ : 0));
}

static u64 value_of(u64 reg)
{
	assert_int_equal(trap(reg, true), RESUME);
	assert_int_equal(fake_vcpu.cpu.el1.pc, FAKE_PC + 4);
	return fake_vcpu.cpu.el1.x[RT];
}

static void undefined(u64 reg, bool read)
{
	assert_int_equal(trap(reg, read), RESUME);
	assert_int_equal(fake_vcpu.cpu.el1.pc, VECTOR);
	assert_int_equal(fake_vcpu.cpu.el1.elr, FAKE_PC);
	assert_int_equal(ESR_EC(fake_vcpu.cpu.el1.esr), EC_UNKNOWN);
	assert_int_equal(fake_vcpu.cpu.el1.x[RT], OWN);
}

static u64 id(unsigned crm, unsigned op2, u64 machine)
{
	fake_id = machine;
	return value_of(ISS_REG(3, 0, 0, crm, op2));
}

static void id_registers_are_limited(void **state)
{
	u64 all = 0x7777777777777777ULL;

	(void)state;
	assert_int_equal(id(4, 0, all), 0x1101000011111111);
	assert_int_equal(id(4, 0, 2), 1);                       /* no AArch32 at EL0 */
	assert_int_equal(id(4, 0, 0x00ff0000), 0x00ff0000);     /* no FP: stays without */
	assert_int_equal(FIELD(id(7, 0, all), 3, 0), 2);        /* 40 bits */
	assert_int_equal(FIELD(id(7, 0, 1), 3, 0), 1);          /* 36: less than allowed */
	assert_int_equal(id(7, 0, 0x0f1f0000) & 0x0ff00000, 0); /* TGran64, TGran16 */
	assert_int_equal(FIELD(id(7, 1, all), 11, 8), 0);       /* VHE */
	assert_int_equal(FIELD(id(7, 2, all), 19, 16), 0);      /* VARange: 48 bits */
	assert_int_equal(id(6, 0, 0xfedcba9876543210), 0xfedcba9876543210);
	assert_int_equal(id(6, 1, ~0ULL) & 0xff000ff0, 0); /* pointer authentication */
	assert_int_equal(id(6, 2, all), 0x1000000000000000);
	assert_int_equal(id(4, 1, ~0ULL) & 0x0f000f00, 0);      /* MTE, SME */
	assert_int_equal(id(5, 0, ~0ULL), 0x000f00f000000000);  /* no debug, PMU, trace */
	assert_int_equal(id(4, 4, ~0ULL) | id(4, 5, ~0ULL), 0); /* ZFR0, SMFR0 */
	assert_int_equal(id(7, 4, ~0ULL), 0x0f000000);
	assert_int_equal(id(7, 3, ~0ULL) | id(5, 1, ~0ULL) | id(6, 7, ~0ULL), 0);
}

static void aarch32_registers_read_zero(void **state)
{
	(void)state;
	for (unsigned crm = 1; crm <= 3; crm++)
		for (unsigned op2 = 0; op2 < 8; op2++)
			assert_int_equal(id(crm, op2, ~0ULL), 0);
	undefined(ISS_REG(3, 0, 0, 4, 0), false);
}

static void some_read_zero(void **state)
{
	static const u64 regs[] = {
		ISS_REG(2, 0, 0, 0, 4), ISS_REG(2, 0, 0, 0, 5), ISS_REG(2, 0, 0, 0, 6),
		ISS_REG(2, 0, 0, 0, 7), ISS_REG(2, 0, 0, 2, 2), ISS_REG(2, 0, 1, 0, 4),
		ISS_REG(2, 0, 1, 1, 4), ISS_REG(2, 0, 1, 3, 4), ISS_REG(3, 0, 5, 3, 0),
		ISS_REG(3, 0, 5, 3, 1), ISS_REG(3, 0, 5, 4, 0), ISS_REG(3, 0, 5, 4, 1),
		ISS_REG(3, 0, 5, 4, 2), ISS_REG(3, 0, 5, 4, 3), ISS_REG(3, 0, 5, 5, 0),
		ISS_REG(3, 0, 5, 5, 1),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		assert_int_equal(value_of(regs[i]), 0);
		assert_int_equal(trap(regs[i], false), RESUME);
		assert_int_equal(fake_vcpu.cpu.el1.pc, FAKE_PC + 4);
	}
	assert_int_equal(value_of(ISS_REG(3, 0, 12, 12, 5)), 7); /* ICC_SRE */
}

static void all_else_is_undefined(void **state)
{
	(void)state;
	undefined(ISS_REG(3, 3, 9, 12, 0), true);  /* PMCR */
	undefined(ISS_REG(3, 3, 14, 8, 0), true);  /* PMEVCNTR0 */
	undefined(ISS_REG(1, 0, 7, 14, 2), false); /* DC CISW */
	undefined(ISS_REG(3, 0, 10, 4, 3), true);  /* LORC */
	undefined(ISS_REG(2, 0, 0, 1, 4), true);   /* DBGBVR1 */
	undefined(ISS_REG(3, 0, 1, 0, 1), true);   /* ACTLR */
	undefined(ISS_REG(3, 0, 2, 1, 0), false);  /* APIAKeyLo */
	undefined(ISS_REG(1, 0, 8, 7, 0), false);  /* TLBI VMALLE1: never trapped */
}

static void host_answers(u64 reg)
{
	assert_int_equal(trap(reg, true), TO_HOST);
	assert_int_equal(ex.exit_reason, RMI_EXIT_SYNC);
	assert_int_equal(ex.esr & ISS_RT, 0);
	assert_int_equal(ex.esr & ISS_REG_MASK, reg);
	assert_int_equal(ex.gprs[0], 0);
	assert_true(fake_vcpu.last.sysreg_read);
	assert_int_equal(fake_vcpu.cpu.el1.pc, FAKE_PC + 4);
	assert_int_equal(trap(reg, false), TO_HOST);
	assert_int_equal(ex.gprs[0], OWN);
	assert_false(fake_vcpu.last.sysreg_read);
}

static void caches_and_sgis_are_the_hosts(void **state)
{
	(void)state;
	host_answers(ISS_REG(3, 0, 0, 0, 6)); /* REVIDR */
	host_answers(ISS_REG(3, 1, 0, 0, 7)); /* AIDR */
	host_answers(ISS_REG(3, 3, 0, 0, 1)); /* CTR */
	host_answers(ISS_REG(3, 1, 0, 0, 1)); /* CLIDR */
	host_answers(ISS_REG(3, 1, 0, 0, 0)); /* CCSIDR */
	host_answers(ISS_REG(3, 2, 0, 0, 0)); /* CSSELR */
	host_answers(ICC_SGI1R);
	host_answers(ICC_ASGI1R);
	host_answers(ICC_SGI0R);
	host_answers(ICC_DIR);
	host_answers(ISS_REG(3, 3, 14, 2, 1)); /* CNTP_CTL */
}

static void answer(struct el1_state *g, struct core_exit_info *info)
{
	static unsigned n;

	(void)g;
	info->kind = CORE_EXIT_SYNC;
	info->esr = n++ != 0 ? (u64)EC_WFX << 26 | ESR_IL
			     : (u64)EC_SYSREG << 26 | ESR_IL | ISS_REG(3, 3, 0, 0, 1) |
				   (u64)RT << 5 | ISS_READ;
}

static void the_answer_arrives(void **state)
{
	static struct rmi_rec_run run;

	(void)state;
	fake_guest = answer;
	assert_int_equal(pkvm_vcpu_run(0, &run), PKVM_RAN);
	run.enter.gprs[0] = 0xc0ffee;
	assert_int_equal(pkvm_vcpu_run(0, &run), PKVM_RAN);
	assert_int_equal(fake_vcpu.cpu.el1.x[RT], 0xc0ffee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(id_registers_are_limited, fake_reset),
		cmocka_unit_test_setup(aarch32_registers_read_zero, fake_reset),
		cmocka_unit_test_setup(some_read_zero, fake_reset),
		cmocka_unit_test_setup(all_else_is_undefined, fake_reset),
		cmocka_unit_test_setup(caches_and_sgis_are_the_hosts, fake_reset),
		cmocka_unit_test_setup(the_answer_arrives, fake_reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
