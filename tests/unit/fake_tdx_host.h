/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Core and vmm below the TDX model for native tests: two kinds of guest memory in arrays, nested
 * tables as arrays that can be held against the secure EPT, a guest whose address space is an
 * identity map, and a small flash image with TDX metadata.
 */
#ifndef FAKE_TDX_HOST_H
#define FAKE_TDX_HOST_H

#include "host.h"
#include "tdx.h"
#include "vmm/vmm.h"

#define FAKE_LOW      MIB(6)
#define FAKE_HIGH     MIB(4)
#define FAKE_FIRMWARE KIB(8)
#define FAKE_POOL     KIB(512)
#include "fake_x86_host.h"

#define SHARED BIT(51)

/* Sections of the image: pages of the second 2 MiB block, and the flash itself. */
#define HOB_GPA   0x200000ULL
#define HOB_SIZE  0x2000ULL
#define TEMP_GPA  0x203000ULL
#define TEMP_SIZE 0x3000ULL
#define META_AT   (FAKE_FIRMWARE - 0x400)
#define TABLE_AT  (FAKE_FIRMWARE - 0x30)
#define NO_VECTOR 0xffu /* in fake.vector: no event */

u64 vmm_apic_bus_hz;
u64 core_tsc_hz = 1000000000;

static bool fake_dirty; /* memory need not start as zeros: fuzzers in a hurry */

/* What only this model is given or asks for. */
static struct {
	unsigned raised;
	u64 xcr0;
	u64 counter_accepts, counter_mapgpa;
	u8 measurement[TDX_DIGEST_SIZE], evidence[QUOTE_MAX];
	size_t evidence_size;
	bool nmi_waits;
	u64 timer_by;
} fake_td;

/* ---- the image ---- */

static const u8 fake_footer[16] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
				    0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };
static const u8 fake_entry[16] = { 0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47,
				   0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2 };

static inline void fake_section(unsigned n, u32 offset, u32 raw, u64 gpa, u64 size, u32 type,
				u32 attributes)
{
	u8 *p = fake_image + META_AT + TDVF_DESCRIPTOR_SIZE + n * TDVF_SECTION_SIZE;

	le_put(p + TDVF_DATA_OFFSET, offset, 4);
	le_put(p + TDVF_RAW_SIZE, raw, 4);
	le_put(p + TDVF_MEMORY_ADDRESS, gpa, 8);
	le_put(p + TDVF_MEMORY_SIZE, size, 8);
	le_put(p + TDVF_TYPE, type, 4);
	le_put(p + TDVF_ATTRIBUTES, attributes, 4);
}

static inline void fake_make_image(void)
{
	for (size_t i = 0; i < sizeof(fake_image); i++)
		fake_image[i] = (u8)(i * 7 + (i >> 8));
	le_put(fake_image + META_AT, TDVF_SIGNATURE, 4);
	le_put(fake_image + META_AT + 4, TDVF_DESCRIPTOR_SIZE + 3 * TDVF_SECTION_SIZE, 4);
	le_put(fake_image + META_AT + 8, TDVF_VERSION, 4);
	le_put(fake_image + META_AT + 12, 3, 4);
	fake_section(0, 0, FAKE_FIRMWARE, FIRMWARE_BASE, FAKE_FIRMWARE, TDVF_BFV, TDVF_MR_EXTEND);
	fake_section(1, 0, 0, HOB_GPA, HOB_SIZE, TDVF_TD_HOB, 0);
	fake_section(2, 0, 0, TEMP_GPA, TEMP_SIZE, TDVF_TEMP_MEM, 0);
	memcpy(fake_image + TABLE_AT, fake_footer, 16);
	le_put(fake_image + TABLE_AT - 2, 18 + 22, 2);
	memcpy(fake_image + TABLE_AT - 18, fake_entry, 16);
	le_put(fake_image + TABLE_AT - 20, 22, 2);
	le_put(fake_image + TABLE_AT - 24, FAKE_FIRMWARE - META_AT, 4);
}

static inline struct vcpu *fake_reset(void)
{
	fake_host_reset();
	memset(&fake_td, 0, sizeof(fake_td));
	if (!fake_dirty) {
		memset(fake_private, 0, sizeof(fake_private));
		memset(fake_shared, 0, sizeof(fake_shared));
	}
	fake.vector = NO_VECTOR;
	config.gpaw = 52;
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

void core_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fake_end("panic", fmt, ap);
}

void channel_hex(const char *word, const u8 *data, size_t n)
{
	if (strcmp(word, "measurement") == 0) {
		memcpy(fake_td.measurement, data, n);
		return;
	}
	assert(strcmp(word, "evidence") == 0 && n <= sizeof(fake_td.evidence));
	memcpy(fake_td.evidence, data, n);
	fake_td.evidence_size = n;
}

void counter_add(const char *name, u64 n)
{
	if (strcmp(name, "accepts") == 0)
		fake_td.counter_accepts += n;
	if (strcmp(name, "mapgpa") == 0)
		fake_td.counter_mapgpa += n;
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

/* Only accepted pages are reached, each through its own alias, and no page through both. */
static inline void fake_invariants(void)
{
	for (u64 gpa = 0; gpa < HIGH_BASE + FAKE_HIGH; gpa += PAGE_SIZE) {
		struct sept_walk w;

		if (gpa == FAKE_LOW)
			gpa = FIRMWARE_BASE;
		assert(sept_walk(gpa, &w));
		assert((fake_leaf(&fake_npt[0], gpa)->perms != 0) == (w.state == SEPT_MAPPED));
		if (w.state == SEPT_MAPPED)
			assert(fake_leaf(&fake_npt[0], gpa)->mpa == backing_private(gpa));
		if (!guest_is_ram(gpa))
			continue;
		assert(fake_leaf(&fake_npt[0], gpa | shared_bit())->perms == 0 ||
		       host_page_shared(gpa));
		assert(!host_page_shared(gpa) || w.state == SEPT_FREE);
	}
}

/* ---- the machine ---- */

void hw_xsetbv(u64 value)
{
	fake_td.xcr0 = value;
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
	fake_td.raised = vector;
}

void vmm_nmi_done(struct vcpu *v)
{
	(void)v;
}

bool vmm_nmi_waits(const struct vcpu *v)
{
	(void)v;
	return fake_td.nmi_waits;
}

void core_timer_by(u64 deadline)
{
	fake_td.timer_by = deadline;
}

void vmm_halt(struct vcpu *v, bool interrupts_blocked)
{
	(void)v;
	fake.halts += interrupts_blocked ? 100 : 1;
}

#endif
