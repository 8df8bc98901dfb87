/* SPDX-License-Identifier: BSD-2-Clause */
/* The realm asks for a RIPAS change; the host applies as much as it wants to, and enters again. */
#include "vmm/cca/cca.h"
#include "vmm/cca/poison.h"

#define RIPAS_VALUE_RAM 1

/* First address the host stops at, for its own reasons; a limit in pages from base. */
static u64 limit_at(u64 base, u64 top, u64 pages)
{
	return pages && pages < (top - base) / PAGE_SIZE ? base + pages * PAGE_SIZE : top;
}

/* RTT_SET_RIPAS until `top`; returns how far it got. Each round makes progress or adds a table. */
static u64 apply(struct vcpu *v, u64 base, u64 top)
{
	unsigned tables = 0;

	while (base < top) {
		struct rmi_result r =
		    rmi_call(RMI_RTT_SET_RIPAS, cca.rd, cca.rec[v->index], base, top, 0);

		if (r.x[0] == RMI_SUCCESS && r.x[1] > base && r.x[1] <= top) {
			base = r.x[1];
			tables = 0;
		} else if (++tables > 3 || !stage2_create_table(base, r.x[0])) {
			break; /* DESTROYED, or no memory for tables */
		}
	}
	return base;
}

void exit_ripas_change(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;
	u64 base = e->ripas_base, top = e->ripas_top, end, done;
	bool to_ram = e->ripas_value == RIPAS_VALUE_RAM, reject = false;

	count(&cca.count.ripas_change_exits);
	if (v->coop.ripas_stall) {
		v->coop.ripas_stall--;
		return;
	}
	if (top <= base)
		return;
	end = limit_at(base, top, config.ripas_chunk);
	end = limit_at(base, end, v->coop.ripas_limit);
	/* Memory the guest has not got cannot become RAM. */
	if (to_ram && (base < vm.ram.base || end > range_end(vm.ram))) {
		reject = true;
		end = base < vm.ram.base || base >= range_end(vm.ram) ? base : range_end(vm.ram);
	}
	if (to_ram && v->coop.ripas_reject != ~0ULL) {
		reject = true;
		end = MIN(end,
			  base + MIN(v->coop.ripas_reject, (end - base) / PAGE_SIZE) * PAGE_SIZE);
		v->coop.ripas_reject = ~0ULL;
	}
	done = apply(v, base, end);
	if (done > base) {
		struct range r = { base, done - base };

		stage2_shared_back(r);
		if (to_ram) {
			poison_private(r);
		} else {
			stage2_release(r);
			poison_shared(r);
		}
	}
	if (reject)
		v->run->enter.flags |= RMI_ENTER_RIPAS_REJECT;
}
