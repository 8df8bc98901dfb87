/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is what the vCPUs of a guest do in turn: port and memory accesses, MSRs, CPUID,
 * entries, halts. Whatever they are: no crash, no hang, no access to what is the monitor's, and the
 * interrupt state stays one that hardware could be in.
 *
 * sources: hosts/common/msix.c hosts/x86/vmm/[!m]*.c hosts/x86/vmm/m[!a]*.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 * libs: -lcmocka
 */
#include "fake_core_x86.h"
#include "input.h"

#define CPUS      3
#define STEPS_MAX 512u

static u32 hook(struct vcpu *v, u32 command, const u64 *in, u64 *out)
{
	out[VMM_COOP_VALUES - 1] = in[VMM_COOP_VALUES - 1];
	return COOP_OK;
}

/* Mostly addresses where something is. */
static u16 port(void)
{
	static const u16 at[] = { 0x20,  0xa0,  0x40,  0x60,  0x64,  0x70,  0x71,  0x92,
				  0xf4,  0x2f8, 0x3f8, 0x402, 0x4d0, 0x510, 0x511, 0x514,
				  0x518, 0x51c, 0x600, 0x604, 0x608, 0xcf8, 0xcfc, 0xcf8 };
	u8 k = byte();

	return k < 240 ? at[k % ARRAY_SIZE(at)] + k / 80 : (u16)any(2);
}

static u64 gpa(void)
{
	static const u64 at[] = { 0xfee00000, 0xfec00000, 0xfed00000,   0xb0000000,
				  0xe0000000, 0xc0000000, MONITOR_BASE, FAKE_LOW };
	u8 k = byte();

	if (k >= 240)
		return any(8);
	return at[k % ARRAY_SIZE(at)] + (k < 160 ? (u64)byte() * 16 : any(2));
}

static void check(void)
{
	/* The monitor's and the machine's own things (machine accesses were recorded). */
	if (fake.accesses != 0 && fake.is_port) {
		assert_false(fake.address >= 0x2f8 && fake.address < 0x300);
		assert_false(fake.address >= 0x510 && fake.address < 0x520);
		assert_false(fake.address >= 0x600 && fake.address < 0x680);
		assert_false(fake.address >= 0xcf0 && fake.address < 0xd00);
		assert_false(fake.address == 0xf4 || fake.address == 0x92 || fake.address == 0xb2);
	} else if (fake.accesses != 0) {
		assert_true(fake.address >= 0x80000000 && fake.address < 0xfec00000);
	}
	for (unsigned i = 0; i < CPUS; i++) {
		const struct lapic *l = lapic_of(&vcpus[i]);

		assert_int_equal(l->irr[0] & 0xffff, 0);
		assert_int_equal(l->isr[0] & 0xffff, 0);
		assert_true(l->tpr <= 0xff);
		assert_true(vmm_cpu(&vcpus[i])->coop_next <= COOP_PORT_WORDS);
		assert_int_not_equal(l->base & (APIC_BASE_EN | APIC_BASE_EXTD), APIC_BASE_EXTD);
		if ((l->base & APIC_BASE_EN) == 0)
			assert_int_equal(l->deadline, 0);
	}
}

static void step(struct vcpu *v)
{
	static const u8 width[] = { 1, 2, 4, 8, 3, 0 };
	u8 op = byte();
	unsigned w = width[op >> 4 & 3];
	u32 r[4];
	u64 value;

	switch (op & 15) {
	case 0:
	case 1:
		vmm_port_in(v, port(), w);
		break;
	case 2:
	case 3:
		vmm_port_out(v, port(), w, (u32)any(4));
		break;
	case 4:
		vmm_mmio_read(v, gpa(), w);
		break;
	case 5:
	case 6:
		vmm_mmio_write(v, gpa(), op & 0x80 ? w : 4, any(4));
		break;
	case 7:
		vmm_msr_read(v, 0x800 + byte(), &value);
		vmm_msr_read(v, (u32)any(2), &value);
		break;
	case 8:
		vmm_msr_write(v, 0x800 + byte(), op & 0x80 ? any(8) : any(1));
		break;
	case 9:
		vmm_msr_write(v, (u32)any(2), any(8));
		break;
	case 10:
		vmm_msr_write(v, 0x1b, APIC_BASE_ADDRESS | (u64)byte() << 4);
		break;
	case 11:
		vmm_cpuid(v, (u32)any(1) << (op & 0x80 ? 24 : 0) | any(1), byte(), r);
		break;
	case 12:
		fake.now += any(4);
		if (op & 0x40)
			fake_irq(byte() % 24);
		else
			ioapic_line(byte(), op & 0x80);
		break;
	case 13:
		fake.window_open = op & 0x80;
		fake.pending = false;
		vmm_inject(v);
		if (fake.pending && fake.type == EVENT_INTR)
			assert_in_range(fake.vector, 16, 255);
		if (op & 0x40)
			vmm_nmi_done(v);
		break;
	case 14:
		v->vmcb->int_control = byte() & 0xf;
		vmm_raise(v, (unsigned)any(2));
		break;
	default:
		fake.idle_step = 1ULL << (byte() & 63);
		vmm_unhalt(v);
		vmm_halt(v, op & 0x80);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, size);
	fake_reset(CPUS);
	memset(fake.cfg[8], 0, 256);
	fake.cfg[8][6] = 0x10;
	fake.cfg[8][0x10] = 1;
	fake.cfg[8][0x34] = 0x40;
	config.coop = true;
	vmm_coop_hook = hook;
	vmm_init();
	for (unsigned n = 0; input.left > 0 && n < STEPS_MAX; n++) {
		fake.accesses = 0;
		fake.answer = n * 0x0101010101010101ULL;
		if (VERDICT(step(&vcpus[byte() % CPUS]))[0] != '\0')
			return 0;
		check();
	}
	return 0;
}
