/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Core, vmm and PSP below the SNP model for native tests: two kinds of guest memory in arrays,
 * nested tables as arrays that can be held against the RMP, a guest whose address space is an
 * identity map with the C-bit the test asks for.
 */
#ifndef FAKE_SNP_H
#define FAKE_SNP_H

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_mutant.h"
#include "snp.h"

#define FAKE_LOW      MIB(4)
#define FAKE_HIGH     MIB(2)
#define FAKE_FIRMWARE KIB(64)
#define FAKE_PAGES    ((FAKE_LOW + FAKE_HIGH + FAKE_FIRMWARE) / PAGE_SIZE)
#define FAKE_POOL     (6 * 1024 * 1024)
#define FAKE_CPUS     2
#define HIGH_BASE     GIB(4)
#define FIRMWARE_BASE (GIB(4) - FAKE_FIRMWARE)
#define CR0_PAGED     0x80000011ULL
#define CR4_PAGED     0x20ULL

struct host_config config;
struct vcpu vcpus[CORE_MAX_CPUS];
void (*vmm_on_init)(struct vcpu *target);
void (*vmm_on_sipi)(struct vcpu *target, u8 vector);
u32 (*vmm_coop_hook)(struct vcpu *v, u32 command, const u64 *in, u64 *out);
u64 vmm_conversions;

struct fake_leaf {
	u64 mpa;
	u8 perms;
	bool large;
};
struct npt {
	struct fake_leaf leaf[2][FAKE_PAGES]; /* low alias, C-bit */
};

static u8 fake_private[FAKE_PAGES * PAGE_SIZE] ALIGNED(2097152);
static u8 fake_shared[FAKE_LOW + FAKE_HIGH] ALIGNED(2097152);
static u8 fake_firmware[FAKE_FIRMWARE];
static u8 fake_pool[FAKE_POOL] ALIGNED(4096);
static struct vmcb fake_vmcb[CORE_MAX_CPUS];
static struct npt fake_npt[2]; /* paged, unpaged */

static struct {
	size_t pool;
	unsigned npts, flushes;
	jmp_buf end;
	bool catching;
	char word[16], detail[256];
	enum fault_id fault;
	/* what the guest is given */
	unsigned vector;
	u32 error;
	bool has_error;
	enum status deliver; /* of event_deliver() */
	/* instruction bytes and address space */
	u8 code[16];
	u64 alias; /* C-bit of the identity map */
	bool unmapped;
	u64 cr_value;
	enum status cr_status;
	/* devices */
	u64 device, port_value;
	unsigned port_width, port_count;
	u16 port;
	unsigned nmi_done, halts, parks, violations;
	void (*park)(struct vcpu *v); /* what others do while v waits */
	u32 psp_error;
	u8 vmsa[PAGE_SIZE];
} fake;

static inline struct vcpu *fake_reset(void)
{
	memset(fake_pool, 0, fake.pool);
	memset(&fake, 0, sizeof(fake));
	memset(&config, 0, sizeof(config));
	memset(vcpus, 0, sizeof(vcpus));
	memset(fake_vmcb, 0, sizeof(fake_vmcb));
	memset(fake_npt, 0, sizeof(fake_npt));
	config.cpus = FAKE_CPUS;
	config.mem = FAKE_LOW + FAKE_HIGH;
	config.trace = true;
	for (unsigned i = 0; i < CORE_MAX_CPUS; i++) {
		vcpus[i].index = i;
		vcpus[i].vmcb = &fake_vmcb[i];
	}
	model.launch();
	fake.alias = SNP_C_BIT;
	fake_vmcb[0].cr0 = CR0_PAGED;
	fake_vmcb[0].cr4 = CR4_PAGED;
	snp_choose_world(&vcpus[0]);
	return &vcpus[0];
}

/* Runs it to its end or to a verdict; true: a verdict. */
#define ENDS(statement)                                                                            \
	(fake.catching = true, setjmp(fake.end) == 0                                               \
				   ? ((void)(statement), fake.catching = false, false)             \
				   : (fake.catching = false, true))

/* ---- core ---- */

static inline NORETURN __attribute__((format(printf, 2, 0))) void
fake_end(const char *word, const char *fmt, va_list ap)
{
	snprintf(fake.word, sizeof(fake.word), "%s", word);
	vsnprintf(fake.detail, sizeof(fake.detail), fmt, ap);
	if (!fake.catching) {
		fprintf(stderr, "verdict: %s %s\n", fake.word, fake.detail);
		abort();
	}
	longjmp(fake.end, 1);
}

void core_verdict(const char *word, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fake_end(word, fmt, ap);
}

/* No guest may bring the model to it. */
void core_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

void violation(const char *kind, const char *fmt, ...)
{
	(void)kind;
	(void)fmt;
	fake.violations++;
}

