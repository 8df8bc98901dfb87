/* SPDX-License-Identifier: BSD-2-Clause */
/* Between acpi_tables.c and dsdt.c. */
#ifndef LINUX_DSDT_H
#define LINUX_DSDT_H

#include "params.h"

/* Where the one serial port of a PC is: in AML and in SPCR. */
#define COM1_PORT    0x3f8
#define COM1_IRQ     4

#define DSDT_AML_MAX 512u

/* The definition block behind the table's header. Returns its bytes. */
size_t dsdt_aml(u8 out[DSDT_AML_MAX], const struct acpi_in *in);

#endif
