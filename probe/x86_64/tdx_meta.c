/* SPDX-License-Identifier: BSD-2-Clause */
/* Metadata of the TD by TDG.VM.RD and TDG.VM.WR. */
#include "tdx_check.h"

static u64 access(u64 leaf, u64 rcx, u64 field, u64 value, u64 mask)
{
	struct tdcall_regs r = { .rax = leaf, .rcx = rcx, .rdx = field, .r8 = value, .r9 = mask };

	return tdcall_retry(&r, NULL);
}

void tdx_meta_target(void)
{
	static const u64 targets[] = { 1, BIT(32), BIT(63), ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		check_note("RCX 0x%llx", (unsigned long long)targets[i]);
		if (!expect_eq("TDG.VM.RD of another TD",
			       access(TDG_VM_RD, targets[i], TDX_FIELD_ATTRIBUTES, 0, 0),
			       INVALID(RCX)) ||
		    !expect_eq("TDG.VM.WR of another TD",
			       access(TDG_VM_WR, targets[i], TDX_FIELD_NOTIFY_ENABLES, 0,
				      TDX_NOTIFY_ZERO_STEP),
			       INVALID(RCX)))
			return;
	}
}

void tdx_meta_unknown(void)
{
	static const u64 fields[] = {
		TDX_FIELD_CLASS_MASK | TDX_FIELD_CODE_MASK, /* neither class nor code */
		TDX_FIELD_ATTRIBUTES | 0xffff00,            /* no such code */
		TDX_FIELD_MRTD + 6,                         /* behind the last element */
		TDX_FIELD_ATTRIBUTES | BIT(34),             /* more than one element */
		TDX_FIELD_ATTRIBUTES | BIT(38),             /* more than one field */
		TDX_FIELD_ATTRIBUTES | BIT(24),             /* reserved */
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		u64 rax = access(TDG_VM_RD, 0, fields[i], 0, 0);

		check_note("field 0x%llx", (unsigned long long)fields[i]);
		if (!expect_eq("TDG.VM.RD of a field that does not exist", TDX_CODE(rax),
			       TDX_METADATA_FIELD_ID_INCORRECT))
			return;
		rax = access(TDG_VM_WR, 0, fields[i], 0, 1);
		if (!expect_eq("TDG.VM.WR of a field that does not exist", TDX_CODE(rax),
			       TDX_METADATA_FIELD_ID_INCORRECT))
			return;
	}
}

static bool read_field(const char *asked, u64 field, u64 *value)
{
	return expect_eq(asked, tdg_vm_rd(field, value), TDX_SUCCESS);
}

void tdx_meta_same(void)
{
	u64 attributes, xfam, wide;
	struct tdx_vp_info info;

	if (!expect_eq("TDG.VP.INFO", tdg_vp_info(&info), TDX_SUCCESS) ||
	    !read_field("TDG.VM.RD of ATTRIBUTES", TDX_FIELD_ATTRIBUTES, &attributes) ||
	    !read_field("TDG.VM.RD of XFAM", TDX_FIELD_XFAM, &xfam) ||
	    !read_field("TDG.VM.RD of GPAW", TDX_FIELD_GPAW, &wide))
		return;
	if (expect_eq("ATTRIBUTES", attributes, info.attributes) &&
	    expect_eq("GPAW, 1 for 52 bits", wide, info.gpaw == TDX_GPAW_52))
		expect_eq("the bits of XFAM that are always 1", xfam & TDX_XFAM_FIXED1,
			  TDX_XFAM_FIXED1);
}

void tdx_meta_read_only(void)
{
	static const u64 fields[] = { TDX_FIELD_ATTRIBUTES, TDX_FIELD_XFAM, TDX_FIELD_GPAW,
				      TDX_FIELD_MRTD,       TDX_FIELD_RTMR, TDX_FIELD_RTMR + 23 };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		u64 before, after, rax;

		check_note("field 0x%llx", (unsigned long long)fields[i]);
		if (!read_field("TDG.VM.RD before", fields[i], &before))
			return;
		rax = access(TDG_VM_WR, 0, fields[i], ~before, ~0ULL);
		if (!expect_eq("TDG.VM.WR", TDX_CODE(rax), TDX_METADATA_FIELD_NOT_WRITABLE) ||
		    !read_field("TDG.VM.RD afterwards", fields[i], &after) ||
		    !expect_eq("the field", after, before))
			return;
	}
}

/* Element size, increment, context and write-mask bits are not looked at: Linux writes this one. */
void tdx_meta_spelling(void)
{
	static const u64 spelling[] = { 0x9100000000000010ULL, TDX_FIELD_NOTIFY_ENABLES | BIT(51),
					TDX_FIELD_NOTIFY_ENABLES | BIT(50),
					TDX_FIELD_NOTIFY_ENABLES | BIT(63) };
	u64 expected, value;

	if (!read_field("TDG.VM.RD of NOTIFY_ENABLES", TDX_FIELD_NOTIFY_ENABLES, &expected))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(spelling); i++) {
		check_note("field 0x%llx", (unsigned long long)spelling[i]);
		if (!read_field("TDG.VM.RD of another spelling", spelling[i], &value) ||
		    !expect_eq("its value", value, expected))
			return;
	}
}

static bool write_notify(u64 value, u64 before)
{
	u64 old, now;

	return expect_eq("TDG.VM.WR of NOTIFY_ENABLES",
			 tdg_vm_wr(TDX_FIELD_NOTIFY_ENABLES, value, TDX_NOTIFY_ZERO_STEP, &old),
			 TDX_SUCCESS) &&
	       expect_eq("the value it had", old, before) &&
	       read_field("TDG.VM.RD of NOTIFY_ENABLES", TDX_FIELD_NOTIFY_ENABLES, &now) &&
	       expect_eq("NOTIFY_ENABLES", now, value);
}

/* At boot the guest has cleared it. */
void tdx_meta_write(void)
{
	u64 old;

	if (!write_notify(TDX_NOTIFY_ZERO_STEP, 0) || !write_notify(0, TDX_NOTIFY_ZERO_STEP))
		(void)tdg_vm_wr(TDX_FIELD_NOTIFY_ENABLES, 0, TDX_NOTIFY_ZERO_STEP, &old);
}

/* Whoever could turn it back on could be made to accept a page twice. */
void tdx_meta_pending(void)
{
	u64 flags, before, after, old, rax;

	if (!read_field("TDG.VM.RD of CONFIG_FLAGS", TDX_FIELD_CONFIG_FLAGS, &flags) ||
	    !read_field("TDG.VM.RD of TD_CTLS", TDX_FIELD_TD_CTLS, &before))
		return;
	if ((flags & TDX_CONFIG_FLEXIBLE_PENDING_VE) != 0) {
		check_skip("the TD may choose: FLEXIBLE_PENDING_VE");
		return;
	}
	rax = access(TDG_VM_WR, 0, TDX_FIELD_TD_CTLS, ~before, TDX_TD_CTLS_PENDING_VE_DISABLE);
	if (expect_eq("TDG.VM.WR of PENDING_VE_DISABLE", TDX_CODE(rax),
		      TDX_METADATA_FIELD_VALUE_NOT_VALID) &&
	    read_field("TDG.VM.RD afterwards", TDX_FIELD_TD_CTLS, &after))
		expect_eq("TD_CTLS", after, before);
	if (check_failed())
		(void)tdg_vm_wr(TDX_FIELD_TD_CTLS, before, TDX_TD_CTLS_PENDING_VE_DISABLE, &old);
}
