/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSDT: AML written by hand (ACPI 6.5 chapters 6.4, 19, 20), because what stands here runs in
 * the kernel, and a host's AML could read and write private memory. It has no method and no
 * operation region, only names with constant values:
 *
 *   Name (\_S5, Package () { 0, 0, 0, 0 })              if power can be switched off
 *   Scope (\_SB) {
 *     Device (PCI0) { _HID PNP0A08, _CID PNP0A03, _UID 0, _BBN 0, _CRS: buses, ports, windows }
 *     Device (COM1) { _HID PNP0501, _UID 1, _CRS: 0x3f8, IRQ 4 }
 *   }
 */
#include "dsdt.h"

#include <string.h>

#include "le.h"

struct aml {
	u8 *out;
	size_t used;
};

/* Type of sleep of S5 in PM1a_CNT: 0 on both of QEMU's chipsets, other than on real ones. */
static const u8 s5[] = {
	0x08, '\\', '_',  'S',  '5', '_', /* Name (\_S5 */
	0x12, 0x06, 0x04,                 /*   Package, 6 bytes from here on, 4 elements */
	0x00, 0x00, 0x00, 0x00,           /*   SLP_TYPa, SLP_TYPb, reserved */
};

static const u8 scope_sb[] = { 0x10 }; /* Scope, length follows */
static const u8 name_sb[] = { '\\', '_', 'S', 'B', '_' };
static const u8 device[] = { 0x5b, 0x82 }; /* Device, length follows */

static const u8 pci0[] = {
	'P',  'C',  'I',  '0',              /* PCI0 */
	0x08, '_',  'H',  'I',  'D',        /* Name (_HID */
	0x0c, 0x41, 0xd0, 0x0a, 0x08,       /*   EisaId ("PNP0A08"): PCI Express */
	0x08, '_',  'C',  'I',  'D',        /* Name (_CID */
	0x0c, 0x41, 0xd0, 0x0a, 0x03,       /*   EisaId ("PNP0A03"): PCI */
	0x08, '_',  'U',  'I',  'D',  0x00, /* Name (_UID, 0) */
	0x08, '_',  'B',  'B',  'N',  0x00, /* Name (_BBN, 0) */
};

static const u8 com1[] = {
	'C',  'O',  'M',  '1',              /* COM1 */
	0x08, '_',  'H',  'I',  'D',        /* Name (_HID */
	0x0c, 0x41, 0xd0, 0x05, 0x01,       /*   EisaId ("PNP0501"): 16550A */
	0x08, '_',  'U',  'I',  'D',  0x01, /* Name (_UID, 1) */
};

static const u8 name_crs[] = {
	0x08, '_', 'C', 'R', 'S', /* Name (_CRS */
	0x11,                     /*   Buffer, length follows */
};

/* ---- resources ---- */

static const u8 buses_and_ports[] = {
	0x88, 0x0d, 0x00,       /* Word address space, 13 bytes follow */
	0x02, 0x0c, 0x00,       /*   bus numbers, fixed, produced */
	0x00, 0x00,             /*   granularity */
	0x00, 0x00, 0xff, 0x00, /*   0 to 255 */
	0x00, 0x00, 0x00, 0x01, /*   no translation, 256 of them */
	0x47, 0x01,             /* I/O port, 16 bits decoded */
	0xf8, 0x0c, 0xf8, 0x0c, /*   0xcf8: configuration address and data */
	0x01, 0x08,             /*   alignment 1, 8 ports */
	0x88, 0x0d, 0x00,       /* Word address space */
	0x01, 0x0c, 0x03,       /*   ports, fixed, produced, the entire range */
	0x00, 0x00,             /*   granularity */
	0x00, 0x00, 0xf7, 0x0c, /*   0 to 0xcf7 */
	0x00, 0x00, 0xf8, 0x0c, /*   no translation, 0xcf8 of them */
	0x88, 0x0d, 0x00,       /* Word address space */
	0x01, 0x0c, 0x03,       /*   ports, as above */
	0x00, 0x00,             /*   granularity */
	0x00, 0x0d, 0xff, 0xff, /*   0xd00 to 0xffff */
	0x00, 0x00, 0x00, 0xf3, /*   no translation, 0xf300 of them */
};

static const u8 window32[] = {
	0x87, 0x17, 0x00,       /* DWord address space, 23 bytes follow */
	0x00, 0x0c, 0x01,       /*   memory, fixed, produced, writable, uncached */
	0x00, 0x00, 0x00, 0x00, /*   granularity */
	0x00, 0x00, 0x00, 0x00, /*   first: WINDOW32_FIRST */
	0x00, 0x00, 0x00, 0x00, /*   last: WINDOW32_LAST */
	0x00, 0x00, 0x00, 0x00, /*   no translation */
	0x00, 0x00, 0x00, 0x00, /*   bytes: WINDOW32_BYTES */
};
#define WINDOW32_FIRST 10
#define WINDOW32_LAST  14
#define WINDOW32_BYTES 22

