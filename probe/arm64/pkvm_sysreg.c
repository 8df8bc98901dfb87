/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers that EL2 traps: what a protected VM finds in their place. */
#include "../../boot/arm64/try.h"
#include "pkvm_check.h"

/* ---- pkvm_insn.S ---- */
#define INSN(name) u64 name(u64 value, u64 unused)
INSN(read_dbgbvr0);
INSN(read_dbgbcr0);
INSN(read_dbgwvr0);
INSN(read_dbgwcr0);
INSN(read_mdscr);
INSN(read_oslsr);
INSN(read_osdlr);
INSN(write_dbgbvr0);
INSN(write_dbgbcr0);
INSN(write_dbgwvr0);
INSN(write_dbgwcr0);
INSN(write_mdscr);
INSN(write_oslar);
INSN(write_osdlr);
INSN(read_icc_sre);
INSN(read_pmcr);
INSN(read_pmccntr);
INSN(read_pmcntenset);
INSN(read_pmceid0);
INSN(read_pmuserenr);
INSN(write_pmcr);
INSN(clean_set_way);
INSN(clean_invalidate_set_way);
INSN(read_lorsa);
INSN(read_lorc);
INSN(read_lorid);
INSN(write_lorsa);
#undef INSN

typedef u64 (*insn)(u64, u64);

/* Written values are harmless where somebody takes them: nothing is enabled. */
static const struct {
	const char *name;
	insn read, write;
	u64 value;
} ignored[] = {
	{ "DBGBVR0_EL1", read_dbgbvr0, write_dbgbvr0, 0x1000 },
	{ "DBGBCR0_EL1", read_dbgbcr0, write_dbgbcr0, 0x1e0 },
	{ "DBGWVR0_EL1", read_dbgwvr0, write_dbgwvr0, 0x1000 },
	{ "DBGWCR0_EL1", read_dbgwcr0, write_dbgwcr0, 0x1fe0 },
	{ "MDSCR_EL1", read_mdscr, write_mdscr, BIT(12) },
	{ "OSLSR_EL1 (written: OSLAR_EL1)", read_oslsr, write_oslar, 1 },
	{ "OSDLR_EL1", read_osdlr, write_osdlr, 1 },
};

static bool reads_zero(const char *asked, insn read)
{
	u64 value = ~0ULL;
	struct fault f = try_insn(read, 0, &value);

	return expect_fault(asked, &f, FAULT_NONE) && expect_eq(asked, value, 0);
}

void pkvm_sysreg_ignored(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) {
		struct fault f;
		bool held;

		check_note("%s", ignored[i].name);
		if (!reads_zero("a read", ignored[i].read))
			return;
		f = try_insn(ignored[i].write, ignored[i].value, NULL);
		held = expect_fault("a write", &f, FAULT_NONE) &&
		       reads_zero("a read behind the write", ignored[i].read);
		(void)try_insn(ignored[i].write, 0, NULL);
		if (!held)
			return;
	}
}

void pkvm_sysreg_sre(void)
{
	u64 value = 0;
	struct fault f = try_insn(read_icc_sre, 0, &value);

	if (expect_fault("a read of ICC_SRE_EL1", &f, FAULT_NONE))
		expect_eq("ICC_SRE_EL1", value, 7);
}

struct named {
	const char *name;
	insn fn;
};

static void each_undefined(const struct named *list, size_t n)
{
	for (size_t i = 0; i < n && !check_failed(); i++) {
		struct fault f = try_insn(list[i].fn, 0, NULL);

		expect_fault(list[i].name, &f, FAULT_UNDEFINED);
	}
}

void pkvm_sysreg_pmu(void)
{
	static const struct named pmu[] = {
		{ "a read of PMCR_EL0", read_pmcr },
		{ "a read of PMCCNTR_EL0", read_pmccntr },
		{ "a read of PMCNTENSET_EL0", read_pmcntenset },
		{ "a read of PMCEID0_EL0", read_pmceid0 },
		{ "a read of PMUSERENR_EL0", read_pmuserenr },
		{ "a write to PMCR_EL0", write_pmcr },
	};

	each_undefined(pmu, ARRAY_SIZE(pmu));
}

/* Those that lose nothing where they are not trapped. */
void pkvm_sysreg_set_way(void)
{
	static const struct named ops[] = {
		{ "DC CSW", clean_set_way },
		{ "DC CISW", clean_invalidate_set_way },
	};

	each_undefined(ops, ARRAY_SIZE(ops));
}

void pkvm_sysreg_lor(void)
{
	static const struct named lor[] = {
		{ "a read of LORSA_EL1", read_lorsa },
		{ "a read of LORC_EL1", read_lorc },
		{ "a read of LORID_EL1", read_lorid },
		{ "a write to LORSA_EL1", write_lorsa },
	};

	each_undefined(lor, ARRAY_SIZE(lor));
}
