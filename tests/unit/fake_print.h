/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatting by the C library, for tests whose print() is their own. Include once. */
#ifndef FAKE_PRINT_H
#define FAKE_PRINT_H

#include <stdio.h>

#include "print.h"

int vsnprint(char *buf, size_t size, const char *fmt, va_list ap)
{
	return vsnprintf(buf, size, fmt, ap);
}

#endif
