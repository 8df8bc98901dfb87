/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host can do to private memory: nothing but take it away. */
#include "pkvm_check.h"

#include "mm.h"

static const u64 constant = PRIVATE_MARK; /* in the image */

/* The image, the heap, and a page. */
static bool each_place(bool (*look)(const char *where, u64 at))
{
	u64 *heap = heap_alloc(64), page = page_get();
	bool held = heap != NULL && page != 0 && look("the image", (u64)(uintptr_t)&constant) &&
		    look("the heap", align_up((u64)(uintptr_t)heap, 8)) && look("a page", page);

	if (page != 0)
		page_put(page);
	heap_free(heap);
	return held;
}

static bool cannot_read(const char *where, u64 at)
{
	struct coop c = { .arg = { at } };

	/* It has a page there, and it is ours. */
	check_note("%s, 0x%llx", where, (unsigned long long)load64(at));
	return expect_host_reads("the host reading private memory", at, false) &&
	       expect_true("the host reading a word of it", !coop_call(COOP_READ_SHARED, &c),
			   "refused");
}

void pkvm_private_read(void)
{
	if (coop_needs(COOP_HOST_CAN_READ) && coop_needs(COOP_READ_SHARED))
		(void)each_place(cannot_read);
}

static bool cannot_write(const char *where, u64 at)
{
	u64 before = load64(at);

	check_note("%s: the host's write is %s", where,
		   coop_do(COOP_WRITE_SHARED, at, ~before) ? "done, it says" : "refused");
	return expect_eq("the word it was to change", load64(at), before);
}

void pkvm_private_write(void)
{
	if (coop_needs(COOP_WRITE_SHARED))
		(void)each_place(cannot_write);
}

/* A granule that is lost from now on, block and all. */
static u64 taken(void)
{
	struct range r;

	if (!coop_needs(COOP_DESTROY) || !block_get(&r))
		return 0;
	pattern_fill((struct range){ r.base, pkvm_info.granule }, PRIVATE_MARK, EVERY_WORD);
	return expect_true("the host to take a granule away", coop_do(COOP_DESTROY, r.base, 0),
			   "done")
		   ? r.base
		   : 0;
}

void pkvm_private_wiped(void)
{
	u64 base = taken();

	if (base == 0 || !expect_host_reads("the host reading what it took", base, true))
		return;
	for (u64 at = base; at < base + pkvm_info.granule && !check_failed(); at += 256)
		expect_host_word("what it reads there", at, 0);
}

/* Terminal: the CPU that touches the page is never seen again. */
void pkvm_private_reclaimed(void)
{
	u64 base = taken(), value = 0;
	struct fault f;

	if (base == 0)
		return;
	f = try_load(base, 8, &value);
	check_fail("load from memory the host took away", "it never completes", "%s, value 0x%llx",
		   fault_name(f.class), (unsigned long long)value);
}
