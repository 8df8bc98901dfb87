/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMU's tables and registers, walked and answered as the hardware of the specification would,
 * and the poison behind private pages.
 *
 * sources: hosts/x86/core/iommu.c hosts/x86/core/poison.c
 * flags: -Ihosts -Ihosts/x86 -Ihosts/x86/snp
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"
#include "core/iommu.h"
#include "vmm/vmm.h"

#define LOW         MIB(4)
#define HIGH        MIB(2)
#define CAP_RECORDS (0x22ULL << 24 | 1ULL << 40) /* two, at 0x220 */
#define CAP_SIZES   (1ULL << 10 | 1ULL << 34)    /* 48 bits, 2 MiB */
#define ECAP        (0xfULL << 8)                /* IOTLB at 0xf0 */

static u8 pool[4096 * 64] ALIGNED(4096);
static u8 ram[LOW + HIGH] ALIGNED(4096);
static u8 is_shared[(LOW + HIGH) / PAGE_SIZE];
static struct {
	u64 cap, root, record[2][2];
	u32 version, status, faults;
	unsigned order, rooted, context, iotlb, on; /* when each came first */
	bool stuck;
	size_t used;
	unsigned violations, taken, lines;
	char text[160];
	u64 counted;
	jmp_buf panic;
} fake;

struct model model;

/* ---- the machine ---- */

u32 iommu_read32(unsigned offset)
{
	switch (offset) {
	case 0x00:
		return fake.version;
	case 0x1c:
		return fake.stuck ? 0 : fake.status;
	case 0x34:
		return fake.faults;
	default:
		fail();
		return 0;
	}
}

u64 iommu_read64(unsigned offset)
{
	switch (offset) {
	case 0x08:
		return fake.cap;
	case 0x10:
		return ECAP;
	case 0x28:
	case 0xf8:
		return fake.stuck ? ~0ULL : 0;
	default:
		assert_in_range(offset, 0x220, 0x238);
		return fake.record[(offset - 0x220) / 16][offset / 8 % 2];
	}
}

void iommu_write32(unsigned offset, u32 value)
{
	switch (offset) {
	case 0x18:
		if (value == 1u << 30)
			fake.rooted = ++fake.order;
		else if (value == 1u << 31)
			fake.on = ++fake.order;
		else
			fail();
		fake.status |= value;
		break;
	case 0x34:
		assert_int_equal(value, 1);
		fake.faults &= ~1u;
		break;
	case 0x22c:
	case 0x23c:
		assert_int_equal(value, 1u << 31);
		fake.record[(offset - 0x220) / 16][1] &= ~(1ULL << 63);
		break;
	default:
		fail();
	}
}

void iommu_write64(unsigned offset, u64 value)
{
	switch (offset) {
	case 0x20:
		fake.root = value;
		break;
	case 0x28:
		assert_true(value == (1ULL << 63 | 1ULL << 61));
		fake.context = ++fake.order;
		break;
	case 0xf8:
		assert_true(value == (1ULL << 63 | 1ULL << 60));
		fake.iotlb = ++fake.order;
		break;
	default:
		fail();
	}
}

/* Where a device of that bus and function gets with an address; ~0: it faults. */
static u64 translate(u64 root, unsigned bus, unsigned function, u64 address)
{
	const u64 *r = (const u64 *)(uintptr_t)root, *c, *t;

	if ((r[2 * bus] & 1) == 0)
		return ~0ULL;
	c = (const u64 *)(uintptr_t)(r[2 * bus] & ~0xfffULL);
	assert_int_equal(c[2 * function] & 0xfff, 1);
	assert_int_equal(c[2 * function + 1] & 7, 2); /* 48 bits */
	if (address >> 48 != 0)
		return ~0ULL;
	t = (const u64 *)(uintptr_t)(c[2 * function] & ~0xfffULL);
	for (unsigned level = 4;; level--) {
		u64 e = t[address >> (3 + 9 * level) & 511];
		u64 size = 1ULL << (3 + 9 * level);

		if ((e & 3) == 0)
			return ~0ULL;
		assert_int_equal(e & 3, 3);
		if (level == 1 || (e & 0x80) != 0) {
			assert_true(level == 1 || (level == 2 && (fake.cap >> 34 & 1) != 0));
			return (e & ~(size - 1)) | (address & (size - 1));
		}
		t = (const u64 *)(uintptr_t)(e & ~0xfffULL);
	}
}

