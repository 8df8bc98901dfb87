/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of this monitor, by the names the core knows. */
#include "core/core.h"
#include "rmm/rmm.h"

void model_init(void)
{
	rmm_init();
}

void model_init_cpu(void)
{
	rmm_init_cpu();
}
