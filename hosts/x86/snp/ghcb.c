/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GHCB page as KVM 7.2 reads it: copied once, checked in its order (registered, usage, event
 * known, inputs present), then the event. Only the copy is believed.
 */
#include "common/secret.h"
#include "snp.h"

#include <string.h>

static struct nae events[CORE_MAX_CPUS]; /* a held AP keeps its own */
static u64 psc_exits, guest_requests;
static u64 jump_table;

bool nae_has(const struct nae *n, unsigned offset)
{
	unsigned bit = offset / 8;

	return (n->in[GHCB_BITMAP + bit / 8] >> (bit % 8) & 1) != 0;
}

static u64 read64(const struct nae *n, unsigned offset)
{
	u64 value;

	memcpy(&value, n->in + offset, sizeof(value));
	return value;
}

u64 nae_get(const struct nae *n, unsigned offset)
{
	return nae_has(n, offset) ? read64(n, offset) : 0;
}

void nae_set(struct nae *n, unsigned offset, u64 value)
{
	unsigned bit = offset / 8;

	memcpy(n->page + offset, &value, sizeof(value));
	n->out[bit / 8] |= (u8)(1u << (bit % 8));
}

void nae_malformed(struct nae *n, unsigned error)
{
	n->out_info1 = GHCB_RESULT_MALFORMED;
	n->out_info2 = error;
}

void nae_exception(struct nae *n, unsigned vector, bool has_error)
{
	n->out_info1 = GHCB_RESULT_EXCEPTION;
	n->out_info2 = vector | GHCB_INJ_TYPE_EXCEPTION << GHCB_INJ_TYPE_LO | GHCB_INJ_VALID |
		       (has_error ? GHCB_INJ_HAS_ERROR : 0);
}

enum status nae_scratch(const struct nae *n, u64 size, unsigned *offset)
{
	u64 scratch = nae_get(n, GHCB_SCRATCH), begin = n->gpa + GHCB_BUFFER;

	/* What lies below the buffer wraps to far above it. */
	if (V(scratch - begin > GHCB_BUFFER_SIZE))
		return ST_RANGE;
	if (V(size > GHCB_BUFFER_SIZE - (scratch - begin)))
		return ST_RANGE;
	*offset = (unsigned)(scratch - n->gpa);
	return ST_OK;
}

/* ---- which inputs an event needs ---- */

enum { NEED_RAX = 1, NEED_RBX = 2, NEED_RCX = 4, NEED_RDX = 8, NEED_CPL = 16, NEED_SCRATCH = 32 };

static const struct event {
	u32 code;
	u8 needs;
} known[] = {
	{ GHCB_EXIT_DR7_READ, 0 },
	{ GHCB_EXIT_DR7_WRITE, NEED_RAX },
	{ GHCB_EXIT_RDTSC, 0 },
	{ GHCB_EXIT_RDPMC, NEED_RCX },
	{ GHCB_EXIT_CPUID, NEED_RAX | NEED_RCX },
	{ GHCB_EXIT_INVD, 0 },
	{ GHCB_EXIT_IOIO, 0 },
	{ GHCB_EXIT_MSR, NEED_RCX },
	{ GHCB_EXIT_VMMCALL, NEED_RAX | NEED_CPL },
	{ GHCB_EXIT_RDTSCP, 0 },
	{ GHCB_EXIT_WBINVD, 0 },
	{ GHCB_EXIT_MONITOR, NEED_RAX | NEED_RCX | NEED_RDX },
	{ GHCB_EXIT_MWAIT, NEED_RAX | NEED_RCX },
	{ GHCB_EXIT_MMIO_READ, NEED_SCRATCH },
	{ GHCB_EXIT_MMIO_WRITE, NEED_SCRATCH },
	{ GHCB_EXIT_NMI_COMPLETE, 0 },
	{ GHCB_EXIT_AP_HOLD, 0 },
	{ GHCB_EXIT_AP_TABLE, 0 },
	{ GHCB_EXIT_PSC, NEED_SCRATCH },
	{ GHCB_EXIT_GUEST_REQUEST, 0 },
	{ GHCB_EXIT_EXT_REQUEST, 0 },
	{ GHCB_EXIT_AP_CREATE, 0 },
	{ GHCB_EXIT_HV_FEATURES, 0 },
	{ GHCB_EXIT_TERMINATE, 0 },
	{ GHCB_EXIT_UNSUPPORTED, 0 },
};

