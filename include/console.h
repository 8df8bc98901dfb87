/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console (drivers/console.c): UART found by discovery. With no UART the text goes to a ring in
 * private memory so that the guest behaves the same; output before console_init() is kept in that
 * ring and flushed.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "platform.h"

#define UART_WINDOW 0x100 /* bytes, all registers of every kind we drive */

/* ST_FAULT once the UART has raised an exception: it is not tried again. */
enum status console_init(const struct platform_info *p);
bool console_present(void);
u64 console_bytes(void);    /* bytes written so far */
u64 console_timeouts(void); /* bytes dropped because the UART never became ready */

#endif
