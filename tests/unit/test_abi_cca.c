/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of include/abi/rsi.h and include/abi/rmi.h against the fact sheet, read by pattern.
 * sources:
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/psci.h"
#include "abi/rmi.h"
#include "abi/rsi.h"
#include "facts.h"

#define FID 0xC4000000u /* the tables leave it out */

static bool have_facts;

static int load(void **state)
{
	have_facts = facts_load("arm-cca.md");
	return 0;
}

#define NEED_FACTS()                                                                               \
	do {                                                                                       \
		if (!have_facts)                                                                   \
			SKIP_WITHOUT(vectors_path("../abi/arm-cca.md"));                           \
	} while (0)

static void rsi_functions(void **state)
{
	static const struct fact f[] = {
		{ "VERSION", RSI_VERSION },
		{ "FEATURES", RSI_FEATURES },
		{ "MEASUREMENT_READ", RSI_MEASUREMENT_READ },
		{ "MEASUREMENT_EXTEND", RSI_MEASUREMENT_EXTEND },
		{ "ATTESTATION_TOKEN_INIT", RSI_ATTESTATION_TOKEN_INIT },
		{ "ATTESTATION_TOKEN_CONTINUE", RSI_ATTESTATION_TOKEN_CONTINUE },
		{ "REALM_CONFIG", RSI_REALM_CONFIG },
		{ "IPA_STATE_SET", RSI_IPA_STATE_SET },
		{ "IPA_STATE_GET \\(rel0\\)", RSI_IPA_STATE_GET },
		{ "HOST_CALL", RSI_HOST_CALL },
	};

	NEED_FACTS();
	FACTS_EQUAL(facts_section("### 1.2", "### 1.3"), "^\\| ([0-9A-F]+) \\| %s \\|", 16, FID, f);
}

static void rsi_statuses(void **state)
{
	static const struct fact f[] = {
		{ "RSI_SUCCESS", RSI_SUCCESS },
		{ "RSI_ERROR_INPUT", RSI_ERROR_INPUT },
		{ "RSI_ERROR_STATE", RSI_ERROR_STATE },
		{ "RSI_INCOMPLETE", RSI_INCOMPLETE },
		{ "RSI_ERROR_UNKNOWN", RSI_ERROR_UNKNOWN },
		{ "RSI_ERROR_DEVICE", RSI_ERROR_DEVICE },
	};

	NEED_FACTS();
	FACTS_EQUAL(facts_section("### 1.1", "### 1.2"), "^\\| ([0-9]+) \\| %s[ |]", 10, 0, f);
}

