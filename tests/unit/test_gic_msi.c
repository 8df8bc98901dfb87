/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which way messages go: by the ITS, else by a GICv2m frame, else not at all; and what is printed.
 * sources: drivers/arm64/msi.c lib/print.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/arm64/gic.h"
#include "drivers/arm64/its.h"
#include "platform.h"
#include "print.h"

static struct platform_info p;
static enum status its_st, v2m_st;
static bool available;
static char steps[16], text[256];
static struct its_stats stats;
static const struct its_info info = { .device_bits = 16, .event_bits = 12, .id_bits = 14 };

static void step(const char *s)
{
	strncat(steps, s, sizeof(steps) - strlen(steps) - 1);
}

void console_write(const char *s, size_t n)
{
	strncat(text, s, MIN(n, sizeof(text) - strlen(text) - 1));
}

bool irq_available(void)
{
	return available;
}

enum status its_init(const struct platform_info *at)
{
	assert_ptr_equal(at, &p);
	return its_st;
}

enum status v2m_init(const struct platform_info *at)
{
	assert_ptr_equal(at, &p);
	step("v");
	return v2m_st;
}

bool its_available(void)
{
	return its_st == ST_OK;
}

const char *its_why(void)
{
	return "it sleeps";
}

const struct its_info *its_get_info(void)
{
	return &info;
}

struct range its_frame(void)
{
	return (struct range){ 0x8080000, 0x10000 };
}

void its_stop(void)
{
	step("s");
}

struct its_stats its_get_stats(void)
{
	return stats;
}

u64 lpi_unexpected(void)
{
	return 7;
}

enum status its_msi_alloc(u16 requester, unsigned cpu, irq_handler fn, void *ctx,
			  struct msi_message *m)
{
	assert_int_equal(requester, 0x18);
	assert_int_equal(cpu, 2);
	step("i");
	return its_st;
}

void its_msi_free(const struct msi_message *m)
{
	step("I");
}

enum status v2m_msi_alloc(unsigned cpu, irq_handler fn, void *ctx, struct msi_message *m)
{
	assert_int_equal(cpu, 2);
	step("m");
	return ST_OK;
}

void v2m_msi_free(const struct msi_message *m)
{
	step("M");
}

static void start(enum status its, enum status v2m)
{
	its_st = its;
	v2m_st = v2m;
	available = true;
	steps[0] = text[0] = '\0';
	msi_init(&p);
}

static void go(enum status st)
{
	struct msi_message m = { 0 };

	assert_int_equal(irq_msi_alloc(0x18, 2, NULL, NULL, &m), st);
	irq_msi_free(&m);
	irq_print();
	irq_stop();
}

static void test_its(void **state)
{
	start(ST_OK, ST_OK);
	go(ST_OK);
	assert_string_equal(steps, "iIs");
	assert_string_equal(text, "# interrupts: GICv3, messages by ITS 0x8080000 (16 device bits, "
				  "12 event bits, 14 INTID bits)\n");
}

static void test_none(void **state)
{
	start(ST_UNSUPPORTED, ST_UNSUPPORTED);
	go(ST_UNSUPPORTED);
	assert_string_equal(steps, "viIs");
	assert_string_equal(text, "# interrupts: GICv3, no messages (ITS: it sleeps): PCI devices "
				  "are polled\n");
	available = false;
	steps[0] = text[0] = '\0';
	go(ST_UNSUPPORTED);
	assert_string_equal(steps, "Is");
	assert_string_equal(text, "");
}

static void test_frame(void **state)
{
	start(ST_UNSUPPORTED, ST_OK);
	go(ST_OK);
	assert_string_equal(steps, "vmMs");
	assert_string_equal(text, "# interrupts: GICv3, messages by GICv2m\n");
}

static void test_counters(void **state)
{
	text[0] = '\0';
	irq_print_counters();
	assert_string_equal(text, "");
	stats = (struct its_stats){
		.commands = 1, .stalls = 2, .pages = 3, .high_water = 4, .leaked = 5
	};
	irq_print_counters();
	assert_string_equal(text, "# gic: pages=3 high_water=4 leaked=5 commands=1 stalls=2 "
				  "unexpected_lpis=7\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_its),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
