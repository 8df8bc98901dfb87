/* SPDX-License-Identifier: BSD-2-Clause */
/* One instruction at a time, and what the module made of it. */
#include "tdx.h"

#include "smp.h"

void watch(void (*insn)(void), struct watched *w)
{
	bool enabled = arch_irq_save();
	struct tdx_ve unused;
	u64 before = tdx_ve_seen(&unused);

	w->fault = try_insn(insn, &w->regs);
	w->count = tdx_ve_seen(&w->ve) - before;
	arch_irq_restore(enabled);
}

bool expect_ve(const char *asked, const struct watched *w, u32 reason, u32 length)
{
	if (w->count == 0) {
		check_fail(asked, "a #VE", "none: %s, syndrome 0x%llx", fault_name(w->fault.class),
			   (unsigned long long)w->fault.syndrome);
		return false;
	}
	check_note("#VE reason %u length %u qualification 0x%llx", w->ve.reason, w->ve.length,
		   (unsigned long long)w->ve.qualification);
	return expect_eq(asked, w->count, 1) &&
	       expect_eq("the exit reason", w->ve.reason, reason) &&
	       expect_eq("the length of the instruction", w->ve.length, length);
}

bool expect_direct(const char *asked, const struct watched *w)
{
	if (w->count != 0)
		check_note("#VE reason %u", w->ve.reason);
	return expect_eq(asked, w->count, 0) && expect_fault(asked, &w->fault, FAULT_NONE);
}

bool expect_vector(const char *asked, const struct watched *w, unsigned vector)
{
	if (w->count != 0) {
		check_fail(asked, "an exception, not a #VE", "#VE with exit reason %u",
			   w->ve.reason);
		return false;
	}
	if (w->fault.class == FAULT_NONE) {
		check_fail(asked, "an exception", "it completed, rax 0x%llx rdx 0x%llx",
			   (unsigned long long)w->regs.rax, (unsigned long long)w->regs.rdx);
		return false;
	}
	return expect_eq(asked, w->fault.syndrome, (u64)vector << 32);
}

bool on_cpu(unsigned cpu, void (*fn)(void *), void *arg)
{
	check_note("cpu %u", cpu);
	if (smp_run(cpu, fn, arg) == ST_OK && smp_wait(cpu) == ST_OK)
		return true;
	check_fail("a question on each CPU", "an answer", "cpu %u: none", cpu);
	return false;
}
