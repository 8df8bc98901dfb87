/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested page faults: the access table of the RMP (sheet 3.4) over two worlds. In the paged world
 * bit 51 of the address is the C-bit; in the unpaged one everything is private, as hardware has it
 * while the guest cannot set the bit.
 */
#include "snp.h"

static struct npt *paged, *unpaged;
static u8 *ciphertext; /* what a read without the C-bit sees of a private page */
#define TEMP_EXITS 64

static u64 walks_low, fetches_low;
static u64 not_validated, not_validated_last; /* #VC 0x404 by an access, and where the last was */
static bool lent_stale; /* some CPU may still translate to a page whose loan has ended */

void snp_worlds_init(void)
{
	u64 x = 0x2545f4914f6cdd1dULL;

	paged = npt_new();
	unpaged = npt_new();
	ciphertext = core_pages(1);
	for (size_t i = 0; i < PAGE_SIZE; i++) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		ciphertext[i] = (u8)(x >> 56);
	}
}

bool snp_c_bit_works(const struct vcpu *v)
{
	return (v->vmcb->cr0 & BIT(31)) != 0 && (v->vmcb->cr4 & BIT(5)) != 0;
}

void snp_choose_world(struct vcpu *v)
{
	v->npt = snp_c_bit_works(v) ? paged : unpaged;
}

static bool unmap_one(struct npt *n, u64 gpa, u64 size)
{
	u64 mpa, leaf;
	unsigned perms;
	bool found = false;

	for (u64 at = 0; at < size && !found; at += PAGE_SIZE)
		found = npt_lookup(n, gpa + at, &mpa, &leaf, &perms);
	if (found)
		npt_unmap(n, gpa, size);
	return found;
}

void snp_unmap(struct vcpu *self, u64 gpa, u64 size)
{
	bool any = unmap_one(paged, gpa, size);

	any |= unmap_one(paged, gpa | SNP_C_BIT, size);
	any |= unmap_one(unpaged, gpa, size);
	if (any || lent_stale)
		core_flush(self);
	lent_stale = false;
}

/* The fault memory.twice: the page at gpa and the one behind it are one. */
static void map_twice(struct npt *n, u64 gpa, u64 mpa)
{
	npt_unmap(n, gpa + PAGE_SIZE, PAGE_SIZE);
	npt_map(n, gpa + PAGE_SIZE, mpa, PAGE_SIZE, NPT_R | NPT_W | NPT_X);
}

void snp_map_private(struct vcpu *v, u64 gpa)
{
	const struct rmp_entry *e = rmp_get(gpa);
	u64 alias = v->npt == paged ? SNP_C_BIT : 0, size = PAGE_SIZE, base;

	if (e->size_2m && is_aligned(backing_private(align_down(gpa, BLOCK_SIZE)), BLOCK_SIZE))
		size = BLOCK_SIZE;
	base = align_down(gpa, size);
	rmp_touch(base, size);
	npt_map(v->npt, base | alias, backing_private(base), size, NPT_R | NPT_W | NPT_X);
	if (size == BLOCK_SIZE && fault_on(FAULT_MEMORY_TWICE))
		map_twice(v->npt, (base | alias) + BLOCK_SIZE / 2,
			  backing_private(base + BLOCK_SIZE / 2));
}

/* What the CPU reads and writes by itself goes through the RMP, too. */
bool snp_reachable(u64 gpa, bool private)
{
	enum rmp_access a = rmp_access(gpa);

	if (!private)
		return a == RMP_ACCESS_NPF;
	if (a == RMP_ACCESS_OK)
		rmp_touch(align_down(gpa, PAGE_SIZE), PAGE_SIZE);
	return a == RMP_ACCESS_OK;
}

/* ---- walks and fetches through the low alias ---- */

/*
 * Under trace each exit ends the loan. Else a page that served a walk stays for a while: firmware
 * that leaves the C-bit out of its upper tables would fault several times after each exit, and what
 * can be seen meanwhile without the C-bit is its tables.
 */
void snp_temp_drop(struct vcpu *v)
{
	struct snp_vcpu *hw = snp_hw(v);

	if (!config.trace && hw->lent && ++hw->lent_exits < TEMP_EXITS)
		return;
	hw->lent_exits = 0;
	for (unsigned i = 0; i < hw->temps && hw->lent; i++)
		npt_unmap(paged, hw->temp[i].gpa, PAGE_SIZE);
	lent_stale |= hw->lent;
	hw->lent = false;
}

static void lend(const struct snp_temp *t)
{
	rmp_touch(t->gpa, PAGE_SIZE);
	npt_map(paged, t->gpa, backing_private(t->gpa), PAGE_SIZE, t->perms);
}

/* All that was lent before the last exit at once: the guest goes on with the same tables. */
static void lend_again(struct snp_vcpu *hw)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < hw->temps; i++) {
		if (rmp_access(hw->temp[i].gpa) != RMP_ACCESS_OK)
			continue;
		hw->temp[kept] = hw->temp[i];
		lend(&hw->temp[kept++]);
	}
	hw->temps = kept;
	hw->temp_next = kept % SNP_TEMP_MAX;
	hw->lent = true;
}

/* The page's place in the list, a new one if need be: the oldest makes room. */
static struct snp_temp *temp_slot(struct snp_vcpu *hw, u64 page)
{
	struct snp_temp *t;

