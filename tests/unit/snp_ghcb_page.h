/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's side of a GHCB for native tests of the SNP host: offsets written down from the
 * specification, not taken from the host's header. */
#ifndef SNP_GHCB_PAGE_H
#define SNP_GHCB_PAGE_H

#include "fake_snp.h"

#define PAGE_AT      0x3000ULL /* the GHCB */
#define SCRATCH_AT   (PAGE_AT + 0x800)
#define BUFFER       0x800
#define BUFFER_BYTES 2032

enum { G_CPL = 0xcb, G_RAX = 0x1f8, G_RCX = 0x308, G_RDX = 0x310, G_RBX = 0x318 };
enum { G_CODE = 0x390, G_INFO1 = 0x398, G_INFO2 = 0x3a0, G_SCRATCH = 0x3a8, G_XCR0 = 0x3e8 };

static u8 *ghcb; /* machine memory behind the page */

static inline u64 vmgexit_msr(struct vcpu *v, u64 word)
{
	static const u8 code[] = { 0xf3, 0x0f, 0x01, 0xd9 };

	memcpy(fake.code, code, sizeof(code));
	snp_hw(v)->ghcb_msr = word;
	model.exit(v, VMEXIT_VMMCALL, 0, 0);
	return snp_hw(v)->ghcb_msr;
}

static inline void g_set(unsigned offset, u64 value)
{
	memcpy(ghcb + offset, &value, sizeof(value));
	ghcb[0x3f0 + offset / 64] |= (u8)(1 << offset / 8 % 8);
}

static inline u64 g_get(unsigned offset)
{
	u64 value;

	memcpy(&value, ghcb + offset, sizeof(value));
	return value;
}

static inline bool g_valid(unsigned offset)
{
	return (ghcb[0x3f0 + offset / 64] >> offset / 8 % 8 & 1) != 0;
}

/* A fresh event; further inputs are set before g_go(). */
static inline void g_event(u64 code, u64 info1, u64 info2)
{
	memset(ghcb, 0, 0x408);
	g_set(G_CODE, code);
	g_set(G_INFO1, info1);
	g_set(G_INFO2, info2);
}

/* INFO1[31:0] of the answer. */
static inline u32 g_go(struct vcpu *v)
{
	vmgexit_msr(v, PAGE_AT);
	return (u32)g_get(G_INFO1);
}

/* The page shared and registered, as a guest starts. */
static inline struct vcpu *g_start(void)
{
	struct vcpu *v = fake_reset();

	vmgexit_msr(v, 0x0020000000000014ULL | PAGE_AT);
	vmgexit_msr(v, 0x012 | PAGE_AT);
	ghcb = host_shared(PAGE_AT);
	memset(ghcb, 0, PAGE_SIZE);
	ghcb[0xffa] = 2;
	return v;
}

/* ---- each test starts so ---- */

static struct vcpu *v;

static inline int setup(void **state)
{
	(void)state;
	v = g_start();
	return 0;
}

#define MALFORMED(error)                                                                           \
	do {                                                                                       \
		assert_int_equal(g_go(v), 2);                                                      \
		assert_int_equal(g_get(G_INFO2), error);                                           \
	} while (0)

#endif
