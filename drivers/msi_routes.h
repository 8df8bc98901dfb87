/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which requesters of PCI send messages to which controller, and by what DeviceID: what msi-map of
 * a devicetree and IORT of ACPI both say. Built by either reader.
 */
#ifndef MSI_ROUTES_H
#define MSI_ROUTES_H

#include "platform.h"

#define MSI_CONTROLLERS_MAX 16
#define MSI_ROUTES_MAX      16
#define MSI_REQUESTERS      0x10000u            /* of one PCI segment */
#define MSI_NOBODY          MSI_CONTROLLERS_MAX /* a controller that we cannot drive */

struct msi_routes {
	unsigned count;
	struct {
		struct msi_map map;
		unsigned controller; /* index in its reader's list, or MSI_NOBODY */
	} route[MSI_ROUTES_MAX];
};

/* `count` requesters from `first` on are devices from `device_base` on; what no requester can be is
 * cut off. ST_OVERFLOW: none, or past 32 bits; ST_OVERLAP: a requester would have two controllers
 * or DeviceIDs; ST_TOO_MANY. */
enum status msi_routes_add(struct msi_routes *r, u64 first, u64 count, u64 device_base,
			   unsigned controller);
/* The controller of the first route that has one, else MSI_NOBODY. */
unsigned msi_routes_controller(const struct msi_routes *r);
/* All routes to `controller`; ST_TOO_MANY: more than `map` holds. */
enum status msi_routes_take(const struct msi_routes *r, unsigned controller,
			    struct msi_map map[PLATFORM_MSI_MAPS], unsigned *count);

#endif