	for (unsigned i = 0; i < hw->temps; i++) {
		if (hw->temp[i].gpa == page)
			return &hw->temp[i];
	}
	t = &hw->temp[hw->temp_next];
	if (hw->temps == SNP_TEMP_MAX) {
		npt_unmap(paged, t->gpa, PAGE_SIZE);
		lent_stale = true;
	} else {
		hw->temps++;
	}
	hw->temp_next = (hw->temp_next + 1) % SNP_TEMP_MAX;
	*t = (struct snp_temp){ .gpa = page, .perms = NPT_R };
	return t;
}

/*
 * Hardware ignores the C-bit for walks and fetches; QEMU does not. The private page is lent to the
 * low alias until the next other exit. Several are kept at a time, because one instruction may need
 * a whole walk, each step of which faults here on its own.
 */
static void temp_lend(struct vcpu *v, u64 gpa, bool fetch)
{
	struct snp_vcpu *hw = snp_hw(v);
	struct snp_temp *t;

	if (fetch)
		fetches_low++;
	else
		walks_low++;
	if (!hw->lent)
		lend_again(hw);
	if (fetch)
		hw->lent_exits = TEMP_EXITS;
	t = temp_slot(hw, align_down(gpa, PAGE_SIZE));
	/* Code and tables in one page get both, or they would take turns for ever. */
	t->perms |= fetch ? NPT_X : NPT_W;
	lend(t);
}

/* ---- the table ---- */

static void private_access(struct vcpu *v, u64 gpa, u64 info1, bool lend)
{
	enum rmp_access a = rmp_access(gpa);

	if (a == RMP_ACCESS_NPF) {
		if (config.trace && !host_is_private(gpa) && (info1 & NPF_FETCH) != 0)
			violation("fetch-shared", "vCPU %u at 0x%llx", v->index,
				  (unsigned long long)gpa);
		host_private_fault(v, gpa);
		a = rmp_access(gpa);
	}
	switch (a) {
	case RMP_ACCESS_OK:
		if (lend)
			temp_lend(v, gpa, (info1 & NPF_FETCH) != 0);
		else
			snp_map_private(v, gpa);
		return;
	case RMP_ACCESS_NOT_VALIDATED:
		not_validated++;
		not_validated_last = gpa;
		if (fault_on((info1 & NPF_WRITE) != 0 ? FAULT_ACCESS_STORE : FAULT_ACCESS_LOAD))
			snp_map_private(v, gpa);
		else
			snp_vc(v, GHCB_EXIT_NOT_VALIDATED);
		return;
	case RMP_ACCESS_NOTHING:
		/* KVM marks MMIO by a reserved bit of its tables: #VC whatever the C-bit says (KVM
		 * 6.11 and later ask the VMM first, which stops the machine). */
		if (config.trace)
			violation("mmio-private", "vCPU %u at 0x%llx", v->index,
				  (unsigned long long)gpa);
		snp_vc(v, GHCB_EXIT_NPF);
		return;
	case RMP_ACCESS_NPF:
		core_panic("RMPUPDATE of 0x%llx has no effect", (unsigned long long)gpa);
	}
}

static void map_shared(u64 gpa)
{
	u64 size = host_block_shared(gpa) ? BLOCK_SIZE : PAGE_SIZE;
	u64 base = align_down(gpa, size);

	npt_map(paged, base, (u64)(uintptr_t)host_shared(base), size, NPT_R | NPT_W);
}

static void shared_access(struct vcpu *v, u64 gpa, bool write)
{
	const struct rmp_entry *e = rmp_get(gpa);
	u64 page = align_down(gpa, PAGE_SIZE);

	if (e == NULL) {
		snp_vc(v, GHCB_EXIT_NPF);
		return;
	}
	/* Reads of an assigned page are not checked: ciphertext. Writes are, and KVM then converts
	 * the page to shared, whose content is lost to the guest. */
	if (V(e->state != RMP_H && !write)) {
		npt_map(paged, page,
			fault_on(FAULT_ALIAS_PLAINTEXT) ? backing_private(page)
							: (u64)(uintptr_t)ciphertext,
			PAGE_SIZE, NPT_R);
		return;
	}
	if (host_is_private(gpa)) {
		counter_add("implicit_shared", 1);
		if (config.trace && e->state == RMP_GV && guest_is_ram(gpa))
			violation("write-shared-alias", "vCPU %u writes the validated page 0x%llx",
				  v->index, (unsigned long long)gpa);
		if (host_convert(v, page, PAGE_SIZE, false) != ST_OK)
			core_verdict("stuck", "vCPU %u: write without C-bit to 0x%llx, in use",
				     v->index, (unsigned long long)gpa);
	}
	map_shared(gpa);
}

void snp_npf(struct vcpu *v, u64 info1, u64 gpa)
{
	bool alias = (gpa & SNP_C_BIT) != 0, all = !snp_c_bit_works(v);
	bool forced = (info1 & (NPF_WALK | NPF_FETCH)) != 0;
	u64 plain = gpa & ~SNP_C_BIT;

	if (alias || all || !forced)
		snp_temp_drop(v);
	/* Without paging no address reaches the bit. */
	if (alias || all || forced)
		private_access(v, all ? gpa : plain, info1, forced && !alias && !all);
	else
		shared_access(v, plain, (info1 & NPF_WRITE) != 0);
}

void snp_npf_summary(void)
{
	counter_add("walks_low", walks_low);
	counter_add("fetches_low", fetches_low);
	counter_add("not_validated", not_validated);
	counter_add("not_validated_last", not_validated_last);
}
