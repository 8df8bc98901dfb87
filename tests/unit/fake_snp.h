/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Core, vmm and PSP below the SNP model for native tests: two kinds of guest memory in arrays,
 * nested tables as arrays that can be held against the RMP, a guest whose address space is an
 * identity map with the C-bit the test asks for. fake_npt[0] is the paged world, [1] the unpaged.
 */
#ifndef FAKE_SNP_H
#define FAKE_SNP_H

#include "snp.h"

#define FAKE_LOW      MIB(4)
#define FAKE_HIGH     MIB(2)
#define FAKE_FIRMWARE KIB(64)
#define FAKE_POOL     (6 * 1024 * 1024)
#include "fake_x86_host.h"

#define CR0_PAGED 0x80000011ULL
#define CR4_PAGED 0x20ULL

void (*vmm_on_init)(struct vcpu *target);
void (*vmm_on_sipi)(struct vcpu *target, u8 vector);

/* What only this model is given or asks for. */
static struct {
	bool has_error;      /* of the exception in fake.vector */
	enum status deliver; /* of event_deliver() */
	u64 alias;           /* C-bit of the identity map */
	enum status cr_status;
	u64 port_value;
	unsigned port_width, port_count;
	u16 port;
	unsigned nmi_done;
	void (*park)(struct vcpu *v); /* what others do while v waits */
	unsigned unhalts, kicks;
	u32 psp_error;
	u8 vmsa[PAGE_SIZE];
} fake_snp;

static inline struct vcpu *fake_reset(void)
{
	fake_host_reset();
	memset(&fake_snp, 0, sizeof(fake_snp));
	config.trace = true;
	model.launch();
	fake_snp.alias = SNP_C_BIT;
	fake_vmcb[0].cr0 = CR0_PAGED;
	fake_vmcb[0].cr4 = CR4_PAGED;
	snp_choose_world(&vcpus[0]);
	return &vcpus[0];
}

/* ---- core ---- */

/* No guest may bring the model to it. */
void core_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

void counter_add(const char *name, u64 n)
{
	(void)name;
	(void)n;
}

void core_kick(struct vcpu *v)
{
	(void)v;
	fake_snp.kicks++;
}

void event_inject(struct vcpu *v, enum event_type t, unsigned vector, bool has_error, u32 error)
{
	(void)v;
	assert(t == EVENT_EXCEPTION);
	fake.vector = vector;
	fake_snp.has_error = has_error;
	fake.error = error;
}

bool event_pending(const struct vcpu *v)
{
	return v->reinject != 0;
}

enum status event_deliver(struct vcpu *v, unsigned vector, bool has_error, u32 error)
{
	if (fake_snp.deliver == ST_OK)
		event_inject(v, EVENT_EXCEPTION, vector, has_error, error);
	return fake_snp.deliver;
}

enum status guest_walk(struct vcpu *v, u64 va, struct walk *out)
{
	(void)v;
	if (fake.unmapped)
		return ST_FAULT;
	*out = (struct walk){ .gpa = (va & ~SNP_C_BIT) | fake_snp.alias, .size = 12 };
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
	return fake_snp.cr_status;
}

/* ---- vmm ---- */

u32 vmm_port_in(struct vcpu *v, u16 port, unsigned width)
{
	(void)v;
	fake_snp.port = port;
	fake_snp.port_width = width;
	fake_snp.port_count++;
	return (u32)fake.device;
}

void vmm_port_out(struct vcpu *v, u16 port, unsigned width, u32 value)
{
	(void)v;
	fake_snp.port = port;
	fake_snp.port_width = width;
	fake_snp.port_count++;
	fake_snp.port_value = value;
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

void vmm_nmi_done(struct vcpu *v)
{
	(void)v;
	fake_snp.nmi_done++;
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
	if (fake_snp.park == NULL)
		core_verdict("stuck", "parked");
	fake_snp.park(v);
}

void vmm_unhalt(struct vcpu *v)
{
	(void)v;
	fake_snp.unhalts++;
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
	return fake_snp.vmsa;
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
	return fake_snp.psp_error;
}

struct blob snp_certificates(void)
{
	static const u8 table[PAGE_SIZE + 100] = { [0] = 0xce, [PAGE_SIZE] = 0x27 };

	return (struct blob){ table, sizeof(table) };
}

/* What must hold whatever a guest did. */
#include "snp_invariants.h"

static inline int teardown(void **state)
{
	(void)state;
	fake_invariants();
	return 0;
}

#endif
