/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this an SNP guest, and one we understand? The reset code of postern.fd saw the CPUID page
 * (which unpaged memory shows only to the guest it was made for) and SEV_STATUS, which no host can
 * intercept; both are looked at again. Nothing is printed here: there is no way to the host yet but
 * the MSR protocol, so a stop leaves as a termination reason of the specification or Linux.
 */
#include "cpuid.h"
#include "internal.h"
#include "secrets.h"
#include "x86_64/cpu.h"

#define CBIT_MIN  32u /* in the upper half of a page-table entry */
#define CBIT_MAX  51u
#define PHYS_LEAF 0x80000008u
#define VMPL1     1u

/* Features whose presence changes nothing for us. Every other bit, also one nobody has named yet,
 * may change what an instruction does (sheet: Linux refuses the same way). */
#define STATUS_NEEDED (SEV_STATUS_SEV | SEV_STATUS_ES | SEV_STATUS_SNP)
#define STATUS_ALLOWED                                                                             \
	(STATUS_NEEDED | SEV_STATUS_DEBUG_SWAP | SEV_STATUS_PREVENT_IBS |                          \
	 SEV_STATUS_BTB_ISOLATION | SEV_STATUS_IBS_VIRT | SEV_STATUS_SMT_PROT |                    \
	 SEV_STATUS_IBPB_ENTRY)

u64 ghcb_hv_features;
bool snp_evict_cache = true;
struct snp_secrets snp_own_secrets;

static struct cpuid_table table;
static struct range launched[5];

const struct cpuid_table *snp_cpuid_table(void)
{
	return &table;
}

const struct snp_secrets *snp_secrets(void)
{
	return &snp_own_secrets;
}

static void need(bool good, unsigned set, unsigned reason)
{
	if (!good)
		ghcb_terminate(set, reason);
}

/* The C-bit in use since the reset code was seen to work there; a page or host that names another
 * one lies. */
static void check_cpuid(u32 cbit)
{
	const struct cpuid_entry *e;
	bool good = cpuid_load(&table, (const u8 *)(uintptr_t)FD_CPUID) == ST_OK;

	need(good, SNP_TERM_SET_LINUX, SNP_TERM_LINUX_CPUID);
	e = cpuid_row(&table, SNP_CPUID_LEAF, 0);
	good = e != NULL && (e->out[0] & SNP_CPUID_EAX_SNP) != 0 &&
	       (e->out[1] & SNP_CPUID_EBX_CBIT_MASK) == cbit;
	need(good && cbit >= CBIT_MIN && cbit <= CBIT_MAX, SNP_TERM_SET_LINUX,
	     SNP_TERM_LINUX_CPUID);
	snp_evict_cache = (e->out[1] & SNP_CPUID_EBX_COHERENCY_SFW_NO) == 0;
}

static void check_secrets(void)
{
	enum status st = secrets_load(&snp_own_secrets, (const u8 *)(uintptr_t)FD_SECRETS);

	need(st == ST_OK, SNP_TERM_SET_LINUX, SNP_TERM_LINUX_SECRETS);
}

static void negotiate(u32 cbit)
{
	struct sev_info info;

	need(msr_sev_info(&info) == ST_OK, SNP_TERM_SET_GHCB, SNP_TERM_GENERAL);
	need(info.cbit == cbit, SNP_TERM_SET_GHCB, SNP_TERM_GENERAL);
	need(info.version_min <= info.version_max && info.version_min <= GHCB_VERSION_MAX &&
		 info.version_max >= GHCB_VERSION_SNP,
	     SNP_TERM_SET_GHCB, SNP_TERM_VERSION);
	ghcb_version = MIN(info.version_max, GHCB_VERSION_MAX);
	need(msr_hv_features(&ghcb_hv_features) == ST_OK, SNP_TERM_SET_GHCB, SNP_TERM_GENERAL);
	need((ghcb_hv_features & GHCB_HV_FT_SNP) != 0, SNP_TERM_SET_GHCB, SNP_TERM_UNSUPPORTED);
}

/* RMPADJUST for VMPL1 works at VMPL0 alone; anywhere else somebody stands above us. */
static void check_vmpl(void)
{
	static u8 page[PAGE_SIZE] ALIGNED(PAGE_SIZE);

	need(snp_rmpadjust((u64)(uintptr_t)page, RMP_4K, VMPL1) == RMP_OK, SNP_TERM_SET_LINUX,
	     SNP_TERM_LINUX_NOT_VMPL0);
}

static unsigned physical_bits(unsigned cbit)
{
	const struct cpuid_entry *e = cpuid_row(&table, PHYS_LEAF, 0);
	u32 bits = e != NULL ? e->out[0] & 0xff : 0;

	return bits >= 32 && bits < cbit ? bits : cbit;
}

enum status snp_detect(struct cvm *c, const struct handoff *h)
{
	u32 cbit = h->fd.alias_bit;
	u64 status;

	if (h->source != BOOT_X86_FD || h->fd.platform != FD_SNP)
		return ST_UNSUPPORTED;
	trap_platform = snp_vc;
	trap_nmi_done = snp_nmi_done;
	status = insn_sev_status();
	need((status & STATUS_NEEDED) == STATUS_NEEDED && (status & ~(u64)STATUS_ALLOWED) == 0,
	     SNP_TERM_SET_GHCB, SNP_TERM_UNSUPPORTED);
	check_cpuid(cbit);
	check_secrets();
	negotiate(cbit);
	check_vmpl();
	launched[0] = h->image;
	launched[1] = (struct range){ FD_SECRETS, PAGE_SIZE };
	launched[2] = (struct range){ FD_CPUID, PAGE_SIZE };
	launched[3] = (struct range){ FD_INFO, PAGE_SIZE };
	launched[4] = (struct range){ h->fd.flash, h->fd.flash_size };
	c->pte_private = BIT(cbit);
	c->pte_shared = 0;
	c->addr_limit = BIT(physical_bits(cbit));
	c->addr_bits = cbit + 1;
	return ST_OK;
}

/* Before anything is accepted only what came with the launch has content: the sections of our own
 * SEV metadata (images/fd.asm), one by one, and the flash. */
enum status snp_is_private(struct range r)
{
	enum status st = range_check(r, 1, cvm.addr_limit);

	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < ARRAY_SIZE(launched); i++)
		if (range_contains(launched[i], r))
			return ST_OK;
	return ST_STATE;
}
