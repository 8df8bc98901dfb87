/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs: their GHCB, their start by a VMSA of ours (56421 AP creation), their end. */
#include <string.h>

#include "arch.h"
#include "console.h"
#include "internal.h"
#include "mmu.h"
#include "platform.h"
#include "print.h"
#include "vmsa.h"
#include "x86_64/cpu.h"

#define VMPL1        1u
#define FORGET_TRIES 1000u
#define FORGET_PAUSE 100u /* us */

enum { PRIVATE_BACKUP = 2, PRIVATE_NMI_BACKUP };

static u8 *vmsa_of[SMP_MAX_CPUS];   /* NULL: none prepared, or used up */
static u8 *used_vmsa[SMP_MAX_CPUS]; /* what the host was given to run; NULL: none */
static u8 boot_backup[2][PAGE_SIZE] ALIGNED(16);

static void adopt(unsigned index, u8 *backup, u8 *nmi_backup)
{
	struct ghcb_cpu *g = &ghcb_cpus[index];

	g->backup = backup;
	g->nmi_backup = nmi_backup;
	g->dr7 = 0;
}

/* Taken into use: what the page holds is the host's until then. */
static enum status take_page(unsigned index, u8 *page)
{
	struct ghcb_cpu *g = &ghcb_cpus[index];
	enum status st = msr_register_gpa((u64)(uintptr_t)page);

	if (st == ST_OK)
		g->page = page;
	if (st == ST_OK && g->nmi_owed)
		ghcb_nmi_complete();
	return st;
}

/*
 * The pages at FD_GHCB come with no launch list, so they were never ours: no PVALIDATE takes them
 * back, the host is told and they are mapped.
 */
static enum status boot_pages(void)
{
	struct range r = { SNP_BOOT_SHARED, BOOT_SHARED_PAGES * PAGE_SIZE };
	enum status st = ST_OK;

	for (u64 page = r.base; page < range_end(r) && st == ST_OK; page += PAGE_SIZE)
		st = msr_page_state(page, PSC_OP_SHARED);
	if (st == ST_OK)
		st = mmu_map(r, MAP_RW, MAP_SHARED);
	if (st == ST_OK)
		memset((void *)(uintptr_t)r.base, 0, r.size);
	return st;
}

static u8 *shared_of[SMP_MAX_CPUS];

enum status snp_cpu_init(unsigned index)
{
	enum status st;

	if (index >= SMP_MAX_CPUS)
		return ST_RANGE;
	if (index == 0) {
		st = boot_pages();
		if (st != ST_OK)
			return st;
		shared_of[0] = (u8 *)(uintptr_t)(SNP_BOOT_SHARED + BOOT_GHCB * PAGE_SIZE);
		adopt(0, boot_backup[0], boot_backup[1]);
	}
	if (shared_of[index] == NULL)
		return ST_STATE;
	return take_page(index, shared_of[index]);
}

/* Erratum 1467: a VMSA at a 2 MiB boundary may be taken for part of a large page. */
enum status snp_cpu_prepare(unsigned index, void *shared, void *private_pages)
{
	u8 *p = private_pages;

	if (index == 0 || index >= SMP_MAX_CPUS)
		return ST_RANGE;
	if (shared_of[index] != NULL)
		return ST_STATE; /* its pages may be in use: never replaced */
	shared_of[index] = shared;
	adopt(index, p + PRIVATE_BACKUP * PAGE_SIZE, p + PRIVATE_NMI_BACKUP * PAGE_SIZE);
	vmsa_of[index] = is_aligned((u64)(uintptr_t)p, BLOCK_SIZE) ? p + PAGE_SIZE : p;
	return ST_OK;
}

static unsigned prepared(u64 hwid)
{
	for (unsigned i = 1; i < SMP_MAX_CPUS; i++)
		if (vmsa_of[i] != NULL && smp_hwid(i) == hwid)
			return i;
	return 0;
}

