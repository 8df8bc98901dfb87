/* SPDX-License-Identifier: BSD-2-Clause */
/* Between drivers/acpi.c and drivers/acpi_iort.c: message controllers. */
#ifndef ACPI_INTERNAL_H
#define ACPI_INTERNAL_H

#include "le.h"
#include "msi_routes.h"
#include "platform.h"

struct acpi_msi {
	unsigned its_count;
	struct {
		u32 id; /* as IORT names it */
		struct range frame;
	} its[MSI_CONTROLLERS_MAX];
	struct range v2m; /* the first; size 0: none */
	u32 v2m_base, v2m_count;
	struct msi_routes routes; /* controllers: indices into `its` */
};

/* Entries of the MADT, of at least the lengths of their types. */
enum status acpi_add_its(struct acpi_msi *m, const u8 *entry);
enum status acpi_add_v2m(struct acpi_msi *m, const u8 *entry);
/* A private copy of an IORT, whose header was checked; after all entries of the MADT. */
enum status acpi_read_iort(struct acpi_msi *m, const u8 *table, u32 length);
/* What PCI functions send to, when all tables were read. */
enum status acpi_take_msi(const struct acpi_msi *m, struct platform_info *out);

#endif
