/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * TDCALL leaves of the TDX model, #VE, and what the host answers to TDG.VP.VMCALL.
 * sources: hosts/x86/tdx/[!h]*.c hosts/x86/tdx/ho*.c lib/status.c
 * libs: -lbearssl
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/tdx -I$(B)/keys
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tdx_guest.h"

#define TEMP(off) (fake_private + TEMP_GPA + (off))

static void vmcall(u64 function, u64 r12, u64 r13, u64 r14, u64 r15)
{
	v->reg[R10] = 0;
	v->reg[R11] = function;
	v->reg[R12] = r12;
	v->reg[R13] = r13;
	v->reg[R14] = r14;
	v->reg[R15] = r15;
	assert_int_equal(tdcall(0, 0xffcc, 0, 0), 0);
	assert_true(v->vmcb->rip == RIP + 4);
	assert_true(v->reg[RCX] == 0xffcc);
}

static void door(void **state)
{
	(void)state;
	v->vmcb->cpl = 3;
	tdcall(TDG_VP_INFO, 0, 0, 0);
	assert_int_equal(fake.vector, VECTOR_GP);
	v->vmcb->cpl = 0;
	v->vmcb->cs.attributes = 0xc9b; /* compatibility mode */
	tdcall(TDG_VP_INFO, 0, 0, 0);
	assert_int_equal(fake.vector, VECTOR_GP);
	v->vmcb->cs.attributes = 0xa9b;
	assert_true(tdcall(TDG_VP_INFO | BIT(24), 0, 0, 0) == OPERAND_INVALID(RAX));
	assert_true(tdcall(TDG_VP_INFO | BIT(63), 0, 0, 0) == OPERAND_INVALID(RAX));
	assert_true(tdcall(TDG_VP_INFO | BIT(16), 0, 0, 0) == OPERAND_INVALID(RAX));
	assert_true(tdcall(TDG_VM_RD | 2 * BIT(16), 0, 0, 0) == OPERAND_INVALID(RAX));
	assert_true(tdcall(TDG_VP_ENTER, 0, 0, 0) == OPERAND_INVALID(RAX));
	assert_true(tdcall(0xffff, 0, 0, 0) == OPERAND_INVALID(RAX));
	assert_true(v->vmcb->rip == RIP + 4);
}

static void info(void **state)
{
	(void)state;
	v->reg[R11] = 5;
	assert_int_equal(tdcall(TDG_VP_INFO, 1, 1, 1), 0);
	assert_int_equal(v->reg[RCX], 52);
	assert_true(v->reg[RDX] == TDX_ATTR_SEPT_VE_DISABLE);
	assert_true(v->reg[R8] == (FAKE_CPUS | (u64)FAKE_CPUS << 32));
	assert_int_equal(v->reg[R9] | v->reg[R10] | v->reg[R11], 0);
}

static void ve_area(void **state)
{
	(void)state;
	v->reg[R10] = 7;
	assert_true(tdcall(TDG_VP_VEINFO_GET, 1, 1, 1) == STATUS(TDX_NO_VALID_VE_INFO, 0));
	assert_int_equal(v->reg[RCX] | v->reg[RDX] | v->reg[R8] | v->reg[R9] | v->reg[R10], 0);
	run("\xf4", VMEXIT_HLT, 0, 0);
	assert_ve(TDX_VE_HLT, 0, 1);
	assert_true(tdcall(TDG_VP_VEINFO_GET, 0, 0, 0) == STATUS(TDX_NO_VALID_VE_INFO, 0));
	assert_int_equal(v->reg[RCX], 0);
	run("\xf4", VMEXIT_HLT, 0, 0);
	run("\xf4", VMEXIT_HLT, 0, 0);
	assert_int_equal(fake.vector, VECTOR_DF);
}

