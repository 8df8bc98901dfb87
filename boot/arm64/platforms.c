/* SPDX-License-Identifier: BSD-2-Clause */
/* The platforms an arm64 image knows, in detection order; plain answers always, so it is last. */
#include "cvm.h"

extern const struct cvm_ops cca_ops, plain_ops;

const struct cvm_ops *const cvm_platforms[] = { &cca_ops, &plain_ops, NULL };
