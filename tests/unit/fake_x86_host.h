/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Core and vmm below an x86 model for native tests, as far as SNP's and TDX's need the same: two
 * kinds of guest memory in arrays, nested tables as arrays that can be held against what the model
 * thinks, devices that record, a verdict as a way out.
 *
 * The includer (fake_snp.h, fake_tdx_host.h) has included its model's headers and defined FAKE_LOW,
 * FAKE_HIGH, FAKE_FIRMWARE (bytes of memory) and FAKE_POOL (bytes for core_pages()).
 */
#ifndef FAKE_X86_HOST_H
#define FAKE_X86_HOST_H

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_mutant.h"

#define FAKE_PAGES    ((FAKE_LOW + FAKE_HIGH + FAKE_FIRMWARE) / PAGE_SIZE)
#define FAKE_CPUS     2
#define FAKE_NPTS     2
#define HIGH_BASE     GIB(4)
#define FIRMWARE_BASE (GIB(4) - FAKE_FIRMWARE)

struct host_config config;
struct vcpu vcpus[CORE_MAX_CPUS];
u32 (*vmm_coop_hook)(struct vcpu *v, u32 command, const u64 *in, u64 *out);
u64 vmm_conversions;

struct fake_leaf {
	u64 mpa;
	u8 perms;
	bool large;
};
struct npt {
	struct fake_leaf leaf[2][FAKE_PAGES]; /* address bit model.alias_bit clear, set */
};

static u8 fake_private[FAKE_PAGES * PAGE_SIZE] ALIGNED(2097152);
static u8 fake_shared[FAKE_LOW + FAKE_HIGH] ALIGNED(2097152);
static u8 fake_image[FAKE_FIRMWARE];
static u8 fake_pool[FAKE_POOL] ALIGNED(4096);
static struct vmcb fake_vmcb[CORE_MAX_CPUS];
static struct npt fake_npt[FAKE_NPTS]; /* in the order of npt_new() */

/* Not in `fake`: a statement that may end in a verdict may start with a reset. */
static jmp_buf fake_jump;
static bool fake_catching;

static struct {
	size_t pool;
	unsigned npts, flushes, violations, halts;
	char word[16], detail[256]; /* the last verdict */
	enum fault_id fault;
	/* what the guest is given */
	unsigned vector;
	u32 error;
	/* instruction bytes and address space */
	u8 code[16];
	bool unmapped;
	u64 cr_value;
	u64 device; /* the value of every device */
} fake;

static inline void fake_host_reset(void)
{
	memset(fake_pool, 0, fake.pool);
	memset(&fake, 0, sizeof(fake));
	memset(&config, 0, sizeof(config));
	memset(vcpus, 0, sizeof(vcpus));
	memset(fake_vmcb, 0, sizeof(fake_vmcb));
	memset(fake_npt, 0, sizeof(fake_npt));
	config.cpus = FAKE_CPUS;
	config.mem = FAKE_LOW + FAKE_HIGH;
	for (unsigned i = 0; i < CORE_MAX_CPUS; i++) {
		vcpus[i].index = i;
		vcpus[i].vmcb = &fake_vmcb[i];
	}
}

/* Runs it to its end or to a verdict; true: a verdict. */
#define ENDS(statement)                                                                            \
	(fake_catching = true, setjmp(fake_jump) == 0                                              \
				   ? ((void)(statement), fake_catching = false, false)             \
				   : (fake_catching = false, true))

/* ---- core ---- */

FORMAT_PRINTF(2, 0)
static inline NORETURN void fake_end(const char *word, const char *fmt, va_list ap)
{
	snprintf(fake.word, sizeof(fake.word), "%s", word);
	vsnprintf(fake.detail, sizeof(fake.detail), fmt, ap);
	if (!fake_catching) {
		fprintf(stderr, "verdict: %s %s\n", fake.word, fake.detail);
		abort();
	}
	longjmp(fake_jump, 1);
}

void core_verdict(const char *word, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fake_end(word, fmt, ap);
}

void violation(const char *kind, const char *fmt, ...)
{
	(void)kind;
	(void)fmt;
	fake.violations++;
}

bool fault_on(enum fault_id f)
{
	return f == fake.fault && f != FAULT_NONE_CHOSEN;
}

struct blob core_guest_image(void)
{
	return (struct blob){ fake_image, sizeof(fake_image) };
}

u64 guest_low_size(void)
{
	return FAKE_LOW;
}

u64 guest_high_size(void)
{
	return FAKE_HIGH;
}

bool guest_is_ram(u64 gpa)
{
	return gpa < FAKE_LOW || (gpa >= HIGH_BASE && gpa - HIGH_BASE < FAKE_HIGH);
}

