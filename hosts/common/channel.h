/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own word, on a serial port that no guest reaches; docs/architecture.md lists the
 * lines. The guest may own the console, so nothing that decides a verdict goes there.
 */
#ifndef COMMON_CHANNEL_H
#define COMMON_CHANNEL_H

#include "types.h"

/* One line per call, "\n" added; whole lines never interleave. */
void channel(const char *fmt, ...) FORMAT_PRINTF(1, 2);
/* "<word>: <n bytes in hexadecimal digits>" */
void channel_hex(const char *word, const u8 *data, size_t n);

/* "verdict: <word> <detail>" and machine power-off. Words: off, reset, stuck, budget; broken = the
 * monitor itself failed. Several CPUs may end the run at once: core_summary() runs once, one
 * verdict is printed, and nothing after it. The caller may hold locks, the channel's never. */
NORETURN void core_verdict(const char *word, const char *fmt, ...) FORMAT_PRINTF(2, 3);
/* The verdict "broken" without a summary, from any state of the monitor. */
NORETURN void core_panic(const char *fmt, ...) FORMAT_PRINTF(1, 2);
NORETURN void stack_smashed(void); /* lib/chk.c */

/* ---- supplied by each host ---- */
/* Prints the counters, just before the verdict. */
void core_summary(void);
void core_channel_putc(char c);
NORETURN void core_power_off(void);

#endif
