/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host is shown of a CPU's registers, and what it can change in them: all registers hold
 * one value, the data of an access another, and the host is asked which it has seen.
 */
#include "pkvm_check.h"

#include "irq.h"
#include "platform.h"
#include "psci.h"

#define KEPT    0x4b65707420686572ULL /* in registers that are nobody's business */
#define DATA    0x4461746120686572ULL /* what an access is for */
#define WAIT_US 3000ULL
#define TRIES   8 /* until a timer is not faster than the CPU */

static struct fill kept_everywhere(void)
{
	struct fill f;

	for (size_t i = 0; i < ARRAY_SIZE(f.not_x); i++)
		f.not_x[i] = ~KEPT;
	return f;
}

static void set(struct fill *f, unsigned n, u64 value)
{
	f->not_x[n] = ~value;
}

static bool usable(void)
{
	return coop_needs(COOP_REGISTERS_SEEN) && pkvm_needs_isolation();
}

/* What one question costs in exits, so that others can be told from it: the least of some, because
 * an interrupt may come at any time. */
static bool exits_of_question(u64 *exits)
{
	struct seen seen = { 0 };

	*exits = ~0ULL;
	for (unsigned i = 0; i < TRIES; i++) {
		if (!host_watch(~KEPT, ~DATA, &seen))
			return false;
		if (i > 0) /* the first one is told of what was before */
			*exits = MIN(*exits, seen.exits);
	}
	return true;
}

/* Runs it once between two questions: KEPT is in no record. */
static bool run_watched(void (*run)(struct fill *f), struct fill *f, struct seen *seen)
{
	return host_watch(~KEPT, ~DATA, seen) && (run(f), true) && host_watch(~KEPT, ~DATA, seen) &&
	       expect_eq("registers of records that hold what is none of the host's", seen->first,
			 0);
}

static u64 coop_register(unsigned n)
{
	return platform.coop.base + COOP_MMIO_ARG(n);
}

void pkvm_exposure_device(void)
{
	struct fill f = kept_everywhere();
	struct seen seen;

	if (!usable())
		return;
	set(&f, 5, DATA);
	set(&f, 6, coop_register(30));
	if (run_watched(fill_store, &f, &seen))
		expect_eq("registers of records that hold the data of a store", seen.second,
			  BIT(0));
	f = kept_everywhere(); /* x5 as well: a load's register is shown to nobody */
	set(&f, 6, coop_register(30));
	if (!check_failed())
		(void)run_watched(fill_load, &f, &seen);
}

/* The register that is read holds what was written there; all others are as they were. */
void pkvm_exposure_reply(void)
{
	struct fill f = kept_everywhere();

	if (!usable())
		return;
	set(&f, 5, DATA);
	set(&f, 6, coop_register(29));
	fill_store(&f);
	f = kept_everywhere();
	set(&f, 6, coop_register(29));
	fill_load(&f);
	for (unsigned i = 0; i < ARRAY_SIZE(f.not_x); i++) {
		u64 expected = i == 5 ? DATA : i == 6 ? coop_register(29) : KEPT;

		check_note("x%u", i);
		if (!expect_eq("a register after a load from a device", ~f.not_x[i], expected))
			return;
	}
}

/* Once: false when the timer was faster than the way to the instruction, and nothing was seen. */
static bool watched_once(void (*run)(struct fill *f), u64 question)
{
	struct fill f = kept_everywhere();
	struct seen seen = { 0 };
	bool held;

	set(&f, 0, 0); /* of use to fill_spin only */
	set(&f, 1, arch_counter() + arch_counter_hz() / 1000000 * 4 * WAIT_US);
	(void)timer_arm(IRQ_TIMER_VIRT, WAIT_US * 1000 / 2);
	held = run_watched(run, &f, &seen);
	timer_cancel(IRQ_TIMER_VIRT);
	return !held || seen.exits > question;
}

/* With interrupts masked here: EL2 takes them all the same, and gives way to the host. */
static void watch_timer(void (*run)(struct fill *f), const char *what)
{
	bool enabled = arch_irq_save(), seen = false;
	u64 question;

	if (!irq_available()) {
		check_skip("no interrupt controller");
	} else if (exits_of_question(&question)) {
		for (unsigned i = 0; i < TRIES && !seen; i++)
			seen = watched_once(run, question);
		expect_true(what, seen, "an exit of its own");
	}
	arch_irq_restore(enabled);
}

