/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the untrusted half of the pKVM host gives memory to its guest, and what of it the host itself
 * and devices reach. EL2 is played: it owns what was donated, and the guest shares what it likes.
 *
 * sources: hosts/arm64/vmm/pkvm/memory.c lib/range.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/pkvm/pkvm.h"

#define RAM_SIZE MIB(2)
#define FW_SIZE  KIB(128)
#define PAGES    ((RAM_SIZE + FW_SIZE) / PAGE_SIZE)
#define AT(n)    (vm.ram.base + (n)*PAGE_SIZE)

struct vm vm;
struct host_config config;
struct pkvm_host pkvm_host;
static u8 machine[PAGES][PAGE_SIZE] ALIGNED(MIB(2));
enum owner { HOST, GUEST, SHARED, GIVEN_BACK, TAKEN };
static enum owner owner[PAGES];
static unsigned donations, reclaims, searched, locked;
static u64 last_ipa;
static enum status refuse;
static struct smmu_window window[4];
static unsigned windows;
static jmp_buf panicked;

/* Machine memory stands at NS_BASE + IPA, firmware below RAM. */
static u64 lowest(void)
{
	return (u64)(uintptr_t)machine - NS_BASE;
}

static unsigned page_of(u64 ipa)
{
	assert_in_range(ipa, lowest(), lowest() + sizeof(machine) - 1);
	return (unsigned)((ipa - lowest()) / PAGE_SIZE);
}

enum status pkvm_donate(u64 ipa, u64 pa)
{
	unsigned first = page_of(ipa);

	assert_int_equal(pa, NS_BASE + ipa);
	assert_true(is_aligned(ipa, config.granule));
	assert_int_equal(locked, 1);
	if (refuse != ST_OK)
		return refuse;
	for (unsigned i = first; i < first + config.granule / PAGE_SIZE; i++) {
		assert_true(owner[i] == HOST || owner[i] == GIVEN_BACK);
		owner[i] = GUEST;
	}
	donations++;
	last_ipa = ipa;
	return ST_OK;
}

enum status pkvm_reclaim(u64 ipa)
{
	if (owner[page_of(ipa)] != GUEST)
		return ST_STATE;
	reclaims++;
	owner[page_of(ipa)] = TAKEN;
	return ST_OK;
}

void *pkvm_host_access(u64 ipa)
{
	enum owner o = owner[page_of(ipa)];

	return o == SHARED || o == GIVEN_BACK ? &machine[page_of(ipa)][ipa % PAGE_SIZE] : NULL;
}

bool pkvm_is_shared(u64 ipa)
{
	return owner[page_of(ipa)] == SHARED;
}

u64 pkvm_backing(u64 ipa)
{
	return owner[page_of(ipa)] == HOST ? 0 : NS_BASE + ipa;
}

bool core_smmu_start(const struct smmu_window *w, unsigned n)
{
	memcpy(window, w, n * sizeof(*w));
	windows = n;
	return true;
}

bool secret_planted(void)
{
	return true;
}

bool secret_search(const char *name, u64 base, const void *data, size_t size)
{
	(void)name;
	assert_ptr_equal(data, (void *)(uintptr_t)(NS_BASE + base));
	assert_int_equal(size, PAGE_SIZE);
	assert_true(owner[page_of(base)] == SHARED || owner[page_of(base)] == GIVEN_BACK);
	searched++;
	return false;
}

void core_lock(struct core_lock *l)
{
	(void)l;
	locked++;
}

void core_unlock(struct core_lock *l)
{
	(void)l;
	locked--;
}

void core_panic(const char *fmt, ...)
{
	(void)fmt;
	longjmp(panicked, 1);
}

/* memory.c remembers what it gave: each test has pages of its own. */
static int setup(void **state)
{
	(void)state;
	config.granule = KIB(4);
	pkvm_host.firmware = (struct range){ lowest(), FW_SIZE };
	vm.ram = (struct range){ lowest() + FW_SIZE, RAM_SIZE };
	refuse = ST_OK;
	donations = reclaims = searched = locked = 0;
	return 0;
}

static void assert_filled(u64 ipa, u8 value, size_t size)
{
	const u8 *p = &machine[page_of(ipa)][ipa % PAGE_SIZE];

	for (size_t i = 0; i < size; i++)
		assert_int_equal(p[i], value);
}

