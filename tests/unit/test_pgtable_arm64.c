/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables with the entries of arm64.
 * sources: mm/pgtable.c mm/arm64/pte.c lib/range.c
 */
#include "pgtable_cases.h"

int main(void)
{
	return run_pgtable_cases();
}
