/* SPDX-License-Identifier: BSD-2-Clause */
#include "cvm.h"

extern const struct cvm_ops ghcb_ops, tdcall_ops, plain_ops;

const struct cvm_ops *const cvm_platforms[] = { &ghcb_ops, &tdcall_ops, &plain_ops, NULL };