static unsigned needs(const struct nae *n, unsigned base)
{
	switch (n->code) {
	case GHCB_EXIT_IOIO:
		if ((n->info1 & GHCB_IOIO_STRING) != 0)
			base |= NEED_SCRATCH;
		else if ((n->info1 & GHCB_IOIO_IN) == 0)
			base |= NEED_RAX;
		break;
	case GHCB_EXIT_MSR:
		if (n->info1 != GHCB_MSR_EVENT_READ)
			base |= NEED_RAX | NEED_RDX;
		break;
	case GHCB_EXIT_AP_CREATE:
		if ((u32)n->info1 != GHCB_AP_DESTROY)
			base |= NEED_RAX;
		break;
	default:
		break;
	}
	return base;
}

static bool has_all(const struct nae *n, unsigned wanted)
{
	static const struct {
		u8 need;
		u16 offset;
	} fields[] = {
		{ NEED_RAX, GHCB_RAX }, { NEED_RBX, GHCB_RBX }, { NEED_RCX, GHCB_RCX },
		{ NEED_RDX, GHCB_RDX }, { NEED_CPL, GHCB_CPL }, { NEED_SCRATCH, GHCB_SCRATCH },
	};

	if (fault_on(FAULT_GHCB_MISSING_INPUT))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if ((wanted & fields[i].need) != 0 && V(!nae_has(n, fields[i].offset)))
			return false;
	}
	return true;
}

static bool has_request(const struct nae *n)
{
	if (V(!nae_has(n, GHCB_EXITCODE)))
		return false;
	if (V(!nae_has(n, GHCB_INFO1)))
		return false;
	if (V(!nae_has(n, GHCB_INFO2)))
		return false;
	return true;
}

/* 0, or GHCB_ERR_*. */
static unsigned check(const struct nae *n)
{
	const struct snp_vcpu *hw = snp_hw(n->v);
	size_t i = 0;
	u32 usage;

	memcpy(&usage, n->in + GHCB_USAGE, sizeof(usage));
	if (V(!hw->ghcb_registered) && !fault_on(FAULT_GHCB_UNREGISTERED))
		return GHCB_ERR_NOT_REGISTERED;
	if (V(hw->ghcb_gpa != n->gpa) && !fault_on(FAULT_GHCB_UNREGISTERED))
		return GHCB_ERR_NOT_REGISTERED;
	if (V(usage != GHCB_USAGE_STANDARD) && !fault_on(FAULT_GHCB_USAGE))
		return GHCB_ERR_USAGE;
	if (!has_request(n) && !fault_on(FAULT_GHCB_MISSING_REQUEST))
		return GHCB_ERR_MISSING;
	while (i < ARRAY_SIZE(known) && known[i].code != n->code)
		i++;
	if (V(i == ARRAY_SIZE(known)))
		return fault_on(FAULT_GHCB_UNKNOWN_DONE) ? 0 : GHCB_ERR_EVENT;
	if (!has_all(n, needs(n, known[i].needs)))
		return GHCB_ERR_MISSING;
	/* Leaf 0xd depends on what the guest enabled. */
	if (V(n->code == GHCB_EXIT_CPUID && (u32)nae_get(n, GHCB_RAX) == 0xd &&
	      !nae_has(n, GHCB_XCR0)))
		return GHCB_ERR_MISSING;
	return 0;
}

/* ---- events that need no file of their own ---- */

static void vmmcall(struct nae *n)
{
	/* No hypercall is offered; KVM refuses user mode first. */
	nae_set(n, GHCB_RAX, V(n->in[GHCB_CPL] != 0) ? (u64)-1 : (u64)-1000);
}

static void jump_table_event(struct nae *n)
{
	if (n->info1 == 0)
		jump_table = n->info2;
	else if (n->info1 == 1)
		n->out_info2 = jump_table;
	else
		nae_malformed(n, GHCB_ERR_INPUT);
}

