/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small printf, shared by guest and reference hosts (lib/print.c).
 *
 * Conversions: %% %c %s %d %i %u %x %X %p with l, ll, z, j; flags 0 - and #, width, .precision for
 * strings. Nothing else; an unknown conversion is printed as it stands.
 */
#ifndef PRINT_H
#define PRINT_H

#include <stdarg.h>

#include "types.h"

/* As C's vsnprintf: always terminates when size > 0, returns the length wanted. */
int vsnprint(char *buf, size_t size, const char *fmt, va_list ap) FORMAT_PRINTF(3, 0);
int snprint(char *buf, size_t size, const char *fmt, ...) FORMAT_PRINTF(3, 4);

/* Formatted output to the image's console. Each image supplies console_write().
 * A call is written out as one piece, so lines of several CPUs do not mix. */
void print(const char *fmt, ...) FORMAT_PRINTF(1, 2);
void vprint(const char *fmt, va_list ap) FORMAT_PRINTF(1, 0);
void console_write(const char *s, size_t n);

#endif