void counter_add(const char *name, u64 n)
{
	(void)name;
	(void)n;
}

bool fault_on(enum fault_id f)
{
	return f == fake.fault && f != FAULT_NONE_CHOSEN;
}

struct blob core_guest_image(void)
{
	return (struct blob){ fake_firmware, sizeof(fake_firmware) };
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

void core_kick(struct vcpu *v)
{
	(void)v;
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
	assert(t == EVENT_EXCEPTION);
	fake.vector = vector;
	fake.has_error = has_error;
	fake.error = error;
}

enum status event_deliver(struct vcpu *v, unsigned vector, bool has_error, u32 error)
{
	if (fake.deliver == ST_OK)
		event_inject(v, EVENT_EXCEPTION, vector, has_error, error);
	return fake.deliver;
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
	*out = (struct walk){ .gpa = (va & ~SNP_C_BIT) | fake.alias, .size = 12 };
	return ST_OK;
}

size_t guest_fetch(struct vcpu *v, u8 *buf, size_t n)
{
	(void)v;
	memcpy(buf, fake.code, n);
	return n;
}

void vmcb_reset(struct vcpu *v)
{
	memset(v->vmcb, 0, sizeof(*v->vmcb));
}

enum status cr_decode_write(struct vcpu *v, unsigned cr, u64 *value, unsigned *length)
{
	(void)v;
	(void)cr;
	*value = fake.cr_value;
	*length = 3;
	return fake.cr_status;
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
	assert(fake.npts < 2);
	return &fake_npt[fake.npts++];
}

static inline struct fake_leaf *fake_leaf(struct npt *n, u64 gpa)
{
	size_t i;

	assert(snp_page_index(gpa & ~SNP_C_BIT, &i));
	return &n->leaf[(gpa & SNP_C_BIT) != 0][i];
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

u32 vmm_port_in(struct vcpu *v, u16 port, unsigned width)
{
	(void)v;
	fake.port = port;
	fake.port_width = width;
	fake.port_count++;
	return (u32)fake.device;
}

void vmm_port_out(struct vcpu *v, u16 port, unsigned width, u32 value)
{
	(void)v;
	fake.port = port;
	fake.port_width = width;
	fake.port_count++;
	fake.port_value = value;
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
	return msr == 0x1b;
}

bool vmm_msr_write(struct vcpu *v, u32 msr, u64 value)
{
	(void)v;
	fake.device = value;
	return msr == 0x1b;
}

struct vcpu *vmm_find(u32 apic_id)
{
	return apic_id < config.cpus ? &vcpus[apic_id] : NULL;
}

void vmm_inject(struct vcpu *v)
{
	(void)v;
}

void vmm_nmi_done(struct vcpu *v)
{
	(void)v;
	fake.nmi_done++;
}

void vmm_halt(struct vcpu *v, bool interrupts_blocked)
{
	(void)v;
	(void)interrupts_blocked;
	fake.halts++;
}

/* As the vmm does when nobody can wake anyone. */
void vmm_park(struct vcpu *v)
{
	fake.parks++;
	if (fake.park == NULL)
		core_verdict("stuck", "parked");
	fake.park(v);
}

void vmm_unhalt(struct vcpu *v)
{
	(void)v;
}

void lapic_reset(struct vcpu *v, unsigned flags)
{
	(void)v;
	(void)flags;
}

/* ---- PSP ---- */

void snp_launch(void)
{
}

const u8 *snp_launch_vmsa(unsigned index)
{
	(void)index;
	return fake.vmsa;
}

void snp_vmsa_load(struct vcpu *v, const u8 vmsa[PAGE_SIZE])
{
	memcpy(&v->vmcb->cr0, vmsa + VMSA_CR0, 8);
	memcpy(&v->vmcb->cr4, vmsa + VMSA_CR4, 8);
	memcpy(&v->vmcb->efer, vmsa + VMSA_EFER, 8);
	memcpy(&v->vmcb->rip, vmsa + VMSA_RIP, 8);
}

void snp_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4])
{
	(void)v;
	for (u32 i = 0; i < 4; i++)
		out[i] = leaf + subleaf * 0x100 + i;
}

u32 psp_guest_request(const u8 request[PAGE_SIZE], u8 response[PAGE_SIZE])
{
	for (size_t i = 0; i < PAGE_SIZE; i++)
		response[i] = (u8)~request[i];
	return fake.psp_error;
}

struct blob snp_certificates(void)
{
	static const u8 table[PAGE_SIZE + 100] = { [0] = 0xce, [PAGE_SIZE] = 0x27 };

	return (struct blob){ table, sizeof(table) };
}

/* What must hold whatever a guest did. */
#include "snp_invariants.h"

#endif