static void test_has(void **state)
{
	(void)state;
	assert_true(memory_has(vm.ram.base));
	assert_true(memory_has(range_end(vm.ram) - 1));
	assert_false(memory_has(range_end(vm.ram)));
	assert_true(memory_has(pkvm_host.firmware.base));
	assert_false(memory_has(pkvm_host.firmware.base - 1));
	pkvm_host.firmware.size = 0;
	assert_false(memory_has(pkvm_host.firmware.base));
}

/* One granule is given once, filled with what is not zero; nothing beyond guest memory is. */
static void test_fresh(void **state)
{
	(void)state;
	assert_int_equal(memory_give(AT(3) + 5, false), ST_OK);
	assert_int_equal(donations, 1);
	assert_int_equal(last_ipa, AT(3));
	assert_filled(AT(3), 0xd6, PAGE_SIZE);
	memset(machine[page_of(AT(3))], 7, PAGE_SIZE); /* the guest works there */
	assert_int_equal(memory_give(AT(3), false), ST_OK);
	assert_int_equal(donations, 1);
	assert_filled(AT(3), 7, PAGE_SIZE);
	assert_int_equal(memory_give(range_end(vm.ram), true), ST_RANGE);
	assert_int_equal(memory_give(pkvm_host.firmware.base - 1, false), ST_RANGE);
	assert_int_equal(donations, 1);
}

/* With those around it that are not given yet, within 64 KiB. */
static void test_around(void **state)
{
	u64 block = align_up(AT(16), KIB(64));

	(void)state;
	assert_int_equal(memory_give(block + PAGE_SIZE, false), ST_OK);
	assert_int_equal(memory_give(block + 5 * PAGE_SIZE, true), ST_OK);
	assert_int_equal(donations, 16);
	for (u64 at = block; at < block + KIB(64); at += PAGE_SIZE)
		assert_int_equal(owner[page_of(at)], GUEST);
	assert_int_equal(owner[page_of(block - PAGE_SIZE)], HOST);
	assert_int_equal(owner[page_of(block + KIB(64))], HOST);
	/* The end of memory is in the middle of one. */
	vm.ram.size = block + KIB(64) + 3 * PAGE_SIZE - vm.ram.base;
	assert_int_equal(memory_give(block + KIB(64), true), ST_OK);
	assert_int_equal(donations, 19);
}

static void test_loaded(void **state)
{
	u8 text[PAGE_SIZE + 100];

	(void)state;
	memset(text, 0x11, sizeof(text));
	memory_load(AT(100) + 8, text, sizeof(text));
	assert_int_equal(donations, 0); /* not yet */
	memory_load(AT(101) + 2000, text, 16);
	assert_int_equal(memory_give(AT(100), false), ST_OK);
	assert_int_equal(memory_give(AT(101), false), ST_OK);
	assert_filled(AT(100), 0xd6, 8);
	assert_filled(AT(100) + 8, 0x11, sizeof(text));
	assert_filled(AT(101) + 108, 0xd6, 1892);
	assert_filled(AT(101) + 2000, 0x11, 16);
	assert_filled(AT(101) + 2016, 0xd6, PAGE_SIZE - 2016);
}

static void assert_not_loaded(u64 ipa)
{
	volatile bool refused = true;

	if (setjmp(panicked) == 0) {
		memory_load(ipa, "x", 1);
		refused = false;
	}
	assert_true(refused);
}

static void test_not_loaded(void **state)
{
	(void)state;
	assert_not_loaded(range_end(vm.ram));
	setup(NULL);
	assert_int_equal(memory_give(AT(120), false), ST_OK);
	assert_not_loaded(AT(120));
}

/* What comes back is found at the next touch, and is fresh memory then, also where once something
 * was loaded; what is shared has not come back. */
static void test_came_back(void **state)
{
	(void)state;
	memory_load(AT(130), "image", 5);
	assert_int_equal(memory_give(AT(130), false), ST_OK);
	owner[page_of(AT(130))] = SHARED;
	assert_int_equal(memory_give(AT(130), false), ST_OK);
	assert_int_equal(donations, 1);
	assert_int_equal(machine[page_of(AT(130))][0], 'i');
	owner[page_of(AT(130))] = GIVEN_BACK;
	assert_int_equal(memory_give(AT(130), false), ST_OK);
	assert_int_equal(donations, 2);
	assert_filled(AT(130), 0xd6, PAGE_SIZE);
}

static void test_refused(void **state)
{
	(void)state;
	refuse = ST_NO_MEMORY;
	assert_int_equal(memory_give(AT(140), true), ST_NO_MEMORY);
	assert_int_equal(memory_reclaim(AT(140)), ST_NO_MEMORY);
	assert_int_equal(reclaims, 0);
	refuse = ST_OK;
	assert_int_equal(memory_give(AT(140), false), ST_OK); /* nothing says it was given */
	assert_int_equal(donations, 1);
}

