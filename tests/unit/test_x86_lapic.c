/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated local APIC and IOAPIC of the x86 hosts, against Intel SDM volume 3, chapter 11.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include "fake_core_x86.h"

#define BASE   0xfee00000ULL
#define IOAPIC 0xfec00000ULL

static struct vcpu *c0 = &vcpus[0], *c1 = &vcpus[1];

static int setup(void **state)
{
	fake_reset(4);
	vmm_init();
	for (unsigned i = 0; i < 4; i++)
		lapic_write(&vcpus[i], LAPIC_SVR, 0x1ff);
	return 0;
}

static u64 rd(struct vcpu *v, unsigned offset)
{
	return vmm_mmio_read(v, BASE + offset, 4);
}

static void wr(struct vcpu *v, unsigned offset, u32 value)
{
	vmm_mmio_write(v, BASE + offset, 4, value);
}

static u64 rdx(struct vcpu *v, u32 msr)
{
	u64 value;

	assert_true(vmm_msr_read(v, msr, &value));
	return value;
}

static void x2apic(void)
{
	for (unsigned i = 0; i < 4; i++) {
		u64 base = rdx(&vcpus[i], 0x1b);

		assert_true(vmm_msr_write(&vcpus[i], 0x1b, base | 0x400));
	}
}

/* One entry: the vector injected, -1: none, 256: an NMI. */
static int enter(struct vcpu *v)
{
	fake.pending = false;
	vmm_inject(v);
	if (!fake.pending)
		return -1;
	return fake.type == EVENT_NMI ? 256 : (int)fake.vector;
}

static bool irr(struct vcpu *v, unsigned vector)
{
	return (lapic_read(v, 0x200 + vector / 32 * 16) >> (vector % 32) & 1) != 0;
}

static void test_identity(void **state)
{
	assert_int_equal(rd(c1, 0x20), 1u << 24);
	assert_int_equal(rd(c1, 0x30) & 0xff, 0x14);
	assert_int_equal(rd(c1, 0x30) >> 16, 5);
	assert_int_equal(rdx(c0, 0x1b), BASE | 0x900);
	assert_int_equal(rdx(c1, 0x1b), BASE | 0x800);
	x2apic();
	assert_int_equal(rdx(c1, 0x802), 1);
	assert_int_equal(rdx(&vcpus[3], 0x80d), 8);
	assert_int_equal(rd(c1, 0x20), 0xffffffff); /* no page in x2APIC mode */
}

static void test_priority(void **state)
{
	vmm_raise(c0, 0x31);
	vmm_raise(c0, 0x52);
	assert_int_equal(fake.kicks[0], 2);
	assert_true(vmm_has_event(c0));
	assert_int_equal(enter(c0), 0x52);
	assert_int_equal(rd(c0, 0xa0), 0x50);
	assert_int_equal(rd(c0, 0x100 + 0x20), 1u << 18);
	assert_int_equal(enter(c0), -1); /* 0x31 is below what is in service */
	assert_false(fake.want_window);
	wr(c0, 0xb0, 0);
	assert_int_equal(enter(c0), 0x31);
	wr(c0, 0xb0, 0);
	assert_int_equal(enter(c0), -1);
	wr(c0, 0xb0, 0); /* nothing in service: no effect */
	/* The TPR holds back its own class and those below. */
	wr(c0, 0x80, 0x40);
	vmm_raise(c0, 0x4f);
	assert_int_equal(enter(c0), -1);
	assert_int_equal(c0->vmcb->int_control & 0xf, 4);
	c0->vmcb->int_control = 3; /* the guest lowers CR8 */
	assert_int_equal(enter(c0), 0x4f);
	assert_int_equal(rd(c0, 0x80), 0x30);
}

