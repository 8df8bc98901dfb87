/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events in the x86 hosts' core: EVENTINJ, windows, and delivery by hand through a guest's IDT.
 * sources: hosts/x86/core/event.c hosts/x86/core/deliver.c hosts/x86/core/walk.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/local.h"
#include "fake_guest_x86.h"

#define IDT         0x10000
#define GDT         0x11000
#define TSS         0x12000
#define STACK       0x20000
#define VC          29
#define CODE64      0x00af9b000000ffffULL
#define CODE64_USER 0x00affb000000ffffULL
#define CODE32      0x00cf9b000000ffffULL
#define CODE32_BASE 0x12cf9b345678ffffULL
#define DATA32      0x00cf93000000ffffULL
#define INT_GATE    0x8e00ULL
#define TRAP_GATE   0x8f00ULL
#define PRESENT     BIT(47)

static jmp_buf panic;

void core_panic(const char *fmt, ...)
{
	longjmp(panic, 1);
}

static void gate(unsigned vector, u64 offset, u64 flags, unsigned ist, bool wide)
{
	u64 at = IDT + (u64)vector * (wide ? 16 : 8);

	poke64(at, (offset & 0xffff) | 0x08 << 16 | (flags | ist) << 32 |
		       (offset >> 16 & 0xffff) << 48);
	if (wide)
		poke64(at + 8, offset >> 32);
}

static void tables(u64 code)
{
	vmcb.idtr = (struct vmcb_segment){ .limit = 0xfff, .base = IDT };
	vmcb.gdtr = (struct vmcb_segment){ .limit = 0x2f, .base = GDT };
	vmcb.tr = (struct vmcb_segment){ .selector = 0x28, .limit = 0x67, .base = TSS };
	poke64(GDT + 8, code);
	poke64(GDT + 16, DATA32);
	vmcb.cs.selector = 0x08;
	vmcb.rip = 0x1234;
	vmcb.rflags = 0x302;
	vmcb.int_state = 1;
	cpu.reg[RSP] = STACK - 4;
}

static int setup64(void **state)
{
	guest_new();
	guest_long_mode(4);
	tables(CODE64);
	gate(VC, 0x123456789000, INT_GATE, 0, true);
	vmcb.ss = (struct vmcb_segment){ 0x10, DATA_32, 0xffffffff, 0 };
	return 0;
}

static int setup32(void **state)
{
	guest_new();
	vmcb.cr0 = CR0_PE;
	vmcb.cs.attributes = CS_32;
	tables(CODE32);
	gate(VC, 0x89abc, INT_GATE, 0, false);
	vmcb.ss = (struct vmcb_segment){ 0x10, DATA_32, 0xffffffff, 0 };
	return 0;
}

static int teardown(void **state)
{
	guest_free();
	return 0;
}

static void frame64(u64 top, const u64 *want, size_t n)
{
	assert_int_equal(cpu.reg[RSP], top - n * 8);
	assert_memory_equal(private_memory + top - n * 8, want, n * 8);
}

static void same_stack(void **state)
{
	const u64 want[] = { 0x72, 0x1234, 0x08, 0x10302, STACK - 4, 0x10 };

	assert_int_equal(event_deliver(&cpu, VC, true, 0x72), ST_OK);
	frame64(STACK - 16, want, 6);
	assert_int_equal(vmcb.rip, 0x123456789000);
	assert_int_equal(vmcb.rflags, 0x002);
	assert_int_equal(vmcb.int_state, 0);
	assert_int_equal(vmcb.cs.attributes, CS_64);
	assert_int_equal(vmcb.ss.selector, 0x10);
}

static void trap_gate_keeps_if(void **state)
{
	const u64 want[] = { 0x1234, 0x08, 0x10302, STACK - 4, 0x10 };

	gate(20, 0x4000, TRAP_GATE, 0, true);
	cpu.reinject = EVENT_VALID | EVENT_EXCEPTION << 8 | 14;
	assert_int_equal(event_deliver(&cpu, 20, false, 0), ST_OK);
	frame64(STACK - 16, want, 5);
	assert_int_equal(vmcb.rflags, 0x202);
	assert_int_equal(cpu.reinject, 0);
}

