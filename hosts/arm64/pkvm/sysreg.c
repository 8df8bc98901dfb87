/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trapped system registers of a protected VM (Linux arch/arm64/kvm/hyp/nvhe/sys_regs.c): ID
 * registers as EL2 computes them, so that the host cannot change them; a few read as zero; a few
 * the host answers; all else is undefined.
 */
#include "pkvm/model.h"

/* What remains of an ID register: each field at most this. */
struct id_limit {
	u8 crm, op2;
	u64 max;
	u64 is_signed; /* fields where 0xf says: not there */
	u64 fixed; /* set whatever the machine has: fields that are not there otherwise than by 0 */
};

/* No VHE, MTE, SME, AMU, MPAM, RME; no SVE and no pointer authentication, which the VM would have
 * to be created with; EL0 and EL1 in AArch64 only; PARange 40 bits, no granule of 16 KiB. */
static const struct id_limit id_limits[] = {
	{ 4, 0, 0x1101000011111111, 0x0000000000ff0000, 0 }, /* PFR0; signed: FP, AdvSIMD */
	{ 4, 1, 0x00000f0000000021, 0, 0 },                  /* PFR1: BT, SSBS, MTE_frac */
	{ 5, 0, 0, 0, 0x000f00f000000000 },                  /* DFR0: no MTPMU, no DoubleLock */
	{ 6, 0, ~0ULL, 0, 0 },                               /* ISAR0 */
	{ 6, 1, 0x0011221100311002, 0, 0 },                  /* ISAR1: no APA, API, GPA, GPI */
	{ 6, 2, 0x1000000000000000, 0, 0 },                  /* ISAR2: ATS1A */
	{ 7, 0, 0x0000100000011122, 0, 0 },                  /* MMFR0 */
	{ 7, 1, 0x0100001001302022, 0, 0 },                  /* MMFR1 */
	{ 7, 2, 0x102100f100001011, 0, 0 },                  /* MMFR2 */
	{ 7, 4, 0, 0, 0x000000000f000000 },                  /* MMFR4: no E2H0 */
};

#define FIELD_BITS 4u
#define FIELD_MAX  0xfULL

static u64 limit(u64 v, const struct id_limit *l)
{
	u64 out = l->fixed;
	unsigned at;

	for (at = 0; at < 64; at += FIELD_BITS) {
		u64 have = v >> at & FIELD_MAX, most = l->max >> at & FIELD_MAX;
		bool absent = (l->is_signed >> at & FIELD_MAX) != 0 && have == FIELD_MAX;

		out |= (absent ? have : MIN(have, most)) << at;
	}
	return out;
}

static u64 id_reg(unsigned crm, unsigned op2)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(id_limits); i++)
		if (id_limits[i].crm == crm && id_limits[i].op2 == op2)
			return limit(hw_id_reg(crm, op2), &id_limits[i]);
	return 0; /* those of AArch32, too */
}

/* One lie each. */
static u64 id_faults(const struct hyp_vcpu *v, unsigned crm, unsigned op2, u64 value)
{
	switch (crm << 4 | op2) {
	case 0x30: /* MVFR0 */
		return fault_on(FAULT_ID_AARCH32_REGISTERS) ? 0x10110222 : value;
	case 0x40:
		if (fault_on(FAULT_ID_AMU_SHOWN))
			value |= 1ULL << 44;
		if (fault_on(FAULT_ID_AARCH32_SHOWN))
			value = (value & ~FIELD_MAX) | 2;
		return value;
	case 0x44:
		return fault_on(FAULT_ID_ZFR0_SHOWN) ? 1 : value;
	case 0x50:
		return fault_on(FAULT_ID_DEBUG_SHOWN) ? 0x305106 : value;
	case 0x60: /* RNDR */
		return fault_on(FAULT_ID_DIFFERS) && v->index != 0 ? value ^ 1ULL << 60 : value;
	case 0x70:
		if (fault_on(FAULT_ID_PARANGE_WIDE))
			value = (value & ~FIELD_MAX) | 5;
		if (fault_on(FAULT_ID_TGRAN16_SHOWN))
			value |= 1ULL << 20;
		return value;
	case 0x71:
		return fault_on(FAULT_ID_VHE_SHOWN) ? value | 1ULL << 8 : value;
	default:
		return value;
	}
}

/* ---- which register ---- */

#define ICC_SRE     ISS_REG(3, 0, 12, 12, 5)
#define ICC_SRE_ALL 7u /* DIB, DFB, SRE */

static bool is_in(u64 reg, const u64 *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] == reg)
			return true;
	return false;
}

static bool is_debug(u64 reg)
{
	static const u64 list[] = {
		ISS_REG(2, 0, 0, 0, 4), ISS_REG(2, 0, 0, 0, 5), /* DBGBVR0, DBGBCR0 */
		ISS_REG(2, 0, 0, 0, 6), ISS_REG(2, 0, 0, 0, 7), /* DBGWVR0, DBGWCR0 */
		ISS_REG(2, 0, 0, 2, 2),                         /* MDSCR */
		ISS_REG(2, 0, 1, 0, 4), ISS_REG(2, 0, 1, 1, 4), /* OSLAR, OSLSR */
		ISS_REG(2, 0, 1, 3, 4),                         /* OSDLR */
	};

	return is_in(reg, list, ARRAY_SIZE(list));
}