static void test_window(void **state)
{
	fake.window_open = false;
	vmm_raise(c0, 0x31);
	assert_int_equal(enter(c0), -1);
	assert_true(fake.want_window);
	fake.window_open = true;
	assert_int_equal(enter(c0), 0x31);
	assert_false(fake.want_window);
	/* An event is on its way already: both wait. */
	vmm_raise(c0, 0x61);
	vmm_cpu(c0)->nmi_pending = true;
	fake.pending = true;
	fake.vector = 13;
	vmm_inject(c0);
	assert_int_equal(fake.vector, 13);
	assert_true(fake.want_window);
	assert_int_equal(enter(c0), 256);
	assert_true(fake.want_window);
	assert_int_equal(enter(c0), 0x61);
}

static void test_nmi(void **state)
{
	wr(c0, 0x310, 1u << 24);
	wr(c0, 0x300, 0x4400);
	assert_int_equal(fake.kicks[1], 1);
	fake.window_open = false;
	assert_true(vmm_has_event(c1));
	assert_int_equal(enter(c1), 256);
	wr(c0, 0x300, 0x4400);
	assert_int_equal(enter(c1), -1); /* blocked until it is complete */
	vmm_nmi_done(c1);
	assert_int_equal(enter(c1), 256);
}

static void test_off(void **state)
{
	wr(c0, 0x320, 0x41);
	wr(c0, 0xf0, 0xff);
	assert_int_equal(rd(c0, 0x320), 0x10041); /* disabling masks, and keeps masked */
	wr(c0, 0x320, 0x42);
	assert_int_equal(rd(c0, 0x320), 0x10042);
	vmm_raise(c0, 0x31);
	assert_false(irr(c0, 0x31));
	assert_int_equal(enter(c0), -1);
}