static void from_user_by_rsp0_and_ist(void **state)
{
	const u64 want[] = { 7, 0x1234, 0x1b, 0x10302, STACK - 4, 0x23 };

	vmcb.cpl = 3;
	vmcb.cs.selector = 0x1b;
	vmcb.ss.selector = 0x23;
	poke64(TSS + 4, 0x30000);
	assert_int_equal(event_deliver(&cpu, VC, true, 7), ST_OK);
	frame64(0x30000, want, 6);
	assert_int_equal(vmcb.cpl, 0);
	assert_int_equal(vmcb.cs.selector, 0x08);
	assert_int_equal(vmcb.ss.selector, 0);

	gate(VC, 0x5000, INT_GATE, 7, true);
	poke64(TSS + 0x24 + 6 * 8, 0x31008);
	assert_int_equal(event_deliver(&cpu, VC, true, 7), ST_OK);
	assert_int_equal(cpu.reg[RSP], 0x31000 - 48);
}

static void refused64(enum status st)
{
	struct vmcb before = vmcb;
	u64 rsp = cpu.reg[RSP];

	assert_int_equal(event_deliver(&cpu, VC, true, 0), st);
	assert_memory_equal(&before, &vmcb, sizeof(vmcb));
	assert_int_equal(cpu.reg[RSP], rsp);
}

static void hostile_idt(void **state)
{
	vmcb.idtr.limit = VC * 16 + 14;
	refused64(ST_RANGE);
	vmcb.idtr = (struct vmcb_segment){ .limit = 0xffff, .base = MIB(4) };
	refused64(ST_FAULT);
	vmcb.idtr = (struct vmcb_segment){ .limit = 0xffff, .base = BIT(62) };
	refused64(ST_INVALID);
	vmcb.idtr.base = IDT;
	gate(VC, 0x5000, 0x8500, 0, true); /* task gate */
	refused64(ST_CORRUPT);
	gate(VC, 0x5000, 0x9e00, 0, true); /* a segment */
	refused64(ST_CORRUPT);
	gate(VC, 0x5000, 0x0e00, 0, true);
	refused64(ST_NOT_FOUND);
	gate(VC, BIT(50), INT_GATE, 0, true);
	refused64(ST_INVALID);
}

static void hostile_gdt(void **state)
{
	poke64(GDT + 8, CODE32);
	refused64(ST_CORRUPT);
	poke64(GDT + 8, CODE64 & ~PRESENT);
	refused64(ST_NOT_FOUND);
	poke64(GDT + 8, DATA32);
	refused64(ST_CORRUPT);
	poke64(GDT + 8, CODE64_USER); /* handlers never run with less privilege */
	refused64(ST_CORRUPT);
	vmcb.gdtr.limit = 14;
	refused64(ST_RANGE);
	poke64(IDT + VC * 16, 0x8e0000000000 | 3ULL << 16);
	refused64(ST_CORRUPT); /* null selector */
	poke64(IDT + VC * 16, 0x8e0000000000 | 0xfffcULL << 16);
	refused64(ST_RANGE); /* in an LDT of limit 0 */
}

static void hostile_stack(void **state)
{
	cpu.reg[RSP] = BIT(50);
	refused64(ST_INVALID);
	cpu.reg[RSP] = ~0x7fffffffffffULL;
	refused64(ST_INVALID); /* falls below the upper half */
	cpu.reg[RSP] = MIB(2) + 0x1000;
	refused64(ST_FAULT);
	cpu.reg[RSP] = GUEST_BYTES + 0x1000;
	refused64(ST_RANGE);
	poke64(0x4000 + 0x1f * 8, 0x1f000 | ALIAS | 1);
	cpu.reg[RSP] = STACK;
	refused64(ST_DENIED);
	gate(VC, 0x5000, INT_GATE, 1, true);
	vmcb.tr.limit = 0x2a;
	refused64(ST_RANGE);
}

static void real_mode_has_no_such_thing(void **state)
{
	vmcb.cr0 = 0;
	assert_int_equal(event_deliver(&cpu, VC, true, 0), ST_UNSUPPORTED);
	vmcb.cr0 = CR0_PE;
	vmcb.rflags |= BIT(17);
	assert_int_equal(event_deliver(&cpu, VC, true, 0), ST_UNSUPPORTED);
}