/* False: nothing is to be written back, the vCPU runs from another VMSA. */
static bool dispatch(struct nae *n)
{
	switch (n->code) {
	case GHCB_EXIT_CPUID:
		nae_cpuid(n);
		break;
	case GHCB_EXIT_RDTSC:
	case GHCB_EXIT_RDTSCP:
		nae_time(n);
		break;
	case GHCB_EXIT_RDPMC:
		nae_exception(n, 13, true); /* no counters here */
		break;
	case GHCB_EXIT_IOIO:
		nae_ioio(n);
		break;
	case GHCB_EXIT_MSR:
		nae_msr(n);
		break;
	case GHCB_EXIT_VMMCALL:
		vmmcall(n);
		break;
	case GHCB_EXIT_MMIO_READ:
		nae_mmio(n, false);
		break;
	case GHCB_EXIT_MMIO_WRITE:
		nae_mmio(n, true);
		break;
	case GHCB_EXIT_NMI_COMPLETE:
		vmm_nmi_done(n->v);
		break;
	case GHCB_EXIT_AP_HOLD:
		if (!ap_hold(n->v))
			return false;
		n->out_info2 = 1;
		break;
	case GHCB_EXIT_AP_TABLE:
		jump_table_event(n);
		break;
	case GHCB_EXIT_PSC:
		psc_exits++;
		nae_psc(n);
		break;
	case GHCB_EXIT_GUEST_REQUEST:
	case GHCB_EXIT_EXT_REQUEST:
		guest_requests++;
		nae_guest_request(n, n->code == GHCB_EXIT_EXT_REQUEST);
		break;
	case GHCB_EXIT_AP_CREATE:
		nae_ap_create(n);
		break;
	case GHCB_EXIT_HV_FEATURES:
		n->out_info2 = fault_on(FAULT_GHCB_FEATURES) ? 0 : SNP_HV_FEATURES;
		break;
	case GHCB_EXIT_TERMINATE:
		if (!fault_on(FAULT_GHCB_TERMINATE))
			host_terminated(FIELD(n->info1, 3, 0), FIELD(n->info1, 11, 4));
		break;
	case GHCB_EXIT_UNSUPPORTED:
		nae_exception(n, 13, true);
		break;
	default:
		break; /* DR7, INVD, WBINVD, MONITOR, MWAIT: nothing to do */
	}
	return true;
}

/* What the guest hands over as values; what stands in the page is looked at in the end. */
static void look_for_secrets(const struct nae *n)
{
	static const u16 fields[] = { GHCB_RAX,   GHCB_RBX,   GHCB_RCX,    GHCB_RDX,
				      GHCB_INFO1, GHCB_INFO2, GHCB_SCRATCH };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		secret_seen(read64(n, fields[i]), sizeof(u64));
}

void host_ghcb(struct vcpu *v)
{
	struct nae *n = &events[v->index];
	unsigned error;

	*n = (struct nae){ .v = v, .gpa = snp_hw(v)->ghcb_msr };
	/* KVM ignores address 0 and what it cannot map: the guest goes on with nothing changed. */
	if (V(n->gpa == 0))
		return;
	n->page = host_shared(n->gpa);
	if (V(n->page == NULL))
		return;
	memcpy(n->in, n->page, sizeof(n->in));
	n->code = read64(n, GHCB_EXITCODE);
	n->info1 = read64(n, GHCB_INFO1);
	n->info2 = read64(n, GHCB_INFO2);
	look_for_secrets(n);
	error = check(n);
	if (error != 0)
		nae_malformed(n, error);
	else if (!dispatch(n))
		return;
	/* The page may have been taken away by the event itself. */
	if (host_shared(n->gpa) != n->page)
		return;
	nae_set(n, GHCB_INFO1, n->out_info1);
	if (!fault_on(FAULT_REQUEST_UNMARKED) || n->out_info1 != GHCB_RESULT_OK ||
	    (n->code != GHCB_EXIT_GUEST_REQUEST && n->code != GHCB_EXIT_EXT_REQUEST))
		nae_set(n, GHCB_INFO2, n->out_info2);
	for (size_t i = 0; i < sizeof(n->out) && fault_on(FAULT_GHCB_MARKS_STAY); i++)
		n->out[i] |= n->in[GHCB_BITMAP + i];
	memcpy(n->page + GHCB_BITMAP, n->out, sizeof(n->out));
}

void nae_summary(void)
{
	counter_add("psc_exits", psc_exits);
	counter_add("guest_requests", guest_requests);
	psc_summary();
}
