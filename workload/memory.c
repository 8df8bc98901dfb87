/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole pages of private memory for the workload. */
#include <string.h>

#include "mm.h"
#include "runtime.h"

static size_t pages_of(size_t bytes)
{
	return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
}

void *memory_allocate(size_t bytes)
{
	size_t pages = pages_of(bytes);
	u64 address = bytes != 0 ? pages_alloc(pages, PAGE_SIZE) : 0;

	/* What was there may be another's, freed without a thought. */
	return address == 0 ? NULL : memset((void *)(uintptr_t)address, 0, pages * PAGE_SIZE);
}

void memory_release(void *memory, size_t bytes)
{
	size_t pages = pages_of(bytes);

	if (memory == NULL || pages == 0)
		return;
	memset(memory, 0, pages * PAGE_SIZE);
	/* The next use may be a page that becomes shared: the zeros must be there first, though
	 * nobody here reads them again. */
	__asm__ volatile("" : : "r"(memory) : "memory");
	pages_free((u64)(uintptr_t)memory, pages);
}
