/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmsa.h"

#include <string.h>

#define SEL_CODE     0x08u
#define SEL_DATA     0x10u
#define ATTR_CODE64  0xa9bu /* present, code, L, G */
#define ATTR_DATA    0xc93u /* present, writable data, DB, G */
#define ATTR_LDT     0x082u
#define ATTR_TSS     0x08bu /* busy: what VMRUN wants */
#define LIMIT_FLAT   0xffffffffu
#define LIMIT_64K    0xffffu

#define EFER_LME     BIT(8)
#define EFER_LMA     BIT(10)
#define EFER_NXE     BIT(11)
#define EFER_SVME    BIT(12) /* VMRUN insists on it */

#define DR6_RESET    0xffff0ff0u
#define DR7_RESET    0x400u
#define RFLAGS_RESET 0x2u
#define PAT_RESET    0x0007040600070406ULL
#define XCR0_X87     1u
#define MXCSR_RESET  0x1f80u
#define FCW_RESET    0x40u
#define FTW_RESET    0x5555u

static void put(u8 *page, unsigned at, u64 v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		page[at + i] = (u8)(v >> (8 * i));
}

static void segment(u8 *page, unsigned at, u16 selector, u16 attributes, u32 limit)
{
	put(page, at, selector, 2);
	put(page, at + 2, attributes, 2);
	put(page, at + 4, limit, 4);
}

static void segments(u8 *page)
{
	static const u16 data[] = { VMSA_ES, VMSA_SS, VMSA_DS, VMSA_FS, VMSA_GS };

	segment(page, VMSA_CS, SEL_CODE, ATTR_CODE64, LIMIT_FLAT);
	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		segment(page, data[i], SEL_DATA, ATTR_DATA, LIMIT_FLAT);
	segment(page, VMSA_GDTR, 0, 0, LIMIT_64K);
	segment(page, VMSA_IDTR, 0, 0, LIMIT_64K);
	segment(page, VMSA_LDTR, 0, ATTR_LDT, LIMIT_64K);
	segment(page, VMSA_TR, 0, ATTR_TSS, LIMIT_64K);
}

void vmsa_build(u8 page[VMSA_SIZE], const struct vmsa_start *s)
{
	memset(page, 0, VMSA_SIZE);
	segments(page);
	put(page, VMSA_EFER, EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME, 8);
	put(page, VMSA_CR0, s->cr0, 8);
	put(page, VMSA_CR3, s->cr3, 8);
	put(page, VMSA_CR4, s->cr4, 8);
	put(page, VMSA_DR6, DR6_RESET, 8);
	put(page, VMSA_DR7, DR7_RESET, 8);
	put(page, VMSA_RFLAGS, RFLAGS_RESET, 8);
	put(page, VMSA_RIP, s->rip, 8);
	put(page, VMSA_RDI, s->rdi, 8);
	put(page, VMSA_G_PAT, PAT_RESET, 8);
	put(page, VMSA_SEV_FEATURES, s->sev_features, 8);
	put(page, VMSA_XCR0, XCR0_X87, 8);
	put(page, VMSA_MXCSR, MXCSR_RESET, 4);
	put(page, VMSA_FCW, FCW_RESET, 2);
	put(page, VMSA_FTW, FTW_RESET, 2);
}
