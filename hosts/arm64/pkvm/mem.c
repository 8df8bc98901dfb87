/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who owns a page and who may access it. Conversion is in place: the machine address stays, the
 * host's stage 2 and the devices' follow what the guest decided.
 */
#include <string.h>

#include "pkvm/model.h"

#define POISON 0 /* what the host finds in a page that it gets back */

/* A bit per page of host memory: it is a guest's. */
static u64 *donated;
static u64 host_end;

#ifdef NATIVE
void *pa_to_ptr(u64 pa)
{
	extern u8 *fake_memory;

	return fake_memory + (pa - NS_BASE);
}
#else
void *pa_to_ptr(u64 pa)
{
	return (void *)(uintptr_t)pa;
}
#endif

void mem_init(void)
{
	u64 pages, table;

	host_end = MIN(NS_END, core_ram_end());
	pages = (host_end - NS_BASE) / PAGE_SIZE;
	table = core_alloc_pages(align_up(pages / 8 + 8, PAGE_SIZE) / PAGE_SIZE);
	if (table == 0)
		core_panic("model: no memory for %llu pages", (unsigned long long)pages);
	donated = pa_to_ptr(table);
}

static bool is_donated(u64 pa)
{
	u64 n = (pa - NS_BASE) / PAGE_SIZE;

	return (donated[n / 64] & BIT(n % 64)) != 0;
}

static void set_donated(u64 pa, bool guest)
{
	u64 n = (pa - NS_BASE) / PAGE_SIZE, end = n + hyp_vm.granule / PAGE_SIZE;

	for (; n < end; n++) {
		if (guest)
			donated[n / 64] |= BIT(n % 64);
		else
			donated[n / 64] &= ~BIT(n % 64);
	}
}

/* The monitor lies beyond; host memory that some guest has is not the host's meanwhile. A granule
 * of the host's is donated as a whole, so its first page speaks for all. */
static bool host_owns(u64 pa)
{
	if (V(pa < NS_BASE))
		return false;
	if (V(pa >= host_end))
		return false;
	if (V(is_donated(pa)))
		return false;
	return true;
}

static void devices_follow(u64 ipa, u64 pa, bool open)
{
	for (u64 off = 0; off < hyp_vm.granule; off += PAGE_SIZE)
		core_smmu_page(ipa + off, pa + off, open);
}

static void wipe(u64 pa)
{
	memset(pa_to_ptr(pa), POISON, hyp_vm.granule);
}

/* The fault spoils the middle of a block when its last page comes. */
static void spoil(u64 ipa)
{
	struct page p;

	if (!fault_on(FAULT_MEMORY_CHANGES) || !is_aligned(ipa + hyp_vm.granule, BLOCK_SIZE))
		return;
	p = s2_get(align_down(ipa, BLOCK_SIZE) + BLOCK_SIZE / 2);
	if (p.state == PAGE_OWNED)
		*(u64 *)pa_to_ptr(p.pa) ^= 1;
}

static enum status donate(u64 ipa, u64 pa)
{
	struct page p;

	if (V(!hyp_vm.created))
		return ST_STATE;
	if (V(!is_aligned(ipa, hyp_vm.granule)))
		return ST_ALIGN;
	if (V(!is_aligned(pa, hyp_vm.granule)))
		return ST_ALIGN;
	if (V(!ipa_valid(ipa)))
		return ST_RANGE;
	if (V(!host_owns(pa)))
		return ST_STATE;
	p = s2_get(ipa);
	if (V(p.state != PAGE_NONE && p.state != PAGE_RELINQUISHED))
		return ST_STATE;
	if (V(p.guarded)) /* a device to the guest, by its own word */
		return ST_STATE;
	if (!s2_set(ipa, p)) /* nothing changes, but the tables are there */
		return ST_NO_MEMORY;
	set_donated(pa, true);
	/* Before a CPU of the guest sees the page. */
	pvmfw_fill(ipa, pa);
	hw_sync_code((u64)(uintptr_t)pa_to_ptr(pa), hyp_vm.granule);
	p = (struct page){ .state = PAGE_OWNED, .pa = pa };
	p.host = fault_on(FAULT_DONATE_HOST_KEEPS);
	s2_set(ipa, p);
	spoil(ipa);
	return ST_OK;
}

