/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Detection against a lying host, the start of CPUs, and the end of an NMI.
 * sources: ghcb/detect.c ghcb/cpu.c ghcb/vmsa.c ghcb/nmi.c ghcb/cpuid.c ghcb/secrets.c lib/range.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

static void *map_fixed(void *at, size_t size)
{
	return mmap(at, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}
#undef MAP_PRIVATE /* the guest's own names */
#undef MAP_SHARED

#include "console.h"
#include "fake_ghcb_host.h"
#include "ghcb/count.c"
#include "ghcb/cpuid.h"
#include "ghcb/msr.c"
#include "ghcb/page.c"
#include "ghcb/secrets.h"
#include "mmu.h"
#include "platform.h"
#include "x86_64/cpu.h"

#define CBIT 51

struct platform_info platform;
bool (*trap_platform)(struct trap_frame *f);
void (*trap_nmi_done)(void);
static struct cpu self;
static bool has_console, console_tried;
static u64 mapped;
static enum map_state mapped_as;
static u64 hwids[SMP_MAX_CPUS];

struct cpu *cpu_self(void)
{
	return &self;
}

bool snp_vc(struct trap_frame *f)
{
	return false;
}

bool console_present(void)
{
	return has_console;
}

enum status console_init(const struct platform_info *p)
{
	console_tried = true;
	return ST_OK;
}

u64 smp_hwid(unsigned cpu)
{
	return hwids[cpu];
}

enum status mmu_map(struct range r, enum map_kind kind, enum map_state state)
{
	mapped = r.base;
	mapped_as = state;
	return ST_OK;
}

/* ---- a host and what the firmware left ---- */
static struct {
	u64 sev_info, hv_features, psc, reg;
	u64 ap_info1;
	unsigned registered;
} lie;
static u8 seen[GHCB_SIZE];

static void answer(u8 *page)
{
	if (page != NULL) {
		memcpy(seen, page, GHCB_SIZE);
		host_answer(page, lie.ap_info1, 0);
		return;
	}
	switch (host.msr & GHCB_MSR_INFO_MASK) {
	case GHCB_MSR_SEV_INFO_REQ:
		host.msr = lie.sev_info;
		break;
	case GHCB_MSR_HV_FT_REQ:
		host.msr = lie.hv_features;
		break;
	case GHCB_MSR_PSC_REQ:
		host.msr = lie.psc;
		break;
	case GHCB_MSR_REG_GPA_REQ:
		lie.registered++;
		host.msr = lie.reg != 0 ? lie.reg : host.msr + 1;
		break;
	}
}

static struct handoff h;

static u8 *launch_page(u64 at)
{
	return (u8 *)(uintptr_t)at;
}

static int setup(void **state)
{
	static bool ready;
	u32 row[12] = { 0x8000001f, 0, 0, 0, 0, 0, 0x1a, CBIT | 0x80000000, 0, 0, 0, 0 };
	u32 phys[12] = { 0x80000008, 0, 0, 0, 0, 0, 48, 0, 0, 0, 0, 0 };

	if (!ready && map_fixed((void *)FD_RAM, 0x10000) != (void *)FD_RAM)
		return -1;
	ready = true;
	host_reset();
	memset(&self, 0, sizeof(self));
	memset((void *)FD_RAM, 0, 0x10000);
	memset(hwids, 0, sizeof(hwids));
	launch_page(FD_SECRETS)[0] = 3;
	launch_page(FD_CPUID)[0] = 2;
	memcpy(launch_page(FD_CPUID) + 16, row, 48);
	memcpy(launch_page(FD_CPUID) + 64, phys, 48);
	host.exit = answer;
	host.sev_status = 7;
	lie = (__typeof__(lie)){ .sev_info = 0x0002000100000001 | (u64)CBIT << 24,
				 .hv_features = 0x3081,
				 .psc = 0x15 };
	h = (struct handoff){ .source = BOOT_X86_FD,
			      .image = { FD_IMAGE, 0x40000 },
			      .fd = { .platform = FD_SNP,
				      .alias_bit = CBIT,
				      .flash = 0xfffd0000,
				      .flash_size = 0x30000 } };
	has_console = console_tried = false;
	return 0;
}

static void detected(void **state)
{
	struct cvm c = { 0 };

	assert_int_equal(snp_detect(&c, &h), ST_OK);
	assert_int_equal(c.pte_private, 1ULL << 51);
	assert_int_equal(c.pte_shared, 0);
	assert_int_equal(c.addr_bits, 52);
	assert_int_equal(c.addr_limit, 1ULL << 48);
	assert_ptr_equal(trap_platform, snp_vc);
	assert_ptr_equal(trap_nmi_done, snp_nmi_done);
	assert_int_equal(ghcb_version, 2);
	assert_int_equal(ghcb_hv_features, 3);
	assert_false(snp_evict_cache);
	assert_int_equal(host.rmpadjust_rdx, 1);
	assert_int_equal(snp_secrets()->version, 3);
	assert_int_equal(snp_cpuid_table()->count, 2);
	launch_page(FD_CPUID)[0] = 1; /* no width: all below the C-bit */
	assert_int_equal(snp_detect(&c, &h), ST_OK);
	assert_int_equal(c.addr_limit, 1ULL << 51);
}

static void not_ours(void **state)
{
	struct cvm c = { 0 };

	h.fd.platform = FD_PLAIN;
	assert_int_equal(snp_detect(&c, &h), ST_UNSUPPORTED);
	h.fd.platform = FD_SNP;
	h.source = BOOT_X86_PVH;
	assert_int_equal(snp_detect(&c, &h), ST_UNSUPPORTED);
	assert_int_equal(host.exits, 0);
}

#define TERMINATES(set, reason)                                                                    \
	do {                                                                                       \
		struct cvm c_ = { 0 };                                                             \
		host.terminated = 0;                                                               \
		assert_true(ENDS(snp_detect(&c_, &h)));                                            \
		assert_int_equal(host.terminated, 0x100 | (set) << 12 | (reason) << 16);           \
		setup(NULL);                                                                       \
	} while (0)

static void refused(void **state)
{
	for (volatile unsigned bit = 0; bit < 64; bit++) {
		static const u64 fine =
		    0x7 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 14 | 1 << 17 | 1 << 23;
		struct cvm c = { 0 };

		host.sev_status = bit < 3 ? 7 & ~(1ULL << bit) : 7 | 1ULL << bit;
		if (bit < 3 || (fine >> bit & 1) == 0)
			TERMINATES(0, 2);
		else
			assert_int_equal(snp_detect(&c, &h), ST_OK);
	}
	setup(NULL);
	launch_page(FD_CPUID)[0] = 65;
	TERMINATES(1, 4);
	launch_page(FD_CPUID)[16 + 24] = 0x0a; /* no SNP */
	TERMINATES(1, 4);
	launch_page(FD_CPUID)[16 + 28] = 47;
	TERMINATES(1, 4);
	memset(launch_page(FD_CPUID) + 16, 0, 48);
	TERMINATES(1, 4);
	launch_page(FD_CPUID)[16 + 28] = 31;
	h.fd.alias_bit = 31;
	TERMINATES(1, 4);
	launch_page(FD_SECRETS)[0] = 0;
	TERMINATES(1, 6);
	launch_page(FD_SECRETS)[0x148] = 1;
	TERMINATES(1, 6);
	lie.sev_info++;
	TERMINATES(0, 0);
	lie.sev_info ^= 1 << 24; /* another C-bit */
	TERMINATES(0, 0);
	lie.sev_info = 0x0001000133000001;
	TERMINATES(0, 1);
	lie.sev_info = 0x0005000333000001;
	TERMINATES(0, 1);
	lie.sev_info = 0x0002000333000001; /* minimum above maximum */
	TERMINATES(0, 1);
	lie.hv_features = 0x2081;
	TERMINATES(0, 2);
	lie.hv_features = 0x3080;
	TERMINATES(0, 0);
	host.rmpadjust = RMP_FAIL_PERMISSION;
	TERMINATES(1, 3);
}

static void newer_hosts_are_fine(void **state)
{
	struct cvm c = { 0 };

	lie.sev_info = 0x0009000133000001;
	assert_int_equal(snp_detect(&c, &h), ST_OK);
	assert_int_equal(ghcb_version, 2);
}

static void private_from_launch(void **state)
{
	struct cvm c = { 0 };

	assert_int_equal(snp_detect(&c, &h), ST_OK);
	assert_int_equal(snp_is_private((struct range){ FD_SECRETS, 10 }), ST_OK);
	assert_int_equal(snp_is_private((struct range){ FD_IMAGE, 0x40000 }), ST_OK);
	assert_int_equal(snp_is_private((struct range){ 0xfffd0000, 0x30000 }), ST_OK);
	assert_int_equal(snp_is_private((struct range){ FD_INFO, PAGE_SIZE }), ST_OK);
	assert_int_equal(snp_is_private((struct range){ FD_HOB, 16 }), ST_STATE);
	assert_int_equal(snp_is_private((struct range){ FD_INFO, PAGE_SIZE + 1 }), ST_STATE);
	assert_int_equal(snp_is_private((struct range){ FD_GHCB, 16 }), ST_STATE);
	assert_int_equal(snp_is_private((struct range){ FD_IMAGE, 0x40001 }), ST_STATE);
	assert_int_equal(snp_is_private((struct range){ 0, 16 }), ST_STATE);
	assert_int_equal(snp_is_private((struct range){ 16, ~0ULL }), ST_OVERFLOW);
}

static void boot_cpu(void **state)
{
	ghcb_cpus[0].page = NULL;
	assert_int_equal(snp_cpu_init(0), ST_OK);
	assert_int_equal(mapped, FD_GHCB);
	assert_int_equal(mapped_as, MAP_SHARED);
	assert_int_equal(ghcb_gpa(), FD_GHCB);
	assert_int_equal(ghcb_counters.msr_psc, BOOT_SHARED_PAGES);
	lie.psc = 1ULL << 32 | 0x15;
	assert_int_equal(snp_cpu_init(0), ST_DENIED);
	lie.psc = 0x15;
	lie.reg = ~0xfffULL | 0x13;
	assert_int_equal(snp_cpu_init(0), ST_DENIED);
	assert_int_equal(snp_cpu_init(SMP_MAX_CPUS), ST_RANGE);
	assert_int_equal(snp_cpu_init(9), ST_STATE);
}

static u64 vmsa_word(const u8 *p, unsigned at, unsigned bytes)
{
	u64 v = 0;

	memcpy(&v, p + at, bytes);
	return v;
}

static void other_cpu(void **state)
{
	static u8 pages[2][6 * 4096] __attribute__((aligned(4096)));
	u8 *p = pages[0];

	host.sev_status = 7 | SEV_STATUS_DEBUG_SWAP;
	ghcb_hv_features = 3;
	hwids[1] = 0;
	hwids[2] = 0x20;
	ghcb_cpus[2].page = NULL;
	assert_int_equal(snp_cpu_start(0x20, 0x1000, 0x2000), ST_NOT_FOUND);
	assert_int_equal(snp_cpu_prepare(0, pages[1], p), ST_RANGE);
	assert_int_equal(snp_cpu_prepare(SMP_MAX_CPUS, pages[1], p), ST_RANGE);
	assert_int_equal(snp_cpu_prepare(2, pages[1], p), ST_OK);
	assert_int_equal(snp_cpu_prepare(2, pages[1], p), ST_STATE);
	assert_int_equal(snp_cpu_start(0x20, 0, 0x2000), ST_NO_MEMORY);
	assert_int_equal(snp_cpu_start(0x20, 0x811000, 0x2000), ST_OK);
	assert_int_equal(host.rmpadjust_rdx, 0x10001);
	assert_int_equal(host.rmpadjust_va, host_get(seen, GHCB_INFO2));
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x0000002000000001);
	assert_int_equal(host_get(seen, GHCB_RAX), 0x21);
	p = (u8 *)(uintptr_t)host.rmpadjust_va;
	assert_int_equal(vmsa_word(p, VMSA_RIP, 8), 0x811000);
	assert_int_equal(vmsa_word(p, VMSA_RDI, 8), 0x2000);
	assert_int_equal(vmsa_word(p, VMSA_CR3, 8), insn_cr3());
	assert_int_equal(vmsa_word(p, VMSA_EFER, 8), 0x1d00);
	assert_int_equal(vmsa_word(p, VMSA_SEV_FEATURES, 8), 0x21);
	assert_int_equal(vmsa_word(p, VMSA_CS + 2, 2), 0xa9b);
	assert_int_equal(vmsa_word(p, VMSA_RFLAGS, 8), 2);
	assert_int_equal(snp_cpu_start(0x20, 0x811000, 0x2000), ST_NOT_FOUND); /* once */
	host.cpu = 2;
	assert_int_equal(ghcb_gpa(), 0);
	ghcb_nmi_complete(); /* too early */
	assert_int_equal(snp_cpu_init(2), ST_OK);
	assert_int_equal(ghcb_gpa(), (uintptr_t)pages[1]);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_NMI_COMPLETE);
}

