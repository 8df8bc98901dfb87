/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI reader (drivers/acpi.c), pure C over a read callback: every table is hostile, is copied
 * before it is checked, and AML is never run.
 */
#ifndef ACPI_H
#define ACPI_H

#include "platform.h"
#include "status.h"
#include "types.h"

/* Copies `len` bytes at physical address `addr` into `buf`, or says why not. */
typedef enum status (*acpi_read_fn)(void *ctx, u64 addr, void *buf, size_t len);

enum status acpi_read(u64 rsdp, acpi_read_fn read, void *ctx, struct platform_info *out);

#endif
