/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control channel of the arm64 hosts: what every model's has, and the page of registers through
 * which a protected VM calls it. A model that can do one thing more is played.
 *
 * sources: hosts/arm64/vmm/coop.c lib/range.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/coop.h"
#include "vmm/devices.h"
#include "vmm/vmm.h"

#define RAM 0x40000000ULL

struct vm vm;
struct host_config config;
static u64 memory[64];
static bool reachable, forced_ok, locked;
static enum fault_id fault;
static unsigned forced, devices, its_calls;
static u64 forced_intid, ordered;
static enum status its_answer;
static enum status (*its_what)(struct vits *);

void *vm_host_memory(u64 ipa, bool write)
{
	(void)write;
	assert_in_range(ipa, RAM, RAM + sizeof(memory) - 1);
	return reachable ? (u8 *)memory + (ipa - RAM) : NULL;
}

u64 vm_coop_commands(void)
{
	return BIT(COOP_DESTROY);
}

u64 vm_coop(struct vcpu *v, const u64 *in, u64 *out)
{
	assert_ptr_equal(v, &vm.cpu[1]);
	assert_int_equal(in[0], COOP_DESTROY);
	out[2] = 77;
	return coop_page_in_ram(in[1]) ? COOP_OK : COOP_BAD;
}

u64 devices_coop(u64 command, const u64 *in, u64 *out)
{
	(void)in;
	(void)out;
	devices++;
	return command == COOP_SECRET ? COOP_OK : COOP_UNKNOWN;
}

bool vgic_force(struct vgic *g, unsigned cpu, u32 intid)
{
	assert_ptr_equal(g, &vm.vgic);
	assert_int_equal(cpu, 1);
	assert_true(locked);
	forced++;
	forced_intid = intid;
	return forced_ok;
}

enum status vm_its(enum status (*what)(struct vits *))
{
	its_calls++;
	its_what = what;
	return its_answer;
}

enum status vits_save(struct vits *t)
{
	(void)t;
	return ST_OK;
}

enum status vits_restore(struct vits *t)
{
	(void)t;
	return ST_OK;
}

void cycle_order(struct cycle *c, u64 n)
{
	(void)c;
	ordered = n;
}

bool fault_on(enum fault_id f)
{
	return f == fault;
}

void core_lock(struct core_lock *l)
{
	assert_ptr_equal(l, &vm.dev_lock);
	locked = true;
}

void core_unlock(struct core_lock *l)
{
	(void)l;
	locked = false;
}

static int setup(void **state)
{
	(void)state;
	memset(&vm, 0, sizeof(vm));
	vm.ram = (struct range){ RAM, sizeof(memory) };
	vm.cpu[1].index = 1;
	for (unsigned i = 0; i < ARRAY_SIZE(memory); i++)
		memory[i] = i;
	reachable = forced_ok = true;
	fault = FAULT_NONE_;
	forced = devices = its_calls = 0;
	its_answer = ST_OK;
	return 0;
}

static u64 out[COOP_WORDS];

static u64 command(u64 number, u64 a1, u64 a2)
{
	u64 in[COOP_WORDS] = { number, a1, a2 };

	memset(out, 0, sizeof(out));
	coop_command(&vm.cpu[1], in, out);
	return out[0];
}

static void test_query(void **state)
{
	u64 base = BIT(COOP_QUERY) | BIT(COOP_READ_SHARED) | BIT(COOP_WRITE_SHARED) |
		   BIT(COOP_ECHO) | BIT(COOP_INJECT_IRQ) | BIT(COOP_CONSOLE_SUM) |
		   MASK(COOP_DEVICE_LAST, COOP_SECRET) | BIT(COOP_DESTROY);

	(void)state;
	assert_int_equal(command(COOP_QUERY, 0, 0), COOP_OK);
	assert_true(out[1] == COOP_MAGIC);
	assert_true(out[2] == base);
	vm.map.its = 0x08080000;
	assert_int_equal(command(COOP_QUERY, 0, 0), COOP_OK);
	assert_true(out[2] == (base | MASK(COOP_ITS_LAST, COOP_ITS_SAVE)));
}

static void test_shared(void **state)
{
	static const u64 bad[] = { RAM - 8, RAM + sizeof(memory), RAM + 4, 0, ~7ULL };

	(void)state;
	assert_int_equal(command(COOP_READ_SHARED, RAM + 24, 0), COOP_OK);
	assert_int_equal(out[1], 3);
	assert_int_equal(command(COOP_WRITE_SHARED, RAM + 24, 99), COOP_OK);
	assert_int_equal(memory[3], 99);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(command(COOP_READ_SHARED, bad[i], 0), COOP_BAD);
		assert_int_equal(command(COOP_WRITE_SHARED, bad[i], 1), COOP_BAD);
	}
	reachable = false; /* private: the host's access would fault */
	assert_int_equal(command(COOP_READ_SHARED, RAM + 24, 0), COOP_BAD);
	assert_int_equal(out[1], 0);
	assert_int_equal(command(COOP_WRITE_SHARED, RAM + 24, 1), COOP_BAD);
	assert_int_equal(memory[3], 99);
}

static void test_shared_faults(void **state)
{
	(void)state;
	fault = FAULT_SHARED_READ_ELSEWHERE;
	assert_int_equal(command(COOP_READ_SHARED, RAM + 24, 0), COOP_OK);
	assert_int_equal(out[1], 2);
	fault = FAULT_SHARED_WRITE_LOST;
	assert_int_equal(command(COOP_WRITE_SHARED, RAM + 24, 5), COOP_OK);
	assert_int_equal(memory[3], 3);
	fault = FAULT_SHARED_WRITE_ELSEWHERE;
	assert_int_equal(command(COOP_WRITE_SHARED, RAM + 24, 5), COOP_OK);
	assert_int_equal(memory[3], 3);
	assert_int_equal(memory[2], 5);
}

