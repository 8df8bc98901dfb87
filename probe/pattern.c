/* SPDX-License-Identifier: BSD-2-Clause */
#include "pattern.h"

#include "abi/coop.h"

#define PRIVATE_BLOCKS 3 /* at once: the first ones may be known from earlier checks */
#define CACHE_LINE     64

void pattern_fill(struct range r, u64 mark, u64 step)
{
	for (u64 at = r.base; at < range_end(r); at += step)
		store64(at, pattern_word(at, mark));
}

bool expect_pattern(const char *asked, struct range r, u64 mark, u64 step)
{
	for (u64 at = r.base; at < range_end(r); at += step)
		if (!expect_eq(asked, load64(at), pattern_word(at, mark)))
			return false;
	return true;
}

bool expect_no_pattern(const char *asked, struct range r, u64 mark)
{
	for (u64 at = r.base; at < range_end(r); at += EVERY_WORD) {
		u64 value = 0;
		struct fault f = try_load(at, 8, &value);

		if (f.class == FAULT_NONE && !expect_ne(asked, value, pattern_word(at, mark)))
			return false;
	}
	return true;
}

void words_clear(struct range r)
{
	for (u64 at = r.base; at < range_end(r); at += EVERY_WORD)
		store64(at, 0);
}

void check_private_kept(u64 mark)
{
	struct range r[PRIVATE_BLOCKS];
	size_t n = 0;

	while (n < PRIVATE_BLOCKS && block_get(&r[n]))
		n++;
	for (size_t i = 0; i < n; i++)
		pattern_fill(r[i], mark, CACHE_LINE);
	for (size_t i = 0; i < n && !check_failed(); i++)
		expect_pattern("load of what was written", r[i], mark, CACHE_LINE);
	while (n > 0)
		block_put(r[--n]);
}

/* Another word in each page: one page is not taken for another. */
static u64 word_in(struct range r, unsigned page)
{
	return r.base + page * PAGE_SIZE + 8 * page;
}

void exchange_to_host(struct range r)
{
	pattern_fill(r, SHARED_MARK, EVERY_WORD);
	arch_barrier();
	for (unsigned page = 0; page < PATTERN_PAGES; page++) {
		u64 at = word_in(r, page);
		struct coop c = { .arg = { at } };

		if (!expect_true("the host to read the page", coop_call(COOP_READ_SHARED, &c),
				 "done") ||
		    !expect_eq("what the host reads", c.arg[0], pattern_word(at, SHARED_MARK)))
			break;
	}
	words_clear(r);
}

void exchange_from_host(struct range r)
{
	words_clear(r);
	arch_barrier();
	for (unsigned page = 0; page < PATTERN_PAGES; page++) {
		u64 at = word_in(r, page), value = pattern_word(at, SHARED_MARK);

		if (!expect_true("the host to write the page",
				 coop_do(COOP_WRITE_SHARED, at, value), "done") ||
		    !expect_eq("what the guest reads", load64(at), value))
			break;
	}
	words_clear(r);
}
