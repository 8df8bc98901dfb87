/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From us to a kernel. First everything that can fail: checks, places, memory below 1 MiB. Then we
 * leave: devices and interrupts are quiet, shared memory is private again, other CPUs are gone or
 * wait for the kernel. What is left of us is code and tables in reserved memory.
 */
#include <string.h>

#include "../../leave.h"
#include "abi/fd.h"
#include "evidence.h"
#include "fatal.h"
#include "irq.h"
#include "mm.h"
#include "pci.h"
#include "place.h"
#include "print.h"
#include "smp.h"
#include "x86_64/cpu.h"

#define ENTRY_64 0x200u /* from the load address: 64-bit entry (boot protocol 2.12) */

typedef unsigned long long ull;

static void must(enum status st, const char *what)
{
	if (st != ST_OK)
		fatal(st, "linux: %s", what);
}

/* ---- other CPUs ---- */

struct waiting {
	u64 mailbox, cr3;
};

static void wait_for_kernel(void *arg)
{
	const struct waiting *w = arg;

	arch_irq_save();
	__atomic_store_n(&cpu_self()->online, 0, __ATOMIC_RELEASE);
	linux_wait(w->mailbox, (u32)cpu_self()->hwid, w->cr3);
}

/* Each at the mailbox, which no kernel looks for before it was told of it. */
static void park_at(const struct place *pl, u64 cr3)
{
	static struct waiting w;

	w = (struct waiting){ pl->mailbox.base, cr3 };
	for (unsigned i = 1; i < smp_cpu_count(); i++)
		if (smp_start_status(i) == ST_OK)
			must(smp_run(i, wait_for_kernel, &w), "a CPU does not go to the mailbox");
}

static void forget_cpus(void)
{
	for (unsigned i = 1; i < smp_cpu_count() && cvm.ops->cpu_forget != NULL; i++) {
		enum status st = cvm.ops->cpu_forget(i);

		if (st != ST_OK)
			print("# linux: CPU %u stays the host's to run: %s\n", i, status_text(st));
	}
}

/* A kernel waits ten seconds, or for ever, for a CPU that is listed and never comes. */
static void only_running(struct platform_info *p)
{
	unsigned n = 1;

	*p = platform;
	for (unsigned i = 1; i < smp_cpu_count(); i++)
		if (smp_start_status(i) == ST_OK)
			p->cpu_hwid[n++] = smp_hwid(i);
	p->cpu_count = n;
}

/* ---- what is handed over ---- */

/* Where a PC has its devices below 4 GiB; firmware that loaded us tells that in AML alone. */
#define PCI_WINDOW     0xc0000000u
#define PCI_WINDOW_END 0xfec00000u

static void find_windows(struct platform_info *p)
{
	if (p->pci_mem32.size == 0 && p->pci_mem64.size == 0)
		p->pci_mem32 = (struct range){ PCI_WINDOW, PCI_WINDOW_END - PCI_WINDOW };
	p->pci_mem32 = window_beside(&memory_map, p->pci_mem32);
	p->pci_mem64 = window_beside(&memory_map, p->pci_mem64);
}

static void print_range(const char *what, struct range r)
{
	if (r.size != 0)
		print("# linux: %s 0x%llx+0x%llx\n", what, (ull)r.base, (ull)r.size);
}

static void print_places(const struct place *pl)
{
	print_range("kernel", pl->kernel);
	print_range("initrd", pl->initrd);
	print_range("cmdline", pl->cmdline);
	print_range("boot_params", pl->params);
	print_range("cc_blob", pl->blob);
	print_range("acpi", pl->acpi);
	print_range("mailbox", pl->mailbox);
	print_range("event log", pl->log);
	print_range("page tables", pl->tables);
}

static void put(struct range r, struct bytes b)
{
	u8 *to = (u8 *)(uintptr_t)r.base;

	if (b.size > 0)
		memcpy(to, b.data, b.size);
	memset(to + b.size, 0, r.size - b.size);
}

