/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * Detection, the tables of status codes, explicit device access, other CPUs and leaving.
 * sources: tdcall/status.c tdcall/detect.c tdcall/device.c tdcall/leave.c tdcall/memory.c tdcall/calls.c lib/range.c
 * libs:
 */
/* clang-format on */
#include "fake_tdx.h"

bool (*trap_platform)(struct trap_frame *f);
static bool irqs_off;
static struct cpu this_cpu;
static jmp_buf out;
static enum status walk_status, map_status;
static unsigned maps;

bool tdx_trap(struct trap_frame *f)
{
	return false;
}

bool arch_irq_save(void)
{
	irqs_off = true;
	return false;
}

NORETURN void arch_halt(void)
{
	longjmp(out, 2);
}

struct cpu *cpu_self(void)
{
	return &this_cpu;
}

enum status mmu_walk(u64 va, u64 *pte, unsigned *level)
{
	return walk_status;
}

enum status mmu_map(struct range r, enum map_kind kind, enum map_state state)
{
	assert_int_equal(kind, MAP_RW);
	assert_int_equal(state, MAP_PRIVATE);
	assert_true(is_aligned(r.base, PAGE_SIZE) && is_aligned(r.size, PAGE_SIZE));
	assert_true(range_contains(r, tdx_mailbox));
	maps++;
	return map_status;
}

static u64 slots[512] ALIGNED(4096);
static struct handoff h;

static int setup(void **state)
{
	td_reset();
	memset(&h, 0, sizeof(h));
	h.source = BOOT_X86_FD;
	h.fd = (struct fd_info){ .platform = FD_TDX,
				 .alias_bit = FAKE_GPAW - 1,
				 .mailbox = (u64)(uintptr_t)slots,
				 .flash = (u64)(uintptr_t)slots,
				 .flash_size = sizeof(slots),
				 .gpaw = FAKE_GPAW };
	tdx_info = (struct tdx_vp_info){ 0 };
	tdx_mailbox = (struct range){ 0 };
	memset(slots, 0, sizeof(slots));
	trap_platform = NULL;
	irqs_off = false;
	walk_status = ST_NOT_FOUND;
	map_status = ST_OK;
	maps = 0;
	this_cpu.online = 1;
	return 0;
}

static enum status detect(void)
{
	struct cvm c = { 0 };
	enum status st = tdx_detect(&c, &h);

	if (st == ST_OK) {
		assert_int_equal(c.pte_private, 0);
		assert_int_equal(c.pte_shared, 1ULL << (tdx_info.gpaw - 1));
		assert_int_equal(c.addr_limit, c.pte_shared);
		assert_int_equal(c.addr_bits, tdx_info.gpaw);
		assert_ptr_equal(trap_platform, tdx_trap);
	}
	return st;
}

static void detected(void **state)
{
	assert_int_equal(detect(), ST_OK);
	assert_int_equal(td.notify, 0);
	assert_int_equal(tdx_info.max_vcpus, 4);
	assert_int_equal(tdx_info.num_vcpus, 2);
	assert_true(tdx_info.sys_rd);
	assert_null(strstr(td.said, "DEBUG"));
	td.gpaw = 52;
	h.fd.gpaw = 52;
	h.fd.alias_bit = 51;
	td.attributes |= TDX_ATTR_DEBUG;
	assert_int_equal(detect(), ST_OK);
	assert_int_equal(tdx_shared_bit(), 1ULL << 51);
	assert_non_null(strstr(td.said, "DEBUG"));
}

static void other_platforms(void **state)
{
	h.fd.platform = FD_SNP;
	assert_int_equal(detect(), ST_UNSUPPORTED);
	h.fd.platform = FD_PLAIN;
	assert_int_equal(detect(), ST_UNSUPPORTED);
	h.fd.platform = FD_TDX;
	h.source = BOOT_X86_PVH;
	assert_int_equal(detect(), ST_UNSUPPORTED);
	assert_int_equal(td.calls, 0);
	assert_null(trap_platform);
}

/* Not one TDCALL before the CPU has said what it is. */
static void no_identity(void **state)
{
	td.cpuid_max = 0x20;
	assert_int_equal(detect(), ST_PROTOCOL);
	setup(state);
	td.cpuid_ebx ^= 1;
	assert_int_equal(detect(), ST_PROTOCOL);
	setup(state);
	td.cpuid_ecx ^= 1;
	assert_int_equal(detect(), ST_PROTOCOL);
	setup(state);
	td.cpuid_edx ^= 1;
	assert_int_equal(detect(), ST_PROTOCOL);
	assert_int_equal(td.calls, 0);
}

