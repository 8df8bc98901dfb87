/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * A hostile guest of the TDX host: any exits with any registers, quote buffers, metadata. The model
 * may end the TD with a verdict; it must not crash, loop, or let both aliases reach a page.
 * sources: hosts/x86/tdx/[!h]*.c hosts/x86/tdx/ho*.c lib/status.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/tdx -I$(B)/keys
 */
/* clang-format on */
#include "fake_tdx_host.h"

struct input {
	const uint8_t *p;
	size_t n;
};

static u64 take(struct input *in, size_t bytes)
{
	u64 v = 0;

	for (size_t i = 0; i < bytes && in->n > 0; i++, in->n--)
		v |= (u64)*in->p++ << (8 * i);
	return v;
}

/* Numbers a model cares about are rare among random ones: one byte picks the form. */
static u64 operand(struct input *in)
{
	static const u64 bases[] = {
		0,       HOB_GPA, TEMP_GPA,      FAKE_LOW,   GIB(4),  SHARED,
		BIT(47), BIT(52), FIRMWARE_BASE, 0xfed00000, BIT(63), 0x10000
	};
	u8 form = (u8)take(in, 1);
	u64 base = bases[form % ARRAY_SIZE(bases)];

	switch (form >> 6) {
	case 0:
		return take(in, 1);
	case 1:
		return base + (take(in, 2) << 12);
	case 2:
		return (base | SHARED) + (take(in, 2) << 6);
	default:
		return take(in, 8);
	}
}

static void registers(struct vcpu *v, struct input *in)
{
	for (u16 mask = (u16)take(in, 2), i = 0; i < 16; i++)
		if (mask & BIT(i))
			v->reg[i] = operand(in);
}

static void tdcall(struct vcpu *v, struct input *in)
{
	static const u16 functions[] = {
		TDVMCALL_CPUID,
		TDVMCALL_IO,
		TDVMCALL_RDMSR,
		TDVMCALL_WRMSR,
		TDVMCALL_MMIO,
		TDVMCALL_HLT,
		TDVMCALL_MAP_GPA & 0xffff,
		TDVMCALL_GET_QUOTE & 0xffff,
		0,
		TDVMCALL_SETUP_EVENT_NOTIFY & 0xffff,
	};
	u8 choice = (u8)take(in, 1);

	memcpy(fake.code, "\x66\x0f\x01\xcc", 4);
	registers(v, in);
	if (choice < 0xf0)
		v->reg[RAX] = choice % 9;
	if (choice < 0x80 && v->reg[RAX] == TDG_VP_VMCALL) {
		u8 f = (u8)take(in, 1) % ARRAY_SIZE(functions);

		v->reg[R10] = 0;
		v->reg[R11] = functions[f] | (f >= 6 ? 0x10000 : 0);
		v->reg[RCX] = 0xffcc;
	}
	model.exit(v, VMEXIT_EXCEPTION_UD, 0, 0);
}

static void step(struct vcpu *v, struct input *in)
{
	static const u16 exits[] = { VMEXIT_CPUID,     VMEXIT_MSR,     VMEXIT_IOIO,
				     VMEXIT_HLT,       VMEXIT_NPF,     VMEXIT_NPF,
				     VMEXIT_CR0_WRITE, EXIT_CR8_WRITE, VMEXIT_CR4_WRITE,
				     VMEXIT_XSETBV,    VMEXIT_IRET,    VMEXIT_EXCEPTION_UD };
	u8 what = (u8)take(in, 1);
	u64 exit = exits[what % ARRAY_SIZE(exits)], info1;

	fake.vector = NO_VECTOR;
	fake.unmapped = (what & 0x40) != 0;
	v->vmcb->cpl = (what & 0x30) == 0x30 ? 3 : 0;
	for (size_t i = 0; (what & 8) != 0 && i < sizeof(fake.code); i++)
		fake.code[i] = (u8)take(in, 1);
	if (what & 0x80) {
		tdcall(v, in);
		return;
	}
	registers(v, in);
	fake.cr_value = v->reg[RAX];
	if (exit == VMEXIT_NPF) {
		info1 = take(in, 1) | (what & 1 ? NPF_FINAL : NPF_WALK);
		model.exit(v, exit, info1, operand(in));
		return;
	}
	info1 = exit == VMEXIT_IOIO ? (take(in, 2) << 16 | BIT(4 + what % 3) | (what & 0xd))
				    : (what >> 4) & 1;
	model.exit(v, exit, info1, v->vmcb->rip + 2);
}

static void sequence(struct input *in)
{
	struct vcpu *v = fake_boot();

	if (take(in, 1) & 1)
		tdcs.td_ctls = 0;
	while (in->n > 0) {
		v = &vcpus[take(in, 1) % FAKE_CPUS];
		step(v, in);
		model.enter(v);
	}
}

/* Input: u16 place, u8 length, bytes; over the end of a good image. */
static void metadata(struct input *in)
{
	fake_reset();
	fake_make_image();
	while (in->n > 3) {
		size_t at = META_AT + (size_t)take(in, 2) % (FAKE_FIRMWARE - META_AT);
		size_t n = (size_t)take(in, 1) % 16 + 1;

		for (size_t i = 0; i < n && at + i < FAKE_FIRMWARE; i++)
			fake_image[at + i] = (u8)take(in, 1);
	}
	model.launch();
}

static void quote_buffer(struct input *in)
{
	const u64 gpa = 0x6000, size = 0x3000;
	struct vmcall c = { 0 };
	u8 data[64] = { 0 }, *b = fake_shared + gpa;

	fake_boot();
	host_convert(&vcpus[0], gpa, size, true);
	put_le(b + TDX_QUOTE_VERSION, 1, 8);
	put_le(b + TDX_QUOTE_IN_LEN, TDREPORT_SIZE, 4);
	report_create(data, b + TDX_QUOTE_DATA);
	while (in->n > 2) {
		size_t at = (size_t)take(in, 2) % (TDX_QUOTE_DATA + TDREPORT_SIZE);

		b[at] ^= (u8)take(in, 1);
	}
	c.reg[R12] = gpa | SHARED;
	c.reg[R13] = size;
	host_get_quote(&vcpus[0], &c);
	if (get_le(b + TDX_QUOTE_OUT_LEN, 4) > size - TDX_QUOTE_DATA && c.reg[R10] == 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u8 mode = (u8)take(&in, 1);

	fake_dirty = true;
	if (ENDS(mode < 0x20 ? metadata(&in) : mode < 0x28 ? quote_buffer(&in) : sequence(&in)))
		return 0;
	if (mode >= 0x28 || tdcs.finalized)
		fake_invariants();
	return 0;
}
