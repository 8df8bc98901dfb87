/* SPDX-License-Identifier: BSD-2-Clause */
/* From the assembler entry to the common code. */
#include "start.h"

#include "abi/pkvm.h"
#include "abi/psci.h"
#include "arch.h"
#include "entry.h"
#include "image.h"
#include "percpu.h"
#include "rsi.h"
#include "smccc.h"

struct handoff boot_handoff;

/*
 * Before .bss may be touched. Should a realm's host refuse the memory of our own image, there is no
 * console yet: the refusal leaves as a reset request, which every host sees. The stack protector's
 * guard may lie in .bss, so this function has none.
 */
__attribute__((no_stack_protector)) void start_early(void)
{
	enum status st = rsi_early_accept((u64)image_file_end, (u64)image_end);
	struct smccc_regs r = { .x = { PSCI_SYSTEM_RESET } };

	if (st == ST_OK || st == ST_UNSUPPORTED)
		return;
	smccc_smc(&r); /* not ST_UNSUPPORTED: this is a realm, so SMC is the conduit */
	arch_halt();
}

void start_image(u64 dtb)
{
	boot_handoff.source = BOOT_ARM64_IMAGE;
	boot_handoff.dtb = dtb;
	if (arm64_entry_state.place_end != 0) {
		boot_handoff.place = (struct range){ PVMFW_BASE, PVMFW_SIZE + PVMFW_SCRATCH_SIZE };
		boot_handoff.pvmfw = arm64_entry_state.place_end;
	}
	start_common();
}

void start_common(void)
{
	struct handoff *h = &boot_handoff;
	u64 base = (u64)image_start;

	h->image = (struct range){ base, (u64)image_end - base };
	h->file = (struct range){ base, (u64)image_file_end - base };
	h->el2 = FIELD(arm64_entry_state.current_el, 3, 2) == 2;
	this_cpu()->depth = 0;
	/* From here an SError is reported; before, nothing could say so. */
	__asm__ volatile("msr daifclr, #4" ::: "memory");
	handoff_enter(h);
}
