/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU that a realm is shown. */
#include "cca.h"
#include "smp.h"

/* Before the configuration was read this field was not 0, or nobody would have looked for a realm.
 */
static void read_rme(void *arg)
{
	u64 pfr0;

	__asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(pfr0));
	*(u64 *)arg = FIELD(pfr0, 55, 52);
}

void cca_boot_rme(void)
{
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		u64 rme = 0;

		if (smp_start_status(cpu) != ST_OK)
			continue;
		check_note("cpu %u", cpu);
		if (!expect_eq("giving work to the CPU", smp_run(cpu, read_rme, &rme), ST_OK) ||
		    !expect_eq("the CPU finishing", smp_wait(cpu), ST_OK) ||
		    !expect_ne("ID_AA64PFR0_EL1.RME", rme, 0))
			return;
	}
}

void cca_boot_features(void)
{
	u64 pfr0, pfr1;

	__asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(pfr0));
	__asm__ volatile("mrs %0, id_aa64pfr1_el1" : "=r"(pfr1));
	expect_eq("ID_AA64PFR0_EL1.AMU", FIELD(pfr0, 47, 44), 0);
	expect_eq("ID_AA64PFR1_EL1.MTE", FIELD(pfr1, 11, 8), 0);
	expect_eq("ID_AA64PFR1_EL1.SME", FIELD(pfr1, 27, 24), 0);
	/* No call tells whether the realm was made with SVE; a value that exists is all to ask. */
	expect_true("ID_AA64PFR0_EL1.SVE", FIELD(pfr0, 35, 32) <= 1, "0 or 1");
}
