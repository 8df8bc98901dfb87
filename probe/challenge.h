/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CHALLENGE_H
#define CHALLENGE_H

/* With challenge=HEX (64 bytes) on the command line: one line of evidence_print(), or why there is
 * no evidence. Without: nothing. */
void challenge_answer(const char *cmdline);

#endif