static void test_destinations(void **state)
{
	struct {
		u32 high, low;
		unsigned targets; /* by CPU */
	} cases[] = {
		{ 2u << 24, 0x00040, 1 << 2 },    { 9u << 24, 0x00040, 0 },
		{ 0xffu << 24, 0x00040, 0xf },    { 2u << 24, 0x40040, 1 << 0 },
		{ 2u << 24, 0x80040, 0xf },       { 2u << 24, 0xc0040, 0xe },
		{ 0x0au << 24, 0x00840, 0xa },    { 0xffu << 24, 0x00840, 0xf },
		{ 0x0cu << 24, 0x00940, 1 << 2 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		for (unsigned c = 0; c < 4; c++)
			wr(&vcpus[c], 0xd0, 1u << (24 + c));
		wr(c0, 0x310, cases[i].high);
		wr(c0, 0x300, cases[i].low);
		for (unsigned c = 0; c < 4; c++) {
			assert_int_equal(irr(&vcpus[c], 0x40), cases[i].targets >> c & 1);
			assert_int_equal(fake.kicks[c], c != 0 && (cases[i].targets >> c & 1));
		}
	}
}

static void test_cluster(void **state)
{
	for (unsigned c = 0; c < 4; c++) {
		wr(&vcpus[c], 0xe0, 0);
		wr(&vcpus[c], 0xd0, (c / 2 << 4 | 1u << c % 2) << 24);
	}
	wr(c0, 0x310, 0x13u << 24);
	wr(c0, 0x300, 0x840);
	assert_false(irr(c0, 0x40) || irr(c1, 0x40));
	assert_true(irr(&vcpus[2], 0x40) && irr(&vcpus[3], 0x40));
}

static void test_x2apic_icr(void **state)
{
	x2apic();
	assert_true(vmm_msr_write(c0, 0x830, 3ULL << 32 | 0x77));
	assert_true(irr(&vcpus[3], 0x77));
	assert_int_equal(rdx(c0, 0x830), 3ULL << 32 | 0x77);
	assert_true(vmm_msr_write(c0, 0x830, 0x6ULL << 32 | 0x878)); /* cluster 0 */
	assert_true(!irr(c0, 0x78) && irr(c1, 0x78) && irr(&vcpus[2], 0x78));
	assert_true(vmm_msr_write(c0, 0x830, 0x10006ULL << 32 | 0x879)); /* cluster 1: nobody */
	assert_false(irr(c1, 0x79));
	assert_true(vmm_msr_write(c0, 0x830, 0xffffffffULL << 32 | 0x7a));
	assert_true(irr(c0, 0x7a) && irr(&vcpus[3], 0x7a));
	assert_true(vmm_msr_write(c1, 0x83f, 0x7b));
	assert_true(irr(c1, 0x7b) && !irr(c0, 0x7b));
	/* #GP */
	assert_false(vmm_msr_write(c0, 0x830, BIT(13) | 0x77));
	assert_false(vmm_msr_write(c0, 0x80b, 1));
	assert_false(vmm_msr_write(c0, 0x802, 1));
	assert_false(vmm_msr_write(c0, 0x808, 0x100));
	assert_false(vmm_msr_write(c0, 0x80d, 1));
	assert_false(vmm_msr_write(c0, 0x80e, 0));
	assert_false(vmm_msr_write(c0, 0x831, 0));
	assert_false(vmm_msr_write(c0, 0x838, BIT(32)));
	assert_false(vmm_msr_read(c0, 0x80b, &(u64){ 0 }));
	assert_false(vmm_msr_read(c0, 0x83f, &(u64){ 0 }));
	assert_false(vmm_msr_read(c0, 0x8ff, &(u64){ 0 }));
}

static void test_mode_transitions(void **state)
{
	assert_false(vmm_msr_read(c0, 0x802, &(u64){ 0 })); /* xAPIC: no MSRs */
	assert_false(vmm_msr_write(c0, 0x80b, 0));
	assert_false(vmm_msr_write(c0, 0x1b, BASE | 0x500)); /* EXTD without EN */
	assert_false(vmm_msr_write(c0, 0x1b, 0xfed00000ULL | 0x900));
	assert_false(vmm_msr_write(c0, 0x1b, BASE | 0x901));
	assert_true(vmm_msr_write(c0, 0x1b, BASE | 0xd00));
	assert_false(vmm_msr_write(c0, 0x1b, BASE | 0x900)); /* x2APIC -> xAPIC */
	assert_true(vmm_msr_write(c0, 0x1b, BASE | 0x100));
	assert_false(vmm_msr_write(c0, 0x1b, BASE | 0xd00)); /* off -> x2APIC */
	assert_int_equal(rd(c0, 0x20), 0xffffffff);
	assert_true(vmm_msr_write(c0, 0x1b, BASE | 0x900));
	assert_int_equal(rd(c0, 0xf0), 0xff);
	lapic_reset(c1, VMM_X2APIC_ONLY);
	assert_int_equal(rdx(c1, 0x1b), BASE | 0xc00);
	assert_false(vmm_msr_write(c1, 0x1b, BASE));
}

static unsigned inits, sipis;
static u8 sipi_vector;

static void on_init(struct vcpu *v)
{
	inits |= 1u << v->index;
}

static void on_sipi(struct vcpu *v, u8 vector)
{
	sipis |= 1u << v->index;
	sipi_vector = vector;
}

static void test_startup(void **state)
{
	wr(c0, 0x300, 0xc4500); /* nobody listens */
	vmm_on_init = on_init;
	vmm_on_sipi = on_sipi;
	inits = sipis = 0;
	wr(c0, 0x300, 0xc4500);
	assert_int_equal(inits, 0xe);
	inits = 0;
	wr(c0, 0x300, 0xc8500); /* level de-assert */
	assert_int_equal(inits, 0);
	wr(c0, 0x310, 2u << 24);
	wr(c0, 0x300, 0x4608);
	assert_int_equal(sipis, 4);
	assert_int_equal(sipi_vector, 8);
}

static void test_errors(void **state)
{
	wr(c0, 0x370, 0x33);
	wr(c0, 0x300, 0x4000 | 5); /* illegal vector sent */
	assert_int_equal(rd(c0, 0x280), 0);
	wr(c0, 0x280, 0);
	assert_int_equal(rd(c0, 0x280), 0x20);
	assert_true(irr(c0, 0x33));
	vmm_raise(c0, 3);
	wr(c0, 0x280, 0);
	assert_int_equal(rd(c0, 0x280), 0x40);
	wr(c0, 0x280, 0);
	assert_int_equal(rd(c0, 0x280), 0);
}

static void test_timer_one_shot(void **state)
{
	wr(c0, 0x3e0, 0x3); /* by 16 */
	wr(c0, 0x320, 0x41);
	wr(c0, 0x380, 1000);
	assert_int_equal(rd(c0, 0x390), 1000);
	fake.now += 8000;
	assert_int_equal(rd(c0, 0x390), 500);
	assert_int_equal(enter(c0), -1);
	assert_int_equal(fake.timer, 1000 + 16000);
	fake.now += 8000;
	assert_int_equal(rd(c0, 0x390), 0);
	assert_int_equal(enter(c0), 0x41);
	assert_int_equal(fake.timer, 0);
	wr(c0, 0xb0, 0);
	fake.now += 100000;
	assert_int_equal(enter(c0), -1);
	/* a count of 0 stops it; a masked one runs silently */
	wr(c0, 0x380, 10);
	wr(c0, 0x380, 0);
	fake.now += 1000;
	assert_int_equal(enter(c0), -1);
	wr(c0, 0x320, 0x10041);
	wr(c0, 0x380, 10);
	fake.now += 1000;
	assert_int_equal(enter(c0), -1);
	/* the TSC may count at another speed */
	core_tsc_hz = 2500000000ULL;
	wr(c0, 0x3e0, 0xb); /* by 1 */
	wr(c0, 0x380, 1000);
	assert_int_equal(lapic_of(c0)->deadline, fake.now + 2500);
}

static void test_timer_periodic(void **state)
{
	wr(c0, 0x3e0, 0xb);
	wr(c0, 0x320, 0x20041);
	wr(c0, 0x380, 100000);
	for (unsigned i = 0; i < 3; i++) {
		fake.now += 100000;
		assert_int_equal(enter(c0), 0x41);
		wr(c0, 0xb0, 0);
		assert_int_equal(enter(c0), -1);
	}
	fake.now += 1050000; /* ten missed are one, and the phase stays */
	assert_int_equal(enter(c0), 0x41);
	assert_int_equal(fake.timer, 1000 + 14 * 100000);
	wr(c0, 0xb0, 0);
	assert_int_equal(enter(c0), -1);
	/* no storm: a period of one tick is stretched */
	wr(c0, 0x380, 1);
	fake.now += 10;
	assert_int_equal(enter(c0), 0x41);
	assert_true(fake.timer >= fake.now + 10000);
}

static void test_timer_deadline(void **state)
{
	c0->vmcb->tsc_offset = (u64)-500;
	assert_true(vmm_msr_write(c0, 0x6e0, 5000));
	assert_int_equal(rdx(c0, 0x6e0), 0); /* not that mode */
	wr(c0, 0x320, 0x40041);
	assert_true(vmm_msr_write(c0, 0x6e0, 5000));
	wr(c0, 0x380, 77); /* ignored */
	assert_int_equal(rd(c0, 0x390), 0);
	assert_int_equal(enter(c0), -1);
	assert_int_equal(fake.timer, 5500);
	fake.now = 5500;
	assert_int_equal(rdx(c0, 0x10), 5000);
	assert_int_equal(enter(c0), 0x41);
	assert_int_equal(rdx(c0, 0x6e0), 0);
	wr(c0, 0xb0, 0);
	assert_true(vmm_msr_write(c0, 0x6e0, 1)); /* past: at once */
	assert_int_equal(enter(c0), 0x41);
	wr(c0, 0xb0, 0);
	assert_true(vmm_msr_write(c0, 0x6e0, ~0ULL));
	assert_int_equal(enter(c0), -1);
	assert_true(vmm_msr_write(c0, 0x6e0, 0));
	assert_int_equal(enter(c0), -1);
	assert_int_equal(fake.timer, 0);
}

static void test_halt(void **state)
{
	wr(c0, 0x3e0, 0xb);
	wr(c0, 0x320, 0x41);
	wr(c0, 0x380, 5000);
	vmm_halt(c0, false);
	assert_int_equal(fake.now, 6000);
	assert_int_equal(fake.idles, 1);
	vmm_halt(c0, false); /* still there */
	assert_int_equal(fake.idles, 1);
	assert_int_equal(enter(c0), 0x41);
	wr(c0, 0xb0, 0);
	vmm_unhalt(c0);
	vmm_halt(c0, true);
	vmm_unhalt(c0);
	vmm_park(c0);
	assert_int_equal(fake.idles, 1);
}

/* Waiting on after this many rounds is what the test expects. */
static void test_halt_blocked(void **state)
{
	fake.idle_end = 10;
	vmm_raise(c0, 0x40);
	assert_string_equal(VERDICT(vmm_halt(c0, true)), "idle");
	assert_string_equal(VERDICT(vmm_halt(c0, false)), "");
	vmm_cpu(c0)->nmi_pending = true;
	assert_string_equal(VERDICT(vmm_halt(c0, true)), "");
	assert_string_equal(VERDICT(vmm_park(c0)), "idle");
	assert_int_equal(enter(c0), 256);
	assert_int_equal(enter(c0), 0x40);
	vmm_raise(c0, 0x41); /* below what is in service */
	assert_string_equal(VERDICT(vmm_halt(c0, false)), "idle");
}

static void ioapic_write_entry(unsigned pin, u64 e)
{
	vmm_mmio_write(c0, IOAPIC, 4, 0x10 + pin * 2);
	vmm_mmio_write(c0, IOAPIC + 0x10, 4, (u32)e);
	vmm_mmio_write(c0, IOAPIC, 4, 0x11 + pin * 2);
	vmm_mmio_write(c0, IOAPIC + 0x10, 4, e >> 32);
}

static u64 ioapic_low(unsigned pin)
{
	vmm_mmio_write(c0, IOAPIC, 4, 0x10 + pin * 2);
	return vmm_mmio_read(c0, IOAPIC + 0x10, 4);
}

static void test_ioapic(void **state)
{
	vmm_mmio_write(c0, IOAPIC, 4, 1);
	assert_int_equal(vmm_mmio_read(c0, IOAPIC + 0x10, 4), 0x170020);
	assert_int_equal(ioapic_low(23), 0x10000);
	ioapic_line(4, true); /* masked edges are lost */
	ioapic_line(4, false);
	ioapic_write_entry(4, 1ULL << 56 | 0x44);
	assert_false(irr(c1, 0x44));
	ioapic_line(4, true);
	ioapic_line(4, true); /* one edge */
	assert_int_equal(enter(c1), 0x44);
	assert_int_equal(ioapic_low(4), 0x44);
	assert_int_equal(enter(c1), -1);
	wr(c1, 0xb0, 0);
	/* a level is there until its EOI; then the machine is asked */
	ioapic_write_entry(9, 1ULL << 56 | 0x8000 | 0x59);
	ioapic_line(9, true);
	assert_int_equal(ioapic_low(9), 0xc059);
	assert_int_equal(enter(c1), 0x59);
	ioapic_line(9, true);
	assert_int_equal(enter(c1), -1);
	wr(c1, 0xb0, 0);
	assert_int_equal(ioapic_low(9), 0x8059);
	assert_int_equal(enter(c1), -1);
	/* one that waits is delivered when the pin is unmasked */
	ioapic_write_entry(10, 1ULL << 56 | 0x18000 | 0x5a);
	ioapic_line(10, true);
	assert_int_equal(enter(c1), -1);
	ioapic_write_entry(10, 1ULL << 56 | 0x8000 | 0x5a);
	assert_int_equal(enter(c1), 0x5a);
	ioapic_line(200, true);
}

/* From the machine's pins to the guest's. */
static void test_forward(void **state)
{
	for (unsigned pin = 0; pin < 24; pin++)
		assert_false(fake_irq(pin));
	ioapic_write_entry(4, 1ULL << 56 | 0x44);
	ioapic_write_entry(17, 1ULL << 56 | 0x8000 | 0x51);
	assert_int_equal(fake.ioapic[4], 0x44); /* the monitor's vector, on CPU 0 */
	assert_int_equal(fake.ioapic[17], 0x8051);
	ioapic_write_entry(4, 1ULL << 56 | 0x99); /* whatever the guest's is */
	assert_int_equal(fake.ioapic[4], 0x44);
	assert_true(fake_irq(4));
	assert_int_equal(enter(c0), -1);
	assert_int_equal(fake.kicks[1], 1);
	assert_int_equal(enter(c1), 0x99);
	wr(c1, 0xb0, 0);
	assert_int_equal(enter(c1), -1);
	assert_true(fake_irq(17));
	assert_false(fake_irq(17)); /* closed until the guest has served it */
	assert_int_equal(enter(c0), -1);
	assert_int_equal(enter(c1), 0x51);
	assert_false(fake_irq(17));
	wr(c1, 0xb0, 0);
	assert_true(fake_irq(17));
	fake.idle_end = 5;
	assert_string_equal(VERDICT(vmm_halt(c0, false)), "idle");
	assert_string_equal(VERDICT(vmm_halt(c1, false)), "");
}

static void test_faults(void **state)
{
	fake.fault = FAULT_IPI_SELF_LOST;
	wr(c0, 0x300, 0x40040);
	assert_int_equal(enter(c0), -1);
	fake.fault = FAULT_IPI_SELF_TWICE;
	wr(c0, 0x300, 0x40040);
	assert_int_equal(enter(c0), 0x40);
	wr(c0, 0xb0, 0);
	assert_int_equal(enter(c0), 0x40);
	wr(c0, 0xb0, 0);
	assert_int_equal(enter(c0), -1);
	wr(c0, 0x310, 1u << 24);
	fake.fault = FAULT_IPI_OTHER_LOST;
	wr(c0, 0x300, 0x40);
	assert_int_equal(enter(c1), -1);
	fake.fault = FAULT_IPI_WRONG_CPU;
	wr(c0, 0x300, 0x40);
	assert_int_equal(enter(c1), -1);
	assert_int_equal(enter(c0), 0x40);
	fake.fault = FAULT_TIMER_WITHHELD;
	wr(c1, 0x320, 0x41);
	wr(c1, 0x380, 1);
	fake.now += 1000;
	assert_int_equal(enter(c1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_identity, setup),
		cmocka_unit_test_setup(test_priority, setup),
		cmocka_unit_test_setup(test_window, setup),
		cmocka_unit_test_setup(test_nmi, setup),
		cmocka_unit_test_setup(test_off, setup),
		cmocka_unit_test_setup(test_destinations, setup),
		cmocka_unit_test_setup(test_cluster, setup),
		cmocka_unit_test_setup(test_x2apic_icr, setup),
		cmocka_unit_test_setup(test_mode_transitions, setup),
		cmocka_unit_test_setup(test_startup, setup),
		cmocka_unit_test_setup(test_errors, setup),
		cmocka_unit_test_setup(test_timer_one_shot, setup),
		cmocka_unit_test_setup(test_timer_periodic, setup),
		cmocka_unit_test_setup(test_timer_deadline, setup),
		cmocka_unit_test_setup(test_halt, setup),
		cmocka_unit_test_setup(test_halt_blocked, setup),
		cmocka_unit_test_setup(test_ioapic, setup),
		cmocka_unit_test_setup(test_forward, setup),
		cmocka_unit_test_setup(test_faults, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
