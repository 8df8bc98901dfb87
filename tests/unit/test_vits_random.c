/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random commands, messages and entries against a reference that knows mappings and pending LPIs
 * only. Saving, forgetting and restoring in between changes nothing of it.
 *
 * sources: hosts/arm64/vmm/vgic*.c hosts/arm64/vmm/vits*.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm
 */
#include "fake_vits.h"

#define DEVICES     3u
#define EVENTS      8u
#define COLLECTIONS 4u
#define STEPS       4000u
#define NONE        (-1)

static const u32 device_id[DEVICES] = { 0, 7, 700 };

static struct {
	bool device[DEVICES];
	struct {
		bool valid, enabled;
		u16 collection;
		int pends; /* CPU, or NONE */
	} event[DEVICES][EVENTS];
	int collection[COLLECTIONS]; /* CPU, or NONE */
} ref;

static u32 seed;

static u32 any(u32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static u32 lpi_of(u32 d, u32 e)
{
	return 8192 + d * 40 + e;
}

static void ref_reset(void)
{
	memset(&ref, 0, sizeof(ref));
	for (unsigned c = 0; c < COLLECTIONS; c++)
		ref.collection[c] = NONE;
}

static u32 ref_raise(u32 d, u32 e)
{
	int cpu = ref.event[d][e].valid ? ref.collection[ref.event[d][e].collection] : NONE;

	if (cpu == NONE)
		return 0;
	ref.event[d][e].pends = cpu;
	return 1u << cpu;
}

static void forget_events(u32 d)
{
	memset(ref.event[d], 0, sizeof(ref.event[d]));
	for (u32 e = 0; e < EVENTS; e++)
		ref.event[d][e].pends = NONE;
}

static void do_mapd(u32 d, u32 e)
{
	bool valid = e % 4 != 0;

	assert_int_equal(mapd(device_id[d], 3, ITTS + 0x100 * d, valid), 0);
	ref.device[d] = valid;
	forget_events(d);
}

static void do_mapc(u16 id, unsigned cpu)
{
	bool valid = any(3) != 0;

	assert_int_equal(mapc(id, cpu, valid), 0);
	ref.collection[id] = valid ? (int)cpu : NONE;
	for (u32 i = 0; i < DEVICES * EVENTS && valid; i++)
		if (ref.event[i / EVENTS][i % EVENTS].valid &&
		    ref.event[i / EVENTS][i % EVENTS].collection == id &&
		    ref.event[i / EVENTS][i % EVENTS].pends != NONE)
			ref.event[i / EVENTS][i % EVENTS].pends = (int)cpu;
}

static void do_mapti(u32 d, u32 e, u16 id)
{
	u32 want = ref.device[d] ? 0 : 0x010a04;

	assert_int_equal(mapti(device_id[d], e, lpi_of(d, e), id), want);
	if (want != 0 || ref.event[d][e].valid)
		return;
	ref.event[d][e].valid = true;
	ref.event[d][e].collection = id;
	/* A configuration is read where LPIs are known to be on. */
	ref.event[d][e].enabled = mem.ram[CONFIG - RAM + lpi_of(d, e) - 8192] & 1;
}

static void do_movi(u32 d, u32 e, u16 id)
{
	u32 want = !ref.event[d][e].valid ? 0x010107 : ref.collection[id] == NONE ? 0x010109 : 0;

	assert_int_equal(movi(device_id[d], e, id), want);
	if (want != 0)
		return;
	ref.event[d][e].collection = id;
	if (ref.event[d][e].pends != NONE)
		ref.event[d][e].pends = ref.collection[id];
}

static void do_discard(u32 d, u32 e)
{
	bool good = ref.event[d][e].valid && ref.collection[ref.event[d][e].collection] != NONE;

	assert_int_equal(event_command(15, device_id[d], e), good ? 0 : 0x010f07);
	if (!good)
		return;
	ref.event[d][e].valid = false;
	ref.event[d][e].pends = NONE;
}

static void do_movall(unsigned from, unsigned to)
{
	assert_int_equal(movall(from, to), 0);
	for (u32 i = 0; i < DEVICES * EVENTS; i++)
		if (ref.event[i / EVENTS][i % EVENTS].pends == (int)from)
			ref.event[i / EVENTS][i % EVENTS].pends = (int)to;
}

static void do_inv(u32 d, u32 e)
{
	bool on = any(3) != 0;

	lpi_config(lpi_of(d, e), on ? 0xa1 : 0xa0);
	assert_int_equal(event_command(12, device_id[d], e), ref.event[d][e].valid ? 0 : 0x010c07);
	ref.event[d][e].enabled = on;
}

/* The CPU takes what pends for it, each once, and nothing else. */
static void do_take(unsigned cpu)
{
	u32 ids[DEVICES * EVENTS];
	unsigned n = take(cpu, ids, ARRAY_SIZE(ids)), want = 0;

	for (u32 i = 0; i < DEVICES * EVENTS; i++) {
		u32 d = i / EVENTS, e = i % EVENTS, found = 0;

		if (!ref.event[d][e].valid || !ref.event[d][e].enabled ||
		    ref.event[d][e].pends != (int)cpu)
			continue;
		for (unsigned k = 0; k < n; k++)
			found += ids[k] == lpi_of(d, e);
		assert_int_equal(found, 1);
		ref.event[d][e].pends = NONE;
		want++;
	}
	assert_int_equal(n, want);
}

static void step(bool cycles)
{
	u32 d = any(DEVICES), e = any(EVENTS), cpu = any(CPUS);
	u16 id = (u16)any(COLLECTIONS);

	switch (any(24)) {
	case 0:
		do_mapd(d, e);
		break;
	case 1:
		do_mapc(id, cpu);
		break;
	case 2:
		do_movi(d, e, id);
		break;
	case 3:
		do_discard(d, e);
		break;
	case 4:
		do_movall(cpu, any(CPUS));
		break;
	case 5:
		do_inv(d, e);
		break;
	case 6:
		assert_int_equal(event_command(4, device_id[d], e),
				 ref.event[d][e].valid ? 0 : 0x010507);
		ref.event[d][e].pends = NONE;
		break;
	case 7:
		assert_int_equal(event_command(3, device_id[d], e),
				 ref_raise(d, e) != 0 ? 0 : 0x010307);
		break;
	case 8:
	case 9:
	case 10:
	case 11:
		do_mapti(d, e, id);
		break;
	case 12:
	case 13:
	case 14:
		do_take(cpu);
		break;
	case 15:
		if (!cycles)
			break;
		assert_int_equal(vits_save(&its), ST_OK);
		assert_int_equal(vits_restore(&its), ST_OK);
		break;
	default:
		assert_int_equal(vits_message(&its, device_id[d], e), ref_raise(d, e));
	}
}

static void sequence(enum vits_kind kind, bool two_levels, bool cycles)
{
	its_up(kind);
	if (two_levels) {
		its_wr(0x0000, 4, 0);
		its_wr(0x0100, 8, 3ULL << 62 | DEVTAB);
		its_wr(0x0000, 4, 1);
		poke64(DEVTAB, 1ULL << 63 | LEVEL2);
		poke64(DEVTAB + 8, 1ULL << 63 | (LEVEL2 + 0x10000));
	}
	ref_reset();
	for (u32 d = 0; d < DEVICES; d++)
		forget_events(d);
	for (unsigned n = 0; n < STEPS; n++)
		step(cycles);
	for (unsigned c = 0; c < CPUS; c++)
		do_take(c);
	assert_int_equal(mem.outside, 0);
}

static void test_sequences(void **state)
{
	(void)state;
	for (seed = 1; seed < 9;) {
		u32 s = seed;

		sequence(s & 1 ? VITS_STRICT : VITS_KVM, s & 2, s > 2);
		seed = s + 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