/* The mark comes off when the host has let go of it, not before; one that never does is said. */
static void forgotten(void **state)
{
	static u8 pages[2][6 * 4096] __attribute__((aligned(4096)));

	ghcb_hv_features = 3;
	hwids[5] = 0x50;
	hwids[6] = 0x60;
	assert_int_equal(snp_cpu_forget(5), ST_OK); /* never started */
	assert_int_equal(snp_cpu_forget(SMP_MAX_CPUS), ST_OK);
	assert_int_equal(host.rmpadjust_va, 0);
	assert_int_equal(snp_cpu_prepare(5, pages[1], pages[0]), ST_OK);
	assert_int_equal(snp_cpu_start(0x50, 0x811000, 0x2000), ST_OK);

	host.rmpadjust = RMP_FAIL_INUSE;
	assert_int_equal(snp_cpu_forget(5), ST_TIMEOUT);
	assert_in_range(host.delays, 100, 100000);
	host.rmpadjust = 0;
	assert_int_equal(snp_cpu_forget(5), ST_OK);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_AP_CREATE);
	assert_int_equal(host_get(seen, GHCB_INFO1), 0x0000005000000002);
	assert_int_equal(host.rmpadjust_va, host_get(seen, GHCB_INFO2));
	assert_int_equal(host.rmpadjust_rdx, 1); /* no longer a VMSA */
	host.rmpadjust_va = 0;
	assert_int_equal(snp_cpu_forget(5), ST_OK); /* once */
	assert_int_equal(host.rmpadjust_va, 0);

	assert_int_equal(snp_cpu_prepare(6, pages[1], pages[0] + 4096), ST_OK);
	assert_int_equal(snp_cpu_start(0x60, 0x811000, 0x2000), ST_OK);
	host.rmpadjust = RMP_FAIL_INPUT;
	assert_int_equal(snp_cpu_forget(6), ST_PROTOCOL);
	host.rmpadjust = 0;
	lie.ap_info1 = GHCB_RESULT_MALFORMED;
	assert_int_equal(snp_cpu_forget(6), ST_INVALID);
}