void pkvm_exposure_interrupt(void)
{
	if (usable())
		watch_timer(fill_spin, "the interrupt of a timer");
}

/* The interrupt that ends the wait may come before the host was told of it, or behind. */
void pkvm_exposure_wfi(void)
{
	if (!usable())
		return;
	watch_timer(fill_wfi, "WFI until a timer's interrupt");
	if (!check_failed())
		watch_timer(fill_spin, "the interrupt of a timer");
}

/* Calls that EL2 answers by itself, and one that it refuses. */
void pkvm_exposure_call(void)
{
	static const u64 calls[][4] = {
		{ PKVM_FEATURES, 0, 0, 0 },
		{ PKVM_HYP_MEMINFO, DATA, 0, 0 },
		{ PKVM_MEM_SHARE, DATA, DATA, DATA },
		{ 0xc6001234, DATA, DATA, DATA },
	};

	if (!usable())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(calls) && !check_failed(); i++) {
		struct fill f = kept_everywhere();
		struct seen seen;

		for (unsigned n = 0; n < 4; n++)
			set(&f, n, calls[i][n]);
		check_note("function id 0x%llx", (unsigned long long)calls[i][0]);
		if (run_watched(fill_hvc, &f, &seen))
			expect_eq("registers of records that hold arguments", seen.second, 0);
	}
}

static struct seen cpu_on_seen;

/* CPU_ON with a question before and behind it. */
static s64 watched_cpu_on(u64 hwid)
{
	struct fill f = kept_everywhere();
	u64 not_entry = ~(u64)(uintptr_t)cpu_cycle_entry;

	set(&f, 0, PSCI_CPU_ON_64);
	set(&f, 1, hwid);
	f.not_x[2] = not_entry;
	set(&f, 3, PSCI_CONTEXT);
	if (host_watch(~PSCI_CONTEXT, not_entry, &cpu_on_seen)) {
		fill_hvc(&f);
		(void)host_watch(0, 0, &cpu_on_seen);
	}
	return (int32_t)~f.not_x[0];
}

void pkvm_exposure_cpu_on(void)
{
	if (!usable())
		return;
	if (!cpu_try_away())
		check_skip("the last CPU does not go, see pkvm.psci.cpu_off");
	if (cpu_bring_back_by(watched_cpu_on)) {
		expect_eq("registers of records that hold the context", cpu_on_seen.first, 0);
		expect_eq("registers of records that hold the entry", cpu_on_seen.second, 0);
	}
}

/* A granule that was given back: the next store there finds no page. */
void pkvm_exposure_no_page(void)
{
	struct fill f = kept_everywhere();
	struct seen seen = { 0 };
	u64 question;
	struct lot l;

	if (!usable() || !pkvm_needs(PKVM_MEM_RELINQUISH, "MEM_RELINQUISH") || !lot_get(&l))
		return;
	set(&f, 5, DATA);
	set(&f, 6, lot_at(&l, 1) + 64);
	if (exits_of_question(&question) &&
	    expect_eq("MEM_RELINQUISH", pkvm_x0(PKVM_MEM_RELINQUISH, lot_at(&l, 1), 0, 0),
		      PKVM_SUCCESS) &&
	    run_watched(fill_store, &f, &seen)) {
		expect_eq("registers of records that hold what is stored", seen.second, 0);
		expect_true("a store that finds no page", seen.exits > question,
			    "an exit of its own");
		expect_eq("what was stored", load64(lot_at(&l, 1) + 64), DATA);
	}
	lot_put(&l);
}

/* To nobody: its list of targets is empty. */
#define SGI_TO_NOBODY (0x0fULL << 24 | 0xffULL << 16)

void pkvm_exposure_gic(void)
{
	struct fill f = kept_everywhere();
	struct seen seen;

	if (!usable())
		return;
	if (!irq_available()) {
		check_skip("no interrupt controller");
		return;
	}
	set(&f, 5, SGI_TO_NOBODY);
	if (host_watch(~KEPT, ~SGI_TO_NOBODY, &seen) && (fill_sgi(&f), true) &&
	    host_watch(~KEPT, ~SGI_TO_NOBODY, &seen)) {
		expect_eq("registers of records that hold what is none of the host's", seen.first,
			  0);
		expect_eq("registers of records that hold what was written", seen.second & ~BIT(0),
			  0);
	}
}