static void widths(void **state)
{
	static const struct {
		u64 gpaw;
		u32 seen, bit;
	} bad[] = { { 48, 52, 51 }, { 52, 48, 47 }, { 48, 48, 48 }, { 50, 50, 49 }, { 0, 0, ~0u } };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(state);
		td.gpaw = bad[i].gpaw;
		h.fd.gpaw = bad[i].seen;
		h.fd.alias_bit = bad[i].bit;
		assert_int_equal(detect(), ST_PROTOCOL);
		assert_int_equal(tdx_info.gpaw, 0);
	}
}

static u64 failing_leaf, failing_field;

static bool fail_one(struct tdcall_regs *r)
{
	if (r->rax != failing_leaf || (failing_field != 0 && r->rdx != failing_field))
		return false;
	r->rax = STATUS(TDX_METADATA_FIELD_NOT_READABLE, 0);
	return true;
}

static void pending_pages(void **state)
{
	td.attributes = 0;
	assert_int_equal(detect(), ST_DENIED);
	td.config_flags = TDX_CONFIG_FLEXIBLE_PENDING_VE;
	assert_int_equal(detect(), ST_OK);
	assert_int_equal(td.td_ctls, TDX_TD_CTLS_PENDING_VE_DISABLE);
	td.module = fail_one;
	failing_leaf = TDG_VM_RD;
	failing_field = TDX_FIELD_CONFIG_FLAGS;
	assert_int_equal(detect(), ST_DENIED);
	failing_field = TDX_FIELD_TD_CTLS;
	assert_int_equal(detect(), ST_DENIED);
	failing_leaf = TDG_VM_WR;
	assert_int_equal(detect(), ST_DENIED);
	failing_field = TDX_FIELD_NOTIFY_ENABLES;
	assert_int_equal(detect(), ST_DENIED);
	failing_leaf = TDG_VP_INFO;
	failing_field = 0;
	assert_int_equal(detect(), ST_DENIED);
}

static void mailbox_outside(void **state)
{
	h.fd.mailbox = h.fd.flash + h.fd.flash_size - FD_MAILBOX_SLOTS * 16;
	assert_int_equal(detect(), ST_OK);
	h.fd.mailbox += 16;
	assert_int_equal(detect(), ST_RANGE);
	h.fd.mailbox = h.fd.flash - 16;
	assert_int_equal(detect(), ST_RANGE);
	h.fd.mailbox = h.fd.flash + 8;
	assert_int_equal(detect(), ST_RANGE);
	h.fd.mailbox = ~0ULL << 4;
	assert_int_equal(detect(), ST_RANGE);
	h.fd.mailbox = h.fd.flash;
	h.fd.flash_size = 0;
	assert_int_equal(detect(), ST_RANGE);
}

static void tables(void **state)
{
	assert_int_equal(tdx_status_of(0)->status, ST_OK);
	assert_int_equal(tdx_status_of(0x12345678)->action, TDX_GO_ON);
	assert_int_equal(tdx_status_of(STATUS(TDX_OPERAND_BUSY, 1))->action, TDX_REPEAT);
	assert_int_equal(tdx_status_of(STATUS(TDX_PAGE_SIZE_MISMATCH, 1))->action, TDX_SMALLER);
	assert_int_equal(tdx_status_of(STATUS(TDX_PAGE_ALREADY_ACCEPTED, 1))->action, TDX_GIVE_UP);
	assert_int_equal(tdx_status_of(STATUS(0x12345678, 0))->status, ST_PROTOCOL);
	assert_int_equal(tdx_status_of(STATUS(0x60000007, 0))->status, ST_FAULT);
	assert_int_equal(tdvmcall_status_of(TDVMCALL_RETRY)->action, TDX_REPEAT);
	assert_int_equal(tdvmcall_status_of(2)->status, ST_PROTOCOL);
	/* nothing that failed is ever said to be well */
	assert_int_equal(tdx_failed("X", 0), ST_PROTOCOL);
	assert_int_equal(tdvmcall_failed("X", 0), ST_PROTOCOL);
	for (u64 code = 1; code <= 0x1200; code++) {
		assert_int_not_equal(tdx_failed("X", code << 32), ST_OK);
		assert_int_not_equal(tdx_failed("X", (code | 0x80000000u) << 32), ST_OK);
		assert_int_not_equal(tdx_failed("X", (code | 0xC0000000u) << 32), ST_OK);
	}
}

static u64 refusal;