static void vmsa_not_at_2_mib(void **state)
{
	static u8 pages[6 << 20];
	u8 *p = (u8 *)align_up((uintptr_t)pages, MIB(2));

	ghcb_hv_features = 3;
	hwids[3] = 3;
	assert_int_equal(snp_cpu_prepare(3, pages, p), ST_OK);
	host.rmpadjust = RMP_FAIL_INPUT;
	assert_int_equal(snp_cpu_start(3, 0x1000, 0x2000), ST_PROTOCOL);
	assert_int_equal(host.rmpadjust_va, (uintptr_t)p + 4096);
	host.rmpadjust = 0;
	hwids[4] = 4;
	assert_int_equal(snp_cpu_prepare(4, pages, p + 4096), ST_OK);
	lie.ap_info1 = GHCB_RESULT_MALFORMED;
	assert_int_equal(snp_cpu_start(4, 0x1000, 0x2000), ST_DENIED);
	assert_int_equal(host.rmpadjust_va, (uintptr_t)p + 4096);
	ghcb_hv_features = 1;
	assert_int_equal(snp_cpu_start(4, 0x1000, 0x2000), ST_UNSUPPORTED);
}

static void endings(void **state)
{
	self.online = 1;
	assert_true(ENDS(snp_cpu_off()));
	assert_int_equal(self.online, 0);
	assert_true(ENDS(snp_shutdown(CVM_SHUTDOWN_PASS)));
	assert_int_equal(host.terminated, 0x2100);
	assert_true(console_tried);
	assert_true(ENDS(snp_shutdown(CVM_SHUTDOWN_FAIL)));
	assert_int_equal(host.terminated, 0x12100);
}

