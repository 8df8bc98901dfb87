/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is what a host and its guest do in turn: RMI calls, guest exits, arbitrary
 * registers. Most steps are plausible, so that long sequences come about: requests are answered,
 * tokens run to their end, tables are folded under a guest. Nothing may go out of bounds, and every
 * call returns.
 *
 * sources: hosts/arm64/el2/[!h]*.c hosts/arm64/rmm/[!t]*.c
 * libs: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -lbearssl
 */
#include "fake_machine.h"
#include "input.h"

#define RAM       0x40000000ULL
#define ALIAS     (1ULL << 32)
#define NS_WB     (6ULL << 2 | 3ULL << 6)
#define PAGES     16u
#define STEPS_MAX 512u /* of one input: keeps each run short */

static u64 rd, recs[2], runs[2], pool[PAGES];

/* Mostly values near something that exists; now and then any bits at all. */
static u64 value(void)
{
	u8 kind = byte(), v = byte();

	switch (kind & 15) {
	case 0:
	case 1:
		return v;
	case 2:
		return RAM + v; /* misaligned */
	case 3:
		return ALIAS + RAM + v % 16 * PAGE_SIZE;
	case 4:
		return NS_BASE + v * PAGE_SIZE;
	case 5:
		return pool[v % PAGES];
	case 6:
		return RAM + v * BLOCK_SIZE;
	case 7:
		return ~(u64)v;
	case 8:
		return ALIAS - v * PAGE_SIZE;
	case 9:
		return any(8);
	default:
		return RAM + v % 16 * PAGE_SIZE;
	}
}

/* ---- the guest ---- */
static void smc(struct el1_state *g)
{
	static const u32 fids[] = { PSCI_CPU_ON_64,    PSCI_AFFINITY_INFO_64, PSCI_FEATURES,
				    PSCI_CPU_OFF,      PSCI_CPU_SUSPEND_64,   PSCI_CPU_ON_32,
				    PSCI_SYSTEM_OFF,   SMCCC_VERSION,         RMI_VERSION,
				    RSI_IPA_STATE_SET, RSI_HOST_CALL };
	u8 kind = byte();

	for (unsigned i = 1; i < 5; i++)
		g->x[i] = value();
	g->x[0] = kind < 160 ? RSI_FID_FIRST + kind % 11 : fids[kind % ARRAY_SIZE(fids)];
	if (kind >= 200) { /* a token takes many calls in a row */
		g->x[0] = kind & 1 ? RSI_ATTESTATION_TOKEN_CONTINUE : RSI_ATTESTATION_TOKEN_INIT;
		g->x[1] = RAM + kind % 4 * PAGE_SIZE;
		g->x[2] = 0;
		g->x[3] = byte();
		return;
	}
	if (g->x[0] == PSCI_CPU_ON_64 || g->x[0] == PSCI_AFFINITY_INFO_64) {
		g->x[1] &= 3;
		g->x[2] &= byte() & 1 ? ~0ULL : 0;
	} else if (g->x[0] == RSI_IPA_STATE_SET) {
		g->x[3] &= byte() < 250 ? 1 : ~0ULL;
	} else if (g->x[0] == RSI_ATTESTATION_TOKEN_CONTINUE) {
		g->x[2] &= byte() < 200 ? 63 : ~0ULL;
		g->x[3] &= byte() < 200 ? 63 : ~0ULL;
	}
}

/* What a guest can put into its own registers, tables included. */
static void state(struct el1_state *g)
{
	g->sctlr = any(8);
	g->tcr = byte() < 128 ? 25 : any(8);
	g->ttbr0 = value();
	g->vbar = value();
	g->pc = value();
	g->pstate = byte() & 1 ? 0x10 : byte() & 0xf0000005;
}

static void guest(struct el1_state *g, struct core_exit_info *info)
{
	static const u8 classes[] = { EC_DABT_LOW, EC_DABT_LOW, EC_IABT_LOW, EC_SYSREG,
				      EC_HVC,      EC_WFX,      EC_SVE,      EC_BRK };
	u8 kind = byte();

	if (input.left == 0)
		return; /* interrupted */
	info->kind = CORE_EXIT_SYNC;
	if (kind < 120) {
		smc(g);
		info->esr = (u64)EC_SMC << 26 | ESR_IL;
		return;
	}
	if (kind > 250)
		info->kind = kind & 1 ? CORE_EXIT_SERROR : CORE_EXIT_FIQ;
	if (kind > 230)
		state(g);
	info->esr = (u64)classes[byte() % ARRAY_SIZE(classes)] << 26 | (any(8) & MASK(25, 0));
	info->far = value();
	info->hpfar = value() >> 12 << 4;
}

