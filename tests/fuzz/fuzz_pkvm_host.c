/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is what a host and its protected guest do in turn: pages donated and taken back,
 * calls, aborts, arbitrary registers, in either profile and with each granule. After every step: no
 * page is the guest's alone and the host's or a device's, too; none is the guest's twice; a device
 * reaches a page exactly while it is shared; stage 2 has the guest's pages and no others; and an
 * Android host is told no more than an exit needs.
 *
 * sources: hosts/arm64/pkvm/[!i]*.c hosts/arm64/el2/[!h]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm -lbearssl -lfdt
 */
#include "fake_pkvm.h"
#include "input.h"

#define RAM       FAKE_RAM
#define DEVICE    0x09000000ULL
#define TOP       (1ULL << 33)
#define PAGES     12u /* granules of RAM that the game is about */
#define CPUS      2u
#define STEPS_MAX 256u

static struct rmi_rec_run page;
static u64 pool[PAGES];

static u64 ram(u8 n)
{
	return RAM + n % PAGES * hyp_vm.granule;
}

/* Mostly a granule of the game; now and then any bits at all. */
static u64 address(void)
{
	u8 kind = byte(), n = byte();

	switch (kind & 15) {
	case 0:
		return ram(n) + n;
	case 1:
		return DEVICE + n % 4 * hyp_vm.granule;
	case 2:
		return TOP - n * hyp_vm.granule;
	case 3:
		return any(8);
	default:
		return ram(n);
	}
}

/* ---- the guest ---- */
static void hvc(struct el1_state *g)
{
	static const u32 fids[] = {
		PKVM_MEM_SHARE,
		PKVM_MEM_SHARE,
		PKVM_MEM_SHARE,
		PKVM_MEM_UNSHARE,
		PKVM_MEM_UNSHARE,
		PKVM_MEM_RELINQUISH,
		PKVM_HYP_MEMINFO,
		PKVM_FEATURES,
		PKVM_MMIO_GUARD_ENROLL,
		PKVM_MMIO_GUARD,
		PKVM_MMIO_GUARD_UNMAP,
		PKVM_MMIO_RGUARD_MAP,
		PKVM_MMIO_RGUARD_UNMAP,
		PKVM_MMIO_GUARD_INFO,
		PSCI_CPU_ON_64,
		PSCI_CPU_OFF,
		PSCI_AFFINITY_INFO_64,
		PSCI_CPU_SUSPEND_64,
		PSCI_CPU_ON_32,
		PSCI_FEATURES,
		TRNG_RND_64,
		TRNG_RND_32,
		PKVM_VENDOR_UID,
	};
	u8 kind = byte();

	g->pc += 4;
	g->x[0] = kind < 250 ? fids[kind % ARRAY_SIZE(fids)] : any(4);
	if (kind == 249)
		g->x[0] = byte() < 30 ? PSCI_SYSTEM_OFF : TRNG_UUID;
	g->x[1] = address();
	g->x[2] = byte() < 128 ? 0 : byte() % 16;
	g->x[3] = byte() < 240 ? 0 : any(8);
	if (psci_is_call((u32)g->x[0]))
		g->x[1] &= byte() < 240 ? 3 : ~0ULL;
	if (g->x[0] == TRNG_RND_64 || g->x[0] == TRNG_RND_32)
		g->x[1] = byte();
	if (g->x[0] == PKVM_HYP_MEMINFO && byte() < 200)
		g->x[1] = 0;
}

static void guest(struct el1_state *g, struct core_exit_info *info)
{
	static const u8 classes[] = { EC_DABT_LOW, EC_DABT_LOW, EC_DABT_LOW, EC_IABT_LOW,
				      EC_SYSREG,   EC_WFX,      EC_SMC,      EC_SVE };
	u8 kind = byte();
	u64 at;

	if (input.left == 0)
		return; /* interrupted */
	info->kind = CORE_EXIT_SYNC;
	if (kind < 160) {
		hvc(g);
		info->esr = (u64)EC_HVC << 26 | ESR_IL;
		return;
	}
	if (kind > 250)
		info->kind = kind & 1 ? CORE_EXIT_SERROR : CORE_EXIT_FIQ;
	if (kind > 240) {
		g->vbar = address();
		g->pc = address();
		g->pstate = byte() & 1 ? 0x10 : byte() & 0xf0000005;
	}
	at = address();
	info->esr = (u64)classes[byte() % ARRAY_SIZE(classes)] << 26 | (any(4) & MASK(25, 0));
	info->far = at;
	info->hpfar = (at & MASK(47, 12)) >> 12 << 4;
}

/* ---- the host ---- */

