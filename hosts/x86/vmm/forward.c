/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of the machine's devices on their way to the guest. A pin of the machine's IOAPIC is
 * opened when the guest first unmasks its own; all go to CPU 0 with vectors of the monitor. There
 * they are only remembered, for the lock is not held; the next entry or wake-up hands them to the
 * emulated IOAPIC.
 */
#include "vmm/local.h"

#define MACHINE_IOAPIC 0xfec00000ULL
#define SELECT         0x00
#define WINDOW         0x10
#define ENTRY_LEVEL    BIT(15)
#define ENTRY_MASKED   BIT(16)
#define VECTOR_FIRST   0x40u
#define PCI_PIN_FIRST  16u /* level; ISA interrupts are edges */

static u32 arrived; /* pins; set at any time */
static u32 opened;
static bool busy; /* the machine's IOAPIC has an index register */

static bool is_level(unsigned pin)
{
	return pin >= PCI_PIN_FIRST;
}

static void entry_write(unsigned pin, u32 low)
{
	while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	machine_write(MACHINE_IOAPIC + SELECT, 4, 0x11 + pin * 2);
	machine_write(MACHINE_IOAPIC + WINDOW, 4, 0); /* CPU 0 */
	machine_write(MACHINE_IOAPIC + SELECT, 4, 0x10 + pin * 2);
	machine_write(MACHINE_IOAPIC + WINDOW, 4, low);
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

static u32 entry_open(unsigned pin)
{
	return VECTOR_FIRST + pin + (is_level(pin) ? (u32)ENTRY_LEVEL : 0);
}

/* On CPU 0, interrupts disabled. A level that stays up would be back before the first instruction.
 */
static void arrives(unsigned vector)
{
	unsigned pin = vector - VECTOR_FIRST;

	if (is_level(pin))
		entry_write(pin, entry_open(pin) | (u32)ENTRY_MASKED);
	__atomic_fetch_or(&arrived, 1u << pin, __ATOMIC_SEQ_CST);
}

void forward_reset(void)
{
	arrived = opened = 0;
	busy = false;
}

/* The guest's pin is unmasked, or done with a level: look at the machine's again. Lock held. */
void forward_open(unsigned pin)
{
	bool known = (opened >> pin & 1) != 0;

	if (known && !is_level(pin))
		return;
	if (!known)
		core_on_irq(VECTOR_FIRST + pin, arrives);
	opened |= 1u << pin;
	entry_write(pin, entry_open(pin));
}

void forward_poll(void)
{
	u32 pins = __atomic_exchange_n(&arrived, 0, __ATOMIC_SEQ_CST);

	while (pins != 0) {
		unsigned pin = (unsigned)__builtin_ctz(pins);

		pins &= pins - 1;
		ioapic_line(pin, true);
		if (!is_level(pin))
			ioapic_line(pin, false);
	}
}
