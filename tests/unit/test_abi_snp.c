/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of include/abi/ghcb.h and include/abi/snp.h: against Linux's own headers where they
 * carry them, the rest against the fact sheet, read by pattern.
 * sources:
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <asm/svm.h>
#include <linux/sev-guest.h>

#include "abi/ghcb.h"
#include "abi/snp.h"
#include "facts.h"
#include "types.h"

static bool have_facts;

static int load(void **state)
{
	have_facts = facts_load("amd-snp.md");
	return 0;
}

#define NEED_FACTS()                                                                               \
	do {                                                                                       \
		if (!have_facts)                                                                   \
			SKIP_WITHOUT(vectors_path("../abi/amd-snp.md"));                           \
	} while (0)

/* asm/svm.h */
static void events_of_linux(void **state)
{
	assert_int_equal(GHCB_EXIT_DR7_READ, SVM_EXIT_READ_DR7);
	assert_int_equal(GHCB_EXIT_DR7_WRITE, SVM_EXIT_WRITE_DR7);
	assert_int_equal(GHCB_EXIT_EXCEPTION, SVM_EXIT_EXCP_BASE);
	assert_int_equal(GHCB_EXIT_RDTSC, SVM_EXIT_RDTSC);
	assert_int_equal(GHCB_EXIT_RDPMC, SVM_EXIT_RDPMC);
	assert_int_equal(GHCB_EXIT_CPUID, SVM_EXIT_CPUID);
	assert_int_equal(GHCB_EXIT_INVD, SVM_EXIT_INVD);
	assert_int_equal(GHCB_EXIT_IOIO, SVM_EXIT_IOIO);
	assert_int_equal(GHCB_EXIT_MSR, SVM_EXIT_MSR);
	assert_int_equal(GHCB_EXIT_VMMCALL, SVM_EXIT_VMMCALL);
	assert_int_equal(GHCB_EXIT_RDTSCP, SVM_EXIT_RDTSCP);
	assert_int_equal(GHCB_EXIT_WBINVD, SVM_EXIT_WBINVD);
	assert_int_equal(GHCB_EXIT_MONITOR, SVM_EXIT_MONITOR);
	assert_int_equal(GHCB_EXIT_MWAIT, SVM_EXIT_MWAIT);
	assert_int_equal(GHCB_EXIT_XSETBV, SVM_EXIT_XSETBV);
	assert_int_equal(GHCB_EXIT_NPF, SVM_EXIT_NPF);
	assert_int_equal(GHCB_EXIT_MMIO_READ, SVM_VMGEXIT_MMIO_READ);
	assert_int_equal(GHCB_EXIT_MMIO_WRITE, SVM_VMGEXIT_MMIO_WRITE);
	assert_int_equal(GHCB_EXIT_NMI_COMPLETE, SVM_VMGEXIT_NMI_COMPLETE);
	assert_int_equal(GHCB_EXIT_AP_HOLD, SVM_VMGEXIT_AP_HLT_LOOP);
	assert_int_equal(GHCB_EXIT_AP_TABLE, SVM_VMGEXIT_AP_JUMP_TABLE);
	assert_int_equal(GHCB_EXIT_PSC, SVM_VMGEXIT_PSC);
	assert_int_equal(GHCB_EXIT_GUEST_REQUEST, SVM_VMGEXIT_GUEST_REQUEST);
	assert_int_equal(GHCB_EXIT_EXT_REQUEST, SVM_VMGEXIT_EXT_GUEST_REQUEST);
	assert_int_equal(GHCB_EXIT_AP_CREATE, SVM_VMGEXIT_AP_CREATION);
	assert_int_equal(GHCB_AP_CREATE_ON_INIT, SVM_VMGEXIT_AP_CREATE_ON_INIT);
	assert_int_equal(GHCB_AP_CREATE_NOW, SVM_VMGEXIT_AP_CREATE);
	assert_int_equal(GHCB_AP_DESTROY, SVM_VMGEXIT_AP_DESTROY);
	assert_int_equal(GHCB_EXIT_HV_FEATURES, SVM_VMGEXIT_HV_FEATURES);
	assert_int_equal(GHCB_EXIT_TERMINATE, SVM_VMGEXIT_TERM_REQUEST);
	assert_int_equal(GHCB_EXIT_UNSUPPORTED, SVM_VMGEXIT_UNSUPPORTED_EVENT);
}

