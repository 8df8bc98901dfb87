/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the PCI driver: a machine of fake_pci.h with a host bridge and one virtio block device.
 * Included by one file per program.
 */
#ifndef PCI_MACHINE_H
#define PCI_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_pci.h"

#define BDF(dev) ((u16)((dev) << 3))
#define BLK      BDF(2)

static struct fake_fn *blk;

void console_write(const char *s, size_t n)
{
}

static inline int setup(void **state)
{
	(void)state;
	fake_machine();
	fake_put(fake_add(0, 0x8086, 0x29c0), 8, 0x06000000, 4);
	blk = fake_virtio(BLK, 0x1042);
	return 0;
}

static inline enum status init(void)
{
	return pci_init(&platform);
}

static inline struct pci_function *function(u16 bdf)
{
	for (unsigned i = 0; i < pci_count(); i++)
		if (pci_function(i)->bdf == bdf)
			return pci_function(i);
	return NULL;
}

/* The block device is left out, for that reason. */
static inline void expect_refused(const char *why)
{
	assert_int_equal(init(), ST_OK);
	assert_int_equal(pci_refused(), 1);
	assert_non_null(strstr(pci_refused_why(), why));
	assert_null(function(BLK));
}

#endif
