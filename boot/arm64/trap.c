/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions. One access per CPU may be announced by try_*; anything else that traps is printed
 * with its registers and ends the guest with a verdict.
 */
#include "arch.h"
#include "fatal.h"
#include "image.h"
#include "percpu.h"
#include "print.h"

#define EC_UNKNOWN      0x00u
#define EC_FETCH_LOWER  0x20u
#define EC_FETCH        0x21u
#define EC_DATA_LOWER   0x24u
#define EC_DATA         0x25u
#define EC_BRK          0x3cu
#define PSTATE_I        BIT(7)
#define FSC_EXTERNAL    0x10u /* synchronous external abort, not on a table walk */
#define FSC_TRANSLATION 0x04u /* + level */
#define FSC_PERMISSION  0x0cu /* + level */

static enum fault_class classify_abort(u64 esr, enum fault_class external)
{
	unsigned fsc = FIELD(esr, 5, 0);

	if (fsc == FSC_EXTERNAL)
		return external;
	if ((fsc & ~3u) == FSC_TRANSLATION)
		return FAULT_PAGE;
	if ((fsc & ~3u) == FSC_PERMISSION)
		return FAULT_PERMISSION;
	return FAULT_OTHER;
}

static enum fault_class classify(u64 esr)
{
	switch (FIELD(esr, 31, 26)) {
	case EC_UNKNOWN:
		return FAULT_UNDEFINED;
	case EC_BRK:
		return FAULT_BREAKPOINT;
	case EC_FETCH_LOWER:
	case EC_FETCH:
		return classify_abort(esr, FAULT_FETCH_EXTERNAL);
	case EC_DATA_LOWER:
	case EC_DATA:
		return classify_abort(esr, FAULT_DATA_EXTERNAL);
	default:
		return FAULT_OTHER;
	}
}

const char *fault_name(enum fault_class c)
{
	switch (c) {
	case FAULT_NONE:
		return "none";
	case FAULT_DATA_EXTERNAL:
		return "synchronous external abort on a data access";
	case FAULT_FETCH_EXTERNAL:
		return "synchronous external abort on an instruction fetch";
	case FAULT_PAGE:
		return "translation fault";
	case FAULT_PERMISSION:
		return "permission fault";
	case FAULT_UNDEFINED:
		return "undefined instruction";
	case FAULT_BREAKPOINT:
		return "breakpoint";
	default:
		return "other exception";
	}
}

/* Disarms before it resumes: a second fault is never expected. */
static bool resume_expected(struct frame *f)
{
	struct cpu *c = this_cpu();

	if (c->depth != 1 || c->resume_pc == 0 || f->elr != c->expect_pc)
		return false;
	*c->fault = (struct fault){
		.class = classify(f->esr),
		.syndrome = f->esr,
		.address = f->far,
		.pc = f->elr,
		.pstate = f->spsr,
		.entry_pstate = f->entry_pstate,
	};
	f->elr = c->resume_pc;
	c->resume_pc = 0;
	return true;
}

static const char *kind_name(unsigned kind)
{
	static const char names[][16] = { "synchronous", "IRQ", "FIQ", "SError", "wrong vector" };

	return kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

static NORETURN void report(const struct frame *f, unsigned kind)
{
	u64 base = (u64)image_start;

	print("# exception: %s on cpu %u, esr=0x%llx far=0x%llx elr=0x%llx (image+0x%llx) "
	      "spsr=0x%llx sp=0x%llx\n",
	      kind_name(kind), arch_cpu_index(), (unsigned long long)f->esr,
	      (unsigned long long)f->far, (unsigned long long)f->elr,
	      (unsigned long long)(f->elr - base), (unsigned long long)f->spsr,
	      (unsigned long long)f->sp);
	for (unsigned i = 0; i < 30; i += 3)
		print("#   x%-2u 0x%016llx x%-2u 0x%016llx x%-2u 0x%016llx\n", i,
		      (unsigned long long)f->x[i], i + 1, (unsigned long long)f->x[i + 1], i + 2,
		      (unsigned long long)f->x[i + 2]);
	print("#   x30 0x%016llx (image+0x%llx)\n", (unsigned long long)f->x[30],
	      (unsigned long long)(f->x[30] - base));
	if (kind != TRAP_SYNC)
		fatal(ST_FAULT, "unexpected %s exception", kind_name(kind));
	fatal(ST_FAULT, "%s at 0x%llx, pc 0x%llx", fault_name(classify(f->esr)),
	      (unsigned long long)f->far, (unsigned long long)f->elr);
}

void trap_handle(struct frame *f, unsigned kind)
{
	if (this_cpu()->depth > 1)
		fatal(ST_FAULT, "%s exception inside an exception handler, esr 0x%llx far 0x%llx",
		      kind_name(kind), (unsigned long long)f->esr, (unsigned long long)f->far);
	if (kind == TRAP_IRQ) {
		if (!irq_handle())
			f->spsr |= PSTATE_I;
		return;
	}
	if (kind == TRAP_SYNC && resume_expected(f))
		return;
	report(f, kind);
}

NORETURN void stack_smashed(void);

NORETURN void stack_smashed(void)
{
	fatal(ST_FAULT, "stack overwritten");
}