static void rsi_values(void **state)
{
	static const struct fact ripas[] = {
		{ "EMPTY", RIPAS_EMPTY },
		{ "RAM", RIPAS_RAM },
		{ "DESTROYED", RIPAS_DESTROYED },
		{ "DEV", RIPAS_DEV },
	};
	static const struct fact response[] = {
		{ "ACCEPT", RSI_RESPONSE_ACCEPT },
		{ "REJECT", RSI_RESPONSE_REJECT },
	};
	static const struct fact revision[] = {
		{ "1.0", RSI_REVISION_1_0 },
		{ "1.1", RSI_REVISION_1_1 },
	};
	static const struct fact config[] = {
		{ "ipa_width", RSI_CONFIG_IPA_WIDTH },
		{ "hash_algo", RSI_CONFIG_HASH_ALGO },
		{ "rpv", RSI_CONFIG_RPV },
	};
	static const struct fact config_size[] = { { "rpv", RSI_CONFIG_RPV_SIZE } };
	static const struct fact hash[] = {
		{ "SHA-256", RSI_HASH_SHA256 },
		{ "SHA-512", RSI_HASH_SHA512 },
		{ "SHA-384", RSI_HASH_SHA384 },
	};
	static const struct fact call[] = {
		{ "imm", RSI_HOST_CALL_IMM },
		{ "gprs", RSI_HOST_CALL_GPRS },
	};
	static const struct fact call_count[] = { { "gprs", RSI_HOST_CALL_NR - 1 } };
	static const struct fact call_size[] = { { "RsiHostCall", RSI_HOST_CALL_SIZE } };

	NEED_FACTS();
	FACTS_EQUAL(facts_section("### 3.1", "### 3.2"), "^\\| ([0-9]) \\| %s \\|", 10, 0, ripas);
	FACTS_EQUAL(facts_section("### 3.3", "### 3.4"), "X2 out \\|.*([0-9]) %s", 10, 0, response);
	FACTS_EQUAL(facts_section("### 1.3", "## 2."), "[ ,]%s = (0x[0-9]+)", 16, 0, revision);
	FACTS_EQUAL(facts_section("### 2.1", "### 2.2"), "^\\| (0x[0-9]+) \\| [^|]*\\| %s", 16, 0,
		    config);
	FACTS_EQUAL(facts_section("### 2.1", "### 2.2"), "^\\| 0x[0-9]+ \\| ([0-9]+) \\| %s", 10, 0,
		    config_size);
	FACTS_EQUAL(facts_section("### 2.1", "### 2.2"), "hash_algo: .*([0-9]) %s", 10, 0, hash);
	FACTS_EQUAL(facts_section("### 2.2", "## 3."), "^\\| (0x[0-9]+) \\| [^|]*\\| %s", 16, 0,
		    call);
	FACTS_EQUAL(facts_section("### 2.2", "## 3."), "%s\\[0\\.\\.([0-9]+)\\]", 10, 0,
		    call_count);
	FACTS_EQUAL(facts_section("### 2.2", "## 3."), "%s — (0x[0-9]+) bytes", 16, 0, call_size);
}

