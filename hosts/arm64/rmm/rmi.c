/* SPDX-License-Identifier: BSD-2-Clause */
/* The only door: RMI calls by function id, one at a time under the model's lock. */
#include "rmm/model.h"

#define RMI_VERSION_1_0 0x10000u
#define PPI_MAINTENANCE 25u

static u64 rmi_version(const u64 *a, u64 *out)
{
	out[1] = RMI_VERSION_1_0;
	out[2] = RMI_VERSION_1_0;
	return V(a[0] != RMI_VERSION_1_0) ? RMI_ERROR_INPUT : RMI_SUCCESS;
}

static u64 dispatch(u64 fid, const u64 *a, u64 *out)
{
	switch (fid) {
	case RMI_VERSION:
		return rmi_version(a, out);
	case RMI_FEATURES:
		out[1] = a[0] == 0 ? realm_feature_register_0() : 0;
		return RMI_SUCCESS;
	case RMI_GRANULE_DELEGATE:
		return rmi_granule_delegate(a);
	case RMI_GRANULE_UNDELEGATE:
		return rmi_granule_undelegate(a);
	case RMI_DATA_CREATE:
		return rmi_data_create(a);
	case RMI_DATA_CREATE_UNKNOWN:
		return rmi_data_create_unknown(a);
	case RMI_DATA_DESTROY:
		return rmi_data_destroy(a, out);
	case RMI_REALM_ACTIVATE:
		return rmi_realm_activate(a);
	case RMI_REALM_CREATE:
		return rmi_realm_create(a);
	case RMI_REALM_DESTROY:
		return rmi_realm_destroy(a);
	case RMI_REC_CREATE:
		return rmi_rec_create(a);
	case RMI_REC_DESTROY:
		return rmi_rec_destroy(a);
	case RMI_REC_ENTER:
		return rmi_rec_enter(a);
	case RMI_REC_AUX_COUNT:
		return rmi_rec_aux_count(a, out);
	case RMI_RTT_CREATE:
		return rmi_rtt_create(a);
	case RMI_RTT_DESTROY:
		return rmi_rtt_destroy(a, out);
	case RMI_RTT_FOLD:
		return rmi_rtt_fold(a, out);
	case RMI_RTT_READ_ENTRY:
		return rmi_rtt_read_entry(a, out);
	case RMI_RTT_MAP_UNPROTECTED:
		return rmi_rtt_map_unprotected(a);
	case RMI_RTT_UNMAP_UNPROTECTED:
		return rmi_rtt_unmap_unprotected(a, out);
	case RMI_RTT_INIT_RIPAS:
		return rmi_rtt_init_ripas(a, out);
	case RMI_RTT_SET_RIPAS:
		return rmi_rtt_set_ripas(a, out);
	case RMI_PSCI_COMPLETE:
		return rmi_psci_complete(a);
	default:
		return ~0ULL; /* SMCCC NOT_SUPPORTED */
	}
}

struct rmi_result rmi_call(u64 fid, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const u64 args[5] = { a1, a2, a3, a4, a5 };
	struct rmi_result r = { { 0 } };

	core_lock(&model_lock);
	r.x[0] = dispatch(fid, args, r.x);
	core_unlock(&model_lock);
	return r;
}

void rmm_init(void)
{
	granule_init();
	vmid_init();
	rmm_init_cpu();
}

/* The EOI of a timer interrupt shows as maintenance interrupt (gic.c). */
void rmm_init_cpu(void)
{
	core_irq_mask(PPI_MAINTENANCE, false);
}

size_t rmm_get_rim(u64 rd, u8 rim[64])
{
	const struct realm *r = realm_of(rd);

	if (r == NULL)
		return 0;
	for (size_t i = 0; i < 64; i++)
		rim[i] = r->meas.rim[i];
	return measure_len(&r->meas);
}

void rmm_get_counters(struct rmm_counters *out)
{
	core_lock(&model_lock);
	*out = counters;
	core_unlock(&model_lock);
}
