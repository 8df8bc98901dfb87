/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to create a CPU that the host must refuse. That good ones work is seen by CPUs coming
 * online. All ask for "at the next INIT", which is never sent: a host that lets one pass does not
 * end a CPU of ours.
 */
#include "smp.h"
#include "snp_event.h"

#define NO_SUCH_APIC_ID 0x7fff0000ULL

static bool refused(const char *asked, u64 apic_id, u64 vmsa, u64 features)
{
	struct ghcb_call c = { .set = GF(RAX) };

	c.value[GF_RAX] = features;
	return snp_event(&c, GHCB_EXIT_AP_CREATE,
			 apic_id << GHCB_AP_APIC_ID_LO | GHCB_AP_CREATE_ON_INIT, vmsa) &&
	       expect_ne(asked, (u32)c.value[GF_INFO1], GHCB_RESULT_OK);
}

static u64 own_features(void)
{
	return snp_sev_status() >> SEV_FEATURES_SHIFT;
}

/* A page that could be one; erratum 1467 has hosts refuse those at 2 MiB. */
static u64 vmsa_get(void)
{
	u64 page = page_get(), second;

	if (page == 0 || !is_aligned(page, BLOCK_SIZE))
		return page;
	second = page_get();
	page_put(page);
	return second;
}

static bool offered(void)
{
	if ((ghcb_hv_features & GHCB_HV_FT_AP_CREATE) == 0)
		check_skip("the host does not offer it");
	return (ghcb_hv_features & GHCB_HV_FT_AP_CREATE) != 0;
}

static u64 last_cpu(void)
{
	return smp_hwid(smp_cpu_count() - 1);
}

void snp_ap_nobody(void)
{
	u64 page;

	if (!offered() || (page = vmsa_get()) == 0)
		return;
	if (refused("INFO1 of AP creation for APIC id 0x7fff0000", NO_SUCH_APIC_ID, page,
		    own_features()))
		refused("INFO1 of AP creation for APIC id 0xffffffff", 0xffffffff, page,
			own_features());
	page_put(page);
}

void snp_ap_misaligned(void)
{
	static const u16 offsets[] = { 1, 0x10, 0x800, 0xfff };
	u64 page;

	if (!offered() || (page = vmsa_get()) == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		check_note("offset 0x%x", offsets[i]);
		if (!refused("INFO1 of AP creation from a VMSA there", last_cpu(),
			     page + offsets[i], own_features()))
			break;
	}
	page_put(page);
}

void snp_ap_features(void)
{
	u64 own = own_features(), page;
	const u64 wrong[] = { 0, own | SEV_STATUS_REFLECT_VC >> SEV_FEATURES_SHIFT,
			      own ^ SEV_STATUS_RESTRICTED_INJ >> SEV_FEATURES_SHIFT,
			      own | BIT(40) };

	if (!offered() || (page = vmsa_get()) == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		check_note("SEV_FEATURES 0x%llx", (unsigned long long)wrong[i]);
		if (wrong[i] != own &&
		    !refused("INFO1 of AP creation with them", last_cpu(), page, wrong[i]))
			break;
	}
	page_put(page);
}
