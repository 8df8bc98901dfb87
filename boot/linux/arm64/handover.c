/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the firmware to an arm64 kernel (Documentation/arch/arm64/booting.rst). What the kernel is
 * told of memory is what was accepted and is private when the firmware leaves: the firmware's own
 * image is part of it, and what a device still holds is not.
 */
#include <string.h>

#include "../../arm64/percpu.h"
#include "../../arm64/start.h"
#include "../../leave.h"
#include "abi/psci.h"
#include "arm64/sysreg.h"
#include "deadline.h"
#include "discover.h"
#include "fatal.h"
#include "fdt_edit.h"
#include "irq.h"
#include "mm.h"
#include "platform.h"
#include "print.h"
#include "smccc.h"

#define WINDOW     GIB(32) /* that kernel and initrd lie in, from a multiple of 1 GiB on */
#define SEED_TRIES 10u
#define CPU_OFF_NS (5 * NS_PER_S)
#define FDT_PAGES  (FDT_MAX_SIZE / PAGE_SIZE)

typedef unsigned long long ull; /* u64 as the format strings need it */

NORETURN void linux_jump(u64 devicetree, u64 entry); /* jump.S */

struct placed {
	struct range kernel; /* with all the memory it needs beyond its file */
	struct range initrd; /* size 0: none */
	void *fdt;           /* FDT_MAX_SIZE bytes */
};

/* ---- what can be refused before anything is given up ---- */

/*
 * Firmware below us describes the machine by ACPI, and memory by a map it hands to its own children
 * alone: there is no devicetree to pass on. And on a machine that starts at EL2 other CPUs would,
 * too, but a kernel wants all of them in the same level, and nothing trapped that the CPU says it
 * has: both would be ours to undo, from a level that we have left.
 */
static enum status check_machine(const char **why)
{
	*why = "booted by UEFI, which has a kernel's tables itself";
	if (boot_handoff.source != BOOT_ARM64_IMAGE || !platform.from_dt)
		return ST_UNSUPPORTED;
	*why = "booted at EL2, which a kernel wants for itself";
	return boot_handoff.el2 ? ST_UNSUPPORTED : ST_OK;
}

static struct range range_of(struct bytes b)
{
	return (struct range){ (u64)(uintptr_t)b.data, b.size };
}

static enum status check_window(const struct placed *l, const char **why)
{
	u64 start = l->kernel.base, end = range_end(l->kernel);

	*why = "kernel and initrd are more than 32 GiB apart";
	if (l->initrd.size != 0) {
		start = MIN(start, l->initrd.base);
		end = MAX(end, range_end(l->initrd));
	}
	return end - align_down(start, GIB(1)) <= WINDOW ? ST_OK : ST_RANGE;
}

static enum status place(const struct payload *p, struct placed *l, const char **why)
{
	struct arm64_image im;
	enum status st = arm64_image_parse(p->kernel, &im);
	u64 base;

	*why = "the kernel is no arm64 Image, or none that can be booted";
	if (st != ST_OK)
		return st;
	*why = "no memory for the kernel";
	if (im.image_size > ACCEPT_MAX_BYTES)
		return ST_NO_MEMORY;
	base = pages_alloc(align_up(im.text_offset + im.image_size, PAGE_SIZE) / PAGE_SIZE,
			   BLOCK_SIZE);
	l->fdt = (void *)(uintptr_t)pages_alloc(FDT_PAGES, BLOCK_SIZE);
	if (base == 0 || l->fdt == NULL)
		return ST_NO_MEMORY;
	l->kernel = (struct range){ base + im.text_offset, im.image_size };
	l->initrd = range_of(p->initrd);
	memcpy((void *)(uintptr_t)l->kernel.base, p->kernel.data, p->kernel.size);
	return check_window(l, why);
}

/* ---- memory ---- */

static enum status build_fdt(const struct payload *p, const struct placed *l, const char **why)
{
	/* Private from the start, and done with when the kernel runs. */
	const struct range own[] = {
		boot_handoff.image,
		discover_pages(boot_handoff.dtb, discover_devicetree_size()),
	};
	static struct linux_memory mem;
	struct linux_fdt in = { .cmdline = p->cmdline, .initrd = l->initrd, .memory = &mem };
	enum status st = ST_INCOMPLETE;

	linux_memory_collect(&memory_map, own, ARRAY_SIZE(own), &mem);
	for (unsigned i = 0; i < SEED_TRIES && st == ST_INCOMPLETE; i++)
		st = arch_random(RANDOM_SEED, &in.seed);
	in.has_seed = st == ST_OK;
	*why = "the map of memory has lost count of shared pages";
	if (!accept_notes_complete())
		return ST_TOO_MANY;
	return linux_fdt_build(discover_devicetree_blob(), &in, l->fdt, FDT_MAX_SIZE, why);
}

/* ---- leaving ---- */

static s64 affinity_info(u64 hwid)
{
	struct smccc_regs r = { .x = { PSCI_AFFINITY_INFO_64, hwid } };

	if (cvm.conduit_hvc)
		smccc_hvc(&r);
	else
		smccc_smc(&r);
	return (int32_t)r.x[0];
}

/* What the monitor says, not the CPU: its last instructions are in memory that is the kernel's
 * soon, and one that the host has started but not yet run would wake up in there. */
static void stop_cpu(unsigned cpu)
{
	struct deadline d = deadline_in(CPU_OFF_NS);
	s64 state;

	for (;;) {
		smp_stop_all(); /* again: it may have come late */
		state = affinity_info(smp_hwid(cpu));
		if (state == PSCI_AFFINITY_OFF || state == PSCI_INVALID_PARAMETERS)
			return;
		if (deadline_passed(&d))
			fatal(ST_TIMEOUT, "linux: CPU %u does not go off: PSCI says %lld", cpu,
			      (long long)state);
	}
}

static void stop_everything(void)
{
	boot_leave();
	if (cvm.has_psci)
		for (unsigned cpu = 1; cpu < smp_cpu_count(); cpu++)
			stop_cpu(cpu);
	timer_cancel(IRQ_TIMER_VIRT);
	timer_cancel(IRQ_TIMER_PHYS);
	irq_disable_cpu();
	if (irq_available())
		write_sysreg(ICC_IGRPEN1_EL1, 0);
}

/* Whoever looks with caches off sees it; and of all the memory that the kernel writes before it has
 * turned them on no line is left that could be written back over that. */
static void clean(struct range r)
{
	if (r.size != 0)
		dcache_clean_invalidate(r.base, range_end(r));
}

enum status handover(const struct payload *p, const char **why)
{
	struct placed l = { .fdt = NULL };
	struct range fdt = { 0, FDT_MAX_SIZE };
	enum status st = check_machine(why);

	if (st == ST_OK)
		st = place(p, &l, why);
	if (st == ST_OK)
		st = build_fdt(p, &l, why); /* to know that it can be built */
	if (st != ST_OK)
		return st;
	print("# linux: kernel 0x%llx+0x%llx initrd 0x%llx+0x%llx devicetree 0x%llx\n",
	      (ull)l.kernel.base, (ull)l.kernel.size, (ull)l.initrd.base, (ull)l.initrd.size,
	      (ull)(uintptr_t)l.fdt);
	stop_everything();
	st = build_fdt(p, &l, why);
	if (st != ST_OK)
		fatal(st, "linux: %s", *why);
	fdt.base = (u64)(uintptr_t)l.fdt;
	print("# linux: entering 0x%llx\n", (ull)l.kernel.base);
	clean(l.kernel);
	clean(l.initrd);
	clean(fdt);
	linux_jump(fdt.base, l.kernel.base);
}
