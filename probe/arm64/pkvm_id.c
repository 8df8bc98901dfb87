/* SPDX-License-Identifier: BSD-2-Clause */
/* ID registers as EL2 computes them for a protected VM, on every CPU. */
#include "pkvm_check.h"

#include "smp.h"

enum id {
	PFR0,
	PFR1,
	DFR0,
	ISAR0,
	MMFR0,
	MMFR1,
	ZFR0,
	SMFR0,
	NOBODYS,
	AARCH32_PFR0,
	AARCH32_DFR0,
	AARCH32_MMFR0,
	AARCH32_ISAR0,
	AARCH32_MVFR0,
	IDS,
};

struct ids {
	u64 reg[IDS];
};

#define READ_ID(field, name) __asm__ volatile("mrs %0, " name : "=r"(ids->reg[field]))

static void read_ids(void *arg)
{
	struct ids *ids = arg;

	READ_ID(PFR0, "id_aa64pfr0_el1");
	READ_ID(PFR1, "id_aa64pfr1_el1");
	READ_ID(DFR0, "id_aa64dfr0_el1");
	READ_ID(ISAR0, "id_aa64isar0_el1");
	READ_ID(MMFR0, "id_aa64mmfr0_el1");
	READ_ID(MMFR1, "id_aa64mmfr1_el1");
	READ_ID(ZFR0, "S3_0_C0_C4_4");
	READ_ID(SMFR0, "S3_0_C0_C4_5");
	READ_ID(NOBODYS, "S3_0_C0_C7_7");
	READ_ID(AARCH32_PFR0, "S3_0_C0_C1_0");
	READ_ID(AARCH32_DFR0, "S3_0_C0_C1_2");
	READ_ID(AARCH32_MMFR0, "S3_0_C0_C1_4");
	READ_ID(AARCH32_ISAR0, "S3_0_C0_C2_0");
	READ_ID(AARCH32_MVFR0, "S3_0_C0_C3_0");
}

static struct ids here(void)
{
	struct ids ids;

	read_ids(&ids);
	return ids;
}

void pkvm_id_hidden(void)
{
	struct ids id = here();

	expect_eq("ID_AA64PFR0_EL1.RME", FIELD(id.reg[PFR0], 55, 52), 0);
	expect_eq("ID_AA64PFR0_EL1.AMU", FIELD(id.reg[PFR0], 47, 44), 0);
	expect_eq("ID_AA64PFR0_EL1.MPAM", FIELD(id.reg[PFR0], 43, 40), 0);
	expect_eq("ID_AA64PFR1_EL1.MPAM_frac", FIELD(id.reg[PFR1], 19, 16), 0);
	expect_eq("ID_AA64PFR1_EL1.MTE", FIELD(id.reg[PFR1], 11, 8), 0);
	expect_eq("ID_AA64PFR1_EL1.SME", FIELD(id.reg[PFR1], 27, 24), 0);
}

void pkvm_id_pa_range(void)
{
	expect_true("ID_AA64MMFR0_EL1.PARange", FIELD(here().reg[MMFR0], 3, 0) <= 2,
		    "40 bits or less");
}

void pkvm_id_granules(void)
{
	u64 mmfr0 = here().reg[MMFR0];

	expect_eq("ID_AA64MMFR0_EL1.TGran4", FIELD(mmfr0, 31, 28), 0);
	expect_eq("ID_AA64MMFR0_EL1.TGran64", FIELD(mmfr0, 27, 24), 0);
	expect_eq("ID_AA64MMFR0_EL1.TGran16", FIELD(mmfr0, 23, 20), 0);
}

void pkvm_id_va_range(void)
{
	u64 mmfr2;

	__asm__ volatile("mrs %0, S3_0_C0_C7_2" : "=r"(mmfr2)); /* ID_AA64MMFR2_EL1 */
	expect_eq("ID_AA64MMFR2_EL1.VARange", FIELD(mmfr2, 19, 16), 0);
	expect_eq("ID_AA64MMFR1_EL1.VH", FIELD(here().reg[MMFR1], 11, 8), 0);
}

/* Of DebugVer, DoubleLock and MTPMU no zero says that there is nothing. */
void pkvm_id_debug(void)
{
	static const struct {
		const char *name;
		unsigned low;
	} field[] = {
		{ "TraceVer", 4 },   { "PMUVer", 8 },       { "BRPs", 12 },
		{ "WRPs", 20 },      { "CTX_CMPs", 28 },    { "PMSVer", 32 },
		{ "TraceFilt", 40 }, { "TraceBuffer", 44 }, { "BRBE", 52 },
	};
	u64 dfr0 = here().reg[DFR0];

	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		check_note("%s", field[i].name);
		expect_eq("a field of ID_AA64DFR0_EL1", dfr0 >> field[i].low & 0xf, 0);
	}
}

void pkvm_id_vectors(void)
{
	struct ids id = here();

	expect_eq("ID_AA64ZFR0_EL1", id.reg[ZFR0], 0);
	expect_eq("ID_AA64SMFR0_EL1", id.reg[SMFR0], 0);
}

void pkvm_id_unlisted(void)
{
	struct ids id = here();

	expect_eq("an ID register nobody has defined", id.reg[NOBODYS], 0);
	for (unsigned i = AARCH32_PFR0; i <= AARCH32_MVFR0; i++) {
		check_note("AArch32 register %u of the list", i - AARCH32_PFR0);
		expect_eq("an ID register of AArch32", id.reg[i], 0);
	}
}

void pkvm_id_levels(void)
{
	struct ids id = here();

	expect_eq("ID_AA64PFR0_EL1.EL0", FIELD(id.reg[PFR0], 3, 0), 1);
	expect_eq("ID_AA64PFR0_EL1.EL1", FIELD(id.reg[PFR0], 7, 4), 1);
}

void pkvm_id_same(void)
{
	struct ids first = here();

	visit_host();
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		struct ids id = first;

		if (smp_start_status(cpu) != ST_OK)
			continue;
		if (!expect_eq("giving work to the CPU", smp_run(cpu, read_ids, &id), ST_OK) ||
		    !expect_eq("the CPU finishing", smp_wait(cpu), ST_OK))
			return;
		for (unsigned i = 0; i < IDS; i++) {
			check_note("cpu %u, register %u of the list", cpu, i);
			if (!expect_eq("an ID register", id.reg[i], first.reg[i]))
				return;
		}
	}
}
