/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting other CPUs, and leaving. */
#include "abi/fd.h"
#include "arch.h"
#include "internal.h"
#include "mmu.h"
#include "print.h"
#include "x86_64/cpu.h"

struct mailbox_slot {
	u64 entry, ctx; /* known to images/fd.asm */
};

struct range tdx_mailbox;

static enum status map_mailbox(void)
{
	u64 base = align_down(tdx_mailbox.base, PAGE_SIZE);
	struct range r = { base, align_up(range_end(tdx_mailbox), PAGE_SIZE) - base };
	unsigned level;
	u64 pte;

	if (mmu_walk(r.base, &pte, &level) == ST_OK)
		return ST_OK;
	return mmu_map(r, MAP_RW, MAP_PRIVATE);
}

/*
 * All vCPUs came through the reset vector; the others wait there, each at the slot of its index,
 * which the module gave it. No interrupt and no request to the host is needed, so it cannot start
 * one anywhere else; not running it is all that is left to it.
 */
enum status tdx_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	volatile struct mailbox_slot *slot;
	enum status st;

	if (entry == 0)
		return ST_INVALID;
	if (tdx_mailbox.size == 0)
		return ST_UNSUPPORTED;
	if (hwid == 0 || hwid >= FD_MAILBOX_SLOTS || hwid >= tdx_info.max_vcpus)
		return ST_RANGE;
	st = map_mailbox();
	if (st != ST_OK)
		return st;
	slot = (volatile struct mailbox_slot *)(uintptr_t)tdx_mailbox.base + hwid;
	if (slot->entry != 0)
		return ST_STATE; /* each leaves its slot once */
	slot->ctx = ctx;
	__atomic_store_n(&slot->entry, entry, __ATOMIC_RELEASE);
	return ST_OK;
}

NORETURN static void halt(void)
{
	arch_irq_save();
	for (;;)
		tdx_hlt(true);
}

void tdx_cpu_off(void)
{
	__atomic_store_n(&cpu_self()->online, 0, __ATOMIC_RELEASE);
	halt();
}

void tdx_fatal_registers(struct tdcall_regs *r, u32 code, const char *text)
{
	u64 *const order[] = {
		&r->r14, &r->r15, &r->rbx, &r->rdi, &r->rsi, &r->r8, &r->r9, &r->rdx
	};

	*r = (struct tdcall_regs){ .r11 = TDVMCALL_REPORT_FATAL_ERROR, .r12 = code };
	for (unsigned i = 0; i < TDX_FATAL_MESSAGE_SIZE && *text != '\0'; i++, text++)
		*order[i / 8] |= (u64)(u8)*text << (i % 8 * 8);
}

/* The verdict is the code of a fatal error: there is no other way for a trust domain to end that
 * carries a word of its own. A host that lets us go on after it hears it again. */
void tdx_shutdown(enum cvm_shutdown verdict)
{
	bool pass = verdict == CVM_SHUTDOWN_PASS;
	struct tdcall_regs r;

	arch_irq_save();
	if (tdx_info.gpaw == 0)
		arch_halt(); /* no module answered: the call may be undefined */
	for (;;) {
		tdx_fatal_registers(&r, pass ? TDX_FATAL_PASS : TDX_FATAL_FAIL,
				    pass ? "postern: pass" : "postern: fail");
		(void)tdvmcall(&r, TDVMCALL_MASK_ALL);
		tdx_hlt(true);
	}
}
