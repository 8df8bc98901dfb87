/* SPDX-License-Identifier: BSD-2-Clause */
/* The platforms an arm64 image knows, in detection order. CCA before pKVM, whose question is an
 * HVC: undefined in a realm. plain answers always, so it is last. */
#include "cvm.h"

extern const struct cvm_ops cca_ops, pkvm_ops, plain_ops;

const struct cvm_ops *const cvm_platforms[] = { &cca_ops, &pkvm_ops, &plain_ops, NULL };
