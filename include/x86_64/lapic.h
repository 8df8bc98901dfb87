/* SPDX-License-Identifier: BSD-2-Clause */
/* Local APIC (Intel SDM volume 3, chapter 11): x2APIC where the CPU has it, since its registers
 * need no page of the host's; else the xAPIC. */
#ifndef X86_LAPIC_H
#define X86_LAPIC_H

#include "status.h"
#include "types.h"

enum lapic_register {
	LAPIC_EOI = 0xb0,
	LAPIC_SVR = 0xf0,
	LAPIC_TPR = 0x80,
	LAPIC_ICR_LOW = 0x300,
	LAPIC_ICR_HIGH = 0x310,
	LAPIC_LVT_TIMER = 0x320,
	LAPIC_LVT_LINT0 = 0x350,
	LAPIC_LVT_LINT1 = 0x360,
	LAPIC_LVT_ERROR = 0x370,
	LAPIC_TIMER_INIT = 0x380,
	LAPIC_TIMER_CURRENT = 0x390,
	LAPIC_TIMER_DIVIDE = 0x3e0,
};

#define LAPIC_LVT_MASKED (1u << 16)
#define VECTOR_TIMER     0xf0u
#define VECTOR_TEST      0xf1u
#define VECTOR_SPURIOUS  0xffu

/* Finds and maps it; idempotent. ST_UNSUPPORTED when the CPU has none or it is switched off. */
enum status lapic_find(void);
/* Software-enables it on the calling CPU, everything else masked. */
void lapic_enable_cpu(void);

u32 lapic_read(enum lapic_register r);
void lapic_write(enum lapic_register r, u32 v);

/* Interprocessor interrupts to an APIC id. Each waits, with a bound, until the last one has left.
 */
enum status lapic_send(u64 hwid, u32 vector);
enum status lapic_send_nmi(u64 hwid);
enum status lapic_send_init(u64 hwid);
enum status lapic_send_startup(u64 hwid, u64 entry);

#endif
