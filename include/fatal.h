/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The named, printed, bounded stop (design section 4 rule 4). Prints
 *     Bail out! <what>: <status> (<detail>)
 * (KTAP's own word, so a truncated report stays parseable), gives the FAIL verdict and leaves.
 */
#ifndef FATAL_H
#define FATAL_H

#include "status.h"
#include "types.h"

NORETURN void fatal(enum status st, const char *fmt, ...) FORMAT_PRINTF(2, 3);

#endif
