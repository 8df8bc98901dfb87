/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of include/abi/tdx.h against the fact sheet, read by pattern.
 * sources:
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/tdx.h"
#include "facts.h"

static bool have_facts;

static int load(void **state)
{
	have_facts = facts_load("intel-tdx.md");
	return 0;
}

#define NEED_FACTS()                                                                               \
	do {                                                                                       \
		if (!have_facts)                                                                   \
			SKIP_WITHOUT(vectors_path("../abi/intel-tdx.md"));                         \
	} while (0)

static void detection(void **state)
{
	static const struct fact id[] = { { "EBX", TDX_CPUID_EBX },
					  { "EDX", TDX_CPUID_EDX },
					  { "ECX", TDX_CPUID_ECX } };
	static const struct fact attributes[] = {
		{ "DEBUG", TDX_ATTR_DEBUG },     { "SEPT_VE_DISABLE", TDX_ATTR_SEPT_VE_DISABLE },
		{ "PKS", TDX_ATTR_PKS },         { "MIGRATABLE", TDX_ATTR_MIGRATABLE },
		{ "PERFMON", TDX_ATTR_PERFMON }, { "KL", TDX_ATTR_KL },
	};
	static const struct fact flags[] = {
		{ "FLEXIBLE_PENDING_VE", TDX_CONFIG_FLEXIBLE_PENDING_VE },
		{ "NO_RBP_MOD", TDX_CONFIG_NO_RBP_MOD },
	};
	static const struct fact fixed[] = { { "", TDX_XFAM_FIXED0 } };
	const char *s;

	NEED_FACTS();
	FACTS_EQUAL(facts_section("## 1. Det", "### 1.1"), "%s (0x[0-9A-F]+) \\(", 16, 0, id);
	s = facts_section("### 1.1", "### 1.2");
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		assert_int_equal(
		    1ULL << facts_number(s, "^\\| ([0-9]+) \\| %s \\|", attributes[i].name, 10),
		    attributes[i].ours);
	FACTS_EQUAL(s, "= (0x[0-9A-F]+)\\. XFAM%s", 16, 0, fixed);
	s = facts_section("### 1.2", "### 1.3");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		assert_int_equal(1ULL << facts_number(s, "[ ,]([0-9]) %s", flags[i].name, 10),
				 flags[i].ours);
}