static void protected_mode(void **state)
{
	const u32 want[] = { 0x72, 0x1234, 0x08, 0x10302 };

	poke64(GDT + 8, CODE32_BASE);
	assert_int_equal(event_deliver(&cpu, VC, true, 0x72), ST_OK);
	assert_int_equal(cpu.reg[RSP], STACK - 4 - 16);
	assert_memory_equal(private_memory + STACK - 20, want, 16);
	assert_int_equal(vmcb.rip, 0x89abc);
	assert_int_equal(vmcb.cs.base, 0x12345678);
	assert_int_equal(vmcb.cs.limit, 0xffffffff);
	assert_int_equal(vmcb.cs.attributes, CS_32);
}

static void protected_mode_from_user(void **state)
{
	const u32 want[] = { 0x1234, 0x1b, 0x10302, STACK - 4, 0x23 };

	vmcb.cpl = 3;
	vmcb.cs.selector = 0x1b;
	vmcb.ss.selector = 0x23;
	poke32(TSS + 4, 0x30000);
	poke32(TSS + 8, 0x10);
	gate(20, 0x4000, INT_GATE, 0, false);
	assert_int_equal(event_deliver(&cpu, 20, false, 0), ST_OK);
	assert_int_equal(cpu.reg[RSP], 0x30000 - 20);
	assert_memory_equal(private_memory + 0x30000 - 20, want, 20);
	assert_int_equal(vmcb.cpl, 0);
	assert_int_equal(vmcb.ss.selector, 0x10);
	assert_int_equal(vmcb.ss.attributes, DATA_32);
}

static void hostile_protected_mode(void **state)
{
	vmcb.ss.limit = 0xffff;
	refused64(ST_RANGE); /* the stack lies above */
	vmcb.ss.limit = 0xffffffff;
	cpu.reg[RSP] = 0;
	refused64(ST_RANGE); /* no memory below 4 GiB's end */
	cpu.reg[RSP] = STACK;
	vmcb.ss.attributes |= BIT(2);
	refused64(ST_UNSUPPORTED);
	vmcb.cpl = 3;
	poke32(TSS + 4, 0x30000);
	refused64(ST_CORRUPT); /* SS0 is null */
	poke32(TSS + 8, 0x08);
	refused64(ST_CORRUPT); /* ... a code segment */
	poke32(TSS + 8, 0x18);
	poke64(GDT + 24, DATA32 & ~PRESENT);
	refused64(ST_NOT_FOUND);
	vmcb.tr.limit = 7;
	refused64(ST_RANGE);
}

static void sixteen_bit_stack(void **state)
{
	vmcb.ss.attributes = 0x93;
	vmcb.ss.limit = 0xffff;
	vmcb.ss.base = 0x40000;
	cpu.reg[RSP] = 0x50008;
	assert_int_equal(event_deliver(&cpu, VC, true, 0x72), ST_RANGE); /* no room */
	cpu.reg[RSP] = 0x50108;
	assert_int_equal(event_deliver(&cpu, VC, true, 0x72), ST_OK);
	assert_int_equal(cpu.reg[RSP], 0x500f8);
	assert_int_equal(private_memory[0x400f8], 0x72);
}

static void injection(void **state)
{
	event_inject(&cpu, EVENT_EXCEPTION, 13, true, 5);
	assert_int_equal(vmcb.event_injection, 0x580000b0dULL);
	assert_true(event_pending(&cpu));
	if (setjmp(panic) == 0) {
		event_inject(&cpu, EVENT_INTR, 0x30, false, 0);
		fail();
	}
	vmcb.event_injection = 0;
	cpu.reinject = EVENT_VALID | EVENT_INTR << 8 | 0x30;
	assert_true(event_pending(&cpu));
	event_inject(&cpu, EVENT_EXCEPTION, 20, false, 0);
	assert_int_equal(cpu.reinject, EVENT_VALID | 0x30); /* an interrupt is not lost */
	vmcb.event_injection = 0;
	cpu.reinject = EVENT_VALID | EVENT_EXCEPTION << 8 | 14;
	event_inject(&cpu, EVENT_EXCEPTION, 20, false, 0);
	assert_int_equal(cpu.reinject, 0);
}