static void psci_in_a_realm(void **state)
{
	static const struct fact f[] = {
		{ "VERSION", PSCI_VERSION },       { "CPU_OFF", PSCI_CPU_OFF },
		{ "SYSTEM_OFF", PSCI_SYSTEM_OFF }, { "SYSTEM_RESET", PSCI_SYSTEM_RESET },
		{ "FEATURES", PSCI_FEATURES },
	};
	static const struct fact both[] = {
		{ "CPU_SUSPEND", PSCI_CPU_SUSPEND_64 },
		{ "CPU_ON", PSCI_CPU_ON_64 },
		{ "AFFINITY_INFO", PSCI_AFFINITY_INFO_64 },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("## 5. PSCI", "## 6.");
	FACTS_EQUAL(s, "^\\| ([0-9A-F]+) \\| %s \\|", 16, 0, f);
	FACTS_EQUAL(s, "^\\| [0-9A-F]+ / ([0-9A-F]+) \\| %s \\|", 16, 0, both);
	assert_int_equal(facts_number(facts_section("### 1.1", "### 1.2"),
				      "^\\| −([0-9]) \\| SMCCC %s", "NOT_SUPPORTED", 10),
			 -SMCCC_NOT_SUPPORTED);
}

static void rmi_functions(void **state)
{
	static const struct fact f[] = {
		{ "VERSION", RMI_VERSION },
		{ "GRANULE_DELEGATE", RMI_GRANULE_DELEGATE },
		{ "GRANULE_UNDELEGATE", RMI_GRANULE_UNDELEGATE },
		{ "DATA_CREATE\\(", RMI_DATA_CREATE },
		{ "DATA_CREATE_UNKNOWN", RMI_DATA_CREATE_UNKNOWN },
		{ "DATA_DESTROY", RMI_DATA_DESTROY },
		{ "REALM_ACTIVATE", RMI_REALM_ACTIVATE },
		{ "REALM_CREATE", RMI_REALM_CREATE },
		{ "REALM_DESTROY", RMI_REALM_DESTROY },
		{ "REC_CREATE", RMI_REC_CREATE },
		{ "REC_DESTROY", RMI_REC_DESTROY },
		{ "REC_ENTER", RMI_REC_ENTER },
		{ "RTT_CREATE", RMI_RTT_CREATE },
		{ "RTT_DESTROY", RMI_RTT_DESTROY },
		{ "RTT_MAP_UNPROTECTED", RMI_RTT_MAP_UNPROTECTED },
		{ "RTT_READ_ENTRY", RMI_RTT_READ_ENTRY },
		{ "RTT_UNMAP_UNPROTECTED", RMI_RTT_UNMAP_UNPROTECTED },
		{ "PSCI_COMPLETE", RMI_PSCI_COMPLETE },
		{ "FEATURES", RMI_FEATURES },
		{ "RTT_FOLD", RMI_RTT_FOLD },
		{ "REC_AUX_COUNT", RMI_REC_AUX_COUNT },
		{ "RTT_INIT_RIPAS", RMI_RTT_INIT_RIPAS },
		{ "RTT_SET_RIPAS", RMI_RTT_SET_RIPAS },
	};

	NEED_FACTS();
	FACTS_EQUAL(facts_section("## 8. RMI", "Status (X0"), "[ ,]?(1[56][0-9A-F]) %s", 16, FID,
		    f);
}

static void rmi_values(void **state)
{
	static const struct fact status[] = {
		{ "SUCCESS", RMI_SUCCESS },         { "ERROR_INPUT", RMI_ERROR_INPUT },
		{ "ERROR_REALM", RMI_ERROR_REALM }, { "ERROR_REC", RMI_ERROR_REC },
		{ "ERROR_RTT", RMI_ERROR_RTT },
	};
	static const struct fact entry[] = {
		{ "UNASSIGNED", RMI_UNASSIGNED },
		{ "ASSIGNED,", RMI_ASSIGNED },
		{ "TABLE", RMI_TABLE },
	};
	static const struct fact exits[] = {
		{ "SYNC", RMI_EXIT_SYNC },
		{ "IRQ", RMI_EXIT_IRQ },
		{ "FIQ", RMI_EXIT_FIQ },
		{ "PSCI", RMI_EXIT_PSCI },
		{ "RIPAS_CHANGE", RMI_EXIT_RIPAS_CHANGE },
		{ "HOST_CALL", RMI_EXIT_HOST_CALL },
		{ "SERROR", RMI_EXIT_SERROR },
	};
	static const struct {
		const char *name;
		unsigned ours;
	} flags[] = {
		{ "EMUL_MMIO", RMI_ENTER_EMUL_MMIO },
		{ "INJECT_SEA", RMI_ENTER_INJECT_SEA },
		{ "TRAP_WFI", RMI_ENTER_TRAP_WFI },
		{ "TRAP_WFE", RMI_ENTER_TRAP_WFE },
		{ "RIPAS_RESPONSE", RMI_ENTER_RIPAS_REJECT },
	};
	static const struct fact hcr[] = { { "mask", RMI_GICV3_HCR_ALLOWED } };
	const char *s;

	NEED_FACTS();
	FACTS_EQUAL(facts_section("Status (X0", "\n\n"), "[:,] ([0-9]) %s", 10, 0, status);
	FACTS_EQUAL(facts_section("RTT entry state", "\n\n"), "[:,] ([0-9]) %s", 10, 0, entry);
	FACTS_EQUAL(facts_section("Exit reasons", "\n"), "[:,] ([0-9]) %s", 10, 0, exits);
	s = facts_section("### 8.3", "Exit reasons");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		assert_int_equal(1u << facts_number(s, "%s ([0-9])[, ]", flags[i].name, 10),
				 flags[i].ours);
	FACTS_EQUAL(facts_section("## 7. GIC", "## 8."), "= %s (0x[0-9A-F]+)", 16, 0, hcr);
}

static void rmi_params(void **state)
{
	static const struct fact realm[] = {
		{ "flags:", RMI_REALM_FLAGS },
		{ "s2sz", RMI_REALM_S2SZ },
		{ "sve_vl", RMI_REALM_SVE_VL },
		{ "num_bps", RMI_REALM_NUM_BPS },
		{ "num_wps", RMI_REALM_NUM_WPS },
		{ "pmu_num_ctrs", RMI_REALM_PMU_CTRS },
		{ "hash_algo", RMI_REALM_HASH_ALGO },
		{ "rpv", RMI_REALM_RPV },
		{ "vmid", RMI_REALM_VMID },
		{ "rtt_base", RMI_REALM_RTT_BASE },
		{ "rtt_level_start", RMI_REALM_RTT_LEVEL },
		{ "rtt_num_start", RMI_REALM_RTT_NUM },
	};
	static const struct fact rec[] = {
		{ "flags", RMI_REC_FLAGS }, { "mpidr", RMI_REC_MPIDR },     { "pc", RMI_REC_PC },
		{ "gprs", RMI_REC_GPRS },   { "num_aux", RMI_REC_NUM_AUX },
	};

	NEED_FACTS();
	FACTS_EQUAL(facts_section("### 8.1", "### 8.2"), "^\\| (0x[0-9a-f]+) \\| [^|]*\\| %s", 16,
		    0, realm);
	FACTS_EQUAL(facts_section("### 8.2", "### 8.3"), "(0x[0-9a-f]+) %s", 16, 0, rec);
}

#define ENTER(field) offsetof(struct rmi_rec_enter, field)
#define EXIT(field)  offsetof(struct rmi_rec_exit, field)

static void rec_run(void **state)
{
	static const struct fact enter[] = {
		{ "flags:", ENTER(flags) },
		{ "gprs\\[31\\]", ENTER(gprs) },
		{ "gicv3_hcr", ENTER(gicv3_hcr) },
		{ "gicv3_lrs\\[16\\]", ENTER(gicv3_lrs) },
	};
	static const struct fact leave[] = {
		{ "exit_reason", EXIT(exit_reason) },
		{ "gprs\\[31\\]", EXIT(gprs) },
		{ "host-call imm", EXIT(imm) },
		{ "pmu_ovf_status", EXIT(pmu_ovf_status) },
	};
	/* first and last of a list of offsets */
	static const struct fact first[] = {
		{ "esr, far, hpfar", EXIT(esr) },
		{ "hcr, lrs\\[16\\], misr, vmcr", EXIT(gicv3_hcr) },
		{ "cntp_ctl, cntp_cval, cntv_ctl, cntv_cval", EXIT(cntp_ctl) },
		{ "ripas_base, ripas_top, ripas_value", EXIT(ripas_base) },
	};
	static const struct fact last[] = {
		{ "hcr, lrs\\[16\\], misr, vmcr", EXIT(gicv3_vmcr) },
		{ "cntp_ctl, cntp_cval, cntv_ctl, cntv_cval", EXIT(cntv_cval) },
		{ "ripas_base, ripas_top, ripas_value", EXIT(ripas_value) },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 8.3", "Exit reasons");
	FACTS_EQUAL(s, "^\\| (0x[0-9a-f]+) \\| %s", 16, 0, enter);
	FACTS_EQUAL(s, "^\\|[^|]*\\|[^|]*\\| (0x[0-9a-f]+) \\| %s", 16, 0, leave);
	FACTS_EQUAL(s, "^\\|[^|]*\\|[^|]*\\| (0x[0-9a-f]+)[,./][^|]*\\| %s", 16, 0, first);
	FACTS_EQUAL(s, "^\\|[^|]*\\|[^|]*\\| [^|]*[ .](0x[0-9a-f]+) \\| %s", 16, 0, last);
	assert_int_equal(sizeof(struct rmi_rec_enter), 0x800);
	assert_int_equal(sizeof(struct rmi_rec_exit), 0x800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsi_functions), cmocka_unit_test(rsi_statuses),
		cmocka_unit_test(rsi_values),    cmocka_unit_test(psci_in_a_realm),
		cmocka_unit_test(rmi_functions), cmocka_unit_test(rmi_values),
		cmocka_unit_test(rmi_params),    cmocka_unit_test(rec_run),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