/* ---- core and vmm ---- */

void *core_pages(size_t count)
{
	u8 *at = pool + fake.used;

	fake.used += count * PAGE_SIZE;
	assert_true(fake.used <= sizeof(pool));
	return at;
}

u64 guest_low_size(void)
{
	return LOW;
}

u64 guest_high_size(void)
{
	return HIGH;
}

bool guest_is_ram(u64 gpa)
{
	return gpa < LOW || (gpa >= GIB(4) && gpa - GIB(4) < HIGH);
}

static u64 offset_of(u64 gpa)
{
	assert_true(guest_is_ram(gpa));
	return gpa < LOW ? gpa : gpa - GIB(4) + LOW;
}

u64 backing_shared(u64 gpa)
{
	return (u64)(uintptr_t)ram + offset_of(gpa);
}

static bool shared(u64 gpa)
{
	return is_shared[offset_of(gpa) / PAGE_SIZE] != 0;
}

void violation(const char *kind, const char *fmt, ...)
{
	va_list ap;

	fake.violations++;
	snprintf(fake.text, sizeof(fake.text), "%s ", kind);
	va_start(ap, fmt);
	vsnprintf(fake.text + strlen(fake.text), sizeof(fake.text) - strlen(fake.text), fmt, ap);
	va_end(ap);
}

void counter_add(const char *name, u64 n)
{
	assert_string_equal(name, "dma_poison_pages");
	fake.counted = n;
}

void channel(const char *fmt, ...)
{
	(void)fmt;
	fake.lines++;
}

void core_panic(const char *fmt, ...)
{
	(void)fmt;
	longjmp(fake.panic, 1);
}

void vmm_page_taken(u64 gpa)
{
	assert_true(is_aligned(gpa, PAGE_SIZE));
	fake.taken++;
}

/* ---- tests ---- */

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(pool, 0, sizeof(pool));
	fake.version = 0x10;
	fake.cap = CAP_RECORDS | CAP_SIZES;
	return 0;
}

static void none(void **state)
{
	static const u32 version[] = { 0, ~0u, 0x10 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		fake.version = version[i];
		fake.cap = i == 2 ? CAP_RECORDS | 1ULL << 9 : CAP_RECORDS | CAP_SIZES; /* 39 bits */
		iommu_init();
		assert_false(iommu_present());
		assert_int_equal(fake.lines, i + 1);
		assert_int_equal(fake.order, 0);
		iommu_poll();
	}
}

static void windows(void **state)
{
	static const u64 outside[] = { LOW,        LOW + MIB(1), MONITOR_BASE,  GIB(2),
				       0xfee00000, GIB(4) - 8,   GIB(4) + HIGH, 1ULL << 47,
				       1ULL << 48, ~0ULL & ~7ULL };

	(void)state;
	for (unsigned large = 0; large < 2; large++) {
		setup(NULL);
		fake.cap = CAP_RECORDS | 1ULL << 10 | (u64)large << 34;
		iommu_init();
		assert_true(iommu_present());
		for (u64 at = 0x234; at < LOW; at += PAGE_SIZE)
			assert_int_equal(translate(fake.root, 0, 0x10, at), at);
		for (u64 at = GIB(4); at < GIB(4) + HIGH; at += PAGE_SIZE)
			assert_int_equal(translate(fake.root, 0, 0xff, at), at);
		for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
			assert_true(translate(fake.root, 0, 0, outside[i]) == ~0ULL);
		for (unsigned bus = 1; bus < 256; bus++)
			assert_true(translate(fake.root, bus, 0, 0) == ~0ULL);
	}
	/* The root before the invalidations, and both before it is on. */
	assert_true(fake.rooted < fake.context && fake.context < fake.iotlb &&
		    fake.iotlb < fake.on);
}

