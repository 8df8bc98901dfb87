/* SPDX-License-Identifier: BSD-2-Clause */
/* The leaves, one wrapper each: registers in, registers out, no judgement. */
#include "arch.h"
#include "internal.h"
#include "print.h"

_Static_assert(offsetof(struct tdcall_regs, rdi) == 0x30, "known to call.asm");
_Static_assert(offsetof(struct tdcall_regs, r8) == 0x38, "known to call.asm");
_Static_assert(offsetof(struct tdcall_regs, r15) == 0x70, "known to call.asm");

/* Our own count of what module and host count, too: who saw more or fewer requests than we made
 * answered for us. */
static u64 accept_calls, mapgpa_calls;

void tdx_print_counters(void)
{
	print("# counters: accepts=%llu mapgpa=%llu\n",
	      (unsigned long long)__atomic_load_n(&accept_calls, __ATOMIC_RELAXED),
	      (unsigned long long)__atomic_load_n(&mapgpa_calls, __ATOMIC_RELAXED));
}

static void count(const struct tdcall_regs *r)
{
	if ((r->rax & 0xffff) == TDG_MEM_PAGE_ACCEPT)
		__atomic_fetch_add(&accept_calls, 1, __ATOMIC_RELAXED);
	else if ((r->rax & 0xffff) == TDG_VP_VMCALL && r->r11 == TDVMCALL_MAP_GPA && r->r10 == 0)
		__atomic_fetch_add(&mapgpa_calls, 1, __ATOMIC_RELAXED);
}

void tdcall(struct tdcall_regs *r)
{
	count(r);
	tdcall_insn(r);
}

u64 tdcall_retry(struct tdcall_regs *r, u64 *retries)
{
	struct tdcall_regs in = *r;
	u64 n = 0;

	tdcall(r);
	while (tdx_status_of(r->rax)->action == TDX_REPEAT && n < TDCALL_REPEATS_MAX) {
		n++;
		arch_cpu_relax();
		*r = in;
		tdcall(r);
	}
	if (retries != NULL)
		*retries += n;
	return r->rax;
}

u64 tdvmcall(struct tdcall_regs *r, u64 mask)
{
	r->rax = TDG_VP_VMCALL;
	r->rcx = mask | TDVMCALL_R10 | TDVMCALL_R11;
	r->r10 = 0; /* a standard call, not the host's own */
	if (TDX_CODE(tdcall_retry(r, NULL)) != TDX_SUCCESS)
		return TDVMCALL_NOT_REACHED;
	return r->r10;
}

u64 tdg_vp_info(struct tdx_vp_info *out)
{
	struct tdcall_regs r = { .rax = TDG_VP_INFO };
	u64 rax = tdcall_retry(&r, NULL);

	*out = (struct tdx_vp_info){ 0 };
	if (TDX_CODE(rax) != TDX_SUCCESS)
		return rax;
	out->gpaw = FIELD(r.rcx, 5, 0);
	out->attributes = r.rdx;
	out->num_vcpus = (u32)r.r8;
	out->max_vcpus = (u32)(r.r8 >> 32);
	out->vcpu_index = r.r9;
	out->sys_rd = (r.r10 & TDX_VP_INFO_SYS_RD) != 0;
	return rax;
}

u64 tdg_mem_page_accept(u64 gpa, unsigned level)
{
	struct tdcall_regs r = { .rax = TDG_MEM_PAGE_ACCEPT, .rcx = gpa | level };

	return tdcall_retry(&r, NULL);
}

u64 tdg_mem_page_attr_rd(u64 gpa, u64 *rcx, u64 *attributes)
{
	struct tdcall_regs r = { .rax = TDG_MEM_PAGE_ATTR_RD, .rcx = gpa };
	u64 rax = tdcall_retry(&r, NULL);
	bool ok = TDX_CODE(rax) == TDX_SUCCESS;

	*rcx = ok ? r.rcx : 0;
	*attributes = ok ? r.rdx : 0;
	return rax;
}

u64 tdg_vm_rd(u64 field, u64 *value)
{
	struct tdcall_regs r = { .rax = TDG_VM_RD, .rdx = field };
	u64 rax = tdcall_retry(&r, NULL);

	*value = TDX_CODE(rax) == TDX_SUCCESS ? r.r8 : 0;
	return rax;
}

u64 tdg_vm_wr(u64 field, u64 value, u64 mask, u64 *old)
{
	struct tdcall_regs r = { .rax = TDG_VM_WR, .rdx = field, .r8 = value, .r9 = mask };
	u64 rax = tdcall_retry(&r, NULL);

	*old = TDX_CODE(rax) == TDX_SUCCESS ? r.r8 : 0;
	return rax;
}

u64 tdg_mr_rtmr_extend(u64 gpa, u64 index)
{
	struct tdcall_regs r = { .rax = TDG_MR_RTMR_EXTEND, .rcx = gpa, .rdx = index };

	return tdcall_retry(&r, NULL);
}

u64 tdg_mr_report(u64 report_gpa, u64 data_gpa, u64 subtype)
{
	struct tdcall_regs r = {
		.rax = TDG_MR_REPORT, .rcx = report_gpa, .rdx = data_gpa, .r8 = subtype
	};

	return tdcall_retry(&r, NULL);
}

u64 tdvmcall_map_gpa(u64 gpa, u64 size, u64 *failed)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_MAP_GPA, .r12 = gpa, .r13 = size };
	u64 r10 = tdvmcall(&r, TDVMCALL_R12 | TDVMCALL_R13);

	*failed = r.r11;
	return r10;
}
