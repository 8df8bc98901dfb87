/* SPDX-License-Identifier: BSD-2-Clause */
#include "cvm.h"

extern const struct cvm_ops plain_ops;

const struct cvm_ops *const cvm_platforms[] = { &plain_ops, NULL };
