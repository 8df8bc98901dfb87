/* SPDX-License-Identifier: BSD-2-Clause */
/* Page state changes as KVM carries them out: header and entries from the host's copy, progress
 * written back entry by entry. */
#include "snp.h"

#include <string.h>

static u64 entries_done;

static u64 get_entry(const struct nae *n, unsigned offset)
{
	u64 entry;

	memcpy(&entry, n->in + offset, sizeof(entry));
	return entry;
}

static void trace_shared(struct vcpu *v, u64 gpa)
{
	const struct rmp_entry *e = rmp_get(gpa);

	/* The guest gives away what it still holds validated. */
	if (config.trace && e != NULL && e->state == RMP_GV)
		violation("shared-while-valid", "vCPU %u at 0x%llx", v->index,
			  (unsigned long long)gpa);
}

/* 0, or INFO2. */
static u64 change(struct vcpu *v, u64 gfn, u64 pages, bool to_private)
{
	u64 gpa = gfn * PAGE_SIZE;

	if (!to_private)
		trace_shared(v, gpa);
	return host_convert(v, gpa, pages * PAGE_SIZE, to_private) == ST_OK ? 0 : PSC_ERR_GENERIC;
}

static u64 do_entry(struct nae *n, unsigned offset)
{
	u64 entry = get_entry(n, offset), error = 0;
	u64 gfn = FIELD(entry, PSC_GFN_HI, PSC_GFN_LO), done = entry & PSC_CUR_PAGE_MASK;
	u64 pages = (entry & BIT(PSC_2M_LO)) != 0 ? PSC_PAGES_2M : 1;
	unsigned op = FIELD(entry, PSC_OP_LO + 3, PSC_OP_LO);

	if (V(done > pages))
		return PSC_ERR_ENTRY;
	if (V(!is_aligned(gfn, pages)) && !fault_on(FAULT_PSC_ALIGN))
		return PSC_ERR_ENTRY;
	if (done == pages)
		return 0;
	switch (op) {
	case PSC_OP_PRIVATE:
	case PSC_OP_SHARED:
		if (op == PSC_OP_SHARED && pages == 1 && fault_on(FAULT_PSC_SMALL_REFUSED))
			return PSC_ERR_GENERIC;
		error = change(n->v, gfn + done, pages - done, op == PSC_OP_PRIVATE);
		break;
	case PSC_OP_PSMASH:
	case PSC_OP_UNSMASH:
		break; /* advice, which KVM does not take */
	default:
		if (!fault_on(FAULT_PSC_OPERATION))
			return PSC_ERR_ENTRY;
	}
	if (error != 0)
		return error;
	entry = (entry & ~(u64)PSC_CUR_PAGE_MASK) | pages;
	memcpy(n->page + offset, &entry, sizeof(entry));
	entries_done++;
	return 0;
}

void nae_psc(struct nae *n)
{
	unsigned offset, room;
	u64 before = vmm_conversions;
	u16 cur, end;

	if (V(nae_scratch(n, PSC_HEADER_SIZE, &offset) != ST_OK)) {
		nae_malformed(n, GHCB_ERR_SCRATCH);
		return;
	}
	memcpy(&cur, n->in + offset + PSC_CUR_ENTRY, sizeof(cur));
	memcpy(&end, n->in + offset + PSC_END_ENTRY, sizeof(end));
	/* At most PSC_ENTRIES_MAX, fewer when the structure does not begin the buffer. */
	room = (GHCB_BUFFER + GHCB_BUFFER_SIZE - offset - PSC_HEADER_SIZE) / sizeof(u64);
	if (V(end >= room + (fault_on(FAULT_PSC_END) ? 1 : 0))) {
		n->out_info2 = PSC_ERR_HEADER;
		return;
	}
	if (cur > end && fault_on(FAULT_PSC_NOTHING)) {
		n->out_info2 = PSC_ERR_HEADER;
		return;
	}
	while (cur <= end && n->out_info2 == 0) {
		n->out_info2 = do_entry(n, offset + PSC_HEADER_SIZE + cur * (unsigned)sizeof(u64));
		if (n->out_info2 == 0)
			cur++;
	}
	/* The GHCB may have made itself private: then there is no one to tell. */
	if (host_shared(n->gpa) != n->page)
		return;
	if (n->out_info2 == 0 || !fault_on(FAULT_PSC_ERROR_PLACE))
		memcpy(n->page + offset + PSC_CUR_ENTRY, &cur, sizeof(cur));
	/* A host that keeps its count of a long list there. */
	if (vmm_conversions - before >= PSC_ENTRIES_MAX && fault_on(FAULT_PSC_RESERVED))
		memcpy(n->page + offset + PSC_RESERVED, &cur, sizeof(cur));
}

bool psc_msr(struct vcpu *v, u64 gfn, unsigned op)
{
	if (V(op != PSC_OP_PRIVATE && op != PSC_OP_SHARED))
		return false;
	if (op == PSC_OP_PRIVATE && fault_on(FAULT_PSC_MSR_REFUSED))
		return false;
	return change(v, gfn, 1, op == PSC_OP_PRIVATE) == 0;
}

void psc_summary(void)
{
	counter_add("psc_entries", entries_done);
}
