/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI as files of fw_cfg (acpi.c). */
#ifndef VMM_ACPI_H
#define VMM_ACPI_H

#include "types.h"

#define ACPI_RSDP_FILE   "etc/acpi/rsdp"
#define ACPI_TABLES_FILE "etc/acpi/tables"
#define ACPI_LOADER_FILE "etc/table-loader"
#define ACPI_NAME_SIZE   56u /* of fw_cfg and the loader */

/* Sizes do not change, contents may: what is behind them is zero. */
struct acpi_files {
	u8 rsdp[36];
	u8 tables[4096];
	u8 loader[2560]; /* 20 commands of 128 bytes */
};
const struct acpi_files *acpi_files(void);
/* Fills them with the guest's machine as it is now. */
void acpi_build(void);

#endif
