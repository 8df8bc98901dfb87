/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory as the ITS of the arm64 host reaches it: the shared side of RAM and nothing else,
 * wherever the guest says its tables are; and the frame of GICv2m beside it.
 *
 * sources: hosts/arm64/vmm/its.c hosts/arm64/vmm/v2m.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/devices.h"
#include "vmm/its.h"
#include "vmm/vmm.h"

#define RAM   0x40000000ULL
#define PAGES 64u
#define AT(n) (RAM + (n)*PAGE_SIZE)

struct vm vm;
static u8 shared[PAGES][PAGE_SIZE], granule[PAGES][PAGE_SIZE];
static bool is_private[PAGES], handed[PAGES], unreachable[PAGES], expected, reached;
static unsigned violations;
static char kind[32], text[160];
static u32 raised[8];
static unsigned edges, levels;

static unsigned page_of(u64 ipa)
{
	assert_in_range(ipa, RAM, AT(PAGES) - 1);
	return (unsigned)((ipa - RAM) / PAGE_SIZE);
}

void *vm_host_memory(u64 ipa, bool write)
{
	unsigned page = page_of(ipa);

	if (write)
		handed[page] = true;
	return unreachable[page] ? NULL : &shared[page][ipa % PAGE_SIZE];
}

void *vm_private_memory(u64 ipa)
{
	/* The last page was never given to the guest. */
	return ipa >= AT(PAGES - 1) ? NULL : &granule[page_of(ipa)][ipa % PAGE_SIZE];
}

bool vm_is_shared(u64 ipa)
{
	return !is_private[page_of(ipa)];
}

bool vio_private_expected(void)
{
	return expected;
}

bool fault_on(enum fault_id f)
{
	return f == FAULT_ITS_PRIVATE_REACHED && reached;
}

void device_violation(const char *k, const char *fmt, ...)
{
	va_list ap;

	violations++;
	snprintf(kind, sizeof(kind), "%s", k);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
}

void vgic_set_line(struct vgic *g, unsigned cpu, u32 intid, bool level)
{
	assert_ptr_equal(g, &vm.vgic);
	assert_int_equal(cpu, 0);
	if (!level) {
		levels--;
		return;
	}
	levels++;
	raised[edges++ % ARRAY_SIZE(raised)] = intid;
}

static int setup(void **state)
{
	vm.ram = (struct range){ RAM, PAGES * PAGE_SIZE };
	for (unsigned i = 0; i < PAGES; i++) {
		memset(shared[i], 0x40 + (int)i, PAGE_SIZE);
		memset(granule[i], 0xe0, PAGE_SIZE);
		is_private[i] = handed[i] = unreachable[i] = false;
	}
	expected = reached = false;
	violations = edges = levels = 0;
	return 0;
}

/* What is remembered from test to test is which page was told: each takes pages of its own. */
static u64 get(u64 ipa)
{
	u64 v = 0;

	assert_true(its_memory.read(ipa, &v, sizeof(v)));
	return v;
}

static void shared_pages(void **state)
{
	u64 v = 0x1122334455667788ULL;
	u8 page[PAGE_SIZE];

	assert_true(get(AT(3)) == 0x4343434343434343ULL);
	assert_false(handed[3]); /* nothing is given to a guest by reading */
	assert_true(its_memory.write(AT(3) + 4088, &v, sizeof(v)));
	assert_true(handed[3]);
	assert_true(get(AT(3) + 4088) == v);
	assert_int_equal(shared[3][4087], 0x43);
	assert_int_equal(shared[4][0], 0x44);
	assert_true(its_memory.read(AT(5), page, PAGE_SIZE));
	assert_memory_equal(page, shared[5], PAGE_SIZE);
	assert_int_equal(violations, 0);
}

static void private_page(void **state)
{
	u64 v = 1;

	is_private[10] = true;
	assert_true(get(AT(10) + 16) == 0x4a4a4a4a4a4a4a4aULL); /* what lies on its shared side */
	assert_int_equal(violations, 1);
	assert_string_equal(kind, "its-private");
	assert_string_equal(text, "reads 0x4000a010");
	(void)get(AT(10) + 32);
	assert_int_equal(violations, 1); /* once is enough */
	is_private[11] = true;
	assert_true(its_memory.write(AT(11), &v, sizeof(v)));
	assert_int_equal(violations, 2);
	assert_string_equal(text, "writes 0x4000b000");
	assert_true(handed[11]);
	assert_int_equal(shared[11][0], 1);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(granule[10][i] & granule[11][i], 0xe0);
}

/* Where private memory has no other side (pKVM), there is nothing to read. */
static void no_other_side(void **state)
{
	u64 v = 5;

	is_private[13] = unreachable[13] = true;
	assert_false(its_memory.read(AT(13), &v, sizeof(v)));
	assert_int_equal(violations, 1);
	assert_string_equal(kind, "its-private");
	assert_false(its_memory.write(AT(13), &v, sizeof(v)));
	assert_int_equal(v, 5);
	assert_int_equal(shared[13][0], 0x4d);
	reached = true;
	assert_true(get(AT(13)) == 0xe0e0e0e0e0e0e0e0ULL);
}