static bool refuse(struct tdcall_regs *r)
{
	r->r10 = refusal;
	return true;
}

static void devices(void **state)
{
	static const u64 low[] = { 0x11, 0x2211, 0x44332211, 0x8877665544332211ULL };
	static const u64 ones[] = { 0xff, 0xffff, 0xffffffff, ~0ULL };

	assert_int_equal(detect(), ST_OK);
	for (unsigned i = 0; i < 4; i++) {
		unsigned width = 1u << i;

		td.host = NULL;
		assert_int_equal(tdx_mmio_read(0xfe000000, width), low[i]);
		assert_int_equal(td.last.r12, width);
		assert_int_equal(td.last.r14, 0xfe000000 | FAKE_SHARED);
		tdx_mmio_write(0xfe000000, width, ~0ULL);
		assert_int_equal(td.last.r15, ones[i]);
		td.host = refuse;
		refusal = TDVMCALL_INVALID_OPERAND;
		assert_int_equal(tdx_mmio_read(0xfe000000, width), ones[i]);
		if (width == 8)
			break;
		assert_int_equal(tdx_port_in(0x3f8, width), ones[i]);
		td.host = NULL;
		assert_int_equal(tdx_port_in(0x3f8, width), low[i]);
		tdx_port_out(0x3f8, width, ~0u);
		assert_int_equal(td.last.r13, TDVMCALL_IO_OUT);
		assert_int_equal(td.last.r14, 0x3f8);
		assert_int_equal(td.last.r15, ones[i]);
	}
	td.calls = 0;
	assert_int_equal(tdx_mmio_read(0xfe000000, 3), ~0ULL);
	assert_int_equal(tdx_port_in(0x3f8, 8), 0xffffffff);
	tdx_mmio_write(0xfe000000, 0, 1);
	tdx_port_out(0x3f8, 8, 1);
	assert_int_equal(td.calls, 0);
}

static void msrs(void **state)
{
	static const u32 native[] = {
		0x808, 0x809, 0x80a, 0x80b, 0x80c, 0x80e, 0x810, 0x827, 0x83f
	};
	static const u32 hosts[] = { 0x802, 0x803, 0x80d, 0x80f, 0x828, 0x830, 0x832, 0x838, 0x1b };

	for (size_t i = 0; i < ARRAY_SIZE(native); i++) {
		tdx_msr_write(native[i], 5);
		assert_int_equal(td.msr, native[i] + 5);
		td.msr = 7;
		assert_int_equal(tdx_msr_read(native[i]), native[i] + 7);
	}
	assert_int_equal(td.calls, 0);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		tdx_msr_write(hosts[i], 0x1122334455667788ULL);
		assert_int_equal(td.last.r11, TDVMCALL_WRMSR);
		assert_int_equal(td.last.r12, hosts[i]);
		assert_int_equal(td.last.r13, 0x1122334455667788ULL);
		assert_int_equal(tdx_msr_read(hosts[i]), 0x8877665544332211ULL);
		assert_int_equal(td.last.r12, hosts[i]);
	}
	td.host = refuse;
	refusal = TDVMCALL_SUBFUNC_UNSUPPORTED;
	assert_int_equal(tdx_msr_read(0x802), ~0ULL);
}

static void other_cpus(void **state)
{
	assert_int_equal(tdx_cpu_start(1, 0x1000, 2), ST_UNSUPPORTED);
	assert_int_equal(detect(), ST_OK);
	assert_int_equal(tdx_cpu_start(1, 0, 2), ST_INVALID);
	assert_int_equal(tdx_cpu_start(0, 0x1000, 2), ST_RANGE);
	assert_int_equal(tdx_cpu_start(4, 0x1000, 2), ST_RANGE); /* there are four */
	assert_int_equal(tdx_cpu_start(~0ULL, 0x1000, 2), ST_RANGE);
	map_status = ST_NO_MEMORY;
	assert_int_equal(tdx_cpu_start(1, 0x1000, 2), ST_NO_MEMORY);
	map_status = ST_OK;
	assert_int_equal(tdx_cpu_start(1, 0x1000, 2), ST_OK);
	walk_status = ST_OK;
	assert_int_equal(tdx_cpu_start(3, 0x3000, 4), ST_OK);
	assert_int_equal(maps, 2);
	assert_int_equal(tdx_cpu_start(1, 0x9000, 9), ST_STATE);
	assert_int_equal(slots[2], 0x1000);
	assert_int_equal(slots[3], 2);
	assert_int_equal(slots[6], 0x3000);
	assert_int_equal(slots[7], 4);
	assert_int_equal(slots[0] | slots[4], 0);
}