static void nmi_stacks(void **state)
{
	const u64 base = 0x10000, top = 0x12000, mid = 0x11000, outside = 0x50000;
	u64 first, second;

	/* from elsewhere: the halves alternate */
	assert_int_equal(nmi_next_stack(base, top, top, outside, top - 400), mid);
	assert_int_equal(nmi_next_stack(base, top, mid, outside, mid - 400), top);
	/* inside one in the upper half: below, in the lower */
	first = nmi_next_stack(base, top, mid, top - 300, mid - 400);
	assert_true(first < mid - 400 && first > base);
	second = nmi_next_stack(base, top, first, mid - 300, first - 400);
	assert_true(second < first - 400);
	/* no end of them */
	assert_int_equal(nmi_next_stack(base, top, base + 0x600, mid - 300, base + 0x300), 0);
	/* NMIs were blocked: it lies on its predecessor */
	assert_int_equal(nmi_next_stack(base, top, top, top - 500, top - 400), 0);
	assert_int_equal(nmi_next_stack(base, top, mid, mid - 500, mid - 400), 0);
}

static void nmi_done(void **state)
{
	static u8 stacks[IST_COUNT * CPU_IST_BYTES] __attribute__((aligned(16)));
	u64 top, next;

	self.ist_base = (uintptr_t)stacks;
	top = self.ist_base + IST_NMI * CPU_IST_BYTES;
	memcpy(&self.tss[36 + 8 * (IST_NMI - 1)], &top, 8);
	next = 0x1234; /* interrupted stack pointer */
	memcpy((void *)(uintptr_t)(top - 16), &next, 8);
	snp_nmi_done();
	memcpy(&next, &self.tss[36 + 8 * (IST_NMI - 1)], 8);
	assert_int_equal(next, top - CPU_IST_BYTES / 2);
	assert_int_equal(host_get(seen, GHCB_EXITCODE), GHCB_EXIT_NMI_COMPLETE);
	next -= 8; /* the next one interrupts itself */
	memcpy((void *)(uintptr_t)(next + 8 - 16), &next, 8);
	assert_true(ENDS(snp_nmi_done()));
	assert_int_equal(host.fatal_status, ST_PROTOCOL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(detected),
		T(not_ours),
		T(refused),
		T(newer_hosts_are_fine),
		T(private_from_launch),
		T(boot_cpu),
		T(other_cpu),
		T(forgotten),
		T(vmsa_not_at_2_mib),
		T(endings),
		T(nmi_stacks),
		T(nmi_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
