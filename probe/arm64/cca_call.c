/* SPDX-License-Identifier: BSD-2-Clause */
/* Calling convention of a realm: DEN0028 and the RSI chapter of DEN0137. */
#include "cca.h"

#include "abi/coop.h"
#include "abi/rmi.h"

#define FIRST_PRESERVED 4
#define NR_PRESERVED    18

static u64 mark(unsigned reg)
{
	return 0x5245475f00000000ULL + reg * 0x01010101ULL;
}

static struct smccc_regs marked(u64 fid)
{
	struct smccc_regs r;

	for (unsigned i = 0; i < ARRAY_SIZE(r.x); i++)
		r.x[i] = mark(i);
	r.x[0] = fid;
	return r;
}

/* OEM, vendor hypervisor, trusted OS, and RSI numbers that no revision has given out. */
static const u32 unknown_fids[] = { 0xC3001234, 0xC600FFFF, 0xF2001234, 0xC40001FE };

void cca_call_unknown(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(unknown_fids); i++) {
		check_note("function id 0x%x", unknown_fids[i]);
		if (!expect_eq("SMC with an unknown function id",
			       rsi_call_raw(unknown_fids[i], 0, 0, 0), UNSUPPORTED))
			return;
	}
}

void cca_call_rmi(void)
{
	/* Queries and calls with arguments that are invalid also for a host: harmless if let in. */
	static const u32 fids[] = { RMI_VERSION,      RMI_FEATURES,  RMI_GRANULE_DELEGATE,
				    RMI_REALM_CREATE, RMI_REC_ENTER, RMI_RTT_SET_RIPAS };

	for (size_t i = 0; i < ARRAY_SIZE(fids); i++) {
		check_note("function id 0x%x", fids[i]);
		if (!expect_eq("SMC with an RMI function id", rsi_call_raw(fids[i], 1, 1, 1),
			       UNSUPPORTED))
			return;
	}
}

static bool keeps(const char *asked, struct smccc_regs r, unsigned first)
{
	struct smccc_regs before = r;

	rsi_call_regs(&r);
	for (unsigned i = first; i < NR_PRESERVED; i++) {
		if (r.x[i] != before.x[i]) {
			check_note("register x%u", i);
			return expect_eq(asked, r.x[i], before.x[i]);
		}
	}
	return true;
}

void cca_call_preserved(void)
{
	struct smccc_regs get = marked(RSI_IPA_STATE_GET), version = marked(RSI_VERSION);

	version.x[1] = RSI_REVISION_1_0;
	get.x[1] = align_down((u64)(uintptr_t)unknown_fids, PAGE_SIZE);
	get.x[2] = get.x[1] + PAGE_SIZE;
	if (keeps("x4..x17 over RSI_VERSION", version, FIRST_PRESERVED) &&
	    keeps("x4..x17 over RSI_FEATURES", marked(RSI_FEATURES), FIRST_PRESERVED) &&
	    keeps("x4..x17 over RSI_IPA_STATE_GET", get, FIRST_PRESERVED) &&
	    keeps("x4..x17 over PSCI_VERSION", marked(PSCI_VERSION), FIRST_PRESERVED) &&
	    keeps("x4..x17 over an unknown function", marked(unknown_fids[0]), FIRST_PRESERVED)) {
		struct smccc_regs read = marked(RSI_MEASUREMENT_READ);

		read.x[1] = 0; /* outputs are x1..x8 here */
		keeps("x9..x17 over RSI_MEASUREMENT_READ", read, 9);
	}
}

static bool clears(const char *asked, struct smccc_regs r, unsigned first)
{
	rsi_call_regs(&r);
	for (unsigned i = first; i < FIRST_PRESERVED; i++) {
		if (r.x[i] != 0) {
			check_note("register x%u", i);
			return expect_eq(asked, r.x[i], 0);
		}
	}
	return true;
}

void cca_call_cleared(void)
{
	struct smccc_regs version = marked(RSI_VERSION);

	version.x[1] = RSI_REVISION_1_0;
	if (clears("x1..x3 after an unknown function", marked(unknown_fids[0]), 1) &&
	    clears("x2, x3 after RSI_FEATURES", marked(RSI_FEATURES), 2) &&
	    clears("x1..x3 after PSCI_VERSION", marked(PSCI_VERSION), 1))
		clears("x3 after RSI_VERSION", version, 3);
}

void cca_call_hvc(void)
{
	struct fault f = try_hypercall();

	if (expect_fault("HVC #0", &f, FAULT_UNDEFINED))
		expect_eq("ESR_EL1 (EC 0, IL 1)", f.syndrome & 0xffffffff, BIT(25));
}

void cca_call_smccc_version(void)
{
	u64 version = rsi_call_raw(SMCCC_VERSION, 0, 0, 0);

	if ((s64)version < 0x10001 || version > 0x7fffffff)
		check_fail("SMCCC_VERSION", "0x10001 or higher", "0x%llx",
			   (unsigned long long)version);
}

void cca_call_empty_buffer(void)
{
	struct range empty = hole();

	if (empty.size != 0)
		expect_eq("RSI_REALM_CONFIG to memory of RIPAS EMPTY", rsi_realm_config(empty.base),
			  RSI_ERROR_INPUT);
}

/* The host takes the page, the guest asks for RAM again: now RAM, and nothing behind it. */
void cca_call_no_page(void)
{
	u64 page, width;

	if (!coop_needs(COOP_DESTROY))
		return;
	page = raw_page(RAW_CALL_NO_PAGE);
	if (page == 0)
		return;
	if (expect_true("the host to take a page away", coop_do(COOP_DESTROY, page, 0), "done") &&
	    expect_true("making it RAM again", set_ripas(page, page + PAGE_SIZE, RIPAS_RAM),
			"done") &&
	    expect_eq("RSI_REALM_CONFIG to RAM without a page", rsi_realm_config(page),
		      RSI_SUCCESS) &&
	    raw_map()) {
		width = load64(page + RSI_CONFIG_IPA_WIDTH);
		if (width < 32 || width > 52)
			check_fail("ipa_width in the structure", "32..52", "0x%llx",
				   (unsigned long long)width);
	}
	raw_unmap();
	restore_ram(page, page + PAGE_SIZE);
}