static void raw_calls(void **state)
{
	u8 report[TDREPORT_SIZE] ALIGNED(TDREPORT_ALIGN), data[64] ALIGNED(64) = { 9 };
	u64 a, b;

	assert_int_equal(tdg_mem_page_accept(FAKE_BASE, TDX_LEVEL_2M), 0);
	assert_int_equal(tdg_mem_page_attr_rd(FAKE_BASE + PAGE_SIZE, &a, &b), 0);
	assert_int_equal(a, FAKE_BASE | TDX_LEVEL_2M);
	assert_int_equal(b, 0x8007);
	assert_int_equal(tdg_mr_report((uintptr_t)report, (uintptr_t)data, 0), 0);
	assert_memory_equal(report + TDREPORT_REPORTDATA, data, 64);
	assert_int_equal(tdg_mr_rtmr_extend((uintptr_t)data, 2), 0);
	assert_memory_equal(td.rtmr[2], data, 48);
	assert_int_equal(tdvmcall_map_gpa(FAKE_BASE | FAKE_SHARED, PAGE_SIZE, &a), 0);
	assert_int_equal(td.state[0], SHARED);
	tdx_hlt(false);
	assert_int_equal(td.last.r11, TDVMCALL_HLT);
	tdx_print_counters();
	assert_string_equal(td.said, "# counters: accepts=1 mapgpa=1\n");
	/* outputs of a call that failed are nothing */
	td.no_attr_rd = true;
	a = b = 5;
	assert_int_not_equal(tdg_mem_page_attr_rd(FAKE_BASE, &a, &b), 0);
	assert_int_equal(a | b, 0);
	a = 5;
	assert_int_not_equal(tdg_vm_wr(1, 2, 3, &a), 0);
	assert_int_equal(a, 0);
}

static unsigned rounds;
static struct tdcall_regs said;

static bool leave(struct tdcall_regs *r)
{
	if (r->r11 == TDVMCALL_REPORT_FATAL_ERROR)
		said = td.last;
	else if (++rounds == 3)
		longjmp(out, 1);
	r->r10 = TDVMCALL_SUCCESS;
	return true;
}

static void verdict(enum cvm_shutdown v, u32 code, const char *text)
{
	char message[65] = { 0 };

	rounds = 0;
	td.host = leave;
	if (setjmp(out) == 0)
		tdx_shutdown(v);
	assert_true(irqs_off);
	assert_int_equal(said.r12, code);
	assert_int_equal(said.rcx, TDVMCALL_MASK_ALL);
	memcpy(message,
	       (const u64[]){ said.r14, said.r15, said.rbx, said.rdi, said.rsi, said.r8, said.r9,
			      said.rdx },
	       64);
	assert_string_equal(message, text);
}

static void leaving(void **state)
{
	struct tdcall_regs r;

	if (setjmp(out) == 0)
		tdx_shutdown(CVM_SHUTDOWN_PASS); /* before anything is known */
	assert_int_equal(td.calls, 0);
	assert_int_equal(detect(), ST_OK);
	verdict(CVM_SHUTDOWN_PASS, TDX_FATAL_PASS, "postern: pass");
	verdict(CVM_SHUTDOWN_FAIL, TDX_FATAL_FAIL, "postern: fail");
	rounds = 0;
	if (setjmp(out) == 0)
		tdx_cpu_off();
	assert_int_equal(this_cpu.online, 0);
	assert_int_equal(td.last.r12, 1);
	/* no text runs out of its 64 bytes */
	tdx_fatal_registers(&r, 1,
			    "0123456701234567012345670123456701234567012345670123456701234567"
			    "and more");
	assert_int_equal(r.rdx, 0x3736353433323130ULL);
	assert_int_equal(r.r14, 0x3736353433323130ULL);
	assert_int_equal(r.rcx | r.rax | r.rbp | r.r10 | r.r13, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(detected, setup),
		cmocka_unit_test_setup(other_platforms, setup),
		cmocka_unit_test_setup(no_identity, setup),
		cmocka_unit_test_setup(widths, setup),
		cmocka_unit_test_setup(pending_pages, setup),
		cmocka_unit_test_setup(mailbox_outside, setup),
		cmocka_unit_test_setup(tables, setup),
		cmocka_unit_test_setup(devices, setup),
		cmocka_unit_test_setup(msrs, setup),
		cmocka_unit_test_setup(other_cpus, setup),
		cmocka_unit_test_setup(raw_calls, setup),
		cmocka_unit_test_setup(leaving, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
