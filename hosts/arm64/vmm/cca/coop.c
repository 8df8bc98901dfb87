/* SPDX-License-Identifier: BSD-2-Clause */
/* Host calls of the realm, and what the control channel can do to a realm only. */
#include "abi/coop.h"
#include "vmm/cca/cca.h"

#define IMM_RHI 0 /* Realm Host Interface: none of it is offered */

static u64 on_page(u64 command, u64 ipa)
{
	enum status st;

	if (!coop_page_in_ram(ipa))
		return COOP_BAD;
	st = command == COOP_DESTROY    ? stage2_destroy(ipa)
	     : command == COOP_POPULATE ? stage2_populate(ipa, false)
					: stage2_unmap_shared(ipa);
	return st == ST_OK ? COOP_OK : COOP_BAD;
}

u64 vm_coop_commands(void)
{
	return MASK(COOP_RIPAS_REJECT, COOP_DESTROY) | BIT(COOP_PSCI_DENY) |
	       BIT(COOP_UNMAP_SHARED) | BIT(COOP_COUNTERS) | BIT(COOP_RIPAS_STALL);
}

u64 vm_coop(struct vcpu *v, const u64 *in, u64 *out)
{
	switch (in[0]) {
	case COOP_RIPAS_LIMIT:
		v->coop.ripas_limit = in[1];
		return COOP_OK;
	case COOP_RIPAS_REJECT:
		v->coop.ripas_reject = in[1];
		return COOP_OK;
	case COOP_RIPAS_STALL:
		v->coop.ripas_stall = in[1];
		return COOP_OK;
	case COOP_PSCI_DENY:
		v->coop.psci_deny = in[1] != 0;
		return COOP_OK;
	case COOP_COUNTERS:
		out[1] = cca.count.ripas_change_exits;
		out[2] = vm.count.exits;
		return COOP_OK;
	default:
		return on_page(in[0], in[1]);
	}
}

void exit_host_call(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;
	struct rmi_rec_enter *n = &v->run->enter;
	u64 in[31], out[31];

	count(&cca.count.host_calls);
	for (unsigned i = 0; i < 31; i++)
		in[i] = out[i] = e->gprs[i];
	if ((e->imm & 0xffff) == IMM_RHI)
		out[0] = COOP_UNKNOWN;
	else if ((e->imm & 0xffff) == COOP_IMM && config.coop)
		coop_command(v, in, out);
	if (fault_on(FAULT_HOST_CALL_REGISTER_LOST))
		out[30] = 0;
	for (unsigned i = 0; i < 31; i++)
		n->gprs[i] = out[i];
}