static void instructions(void **state)
{
	(void)state;
	run("\x0f\x08", VMEXIT_INVD, 0, 0);
	assert_ve(TDX_VE_INVD, 0, 2);
	run("\xf3\x0f\x09", VMEXIT_WBINVD, 0, 0);
	assert_ve(TDX_VE_WBINVD, 0, 3);
	run("\x0f\x01\xc8", VMEXIT_MONITOR, 0, 0);
	assert_ve(TDX_VE_MONITOR, 0, 3);
	run("\x0f\x01\xc9", VMEXIT_MWAIT, 0, 0);
	assert_ve(TDX_VE_MWAIT, 0, 3);
	run("\x0f\x01\xc1", VMEXIT_EXCEPTION_UD, 0, 0);
	assert_ve(TDX_VE_VMCALL, 0, 3);
	run("\x0f\x01\xc5", VMEXIT_EXCEPTION_UD, 0, 0);
	assert_ve(TDX_VE_PCONFIG, 0, 3);
	/* out 0x80, al; rep insw; in eax, dx */
	run("\xe6\x80", VMEXIT_IOIO, 0x80ull << 16 | 1 << 4, RIP + 2);
	assert_ve(TDX_VE_IO, 0x80ull << 16 | TDX_IO_IMMEDIATE, 2);
	run("\xf3\x66\x6d", VMEXIT_IOIO, 0x511ull << 16 | 2 << 4 | 0xd, RIP + 3);
	assert_ve(TDX_VE_IO, 0x511ull << 16 | TDX_IO_IN | TDX_IO_STRING | TDX_IO_REP | 1, 3);
	run("\xed", VMEXIT_IOIO, 0xcfcull << 16 | 4 << 4 | 1, RIP + 1);
	assert_ve(TDX_VE_IO, 0xcfcull << 16 | TDX_IO_IN | 3, 1);
	run("\x0f\x33", VMEXIT_RDPMC, 0, 0);
	assert_int_equal(fake.vector, VECTOR_GP);
	run("\x0f\x01\xd8", VMEXIT_VMRUN, 0, 0);
	assert_int_equal(fake.vector, VECTOR_UD);
	run("\x0f\x01\xd9", VMEXIT_VMMCALL, 0, 0);
	assert_int_equal(fake.vector, VECTOR_UD);
	run("\x0f\x0b", VMEXIT_EXCEPTION_UD, 0, 0);
	assert_int_equal(fake.vector, VECTOR_UD);
	run("\xf3\x66\x0f\x01\xcc", VMEXIT_EXCEPTION_UD, 0, 0);
	assert_int_equal(fake.vector, VECTOR_UD);
	run("\x0f\x01\xcc", VMEXIT_EXCEPTION_UD, 0, 0);
	assert_int_equal(fake.vector, VECTOR_UD);
	assert_true(ENDS(run("", VMEXIT_SHUTDOWN, 0, 0)));
	assert_string_equal(fake.word, "stuck");
}

static void rtmr(void **state)
{
	u8 old[48], want[48];
	br_sha384_context h;

	(void)state;
	assert_true(tdcall(TDG_MR_RTMR_EXTEND, TEMP_GPA + 32, 0, 0) == OPERAND_INVALID(RCX));
	assert_true(tdcall(TDG_MR_RTMR_EXTEND, BIT(52), 0, 0) == OPERAND_INVALID(RCX));
	assert_true(tdcall(TDG_MR_RTMR_EXTEND, SHARED, 0, 0) == OPERAND_INVALID(RCX));
	assert_true(tdcall(TDG_MR_RTMR_EXTEND, TEMP_GPA, 4, 0) == OPERAND_INVALID(RDX));
	memset(TEMP(64), 0x5a, 48);
	memcpy(old, tdcs.rtmr[2], 48);
	br_sha384_init(&h);
	br_sha384_update(&h, old, 48);
	br_sha384_update(&h, TEMP(64), 48);
	br_sha384_out(&h, want);
	assert_int_equal(tdcall(TDG_MR_RTMR_EXTEND, TEMP_GPA + 64, 2, 0), 0);
	assert_memory_equal(tdcs.rtmr[2], want, 48);
	/* A page that is not accepted. */
	assert_true(ENDS(tdcall(TDG_MR_RTMR_EXTEND, 0, 0, 0)));
	assert_string_equal(fake.word, "stuck");
	tdcs.td_ctls = 0;
	tdcall(TDG_MR_RTMR_EXTEND, 0, 0, 0);
	assert_ve(TDX_VE_EPT_VIOLATION, TDX_EPT_WRITE | BIT(8), 0);
}