static u64 put_tables(const struct place *pl)
{
	static struct platform_info running;
	struct acpi_in in = {
		.address = pl->acpi.base,
		.platform = &running,
		.mailbox = pl->mailbox.base,
		.log = pl->log.base,
		.log_size = pl->log.size,
		.pm_base = legacy_pm_base(),
		.legacy = true,
		.ecam = pci_config_window().size != 0,
	};
	size_t size;
	u64 rsdp;

	only_running(&running);
	running.ecam = pci_config_window();
	find_windows(&running);
	must(acpi_build((u8 *)(uintptr_t)pl->acpi.base, pl->acpi.size, &in, &rsdp, &size),
	     "ACPI tables");
	print("# linux: acpi %zu bytes, cpus=%u pm=0x%x\n", size, running.cpu_count, in.pm_base);
	return rsdp;
}

static const struct e820_map *make_e820(const struct place *pl)
{
	static struct e820_mark marks[2 * E820_MAX];
	static struct e820_map map;
	size_t n = ARRAY_SIZE(marks) - 2;

	must(accept_notes_complete() ? ST_OK : ST_TOO_MANY,
	     "E820: the map of memory is incomplete");
	must(place_marks(pl, &memory_map, marks, &n), "E820: marks");
	/* Ours and zero since legacy_memory(); Linux keeps it for itself whatever it is called. */
	marks[n++] = (struct e820_mark){ { 0, PAGE_SIZE }, E820_RAM };
	/* Without this Linux does not believe the MCFG. */
	if (pci_config_window().size != 0)
		marks[n++] = (struct e820_mark){ pci_config_window(), E820_RESERVED };
	must(e820_build(&memory_map, marks, n, &map), "E820");
	for (size_t i = 0; i < map.count; i++)
		print("# linux: e820 0x%llx+0x%llx %u\n", (ull)map.entry[i].base,
		      (ull)map.entry[i].size, (unsigned)map.entry[i].type);
	return &map;
}

static void put_params(const struct payload *p, const struct bzimage *k, const struct place *pl,
		       u64 rsdp)
{
	struct params_in in = {
		.kernel = k,
		.e820 = make_e820(pl),
		.initrd = { pl->initrd.base, p->initrd.size },
		.cmdline = pl->cmdline.base,
		.rsdp = rsdp,
		.cmdline_size = (u32)p->cmdline.size,
		.setup_data = pl->blob.base,
	};

	if (pl->blob.size != 0)
		must(cc_blob_build((u8 *)(uintptr_t)pl->blob.base, pl->blob.base, FD_SECRETS,
				   FD_CPUID),
		     "CC blob");
	must(params_build((u8 *)(uintptr_t)pl->params.base, &in), "boot_params");
}

/* ---- the order of it ---- */

static enum status prepare(const struct payload *p, struct bzimage *k, struct place *pl,
			   const char **why)
{
	enum status st;

	*why = "the kernel";
	st = bzimage_parse(p->kernel, k);
	if (st != ST_OK)
		return st;
	*why = "the kernel is larger than the room it asks for";
	if (k->body.size > k->init_size)
		return ST_CORRUPT;
	*why = "the command line: longer than this kernel takes";
	if (p->cmdline.size > k->cmdline_max)
		return ST_TOO_MANY;
	st = place_all(p, k, pl, why);
	if (st != ST_OK)
		return st;
	*why = "memory below 1 MiB";
	return legacy_memory();
}

static void leave(const struct place *pl, u64 cr3)
{
	irq_disable_cpu();
	if (pl->mailbox.size != 0)
		park_at(pl, cr3);
	boot_leave();
	forget_cpus();
	legacy_mtrr();
	legacy_mask();
}

enum status handover(const struct payload *p, const char **why)
{
	static struct place pl;
	static struct bzimage k;
	enum status st = prepare(p, &k, &pl, why);
	u64 cr3, rsdp, entry;

	if (st != ST_OK)
		return st;
	put(pl.kernel, k.body);
	put(pl.cmdline, p->cmdline);
	put(pl.mailbox, (struct bytes){ NULL, 0 });
	put(pl.log, evidence_log());
	cr3 = tables_build(pl.tables);
	rsdp = put_tables(&pl);
	print_places(&pl);
	leave(&pl, cr3);
	put_params(p, &k, &pl, rsdp);
	entry = pl.kernel.base + ENTRY_64;
	print("# linux: entering 0x%llx\n", (ull)entry);
	linux_jump(entry, pl.params.base, cr3);
}
