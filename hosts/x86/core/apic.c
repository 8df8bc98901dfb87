/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's interrupt controllers and clocks. QEMU 7.2's TCG has no x2APIC, so the local APIC
 * is reached by memory. Nothing but our own IPIs and timer is let in.
 */
#include "local.h"

#define APIC          0xfee00000ULL
#define APIC_SPURIOUS 0x0f0u
#define APIC_ICR_LOW  0x300u
#define APIC_ICR_HIGH 0x310u
#define APIC_TIMER    0x320u
#define APIC_THERMAL  0x330u
#define APIC_PERF     0x340u
#define APIC_LINT0    0x350u
#define APIC_LINT1    0x360u
#define APIC_ERROR    0x370u
#define APIC_INITIAL  0x380u
#define APIC_CURRENT  0x390u
#define APIC_DIVIDE   0x3e0u
#define APIC_TPR      0x080u

#define LVT_MASKED    BIT(16)
#define SVR_ENABLE    BIT(8)
#define DIVIDE_BY_1   0xbu
#define ICR_INIT      0x4500u
#define ICR_STARTUP   0x4600u
#define ICR_FIXED     0x4000u
#define BASE_ENABLE   BIT(11)

#define PIC1_DATA     0x21u
#define PIC2_DATA     0xa1u
#define PIT_COUNTER2  0x42u
#define PIT_CONTROL   0x43u
#define PIT_GATE      0x61u
#define PIT_ONESHOT2  0xb0u /* counter 2, both bytes, mode 0 */
#define GATE_ON       0x01u
#define GATE_SPEAKER  0x02u
#define GATE_OUT      0x20u
#define PIT_HZ        1193182u
#define PIT_PARTS     100u /* of a second: how long the clocks are watched */
#define LOOKS_MAX     16u
#define LOOK_SURE     200u /* good enough: to one part in so many */

#define MHZ           1000000u
#define COUNT_MAX     0x7fffffffULL

u64 core_tsc_hz;
static u64 apic_hz;

static u32 apic_read(unsigned reg)
{
	return *(volatile u32 *)(APIC + reg);
}

static void apic_write(unsigned reg, u32 v)
{
	*(volatile u32 *)(APIC + reg) = v;
}

static u64 round_mhz(u64 hz)
{
	return (hz + MHZ / 2) / MHZ * MHZ;
}

struct look {
	u64 ticks, unsure; /* of the TSC in the part of a second, and what that may be wrong by */
	u64 whole, apic;   /* in the same stretch of time: ticks of either */
};

/* PIT channel 2 is nobody's; its gate is given back as found. */
static struct look look_at_clocks(void)
{
	u8 gate = inb(PIT_GATE);
	u64 before, started, running, asked, over;
	struct look l;
	u32 left;

	outb(PIT_GATE, (u8)((gate & ~GATE_SPEAKER) | GATE_ON));
	outb(PIT_CONTROL, PIT_ONESHOT2);
	outb(PIT_COUNTER2, (PIT_HZ / PIT_PARTS) & 0xff);
	apic_write(APIC_DIVIDE, DIVIDE_BY_1);
	apic_write(APIC_TIMER, LVT_MASKED);
	apic_write(APIC_INITIAL, 0xffffffff);
	left = apic_read(APIC_CURRENT);
	before = core_now();
	outb(PIT_COUNTER2, (PIT_HZ / PIT_PARTS) >> 8);
	started = asked = core_now();
	do {
		running = asked;
		asked = core_now();
	} while ((inb(PIT_GATE) & GATE_OUT) == 0);
	over = core_now();
	l.whole = over - before;
	l.apic = left - apic_read(APIC_CURRENT);
	l.unsure = (over - running) + (started - before);
	l.ticks = l.whole - l.unsure / 2;
	apic_write(APIC_INITIAL, 0);
	outb(PIT_GATE, gate);
	return l;
}

/* On a loaded machine QEMU stands still in the middle of a look: the surest of several. */
static void measure_clocks(void)
{
	struct look best = look_at_clocks();

	for (unsigned n = 1; n < LOOKS_MAX && best.unsure > best.whole / LOOK_SURE; n++) {
		struct look l = look_at_clocks();

		if (l.unsure < best.unsure)
			best = l;
	}
	core_tsc_hz = round_mhz(best.ticks * PIT_PARTS);
	apic_hz = best.whole == 0 ? 0 : round_mhz(best.apic * core_tsc_hz / best.whole);
	if (core_tsc_hz == 0 || apic_hz == 0)
		core_panic("clocks: TSC %llu Hz, APIC timer %llu Hz",
			   (unsigned long long)core_tsc_hz, (unsigned long long)apic_hz);
}

void apic_init_machine(void)
{
	outb(PIC1_DATA, 0xff);
	outb(PIC2_DATA, 0xff);
	measure_clocks();
}

void apic_init_cpu(void)
{
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | BASE_ENABLE);
	apic_write(APIC_SPURIOUS, (u32)SVR_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LINT0, LVT_MASKED);
	apic_write(APIC_LINT1, LVT_MASKED);
	apic_write(APIC_THERMAL, LVT_MASKED);
	apic_write(APIC_PERF, LVT_MASKED);
	apic_write(APIC_ERROR, LVT_MASKED);
	apic_write(APIC_DIVIDE, DIVIDE_BY_1);
	apic_write(APIC_TIMER, VECTOR_TIMER); /* one-shot */
	apic_write(APIC_INITIAL, 0);
}

static void wait_us(u64 us)
{
	u64 until = core_now() + us * (core_tsc_hz / MHZ);

	while (core_now() < until)
		core_relax();
}

static void send(unsigned id, u32 low)
{
	apic_write(APIC_ICR_HIGH, (u32)id << 24);
	apic_write(APIC_ICR_LOW, low);
}

void apic_start(unsigned id)
{
	send(id, ICR_INIT);
	wait_us(10000);
	send(id, ICR_STARTUP | (u32)(TRAMPOLINE / PAGE_SIZE));
}

void apic_kick(unsigned id)
{
	send(id, ICR_FIXED | VECTOR_KICK);
}

void apic_timer(u64 tsc)
{
	u64 now = core_now(), ticks = tsc > now ? tsc - now : 0;

	if (tsc == 0) {
		apic_write(APIC_INITIAL, 0);
		return;
	}
	/* Early is as good as late: whoever asked looks at the clock and asks again. */
	ticks = MIN(ticks, COUNT_MAX);
	ticks = MIN(ticks * (apic_hz / MHZ) / (core_tsc_hz / MHZ), COUNT_MAX);
	apic_write(APIC_INITIAL, (u32)MAX(ticks, 1u));
}
