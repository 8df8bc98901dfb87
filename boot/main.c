/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The common entry. The order is the point of this file: who we are, then our own page tables,
 * then what the host claims, checked, then memory, and only then anything that uses memory.
 */
#include "arch.h"
#include "console.h"
#include "cvm.h"
#include "devices.h"
#include "discover.h"
#include "fatal.h"
#include "irq.h"
#include "job.h"
#include "leave.h"
#include "memmap.h"
#include "mm.h"
#include "mmu.h"
#include "platform.h"
#include "print.h"
#include "smp.h"

struct memmap memory_map;

typedef unsigned long long ull; /* u64 as the format strings need it */

static void must(enum status st, const char *what)
{
	if (st != ST_OK)
		fatal(st, "%s", what);
}

static const char *source_name(enum boot_source s)
{
	switch (s) {
	case BOOT_ARM64_IMAGE:
		return "image";
	case BOOT_X86_PVH:
		return "pvh";
	case BOOT_UEFI:
		return "uefi";
	case BOOT_X86_FD:
		return "fd";
	}
	return "unknown";
}

static void print_banner(const struct handoff *h)
{
	const char *tables = platform.from_dt ? "dt" : platform.from_acpi ? "acpi" : "none";

	if (h->source == BOOT_UEFI)
		print("\n"); /* firmware leaves the cursor anywhere */
	print("# postern %s %s %s boot=%s tables=%s cpus=%u image=0x%llx+0x%llx\n", job_name,
	      arch_name, cvm.ops->name, source_name(h->source), tables, platform.cpu_count,
	      (ull)h->image.base, (ull)h->image.size);
	if (platform.cmdline_truncated)
		print("# cmdline: truncated\n");
	if (platform.cpu_ignored != 0)
		print("# cpus: ignored=%u bound=%u\n", platform.cpu_ignored, SMP_MAX_CPUS);
}

static void print_memory(void)
{
	for (size_t i = 0; i < memory_map.count; i++) {
		const struct mem_region *r = &memory_map.region[i];

		print("# memory: 0x%llx+0x%llx %s\n", (ull)r->range.base, (ull)r->range.size,
		      mem_type_name(r->type));
	}
}

/* Time inside the acceptance engine, in ticks of the counter; under a host that counts instructions
 * this is their number. */
static u64 accept_ticks;
static enum accept_policy policy;

static void accept_timed(enum status (*accept)(void), const char *what)
{
	u64 start = arch_counter();

	must(accept(), what);
	accept_ticks += arch_counter() - start;
}

static void own_memory(void)
{
	must(accept_init(&memory_map, policy), "accept: memory map");
	if (accept_unused() != 0)
		print("# memory: unused=0x%llx\n", (ull)accept_unused());
	accept_timed(accept_all, "accept: memory");
	must(pages_init(&memory_map), "pages");
	must(pool_init(), "pool");
}

static void start_interrupts(void)
{
	enum status st = irq_init(&platform);

	if (st != ST_OK && st != ST_UNSUPPORTED)
		fatal(st, "interrupt controller");
	if (st == ST_OK)
		irq_print();
	else
		print("# interrupts: none\n");
}

static void start_cpus(void)
{
	enum status st = smp_start_all(&platform);

	/* A CPU the host refuses is its denial of service, not ours: say so and go on. */
	print("# cpus: listed=%u online=%u\n", smp_cpu_count(), smp_online_count());
	if (st == ST_OK)
		return;
	print("# cpus: %s\n", status_text(st));
	for (unsigned i = 1; i < smp_cpu_count(); i++)
		if (smp_start_status(i) != ST_OK)
			print("# cpus: hwid=0x%llx %s\n", (ull)smp_hwid(i),
			      status_text(smp_start_status(i)));
}

static void print_counters(void)
{
	struct accept_stats a;
	struct pool_stats p;

	accept_totals(&a);
	pool_get_stats(&p);
	print("# accept: policy=%s calls=%llu continuations=%llu retries=%llu bytes=0x%llx "
	      "exits=%llu pages_2m=%llu pages_4k=%llu mismatches=%llu ticks=%llu hz=%llu\n",
	      accept_policy_name(policy), (ull)a.calls, (ull)a.continuations, (ull)a.retries,
	      (ull)a.bytes, (ull)a.exits, (ull)a.pages_2m, (ull)a.pages_4k, (ull)a.mismatches,
	      (ull)accept_ticks, (ull)arch_counter_hz());
	print("# pool: units=%llu in_use=%llu high_water=%llu failures=%llu leaked=%llu\n",
	      (ull)p.units, (ull)p.pages_in_use, (ull)p.high_water, (ull)p.failures, (ull)p.leaked);
	print("# console: bytes=%llu timeouts=%llu\n", (ull)console_bytes(),
	      (ull)console_timeouts());
}

void boot_leave(void)
{
	irq_stop();
	if (pool_shutdown() != ST_OK)
		print("# pool: not every unit could be made private again\n");
	irq_print_counters();
	print_counters();
	if (cvm.ops->print_counters != NULL)
		cvm.ops->print_counters();
	smp_stop_all();
}

void handoff_enter(struct handoff *h)
{
	enum cvm_shutdown verdict;

	cvm_detect(h);
	must(mmu_init(h), "page tables");
	if (cvm.ops->cpu_init != NULL)
		must(cvm.ops->cpu_init(0), "boot CPU");
	arch_boot_ready(&platform);
	discover_platform(h);
	discover_memory(h, &memory_map);
	must(console_init(&platform), "console");
	print_banner(h);
	if (cvm.unusable != ST_OK)
		fatal(cvm.unusable, "platform %s was detected but cannot be used", cvm.ops->name);
	print_memory();
	discover_place(h);

	policy = job_accept_policy(platform.cmdline);
	own_memory();
	start_interrupts();
	start_cpus();
	if (policy == ACCEPT_PARALLEL)
		accept_timed(accept_parallel, "accept: memory, in parallel");
	if (irq_available())
		irq_enable_cpu();
	devices_start();

	verdict = job_main(platform.cmdline);
	boot_leave();
	cvm.ops->shutdown(verdict);
}
