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
#include "input.h"

#define STEPS 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Mostly a page of the guest, else anything. */
static u64 address(void)
{
	u64 kind = byte(), page = any(2);

	if (kind < 0x80)
		return page * PAGE_SIZE % FAKE_LOW;
	if (kind < 0xa0)
		return HIGH_BASE + page * PAGE_SIZE % FAKE_HIGH;
	if (kind < 0xb0)
		return FIRMWARE_BASE + page * PAGE_SIZE % FAKE_FIRMWARE;
	if (kind < 0xd0)
		return page * BLOCK_SIZE % FAKE_LOW;
	return kind < 0xe0 ? page : any(8);
}

static void instruction(struct vcpu *v)
{
	static const u8 codes[][4] = { { 0xf2, 0x0f, 0x01, 0xff }, { 0xf3, 0x0f, 0x01, 0xfe } };

	memcpy(fake.code, codes[byte() & 1], 4);
	fake_snp.alias = byte() < 0xf0 ? SNP_C_BIT : 0;
	fake.unmapped = byte() == 0xff;
	v->vmcb->efer = BIT(10);
	v->vmcb->cs.attributes = BIT(9);
	v->vmcb->cpl = byte() == 0xff ? 3 : 0;
	v->reg[RAX] = address();
	v->reg[RCX] = byte() & 3;
	v->reg[RDX] = any(3);
	model.exit(v, VMEXIT_EXCEPTION_UD, 0, 0);
}

/* Page contents: sparse fields over what is there. */
static void ghcb_page(u64 gpa, u8 *page)
{
	static const u32 codes[] = { 0x27,       0x37,       0x6e,       0x72,
				     0x7b,       0x7c,       0x81,       0x80000001,
				     0x80000002, 0x80000003, 0x80000005, 0x80000010,
				     0x80000011, 0x80000012, 0x80000013, 0x8000fffd };
	u64 code = codes[byte() % ARRAY_SIZE(codes)], info1, info2, scratch;
	u64 bits = byte();

	memset(page + GHCB_BITMAP, bits < 0xe0 ? 0xff : (int)bits, GHCB_BITMAP_SIZE);
	info1 = (bits & 1) != 0 ? address() : any(8);
	info2 = (bits & 2) != 0 ? address() : any(8);
	scratch = (bits & 4) != 0 ? gpa + GHCB_BUFFER + (any(2) & 0x7ff) : address();
	memcpy(page + GHCB_EXITCODE, &code, 8);
	memcpy(page + GHCB_INFO1, &info1, 8);
	memcpy(page + GHCB_INFO2, &info2, 8);
	memcpy(page + GHCB_SCRATCH, &scratch, 8);
	memset(page + GHCB_USAGE, bits == 0xdf, 4);
	for (unsigned n = byte() & 0x3f; n > 0; n--)
		page[GHCB_BUFFER + (byte() & 0x7f)] = byte();
	for (unsigned n = byte() & 7; n > 0; n--)
		page[any(2) & 0xfff] = byte();
}

static void vmgexit(struct vcpu *v)
{
	static const u8 code[] = { 0xf3, 0x0f, 0x01, 0xd9 };
	u64 gpa = (byte() & 3) * PAGE_SIZE + PAGE_SIZE, word = any(8);
	u8 *page = host_shared(gpa);

	memcpy(fake.code, code, sizeof(code));
	switch (byte() & 3) {
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
			ghcb_page(gpa, page);
		break;
	}
	v->reg[RCX] = MSR_AMD_GHCB;
	v->reg[RAX] = (u32)word;
	v->reg[RDX] = word >> 32;
	model.exit(v, VMEXIT_MSR, 1, 0);
	model.exit(v, VMEXIT_VMMCALL, 0, 0);
}

static void nested_fault(struct vcpu *v)
{
	static const u64 kinds[] = { NPF_FINAL, NPF_FINAL | NPF_WRITE, NPF_WALK | NPF_WRITE,
				     NPF_FINAL | NPF_FETCH };
	u64 kind = byte(), gpa = address() & (SNP_C_BIT - 1);

	/* The unpaged world has no upper half. */
	if ((kind & 4) != 0 && snp_c_bit_works(v))
		gpa |= SNP_C_BIT;
	model.exit(v, VMEXIT_NPF, kinds[kind & 3], gpa);
}

static void step(struct vcpu *v)
{
	switch (byte() % 8) {
	case 0:
	case 1:
		instruction(v);
		break;
	case 2:
	case 3:
		nested_fault(v);
		break;
	case 4:
		fake.cr_value = (byte() & 1) != 0 ? CR0_PAGED : 0x11;
		model.exit(v, VMEXIT_CR0_WRITE, 0, 0);
		break;
	case 5:
		model.enter(&vcpus[1]);
		break;
	default:
		vmgexit(v);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vcpu *v = fake_reset();

	input_start(data, size);
	for (unsigned i = 0; i < STEPS && input.left > 0; i++) {
		/* A verdict ends the run. */
		if (ENDS(step(v)))
			break;
		if (i % 4 == 0)
			fake_invariants();
	}
	fake_invariants();
	return 0;
}
