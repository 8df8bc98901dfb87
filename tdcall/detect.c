/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this a trust domain? The reset code saw how control arrived, the CPU says so in a leaf that
 * the module answers, and the module itself must agree in what it tells of the guest-physical
 * width.
 */
#include "abi/fd.h"
#include "internal.h"
#include "print.h"
#include "x86_64/cpu.h"

struct tdx_vp_info tdx_info;

u64 tdx_shared_bit(void)
{
	return BIT(tdx_info.gpaw - 1);
}

/* Before any TDCALL, which is undefined anywhere else. */
static bool cpuid_says_tdx(void)
{
	u32 r[4];

	tdx_cpuid(0, 0, r);
	if (r[0] < TDX_CPUID_LEAF)
		return false;
	tdx_cpuid(TDX_CPUID_LEAF, 0, r);
	return r[1] == TDX_CPUID_EBX && r[3] == TDX_CPUID_EDX && r[2] == TDX_CPUID_ECX;
}

static enum status read_info(const struct fd_info *fd)
{
	struct tdx_vp_info info;
	u64 rax = tdg_vp_info(&info);

	if (TDX_CODE(rax) != TDX_SUCCESS)
		return tdx_failed("TDG.VP.INFO", rax);
	if ((info.gpaw != TDX_GPAW_48 && info.gpaw != TDX_GPAW_52) || info.gpaw != fd->gpaw ||
	    info.gpaw - 1 != fd->alias_bit) {
		print("# tdx: GPAW %llu, at reset %u\n", (unsigned long long)info.gpaw, fd->gpaw);
		return ST_PROTOCOL;
	}
	tdx_info = info;
	return ST_OK;
}

/*
 * With #VE on pending pages the host chooses the instruction we are interrupted at, by taking a
 * page away: never as an answer to a fault do we accept memory, and no fault of this kind may
 * happen.
 */
static enum status no_ve_on_pending(void)
{
	u64 flags, now, old, rax;

	if ((tdx_info.attributes & TDX_ATTR_SEPT_VE_DISABLE) != 0)
		return ST_OK;
	rax = tdg_vm_rd(TDX_FIELD_CONFIG_FLAGS, &flags);
	if (TDX_CODE(rax) == TDX_SUCCESS && (flags & TDX_CONFIG_FLEXIBLE_PENDING_VE) != 0) {
		rax = tdg_vm_wr(TDX_FIELD_TD_CTLS, TDX_TD_CTLS_PENDING_VE_DISABLE,
				TDX_TD_CTLS_PENDING_VE_DISABLE, &old);
		if (TDX_CODE(rax) == TDX_SUCCESS)
			rax = tdg_vm_rd(TDX_FIELD_TD_CTLS, &now);
		if (TDX_CODE(rax) == TDX_SUCCESS && (now & TDX_TD_CTLS_PENDING_VE_DISABLE) != 0)
			return ST_OK;
	}
	print("# tdx: SEPT_VE_DISABLE is clear and cannot be set\n");
	return ST_DENIED;
}

/* We have no use for the module's word that somebody single-steps us, which comes as a #VE. */
static enum status no_notifications(void)
{
	u64 old, rax = tdg_vm_wr(TDX_FIELD_NOTIFY_ENABLES, 0, TDX_NOTIFY_ZERO_STEP, &old);

	return TDX_CODE(rax) == TDX_SUCCESS ? ST_OK : tdx_failed("TDG.VM.WR", rax);
}

static void print_info(void)
{
	print("# tdx: gpaw=%llu attributes=0x%llx vcpus=%u sys_rd=%u%s\n",
	      (unsigned long long)tdx_info.gpaw, (unsigned long long)tdx_info.attributes,
	      tdx_info.max_vcpus, tdx_info.sys_rd,
	      (tdx_info.attributes & TDX_ATTR_TUD) != 0 ? " DEBUG: the host can read us" : "");
}

/* The slots lie in the flash, which is launched, measured and ours. */
static enum status find_mailbox(const struct fd_info *fd)
{
	struct range box = { fd->mailbox, FD_MAILBOX_SLOTS * 16 };
	struct range flash = { fd->flash, fd->flash_size };

	if (range_check(flash, PAGE_SIZE, tdx_shared_bit()) != ST_OK ||
	    range_check(box, 16, 0) != ST_OK || !range_contains(flash, box))
		return ST_RANGE;
	tdx_mailbox = box;
	return ST_OK;
}

enum status tdx_detect(struct cvm *c, const struct handoff *h)
{
	enum status st;

	if (h->source != BOOT_X86_FD || h->fd.platform != FD_TDX)
		return ST_UNSUPPORTED;
	if (!cpuid_says_tdx())
		return ST_PROTOCOL;
	trap_platform = tdx_trap;
	st = read_info(&h->fd);
	if (st == ST_OK)
		st = no_notifications();
	if (st == ST_OK)
		st = no_ve_on_pending();
	if (st == ST_OK)
		st = find_mailbox(&h->fd);
	if (st != ST_OK)
		return st;
	tdx_remember_launch(h);
	print_info();
	c->pte_private = 0;
	c->pte_shared = tdx_shared_bit();
	c->addr_limit = tdx_shared_bit();
	c->addr_bits = (unsigned)tdx_info.gpaw;
	return ST_OK;
}
