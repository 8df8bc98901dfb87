/* SPDX-License-Identifier: BSD-2-Clause */
/* Trapped system registers: ID registers as a realm sees them, SGIs for the host, the rest RAZ/WI.
 */
#include "rmm/model.h"

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

static enum next gic_register(struct rec *rec, struct rmi_rec_exit *ex, u64 esr)
{
	u64 v = guest_reg(&rec->cpu, ISS_REG_RT(esr));

	if ((esr & ISS_READ) == 0 && (esr & ISS_REG_MASK) != ICC_DIR && sgi_dropped(&rec->cpu, v))
		return RESUME;
	ex->exit_reason = RMI_EXIT_SYNC;
	ex->esr = esr & ~ISS_RT;
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
	violation_on_tlbi(rec, esr, guest_reg(&rec->cpu, ISS_REG_RT(esr)));
	if (fault_on(FAULT_TLBI_DROPPED))
		return;
	realm_flush(rec->realm);
}

enum next sysreg_handle(struct rec *rec, struct rmi_rec_exit *ex, u64 esr)
{
	unsigned op0 = ISS_REG_OP0(esr), op1 = ISS_REG_OP1(esr), crn = ISS_REG_CRN(esr);
	unsigned crm = ISS_REG_CRM(esr), op2 = ISS_REG_OP2(esr);
	u64 value = 0;

	rec->cpu.el1.pc += 4;
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
		guest_set_reg(&rec->cpu, ISS_REG_RT(esr), value);
	return RESUME;
}