static void windows(void **state)
{
	assert_false(event_window_open(&cpu)); /* shadow */
	skip_instruction(&cpu, 3);
	assert_int_equal(vmcb.rip, 0x1237);
	assert_true(event_window_open(&cpu));
	vmcb.rflags = 2;
	assert_false(event_window_open(&cpu));
	event_want_window(&cpu, true);
	assert_int_equal(vmcb.intercepts, BIT(4));
	assert_int_equal(vmcb.int_control, 0x1f0100);
	event_want_window(&cpu, false);
	assert_int_equal(vmcb.intercepts, 0);
	assert_int_equal(vmcb.int_control, 0);
	vmcb.cs.attributes = CS_32;
	vmcb.rip = 0xffffffff;
	skip_instruction(&cpu, 2);
	assert_int_equal(vmcb.rip, 1);
	vmcb.cs.attributes = 0x9b;
	vmcb.rip = 0xffff;
	skip_instruction(&cpu, 2);
	assert_int_equal(vmcb.rip, 1);
}

/* At the world switch an interrupt becomes a virtual one; hardware clears V_IRQ as it takes it. */
static void interrupts_enter_as_virtual(void **state)
{
	const u64 nested = EVENT_VALID | EVENT_INTR << 8 | 0x31;

	event_inject(&cpu, EVENT_INTR, 0x30, false, 0);
	event_enter(&cpu);
	assert_int_equal(vmcb.event_injection, 0);
	assert_int_equal(vmcb.int_control, 0x1f0100);
	assert_int_equal(vmcb.int_vector, 0x30);
	assert_int_equal(vmcb.intercepts, 0);
	vmcb.int_control &= ~(u32)INT_V_IRQ; /* taken */
	assert_int_equal(event_leave(&cpu), 0);
	assert_int_equal(vmcb.int_control, 0);
	assert_false(event_pending(&cpu));

	event_inject(&cpu, EVENT_INTR, 0x30, false, 0);
	event_enter(&cpu);
	assert_int_equal(event_leave(&cpu), EVENT_VALID | EVENT_INTR << 8 | 0x30);
	assert_int_equal(vmcb.int_control, 0); /* an exit came first: nothing is left behind */

	event_inject(&cpu, EVENT_INTR, 0x31, false, 0);
	event_enter(&cpu);
	vmcb.int_control &= ~(u32)INT_V_IRQ;
	vmcb.exit_int_info = nested; /* its frame met a page that is not there */
	assert_int_equal(event_leave(&cpu), nested);
}

static void other_events_enter_as_they_are(void **state)
{
	event_inject(&cpu, EVENT_EXCEPTION, 13, true, 5);
	event_want_window(&cpu, true);
	event_enter(&cpu);
	assert_int_equal(vmcb.event_injection, 0x580000b0dULL);
	assert_int_equal(vmcb.intercepts, BIT(4)); /* the window stays asked for */
	assert_int_equal(event_leave(&cpu), 0);
	assert_int_equal(vmcb.event_injection, 0);
	assert_int_equal(vmcb.intercepts, BIT(4));
	event_inject(&cpu, EVENT_NMI, 2, false, 0);
	event_enter(&cpu);
	assert_int_equal(vmcb.event_injection, EVENT_VALID | EVENT_NMI << 8 | 2);
}

#define T64(f) cmocka_unit_test_setup_teardown(f, setup64, teardown)
#define T32(f) cmocka_unit_test_setup_teardown(f, setup32, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T64(same_stack),
		T64(trap_gate_keeps_if),
		T64(from_user_by_rsp0_and_ist),
		T64(hostile_idt),
		T64(hostile_gdt),
		T64(hostile_stack),
		T32(real_mode_has_no_such_thing),
		T32(protected_mode),
		T32(protected_mode_from_user),
		T32(hostile_protected_mode),
		T32(sixteen_bit_stack),
		T64(injection),
		T64(windows),
		T64(interrupts_enter_as_virtual),
		T64(other_events_enter_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
