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
#include "input.h"

/* Numbers a model cares about are rare among random ones: one byte picks the form. */
static u64 operand(void)
{
	static const u64 bases[] = {
		0,       HOB_GPA, TEMP_GPA,      FAKE_LOW,   GIB(4),  SHARED,
		BIT(47), BIT(52), FIRMWARE_BASE, 0xfed00000, BIT(63), 0x10000
	};
	u8 form = byte();
	u64 base = bases[form % ARRAY_SIZE(bases)];

	switch (form >> 6) {
	case 0:
		return byte();
	case 1:
		return base + (any(2) << 12);
	case 2:
		return (base | SHARED) + (any(2) << 6);
	default:
		return any(8);
	}
}

static void registers(struct vcpu *v)
{
	for (u16 mask = (u16)any(2), i = 0; i < 16; i++)
		if (mask & BIT(i))
			v->reg[i] = operand();
}

static void tdcall(struct vcpu *v)
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
	u8 choice = byte();

	memcpy(fake.code, "\x66\x0f\x01\xcc", 4);
	registers(v);
	if (choice < 0xf0)
		v->reg[RAX] = choice % 9;
	if (choice < 0x80 && v->reg[RAX] == TDG_VP_VMCALL) {
		u8 f = byte() % ARRAY_SIZE(functions);

		v->reg[R10] = 0;
		v->reg[R11] = functions[f] | (f >= 6 ? 0x10000 : 0);
		v->reg[RCX] = 0xffcc;
	}
	model.exit(v, VMEXIT_EXCEPTION_UD, 0, 0);
}

static void step(struct vcpu *v)
{
	static const u16 exits[] = { VMEXIT_CPUID,     VMEXIT_MSR,     VMEXIT_IOIO,
				     VMEXIT_HLT,       VMEXIT_NPF,     VMEXIT_NPF,
				     VMEXIT_CR0_WRITE, EXIT_CR8_WRITE, VMEXIT_CR4_WRITE,
				     VMEXIT_XSETBV,    VMEXIT_IRET,    VMEXIT_EXCEPTION_UD };
	u8 what = byte();
	u64 exit = exits[what % ARRAY_SIZE(exits)], info1;

	fake.vector = NO_VECTOR;
	fake.unmapped = (what & 0x40) != 0;
	v->vmcb->cpl = (what & 0x30) == 0x30 ? 3 : 0;
	for (size_t i = 0; (what & 8) != 0 && i < sizeof(fake.code); i++)
		fake.code[i] = byte();
	if (what & 0x80) {
		tdcall(v);
		return;
	}
	registers(v);
	fake.cr_value = v->reg[RAX];
	if (exit == VMEXIT_NPF) {
		info1 = byte() | (what & 1 ? NPF_FINAL : NPF_WALK);
		model.exit(v, exit, info1, operand());
		return;
	}
	info1 = exit == VMEXIT_IOIO ? (any(2) << 16 | BIT(4 + what % 3) | (what & 0xd))
				    : (what >> 4) & 1;
	model.exit(v, exit, info1, v->vmcb->rip + 2);
}

static void sequence(void)
{
	struct vcpu *v = fake_boot();

	if (byte() & 1)
		tdcs.td_ctls = 0;
	while (input.left > 0) {
		v = &vcpus[byte() % FAKE_CPUS];
		step(v);
		model.enter(v);
	}
}

/* Input: u16 place, u8 length, bytes; over the end of a good image. */
static void metadata(void)
{
	fake_reset();
	fake_make_image();
	while (input.left > 3) {
		size_t at = META_AT + (size_t)any(2) % (FAKE_FIRMWARE - META_AT);
		size_t n = (size_t)byte() % 16 + 1;

		for (size_t i = 0; i < n && at + i < FAKE_FIRMWARE; i++)
			fake_image[at + i] = byte();
	}
	model.launch();
}

static void quote_buffer(void)
{
	const u64 gpa = 0x6000, size = 0x3000;
	struct vmcall c = { 0 };
	u8 data[64] = { 0 }, *b = fake_shared + gpa;

	fake_boot();
	host_convert(&vcpus[0], gpa, size, true);
	le_put(b + TDX_QUOTE_VERSION, 1, 8);
	le_put(b + TDX_QUOTE_IN_LEN, TDREPORT_SIZE, 4);
	report_create(data, b + TDX_QUOTE_DATA);
	while (input.left > 2) {
		size_t at = (size_t)any(2) % (TDX_QUOTE_DATA + TDREPORT_SIZE);

		b[at] ^= byte();
	}
	c.reg[R12] = gpa | SHARED;
	c.reg[R13] = size;
	host_get_quote(&vcpus[0], &c);
	if (le_get(b + TDX_QUOTE_OUT_LEN, 4) > size - TDX_QUOTE_DATA && c.reg[R10] == 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 mode;

	input_start(data, size);
	mode = byte();
	fake_dirty = true;
	if (ENDS(mode < 0x20 ? metadata() : mode < 0x28 ? quote_buffer() : sequence()))
		return 0;
	if (mode >= 0x28 || tdcs.finalized)
		fake_invariants();
	return 0;
}