static void on_purpose(void **state)
{
	is_private[12] = expected = true;
	assert_true(get(AT(12)) == 0x4c4c4c4c4c4c4c4cULL);
	assert_int_equal(violations, 0);
	expected = false;
	(void)get(AT(12));
	assert_int_equal(violations, 1);
}

static void refused(u64 ipa, size_t size, unsigned told)
{
	u8 buf[2 * PAGE_SIZE], was[2 * PAGE_SIZE];

	memset(buf, 0x5a, sizeof(buf));
	memcpy(was, buf, sizeof(was));
	violations = 0;
	assert_false(its_memory.read(ipa, buf, size));
	assert_false(its_memory.write(ipa, buf, size));
	assert_memory_equal(buf, was, sizeof(buf));
	assert_int_equal(violations, told);
	if (told != 0)
		assert_string_equal(kind, "its-outside");
}

static void outside(void **state)
{
	refused(RAM - 8, 8, 1);
	refused(RAM - 16, 8, 0); /* the same page */
	refused(AT(PAGES), 8, 1);
	refused(0, 8, 1);
	refused(~7ULL, 8, 1);
	refused(BIT(32) | AT(3), 8, 1); /* with the alias bit: no canonical address */
	/* No access reaches over the end of a page. */
	refused(AT(20) + 4092, 8, 1);
	refused(AT(21), PAGE_SIZE + 1, 1);
	expected = true; /* and on purpose */
	refused(AT(PAGES + 7), 8, 0);
	for (unsigned i = 0; i < PAGES; i++)
		assert_int_equal(shared[i][0], 0x40 + i);
}

/* A page is told again once others have pushed it out, never two times in a row. */
static void bounded_memory(void **state)
{
	for (unsigned i = 0; i < 100; i++)
		assert_false(its_memory.read(MIB(1) + i * PAGE_SIZE, text, 1));
	assert_int_equal(violations, 100);
	assert_false(its_memory.read(MIB(1) + 99 * PAGE_SIZE, text, 1));
	assert_int_equal(violations, 100);
	/* The same page for the other reason is another violation. */
	is_private[30] = true;
	(void)get(AT(30));
	assert_int_equal(violations, 101);
	refused(AT(30) + 4095, 2, 1);
}

static void fault(void **state)
{
	u64 v = 7;

	reached = true;
	assert_true(get(AT(40)) == 0x6868686868686868ULL); /* shared is shared */
	is_private[41] = is_private[PAGES - 1] = true;
	assert_true(get(AT(41)) == 0xe0e0e0e0e0e0e0e0ULL);
	assert_int_equal(violations, 1);
	assert_true(its_memory.write(AT(41) + 8, &v, sizeof(v)));
	assert_int_equal(granule[41][8], 7);
	assert_int_equal(shared[41][8], 0x69);
	assert_true(get(AT(PAGES - 1)) == 0x7f7f7f7f7f7f7f7fULL); /* no granule there */
}

static u64 frame(u64 offset, unsigned size, bool write, u64 v)
{
	assert_true(v2m_access(offset, size, write, &v));
	return v;
}

static void v2m_registers(void **state)
{
	u64 v = 96;

	assert_int_equal(V2M_TYPER_BASE(frame(V2M_TYPER, 4, false, 0)), 96);
	assert_int_equal(V2M_TYPER_COUNT(frame(V2M_TYPER, 4, false, 0)), 32);
	assert_int_equal(frame(V2M_IIDR, 4, false, 0) & 0xfff, 0x43b);
	assert_int_equal(frame(V2M_SETSPI, 4, false, ~0ULL), 0);
	assert_int_equal(frame(0, 4, false, ~0ULL), 0);
	assert_int_equal(frame(V2M_TYPER, 2, false, ~0ULL), 0);
	assert_int_equal(edges, 0);
	(void)frame(V2M_SETSPI, 2, true, 96);
	(void)frame(V2M_TYPER, 4, true, 96);
	assert_int_equal(edges, 0);
	assert_false(v2m_access(V2M_SETSPI, 8, true, &v));
	assert_false(v2m_access(V2M_SETSPI + 2, 4, true, &v));
}

static void v2m_messages(void **state)
{
	static const u32 wrong[] = { 0, 32, 95, 128, 1023 };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		(void)frame(V2M_SETSPI, 4, true, wrong[i]);
		assert_false(v2m_message(wrong[i]));
	}
	assert_int_equal(edges, 0);
	for (u32 i = 96; i < 128; i++) {
		(void)frame(V2M_SETSPI, 4, true, i);
		assert_int_equal(edges, i - 95);
		assert_int_equal(raised[(edges - 1) % ARRAY_SIZE(raised)], i);
		assert_int_equal(levels, 0); /* an edge: the line is down again */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(shared_pages, setup),
		cmocka_unit_test_setup(private_page, setup),
		cmocka_unit_test_setup(no_other_side, setup),
		cmocka_unit_test_setup(on_purpose, setup),
		cmocka_unit_test_setup(outside, setup),
		cmocka_unit_test_setup(bounded_memory, setup),
		cmocka_unit_test_setup(fault, setup),
		cmocka_unit_test_setup(v2m_registers, setup),
		cmocka_unit_test_setup(v2m_messages, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
