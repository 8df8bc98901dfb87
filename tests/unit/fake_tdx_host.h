/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Core and vmm below the TDX model for native tests: two kinds of guest memory in arrays, nested
 * tables as arrays that can be held against the secure EPT, a guest whose address space is an
 * identity map, and a small flash image with TDX metadata.
 */
#ifndef FAKE_TDX_HOST_H
#define FAKE_TDX_HOST_H

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "native_mutant.h"
#include "tdx.h"
#include "vmm/vmm.h"

#define FAKE_LOW      MIB(6)
#define FAKE_HIGH     MIB(4)
#define FAKE_FIRMWARE KIB(8)
#define FAKE_PAGES    ((FAKE_LOW + FAKE_HIGH + FAKE_FIRMWARE) / PAGE_SIZE)
#define FAKE_POOL     KIB(512)
#define FAKE_CPUS     2
#define HIGH_BASE     GIB(4)
#define FIRMWARE_BASE (GIB(4) - FAKE_FIRMWARE)
#define SHARED        BIT(51)

/* Sections of the image: pages of the second 2 MiB block, and the flash itself. */
#define HOB_GPA   0x200000ULL
#define HOB_SIZE  0x2000ULL
#define TEMP_GPA  0x203000ULL
#define TEMP_SIZE 0x3000ULL
#define META_AT   (FAKE_FIRMWARE - 0x400)
#define TABLE_AT  (FAKE_FIRMWARE - 0x30)
#define NO_VECTOR 0xffu

struct host_config config;
struct vcpu vcpus[CORE_MAX_CPUS];
u64 core_tsc_hz = 1000000000;
u64 vmm_conversions;
u32 (*vmm_coop_hook)(struct vcpu *v, u32 command, const u64 *in, u64 *out);

struct fake_leaf {
	u64 mpa;
	u8 perms;
};
struct npt {
	struct fake_leaf leaf[2][FAKE_PAGES]; /* private, shared */
};

static u8 fake_private[FAKE_PAGES * PAGE_SIZE] ALIGNED(2097152);
static u8 fake_shared[FAKE_LOW + FAKE_HIGH] ALIGNED(2097152);
static u8 fake_image[FAKE_FIRMWARE];
static u8 fake_pool[FAKE_POOL] ALIGNED(4096);
static struct vmcb fake_vmcb[CORE_MAX_CPUS];
static struct npt fake_npt;

static jmp_buf fake_jump;
static bool fake_catching;
static bool fake_dirty; /* memory need not start as zeros: fuzzers in a hurry */
static struct {
	size_t pool;
	unsigned flushes, violations, halts, raised;
	char word[16], detail[256];
	enum fault_id fault;
	unsigned vector; /* NO_VECTOR: no event */
	u32 error;
	u8 code[16];
	bool unmapped;
	u64 cr_value, xcr0, device;
	u64 counter_accepts, counter_mapgpa;
	u8 measurement[TDX_DIGEST_SIZE], evidence[QUOTE_MAX];
	size_t evidence_size;
} fake;

/* Runs it to its end or to a verdict; true: a verdict. */
#define ENDS(statement)                                                                            \
	(fake_catching = true, setjmp(fake_jump) == 0                                              \
				   ? ((void)(statement), fake_catching = false, false)             \
				   : (fake_catching = false, true))

/* ---- the image ---- */

static const u8 fake_footer[16] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
				    0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };
static const u8 fake_entry[16] = { 0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47,
				   0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2 };

static inline void fake_section(unsigned n, u32 offset, u32 raw, u64 gpa, u64 size, u32 type,
				u32 attributes)
{
	u8 *p = fake_image + META_AT + TDVF_DESCRIPTOR_SIZE + n * TDVF_SECTION_SIZE;

	put_le(p + TDVF_DATA_OFFSET, offset, 4);
	put_le(p + TDVF_RAW_SIZE, raw, 4);
	put_le(p + TDVF_MEMORY_ADDRESS, gpa, 8);
	put_le(p + TDVF_MEMORY_SIZE, size, 8);
	put_le(p + TDVF_TYPE, type, 4);
	put_le(p + TDVF_ATTRIBUTES, attributes, 4);
}

static inline void fake_make_image(void)
{
	for (size_t i = 0; i < sizeof(fake_image); i++)
		fake_image[i] = (u8)(i * 7 + (i >> 8));
	put_le(fake_image + META_AT, TDVF_SIGNATURE, 4);
	put_le(fake_image + META_AT + 4, TDVF_DESCRIPTOR_SIZE + 3 * TDVF_SECTION_SIZE, 4);
	put_le(fake_image + META_AT + 8, TDVF_VERSION, 4);
	put_le(fake_image + META_AT + 12, 3, 4);
	fake_section(0, 0, FAKE_FIRMWARE, FIRMWARE_BASE, FAKE_FIRMWARE, TDVF_BFV, TDVF_MR_EXTEND);
	fake_section(1, 0, 0, HOB_GPA, HOB_SIZE, TDVF_TD_HOB, 0);
	fake_section(2, 0, 0, TEMP_GPA, TEMP_SIZE, TDVF_TEMP_MEM, 0);
	memcpy(fake_image + TABLE_AT, fake_footer, 16);
	put_le(fake_image + TABLE_AT - 2, 18 + 22, 2);
	memcpy(fake_image + TABLE_AT - 18, fake_entry, 16);
	put_le(fake_image + TABLE_AT - 20, 22, 2);
	put_le(fake_image + TABLE_AT - 24, FAKE_FIRMWARE - META_AT, 4);
}

