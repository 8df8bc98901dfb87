/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which memory is private and has content before we accepted any: what our own measured image's
 * metadata made the VMM add before the launch, nothing that a list of the VMM's says.
 */
#include "abi/fd.h"
#include "internal.h"

static struct range launched[4];

void tdx_remember_launch(const struct handoff *h)
{
	launched[0] = h->image;
	launched[1] = (struct range){ FD_HOB, FD_HOB_SIZE };
	launched[2] = (struct range){ FD_INFO, PAGE_SIZE };
	launched[3] = (struct range){ h->fd.flash, h->fd.flash_size };
}

static bool is_launched(struct range r)
{
	for (size_t i = 0; i < ARRAY_SIZE(launched); i++)
		if (launched[i].size != 0 && range_contains(launched[i], r))
			return true;
	return false;
}

/*
 * The state of the page at gpa and where the next one begins. A page that the host never added or
 * blocks makes the TD leave to the host, which may or may not come back with one: not an answer
 * that can deceive us, only one that can be withheld.
 */
static enum status page_state(u64 gpa, u64 *next)
{
	u64 rcx, attributes, rax = tdg_mem_page_attr_rd(gpa, &rcx, &attributes), size;

	if (rax == ((u64)TDX_OPERAND_INVALID << 32 | TDX_OPERAND_RAX))
		return ST_STATE; /* module 1.0 has no such leaf: only the launch counts */
	if (TDX_CODE(rax) != TDX_SUCCESS)
		return tdx_failed("TDG.MEM.PAGE.ATTR.RD", rax);
	if ((rcx & TDX_ATTR_RD_PENDING) != 0)
		return ST_STATE;
	size = PAGE_SIZE << (9 * MIN(rcx & TDX_LEVEL_MASK, 2));
	*next = align_down(gpa, size) + size;
	return ST_OK;
}

enum status tdx_is_private(struct range r)
{
	enum status st = ST_OK;
	u64 at, end;

	if (r.size == 0 || r.base + r.size < r.base)
		return ST_OVERFLOW;
	if (r.base + r.size > tdx_shared_bit())
		return ST_RANGE;
	if (is_launched(r))
		return ST_OK;
	end = r.base + r.size;
	for (at = align_down(r.base, PAGE_SIZE); at < end && st == ST_OK;)
		st = page_state(at, &at);
	return st;
}
