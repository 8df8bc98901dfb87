/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control channel of abi/coop.h on x86: its commands and arguments through two I/O ports,
 * reached as any port of the platform is. On a real host the ports read all ones, and the coop
 * checks are SKIP.
 *
 * Write the arguments to COOP_PORT_DATA, 32 bits at a time, low word of argument [1] first (at most
 * COOP_PORT_WORDS); write the command to COOP_PORT_COMMAND; read the status there (low 32 bits of
 * COOP_OK, COOP_BAD, COOP_UNKNOWN); read the results [1], [2]... from COOP_PORT_DATA, low words
 * first. Each command starts with no argument words. The channel is shared: one caller at a time.
 *
 * Supported: QUERY, READ_SHARED, WRITE_SHARED, INJECT_IRQ ([1] vector), CONSOLE_SUM, COUNTERS
 * ([1] conversions, [2] exits to the host), and of a model by its hook: COOP_REMAP.
 */
#ifndef ABI_COOP_X86_H
#define ABI_COOP_X86_H

#include "abi/coop.h"

#define COOP_PORT_COMMAND 0x518u
#define COOP_PORT_DATA    0x51cu
#define COOP_PORT_WORDS   8

#define COOP_REMAP        0x0e /* [1] gpa: the host puts another page behind this private page */

#endif