static void leaves(void **state)
{
	static const struct fact left[] = {
		{ "VP.VMCALL", TDG_VP_VMCALL },
		{ "VP.INFO", TDG_VP_INFO },
		{ "MR.RTMR.EXTEND", TDG_MR_RTMR_EXTEND },
		{ "VP.VEINFO.GET", TDG_VP_VEINFO_GET },
		{ "MR.REPORT", TDG_MR_REPORT },
		{ "VP.CPUIDVE.SET", TDG_VP_CPUIDVE_SET },
		{ "MEM.PAGE.ACCEPT", TDG_MEM_PAGE_ACCEPT },
		{ "VM.RD / VM.WR", TDG_VM_RD },
		{ "VP.RD / VP.WR", TDG_VP_RD },
		{ "SYS.RD", TDG_SYS_RD },
		{ "SYS.RDALL", TDG_SYS_RDALL },
		{ "SERVTD.RD", TDG_SERVTD_RD },
		{ "SERVTD.WR", TDG_SERVTD_WR },
		{ "MR.VERIFYREPORT", TDG_MR_VERIFYREPORT },
		{ "MEM.PAGE.ATTR.RD", TDG_MEM_PAGE_ATTR_RD },
		{ "VP.ENTER", TDG_VP_ENTER },
		{ "VP.INVEPT", TDG_VP_INVEPT },
		{ "MR.KEY.GET", TDG_MR_KEY_GET },
		{ "MEM.PAGE.RELEASE", TDG_MEM_PAGE_RELEASE },
	};
	static const struct fact pairs[] = {
		{ "VM.RD / VM.WR", TDG_VM_WR },
		{ "VP.RD / VP.WR", TDG_VP_WR },
		{ "MEM.PAGE.ATTR.RD / WR", TDG_MEM_PAGE_ATTR_WR },
		{ "VP.INVEPT / VP.INVGLA", TDG_VP_INVGLA },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 3.1", "### 3.2");
	FACTS_EQUAL(s, "\\| ([0-9]+)[0-9 /]* \\| %s[ |]", 10, 0, left);
	FACTS_EQUAL(s, "\\| [0-9]+ / ([0-9]+) \\| %s[ |]", 10, 0, pairs);
}

static void status_codes(void **state)
{
	static const struct fact f[] = {
		{ "SUCCESS", TDX_SUCCESS },
		{ "NON_RECOVERABLE_VCPU", TDX_NON_RECOVERABLE_VCPU },
		{ "NON_RECOVERABLE_TD", TDX_NON_RECOVERABLE_TD },
		{ "INTERRUPTED_RESUMABLE", TDX_INTERRUPTED_RESUMABLE },
		{ "INTERRUPTED_RESTARTABLE", TDX_INTERRUPTED_RESTARTABLE },
		{ "NON_RECOVERABLE_TD_NON_ACCESSIBLE", TDX_NON_RECOVERABLE_NON_ACCESSIBLE },
		{ "INVALID_RESUMPTION", TDX_INVALID_RESUMPTION },
		{ "NON_RECOVERABLE_TD_WRONG_APIC_MODE", TDX_NON_RECOVERABLE_WRONG_APIC_MODE },
		{ "CROSS_TD_FAULT", TDX_CROSS_TD_FAULT },
		{ "CROSS_TD_TRAP", TDX_CROSS_TD_TRAP },
		{ "NON_RECOVERABLE_TD_CORRUPTED_MD", TDX_NON_RECOVERABLE_CORRUPTED_MD },
		{ "OPERAND_INVALID", TDX_OPERAND_INVALID },
		{ "OPERAND_ADDR_RANGE_ERROR", TDX_OPERAND_ADDR_RANGE_ERROR },
		{ "OPERAND_BUSY", TDX_OPERAND_BUSY },
		{ "PREVIOUS_TLB_EPOCH_BUSY", TDX_PREVIOUS_TLB_EPOCH_BUSY },
		{ "SYS_BUSY", TDX_SYS_BUSY },
		{ "RND_NO_ENTROPY", TDX_RND_NO_ENTROPY },
		{ "OPERAND_BUSY_HOST_PRIORITY", TDX_OPERAND_BUSY_HOST_PRIORITY },
		{ "HOST_PRIORITY_BUSY_TIMEOUT", TDX_HOST_PRIORITY_BUSY_TIMEOUT },
		{ "PAGE_METADATA_INCORRECT", TDX_PAGE_METADATA_INCORRECT },
		{ "PAGE_NOT_OWNED_BY_TD", TDX_PAGE_NOT_OWNED_BY_TD },
		{ "TD_FATAL", TDX_TD_FATAL },
		{ "VCPU_STATE_INCORRECT", TDX_VCPU_STATE_INCORRECT },
		{ "NO_VALID_VE_INFO", TDX_NO_VALID_VE_INFO },
		{ "MAX_VCPUS_EXCEEDED", TDX_MAX_VCPUS_EXCEEDED },
		{ "EPT_WALK_FAILED", TDX_EPT_WALK_FAILED },
		{ "EPT_ENTRY_FREE", TDX_EPT_ENTRY_FREE },
		{ "EPT_ENTRY_NOT_PRESENT", TDX_EPT_ENTRY_NOT_PRESENT },
		{ "PAGE_ALREADY_ACCEPTED", TDX_PAGE_ALREADY_ACCEPTED },
		{ "PAGE_SIZE_MISMATCH", TDX_PAGE_SIZE_MISMATCH },
		{ "GPA_RANGE_BLOCKED", TDX_GPA_RANGE_BLOCKED },
		{ "EPT_ENTRY_STATE_INCORRECT", TDX_EPT_ENTRY_STATE_INCORRECT },
		{ "L2_SEPT_WALK_FAILED", TDX_L2_SEPT_WALK_FAILED },
		{ "PAGE_ATTR_INVALID", TDX_PAGE_ATTR_INVALID },
		{ "METADATA_FIELD_ID_INCORRECT", TDX_METADATA_FIELD_ID_INCORRECT },
		{ "METADATA_FIELD_NOT_WRITABLE", TDX_METADATA_FIELD_NOT_WRITABLE },
		{ "METADATA_FIELD_NOT_READABLE", TDX_METADATA_FIELD_NOT_READABLE },
		{ "METADATA_FIELD_VALUE_NOT_VALID", TDX_METADATA_FIELD_VALUE_NOT_VALID },
		{ "METADATA_LIST_OVERFLOW", TDX_METADATA_LIST_OVERFLOW },
		{ "METADATA_FIELD_CURRENTLY_NOT_WRITABLE", TDX_METADATA_CURRENTLY_NOT_WRITABLE },
		{ "METADATA_WR_MASK_NOT_VALID", TDX_METADATA_WR_MASK_NOT_VALID },
		{ "METADATA_FIRST_FIELD_ID_IN_CONTEXT", TDX_METADATA_FIRST_FIELD_ID },
		{ "METADATA_FIELD_SKIP", TDX_METADATA_FIELD_SKIP },
		{ "SERVTD_INFO_HASH_MISMATCH", TDX_SERVTD_INFO_HASH_MISMATCH },
		{ "SERVTD_UUID_MISMATCH", TDX_SERVTD_UUID_MISMATCH },
		{ "SERVTD_NOT_BOUND", TDX_SERVTD_NOT_BOUND },
		{ "TARGET_UUID_MISMATCH", TDX_TARGET_UUID_MISMATCH },
		{ "INVALID_CPUSVN", TDX_INVALID_CPUSVN },
		{ "INVALID_REPORTMACSTRUCT", TDX_INVALID_REPORTMACSTRUCT },
		{ "GLA_NOT_CANONICAL", TDX_GLA_NOT_CANONICAL },
	};
	static const struct fact ids[] = {
		{ "SEPT_TREE", TDX_OPERAND_SEPT_TREE },
		{ "RTMR", TDX_OPERAND_RTMR },
	};
	const char *s;

	NEED_FACTS();
	FACTS_EQUAL(facts_section("### 2.2", "2.0-line"), "\\| ([0-9A-F]{8})[0-9A-F /]* \\| %s[ |]",
		    16, 0, f);
	s = facts_section("### 2.1", "### 2.2");
	FACTS_EQUAL(s, "\\| ([0-9]+)/[0-9]+ \\| %s /", 10, 0, ids);
	assert_int_equal(1u << (facts_number(s, "^\\| ([0-9]+) \\| %s ", "ERROR", 10) - 32),
			 TDX_STATUS_ERROR);
	assert_int_equal(
	    1u << (facts_number(s, "^\\| ([0-9]+) \\| %s ", "NON_RECOVERABLE", 10) - 32),
	    TDX_STATUS_NON_RECOVERABLE);
	assert_int_equal(1u << (facts_number(s, "^\\| ([0-9]+) \\| %s ", "FATAL", 10) - 32),
			 TDX_STATUS_FATAL);
	assert_int_equal(facts_number(s, "^\\| ([0-9]+) \\| %s ", "METADATA_FIELD", 10) -
			     TDX_OPERAND_METADATA_FIELD,
			 0);
}

static void fields(void **state)
{
	static const struct fact f[] = {
		{ "TD_UUID", TDX_FIELD_TD_UUID },
		{ "NUM_VCPUS", TDX_FIELD_NUM_VCPUS },
		{ "NUM_L2_VMS", TDX_FIELD_NUM_L2_VMS },
		{ "ATTRIBUTES", TDX_FIELD_ATTRIBUTES },
		{ "XFAM", TDX_FIELD_XFAM },
		{ "MAX_VCPUS", TDX_FIELD_MAX_VCPUS },
		{ "GPAW", TDX_FIELD_GPAW },
		{ "TSC_FREQUENCY", TDX_FIELD_TSC_FREQUENCY },
		{ "NOTIFY_ENABLES", TDX_FIELD_NOTIFY_ENABLES },
		{ "CONFIG_FLAGS", TDX_FIELD_CONFIG_FLAGS },
		{ "TD_CTLS", TDX_FIELD_TD_CTLS },
		{ "TOPOLOGY_ENUM_CONFIGURED", TDX_FIELD_TOPOLOGY_ENUM_CONFIGURED },
		{ "MRTD", TDX_FIELD_MRTD },
		{ "MRCONFIGID / MROWNER", TDX_FIELD_MRCONFIGID },
		{ "RTMR", TDX_FIELD_RTMR },
		{ "SERVTD_HASH", TDX_FIELD_SERVTD_HASH },
	};
	static const struct fact more[] = {
		{ "VCPU_INDEX", TDX_FIELD_VCPU_INDEX },
		{ "CPUID_SUPERVISOR_VE", TDX_FIELD_CPUID_SUPERVISOR_VE },
		{ "CPUID_CONTROL", TDX_FIELD_CPUID_CONTROL },
		{ "SYS VENDOR_ID", TDX_FIELD_SYS_VENDOR_ID },
		{ "SYS MINOR", TDX_FIELD_SYS_MINOR_VERSION },
		{ "TDX_FEATURES0", TDX_FIELD_SYS_FEATURES0 },
	};
	static const struct {
		const char *name;
		uint64_t ours;
	} controls[] = {
		{ "PENDING_VE_DISABLE", TDX_TD_CTLS_PENDING_VE_DISABLE },
		{ "ENUM_TOPOLOGY", TDX_TD_CTLS_ENUM_TOPOLOGY },
		{ "VIRT_CPUID2", TDX_TD_CTLS_VIRT_CPUID2 },
		{ "REDUCE_VE", TDX_TD_CTLS_REDUCE_VE },
		{ "LOCK", TDX_TD_CTLS_LOCK },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 4.2", "### 4.3");
	FACTS_EQUAL(s, "^\\| (0x[0-9A-F]+)[0-9 /]* \\| [^|]* \\| %s[ |]", 16, 0, f);
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		assert_int_equal(
		    1ULL << facts_number(s, "^\\| ([0-9]+) \\| %s \\|", controls[i].name, 10),
		    controls[i].ours);
	assert_int_equal(facts_number(s, "0x1310000300000010 / ([0-9]+) /.*%s", "MROWNER ", 16),
			 TDX_FIELD_MROWNER & 0xff);
	assert_int_equal(facts_number(s, "/ 18 / ([0-9]+) \\|.*%s", "MROWNERCONFIG", 16),
			 TDX_FIELD_MROWNERCONFIG & 0xff);
	FACTS_EQUAL(facts_section("### 4.3", "## 5."), "^\\| (0x[0-9A-F]+)[0-9 /]* \\| %s", 16, 0,
		    more);
}

static void vmcalls(void **state)
{
	static const struct fact ghci[] = {
		{ "GetTdVmCallInfo", TDVMCALL_GET_TD_VMCALL_INFO },
		{ "MapGPA", TDVMCALL_MAP_GPA },
		{ "GetQuote", TDVMCALL_GET_QUOTE },
		{ "ReportFatalError", TDVMCALL_REPORT_FATAL_ERROR },
		{ "SetupEventNotifyInterrupt", TDVMCALL_SETUP_EVENT_NOTIFY },
		{ "Service", TDVMCALL_SERVICE },
		{ "MigTD", TDVMCALL_MIGTD },
	};
	static const struct fact insn[] = {
		{ "CPUID", TDVMCALL_CPUID },     { "HLT", TDVMCALL_HLT },
		{ "IO", TDVMCALL_IO },           { "RDMSR", TDVMCALL_RDMSR },
		{ "WRMSR", TDVMCALL_WRMSR },     { "MMIO", TDVMCALL_MMIO },
		{ "PCONFIG", TDVMCALL_PCONFIG },
	};
	static const struct fact status[] = {
		{ "SUCCESS", TDVMCALL_SUCCESS },
		{ "RETRY", TDVMCALL_RETRY },
		{ "INVALID_OPERAND", TDVMCALL_INVALID_OPERAND },
		{ "GPA_INUSE", TDVMCALL_GPA_INUSE },
		{ "ALIGN_ERROR", TDVMCALL_ALIGN_ERROR },
		{ "SUBFUNC_UNSUPPORTED", TDVMCALL_SUBFUNC_UNSUPPORTED },
	};
	static const struct {
		const char *name;
		unsigned ours;
	} gpr[] = { { "RDX", TDVMCALL_RDX },
		    { "RBX", TDVMCALL_RBX },
		    { "RBP", TDVMCALL_RBP },
		    { "RSI", TDVMCALL_RSI },
		    { "RDI", TDVMCALL_RDI } };
	static const struct fact mask[] = { { "", TDVMCALL_MASK_ALL } };
	const char *s;

	NEED_FACTS();
	s = facts_section("### 5.1", "### 5.2");
	FACTS_EQUAL(s, "^\\| ([0-9]|0x8[0-9]+) \\| %s[ |]", 0, 0, status);
	FACTS_EQUAL(s, "Masks in use.*TdVmCall (0x[0-9A-F]+)%s", 16, 0, mask);
	for (size_t i = 0; i < sizeof(gpr) / sizeof(gpr[0]); i++)
		assert_int_equal(
		    1u << facts_number(s, "GPR pass mask.*[ ,]([0-9]) %s", gpr[i].name, 10),
		    gpr[i].ours);
	assert_int_equal(TDVMCALL_R8 | TDVMCALL_R9 | TDVMCALL_R10 | TDVMCALL_R11 | TDVMCALL_R12 |
			     TDVMCALL_R13 | TDVMCALL_R14 | TDVMCALL_R15,
			 0xff00); /* "8..15 R8..R15" */
	FACTS_EQUAL(facts_section("### 5.2", "### 5.3"), "^\\| (0x1000[0-9]) \\| %s \\|", 16, 0,
		    ghci);
	FACTS_EQUAL(facts_section("### 5.5", "## 6."), "^\\| ([0-9]+) \\| %s[ |]", 10, 0, insn);
	assert_int_equal(TDX_FATAL_PASS & 0xffff, 0);
	assert_int_equal(TDX_FATAL_FAIL & 0xffff, 0);
}

static void quote_buffer(void **state)
{
	static const struct fact offsets[] = {
		{ "version", TDX_QUOTE_VERSION },   { "status", TDX_QUOTE_STATUS },
		{ "in_len", TDX_QUOTE_IN_LEN },     { "out_len", TDX_QUOTE_OUT_LEN },
		{ "in: TDREPORT", TDX_QUOTE_DATA },
	};
	static const struct fact status[] = {
		{ "success", TDX_QUOTE_STATUS_SUCCESS },
		{ "in flight", TDX_QUOTE_STATUS_IN_FLIGHT },
		{ "error", TDX_QUOTE_STATUS_ERROR },
		{ "quoting service unavailable", TDX_QUOTE_STATUS_UNAVAILABLE },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 5.4", "### 5.5");
	FACTS_EQUAL(s, "^\\| ([0-9]+) \\| [0-9.]+ \\| %s", 10, 0, offsets);
	FACTS_EQUAL(s, "^\\| (0x[0-9A-F]+|0) \\| %s", 16, 0, status);
}

static void ve_reasons(void **state)
{
	static const struct fact f[] = {
		{ "IN/OUT/INS/OUTS", TDX_VE_IO },
		{ "HLT", TDX_VE_HLT },
		{ "INVD", TDX_VE_INVD },
		{ "VMCALL", TDX_VE_VMCALL },
		{ "WBINVD/WBNOINVD", TDX_VE_WBINVD },
		{ "MWAIT", TDX_VE_MWAIT },
		{ "MONITOR", TDX_VE_MONITOR },
		{ "PCONFIG", TDX_VE_PCONFIG },
		{ "CPUID per 7.3", TDX_VE_CPUID },
		{ "CR access per 7.6", TDX_VE_CR_ACCESS },
		{ "APIC write", TDX_VE_APIC_WRITE },
	};
	static const struct fact msr[] = { { "", TDX_VE_RDMSR } };
	static const struct fact msw[] = { { "", TDX_VE_WRMSR } };
	static const struct fact ept[] = { { "", TDX_VE_EPT_VIOLATION } };
	const char *s;

	NEED_FACTS();
	s = facts_section("### 7.2", "### 7.3");
	FACTS_EQUAL(s, "[|,d] %s \\(([0-9]+)\\)", 10, 0, f);
	FACTS_EQUAL(s, "RDMSR/WRMSR per 7.4 \\(([0-9]+)/%s", 10, 0, msr);
	FACTS_EQUAL(s, "RDMSR/WRMSR per 7.4 \\([0-9]+/([0-9]+)%s", 10, 0, msw);
	FACTS_EQUAL(facts_section("### 6.2", "### 6.3"), "#VE exit reason ([0-9]+) with GPA%s", 10,
		    0, ept);
}

static void reports(void **state)
{
	static const struct fact f[] = {
		{ "CPUSVN", TDREPORT_CPUSVN },
		{ "TEE_TCB_INFO_HASH", TDREPORT_TCB_INFO_HASH },
		{ "TEE_INFO_HASH", TDREPORT_INFO_HASH },
		{ "REPORTDATA", TDREPORT_REPORTDATA },
		{ "MAC \\(", TDREPORT_MAC },
		{ "TEE_TCB_INFO \\|", TDREPORT_TCB_INFO },
		{ "valid bitmap", TDREPORT_TCB_VALID },
		{ "TEE_TCB_SVN \\(", TDREPORT_TCB_SVN },
		{ "MRSEAM", TDREPORT_MRSEAM },
		{ "MRSIGNERSEAM", TDREPORT_MRSIGNERSEAM },
		{ "SEAM attributes", TDREPORT_SEAM_ATTRIBUTES },
		{ "TEE_TCB_SVN2", TDREPORT_TCB_SVN2 },
		{ "TDINFO", TDREPORT_TDINFO },
		{ "ATTRIBUTES", TDREPORT_ATTRIBUTES },
		{ "XFAM", TDREPORT_XFAM },
		{ "MRTD", TDREPORT_MRTD },
		{ "MRCONFIGID", TDREPORT_MRCONFIGID },
		{ "RTMR0", TDREPORT_RTMR0 },
		{ "SERVTD_HASH", TDREPORT_SERVTD_HASH },
	};
	static const struct fact owner[] = { { "", TDREPORT_MROWNER } };
	static const struct fact config[] = { { "", TDREPORT_MROWNERCONFIG } };
	static const struct fact sizes[] = {
		{ "TEE_TCB_INFO \\|", TDREPORT_TCB_INFO_SIZE },
		{ "TDINFO", TDREPORT_TDINFO_SIZE },
		{ "REPORTDATA", TDREPORT_REPORTDATA_SIZE },
		{ "MAC \\(", TDREPORT_MAC_SIZE },
		{ "MRTD", TDX_DIGEST_SIZE },
	};
	static const struct fact body[] = {
		{ "TEE_TCB_SVN", QUOTE_TD_TCB_SVN },
		{ "MRSEAM", QUOTE_TD_MRSEAM },
		{ "MRSIGNERSEAM", QUOTE_TD_MRSIGNERSEAM },
		{ "SEAM attributes", QUOTE_TD_SEAM_ATTRIBUTES },
		{ "TD attributes", QUOTE_TD_ATTRIBUTES },
		{ "XFAM", QUOTE_TD_XFAM },
		{ "MRTD", QUOTE_TD_MRTD },
		{ "MRCONFIGID /", QUOTE_TD_MRCONFIGID },
		{ "RTMR0..3", QUOTE_TD_RTMR0 },
		{ "REPORTDATA", QUOTE_TD_REPORTDATA },
		{ "v5 type 3 only: TEE_TCB_SVN2", QUOTE_TD_TCB_SVN2 },
		{ "v5 type 3 only: MRSERVICETD", QUOTE_TD_MRSERVICETD },
	};
	static const struct fact header[] = {
		{ "version", QUOTE_VERSION },     { "attestation key type", QUOTE_KEY_TYPE },
		{ "TEE type", QUOTE_TEE_TYPE },   { "QE vendor id", QUOTE_VENDOR },
		{ "user data", QUOTE_USER_DATA },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("## 11. TDREPORT", "## 12.");
	FACTS_EQUAL(s, "^\\| (0x[0-9A-F]+)[0-9A-Fx /]* \\| [0-9a-z ]+ \\| %s", 16, 0, f);
	FACTS_EQUAL(s, "^\\| 0x240 / (0x[0-9A-F]+) /%s", 16, 0, owner);
	FACTS_EQUAL(s, "^\\| 0x240 / 0x270 / (0x[0-9A-F]+)%s", 16, 0, config);
	FACTS_EQUAL(s, "^\\| 0x[0-9A-F]+ \\| ([0-9]+) \\| %s", 10, 0, sizes);
	FACTS_EQUAL(facts_section("### 12.1", "### 12.2"), "^\\| ([0-9]+) \\| [0-9]+ \\| %s", 10, 0,
		    header);
	FACTS_EQUAL(facts_section("### 12.2", "### 12.3"),
		    "^\\| ([0-9]+)[0-9 /]* \\| [0-9a-z ]+ \\| %s", 10, 0, body);
}

static void images(void **state)
{
	static const struct fact types[] = {
		{ "BFV", TDVF_BFV },
		{ "CFV", TDVF_CFV },
		{ "TD_HOB", TDVF_TD_HOB },
		{ "TempMem", TDVF_TEMP_MEM },
		{ "PermMem", TDVF_PERM_MEM },
		{ "Payload \\(kernel\\)", TDVF_PAYLOAD },
		{ "PayloadParam", TDVF_PAYLOAD_PARAM },
		{ "TD_INFO", TDVF_TD_INFO },
		{ "TD_PARAMS", TDVF_TD_PARAMS },
	};
	static const struct fact section[] = {
		{ "data offset", TDVF_DATA_OFFSET },
		{ "raw data size", TDVF_RAW_SIZE },
		{ "memory GPA", TDVF_MEMORY_ADDRESS },
		{ "memory size", TDVF_MEMORY_SIZE },
		{ "type", TDVF_TYPE },
		{ "attributes:", TDVF_ATTRIBUTES },
	};
	static const struct fact signature[] = { { "", TDVF_SIGNATURE } };
	static const struct fact hobs[] = {
		{ "PHIT type", HOB_PHIT },
		{ "Resource descriptor type", HOB_RESOURCE },
		{ "GUID extension type", HOB_GUID },
	};
	static const struct fact sizes[] = {
		{ "PHIT type", HOB_PHIT_SIZE },
		{ "Resource descriptor type", HOB_RESOURCE_SIZE },
		{ "End type", HOB_HEADER_SIZE },
	};
	static const struct fact resources[] = {
		{ "system memory", HOB_SYSTEM_MEMORY },
		{ "unaccepted memory", HOB_UNACCEPTED },
	};
	static const struct fact reset[] = {
		{ "CR0", TDX_RESET_CR0 }, { "EFER", TDX_RESET_EFER },
		{ "PAT", TDX_RESET_PAT }, { "IA32_FMASK", TDX_RESET_FMASK },
		{ "CR4", TDX_RESET_CR4 },
	};
	const char *s;

	NEED_FACTS();
	s = facts_section("### 9.1", "### 9.2");
	FACTS_EQUAL(s, "^\\| ([0-9]) \\| %s \\| [a-zO0]", 10, 0, types);
	FACTS_EQUAL(s, "= (0x46[0-9A-F]+)%s", 16, 0, signature);
	FACTS_EQUAL(strstr(s, "Section off"), "^\\| ([0-9]+) \\| [48] \\| %s", 10, 0, section);
	s = facts_section("### 9.2", "### 9.3");
	FACTS_EQUAL(s, "%s ([0-9])", 10, 0, hobs);
	FACTS_EQUAL(s, "%s [0-9xF]+ \\| length ([0-9]+)", 10, 0, sizes);
	FACTS_EQUAL(s, "^\\| ([0-9]) \\| %s", 10, 0, resources);
	FACTS_EQUAL(facts_section("### 8.1", "### 8.2"), "^\\| %s \\| [a-z]*[ ]?(0x[0-9A-F]+)", 16,
		    0, reset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detection),    cmocka_unit_test(leaves),
		cmocka_unit_test(status_codes), cmocka_unit_test(fields),
		cmocka_unit_test(vmcalls),      cmocka_unit_test(quote_buffer),
		cmocka_unit_test(ve_reasons),   cmocka_unit_test(reports),
		cmocka_unit_test(images),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
