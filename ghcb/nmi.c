/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of an NMI. IRET does not unblock NMIs in an SNP guest; the host does, when it is told. So
 * the next NMI may come while this one still stands on the NMI stack, and would be pushed over its
 * frame: before the host is told, the next one gets a place of its own.
 */
#include "fatal.h"
#include "internal.h"
#include "x86_64/cpu.h"

#define TSS_IST_OFFSET 36u
#define FRAME_RSP      16u /* below the stack's start: SS, then RSP */
#define MARGIN         256u
#define ROOM           KIB(1) /* what one NMI needs */

/*
 * An NMI that interrupted other code alternates between the halves of the stack, so that its
 * predecessor, which may still be at its IRET, keeps its frame. One that interrupted such a
 * predecessor goes on below it.
 */
u64 nmi_next_stack(u64 base, u64 top, u64 entry, u64 rsp, u64 now)
{
	u64 middle = base + (top - base) / 2;
	u64 floor = entry > middle ? middle : base;

	if (rsp > floor && rsp <= entry)
		return 0; /* NMIs were still blocked: the frame of the one before is overwritten */
	if (rsp <= base || rsp > top)
		return entry > middle ? middle : top;
	now = align_down(now - MARGIN, 16);
	return now >= floor + ROOM ? now : 0;
}

static u64 load(const u8 *at)
{
	u64 v;

	__builtin_memcpy(&v, at, sizeof(v));
	return v;
}

void snp_nmi_done(void)
{
	struct cpu *c = cpu_self();
	u8 *ist = &c->tss[TSS_IST_OFFSET + 8 * (IST_NMI - 1)]; /* unaligned */
	u64 entry = load(ist), top = c->ist_base + IST_NMI * CPU_IST_BYTES;
	u64 rsp = load((const u8 *)(uintptr_t)(entry - FRAME_RSP));
	u64 next = nmi_next_stack(top - CPU_IST_BYTES, top, entry, rsp,
				  (u64)(uintptr_t)__builtin_frame_address(0));

	if (next == 0)
		fatal(ST_PROTOCOL, "NMI inside an NMI on CPU %u", arch_cpu_index());
	__builtin_memcpy(ist, &next, sizeof(next));
	ghcb_nmi_complete();
}