static u64 read_field(u64 id)
{
	assert_int_equal(tdcall(TDG_VM_RD, 0, id, 0), 0);
	return v->reg[R8];
}

static void fields(void **state)
{
	const u64 incorrect = STATUS(TDX_METADATA_FIELD_ID_INCORRECT, 0);
	unsigned n = 0;

	(void)state;
	assert_true(tdcall(TDG_VM_RD, 1, TDX_FIELD_XFAM, 0) == OPERAND_INVALID(RCX));
	assert_true(read_field(TDX_FIELD_ATTRIBUTES) == TDX_ATTR_SEPT_VE_DISABLE);
	assert_true(read_field(0x9100000000000010ULL) == read_field(TDX_FIELD_NOTIFY_ENABLES));
	assert_int_equal(read_field(TDX_FIELD_NUM_VCPUS), FAKE_CPUS);
	assert_int_equal(read_field(TDX_FIELD_GPAW), 1);
	assert_int_equal(read_field(TDX_FIELD_TSC_FREQUENCY), 40);
	assert_true(read_field(TDX_FIELD_MRTD + 1) == le_get(tdcs.mrtd + 8, 8));
	memset(tdcs.rtmr[3], 0x77, 48);
	assert_true(read_field(TDX_FIELD_RTMR + 23) == 0x7777777777777777ULL);
	assert_true(tdcall(TDG_VM_RD, 0, TDX_FIELD_RTMR + 24, 0) == incorrect);
	assert_true(tdcall(TDG_VM_RD, 0, TDX_FIELD_MRTD | BIT(34), 0) == incorrect);
	assert_true(tdcall(TDG_VM_RD, 0, TDX_FIELD_MRTD | BIT(24), 0) == incorrect);
	assert_true(tdcall(TDG_VM_RD, 0, ~0ULL, 0) == incorrect);
	assert_true(TDX_CODE(tdcall(TDG_VM_RD | BIT(16), 0, ~0ULL, 0)) ==
		    TDX_METADATA_FIRST_FIELD_ID);
	for (; v->reg[RDX] != ~0ULL; n++)
		assert_int_equal(tdcall(TDG_VM_RD | BIT(16), 0, v->reg[RDX], 0), 0);
	assert_int_equal(n, 4 + 10 + 4 * 6 + 24 + 6);
}

static u64 write_field(u64 id, u64 value, u64 mask)
{
	v->reg[R9] = mask;
	return tdcall(TDG_VM_WR, 0, id, value);
}

