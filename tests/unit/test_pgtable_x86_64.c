/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables with the entries of x86_64.
 * sources: mm/pgtable.c mm/x86_64/pte.c lib/range.c
 */
#include "pgtable_cases.h"

int main(void)
{
	return run_pgtable_cases();
}
