/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of the machine's functions on their way to the guest of the CCA host: which of them its
 * ITS and its GICv2m frame get, and which are nobody's. The vgic is real, the ITS is told.
 *
 * sources: hosts/arm64/vmm/message.c hosts/arm64/vmm/v2m.c hosts/arm64/vmm/vgic*.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/msix.h"
#include "vmm/devices.h"
#include "vmm/pci.h"
#include "vmm/vmm.h"

#define ITS        0x08080000ULL
#define BELL       (ITS + GITS_TRANSLATER)
#define V2M        0x08020000ULL
#define SETSPI     (V2M + V2M_SETSPI)
#define BDF        0x28u
#define LPI        8200u
#define PENDING    BIT(62)
#define FROM_LR(l) ((u32)(l))

struct vm vm;
struct host_config config;

static struct {
	unsigned messages, violations, polls;
	u32 device, event, cpus;
	u32 arrived;
	enum fault_id fault;
} fake;

struct vits_event *vits_event(struct vits *t, u32 device, u32 event)
{
	for (unsigned i = 0; i < VITS_EVENTS; i++) {
		struct vits_event *e = &t->event[i];

		if (e->valid && e->device == device && e->event == event)
			return e;
	}
	return NULL;
}

u32 vits_message(struct vits *t, u32 device, u32 event)
{
	assert_ptr_equal(t, &vm.vits);
	fake.messages++;
	fake.device = device;
	fake.event = event;
	return fake.cpus;
}

void device_violation(const char *kind, const char *fmt, ...)
{
	assert_string_equal(kind, "msix-address");
	fake.violations++;
}

void msix_arrived(unsigned n)
{
	fake.arrived = n;
}

bool msix_poll(void)
{
	fake.polls++;
	return true;
}

bool fault_on(enum fault_id f)
{
	return f != FAULT_NONE_ && f == fake.fault;
}

static bool mem_read(u64 ipa, void *to, size_t size)
{
	memset(to, LPI_CONFIG_ENABLED, size);
	return true;
}

static bool mem_write(u64 ipa, const void *from, size_t size)
{
	return true;
}

static void gicd(u64 offset, unsigned size, u64 value)
{
	assert_true(vgic_gicd(&vm.vgic, offset, size, true, &value));
}

/* SPI `intid`: enabled, group 1, routed to CPU 2, by edge or level. */
static void spi(u32 intid, bool edge)
{
	gicd(0x80 + intid / 32 * 4, 4, 1u << intid % 32);
	gicd(0xc00 + intid / 16 * 4, 4, edge ? 2u << intid % 16 * 2 : 0);
	gicd(0x6000 + 8ULL * intid, 8, 2);
	gicd(0x100 + intid / 32 * 4, 4, 1u << intid % 32);
}

/* Event 3 of BDF is LPI, on CPU 1. */
static void map_event(void)
{
	for (unsigned c = 0; c < config.cpus; c++) {
		vm.vgic.cpu[c].propbaser = 13;
		vm.vgic.cpu[c].lpis = true;
	}
	vm.vits.event[7] =
	    (struct vits_event){ .valid = true, .device = BDF, .event = 3, .lpi = LPI };
	assert_true(vgic_lpi_map(&vm.vgic, LPI, 1));
}

static int setup(void **state)
{
	static const struct vgic_memory memory = { mem_read, mem_write };

	memset(&fake, 0, sizeof(fake));
	memset(&vm, 0, sizeof(vm));
	config.cpus = 4;
	vm.map.its = ITS;
	vm.map.v2m = V2M;
	vgic_init(&vm.vgic, 4, &memory);
	gicd(0, 4, 0x12);
	(void)devices_poll_messages();
	fake.polls = 0;
	return 0;
}

static void to_the_its(void **state)
{
	fake.cpus = 4;
	devices_message(BDF, BELL, 3);
	assert_int_equal(fake.messages, 1);
	assert_int_equal(fake.device, BDF);
	assert_int_equal(fake.event, 3);
	fake.cpus = 1;
	devices_message(BDF + 8, BELL, 0xffffffff);
	assert_int_equal(fake.event, 0xffffffff);
	/* The CPUs of all of them, once. */
	assert_int_equal(devices_poll_messages(), 5);
	assert_int_equal(fake.polls, 1);
	assert_int_equal(devices_poll_messages(), 0);
	assert_int_equal(fake.violations, 0);
}