static void test_others(void **state)
{
	(void)state;
	assert_int_equal(command(COOP_ECHO, 1, ~5ULL), COOP_OK);
	assert_true(out[1] == ~1ULL && out[2] == 5 && out[30] == ~0ULL);
	vm.uart.bytes = 12;
	vm.uart.sum = 345;
	assert_int_equal(command(COOP_CONSOLE_SUM, 0, 0), COOP_OK);
	assert_int_equal(out[1], 12);
	assert_int_equal(out[2], 345);
	/* The model's own, the devices', and nobody's. */
	assert_int_equal(command(COOP_DESTROY, RAM, 0), COOP_OK);
	assert_int_equal(out[2], 77);
	assert_int_equal(command(COOP_DESTROY, RAM + 8, 0), COOP_BAD);
	assert_int_equal(command(COOP_SECRET, 0, 0), COOP_OK);
	assert_int_equal(command(COOP_POPULATE, 0, 0), COOP_UNKNOWN);
	assert_int_equal(command(COOP_DESTROY + 64, RAM, 0), COOP_UNKNOWN);
	assert_int_equal(command(~0ULL, 0, 0), COOP_UNKNOWN);
	assert_int_equal(devices, 4);
}

static void test_inject(void **state)
{
	(void)state;
	assert_int_equal(command(COOP_INJECT_IRQ, 40, 0), COOP_OK);
	assert_int_equal(forced_intid, 40);
	forced_ok = false;
	assert_int_equal(command(COOP_INJECT_IRQ, 41, 0), COOP_BAD);
	assert_int_equal(command(COOP_INJECT_IRQ, 0x10000, 0), COOP_BAD);
	fault = FAULT_UNASKED_LOST;
	assert_int_equal(command(COOP_INJECT_IRQ, 40, 0), COOP_OK);
	assert_int_equal(forced, 2);
}

static void test_its(void **state)
{
	(void)state;
	for (u64 c = COOP_ITS_SAVE; c <= COOP_ITS_COUNTS; c++)
		assert_int_equal(command(c, 0, 0), COOP_UNKNOWN); /* there is none */
	assert_int_equal(its_calls, 0);
	vm.map.its = 0x08080000;
	assert_int_equal(command(COOP_ITS_SAVE, 0, 0), COOP_OK);
	assert_ptr_equal(its_what, vits_save);
	assert_int_equal(command(COOP_ITS_RESTORE, 0, 0), COOP_OK);
	assert_ptr_equal(its_what, vits_restore);
	its_answer = ST_CORRUPT;
	assert_int_equal(command(COOP_ITS_SAVE, 0, 0), COOP_BAD);
	assert_int_equal(command(COOP_ITS_RESTORE, 0, 0), COOP_BAD);
	assert_int_equal(command(COOP_ITS_CYCLES, 9, 0), COOP_OK);
	assert_int_equal(ordered, 9);
	vm.cycle.done = 1;
	vm.vits.count.commands = 2;
	vm.vits.count.errors = 3;
	vm.vits.count.raised = 4;
	assert_int_equal(command(COOP_ITS_COUNTS, 0, 0), COOP_OK);
	for (unsigned i = 1; i <= 4; i++)
		assert_int_equal(out[i], i);
}

static bool put(u64 offset, u64 value)
{
	return coop_access(&vm.cpu[1], offset, 8, true, &value);
}

static u64 get(u64 offset)
{
	u64 value = 0;

	assert_true(coop_access(&vm.cpu[1], offset, 8, false, &value));
	return value;
}

/* Arguments first, then the command, which is done at once. */
static void test_registers(void **state)
{
	(void)state;
	assert_true(put(COOP_MMIO_ARG(1), RAM + 16));
	assert_int_equal(get(COOP_MMIO_ARG(1)), RAM + 16);
	assert_true(put(COOP_MMIO_COMMAND, COOP_READ_SHARED));
	assert_int_equal(get(COOP_MMIO_COMMAND), COOP_OK);
	assert_int_equal(get(COOP_MMIO_ARG(1)), 2);
	assert_true(put(COOP_MMIO_ARG(30), 30));
	assert_true(put(COOP_MMIO_COMMAND, COOP_ECHO));
	assert_true(get(COOP_MMIO_ARG(30)) == ~30ULL);
	assert_true(put(COOP_MMIO_COMMAND, COOP_POPULATE));
	assert_true(get(COOP_MMIO_COMMAND) == COOP_UNKNOWN);
	/* Another CPU has words of its own. */
	assert_int_equal(vm.cpu[0].coop.word[30], 0);
}

static void test_no_register(void **state)
{
	static const unsigned sizes[] = { 1, 2, 4 };
	u64 value = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_false(coop_access(&vm.cpu[1], 0, sizes[i], true, &value));
		assert_false(coop_access(&vm.cpu[1], 8, sizes[i], false, &value));
	}
	assert_false(put(COOP_MMIO_ARG(1) + 4, 0));
	assert_false(put(COOP_MMIO_ARG(31), 0));
	assert_false(put(COOP_MMIO_SIZE - 8, 0));
	assert_false(coop_access(&vm.cpu[1], COOP_MMIO_ARG(31), 8, false, &value));
	assert_int_equal(value, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_query, setup),
		cmocka_unit_test_setup(test_shared, setup),
		cmocka_unit_test_setup(test_shared_faults, setup),
		cmocka_unit_test_setup(test_others, setup),
		cmocka_unit_test_setup(test_inject, setup),
		cmocka_unit_test_setup(test_its, setup),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_no_register, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