bool guest_is_firmware(u64 gpa)
{
	return gpa >= FIRMWARE_BASE && gpa < HIGH_BASE;
}

static inline u64 fake_offset(u64 gpa)
{
	if (gpa >= HIGH_BASE)
		return gpa - HIGH_BASE + FAKE_LOW;
	return guest_is_firmware(gpa) ? gpa - FIRMWARE_BASE + FAKE_LOW + FAKE_HIGH : gpa;
}

u64 backing_private(u64 gpa)
{
	if (!guest_is_ram(gpa) && !guest_is_firmware(gpa))
		return 0;
	return (u64)(uintptr_t)fake_private + fake_offset(gpa);
}

u64 backing_shared(u64 gpa)
{
	return guest_is_ram(gpa) ? (u64)(uintptr_t)fake_shared + fake_offset(gpa) : 0;
}

void *core_pages(size_t count)
{
	u8 *p = fake_pool + fake.pool;

	fake.pool += count * PAGE_SIZE;
	assert(fake.pool <= FAKE_POOL);
	return p;
}

void core_flush(struct vcpu *self)
{
	(void)self;
	fake.flushes++;
}

u64 core_now(void)
{
	return 0x123456789aULL;
}

void skip_instruction(struct vcpu *v, unsigned length)
{
	v->vmcb->rip += length;
}

void cr_set(struct vcpu *v, unsigned cr, u64 value)
{
	if (cr == 0)
		v->vmcb->cr0 = value;
	else
		v->vmcb->cr4 = value;
}

/* What core/poison.c is told; it is judged by its own test. */
void poison_lay(u64 gpa)
{
	assert(is_aligned(gpa, PAGE_SIZE));
}

void poison_check(u64 gpa)
{
	assert(is_aligned(gpa, PAGE_SIZE));
}

void secret_seen(u64 value, unsigned width)
{
	(void)value;
	assert(width == 8);
}

/* ---- nested tables ---- */

struct npt *npt_new(void)
{
	assert(fake.npts < FAKE_NPTS);
	return &fake_npt[fake.npts++];
}

static inline struct fake_leaf *fake_leaf(struct npt *n, u64 gpa)
{
	bool alias = (gpa & model.alias_bit) != 0;

	gpa &= ~model.alias_bit;
	/* Firmware has no shared side in a model whose alias is that. */
	assert(guest_is_ram(gpa) || (guest_is_firmware(gpa) && (!alias || model.alias_is_private)));
	return &n->leaf[alias][fake_offset(gpa) / PAGE_SIZE];
}

void npt_map(struct npt *n, u64 gpa, u64 mpa, u64 size, unsigned perms)
{
	assert(size == PAGE_SIZE || size == BLOCK_SIZE);
	assert(is_aligned(gpa, size) && is_aligned(mpa, size) && mpa != 0);
	for (u64 at = 0; at < size; at += PAGE_SIZE)
		*fake_leaf(n, gpa + at) =
		    (struct fake_leaf){ mpa + at, (u8)perms, size == BLOCK_SIZE };
}

void npt_unmap(struct npt *n, u64 gpa, u64 size)
{
	assert(is_aligned(gpa | size, PAGE_SIZE));
	for (u64 at = 0; at < size; at += PAGE_SIZE)
		*fake_leaf(n, gpa + at) = (struct fake_leaf){ 0 };
}

bool npt_lookup(const struct npt *n, u64 gpa, u64 *mpa, u64 *size, unsigned *perms)
{
	const struct fake_leaf *l = fake_leaf((struct npt *)(uintptr_t)n, gpa);

	*mpa = l->mpa;
	*perms = l->perms;
	*size = l->large ? BLOCK_SIZE : PAGE_SIZE;
	return l->perms != 0;
}

/* ---- vmm ---- */

bool vmm_is_mmio(u64 gpa)
{
	return !guest_is_ram(gpa) && !guest_is_firmware(gpa);
}

static inline void fake_mmio(u64 gpa, unsigned width)
{
	assert(vmm_is_mmio(gpa) && width != 0 && (width & (width - 1)) == 0 && width <= 8);
}

u64 vmm_mmio_read(struct vcpu *v, u64 gpa, unsigned width)
{
	(void)v;
	fake_mmio(gpa, width);
	return fake.device;
}

void vmm_mmio_write(struct vcpu *v, u64 gpa, unsigned width, u64 value)
{
	(void)v;
	fake_mmio(gpa, width);
	fake.device = value;
}

void vmm_inject(struct vcpu *v)
{
	(void)v;
}

#endif
