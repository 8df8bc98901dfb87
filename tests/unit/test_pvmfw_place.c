/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * What the guest does in pvmfw's place: reads the configuration behind the file through mappings
 * that it closes again, stops by name, and keeps nothing of the secrets.
 * sources: boot/arm64/pvmfw.c drivers/arm64/pvmfw_config.c attest/arm64/dice.c attest/cbor.c lib/status.c
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "discover.h"
#include "fatal.h"
#include "le.h"
#include "print.h"
#include "pvmfw.h"

#define FILE_END  (PVMFW_BASE + 0x62000u)
#define PLACE_END (PVMFW_BASE + PVMFW_SIZE)
#define HANDOVER  48u
#define CDI_BYTE  0xc5

static struct handoff handoff;
static char printed[1024], stopped[256];
static jmp_buf stop;
static struct range open_now;
static unsigned opened, open_fails; /* counted; which one fails, from 1 */

/* ---- what the file uses ---- */

struct range discover_pages(u64 base, u64 size)
{
	u64 start = align_down(base, PAGE_SIZE);

	return (struct range){ start, align_up(base + size, PAGE_SIZE) - start };
}

enum status discover_open(struct range r)
{
	assert_true(is_aligned(r.base | r.size, PAGE_SIZE));
	assert_in_range(r.base, FILE_END, PLACE_END - 1);
	assert_true(range_end(r) <= PLACE_END);
	assert_int_equal(open_now.size, 0);
	if (++opened == open_fails)
		return ST_STATE;
	open_now = r;
	return ST_OK;
}

enum status mmu_unmap(struct range r)
{
	assert_int_equal(r.base, open_now.base);
	assert_int_equal(r.size, open_now.size);
	open_now.size = 0;
	return ST_OK;
}

void print(const char *fmt, ...)
{
	size_t n = strlen(printed);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(printed + n, sizeof(printed) - n, fmt, ap);
	va_end(ap);
}

void fatal(enum status st, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(stopped, sizeof(stopped), "%s: %s", text, status_text(st));
	longjmp(stop, 1);
}

/* ---- a place ---- */

static u8 *config(void)
{
	return (u8 *)(uintptr_t)handoff.pvmfw;
}

static void put_entry(unsigned i, u32 offset, u32 size)
{
	le_put(config() + 16 + 8 * i, offset, 4);
	le_put(config() + 20 + 8 * i, size, 4);
}

/* {1: 32 bytes, 2: 32 bytes, 3: [{}]} at `offset`. */
static u32 put_handover(u32 offset)
{
	u8 *p = config() + offset;

	*p++ = 0xa3;
	for (u8 label = 1; label <= 2; label++) {
		*p++ = label;
		*p++ = 0x58;
		*p++ = 32;
		memset(p, CDI_BYTE, 32);
		p += 32;
	}
	memcpy(p, "\x03\x81\xa0", 3);
	return 1 + 2 * 35 + 3;
}

static void make(u64 at)
{
	u32 size;

	memset((void *)(uintptr_t)PVMFW_BASE, 0, PVMFW_SIZE);
	handoff.place = (struct range){ PVMFW_BASE, 2 * PVMFW_SIZE };
	handoff.pvmfw = at;
	le_put(config(), PVMFW_CONFIG_MAGIC, 4);
	le_put(config() + 4, 2, 2);
	le_put(config() + 6, 1, 2);
	le_put(config() + 8, 0x1000, 4);
	le_put(config() + 12, 0, 4);
	size = put_handover(HANDOVER);
	put_entry(0, HANDOVER, size);
	put_entry(3, 0x100, 0x20);
}

static int setup(void **state)
{
	memset(&pvmfw_info, 0, sizeof(pvmfw_info));
	printed[0] = stopped[0] = '\0';
	opened = open_fails = 0;
	open_now.size = 0;
	make(FILE_END);
	return 0;
}

static void go(void)
{
	if (setjmp(stop) == 0)
		discover_place(&handoff);
	assert_int_equal(open_now.size, 0);
}

static void stops(const char *text)
{
	go();
	assert_string_equal(stopped, text);
	assert_string_equal(printed, "");
}

/* ---- tests ---- */

static void test_elsewhere(void **state)
{
	handoff.place.size = 0;
	go();
	assert_false(pvmfw_info.in_place);
	assert_int_equal(pvmfw_info.config, ST_NOT_FOUND);
	assert_int_equal(opened, 0);
	assert_string_equal(printed, "");
}

