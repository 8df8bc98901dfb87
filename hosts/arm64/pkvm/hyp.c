/* SPDX-License-Identifier: BSD-2-Clause */
/* Start of the model, before there is a VM. */
#include "pkvm/model.h"

void pkvm_init(void)
{
	mem_init();
}

void pkvm_init_cpu(void)
{
	/* Every VM's entry loads all of EL2's controls. */
}
