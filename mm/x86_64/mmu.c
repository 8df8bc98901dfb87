/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CR3, EFER.NXE, CR0.WP and the TLBs of all CPUs.
 *
 * Other CPUs are asked to flush by NMI: one that has interrupts masked, in a lock or for ever,
 * still takes it, so a flush needs nobody's cooperation. A request is a generation number; NMIs
 * that merge or that the host invents are harmless.
 */
#include "mmu.h"
#include "fatal.h"
#include "x86_64/cpu.h"
#include "x86_64/lapic.h"

#define FLUSH_SECONDS 30u
#define HZ_ASSUMED    GIB(4) /* until the counter is calibrated: more than any CPU has */
#define STUCK_READS   100000000u

u64 mmu_live_root; /* ap.asm */
static u64 flush_wanted;
static struct spinlock flush_lock;

void mmu_arch_enable(u64 root)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	write_cr3(root | cvm.pte_private);
	write_cr0(read_cr0() | CR0_WP);
	mmu_live_root = root | cvm.pte_private;
}

void mmu_arch_write(u64 *slot, u64 pte)
{
	*(volatile u64 *)slot = pte;
}

static void flush_self(struct cpu *c)
{
	u64 wanted = __atomic_load_n(&flush_wanted, __ATOMIC_ACQUIRE);

	write_cr3(read_cr3());
	__atomic_store_n(&c->flush_seen, wanted, __ATOMIC_RELEASE);
}

bool mmu_flush_requested(void)
{
	struct cpu *c = cpu_self();

	if (c->flush_seen == __atomic_load_n(&flush_wanted, __ATOMIC_ACQUIRE))
		return false;
	flush_self(c);
	return true;
}

static bool wait_flushed(const struct cpu *c, u64 wanted)
{
	u64 hz = arch_counter_hz(), start = arch_counter();
	u64 limit = (hz != 0 ? hz : HZ_ASSUMED) * FLUSH_SECONDS;

	for (unsigned reads = 0; reads < STUCK_READS || arch_counter() != start; reads++) {
		if (__atomic_load_n(&c->flush_seen, __ATOMIC_ACQUIRE) >= wanted ||
		    __atomic_load_n(&c->online, __ATOMIC_ACQUIRE) == 0)
			return true;
		if (arch_counter() - start > limit)
			return false;
		arch_cpu_relax();
	}
	return false;
}

/* The whole TLB: ranges are blocks of 2 MiB and more, and flushes are rare. */
void mmu_arch_flush(struct range r)
{
	struct cpu *self = cpu_self();
	u64 wanted;

	spin_lock(&flush_lock);
	wanted = __atomic_add_fetch(&flush_wanted, 1, __ATOMIC_SEQ_CST);
	flush_self(self);
	for (unsigned i = 0; i < SMP_MAX_CPUS; i++) {
		struct cpu *c = &cpu_data[i];

		if (c == self || __atomic_load_n(&c->online, __ATOMIC_ACQUIRE) == 0)
			continue;
		lapic_send_nmi(c->hwid);
		/* Going on with a stale translation somewhere would be silent corruption. */
		if (!wait_flushed(c, wanted))
			fatal(ST_TIMEOUT, "TLB flush on CPU %u", i);
	}
	spin_unlock(&flush_lock);
}