/* Registers that an exit has nothing to do with are not shown, and a call not at all. */
static void check_exposed(void)
{
	for (unsigned i = 2; i < 31; i++)
		if (page.exit.gprs[i] != 0)
			abort();
	if (page.exit.exit_reason == RMI_EXIT_SYNC && ESR_EC(page.exit.esr) == EC_HVC)
		abort();
}

static void enter(unsigned cpu)
{
	bool over = hyp_vm.ended || hyp_vm.faulted;
	enum pkvm_run ran;

	page.enter.flags = byte() & 0x1f;
	for (unsigned i = 0; i < 4; i++)
		page.enter.gprs[i] = byte();
	page.enter.gicv3_lrs[byte() % 4] = byte() < 220 ? 0 : any(8);
	ran = pkvm_vcpu_run(cpu, &page);
	if (ran == PKVM_REFUSED) { /* as a host that asks for nothing would enter */
		memset(&page.enter, 0, sizeof(page.enter));
		ran = pkvm_vcpu_run(cpu, &page);
	}
	if (ran == PKVM_RAN && over)
		abort();
	if (ran == PKVM_RAN && hyp_vm.profile == PKVM_ANDROID)
		check_exposed();
}

static void touch(u64 ipa)
{
	u8 *at = pkvm_host_access(ipa);

	if (at != NULL)
		*at = byte();
}

static void host(u8 kind)
{
	switch (kind % 8) {
	case 0:
		pkvm_reclaim(address());
		return;
	case 1:
		pkvm_donate(address(), any(8));
		return;
	case 2:
		pkvm_vcpu_reset(byte() % (CPUS + 1), address(), byte());
		return;
	case 3:
		touch(address());
		return;
	default:
		pkvm_donate(ram(byte()), pool[byte() % PAGES]);
	}
}

/* ---- what must hold ---- */
static u64 descriptor(u64 ipa)
{
	u64 *table = pa_to_ptr(hyp_vm.root), d = table[ipa >> 30];

	for (unsigned shift = 21; shift >= 12; shift -= 9) {
		if ((d & 1) == 0)
			return 0;
		table = pa_to_ptr(d & MASK(47, 12));
		d = table[ipa >> shift & 511];
	}
	return d;
}

static void check_granule(u64 ipa)
{
	struct page p = s2_get(ipa);
	bool own = p.state == PAGE_OWNED || p.state == PAGE_SHARED;
	void *seen = pkvm_host_access(ipa);

	if (p.state == PAGE_OWNED && seen != NULL)
		abort();
	if (p.state == PAGE_SHARED && seen != pa_to_ptr(p.pa))
		abort();
	if (own && p.guarded)
		abort();
	for (u64 off = 0; off < hyp_vm.granule; off += PAGE_SIZE) {
		u64 d = descriptor(ipa + off);

		if (((d & 1) != 0) != own || (own && (d & MASK(47, 12)) != p.pa + off))
			abort();
		if (fake_device(ipa + off) != (p.state == PAGE_SHARED ? p.pa + off : 0))
			abort();
	}
	for (unsigned i = 0; own && i < PAGES; i++) {
		u64 other = ram((u8)i), pa = s2_get(other).pa;

		if (other != ipa && pa == p.pa && pkvm_host_access(other) != NULL &&
		    !pkvm_is_shared(other))
			abort(); /* an old place of this memory still opens it to the host */
		if (other != ipa && pa == p.pa && (descriptor(other) & 1) != 0)
			abort();
	}
}

static void check(void)
{
	for (unsigned i = 0; i < PAGES; i++)
		check_granule(ram((u8)i));
	for (unsigned i = 0; i < 4; i++)
		check_granule(DEVICE + i * hyp_vm.granule);
}

static void start(void)
{
	static const u64 granules[] = { KIB(4), KIB(16), KIB(64) };
	u8 kind = byte();

	machine_reset();
	config.trace = (kind & 1) != 0;
	if (vm_new((kind & 6) != 0 ? PKVM_ANDROID : PKVM_UPSTREAM, granules[kind / 8 % 3], CPUS) !=
	    ST_OK)
		abort();
	for (unsigned i = 0; i < CPUS; i++)
		pkvm_vcpu_create(i, RAM, 0);
	for (unsigned i = 0; i < PAGES; i++)
		pool[i] = host_page();
	for (unsigned i = 0; i < PAGES / 2; i++)
		pkvm_donate(ram((u8)i), pool[i]);
	fake_guest = guest;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, MIN(size, 4096u));
	start();
	for (unsigned i = 0; i < STEPS_MAX && input.left > 0; i++) {
		u8 kind = byte();

		if (kind < 160)
			enter(kind % CPUS);
		else
			host(kind);
		check();
	}
	return 0;
}