/* linux/sev-guest.h */
static void messages_of_linux(void **state)
{
	assert_int_equal(SNP_REPORT_REQ_SIZE, sizeof(struct snp_report_req));
	assert_int_equal(SNP_REPORT_REQ_DATA, offsetof(struct snp_report_req, user_data));
	assert_int_equal(SNP_REPORT_REQ_VMPL, offsetof(struct snp_report_req, vmpl));
	assert_int_equal(SNP_KEY_REQ_SIZE, sizeof(struct snp_derived_key_req));
	assert_int_equal(SNP_KEY_REQ_FIELDS,
			 offsetof(struct snp_derived_key_req, guest_field_select));
	assert_int_equal(SNP_KEY_REQ_VMPL, offsetof(struct snp_derived_key_req, vmpl));
	assert_int_equal(SNP_KEY_REQ_SVN, offsetof(struct snp_derived_key_req, guest_svn));
	assert_int_equal(SNP_KEY_REQ_TCB, offsetof(struct snp_derived_key_req, tcb_version));
	assert_int_equal(SNP_KEY_RSP_SIZE, sizeof(struct snp_derived_key_resp));
	assert_int_equal(GHCB_REQ_VMM_ERROR_LO, SNP_GUEST_VMM_ERR_SHIFT);
	assert_int_equal(GHCB_REQ_INVALID_LEN, SNP_GUEST_VMM_ERR_INVALID_LEN);
	assert_int_equal(GHCB_REQ_BUSY, SNP_GUEST_VMM_ERR_BUSY);
	assert_true(SNP_MSG_PAYLOAD_MAX == sizeof(struct snp_report_resp));
}

static void msr_words(void **state)
{
	static const struct fact f[] = {
		{ "resp SEV_INFO", GHCB_MSR_SEV_INFO },
		{ "req SEV_INFO", GHCB_MSR_SEV_INFO_REQ },
		{ "req CPUID", GHCB_MSR_CPUID_REQ },
		{ "resp CPUID", GHCB_MSR_CPUID_RESP },
		{ "req AP reset hold", GHCB_MSR_AP_HOLD_REQ },
		{ "resp AP reset hold", GHCB_MSR_AP_HOLD_RESP },
		{ "req preferred GHCB GPA", GHCB_MSR_PREF_GPA_REQ },
		{ "req register GHCB GPA", GHCB_MSR_REG_GPA_REQ },
		{ "req PSC", GHCB_MSR_PSC_REQ },
		{ "resp PSC", GHCB_MSR_PSC_RESP },
		{ "req run VMPL", GHCB_MSR_VMPL_REQ },
		{ "req hypervisor features", GHCB_MSR_HV_FT_REQ },
		{ "req terminate", GHCB_MSR_TERM_REQ },
	};

	NEED_FACTS();
	FACTS_EQUAL(facts_section("## 4. GHCB MSR", "### 4.1"), "^\\| (0x[0-9A-F]+) \\| %s \\|", 16,
		    0, f);
	assert_int_equal(GHCB_MSR_PREF_GPA_RESP, GHCB_MSR_PREF_GPA_REQ + 1);
	assert_int_equal(GHCB_MSR_REG_GPA_RESP, GHCB_MSR_REG_GPA_REQ + 1);
	assert_int_equal(GHCB_MSR_VMPL_RESP, GHCB_MSR_VMPL_REQ + 1);
	assert_int_equal(GHCB_MSR_HV_FT_RESP, GHCB_MSR_HV_FT_REQ + 1);
}

static void msrs(void **state)
{
	static const struct fact f[] = {
		{ "GHCB", MSR_AMD_GHCB },
		{ "SEV_STATUS", MSR_AMD_SEV_STATUS },
		{ "GUEST_TSC_FREQ", MSR_AMD_GUEST_TSC_FREQ },
		{ "SVSM CAA", MSR_AMD_SVSM_CAA },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 1.2 MSRs", "### 1.3");
	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++)
		assert_int_equal(facts_number(s, "^\\| C001_([0-9A-F]+) \\| %s \\|", f[i].name, 16),
				 f[i].ours & 0xffff);
}