static void reports(void **state)
{
	(void)state;
	iommu_init();
	iommu_poll();
	assert_int_equal(fake.violations, 0);
	fake.record[1][0] = 0x70001000;
	fake.record[1][1] = 1ULL << 63 | 5ULL << 32 | 0x0010;
	fake.faults = 3;
	iommu_poll();
	assert_int_equal(fake.violations, 1);
	assert_string_equal(fake.text, "dma-outside write of 0x70001000 by 00:02.0: reason 5");
	assert_int_equal(fake.record[1][1] >> 63, 0);
	assert_int_equal(fake.faults & 1, 0);
	fake.record[0][0] = 0x12345000;
	fake.record[0][1] = 1ULL << 63 | 1ULL << 62 | 6ULL << 32 | 0x0103;
	fake.faults = 2;
	iommu_poll();
	assert_string_equal(fake.text, "dma-outside read of 0x12345000 by 01:00.3: reason 6");
	assert_int_equal(fake.violations, 2);
}

static void no_answer(void **state)
{
	(void)state;
	fake.stuck = true;
	if (setjmp(fake.panic) != 0)
		return;
	iommu_init();
	fail();
}

static u64 *word(u64 gpa, unsigned i)
{
	return (u64 *)(uintptr_t)backing_shared(gpa) + i;
}

static void poison(void **state)
{
	(void)state;
	/* Not started: pages change hands untouched. */
	memset(ram, 0x11, sizeof(ram));
	model.shared = shared;
	poison_lay(0x3000);
	poison_check(0x3000);
	poison_drop(0x3000);
	poison_finish();
	assert_int_equal(*word(0x3000, 0), 0x1111111111111111ULL);
	assert_int_equal(fake.taken, 1);
	is_shared[5] = 1;
	poison_start();
	assert_int_equal(*word(0x5000, 511), 0x1111111111111111ULL);
	assert_int_not_equal(*word(0x3000, 511), 0x1111111111111111ULL);
	assert_int_not_equal(*word(0x3000, 0), *word(0x4000, 0));
	assert_int_not_equal(*word(GIB(4), 0), 0x1111111111111111ULL);
	assert_int_equal(*word(0xa0000, 0), 0x1111111111111111ULL); /* no memory on a machine */
	/* As a ring it has an index no queue of 32768 entries gets to. */
	assert_true((*word(0x3000, 0) >> 16 & 0xffff) > 32768);
	poison_finish();
	assert_int_equal(fake.violations, 0);
	assert_int_equal(fake.counted, (LOW + HIGH) / PAGE_SIZE - 0x20 - 1);
	/* Given to the guest: zero. Taken back: poison. */
	poison_check(0x6000);
	is_shared[6] = 1;
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(*word(0x6000, i), 0);
	*word(0x6000, 7) = 1;
	poison_check(0x6000);
	assert_int_equal(*word(0x6000, 7), 1);
	is_shared[6] = 0;
	poison_lay(0x6000);
	assert_int_equal(fake.violations, 0);
	assert_int_equal(fake.taken, 2);
	/* A device was there. */
	*word(0x6000, 511) ^= 1ULL << 63;
	poison_check(0x6000);
	assert_int_equal(fake.violations, 1);
	assert_non_null(strstr(fake.text, "dma-poison behind the private page 0x6000"));
	*word(GIB(4) + 0x1000, 0) ^= 1;
	poison_finish();
	assert_int_equal(fake.violations, 2);
	/* The host itself. */
	poison_drop(GIB(4) + 0x1234);
	poison_finish();
	assert_int_equal(fake.violations, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(none, setup),    cmocka_unit_test_setup(windows, setup),
		cmocka_unit_test_setup(reports, setup), cmocka_unit_test_setup(no_answer, setup),
		cmocka_unit_test_setup(poison, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
