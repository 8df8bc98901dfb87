/* SPDX-License-Identifier: BSD-2-Clause */
/* MapGPA as KVM 7.2 checks it and QEMU carries it out, 2 MiB per round trip between the two. */
#include "host.h"
#include "tdx.h"
#include "vmm/vmm.h"

#define PIECE      MIB(2)
#define PIECES_MAX 16 /* then a signal is pending: RETRY */
#define MAXPHYADDR 52

static void answer(struct vmcall *c, u64 status, u64 at)
{
	c->reg[R10] = status;
	c->reg[R11] = at;
}

/* One round trip to QEMU: RAM only; where no RAM is, shared is what it already is. */
static bool piece(struct vcpu *v, u64 gpa, u64 size, bool to_shared)
{
	for (u64 at = gpa; at < gpa + size; at += PAGE_SIZE) {
		if (V(!to_shared && !guest_is_ram(at)))
			return false;
		if (V(to_shared && guest_is_firmware(at)))
			return false;
	}
	for (u64 at = gpa; at < gpa + size; at += PAGE_SIZE) {
		u64 run = at;

		while (run < gpa + size && guest_is_ram(run) && host_page_shared(run) != to_shared)
			run += PAGE_SIZE;
		if (run > at) {
			host_convert(v, at, run - at, to_shared);
			at = run - PAGE_SIZE;
		}
	}
	return true;
}

/* Where the guest is to go on. */
static u64 retry_at(const struct vmcall *c, u64 gpa, u64 end)
{
	if (fault_on(FAULT_MAPGPA_RETRY_BEYOND))
		return end;
	return fault_on(FAULT_MAPGPA_RETRY_STALLS) ? c->reg[R12] : gpa;
}

void host_map_gpa(struct vcpu *v, struct vmcall *c)
{
	u64 gpa = c->reg[R12], size = c->reg[R13], end = gpa + size, next;
	bool to_shared = (gpa & shared_bit()) != 0;

	counter_add("mapgpa", 1);
	vmm_conversions++;
	answer(c, fault_on(FAULT_MAPGPA_WRAP) ? TDVMCALL_SUCCESS : TDVMCALL_INVALID_OPERAND, gpa);
	if (V(end <= gpa))
		return;
	answer(c, TDVMCALL_INVALID_OPERAND, gpa);
	if (V((end - 1) >> MAXPHYADDR != 0)) /* then so is gpa, which is less */
		return;
	if (fault_on(FAULT_MAPGPA_HALVES))
		c->reg[R10] = TDVMCALL_SUCCESS;
	if (V(to_shared != (((end - 1) & shared_bit()) != 0)))
		return;
	if (fault_on(FAULT_MAPGPA_ALIGN)) {
		end = align_up(end, PAGE_SIZE);
		gpa = align_down(gpa, PAGE_SIZE);
		size = end - gpa;
	}
	answer(c, TDVMCALL_ALIGN_ERROR, fault_on(FAULT_MAPGPA_ERROR_ADDRESS) ? 0 : gpa);
	if (V(!is_aligned(gpa, PAGE_SIZE)))
		return;
	if (V(!is_aligned(size, PAGE_SIZE)))
		return;
	for (unsigned n = 0; gpa < end; gpa = next, n++) {
		next = MIN(end, gpa + PIECE);
		if (n == PIECES_MAX) {
			answer(c, TDVMCALL_RETRY, retry_at(c, gpa, end));
			return;
		}
		if (!piece(v, gpa & ~shared_bit(), next - gpa, to_shared)) {
			answer(c, TDVMCALL_INVALID_OPERAND, gpa);
			return;
		}
	}
	answer(c, TDVMCALL_SUCCESS, 0);
}