static void to_an_spi(void **state)
{
	spi(100, true);
	devices_message(BDF, SETSPI, 100);
	assert_int_equal(devices_poll_messages(), 0xf);
	for (unsigned c = 0; c < 4; c++)
		assert_int_equal(vgic_pending(&vm.vgic, c), c == 2);
	assert_true(devices_message_waits(BDF, SETSPI, 100));
	assert_false(devices_message_waits(BDF, SETSPI, 101));
	vm.vgic.spi[68].latch = false;
	assert_false(devices_message_waits(BDF, SETSPI, 100));
	vm.vgic.spi[68].active = true;
	assert_true(devices_message_waits(BDF, SETSPI, 100));
	/* One that the guest has as a level has no message. */
	spi(127, false);
	devices_message(BDF, SETSPI, 127);
	assert_false(vm.vgic.spi[127 - 32].latch);
	assert_int_equal(fake.messages + fake.violations, 0);
}

static void nobodys(void **state)
{
	static const struct {
		u64 address;
		u32 data;
	} bad[] = {
		{ BELL + 4, 3 },        { BELL - 4, 3 },   { ITS, 3 },     { BELL | BIT(47), 3 },
		{ SETSPI + 4, 100 },    { V2M, 100 },      { 0, 0 },       { SETSPI, 95 },
		{ SETSPI, 128 },        { SETSPI, 0 },     { SETSPI, 27 }, { SETSPI, 8192 },
		{ SETSPI, 0xffffffff }, { 0x40000000, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		devices_message(BDF, bad[i].address, bad[i].data);
		assert_int_equal(fake.violations, i + 1);
		assert_false(devices_message_waits(BDF, bad[i].address, bad[i].data));
	}
	/* What this guest's machine does not have is nowhere, be it at 0. */
	vm.map.its = vm.map.v2m = 0;
	devices_message(BDF, BELL, 3);
	devices_message(BDF, GITS_TRANSLATER, 3);
	devices_message(BDF, V2M_SETSPI, 100);
	assert_int_equal(fake.violations, ARRAY_SIZE(bad) + 3);
	assert_int_equal(fake.messages, 0);
	assert_int_equal(devices_poll_messages(), 0);
}

static void waits(void **state)
{
	u64 lr[VGIC_MAX_LRS];

	map_event();
	assert_false(devices_message_waits(BDF, BELL, 3));
	assert_false(devices_message_waits(BDF, BELL, 4));
	assert_false(devices_message_waits(BDF + 1, BELL, 3));
	vgic_lpi_set_pending(&vm.vgic, LPI, true);
	assert_true(devices_message_waits(BDF, BELL, 3));
	(void)vgic_fill(&vm.vgic, 1, lr, 4);
	assert_int_equal(FROM_LR(lr[0]), LPI);
	assert_true(devices_message_waits(BDF, BELL, 3));
	memset(lr, 0, sizeof(lr));
	(void)vgic_sync(&vm.vgic, 1, lr, 4);
	assert_false(devices_message_waits(BDF, BELL, 3));
}

static void machine(void **state)
{
	devices_machine_lpi(GIC_LPI_FIRST + 5);
	assert_int_equal(fake.arrived, 5);
	devices_machine_lpi(GIC_LPI_FIRST - 1);
	devices_machine_lpi(30);
	assert_int_equal(fake.arrived, 5);
}

/* To the CPU behind the one it was aimed at, whatever that one is; an event nothing is mapped for
 * goes nowhere else. */
static void wrong_cpu(void **state)
{
	u64 lr[VGIC_MAX_LRS];

	map_event();
	spi(100, true);
	fake.fault = FAULT_MSIX_WRONG_CPU;
	devices_message(BDF, BELL, 3);
	assert_int_equal(fake.messages, 0);
	assert_int_equal(devices_poll_messages(), 4);
	assert_false(vgic_pending(&vm.vgic, 1));
	(void)vgic_fill(&vm.vgic, 2, lr, 4);
	assert_int_equal(FROM_LR(lr[0]), LPI);
	devices_message(BDF, SETSPI, 100);
	assert_int_equal(devices_poll_messages(), 8);
	(void)vgic_fill(&vm.vgic, 3, lr, 4);
	assert_int_equal(FROM_LR(lr[0]), 100);
	assert_true((lr[0] & PENDING) != 0);
	devices_message(BDF, BELL, 4);
	assert_int_equal(fake.messages, 1);
	vgic_lpi_move(&vm.vgic, LPI, VGIC_NOWHERE);
	devices_message(BDF, BELL, 3);
	assert_int_equal(fake.messages, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(to_the_its, setup), cmocka_unit_test_setup(to_an_spi, setup),
		cmocka_unit_test_setup(nobodys, setup),    cmocka_unit_test_setup(waits, setup),
		cmocka_unit_test_setup(machine, setup),    cmocka_unit_test_setup(wrong_cpu, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
