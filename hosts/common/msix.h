/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X of the machine's functions (PCI 3.0, 6.8.2), for every host. What the guest writes to a
 * table is a copy; each entry of the machine's table sends a message of the monitor's own, which
 * then looks at the copy. Masks and pending bits are kept here. The caller holds the lock of the
 * machine's devices, but for msix_arrived().
 */
#ifndef COMMON_MSIX_H
#define COMMON_MSIX_H

#include "types.h"

#define MSIX_ENTRIES  32u  /* of one function */
#define MSIX_MESSAGES 128u /* of the monitor's, all functions */

struct msix_entry {
	u64 address;
	u32 data;
	bool masked, pending;
	bool connected; /* to a message of the monitor, which is: */
	u64 own_address;
	u32 own_data;
	unsigned left; /* deliveries still to come (faults) */
};

struct msix {
	unsigned cap; /* offset of the capability, 0: none */
	u16 bdf;
	unsigned count;
	bool enabled, all_masked;
	unsigned table_bar, pba_bar;
	u64 table, pba;    /* offsets there */
	u64 machine_table; /* address; set by whoever places BARs, before it is enabled */
	struct msix_entry entry[MSIX_ENTRIES];
};

/* Supplied by each host (hosts/<arch>/vmm/). */
struct msix_host {
	/* Configuration space of the machine's function, and its table. */
	u32 (*config_read)(u16 bdf, unsigned offset, unsigned width);
	void (*config_write)(u16 bdf, unsigned offset, unsigned width, u32 value);
	void (*table_write)(u64 address, u32 value);
	/* First capability of that id behind `after` (0: the first); 0: none. */
	unsigned (*capability)(u16 bdf, u8 id, unsigned after);
	/* The monitor's n-th message (n < MSIX_MESSAGES), as entry `entry` of bdf is to send it:
	 * when it arrives msix_arrived(n) is called. false: no such message here. */
	bool (*connect)(unsigned n, u16 bdf, unsigned entry, u64 *address, u32 *data);
	/* A write of `data` to `address` by bdf, as the guest's machine understands it. */
	void (*deliver)(u16 bdf, u64 address, u32 data);
	/* Is such a message still on its way? Another one would be swallowed. */
	bool (*under_way)(u16 bdf, u64 address, u32 data);
};
extern const struct msix_host msix_host;

void msix_reset(void);
/* Reads the machine's capability. false: one this file cannot stand in for. */
bool msix_find(struct msix *m, u16 bdf);
/* Message control as the guest has it, and its writing. */
u16 msix_control(const struct msix *m);
void msix_control_write(struct msix *m, u16 value);
/* Is [offset, +width) of that BAR table or pending bits? Then the access ends here. */
bool msix_read(struct msix *m, unsigned bar, u64 offset, unsigned width, u64 *value);
bool msix_write(struct msix *m, unsigned bar, u64 offset, unsigned width, u64 value);
/* The monitor's message n came; at any time, without a lock. */
void msix_arrived(unsigned n);
/* Delivers what arrived since, and what faults repeat. Returns whether there was any. */
bool msix_poll(void);

#endif
