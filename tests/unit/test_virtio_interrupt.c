/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a virtio device's interrupts go: message or wire, and no message leaks when one of the
 * steps fails.
 * sources: virtio/interrupt.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "virtio/internal.h"

static struct pci_function function;
static struct virtio_device d;
static char steps[128];
static enum status alloc_st, enable_st, set_st, msix_st, wire_st;
static unsigned allocated;
static u64 next_address;

static void step(const char *s)
{
	strncat(steps, s, sizeof(steps) - strlen(steps) - 1);
}

void virtio_interrupt(void *ctx)
{
	struct virtio_device *at = ctx;

	at->interrupts++;
}

enum status irq_msi_alloc(u16 requester, unsigned cpu, irq_handler fn, void *ctx,
			  struct msi_message *m)
{
	step("a");
	if (alloc_st != ST_OK)
		return alloc_st;
	assert_int_equal(requester, function.bdf);
	assert_int_equal(cpu, 3);
	fn(ctx); /* it may come at once */
	m->address = next_address += 0x1000;
	m->data = 0x40;
	allocated++;
	return ST_OK;
}

void irq_msi_free(const struct msi_message *m)
{
	assert_int_not_equal(m->address, 0);
	assert_int_equal(m->data, 0x40);
	allocated--;
	step("f");
}

enum status pci_enable(struct pci_function *f)
{
	assert_ptr_equal(f, &function);
	step("e");
	return enable_st;
}

enum status pci_msix_set(struct pci_function *f, unsigned entry, const struct msi_message *m,
			 bool masked)
{
	assert_int_equal(entry, 0);
	assert_int_equal(m->address, next_address);
	assert_false(masked);
	step("s");
	return set_st;
}

enum status pci_msix_enable(struct pci_function *f, bool enable)
{
	step(enable ? "+" : "-");
	return enable ? msix_st : ST_OK;
}

enum status irq_wire(u32 intid, bool level, unsigned cpu, irq_handler fn, void *ctx)
{
	assert_int_equal(intid, 78);
	assert_true(level);
	assert_int_equal(cpu, 3);
	fn(ctx);
	step("w");
	return wire_st;
}

void irq_unwire(u32 intid)
{
	assert_int_equal(intid, 78);
	step("u");
}

static int start(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	function = (struct pci_function){ .msix_entries = 2 };
	d.pci = &function;
	steps[0] = '\0';
	alloc_st = enable_st = set_st = msix_st = wire_st = ST_OK;
	allocated = 0;
	return 0;
}

static void test_message(void **state)
{
	(void)state;
	assert_int_equal(virtio_interrupts(&d, 3), ST_OK);
	assert_string_equal(steps, "aes+");
	assert_true(d.msix);
	assert_int_equal(d.message.address, next_address);
	assert_int_equal(d.interrupts, 1);
	/* Elsewhere: the old message is given back behind the new one's taking its place. */
	assert_int_equal(virtio_interrupts(&d, 3), ST_OK);
	assert_string_equal(steps, "aes+aes+f");
	assert_int_equal(d.message.address, next_address);
	assert_int_equal(allocated, 1);
}

static void test_message_refused(void **state)
{
	enum status *const each[] = { &enable_st, &set_st, &msix_st };
	/* Both messages are given back, and the function sends none. */
	const char *const done[] = { "aes+aef-f", "aes+aesf-f", "aes+aes+f-f" };

	(void)state;
	function.msix_entries = 0;
	assert_int_equal(virtio_interrupts(&d, 3), ST_UNSUPPORTED);
	assert_string_equal(steps, "");
	function.msix_entries = 1;
	alloc_st = ST_NO_MEMORY;
	assert_int_equal(virtio_interrupts(&d, 3), ST_NO_MEMORY);
	assert_string_equal(steps, "a");
	assert_false(d.msix);
	for (size_t i = 0; i < ARRAY_SIZE(each); i++) {
		start(NULL);
		assert_int_equal(virtio_interrupts(&d, 3), ST_OK);
		*each[i] = ST_PROTOCOL;
		assert_int_equal(virtio_interrupts(&d, 3), ST_PROTOCOL);
		assert_string_equal(steps, done[i]);
		assert_false(d.msix);
		assert_int_equal(d.message.address, 0);
		assert_int_equal(allocated, 0);
	}
}

static void test_wire(void **state)
{
	(void)state;
	d.pci = NULL;
	assert_int_equal(virtio_interrupts(&d, 3), ST_UNSUPPORTED);
	assert_string_equal(steps, "");
	d.intid = 78;
	assert_int_equal(virtio_interrupts(&d, 3), ST_OK);
	assert_string_equal(steps, "uw");
	assert_int_equal(d.interrupts, 1);
	assert_false(d.msix);
	wire_st = ST_RANGE;
	assert_int_equal(virtio_interrupts(&d, 3), ST_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_message, start),
		cmocka_unit_test_setup(test_message_refused, start),
		cmocka_unit_test_setup(test_wire, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
