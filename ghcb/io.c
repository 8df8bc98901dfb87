/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device access that asks the host for it by name (56421: IOIO, MMIO, MSR events). What a device
 * says is the host's word; that it answers by the protocol is checked, and a host that does not is
 * left.
 */
#include <string.h>

#include "fatal.h"
#include "internal.h"

static u64 mask_of(unsigned width)
{
	return width >= 8 ? ~0ULL : BIT(8 * width) - 1;
}

/* Without a page (before the boot CPU has one) nobody can be asked: as if no device were there. */
static bool settled(enum status st, const char *what, u64 where)
{
	if (st == ST_STATE)
		return false;
	if (st != ST_OK)
		fatal(st, "%s 0x%llx", what, (unsigned long long)where);
	return true;
}

u64 snp_mmio_read(u64 pa, unsigned width)
{
	u8 buf[GHCB_BUFFER_SIZE] = { 0 };
	struct ghcb_call c = { .set = GF(SCRATCH), .buffer = buf, .out = width };
	u64 v = 0;

	c.value[GF_SCRATCH] = ghcb_buffer_gpa();
	if (!settled(ghcb_event(&c, GHCB_EXIT_MMIO_READ, pa, width, 0, NULL), "MMIO read", pa))
		return mask_of(width);
	for (unsigned i = width; i-- > 0;)
		v = v << 8 | buf[i];
	return v;
}

void snp_mmio_write(u64 pa, unsigned width, u64 value)
{
	u8 buf[GHCB_BUFFER_SIZE];
	struct ghcb_call c = { .set = GF(SCRATCH), .buffer = buf, .in = width };

	for (unsigned i = 0; i < width; i++)
		buf[i] = (u8)(value >> (8 * i));
	c.value[GF_SCRATCH] = ghcb_buffer_gpa();
	settled(ghcb_event(&c, GHCB_EXIT_MMIO_WRITE, pa, width, 0, NULL), "MMIO write", pa);
}

static u64 ioio(u16 port, unsigned width)
{
	return (u64)port << GHCB_IOIO_PORT_LO | GHCB_IOIO_ADDR64 | (u64)width * GHCB_IOIO_SIZE8;
}

u32 snp_port_in(u16 port, unsigned width)
{
	struct ghcb_call c = { .set = GF(RAX) };
	enum status st =
	    ghcb_event(&c, GHCB_EXIT_IOIO, ioio(port, width) | GHCB_IOIO_IN, 0, GF(RAX), NULL);

	if (!settled(st, "port read", port))
		return (u32)mask_of(width);
	return (u32)(c.value[GF_RAX] & mask_of(width));
}

void snp_port_out(u16 port, unsigned width, u32 value)
{
	struct ghcb_call c = { .set = GF(RAX) };

	c.value[GF_RAX] = value & mask_of(width);
	settled(ghcb_event(&c, GHCB_EXIT_IOIO, ioio(port, width), 0, 0, NULL), "port write", port);
}

/* As much to an exit as the page's buffer holds. */
void snp_port_in_string(u16 port, void *buf, size_t bytes)
{
	u64 info = ioio(port, 1) | GHCB_IOIO_IN | GHCB_IOIO_STRING | GHCB_IOIO_REP |
		   (u64)GHCB_IOIO_SEG_ES << GHCB_IOIO_SEG_LO;
	u8 part[GHCB_BUFFER_SIZE] = { 0 }, *to = buf;

	for (size_t n; bytes > 0; to += n, bytes -= n) {
		struct ghcb_call c = { .set = GF(SCRATCH), .buffer = part };

		n = c.out = MIN(bytes, sizeof(part));
		c.value[GF_SCRATCH] = ghcb_buffer_gpa();
		if (settled(ghcb_event(&c, GHCB_EXIT_IOIO, info, n, 0, NULL), "port read", port))
			memcpy(to, part, n);
		else
			memset(to, 0xff, n);
	}
}

u64 snp_msr_read(u32 msr)
{
	struct ghcb_call c = { .set = GF(RCX) };
	enum status st;

	c.value[GF_RCX] = msr;
	st = ghcb_event(&c, GHCB_EXIT_MSR, GHCB_MSR_EVENT_READ, 0, GF(RAX) | GF(RDX), NULL);
	if (!settled(st, "MSR read", msr))
		return ~0ULL;
	return c.value[GF_RDX] << 32 | (u32)c.value[GF_RAX];
}

void snp_msr_write(u32 msr, u64 value)
{
	struct ghcb_call c = { .set = GF(RCX) | GF(RAX) | GF(RDX) };

	c.value[GF_RCX] = msr;
	c.value[GF_RAX] = (u32)value;
	c.value[GF_RDX] = value >> 32;
	settled(ghcb_event(&c, GHCB_EXIT_MSR, GHCB_MSR_EVENT_WRITE, 0, 0, NULL), "MSR write", msr);
}
