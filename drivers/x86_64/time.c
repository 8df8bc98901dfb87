/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter is the TSC. Its frequency comes from CPUID leaf 0x15 where the CPU says it, else from
 * channel 2 of the PIT. Both are the host's word; a wrong one makes waits longer or shorter, and
 * every wait is bounded by a count as well.
 */
#include "x86_64/muldiv.h"

#include "cvm.h"
#include "x86_64/cpu.h"

#define PIT_HZ          1193182u
#define PIT_GATE        0x61u /* bit 0 gate, bit 1 speaker, bit 5 output of channel 2 */
#define PIT_CHANNEL2    0x42u
#define PIT_COMMAND     0x43u
#define PIT_MODE0_LH    0xb0u  /* channel 2, low then high byte, mode 0: output rises at zero */
#define PIT_COUNT       11932u /* 10 ms */
#define PIT_READS_MAX   5000000u

#define HZ_MIN          1000000u /* slower and faster than any CPU: the calibration failed */
#define HZ_MAX          100000000000ULL

#define HZ_ASSUMED      1000000000ULL
#define STUCK_READS_MAX 10000000u

static u64 counter_hz;
static bool calibrated;

u64 muldiv64(u64 a, u64 b, u64 c)
{
	u64 high, low, quotient, rest;

	__asm__("mulq %3" : "=a"(low), "=d"(high) : "0"(a), "r"(b) : "cc");
	if (high >= c)
		return ~0ULL;
	__asm__("divq %4" : "=a"(quotient), "=d"(rest) : "0"(low), "1"(high), "r"(c) : "cc");
	return quotient;
}

u64 arch_counter(void)
{
	u32 lo, hi;

	/* LFENCE: not before what precedes it in the program. */
	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

static u64 hz_from_cpuid(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] < 0x15)
		return 0;
	cpuid(0x15, 0, r);
	if (r[0] == 0 || r[1] == 0 || r[2] == 0)
		return 0;
	return muldiv64(r[2], r[1], r[0]);
}

static u64 hz_from_pit_once(void)
{
	const struct cvm_ops *ops = cvm.ops;
	unsigned reads = 0;
	u64 start, ticks;
	u32 gate;

	if (ops == NULL || ops->port_in == NULL || ops->port_out == NULL)
		return 0;
	gate = ops->port_in(PIT_GATE, 1) & 0xfcu;
	ops->port_out(PIT_GATE, 1, gate);
	ops->port_out(PIT_COMMAND, 1, PIT_MODE0_LH);
	ops->port_out(PIT_CHANNEL2, 1, PIT_COUNT & 0xff);
	ops->port_out(PIT_CHANNEL2, 1, PIT_COUNT >> 8);
	ops->port_out(PIT_GATE, 1, gate | 1);
	start = arch_counter();
	while ((ops->port_in(PIT_GATE, 1) & 0x20) == 0)
		if (++reads == PIT_READS_MAX)
			return 0;
	ticks = arch_counter() - start;
	ops->port_out(PIT_GATE, 1, gate);
	return reads == 0 ? 0 : muldiv64(ticks, PIT_HZ, PIT_COUNT);
}

/* The median of three: losing the CPU at either end of one spoils that one only. */
static u64 hz_from_pit(void)
{
	u64 a = hz_from_pit_once(), b = hz_from_pit_once(), c = hz_from_pit_once();

	return MAX(MIN(a, b), MIN(MAX(a, b), c));
}

u64 arch_counter_hz(void)
{
	u64 hz;

	if (calibrated)
		return counter_hz;
	hz = hz_from_cpuid();
	if (hz == 0)
		hz = hz_from_pit();
	counter_hz = hz >= HZ_MIN && hz <= HZ_MAX ? hz : 0;
	calibrated = true;
	return counter_hz;
}

void delay_us(u64 us)
{
	u64 hz = arch_counter_hz(), start = arch_counter(), last = start;
	u64 ticks = muldiv64(us, hz != 0 ? hz : HZ_ASSUMED, 1000000);
	unsigned stuck = 0;

	while (arch_counter() - start < ticks) {
		u64 now = arch_counter();

		/* A counter that stands still must not hold us. */
		stuck = now == last ? stuck + 1 : 0;
		if (stuck == STUCK_READS_MAX)
			return;
		last = now;
		arch_cpu_relax();
	}
}