static void sev_status(void **state)
{
	static const struct fact f[] = {
		{ "SNP active", SEV_STATUS_SNP },
		{ "vTOM", SEV_STATUS_VTOM },
		{ "Reflect VC", SEV_STATUS_REFLECT_VC },
		{ "Restricted injection", SEV_STATUS_RESTRICTED_INJ },
		{ "Alternate injection", SEV_STATUS_ALT_INJ },
		{ "Debug swap", SEV_STATUS_DEBUG_SWAP },
		{ "Prevent host IBS", SEV_STATUS_PREVENT_IBS },
		{ "BTB isolation", SEV_STATUS_BTB_ISOLATION },
		{ "VMPL SSS", SEV_STATUS_VMPL_SSS },
		{ "Secure TSC", SEV_STATUS_SECURE_TSC },
		{ "VMGEXIT parameter", SEV_STATUS_VMGEXIT_PARAM },
		{ "PMC virtualisation", SEV_STATUS_PMC_VIRT },
		{ "IBS virtualisation", SEV_STATUS_IBS_VIRT },
		{ "Guest intercept control", SEV_STATUS_INTERCEPT_CTL },
		{ "VMSA register protection", SEV_STATUS_VMSA_REG_PROT },
		{ "SMT protection", SEV_STATUS_SMT_PROT },
		{ "Secure AVIC", SEV_STATUS_SECURE_AVIC },
		{ "IBPB on entry", SEV_STATUS_IBPB_ENTRY },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 1.3 SEV_STATUS", "### 1.4");
	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++)
		assert_int_equal(
		    1ULL << facts_number(s, "^\\| ([0-9]+) \\| [-0-9]+ \\| %s[ |]", f[i].name, 10),
		    f[i].ours);
}

