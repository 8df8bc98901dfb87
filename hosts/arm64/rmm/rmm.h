/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model's only door for the untrusted vmm: RMI 1.0 calls exactly as by SMC, so that a real RMM
 * can take its place. Addresses are machine addresses; run objects, parameters and DATA_CREATE
 * sources lie in memory the vmm owns (granule state NS).
 */
#ifndef RMM_H
#define RMM_H

#include "types.h"

struct rmi_result {
	u64 x[5]; /* X0 status, X1.. outputs */
};

struct rmi_result rmi_call(u64 fid, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

/* Called once by the core before vmm_main(). */
void rmm_init(void);
void rmm_init_cpu(void);

/* What the model alone can see and a trace prints: not part of the RMI. */
struct rmm_counters {
	u64 rsi_calls, ipa_state_set, ipa_state_get, host_calls, psci_calls, rec_exits;
	u64 violations;
};
void rmm_get_counters(struct rmm_counters *out);
/* The RIM as it stands, for a prediction to be held against; its size, 0: no such realm. */
size_t rmm_get_rim(u64 rd, u8 rim[64]);

#endif
