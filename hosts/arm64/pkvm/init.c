/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of this monitor, by the names the core knows. */
#include "core/core.h"
#include "pkvm/hyp.h"

void model_init(void)
{
	pkvm_init();
}

void model_init_cpu(void)
{
	pkvm_init_cpu();
}
