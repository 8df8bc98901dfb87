/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The raw calls of the CCA backend (rsi/), also used by the probe's CCA checks, which need to pass
 * wrong arguments on purpose. Numbers: abi/rsi.h. All return X0; outputs through pointers.
 */
#ifndef RSI_H
#define RSI_H

#include "abi/rsi.h"
#include "smccc.h"
#include "status.h"
#include "types.h"

/* Before .bss may be touched: negotiates RSI and makes [base, top) RAM (flag 0). Uses nothing but
 * the stack. ST_UNSUPPORTED when this is no realm (ID_AA64PFR0_EL1.RME == 0 or RSI_VERSION -> -1).
 */
enum status rsi_early_accept(u64 base, u64 top);

u64 rsi_version(u64 requested, u64 *lower, u64 *higher);
u64 rsi_features(u64 index, u64 *value);
u64 rsi_realm_config(u64 ipa);
u64 rsi_ipa_state_set(u64 base, u64 top, u64 ripas, u64 flags, u64 *new_base, u64 *response);
u64 rsi_ipa_state_get(u64 base, u64 top, u64 *run_top, u64 *ripas);
u64 rsi_host_call(u64 ipa);
u64 rsi_measurement_read(u64 index, u64 value[8]);
u64 rsi_measurement_extend(u64 index, u64 size, const u64 value[8]);
u64 rsi_token_init(const u64 challenge[8], u64 *bound);
u64 rsi_token_continue(u64 ipa, u64 offset, u64 size, u64 *written);
/* The same with all registers in and out, for those who look at what a call leaves in them. Every
 * call of this backend goes through here, where requests the host counts, too, are counted. */
void rsi_call_regs(struct smccc_regs *r);
u64 rsi_call_raw(u64 fid, u64 a1, u64 a2, u64 a3); /* any function id */

extern u64 rsi_ipa_width; /* bits, from REALM_CONFIG */

#endif
