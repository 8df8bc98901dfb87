/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions of the guest that trapped: registers, what an access is, how it is finished. */
#include "el2/el2.h"

#include "abi/psci.h"

#define FSC_EXTERNAL      0x10u /* up to FSC_EXTERNAL_LAST: the access itself or a table walk */
#define FSC_EXTERNAL_LAST 0x17u

u64 guest_reg(const struct el2_cpu *cpu, unsigned rt)
{
	return rt < 31 ? cpu->el1.x[rt] : 0;
}

void guest_set_reg(struct el2_cpu *cpu, unsigned rt, u64 value)
{
	if (rt < 31)
		cpu->el1.x[rt] = value;
}

bool psci_is_call(u32 fid)
{
	fid &= ~SMCCC_64;
	return fid >= PSCI_FIRST && fid <= PSCI_LAST;
}

void call_arguments(const struct el2_cpu *cpu, u32 fid, u64 x[4])
{
	x[0] = 0;
	for (unsigned i = 1; i < 4; i++)
		x[i] = (fid & SMCCC_64) != 0 ? cpu->el1.x[i] : (u32)cpu->el1.x[i];
}

u64 wfx_skip(struct el2_cpu *cpu, u64 esr)
{
	cpu->el1.pc += (esr & ESR_IL) != 0 ? 4 : 2; /* 2: Thumb code at EL0 */
	return esr & ESR_WFX_SHOWN;
}

u64 abort_ipa(const struct core_exit_info *info)
{
	return FIELD(info->hpfar, 43, 4) << 12 | (info->far & (PAGE_SIZE - 1));
}

bool abort_is_external(u64 esr)
{
	u64 fsc = esr & ISS_FSC;

	return fsc >= FSC_EXTERNAL && fsc <= FSC_EXTERNAL_LAST;
}

static u64 access_mask(u64 esr)
{
	unsigned bytes = 1u << FIELD(esr, 23, 22);

	return bytes == 8 ? ~0ULL : BIT(8 * bytes) - 1;
}

static unsigned access_reg(u64 esr)
{
	return (unsigned)FIELD(esr, 20, 16);
}

bool access_emulatable(const struct el2_cpu *cpu, u64 esr)
{
	/* Not AArch32 code of EL0: such an instruction may be 2 bytes long. */
	return (esr & ISS_ISV) != 0 && (esr & ISS_S1PTW) == 0 &&
	       (cpu->el1.pstate & PSTATE_A32) == 0;
}

u64 access_store_data(const struct el2_cpu *cpu, u64 esr)
{
	return guest_reg(cpu, access_reg(esr)) & access_mask(esr);
}

/* The host's value is cut to the access: it must not reach bits the instruction does not load. */
void access_finish_load(struct el2_cpu *cpu, u64 esr, u64 value)
{
	u64 mask = access_mask(esr);

	value &= mask;
	if ((esr & ISS_SSE) != 0 && (value & (mask ^ mask >> 1)) != 0)
		value |= ~mask;
	if ((esr & ISS_SF) == 0)
		value = (u32)value;
	guest_set_reg(cpu, access_reg(esr), value);
}

/* A bit of the target list is this CPU, when the affinity is its own. */
static bool sgi_to_self(const struct el2_cpu *cpu, u64 v)
{
	u64 mpidr = cpu->el1.vmpidr;

	if ((v & BIT(40)) != 0) /* IRM: all but self */
		return false;
	return FIELD(v, 23, 16) == FIELD(mpidr, 15, 8) &&
	       FIELD(v, 39, 32) == FIELD(mpidr, 23, 16) &&
	       FIELD(v, 55, 48) == FIELD(mpidr, 39, 32) && (v & BIT(mpidr & 0xf)) != 0;
}

bool sgi_dropped(const struct el2_cpu *cpu, u64 value)
{
	return fault_on(sgi_to_self(cpu, value) ? FAULT_SGI_SELF_DROPPED : FAULT_SGI_OTHER_DROPPED);
}
