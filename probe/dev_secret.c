/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The planted secret (abi/coop.h): derived from a number of the host's, kept
 * where a guest keeps what is private, and never shared. At the end of the run
 * the host looks for it in everything it can read; here it is seen to be still
 * there.
 */
#include <bearssl.h>
#include <string.h>

#include "abi/coop.h"
#include "dev_dma.h"
#include "mm.h"

#define SECRET_SIZE 32

struct secret {
	u64 word[SECRET_SIZE / sizeof(u64)];
};

static void derive(u64 nonce, struct secret *s)
{
	static const char text[] = "postern planted secret";
	br_sha256_context h;
	u8 le[8];

	for (unsigned i = 0; i < sizeof(le); i++)
		le[i] = (u8)(nonce >> 8 * i);
	br_sha256_init(&h);
	br_sha256_update(&h, text, sizeof(text) - 1);
	br_sha256_update(&h, le, sizeof(le));
	br_sha256_out(&h, s);
}

static bool kept(const char *where, const void *copy, const struct secret *s)
{
	return expect_true(where, memcmp(copy, s, sizeof(*s)) == 0,
			   "the secret, as it was planted");
}

/* In registers while the host runs, and while it is let in by an interruption
 * of any kind. */
static void in_registers(const struct secret *s)
{
	struct secret copy = *s;

	for (unsigned i = 0; i < 4; i++) {
		u64 a = copy.word[0], b = copy.word[1], c = copy.word[2], d = copy.word[3];

		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
		visit_host();
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
		copy = (struct secret){ { a, b, c, d } };
	}
	kept("registers over a visit to the host", &copy, s);
}

/* A block that was the host's for a while. */
static void in_converted(const struct secret *s)
{
	struct range r;
	u8 *copy;

	if (!block_get(&r))
		return;
	copy = (u8 *)(uintptr_t)r.base + PAGE_SIZE;
	if (expect_eq("making a block shared", convert_to_shared(r), ST_OK) &&
	    expect_eq("making it private again", convert_to_private(r), ST_OK)) {
		memcpy(copy, s, sizeof(*s));
		visit_host();
		kept("memory that was shared before", copy, s);
		memset(copy, 0, sizeof(*s));
		block_put(r);
	}
}

/* Where a device is told to write. */
static void in_page(const struct secret *s)
{
	u8 *page = (u8 *)(uintptr_t)page_get();

	if (page == NULL)
		return;
	memcpy(page, s, sizeof(*s));
	if (dev_nth(VIRTIO_ID_VSOCK, 0) == NULL || !coop_has(COOP_DMA_PRIVATE) ||
	    dma_write_private(page, true))
		kept("a private page whose address a device has", page, s);
	memset(page, 0, sizeof(*s));
	page_put((u64)(uintptr_t)page);
}

void dev_secret_kept(void)
{
	struct coop c = { 0 };
	struct secret s, *heap;

	if (!coop_needs(COOP_SECRET) ||
	    !expect_true("the host for a nonce", coop_call(COOP_SECRET, &c), "one"))
		return;
	derive(c.arg[0], &s);
	heap = heap_alloc(sizeof(*heap));
	if (heap != NULL)
		*heap = s;
	in_registers(&s);
	in_converted(&s);
	in_page(&s);
	if (heap != NULL)
		kept("the heap", heap, &s);
	/* The heap's copy stays to the end of the run: it is what the host looks for. */
	if (dev_nth(VIRTIO_ID_VSOCK, 0) == NULL)
		check_skip("no device to tell of a page; the secret is planted all the same");
}