/* ---- the host ---- */
static void enter(unsigned cpu)
{
	struct rmi_rec_run *r = pa_to_ptr(runs[cpu]);

	if (granule_is(runs[cpu], GRANULE_NS)) {
		r->enter.flags = byte() & 0x1f;
		r->enter.gprs[0] = value();
		r->enter.gicv3_lrs[byte() % 4] = byte() < 200 ? 0 : any(8);
		r->enter.gicv3_hcr = byte() < 200 ? 0 : any(8);
	}
	rmi(RMI_REC_ENTER, recs[cpu], runs[cpu], 0, 0, 0);
}

/* What an honest host does about a request. */
static void answer(unsigned cpu)
{
	struct rec *rec = rec_of(recs[cpu]);
	u64 at, status;

	if (rec == NULL)
		return;
	if (rec->pending == PENDING_PSCI) {
		rmi(RMI_PSCI_COMPLETE, recs[cpu], recs[!cpu],
		    byte() < 128 ? PSCI_SUCCESS : (u64)PSCI_DENIED, 0, 0);
		return;
	}
	at = rec->ripas.addr;
	status = rmi(RMI_RTT_SET_RIPAS, rd, recs[cpu], at, rec->ripas.top, 0);
	if (RMI_CODE(status) == RMI_ERROR_RTT && RMI_INDEX(status) < 3)
		rmi(RMI_RTT_CREATE, rd, pool[byte() % PAGES], align_down(at, BLOCK_SIZE),
		    RMI_INDEX(status) + 1, 0);
}

/* One page or table comes or goes where the guest works. */
static void memory(void)
{
	u64 ipa = RAM + byte() % 8 * PAGE_SIZE, page = pool[byte() % PAGES];
	u64 block = align_down(value(), BLOCK_SIZE);

	switch (byte() % 10) {
	case 0:
	case 1:
		rmi(RMI_DATA_CREATE_UNKNOWN, rd, page, ipa, 0, 0);
		return;
	case 2:
		rmi(RMI_DATA_DESTROY, rd, ipa, 0, 0, 0);
		return;
	case 3:
		rmi(RMI_RTT_CREATE, rd, page, block, 3, 0);
		return;
	case 4:
		rmi(RMI_RTT_DESTROY, rd, block, 3, 0, 0);
		return;
	case 5:
		rmi(RMI_RTT_FOLD, rd, block, 3, 0, 0);
		return;
	case 6:
		rmi(RMI_RTT_MAP_UNPROTECTED, rd, ALIAS | ipa, 3, page | NS_WB, 0);
		return;
	case 7:
		rmi(RMI_RTT_UNMAP_UNPROTECTED, rd, ALIAS | ipa, 3, 0, 0);
		return;
	case 8:
		rmi(RMI_GRANULE_DELEGATE, page, 0, 0, 0, 0);
		return;
	default:
		rmi(RMI_GRANULE_UNDELEGATE, page, 0, 0, 0, 0);
	}
}

static void any_call(void)
{
	u64 fid = RMI_FID_FIRST + (byte() & 0x1f), a[5];

	if (fid == RMI_REC_ENTER)
		return;
	for (unsigned i = 0; i < 5; i++)
		a[i] = value();
	if (byte() < 200)
		a[0] = rd;
	if (byte() < 100)
		a[1] = recs[byte() & 1];
	rmi(fid, a[0], a[1], a[2], a[3], a[4]);
}

/* Other CPUs of the host do not stand still while a token is signed. */
static void meanwhile(void)
{
	memory();
}

static void step(void)
{
	u8 kind = byte();

	if (kind < 140)
		enter(kind & 1);
	else if (kind < 190)
		answer(kind & 1);
	else if (kind < 240)
		memory();
	else
		any_call();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input_start(data, MIN(size, 4096u));
	machine_reset();
	rd = realm_new(33, 2, 8);
	rmi(RMI_RTT_INIT_RIPAS, rd, RAM, RAM + 2 * BLOCK_SIZE, 0, 0);
	rmi(RMI_RTT_CREATE, rd, delegated(), RAM, 3, 0);
	rmi(RMI_RTT_CREATE, rd, delegated(), ALIAS | RAM, 3, 0);
	for (unsigned i = 0; i < 4; i++)
		rmi(RMI_DATA_CREATE, rd, delegated(), RAM + i * PAGE_SIZE, ns_page(), 1);
	for (unsigned i = 0; i < PAGES; i++)
		pool[i] = i < PAGES / 2 ? delegated() : ns_page();
	for (unsigned i = 0; i < 2; i++) {
		recs[i] = rec_new(rd, i, byte() < 200 || i == 0, RAM);
		runs[i] = ns_page();
	}
	config.trace = byte() & 1;
	if (byte() < 240)
		rmi(RMI_REALM_ACTIVATE, rd, 0, 0, 0, 0);
	fake_guest = guest;
	fake_signing = meanwhile;
	for (unsigned i = 0; i < STEPS_MAX && input.left > 0; i++)
		step();
	return 0;
}
