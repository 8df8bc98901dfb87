/* SPDX-License-Identifier: BSD-2-Clause */
/* Trapped system registers: ID registers as a realm sees them, SGIs for the host, the rest RAZ/WI.
 */
#include "rmm/model.h"

/* Op0, Op1, CRn, CRm, Op2 as they stand in the ISS. */
#define ISS_REG(op0, op1, crn, crm, op2)                                                           \
	((u64)(op0) << 20 | (u64)(op2) << 17 | (u64)(op1) << 14 | (u64)(crn) << 10 |               \
	 (u64)(crm) << 1)
#define ISS_REG_MASK (MASK(21, 10) | MASK(4, 1))
#define ISS_READ     BIT(0)
#define ISS_RT_AT    5

#define ICC_DIR      ISS_REG(3, 0, 12, 11, 1)
#define ICC_SGI1R    ISS_REG(3, 0, 12, 11, 5)
#define ICC_ASGI1R   ISS_REG(3, 0, 12, 11, 6)
#define ICC_SGI0R    ISS_REG(3, 0, 12, 11, 7)

static u64 field_mask(unsigned low)
{
	return 0xfULL << low;
}

static u64 id_pfr0(u64 v, const struct realm *realm)
{
	u64 rme = fault_on(FAULT_RME_HIDDEN) && realm->config_reads != 0 ? 0 : 1;

	v &= ~(field_mask(32) | field_mask(52)); /* SVE; RME below */
	if (!fault_on(FAULT_AMU_SHOWN))
		v &= ~field_mask(44);
	else
		v |= 1ULL << 44;
	return v | rme << 52;
}

static u64 id_reg(const struct realm *realm, unsigned crm, unsigned op2)
{
	/* TraceVer, TraceFilt, TraceBuffer, BRBE, PMSVer, PMSS, SEBEP, CTX_CMPs, ExtTrcBuff */
	static const u8 dfr0[] = { 4, 40, 44, 52, 32, 16, 24, 28, 56 };
	u64 v = hw_id_reg(crm, op2);
	size_t i;

	switch (crm << 4 | op2) {
	case 0x40:
		return id_pfr0(v, realm);
	case 0x41: /* MTE, SME */
		return v & ~(field_mask(8) | field_mask(24));
	case 0x44: /* ZFR0 */
	case 0x45: /* SMFR0 */
		return 0;
	case 0x50:
		for (i = 0; i < ARRAY_SIZE(dfr0); i++)
			v &= ~field_mask(dfr0[i]);
		return v;
	case 0x51: /* EBEP, ICNTR */
		return v & ~(field_mask(48) | field_mask(36));
	default:
		return v;
	}
}

/* A bit of the target list is this CPU, when the affinity is its own. */
static bool sgi_to_self(const struct rec *rec, u64 v)
{
	u64 mpidr = rec_mpidr(rec);

	if ((v & BIT(40)) != 0) /* IRM: all but self */
		return false;
	return FIELD(v, 23, 16) == FIELD(mpidr, 15, 8) &&
	       FIELD(v, 39, 32) == FIELD(mpidr, 23, 16) &&
	       FIELD(v, 55, 48) == FIELD(mpidr, 39, 32) && (v & BIT(mpidr & 0xf)) != 0;
}

static bool sgi_dropped(const struct rec *rec, u64 reg, u64 v)
{
	if (reg == ICC_DIR)
		return false;
	return fault_on(sgi_to_self(rec, v) ? FAULT_SGI_SELF_DROPPED : FAULT_SGI_OTHER_DROPPED);
}

static enum next gic_register(struct rec *rec, struct rmi_rec_exit *ex, u64 esr)
{
	u64 v = guest_reg(rec, (unsigned)FIELD(esr, 9, 5));

	if ((esr & ISS_READ) == 0 && sgi_dropped(rec, esr & ISS_REG_MASK, v))
		return RESUME;
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = esr & ~(31ULL << ISS_RT_AT);
	rec->last.esr = esr;
	rec->last.sysreg_read = (esr & ISS_READ) != 0;
	if ((esr & ISS_READ) == 0)
		ex->gprs[0] = v;
	return TO_HOST;
}

/* TLB maintenance traps only in a trace run (HCR_EL2.TTLB); invalidating more than asked is
 * allowed. */
static void tlbi(struct rec *rec, u64 esr)
{
	violation_on_tlbi(rec, esr, guest_reg(rec, (unsigned)FIELD(esr, 9, 5)));
	if (fault_on(FAULT_TLBI_DROPPED))
		return;
	realm_flush(rec->realm);
}

enum next sysreg_handle(struct rec *rec, struct rmi_rec_exit *ex, u64 esr)
{
	unsigned op0 = (unsigned)FIELD(esr, 21, 20), op1 = (unsigned)FIELD(esr, 16, 14);
	unsigned crn = (unsigned)FIELD(esr, 13, 10), crm = (unsigned)FIELD(esr, 4, 1);
	unsigned op2 = (unsigned)FIELD(esr, 19, 17);
	u64 value = 0;

	rec->el1.pc += 4;
	switch (esr & ISS_REG_MASK) {
	case ICC_DIR:
	case ICC_SGI1R:
	case ICC_ASGI1R:
	case ICC_SGI0R:
		return gic_register(rec, ex, esr);
	}
	if (op0 == 1 && (crn == 8 || crn == 9)) {
		tlbi(rec, esr);
		return RESUME;
	}
	if (op0 == 3 && op1 == 0 && crn == 0 && crm >= 1 && crm <= 7)
		value = id_reg(rec->realm, crm, op2);
	if ((esr & ISS_READ) != 0)
		guest_set_reg(rec, (unsigned)FIELD(esr, 9, 5), value);
	return RESUME;
}