static void test_found(void **state)
{
	go();
	assert_string_equal(stopped, "");
	assert_true(pvmfw_info.in_place);
	assert_int_equal(pvmfw_info.config, ST_OK);
	assert_int_equal(pvmfw_info.read.total, 0x1000);
	assert_true(pvmfw_info.dice.has_chain);
	assert_string_equal(printed, "# pvmfw: config 1.2, 4096 bytes, dice 74, debug policy 0, "
				     "assignment 0, reference 32\n"
				     "# pvmfw: chain 2 bytes, items=1\n");
}

static void test_flags(void **state)
{
	le_put(config() + 12, 0x40, 4);
	config()[HANDOVER] = 0xa2; /* without a chain, which is rubbish behind it then */
	put_entry(0, HANDOVER, 71);
	go();
	assert_string_equal(stopped, "");
	assert_non_null(strstr(printed, "dice 71"));
	assert_null(strstr(printed, "chain"));
	assert_non_null(strstr(printed, "# pvmfw: flags 0x40 are not known\n"));
}

static void test_none(void **state)
{
	config()[0]++;
	go();
	assert_string_equal(printed, "# pvmfw: no configuration\n");
	assert_string_equal(stopped, "");
	assert_true(pvmfw_info.in_place);
	assert_int_equal(pvmfw_info.config, ST_NOT_FOUND);
	setup(NULL);
	handoff.pvmfw = PLACE_END; /* the file fills it */
	go();
	assert_string_equal(printed, "# pvmfw: no configuration\n");
	assert_int_equal(opened, 0);
}

/* The place ends where it ends, whatever the total says. */
static void test_last_page(void **state)
{
	make(PLACE_END - PAGE_SIZE);
	go();
	assert_int_equal(pvmfw_info.config, ST_OK);
	setup(NULL);
	make(PLACE_END - PAGE_SIZE);
	le_put(config() + 8, 0x1001, 4);
	stops("pvmfw: configuration: outside the permitted range");
	assert_int_equal(opened, 1);
}

static void test_refused(void **state)
{
	le_put(config() + 6, 2, 2);
	stops("pvmfw: configuration of another major version: not supported");
	setup(NULL);
	put_entry(0, HANDOVER + 1, 74);
	stops("pvmfw: configuration: misaligned");
	setup(NULL);
	put_entry(0, 0, 0);
	stops("pvmfw: configuration: input is malformed");
	setup(NULL);
	open_fails = 1;
	stops("pvmfw: configuration: wrong state");
	assert_int_equal(pvmfw_info.config, ST_STATE);
}

static void test_handover_refused(void **state)
{
	config()[HANDOVER] = 0xa1;
	stops("pvmfw: DICE handover: input is malformed");
	setup(NULL);
	open_fails = 2;
	stops("pvmfw: DICE handover: wrong state");
	setup(NULL);
	le_put(config() + 8, 0x20000, 4);
	put_entry(0, HANDOVER, KIB(64) + 1);
	put_entry(3, 0, 0);
	stops("pvmfw: DICE handover: more entries than the bound allows");
	setup(NULL);
	le_put(config() + 8, 0x20000, 4);
	put_entry(0, HANDOVER, KIB(64)); /* that much is looked at */
	put_entry(3, 0, 0);
	stops("pvmfw: DICE handover: input is malformed");
	assert_int_equal(opened, 2);
}

/* Longest run of the byte in all that the program has; what lies between objects included. */
__attribute__((no_sanitize("address"))) static unsigned longest_run(void)
{
	extern u8 __data_start[], _end[];
	unsigned run = 0, longest = 0;

	for (const u8 *p = __data_start; p < _end; p++) {
		run = *p == CDI_BYTE ? run + 1 : 0;
		longest = MAX(longest, run);
	}
	return longest;
}

/* Neither the text nor any object has a secret afterwards; the place still has. */
static void test_nothing_kept(void **state)
{
	go();
	assert_null(memchr(printed, CDI_BYTE, sizeof(printed)));
	assert_true(longest_run() < 8);
	assert_int_equal(config()[HANDOVER + 4], CDI_BYTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_elsewhere, setup),
		cmocka_unit_test_setup(test_found, setup),
		cmocka_unit_test_setup(test_flags, setup),
		cmocka_unit_test_setup(test_none, setup),
		cmocka_unit_test_setup(test_last_page, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_handover_refused, setup),
		cmocka_unit_test_setup(test_nothing_kept, setup),
	};

	/* Where it is on the machine. */
	if (mmap((void *)(uintptr_t)PVMFW_BASE, PVMFW_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != (void *)(uintptr_t)PVMFW_BASE) {
		perror("mmap");
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