static const u8 window64[] = {
	0x8a, 0x2b, 0x00,                               /* QWord address space, 43 bytes follow */
	0x00, 0x0c, 0x01,                               /*   memory, as above */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* granularity */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* first: WINDOW64_FIRST */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* last: WINDOW64_LAST */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* no translation */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* bytes: WINDOW64_BYTES */
};
#define WINDOW64_FIRST 14
#define WINDOW64_LAST  22
#define WINDOW64_BYTES 38

static const u8 serial[] = {
	0x47, 0x01,             /* I/O port, 16 bits decoded */
	0xf8, 0x03, 0xf8, 0x03, /*   COM1_PORT */
	0x01, 0x08,             /*   alignment 1, 8 ports */
	0x22, 0x10, 0x00,       /* IRQNoFlags, bit COM1_IRQ: edge, active high */
};
_Static_assert(COM1_PORT == 0x03f8 && 1 << COM1_IRQ == 0x10, "as the bytes say");

static const u8 end_tag[] = { 0x79, 0x00 }; /* no checksum */

/* Lengths of two bytes, and a size of three, at each place that has one. */
#define LENGTH_BYTES 2u
#define SIZE_BYTES   3u

_Static_assert(sizeof(s5) + sizeof(scope_sb) + sizeof(name_sb) + 2 * sizeof(device) + sizeof(pci0) +
		       sizeof(com1) + 2 * sizeof(name_crs) + sizeof(buses_and_ports) +
		       sizeof(window32) + sizeof(window64) + sizeof(serial) + 2 * sizeof(end_tag) +
		       5 * LENGTH_BYTES + 2 * SIZE_BYTES <=
		   DSDT_AML_MAX,
	       "the largest definition block fits");

/* ---- putting it together ---- */

static u8 *put(struct aml *a, const u8 *bytes, size_t size)
{
	u8 *at = a->out + a->used;

	memcpy(at, bytes, size);
	a->used += size;
	return at;
}

#define PUT(a, array) put(a, array, sizeof(array))

/* A package length (ACPI 6.5 section 20.2.4) counts itself and what follows up to close_length().
 */
static size_t open_length(struct aml *a)
{
	a->used += LENGTH_BYTES;
	return a->used - LENGTH_BYTES;
}

/* The form of two bytes: low four bits in the first, whose top bits say "one more". */
static void close_length(struct aml *a, size_t at)
{
	size_t length = a->used - at;

	a->out[at] = (u8)(0x40 | (length & 0xf));
	a->out[at + 1] = (u8)(length >> 4);
}

struct resources {
	size_t length, first; /* where the buffer's length stands; its first byte */
};

static struct resources open_resources(struct aml *a)
{
	struct resources r;

	PUT(a, name_crs);
	r.length = open_length(a);
	a->used += SIZE_BYTES;
	r.first = a->used;
	return r;
}

static void close_resources(struct aml *a, struct resources r)
{
	PUT(a, end_tag);
	a->out[r.first - SIZE_BYTES] = 0x0b; /* a constant of 16 bits: the buffer's size */
	le_put(a->out + r.first - 2, a->used - r.first, 2);
	close_length(a, r.length);
}

static void put_window(struct aml *a, const struct range *w32, const struct range *w64)
{
	u8 *at;

	if (w32->size != 0) {
		at = PUT(a, window32);
		le_put(at + WINDOW32_FIRST, w32->base, 4);
		le_put(at + WINDOW32_LAST, range_end(*w32) - 1, 4);
		le_put(at + WINDOW32_BYTES, w32->size, 4);
	}
	if (w64->size != 0) {
		at = PUT(a, window64);
		le_put(at + WINDOW64_FIRST, w64->base, 8);
		le_put(at + WINDOW64_LAST, range_end(*w64) - 1, 8);
		le_put(at + WINDOW64_BYTES, w64->size, 8);
	}
}

static void put_root(struct aml *a, const struct platform_info *p)
{
	struct resources crs;
	size_t length;

	PUT(a, device);
	length = open_length(a);
	PUT(a, pci0);
	crs = open_resources(a);
	PUT(a, buses_and_ports);
	put_window(a, &p->pci_mem32, &p->pci_mem64);
	close_resources(a, crs);
	close_length(a, length);
}

static void put_serial(struct aml *a)
{
	struct resources crs;
	size_t length;

	PUT(a, device);
	length = open_length(a);
	PUT(a, com1);
	crs = open_resources(a);
	PUT(a, serial);
	close_resources(a, crs);
	close_length(a, length);
}

size_t dsdt_aml(u8 out[DSDT_AML_MAX], const struct acpi_in *in)
{
	struct aml a = { .out = out };
	size_t length;

	/* Without the registers Linux would try, and hang, where it can halt instead. */
	if (in->pm_base != 0)
		PUT(&a, s5);
	PUT(&a, scope_sb);
	length = open_length(&a);
	PUT(&a, name_sb);
	put_root(&a, in->platform);
	put_serial(&a);
	close_length(&a, length);
	return a.used;
}