static bool is_error_record(u64 reg)
{
	static const u64 list[] = {
		ISS_REG(3, 0, 5, 3, 0), ISS_REG(3, 0, 5, 3, 1), /* ERRIDR, ERRSELR */
		ISS_REG(3, 0, 5, 4, 0), ISS_REG(3, 0, 5, 4, 1), /* ERXFR, ERXCTLR */
		ISS_REG(3, 0, 5, 4, 2), ISS_REG(3, 0, 5, 4, 3), /* ERXSTATUS, ERXADDR */
		ISS_REG(3, 0, 5, 5, 0), ISS_REG(3, 0, 5, 5, 1), /* ERXMISC0, ERXMISC1 */
	};

	return is_in(reg, list, ARRAY_SIZE(list));
}

static bool is_sgi(u64 reg)
{
	return reg == ICC_SGI1R || reg == ICC_ASGI1R || reg == ICC_SGI0R;
}

static bool is_hosts(u64 reg)
{
	static const u64 list[] = {
		ISS_REG(3, 0, 0, 0, 6),   ISS_REG(3, 1, 0, 0, 7),   /* REVIDR, AIDR */
		ISS_REG(3, 3, 0, 0, 1),   ISS_REG(3, 1, 0, 0, 1),   /* CTR, CLIDR */
		ISS_REG(3, 1, 0, 0, 0),   ISS_REG(3, 2, 0, 0, 0),   /* CCSIDR, CSSELR */
		ISS_REG(3, 0, 4, 6, 0),   ICC_DIR,                  /* ICC_PMR */
		ISS_REG(3, 0, 12, 11, 3), ISS_REG(3, 0, 12, 12, 4), /* ICC_RPR, ICC_CTLR */
		ISS_REG(3, 3, 14, 2, 0),  ISS_REG(3, 3, 14, 2, 1),  /* CNTP_TVAL, CNTP_CTL */
		ISS_REG(3, 3, 14, 2, 2),                            /* CNTP_CVAL */
	};

	return is_sgi(reg) || is_in(reg, list, ARRAY_SIZE(list));
}

static bool is_id(u64 esr)
{
	return ISS_REG_OP0(esr) == 3 && ISS_REG_OP1(esr) == 0 && ISS_REG_CRN(esr) == 0 &&
	       ISS_REG_CRM(esr) >= 1 && ISS_REG_CRM(esr) <= 7;
}

/* ---- what becomes of the access ---- */

static enum next ask_host(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u64 esr)
{
	bool read = (esr & ISS_READ) != 0;

	if (is_sgi(esr & ISS_REG_MASK) && !read &&
	    sgi_dropped(&v->cpu, guest_reg(&v->cpu, ISS_REG_RT(esr))))
		return RESUME;
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = esr & ~ISS_RT; /* which register of the guest is not the host's to know */
	if (!read)
		ex->gprs[0] = guest_reg(&v->cpu, ISS_REG_RT(esr));
	v->last.esr = esr;
	v->last.sysreg_read = read;
	return TO_HOST;
}

/* What EL2 answers. false: undefined. */
static bool own_value(const struct hyp_vcpu *v, u64 esr, u64 *value)
{
	u64 reg = esr & ISS_REG_MASK;

	*value = 0;
	if (is_id(esr)) {
		*value = id_faults(v, ISS_REG_CRM(esr), ISS_REG_OP2(esr),
				   id_reg(ISS_REG_CRM(esr), ISS_REG_OP2(esr)));
		return (esr & ISS_READ) != 0;
	}
	if (reg == ICC_SRE) {
		*value = ICC_SRE_ALL;
		return true;
	}
	if (is_debug(reg))
		return !fault_on(FAULT_SYS_DEBUG_UNDEFINED);
	return is_error_record(reg);
}

/* Registers that are there although they should not be. */
static bool wrongly_there(u64 esr)
{
	unsigned op0 = ISS_REG_OP0(esr), crn = ISS_REG_CRN(esr), crm = ISS_REG_CRM(esr);

	if (op0 == 1 && (crn == 8 || crn == 9)) /* TLB maintenance traps only with this fault */
		return fault_on(FAULT_TLBI_DROPPED);
	if (op0 == 1 && crn == 7)
		return fault_on(FAULT_SYS_SET_WAY_IGNORED);
	if (op0 == 3 && (crn == 9 || (crn == 14 && crm >= 8)))
		return fault_on(FAULT_SYS_PMU_ANSWERS);
	return op0 == 3 && crn == 10 && crm == 4 && fault_on(FAULT_SYS_LOR_ANSWERS);
}

enum next sysreg_handle(struct hyp_vcpu *v, struct rmi_rec_exit *ex, u64 esr)
{
	u64 value = 0;
	bool hosts = is_hosts(esr & ISS_REG_MASK);

	if (V(!hosts && !own_value(v, esr, &value) && !wrongly_there(esr))) {
		inject_undef(&v->cpu, v->cpu.el1.pc);
		return RESUME;
	}
	v->cpu.el1.pc += 4;
	if (hosts)
		return ask_host(v, ex, esr);
	if ((esr & ISS_READ) != 0)
		guest_set_reg(&v->cpu, ISS_REG_RT(esr), value);
	return RESUME;
}