static void field_writes(void **state)
{
	(void)state;
	assert_true(tdcall(TDG_VM_WR, 1, TDX_FIELD_TD_CTLS, 0) == OPERAND_INVALID(RCX));
	assert_int_equal(TDX_CODE(write_field(BIT(24), 0, 0)), TDX_METADATA_FIELD_ID_INCORRECT);
	assert_int_equal(TDX_CODE(write_field(TDX_FIELD_XFAM, 0, 0)),
			 TDX_METADATA_FIELD_NOT_WRITABLE);
	assert_int_equal(write_field(TDX_FIELD_NOTIFY_ENABLES, 1, 1), 0);
	assert_int_equal(write_field(TDX_FIELD_NOTIFY_ENABLES, 0, 1), 0);
	assert_int_equal(v->reg[R8], 1);
	assert_int_equal(TDX_CODE(write_field(TDX_FIELD_NOTIFY_ENABLES, 2, 3)),
			 TDX_METADATA_FIELD_VALUE_NOT_VALID);
	assert_int_equal(TDX_CODE(write_field(TDX_FIELD_TD_CTLS, 0, 1)),
			 TDX_METADATA_FIELD_VALUE_NOT_VALID);
	assert_int_equal(write_field(TDX_FIELD_TD_CTLS, 1, 1), 0);
	assert_int_equal(TDX_CODE(write_field(TDX_FIELD_TD_CTLS, 8, 8)),
			 TDX_METADATA_FIELD_VALUE_NOT_VALID);
	tdcs.config_flags |= TDX_CONFIG_FLEXIBLE_PENDING_VE;
	assert_int_equal(write_field(TDX_FIELD_TD_CTLS, 0, 1), 0);
	assert_int_equal(tdcs.td_ctls, 0);
}

static void vmcall_registers(void **state)
{
	(void)state;
	assert_true(tdcall(0, 1, 0, 0) == OPERAND_INVALID(RCX));
	assert_true(tdcall(0, 2, 0, 0) == OPERAND_INVALID(RCX));
	assert_true(tdcall(0, 0x10, 0, 0) == OPERAND_INVALID(RCX));
	assert_true(tdcall(0, BIT(32), 0, 0) == OPERAND_INVALID(RCX));
	tdcs.config_flags |= TDX_CONFIG_NO_RBP_MOD;
	assert_true(tdcall(0, 0x20, 0, 0) == OPERAND_INVALID(RCX));
	/* Not exposed, not seen, not changed: port 0 instead of the one in R14. */
	v->reg[R10] = 0;
	v->reg[R11] = TDVMCALL_IO;
	v->reg[R12] = 1;
	v->reg[R13] = 0;
	v->reg[R14] = 0x3f8;
	assert_int_equal(tdcall(0, 0x3c00, 0, 0), 0);
	assert_int_equal(v->reg[R11], 0);
	assert_int_equal(v->reg[R14], 0x3f8);
	/* KVM's own hypercalls: none. */
	v->reg[R10] = 1;
	assert_int_equal(tdcall(0, 0x3c00, 0, 0), 0);
	assert_true(v->reg[R10] == (u64)-1000);
}