static void test_reclaim(void **state)
{
	(void)state;
	assert_int_equal(memory_reclaim(AT(150) + 16), ST_OK);
	assert_int_equal(donations, 1);
	assert_int_equal(reclaims, 1);
	assert_int_equal(owner[page_of(AT(150))], TAKEN);
	assert_int_equal(memory_give(AT(151), false), ST_OK);
	assert_int_equal(memory_reclaim(AT(151)), ST_OK);
	assert_int_equal(donations, 2);
	assert_int_equal(reclaims, 2);
}

/* Bits stand for other places then: the last test of those that give. */
static void test_large_granule(void **state)
{
	u64 granule = align_up(AT(300), KIB(64));

	(void)state;
	config.granule = KIB(64);
	assert_int_equal(memory_give(granule + KIB(63), true), ST_OK);
	assert_int_equal(donations, 1);
	assert_int_equal(last_ipa, granule);
	assert_filled(granule, 0xd6, KIB(64));
}

static void test_reached(void **state)
{
	u64 ipa = AT(200);

	(void)state;
	assert_null(vm_host_memory(ipa, true));
	assert_null(vm_private_memory(ipa));
	owner[page_of(ipa)] = GUEST;
	assert_null(vm_host_memory(ipa, false));
	assert_false(vm_is_shared(ipa));
	assert_false(vm_bus_is_shared(ipa));
	assert_int_equal(vm_bus_memory(ipa, 8), 0);
	assert_int_equal(vm_bus_private(ipa + 8, 8), NS_BASE + ipa + 8);
	assert_ptr_equal(vm_private_memory(ipa), (void *)(uintptr_t)(NS_BASE + ipa));
	owner[page_of(ipa)] = SHARED;
	assert_true(vm_is_shared(ipa));
	assert_true(vm_bus_is_shared(ipa));
	assert_ptr_equal(vm_host_memory(ipa + 3, true), &machine[page_of(ipa)][3]);
	assert_int_equal(vm_bus_memory(ipa + 8, PAGE_SIZE - 8), NS_BASE + ipa + 8);
	assert_int_equal(vm_bus_memory(ipa + 8, PAGE_SIZE - 7), 0); /* beyond its page */
	assert_int_equal(vm_bus_private(ipa + 8, PAGE_SIZE - 7), 0);
	/* Devices reach RAM only, whatever is shared. */
	owner[0] = SHARED;
	assert_int_equal(vm_bus_memory(lowest(), 8), 0);
	assert_int_equal(vm_bus_private(lowest(), 8), 0);
	assert_false(vm_bus_is_shared(lowest()));
	assert_false(vm_bus_is_shared(range_end(vm.ram)));
}

static void test_confined(void **state)
{
	(void)state;
	assert_true(vm_confine(0));
	assert_int_equal(windows, 1);
	assert_int_equal(window[0].input, vm.ram.base);
	assert_int_equal(window[0].size, vm.ram.size);
	assert_int_equal(window[0].kind, SMMU_PAGES);
	assert_true(vm_confine(0x08090000));
	assert_int_equal(windows, 2);
	assert_int_equal(window[1].input, 0x08090000);
	assert_int_equal(window[1].output, 0x08090000);
	assert_int_equal(window[1].size, PAGE_SIZE);
	assert_int_equal(window[1].kind, SMMU_LINEAR);
}

/* All the host can read, in RAM and in the firmware's place. */
static void test_searched(void **state)
{
	(void)state;
	memset(owner, 0, sizeof(owner));
	owner[1] = owner[page_of(AT(7))] = SHARED;
	owner[page_of(AT(8))] = GUEST;
	owner[page_of(AT(9))] = GIVEN_BACK;
	vm_search();
	assert_int_equal(searched, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_has, setup),
		cmocka_unit_test_setup(test_fresh, setup),
		cmocka_unit_test_setup(test_around, setup),
		cmocka_unit_test_setup(test_loaded, setup),
		cmocka_unit_test_setup(test_not_loaded, setup),
		cmocka_unit_test_setup(test_came_back, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_reclaim, setup),
		cmocka_unit_test_setup(test_large_granule, setup),
		cmocka_unit_test_setup(test_reached, setup),
		cmocka_unit_test_setup(test_confined, setup),
		cmocka_unit_test_setup(test_searched, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
