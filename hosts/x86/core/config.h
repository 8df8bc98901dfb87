/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of what the user chose for a run. Pure C, tested natively. */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "core.h"

/* "key=value" lines into *out, unset keys at their defaults. On failure `error` says what is wrong
 * with which line. */
enum status config_parse(const char *text, size_t size, struct host_config *out, char *error,
			 size_t error_size);

#endif
