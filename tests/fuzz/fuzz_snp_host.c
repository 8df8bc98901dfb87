/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * A hostile SNP guest: any GHCB page, MSR word, page state change, operand and nested fault, in any
 * order. The model survives, and RMP and nested tables stay consistent.
 * sources: hosts/x86/snp/rmp.c hosts/x86/snp/host.c hosts/x86/snp/npf.c hosts/x86/snp/insn.c hosts/x86/snp/msr.c hosts/x86/snp/exit.c hosts/x86/snp/ap.c hosts/x86/snp/vmrun.c hosts/x86/snp/vmgexit.c hosts/x86/snp/ghcb.c hosts/x86/snp/nae.c hosts/x86/snp/psc.c hosts/x86/snp/guestreq.c lib/status.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
/* clang-format on */
#include <stddef.h>
#include <stdint.h>

#include "fake_snp.h"

#define STEPS 24

struct input {
	const u8 *data;
	size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static u64 take(struct input *in, unsigned bytes)
{
	u64 value = 0;

	for (unsigned i = 0; i < bytes && in->size != 0; i++, in->size--)
		value = value << 8 | *in->data++;
	return value;
}

/* Mostly a page of the guest, else anything. */
static u64 address(struct input *in)
{
	u64 kind = take(in, 1), page = take(in, 2);

	if (kind < 0x80)
		return page * PAGE_SIZE % FAKE_LOW;
	if (kind < 0xa0)
		return HIGH_BASE + page * PAGE_SIZE % FAKE_HIGH;
	if (kind < 0xb0)
		return FIRMWARE_BASE + page * PAGE_SIZE % FAKE_FIRMWARE;
	if (kind < 0xd0)
		return page * BLOCK_SIZE % FAKE_LOW;
	return kind < 0xe0 ? page : take(in, 8);
}

static void instruction(struct vcpu *v, struct input *in)
{
	static const u8 codes[][4] = { { 0xf2, 0x0f, 0x01, 0xff }, { 0xf3, 0x0f, 0x01, 0xfe } };

	memcpy(fake.code, codes[take(in, 1) & 1], 4);
	fake_snp.alias = take(in, 1) < 0xf0 ? SNP_C_BIT : 0;
	fake.unmapped = take(in, 1) == 0xff;
	v->vmcb->efer = BIT(10);
	v->vmcb->cs.attributes = BIT(9);
	v->vmcb->cpl = take(in, 1) == 0xff ? 3 : 0;
	v->reg[RAX] = address(in);
	v->reg[RCX] = take(in, 1) & 3;
	v->reg[RDX] = take(in, 3);
	model.exit(v, VMEXIT_EXCEPTION_UD, 0, 0);
}

/* Page contents: sparse fields over what is there. */
static void ghcb_page(struct input *in, u64 gpa, u8 *page)
{
	static const u32 codes[] = { 0x27,       0x37,       0x6e,       0x72,
				     0x7b,       0x7c,       0x81,       0x80000001,
				     0x80000002, 0x80000003, 0x80000005, 0x80000010,
				     0x80000011, 0x80000012, 0x80000013, 0x8000fffd };
	u64 code = codes[take(in, 1) % ARRAY_SIZE(codes)], info1, info2, scratch;
	u64 bits = take(in, 1);

	memset(page + GHCB_BITMAP, bits < 0xe0 ? 0xff : (int)bits, GHCB_BITMAP_SIZE);
	info1 = (bits & 1) != 0 ? address(in) : take(in, 8);
	info2 = (bits & 2) != 0 ? address(in) : take(in, 8);
	scratch = (bits & 4) != 0 ? gpa + GHCB_BUFFER + (take(in, 2) & 0x7ff) : address(in);
	memcpy(page + GHCB_EXITCODE, &code, 8);
	memcpy(page + GHCB_INFO1, &info1, 8);
	memcpy(page + GHCB_INFO2, &info2, 8);
	memcpy(page + GHCB_SCRATCH, &scratch, 8);
	memset(page + GHCB_USAGE, bits == 0xdf, 4);
	for (unsigned n = take(in, 1) & 0x3f; n > 0; n--)
		page[GHCB_BUFFER + (take(in, 1) & 0x7f)] = (u8)take(in, 1);
	for (unsigned n = take(in, 1) & 7; n > 0; n--)
		page[take(in, 2) & 0xfff] = (u8)take(in, 1);
}

static void vmgexit(struct vcpu *v, struct input *in)
{
	static const u8 code[] = { 0xf3, 0x0f, 0x01, 0xd9 };
	u64 gpa = (take(in, 1) & 3) * PAGE_SIZE + PAGE_SIZE, word = take(in, 8);
	u8 *page = host_shared(gpa);

	memcpy(fake.code, code, sizeof(code));
	switch (take(in, 1) & 3) {
	case 0:
		break;
	case 1:
		word = gpa | GHCB_MSR_PSC_REQ | 2ULL << 52;
		break;
	case 2:
		word = gpa | GHCB_MSR_REG_GPA_REQ;
		break;
	default:
		word = gpa;
		if (page != NULL)
			ghcb_page(in, gpa, page);
		break;
	}
	v->reg[RCX] = MSR_AMD_GHCB;
	v->reg[RAX] = (u32)word;
	v->reg[RDX] = word >> 32;
	model.exit(v, VMEXIT_MSR, 1, 0);
	model.exit(v, VMEXIT_VMMCALL, 0, 0);
}

static void nested_fault(struct vcpu *v, struct input *in)
{
	static const u64 kinds[] = { NPF_FINAL, NPF_FINAL | NPF_WRITE, NPF_WALK | NPF_WRITE,
				     NPF_FINAL | NPF_FETCH };
	u64 kind = take(in, 1), gpa = address(in) & (SNP_C_BIT - 1);

	/* The unpaged world has no upper half. */
	if ((kind & 4) != 0 && snp_c_bit_works(v))
		gpa |= SNP_C_BIT;
	model.exit(v, VMEXIT_NPF, kinds[kind & 3], gpa);
}

static void step(struct vcpu *v, struct input *in)
{
	switch (take(in, 1) % 8) {
	case 0:
	case 1:
		instruction(v, in);
		break;
	case 2:
	case 3:
		nested_fault(v, in);
		break;
	case 4:
		fake.cr_value = (take(in, 1) & 1) != 0 ? CR0_PAGED : 0x11;
		model.exit(v, VMEXIT_CR0_WRITE, 0, 0);
		break;
	case 5:
		model.enter(&vcpus[1]);
		break;
	default:
		vmgexit(v, in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct vcpu *v = fake_reset();

	for (unsigned i = 0; i < STEPS && in.size != 0; i++) {
		/* A verdict ends the run. */
		if (ENDS(step(v, &in)))
			break;
		if (i % 4 == 0)
			fake_invariants();
	}
	fake_invariants();
	return 0;
}
