/* SPDX-License-Identifier: BSD-2-Clause */
/* What the CPU and the firmware's two pages say of this guest. */
#include "../../ghcb/cpuid.h"
#include "../../ghcb/secrets.h"
#include "../checks.h"
#include "ghcb.h"
#include "smp.h"

#include <string.h>

#define STATUS_NEEDED (SEV_STATUS_SEV | SEV_STATUS_ES | SEV_STATUS_SNP)
#define READS         16

/* The first value read that is not the one expected, else that one. */
struct reads {
	u64 expected, got;
};

static void read_status(void *arg)
{
	struct reads *r = arg;

	r->got = r->expected;
	for (unsigned i = 0; i < READS && r->got == r->expected; i++) {
		r->got = snp_sev_status();
		(void)ghcb_msr_exchange(GHCB_MSR_SEV_INFO_REQ); /* a visit to the host */
	}
}

void snp_cpu_status(void)
{
	u64 status = snp_sev_status();

	check_note("SEV_STATUS 0x%llx", (unsigned long long)status);
	if (!expect_eq("SEV, SEV-ES and SNP in SEV_STATUS", status & STATUS_NEEDED, STATUS_NEEDED))
		return;
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		struct reads r = { status, 0 };

		if (smp_start_status(cpu) != ST_OK)
			continue;
		if (!expect_eq("giving the CPU work", smp_run(cpu, read_status, &r), ST_OK) ||
		    !expect_eq("the work finishing", smp_wait(cpu), ST_OK) ||
		    !expect_eq("SEV_STATUS, read again", r.got, status)) {
			check_note("on CPU %u", cpu);
			return;
		}
	}
}

/* What the boot code copied before anything else ran. */
void snp_cpu_page(void)
{
	const u32 needed = SNP_CPUID_EAX_SEV | SNP_CPUID_EAX_ES | SNP_CPUID_EAX_SNP;
	const struct cpuid_table *t = snp_cpuid_table();
	const struct cpuid_entry *e = cpuid_row(t, SNP_CPUID_LEAF, 0);

	check_note("%u entries", t->count);
	if (!expect_true("entries in the CPUID page", t->count <= SNP_CPUID_COUNT_MAX,
			 "at most 64"))
		return;
	if (e == NULL)
		check_fail("leaf 8000_001F", "it is there", "missing");
	else if (expect_eq("SEV, SEV-ES and SEV-SNP in it", e->out[0] & needed, needed))
		expect_eq("the C-bit", BIT(e->out[1] & SNP_CPUID_EBX_CBIT_MASK), cvm.pte_private);
}

void snp_cpu_secrets(void)
{
	const struct snp_secrets *s = snp_secrets();

	if (!expect_eq("the VMPL of the secrets page", s->vmpl, 0))
		return;
	for (unsigned k = 0; k < SNP_VMPCK_COUNT; k++) {
		check_note("VMPCK%u", k);
		if (!expect_true("a key of guest messages", secrets_has_key(s, k), "not zero"))
			return;
		for (unsigned other = 0; other < k; other++)
			if (!expect_true("two keys of guest messages",
					 memcmp(s->vmpck[k], s->vmpck[other], SNP_VMPCK_SIZE) != 0,
					 "they differ"))
				return;
	}
}
