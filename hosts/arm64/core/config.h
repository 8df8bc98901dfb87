/* SPDX-License-Identifier: BSD-2-Clause */
/* The readers of what the user chose for a run. Pure C, tested natively. */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "core.h"

/* "key=value" lines into *out, unset keys at their defaults. On failure `error` says what is wrong
 * with which line. */
enum status config_parse(const char *text, size_t size, struct host_config *out, char *error,
			 size_t error_size);

/* Comma-separated names of faults.def. On failure `error` names the unknown one. */
enum status faults_choose(const char *list, char *error, size_t error_size);

/* "fault: <name>" on the channel for each one chosen. */
void faults_announce(void);

#endif
