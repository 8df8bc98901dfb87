/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's own IDT. An exception in the monitor is its end; interrupts come in windows only.
 */
#include "local.h"

#define SEL_CODE64     0x08u
#define GATE_INTERRUPT 0x8e00u
#define VECTORS        256u
#define APIC_EOI       0xfee000b0ULL

struct gate {
	u16 offset0, selector, flags, offset1;
	u32 offset2, reserved;
};

static struct gate idt[VECTORS] ALIGNED(16);
static void (*handler[VECTORS])(unsigned);
static bool has_handlers;

void trap_init(void)
{
	for (unsigned n = 0; n < VECTORS; n++) {
		u64 stub = (uintptr_t)trap_stubs + n * TRAP_STUB_BYTES;

		idt[n] = (struct gate){ (u16)stub,         SEL_CODE64,        GATE_INTERRUPT,
					(u16)(stub >> 16), (u32)(stub >> 32), 0 };
	}
}

void trap_load(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) r = { sizeof(idt) - 1, (uintptr_t)idt };

	__asm__ volatile("lidt %0" : : "m"(r));
}

void trap_exception(const struct trap_frame *f)
{
	u64 cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	core_panic("exception %llu in the monitor: error=0x%llx rip=0x%llx rsp=0x%llx cr2=0x%llx",
		   (unsigned long long)f->vector, (unsigned long long)f->error,
		   (unsigned long long)f->rip, (unsigned long long)f->rsp, (unsigned long long)cr2);
}

void core_on_irq(unsigned vector, void (*fn)(unsigned))
{
	if (vector < 32 || vector >= VECTOR_TIMER)
		core_panic("vector %u is not free", vector);
	handler[vector] = fn;
	has_handlers = true;
}

bool trap_has_handlers(void)
{
	return has_handlers;
}

void trap_interrupt(u64 vector)
{
	if (vector == VECTOR_SPURIOUS)
		return; /* has no EOI */
	if (vector == VECTOR_TIMER)
		this_cpu()->programmed = 0;
	else if (handler[vector % VECTORS] != NULL)
		handler[vector % VECTORS]((unsigned)vector);
	*(volatile u32 *)APIC_EOI = 0;
}
