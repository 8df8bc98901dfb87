/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRs of the CPU the host presents. Anything not named does not exist: the caller raises #GP. */
#include "common/secret.h"
#include "vmm/local.h"

enum {
	MSR_TSC = 0x10,
	MSR_PLATFORM_ID = 0x17,
	MSR_APIC_BASE = 0x1b,
	MSR_FEATURE_CONTROL = 0x3a,
	MSR_MICROCODE = 0x8b,
	MSR_MTRR_CAP = 0xfe,
	MSR_MCG_CAP = 0x179,
	MSR_MCG_STATUS = 0x17a,
	MSR_MISC_ENABLE = 0x1a0,
	MSR_DEBUGCTL = 0x1d9,
	MSR_MTRR_VARIABLE = 0x200,
	MSR_PAT = 0x277,
	MSR_MTRR_DEFAULT = 0x2ff,
	MSR_TSC_DEADLINE = 0x6e0,
	MSR_X2APIC_FIRST = 0x800,
	MSR_X2APIC_LAST = 0x8ff,
	MSR_AMD_SYSCFG = 0xc0010010,
	MSR_AMD_HWCR = 0xc0010015,
	MSR_AMD_INT_PENDING = 0xc0010055, /* C1E of old CPUs: not in use */
	MSR_AMD_DE_CFG = 0xc0011029,
};

#define VARIABLE_COUNT 8u
#define MTRR_CAP       (VARIABLE_COUNT | 0x500) /* fixed ranges, write combining */
#define PHYSICAL_BITS  52
#define DE_CFG_LFENCE  0x2

/* ---- memory types ---- */

static const u16 fixed_msr[] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
				 0x26b, 0x26c, 0x26d, 0x26e, 0x26f };

static bool is_variable(u32 msr)
{
	return msr >= MSR_MTRR_VARIABLE && msr < MSR_MTRR_VARIABLE + 2 * VARIABLE_COUNT;
}

static int fixed_index(u32 msr)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fixed_msr); i++)
		if (fixed_msr[i] == msr)
			return (int)i;
	return -1;
}

static bool memory_type(u64 type)
{
	return type == 0 || type == 1 || (type >= 4 && type <= 6);
}

/* UC- exists in the PAT only. */
static bool memory_types(u64 value, bool pat)
{
	for (unsigned i = 0; i < 8; i++, value >>= 8)
		if (!memory_type(value & 0xff) && !(pat && (value & 0xff) == 7))
			return false;
	return true;
}

bool mtrr_read(struct vcpu *v, u32 msr, u64 *value)
{
	const struct vmm_cpu *c = vmm_cpu(v);
	int fixed = fixed_index(msr);

	if (msr == MSR_MTRR_DEFAULT)
		*value = c->mtrr_default;
	else if (is_variable(msr))
		*value = c->mtrr_variable[msr - MSR_MTRR_VARIABLE];
	else if (fixed >= 0)
		*value = c->mtrr_fixed[fixed];
	else
		return false;
	return true;
}

static bool variable_valid(u32 msr, u64 value)
{
	if ((value & MASK(63, PHYSICAL_BITS)) != 0)
		return false;
	if (msr & 1)
		return (value & MASK(10, 0)) == 0;
	return (value & MASK(11, 8)) == 0 && memory_type(value & 0xff);
}

bool mtrr_write(struct vcpu *v, u32 msr, u64 value)
{
	struct vmm_cpu *c = vmm_cpu(v);
	int fixed = fixed_index(msr);

	if (msr == MSR_MTRR_DEFAULT) {
		if ((value & ~0xcffULL) != 0 || !memory_type(value & 0xff))
			return false;
		c->mtrr_default = value;
	} else if (is_variable(msr)) {
		if (!variable_valid(msr, value))
			return false;
		c->mtrr_variable[msr - MSR_MTRR_VARIABLE] = value;
	} else if (fixed >= 0) {
		if (!memory_types(value, false))
			return false;
		c->mtrr_fixed[fixed] = value;
	} else {
		return false;
	}
	return true;
}

/* ---- all of them ---- */

bool vmm_msr_read(struct vcpu *v, u32 msr, u64 *value)
{
	const struct vmm_cpu *c = vmm_cpu(v);

	*value = 0;
	if (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST)
		return lapic_msr_read(v, msr, value);
	switch (msr) {
	case MSR_TSC:
		*value = core_now() + v->vmcb->tsc_offset;
		return true;
	case MSR_APIC_BASE:
		*value = c->lapic.base;
		return true;
	case MSR_FEATURE_CONTROL:
		*value = 1; /* locked, nothing enabled */
		return true;
	case MSR_MTRR_CAP:
		*value = MTRR_CAP;
		return true;
	case MSR_MISC_ENABLE:
		*value = c->misc_enable;
		return true;
	case MSR_PAT:
		*value = c->pat;
		return true;
	case MSR_TSC_DEADLINE:
		*value = timer_tsc_deadline(v);
		return true;
	case MSR_AMD_DE_CFG:
		*value = DE_CFG_LFENCE;
		return true;
	case MSR_PLATFORM_ID:
	case MSR_MICROCODE:
	case MSR_MCG_CAP:
	case MSR_MCG_STATUS:
	case MSR_DEBUGCTL:
	case MSR_AMD_SYSCFG:
	case MSR_AMD_HWCR:
	case MSR_AMD_INT_PENDING:
		return true;
	default:
		return mtrr_read(v, msr, value);
	}
}

bool vmm_msr_write(struct vcpu *v, u32 msr, u64 value)
{
	struct vmm_cpu *c = vmm_cpu(v);

	secret_seen(value, sizeof(value));
	if (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST)
		return lapic_msr_write(v, msr, value);
	switch (msr) {
	case MSR_TSC:
		v->vmcb->tsc_offset = value - core_now();
		return true;
	case MSR_APIC_BASE:
		return lapic_base_write(v, value);
	case MSR_MISC_ENABLE:
		c->misc_enable = value;
		return true;
	case MSR_PAT:
		if (!memory_types(value, true))
			return false;
		c->pat = value;
		return true;
	case MSR_TSC_DEADLINE:
		timer_set_tsc_deadline(v, value);
		return true;
	case MSR_MICROCODE: /* written with 0 before the revision is read */
	case MSR_MCG_STATUS:
	case MSR_DEBUGCTL:
		return value == 0;
	case MSR_AMD_SYSCFG: /* as a host does that emulates none of it */
	case MSR_AMD_HWCR:
	case MSR_AMD_DE_CFG:
		return true;
	default:
		return mtrr_write(v, msr, value);
	}
}