enum status pkvm_donate(u64 ipa, u64 pa)
{
	enum status st;

	core_lock(&model_lock);
	st = donate(ipa, pa);
	core_unlock(&model_lock);
	return st;
}

/* The page is the host's again; the guest's side of it is what `state` says. */
static void give_back(u64 ipa, struct page p, enum page_state state)
{
	if (p.state == PAGE_SHARED)
		devices_follow(ipa, p.pa, false);
	p.state = state;
	p.host = true;
	p.no_exec = false;
	s2_set(ipa, p); /* before anything else: no CPU may still write there */
	set_donated(p.pa, false);
}

static enum status reclaim(u64 ipa)
{
	struct page p;

	if (V(!hyp_vm.created))
		return ST_STATE;
	if (V(!is_aligned(ipa, hyp_vm.granule)))
		return ST_ALIGN;
	if (V(!ipa_valid(ipa)))
		return ST_RANGE;
	p = s2_get(ipa);
	if (V(p.state != PAGE_OWNED && p.state != PAGE_SHARED))
		return ST_STATE;
	give_back(ipa, p, PAGE_RECLAIMED);
	if (!fault_on(FAULT_RECLAIM_NOT_WIPED))
		wipe(p.pa);
	return ST_OK;
}

enum status pkvm_reclaim(u64 ipa)
{
	enum status st;

	core_lock(&model_lock);
	st = reclaim(ipa);
	core_unlock(&model_lock);
	return st;
}

void mem_share(u64 ipa, struct page p)
{
	p.state = PAGE_SHARED;
	p.host = true;
	/* So that the first fetch is seen; the guest may, but should not. */
	p.no_exec = config.trace;
	s2_set(ipa, p);
	devices_follow(ipa, p.pa, true);
	counters.shares++;
}

void mem_unshare(u64 ipa, struct page p)
{
	devices_follow(ipa, p.pa, false);
	p.state = PAGE_OWNED;
	p.host = fault_on(FAULT_UNSHARE_HOST_KEEPS);
	p.no_exec = false;
	s2_set(ipa, p);
	counters.unshares++;
}

/* What the guest alone knew must not reach the host; what it shared the host knows. */
void mem_relinquish(u64 ipa, struct page p)
{
	bool secret = p.state == PAGE_OWNED;

	give_back(ipa, p, PAGE_RELINQUISHED);
	if (secret && !fault_on(FAULT_RELINQUISH_NOT_WIPED))
		wipe(p.pa);
}

void mem_allow_fetch(u64 ipa)
{
	struct page p = s2_get(ipa);

	p.no_exec = false;
	s2_set(ipa, p);
}

/* A page given back is the host's until it donates the memory behind it once more, wherever. */
static bool gone(const struct page *p)
{
	return p->state != PAGE_OWNED && p->state != PAGE_SHARED && p->pa != 0 && is_donated(p->pa);
}

static struct page page_at(u64 ipa)
{
	struct page p = { 0 };

	core_lock(&model_lock);
	if (hyp_vm.created && ipa_valid(ipa))
		p = s2_get(ipa);
	if (gone(&p))
		p = (struct page){ .state = p.state };
	core_unlock(&model_lock);
	return p;
}

void *pkvm_host_access(u64 ipa)
{
	struct page p = page_at(ipa);

	if (!p.host)
		return NULL;
	return (u8 *)pa_to_ptr(p.pa) + (ipa & (hyp_vm.granule - 1));
}

bool pkvm_is_shared(u64 ipa)
{
	return page_at(ipa).state == PAGE_SHARED;
}

u64 pkvm_backing(u64 ipa)
{
	struct page p = page_at(ipa);

	return p.pa == 0 ? 0 : p.pa + (ipa & (hyp_vm.granule - 1));
}
