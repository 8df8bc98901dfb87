/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory as a device reaches it: shared pages only, page by page. An access that leaves them
 * uses nothing: on hardware it would be poison, cipher text or a fault.
 */
#include <string.h>

#include "common/channel.h"
#include "common/vdev_local.h"
#include "core/core.h"
#include "print.h"

static bool private_expected;

u64 all_ones(unsigned width)
{
	return width < 8 ? BIT(8 * width) - 1 : ~0ULL;
}

/* [address, +size) lies in one page. NULL: no device gets there. */
static u8 *reach(u64 address, u64 size)
{
	u64 at = 0;

	if (vio_host.is_shared(address))
		at = vio_host.memory(address, size);
	else if (fault_on(FAULT_DMA_PRIVATE_REACHED) && vio_host.private_memory != NULL)
		at = vio_host.private_memory(address, size);
	return (u8 *)(uintptr_t)at;
}

static u64 in_page(u64 address, u64 size)
{
	return MIN(size, PAGE_SIZE - (address & (PAGE_SIZE - 1)));
}

static bool all_reached(u64 address, u64 size)
{
	if (address + size < address)
		return false;
	while (size > 0) {
		u64 n = in_page(address, size);

		if (reach(address, n) == NULL)
			return false;
		address += n;
		size -= n;
	}
	return true;
}

bool vio_load(u64 address, void *buf, u64 size)
{
	u8 *to = buf;

	if (!all_reached(address, size))
		return false;
	while (size > 0) {
		u64 n = in_page(address, size);
		const u8 *from = reach(address, n);

		if (from == NULL)
			return false;
		memcpy(to, from, n);
		to += n;
		address += n;
		size -= n;
	}
	return true;
}

bool vio_store(u64 address, const void *buf, u64 size)
{
	const u8 *from = buf;

	if (!all_reached(address, size))
		return false;
	while (size > 0) {
		u64 n = in_page(address, size);
		u8 *to = reach(address, n);

		if (to == NULL)
			return false;
		memcpy(to, from, n);
		from += n;
		address += n;
		size -= n;
	}
	return true;
}

bool vio_get16(u64 address, u16 *value)
{
	const u16 *p = is_aligned(address, 2) ? (const u16 *)(void *)reach(address, 2) : NULL;

	if (p == NULL)
		return false;
	*value = __atomic_load_n(p, __ATOMIC_ACQUIRE);
	return true;
}

bool vio_put16(u64 address, u16 value)
{
	u16 *p = is_aligned(address, 2) ? (u16 *)(void *)reach(address, 2) : NULL;

	if (p == NULL)
		return false;
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
	return true;
}

bool vio_shared(u64 address, u64 size)
{
	if (size == 0 || address + size < address)
		return false;
	for (u64 at = align_down(address, PAGE_SIZE); at < address + size; at += PAGE_SIZE)
		if (!vio_host.is_shared(at) || vio_host.memory(at, PAGE_SIZE) == 0)
			return false;
	return true;
}

void vio_violation(const char *kind, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprint(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (vio_host.violation != NULL)
		vio_host.violation(kind, "%s", text);
	else
		channel("violation: %s %s", kind, text);
}

void vio_expect_private(bool expect)
{
	private_expected = expect;
}

bool vio_private_expected(void)
{
	return private_expected;
}
