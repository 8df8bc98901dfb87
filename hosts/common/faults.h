/* SPDX-License-Identifier: BSD-2-Clause */
/* Choosing faults by their names in faults.def; fault_on() is declared by each host's core.h. */
#ifndef COMMON_FAULTS_H
#define COMMON_FAULTS_H

#include "status.h"
#include "types.h"

/* Comma-separated names of faults.def. On failure `error` names the unknown one. */
enum status faults_choose(const char *list, char *error, size_t error_size);

/* "fault: <name>" on the channel for each one chosen. */
void faults_announce(void);

#endif