static void vmcall_devices(void **state)
{
	(void)state;
	vmcall(TDVMCALL_IO, 4, 0, 0x3f8, 0);
	assert_int_equal(v->reg[R10], 0);
	assert_int_equal(v->reg[R11], 0x3f8);
	vmcall(TDVMCALL_IO, 1, 1, 0x3f8, 0x55);
	assert_int_equal(fake.device, 0x5503f8);
	vmcall(TDVMCALL_IO, 3, 0, 0x3f8, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_IO, 8, 0, 0x3f8, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_IO, 1, 2, 0x3f8, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_MMIO, 8, 1, SHARED | 0xfed00000, 0x1234);
	vmcall(TDVMCALL_MMIO, 8, 0, SHARED | 0xfed00000, 0);
	assert_int_equal(v->reg[R11], 0x1234);
	vmcall(TDVMCALL_MMIO, 8, 0, 0xfed00000, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_MMIO, 8, 0, SHARED | 0xfed00ffc, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_MMIO, 3, 0, SHARED | 0xfed00000, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_MMIO, 4, 2, SHARED | 0xfed00000, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_MMIO, 4, 0, SHARED | 0x1000, 0); /* private RAM */
	assert_true(v->reg[R11] == ~0ULL);
	vmcall(TDVMCALL_RDMSR, 0x1b, 0, 0, 0);
	assert_true(v->reg[R11] == 0x1122334455667788ULL);
	vmcall(TDVMCALL_RDMSR, 0x1c, 0, 0, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_WRMSR, 0x1b, 0x99, 0, 0);
	assert_int_equal(fake.device, 0x99);
	vmcall(TDVMCALL_WRMSR, 0x10, 0x77, 0, 0); /* the TSC is not the VMM's */
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	assert_int_equal(fake.device, 0x99);
	vmcall(TDVMCALL_RDMSR, 0x10, 0, 0, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	/* TSC_ADJUST is there and 0 for good. */
	vmcall(TDVMCALL_RDMSR, 0x3b, 0, 0, 0);
	assert_true(v->reg[R10] == TDVMCALL_SUCCESS && v->reg[R11] == 0);
	vmcall(TDVMCALL_WRMSR, 0x3b, 0, 0, 0);
	assert_true(v->reg[R10] == TDVMCALL_SUCCESS);
	vmcall(TDVMCALL_WRMSR, 0x3b, 1, 0, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	assert_int_equal(fake.device, 0x99);
	vmcall(TDVMCALL_CPUID, 0x40000000, 0, 0, 0);
	assert_int_equal(v->reg[R13], 0x4d4d5601);
	vmcall(TDVMCALL_HLT, 0, 0, 0, 0);
	vmcall(TDVMCALL_HLT, 1, 0, 0, 0);
	assert_int_equal(fake.halts, 101);
}

static void vmcall_others(void **state)
{
	const u32 none[] = {
		TDVMCALL_SERVICE, TDVMCALL_MIGTD, TDVMCALL_WBINVD, TDVMCALL_PCONFIG, 13, 0x20000
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++) {
		vmcall(none[i], 0, 0, 0, 0);
		assert_true(v->reg[R10] == TDVMCALL_SUBFUNC_UNSUPPORTED);
	}
	vmcall(TDVMCALL_GET_TD_VMCALL_INFO, 0, 0, 0, 0);
	assert_int_equal(v->reg[R10] | v->reg[R11], 0);
	vmcall(TDVMCALL_GET_TD_VMCALL_INFO, 1, 0, 0, 0);
	assert_int_equal(v->reg[R11], 2);
	vmcall(TDVMCALL_GET_TD_VMCALL_INFO, 2, 0, 0, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_SETUP_EVENT_NOTIFY, 31, 0, 0, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
	vmcall(TDVMCALL_SETUP_EVENT_NOTIFY, 256, 0, 0, 0);
	assert_true(v->reg[R10] == TDVMCALL_INVALID_OPERAND);
}

static void last_words(void **state)
{
	(void)state;
	assert_true(
	    ENDS(vmcall(TDVMCALL_REPORT_FATAL_ERROR, TDX_FATAL_PASS, 0, 0x706f7473203a6e6fULL, 0)));
	assert_string_equal(fake.word, "off");
	assert_string_equal(fake.detail, "on: stop");
	assert_true(ENDS(vmcall(TDVMCALL_REPORT_FATAL_ERROR, TDX_FATAL_FAIL, 0, 0x0141, 0)));
	assert_string_equal(fake.word, "reset");
	assert_string_equal(fake.detail, "A.");
	assert_true(ENDS(vmcall(TDVMCALL_REPORT_FATAL_ERROR, 3, 0, 0x41, 0)));
	assert_string_equal(fake.word, "reset");
	assert_string_equal(fake.detail, "fatal error code 0x3: A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(door, setup),
		cmocka_unit_test_setup(info, setup),
		cmocka_unit_test_setup(ve_area, setup),
		cmocka_unit_test_setup(instructions, setup),
		cmocka_unit_test_setup(rtmr, setup),
		cmocka_unit_test_setup(fields, setup),
		cmocka_unit_test_setup(field_writes, setup),
		cmocka_unit_test_setup(vmcall_registers, setup),
		cmocka_unit_test_setup(vmcall_devices, setup),
		cmocka_unit_test_setup(vmcall_others, setup),
		cmocka_unit_test_setup(last_words, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