static enum status create(u64 hwid, u64 vmsa, u64 features)
{
	struct ghcb_call c = { .set = GF(RAX) };
	enum status st;

	c.value[GF_RAX] = features;
	st = ghcb_event(&c, GHCB_EXIT_AP_CREATE, hwid << GHCB_AP_APIC_ID_LO | GHCB_AP_CREATE_NOW,
			vmsa, 0, NULL);
	if (st != ST_OK)
		print("# snp: AP create 0x%llx: %s\n", (unsigned long long)hwid, status_text(st));
	return st == ST_INVALID ? ST_DENIED : st;
}

enum status snp_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	struct vmsa_start s = { .rip = entry,
				.rdi = ctx,
				.cr0 = insn_cr0(),
				.cr3 = insn_cr3(),
				.cr4 = insn_cr4(),
				.sev_features = insn_sev_status() >> SEV_FEATURES_SHIFT };
	unsigned index = prepared(hwid);
	u8 *page = vmsa_of[index];
	u32 eax;

	if ((ghcb_hv_features & GHCB_HV_FT_AP_CREATE) == 0)
		return ST_UNSUPPORTED;
	if (entry == 0 || ctx == 0)
		return ST_NO_MEMORY;
	if (index == 0 || hwid > UINT32_MAX)
		return ST_NOT_FOUND;
	vmsa_of[index] = NULL; /* the CPU may come late: the page stays its own */
	vmsa_build(page, &s);
	eax = snp_rmpadjust((u64)(uintptr_t)page, RMP_4K, RMPADJUST_VMSA | VMPL1);
	if (eax != RMP_OK) {
		print("# snp: RMPADJUST of a VMSA: EAX %u\n", eax);
		return ST_PROTOCOL;
	}
	used_vmsa[index] = page;
	return create(hwid, (u64)(uintptr_t)page, s.sev_features);
}

void snp_cpu_off(void)
{
	__atomic_store_n(&cpu_self()->online, 0, __ATOMIC_RELEASE);
	arch_halt();
}

/*
 * A VMSA that stays one can be run whenever the host likes, in the middle of whatever is done with
 * this memory later. The mark can only be taken off while the CPU is out of it, so the host is
 * asked to leave it first; whether it did, RMPADJUST tells.
 */
enum status snp_cpu_forget(unsigned index)
{
	struct ghcb_call c = { .set = GF(RAX) };
	u64 page;
	u32 eax = RMP_FAIL_INUSE;
	enum status st;

	if (index >= SMP_MAX_CPUS || used_vmsa[index] == NULL)
		return ST_OK;
	page = (u64)(uintptr_t)used_vmsa[index];
	c.value[GF_RAX] = insn_sev_status() >> SEV_FEATURES_SHIFT;
	st = ghcb_event(&c, GHCB_EXIT_AP_CREATE,
			smp_hwid(index) << GHCB_AP_APIC_ID_LO | GHCB_AP_DESTROY, page, 0, NULL);
	for (unsigned i = 0; st == ST_OK && i < FORGET_TRIES && eax == RMP_FAIL_INUSE; i++) {
		if (i > 0)
			delay_us(FORGET_PAUSE);
		eax = snp_rmpadjust(page, RMP_4K, VMPL1);
	}
	if (st == ST_OK && eax != RMP_OK)
		st = eax == RMP_FAIL_INUSE ? ST_TIMEOUT : ST_PROTOCOL;
	if (st == ST_OK)
		used_vmsa[index] = NULL;
	return st;
}

/* The verdict is the reason the host is given; it needs no page, so it works at any time. */
void snp_shutdown(enum cvm_shutdown verdict)
{
	/* A stop before discovery was through: what it said is still in the console's ring. */
	if (ghcb_gpa() != 0 && !console_present())
		(void)console_init(&platform);
	ghcb_terminate(SNP_TERM_SET_POSTERN,
		       verdict == CVM_SHUTDOWN_PASS ? SNP_TERM_PASS : SNP_TERM_FAIL);
}