static inline struct vcpu *fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	memset(&config, 0, sizeof(config));
	memset(vcpus, 0, sizeof(vcpus));
	memset(fake_vmcb, 0, sizeof(fake_vmcb));
	memset(&fake_npt, 0, sizeof(fake_npt));
	memset(fake_pool, 0, sizeof(fake_pool));
	if (!fake_dirty) {
		memset(fake_private, 0, sizeof(fake_private));
		memset(fake_shared, 0, sizeof(fake_shared));
	}
	fake.vector = NO_VECTOR;
	config.cpus = FAKE_CPUS;
	config.mem = FAKE_LOW + FAKE_HIGH;
	config.gpaw = 52;
	for (unsigned i = 0; i < CORE_MAX_CPUS; i++) {
		vcpus[i].index = i;
		vcpus[i].vmcb = &fake_vmcb[i];
	}
	return &vcpus[0];
}

/* A launched TD, its first vCPU in 64-bit mode. */
static inline struct vcpu *fake_boot(void)
{
	struct vcpu *v = fake_reset();

	fake_make_image();
	model.launch();
	for (unsigned i = 0; i < FAKE_CPUS; i++) {
		model.start(&vcpus[i]);
		fake_vmcb[i].efer |= BIT(8) | BIT(10);
		fake_vmcb[i].cr0 |= BIT(31) | BIT(16);
		fake_vmcb[i].cr4 |= BIT(5);
		fake_vmcb[i].cs.attributes = 0xa9b;
	}
	return v;
}

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

void core_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fake_end("panic", fmt, ap);
}

void channel_hex(const char *word, const u8 *data, size_t n)
{
	if (strcmp(word, "measurement") == 0) {
		memcpy(fake.measurement, data, n);
		return;
	}
	assert(strcmp(word, "evidence") == 0 && n <= sizeof(fake.evidence));
	memcpy(fake.evidence, data, n);
	fake.evidence_size = n;
}

void violation(const char *kind, const char *fmt, ...)
{
	(void)kind;
	(void)fmt;
	fake.violations++;
}

