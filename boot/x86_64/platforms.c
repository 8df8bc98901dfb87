/* SPDX-License-Identifier: BSD-2-Clause */
#include "cvm.h"

extern const struct cvm_ops tdcall_ops, plain_ops;

const struct cvm_ops *const cvm_platforms[] = { &tdcall_ops, &plain_ops, NULL };
