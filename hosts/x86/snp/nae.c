/* SPDX-License-Identifier: BSD-2-Clause */
/* Events that mirror an intercept: ports, MMIO, MSRs, CPUID, time. */
#include "snp.h"

#include <string.h>

#define VECTOR_GP     13
#define LOW32         0xffffffffULL
#define MSR_X2APIC_ID 0x802

void nae_cpuid(struct nae *n)
{
	u32 out[4];

	snp_cpuid(n->v, (u32)nae_get(n, GHCB_RAX), (u32)nae_get(n, GHCB_RCX), out);
	nae_set(n, GHCB_RAX, out[0]);
	nae_set(n, GHCB_RBX, out[1]);
	nae_set(n, GHCB_RCX, out[2]);
	nae_set(n, GHCB_RDX, out[3]);
}

void nae_time(struct nae *n)
{
	u64 tsc = core_now() + n->v->vmcb->tsc_offset;

	nae_set(n, GHCB_RAX, tsc & LOW32);
	if (!fault_on(FAULT_GHCB_OUTPUT_UNMARKED))
		nae_set(n, GHCB_RDX, tsc >> 32);
	if (n->code == GHCB_EXIT_RDTSCP)
		nae_set(n, GHCB_RCX, snp_hw(n->v)->tsc_aux);
}

void nae_msr(struct nae *n)
{
	u32 msr = (u32)nae_get(n, GHCB_RCX);
	u64 value = 0;

	if (n->info1 != GHCB_MSR_EVENT_READ) {
		value = (nae_get(n, GHCB_RAX) & LOW32) | nae_get(n, GHCB_RDX) << 32;
		if (!vmm_msr_write(n->v, msr, value))
			nae_exception(n, VECTOR_GP, true);
		return;
	}
	if (!vmm_msr_read(n->v, msr, &value)) {
		nae_exception(n, VECTOR_GP, true);
		return;
	}
	if (msr == MSR_X2APIC_ID && fault_on(FAULT_MSR_APIC_ID))
		value++;
	nae_set(n, GHCB_RAX, value & LOW32);
	nae_set(n, GHCB_RDX, value >> 32);
}

/* ---- ports ---- */

/* Where element i of a string output lies. */
static unsigned element(const struct nae *n, unsigned offset, unsigned width, u64 i)
{
	if (fault_on(FAULT_IOIO_STRING_REVERSED))
		i = n->info2 - 1 - i;
	return offset + (unsigned)i * width;
}

static void ioio_string(struct nae *n, u16 port, unsigned width)
{
	bool in = (n->info1 & GHCB_IOIO_IN) != 0;
	unsigned offset;

	if (V(n->info2 > GHCB_BUFFER_SIZE)) {
		nae_malformed(n, GHCB_ERR_SCRATCH);
		return;
	}
	if (V(nae_scratch(n, n->info2 * width, &offset) != ST_OK)) {
		nae_malformed(n, GHCB_ERR_SCRATCH);
		return;
	}
	for (u64 i = 0; i < n->info2; i++) {
		u32 value = 0;

		if (in) {
			value = vmm_port_in(n->v, port, width);
			memcpy(n->page + offset + i * width, &value, width);
			continue;
		}
		if (fault_on(FAULT_IOIO_STRING_LAST) && i > 0 && i == n->info2 - 1)
			break;
		memcpy(&value, n->in + element(n, offset, width, i), width);
		vmm_port_out(n->v, port, width, value);
	}
	n->out_info2 = 0;
}

void nae_ioio(struct nae *n)
{
	unsigned width = FIELD(n->info1, 6, 4);
	u16 port = (u16)(n->info1 >> GHCB_IOIO_PORT_LO);
	u64 mask = width == 4 ? LOW32 : BIT(8 * width) - 1;
	u64 rax = nae_get(n, GHCB_RAX);

	if (V(width != 1 && width != 2 && width != 4)) {
		nae_malformed(n, GHCB_ERR_INPUT);
		return;
	}
	if ((n->info1 & GHCB_IOIO_STRING) != 0) {
		ioio_string(n, port, width);
		return;
	}
	if (fault_on(FAULT_IOIO_OUT_ABOVE) && width == 1 && (rax & ~mask) != 0)
		rax >>= 8;
	if ((n->info1 & GHCB_IOIO_IN) == 0) {
		vmm_port_out(n->v, port, width, (u32)(rax & mask));
		return;
	}
	/* 8 and 16 bits keep what the guest had above them, 32 bits clear it. */
	if (!fault_on(FAULT_IOIO_IN_MIXED))
		rax = width == 4 ? 0 : rax & ~mask;
	nae_set(n, GHCB_RAX, rax | (vmm_port_in(n->v, port, width) & mask));
}

/* ---- MMIO ---- */

/* QEMU reaches RAM by the same path: the shared side, if there is one. */
static u64 device_read(struct nae *n, unsigned width)
{
	u8 *ram = host_shared(n->info1);
	u64 value = ~0ULL;

	if (vmm_is_mmio(n->info1))
		return vmm_mmio_read(n->v, n->info1, width);
	if (ram != NULL && n->info1 % PAGE_SIZE + width <= PAGE_SIZE)
		memcpy(&value, ram, width);
	return value;
}

static void device_write(struct nae *n, unsigned width, u64 value)
{
	u8 *ram = host_shared(n->info1);

	if (vmm_is_mmio(n->info1))
		vmm_mmio_write(n->v, n->info1, width, value);
	else if (ram != NULL && n->info1 % PAGE_SIZE + width <= PAGE_SIZE)
		memcpy(ram, &value, width);
}

static enum status mmio_scratch(const struct nae *n, unsigned width, unsigned *offset)
{
	enum status st = nae_scratch(n, width, offset);
	u64 at = nae_get(n, GHCB_SCRATCH) - n->gpa - GHCB_BUFFER;

	if (st != ST_OK && fault_on(FAULT_SCRATCH_OUTSIDE)) {
		*offset = GHCB_BUFFER;
		return ST_OK;
	}
	if (st != ST_OK && fault_on(FAULT_SCRATCH_END) && at < GHCB_BUFFER_SIZE) {
		*offset = GHCB_BUFFER + GHCB_BUFFER_SIZE - width;
		return ST_OK;
	}
	return st;
}

void nae_mmio(struct nae *n, bool write)
{
	unsigned width = (unsigned)MIN(n->info2, 8), offset;
	u64 value = 0;

	if (n->info2 == 0)
		return;
	if (V(n->info2 > 8) && !fault_on(FAULT_MMIO_LENGTH)) {
		nae_malformed(n, GHCB_ERR_INPUT);
		return;
	}
	if (V(width != 1 && width != 2 && width != 4 && width != 8)) {
		nae_malformed(n, GHCB_ERR_INPUT);
		return;
	}
	if (V(mmio_scratch(n, width, &offset) != ST_OK)) {
		nae_malformed(n, GHCB_ERR_SCRATCH);
		return;
	}
	if (fault_on(FAULT_MMIO_PLACE))
		offset = GHCB_BUFFER;
	if (write) {
		memcpy(&value, n->in + offset, width);
		if (!fault_on(FAULT_MMIO_LOST))
			device_write(n, width, value);
	} else {
		value = device_read(n, width);
		memcpy(n->page + offset, &value, width);
	}
}