void counter_add(const char *name, u64 n)
{
	if (strcmp(name, "accepts") == 0)
		fake.counter_accepts += n;
	if (strcmp(name, "mapgpa") == 0)
		fake.counter_mapgpa += n;
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

void event_inject(struct vcpu *v, enum event_type t, unsigned vector, bool has_error, u32 error)
{
	(void)v;
	(void)has_error;
	assert(t == EVENT_EXCEPTION && fake.vector == NO_VECTOR);
	fake.vector = vector;
	fake.error = error;
}

bool event_pending(const struct vcpu *v)
{
	(void)v;
	return false;
}

void skip_instruction(struct vcpu *v, unsigned length)
{
	v->vmcb->rip += length;
}

enum status guest_walk(struct vcpu *v, u64 va, struct walk *out)
{
	(void)v;
	if (fake.unmapped)
		return ST_FAULT;
	*out = (struct walk){ .gpa = va, .size = 12 };
	return ST_OK;
}

u64 guest_linear_rip(const struct vcpu *v)
{
	return v->vmcb->rip;
}

size_t guest_fetch(struct vcpu *v, u8 *buf, size_t n)
{
	(void)v;
	memcpy(buf, fake.code, n);
	return fake.unmapped ? 0 : n;
}

enum status cr_decode_write(struct vcpu *v, unsigned cr, u64 *value, unsigned *length)
{
	(void)v;
	(void)cr;
	*value = fake.cr_value;
	*length = 3;
	return fake.unmapped ? ST_UNSUPPORTED : ST_OK;
}

void cr_set(struct vcpu *v, unsigned cr, u64 value)
{
	if (cr == 0)
		v->vmcb->cr0 = value;
	else
		v->vmcb->cr4 = value;
}

/* ---- nested tables ---- */

struct npt *npt_new(void)
{
	return &fake_npt;
}

static inline struct fake_leaf *fake_leaf(u64 gpa)
{
	bool shared = (gpa & shared_bit()) != 0;

	gpa &= ~shared_bit();
	assert(guest_is_ram(gpa) || (!shared && guest_is_firmware(gpa)));
	return &fake_npt.leaf[shared][fake_offset(gpa) / PAGE_SIZE];
}

void npt_map(struct npt *n, u64 gpa, u64 mpa, u64 size, unsigned perms)
{
	assert(n == &fake_npt && (size == PAGE_SIZE || size == BLOCK_SIZE));
	assert(is_aligned(gpa, size) && is_aligned(mpa, size) && mpa != 0);
	for (u64 at = 0; at < size; at += PAGE_SIZE)
		*fake_leaf(gpa + at) = (struct fake_leaf){ mpa + at, (u8)perms };
}

void npt_unmap(struct npt *n, u64 gpa, u64 size)
{
	(void)n;
	assert(is_aligned(gpa | size, PAGE_SIZE));
	for (u64 at = 0; at < size; at += PAGE_SIZE)
		*fake_leaf(gpa + at) = (struct fake_leaf){ 0 };
}

bool npt_lookup(const struct npt *n, u64 gpa, u64 *mpa, u64 *size, unsigned *perms)
{
	const struct fake_leaf *leaf = fake_leaf(gpa);

	(void)n;
	*mpa = leaf->mpa;
	*size = PAGE_SIZE;
	*perms = leaf->perms;
	return leaf->perms != 0;
}

/* Only accepted pages are reached, each through its own alias, and no page through both. */
static inline void fake_invariants(void)
{
	for (u64 gpa = 0; gpa < HIGH_BASE + FAKE_HIGH; gpa += PAGE_SIZE) {
		struct sept_walk w;

		if (gpa == FAKE_LOW)
			gpa = FIRMWARE_BASE;
		assert(sept_walk(gpa, &w));
		assert((fake_leaf(gpa)->perms != 0) == (w.state == SEPT_MAPPED));
		if (w.state == SEPT_MAPPED)
			assert(fake_leaf(gpa)->mpa == backing_private(gpa));
		if (!guest_is_ram(gpa))
			continue;
		assert(fake_leaf(gpa | shared_bit())->perms == 0 || host_page_shared(gpa));
		assert(!host_page_shared(gpa) || w.state == SEPT_FREE);
	}
}

/* ---- the machine ---- */

void hw_xsetbv(u64 value)
{
	fake.xcr0 = value;
}

void hw_tsc_aux_write(u32 value)
{
	fake.device = value;
}

u32 hw_tsc_aux_read(void)
{
	return (u32)fake.device;
}

/* ---- vmm ---- */

void lapic_reset(struct vcpu *v, unsigned flags)
{
	(void)v;
	assert(flags == VMM_X2APIC_ONLY);
}

void vmm_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4])
{
	(void)v;
	(void)subleaf;
	for (unsigned i = 0; i < 4; i++)
		out[i] = leaf == 0x40000000 ? 0x4d4d5600 + i : 0xffffffff;
}

u32 vmm_port_in(struct vcpu *v, u16 port, unsigned width)
{
	(void)v;
	assert(width == 1 || width == 2 || width == 4);
	return port;
}

void vmm_port_out(struct vcpu *v, u16 port, unsigned width, u32 value)
{
	(void)v;
	assert(width == 1 || width == 2 || width == 4);
	fake.device = port | (u64)value << 16;
}

bool vmm_is_mmio(u64 gpa)
{
	return !guest_is_ram(gpa) && !guest_is_firmware(gpa);
}

u64 vmm_mmio_read(struct vcpu *v, u64 gpa, unsigned width)
{
	(void)v;
	assert(vmm_is_mmio(gpa) && width != 0 && (width & (width - 1)) == 0 && width <= 8);
	return fake.device;
}

void vmm_mmio_write(struct vcpu *v, u64 gpa, unsigned width, u64 value)
{
	(void)v;
	assert(vmm_is_mmio(gpa) && width != 0 && (width & (width - 1)) == 0 && width <= 8);
	fake.device = value;
}

bool vmm_msr_read(struct vcpu *v, u32 msr, u64 *value)
{
	(void)v;
	*value = 0x1122334455667788ULL;
	return msr == 0x10 || msr == 0x1b || msr == 0x808;
}

bool vmm_msr_write(struct vcpu *v, u32 msr, u64 value)
{
	(void)v;
	fake.device = value;
	return msr == 0x10 || msr == 0x1b || msr == 0x808;
}

size_t vmm_e820(struct e820 *out, size_t max)
{
	assert(max >= 2);
	out[0] = (struct e820){ 0, FAKE_LOW, 1 };
	out[1] = (struct e820){ HIGH_BASE, FAKE_HIGH, 1 };
	return 2;
}

void vmm_raise(struct vcpu *v, unsigned vector)
{
	(void)v;
	fake.raised = vector;
}

void vmm_inject(struct vcpu *v)
{
	(void)v;
}

void vmm_nmi_done(struct vcpu *v)
{
	(void)v;
}

void vmm_halt(struct vcpu *v, bool interrupts_blocked)
{
	(void)v;
	fake.halts += interrupts_blocked ? 100 : 1;
}

#endif
