/* SPDX-License-Identifier: BSD-2-Clause */
/* One #VC being handled. */
#ifndef GHCB_VC_H
#define GHCB_VC_H

#include "decode.h"
#include "internal.h"

enum { VC_RAX, VC_RCX, VC_RDX, VC_RBX, VC_RSP, VC_RBP, VC_RSI, VC_RDI };

struct vc {
	u64 code; /* error code */
	bool df;
	struct insn_regs regs; /* a copy: taken over only on success */
	struct insn insn;
	bool again;              /* a REP that is not through: RIP stays */
	struct ghcb_exception x; /* with ST_FAULT */
};

/* Does error code `code` mean an instruction of this kind? */
bool vc_is_expected(u64 code, enum insn_kind kind);
/* ST_OK: done, v->regs is the state after it. ST_FAULT: *x is to be raised. ST_DESTROYED: a page
 * that is not validated. Everything else: not to be survived. */
enum status vc_handle(struct vc *v);
enum status vc_mmio_address(u64 va, u64 *gpa);
enum status vc_ioio(struct vc *v); /* ioio.c */

#endif