static void ghcb_page(void **state)
{
	static const struct fact left[] = {
		{ "CPL", GHCB_CPL }, { "XSS", GHCB_XSS }, { "DR7", GHCB_DR7 }, { "RIP", GHCB_RIP },
		{ "RSP", GHCB_RSP }, { "RAX", GHCB_RAX }, { "RCX", GHCB_RCX }, { "RDX", GHCB_RDX },
		{ "RBX", GHCB_RBX }, { "RBP", GHCB_RBP }, { "RSI", GHCB_RSI }, { "RDI", GHCB_RDI },
	};
	static const struct fact right[] = {
		{ "SW_EXITCODE", GHCB_EXITCODE },
		{ "SW_EXITINFO1", GHCB_INFO1 },
		{ "SW_EXITINFO2", GHCB_INFO2 },
		{ "SW_SCRATCH", GHCB_SCRATCH },
		{ "XCR0", GHCB_XCR0 },
		{ "VALID_BITMAP", GHCB_BITMAP },
		{ "X87_STATE_GPA", GHCB_X87_STATE_GPA },
		{ "shared buffer", GHCB_BUFFER },
		{ "protocol version", GHCB_VERSION },
		{ "usage", GHCB_USAGE },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("## 5. GHCB page", "| Rule | Detail");
	FACTS_EQUAL(s, "^\\| (0x[0-9A-F]+) \\| [0-9]+ \\| %s \\|", 16, 0, left);
	FACTS_EQUAL(s, "\\| (0x[0-9A-F]+) \\| [0-9]+ \\| %s( \\(GPA\\))? \\|$", 16, 0, right);
	assert_int_equal(facts_number(s, "0x800 \\| ([0-9]+) \\| %s", "shared buffer", 10),
			 GHCB_BUFFER_SIZE);
	assert_int_equal(GHCB_R8, 0x340);
	assert_int_equal(GHCB_R15, 0x378);
}

static void software_events(void **state)
{
	static const struct fact f[] = {
		{ "HV doorbell", GHCB_EXIT_HV_DOORBELL },   { "HV IPI", GHCB_EXIT_HV_IPI },
		{ "APIC ID list", GHCB_EXIT_APIC_ID_LIST }, { "run VMPL", GHCB_EXIT_RUN_VMPL },
		{ "HV features", GHCB_EXIT_HV_FEATURES },
	};

	NEED_FACTS();
	FACTS_EQUAL(facts_section("### 6.4", "### 6.5"), "^\\| (0x[0-9A-F]+) \\| %s \\|", 16, 0, f);
}

static void psc(void **state)
{
	const char *s;

	NEED_FACTS();
	s = facts_section("## 7. Page State", "Order rules");
	assert_int_equal(facts_number(s, "%s = ([0-9]+) entries", "2024", 10), PSC_ENTRIES_MAX);
	assert_int_equal(facts_number(s, "([0-9]) %s,", "private", 10), PSC_OP_PRIVATE);
	assert_int_equal(facts_number(s, "([0-9]) %s,", "shared", 10), PSC_OP_SHARED);
	assert_int_equal(facts_number(s, "([0-9]) %s hint", "PSMASH", 10), PSC_OP_PSMASH);
	assert_int_equal(facts_number(s, "([0-9]) %s hint", "UNSMASH", 10), PSC_OP_UNSMASH);
	/* section 21: words computed from the tables */
	assert_true(((u64)PSC_OP_PRIVATE << PSC_OP_LO | 1ULL << PSC_2M_LO |
		     0x200ULL << PSC_GFN_LO) == 0x0110000000200000);
	assert_true(PSC_ERR_HEADER == 0x100000001 && PSC_ERR_ENTRY == 0x100000002);
	assert_true(PSC_ERR_GENERIC == 0x10000000000);
}

/* Section 21. */
static void self_check_words(void **state)
{
	assert_int_equal(0x8000001fULL << GHCB_MSR_CPUID_FN_LO |
			     (u64)GHCB_CPUID_EBX << GHCB_MSR_CPUID_REG_LO | GHCB_MSR_CPUID_REQ,
			 0x8000001F40000004);
	assert_int_equal(
	    1 << GHCB_MSR_TERM_SET_LO | 2 << GHCB_MSR_TERM_REASON_LO | GHCB_MSR_TERM_REQ, 0x21100);
	assert_int_equal((u64)2 << GHCB_MSR_VMPL_LO | GHCB_MSR_VMPL_REQ, 0x0000000200000016);
	assert_int_equal(0x3f8 << GHCB_IOIO_PORT_LO | GHCB_IOIO_ADDR64 | GHCB_IOIO_SIZE8,
			 0x03F80210);
	assert_int_equal(0xcfc << GHCB_IOIO_PORT_LO | GHCB_IOIO_ADDR64 | GHCB_IOIO_SIZE32 |
			     GHCB_IOIO_IN,
			 0x0CFC0241);
	assert_int_equal(3ULL << GHCB_AP_APIC_ID_LO | GHCB_AP_CREATE_NOW, 0x0000000300000001);
	assert_int_equal(RMPADJUST_VMSA | 1, 0x10001);
	assert_int_equal(RMPADJUST_READ | RMPADJUST_WRITE | RMPADJUST_EXEC_USER |
			     RMPADJUST_EXEC_SUPER | 1,
			 0x0F01);
	assert_int_equal(GHCB_INJ_VALID | GHCB_INJ_HAS_ERROR |
			     GHCB_INJ_TYPE_EXCEPTION << GHCB_INJ_TYPE_LO | 13,
			 0x80000B0D);
	assert_int_equal(51ULL << GHCB_SEV_INFO_CBIT_LO | 1ULL << GHCB_SEV_INFO_VER_MIN_LO |
			     2ULL << GHCB_SEV_INFO_VER_MAX_LO | GHCB_MSR_SEV_INFO,
			 0x0002000133000001);
}

static void secrets_page(void **state)
{
	static const struct fact f[] = {
		{ "version;", SNP_SECRETS_VERSION },
		{ "FMS", SNP_SECRETS_FMS },
		{ "GOSVW", SNP_SECRETS_GOSVW },
		{ "AP jump table PA", SNP_SECRETS_AP_TABLE },
		{ "VMSA tweak bitmap", SNP_SECRETS_TWEAK },
		{ "SVSM base", SNP_SECRETS_SVSM_BASE },
		{ "SVSM size", SNP_SECRETS_SVSM_SIZE },
		{ "SVSM calling area", SNP_SECRETS_SVSM_CAA },
		{ "SVSM max protocol version", SNP_SECRETS_SVSM_VERSION },
		{ "guest VMPL", SNP_SECRETS_VMPL },
		{ "TSC_FACTOR", SNP_SECRETS_TSC_FACTOR },
		{ "launch mitigation vector", SNP_SECRETS_LAUNCH_MIT },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 9.1", "### 9.2");
	FACTS_EQUAL(s, "^\\| (0x[0-9A-F]+) \\| [0-9]+ \\| %s", 16, 0, f);
	assert_int_equal(facts_number(s, "^\\| (0x[0-9A-F]+) / .* \\| %s", "VMPCK0", 16),
			 SNP_SECRETS_VMPCK);
	assert_int_equal(
	    facts_number(s, "^\\| (0x[0-9A-F]+) \\+ .* \\| %s low", "message sequence number", 16),
	    SNP_SECRETS_SEQ_LO);
	assert_int_equal(facts_number(s, "^\\| (0x[0-9A-F]+) \\+ .* \\| %s high", "sequence", 16),
			 SNP_SECRETS_SEQ_HI);
}

static void vmsa(void **state)
{
	static const struct fact f[] = {
		{ "U_CET", VMSA_U_CET }, { "EFER", VMSA_EFER },     { "RSP", VMSA_RSP },
		{ "RAX", VMSA_RAX },     { "DBGCTL", VMSA_DBGCTL },
	};
	static const struct fact second[] = {
		{ "XSS", VMSA_XSS },     { "CPL u8", VMSA_CPL },
		{ "G_PAT", VMSA_G_PAT }, { "SEV_FEATURES", VMSA_SEV_FEATURES },
		{ "VTOM", VMSA_VTOM },   { "XCR0", VMSA_XCR0 },
		{ "CR2", VMSA_CR2 },     { "SECURE_AVIC_CTL", VMSA_SECURE_AVIC_CTL },
	};
	static const struct fact x87[] = {
		{ "MXCSR u32", VMSA_MXCSR },
		{ "X87_RIP", VMSA_X87_RIP },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("## 12. VMSA", "### 12.1");
	FACTS_EQUAL(s, "\\| ([0-9A-F]+) \\| %s \\|", 16, 0, f);
	FACTS_EQUAL(s, "\\| ([0-9A-F]+) \\| %s \\|", 16, 0, second);
	FACTS_EQUAL(s, "\\| ([0-9A-F]+) \\| %s \\|", 16, 0, x87);
	/* first, last or second of a run of offsets */
	assert_int_equal(
	    facts_number(s, "\\| ([0-9A-F]+) [0-9A-F]+ [0-9A-F]+ \\| %s", "CR4 CR3 CR0", 16),
	    VMSA_CR4);
	assert_int_equal(facts_number(s, "\\| 148 ([0-9A-F]+) [0-9A-F]+ \\| %s", "CR4 CR3 CR0", 16),
			 VMSA_CR3);
	assert_int_equal(facts_number(s, "\\| 148 150 ([0-9A-F]+) \\| %s", "CR4 CR3 CR0", 16),
			 VMSA_CR0);
	assert_int_equal(facts_number(s, "([0-9A-F]+) \\| %s", "RFLAGS RIP", 16), VMSA_RIP);
	assert_int_equal(facts_number(s, "([0-9A-F]+) \\| %s", "DR7 DR6", 16), VMSA_DR6);
	assert_int_equal(facts_number(s, "([0-9A-F]+) \\| %s", "RBP RSI RDI", 16), VMSA_RDI);
	assert_int_equal(facts_number(s, "([0-9A-F]+) \\| %s", "GDTR LDTR IDTR TR", 16), VMSA_TR);
}

static void guest_message(void **state)
{
	static const struct fact f[] = {
		{ "auth tag", SNP_MSG_AUTHTAG },
		{ "sequence number", SNP_MSG_SEQNO },
		{ "algo = 1", SNP_MSG_ALGO },
		{ "header version = 1", SNP_MSG_HDR_VERSION },
		{ "header size = 0x60", SNP_MSG_HDR_SIZE },
		{ "message type", SNP_MSG_TYPE },
		{ "message version = 1", SNP_MSG_VERSION },
		{ "payload size", SNP_MSG_SIZE },
		{ "VMPCK index", SNP_MSG_VMPCK },
		{ "ciphertext", SNP_MSG_PAYLOAD },
	};
	static const struct fact types[] = {
		{ "KEY_REQ", SNP_MSG_KEY_REQ },
		{ "REPORT \\|", SNP_MSG_REPORT_REQ },
		{ "TSC_INFO", SNP_MSG_TSC_INFO_REQ },
	};

	NEED_FACTS();
	FACTS_EQUAL(facts_section("### 15.1", "### 15.2"), "^\\| ([0-9A-F]+) \\| [^|]+ \\| %s", 16,
		    0, f);
	FACTS_EQUAL(facts_section("### 15.3", "### 15.4"), "^\\| ([0-9]+)/[0-9]+ \\| %s", 10, 0,
		    types);
}

static void report(void **state)
{
	static const struct fact f[] = {
		{ "version \\(", SNP_REPORT_VERSION },
		{ "guest SVN", SNP_REPORT_GUEST_SVN },
		{ "policy", SNP_REPORT_POLICY },
		{ "VMPL", SNP_REPORT_VMPL },
		{ "signature algorithm", SNP_REPORT_SIG_ALGO },
		{ "current TCB", SNP_REPORT_CURRENT_TCB },
		{ "platform info", SNP_REPORT_PLATFORM_INFO },
		{ "bit 0 author key", SNP_REPORT_KEY_INFO },
		{ "report data", SNP_REPORT_DATA },
		{ "measurement", SNP_REPORT_MEASUREMENT },
		{ "host data", SNP_REPORT_HOST_DATA },
		{ "reported TCB", SNP_REPORT_REPORTED_TCB },
		{ "chip ID", SNP_REPORT_CHIP_ID },
		{ "committed TCB", SNP_REPORT_COMMITTED_TCB },
		{ "launch TCB", SNP_REPORT_LAUNCH_TCB },
		{ "signature: r 72", SNP_REPORT_SIGNATURE },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 17.1", "| TCB (8 bytes)");
	FACTS_EQUAL(s, "^\\| ([0-9A-F]+) \\| [0-9]+ \\| %s", 16, 0, f);
	assert_int_equal(facts_number(s, "### 17.1 Report, (0x[0-9A-F]+) %s", "bytes", 16),
			 SNP_REPORT_SIZE);
	assert_int_equal(
	    facts_number(s, "^\\| ([0-9A-F]+) / [0-9A-F]+ \\| .* \\| %s", "ID key digest", 16),
	    SNP_REPORT_ID_KEY);
	assert_int_equal(SNP_REPORT_RSP_SIZE, SNP_REPORT_RSP_REPORT + SNP_REPORT_SIZE);
}

static void certificates(void **state)
{
	static const struct {
		const char *guid, *name;
	} c[] = {
		{ SNP_CERT_GUID_ARK, "ARK" },   { SNP_CERT_GUID_ASK, "ASK" },
		{ SNP_CERT_GUID_VCEK, "VCEK" }, { SNP_CERT_GUID_VLEK, "VLEK" },
		{ SNP_CERT_GUID_CRL, "CRL" },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 17.2", "### 17.3");
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "| %s | %s", c[i].guid, c[i].name);
		assert_non_null(strstr(s, line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_of_linux),
		cmocka_unit_test(messages_of_linux),
		cmocka_unit_test(msr_words),
		cmocka_unit_test(msrs),
		cmocka_unit_test(sev_status),
		cmocka_unit_test(ghcb_page),
		cmocka_unit_test(software_events),
		cmocka_unit_test(psc),
		cmocka_unit_test(self_check_words),
		cmocka_unit_test(secrets_page),
		cmocka_unit_test(vmsa),
		cmocka_unit_test(guest_message),
		cmocka_unit_test(report),
		cmocka_unit_test(certificates),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
