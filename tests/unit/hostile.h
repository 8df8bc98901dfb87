/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile vmm against the model: a call that is right but for one argument must end in the exact
 * status of the specification, and not one byte of machine memory (realms, RECs, tables, granule
 * states, guest pages) may have changed. The wrong argument is then put right and the next one set
 * wrong.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "fake_machine.h"

#define RAM     0x40000000ULL
#define W33     (1ULL << 33)
#define ALIAS   (1ULL << 32)
#define WB      (6ULL << 2 | 3ULL << 6)
#define NO_CALL (~0ULL) /* SMCCC NOT_SUPPORTED */

/* An RMI call: function and arguments. */
struct call {
	u64 fid, a[5];
};

static inline struct rmi_result issue(const struct call *c)
{
	return rmi_call(c->fid, c->a[0], c->a[1], c->a[2], c->a[3], c->a[4]);
}

static inline void refused_at(unsigned line, u64 want, struct call c)
{
	size_t size = fake_next - NS_BASE;
	u8 *before = malloc(size);
	u64 got;
	bool same;

	assert_non_null(before);
	memcpy(before, fake_memory, size);
	got = issue(&c).x[0];
	same = memcmp(before, fake_memory, size) == 0;
	free(before);
	if (got != want || !same)
		fail_msg("line %u: call %#llx (%#llx, %#llx, %#llx, %#llx, %#llx): status %#llx, "
			 "expected %#llx; memory %s",
			 line, (unsigned long long)c.fid, (unsigned long long)c.a[0],
			 (unsigned long long)c.a[1], (unsigned long long)c.a[2],
			 (unsigned long long)c.a[3], (unsigned long long)c.a[4],
			 (unsigned long long)got, (unsigned long long)want,
			 same ? "unchanged" : "CHANGED");
}

#define REFUSED(want, fid, ...) refused_at(__LINE__, want, (struct call){ fid, { __VA_ARGS__ } })
#define ACCEPTED(fid, ...)                                                                         \
	assert_int_equal(issue(&(const struct call){ fid, { __VA_ARGS__ } }).x[0], RMI_SUCCESS)

/* The call with one argument replaced. */
struct wrong {
	unsigned arg;
	u64 value, status;
};

static inline void each_wrong_at(unsigned line, struct call good, const struct wrong *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct call c = good;

		c.a[w[i].arg] = w[i].value;
		refused_at(line, w[i].status, c);
	}
}

#define EACH_WRONG(good, w) each_wrong_at(__LINE__, good, w, ARRAY_SIZE(w))

/* One granule in every state, with a realm in state NEW that owns them. */
static u64 zoo[GRANULE_DATA + 1];
#define RD (zoo[GRANULE_RD])

/* Argument `arg` must name a granule in state `right`: every other granule, and what is none. */
static inline void wrong_granules_at(unsigned line, struct call good, unsigned arg,
				     enum granule_state right)
{
	const u64 no_granule[] = {
		0,
		good.a[arg] + 8,
		NS_BASE - PAGE_SIZE,
		NS_BASE, /* the model's own table of granules */
		core_ram_end(),
		core_ram_end() + PAGE_SIZE,
		~0ULL & ~(PAGE_SIZE - 1),
	};
	struct call c = good;

	for (unsigned s = 0; s < ARRAY_SIZE(zoo); s++) {
		c.a[arg] = zoo[s];
		if (s != right)
			refused_at(line, RMI_ERROR_INPUT, c);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no_granule); i++) {
		c.a[arg] = no_granule[i];
		refused_at(line, RMI_ERROR_INPUT, c);
	}
}

#define WRONG_GRANULES(good, arg, right) wrong_granules_at(__LINE__, good, arg, right)

static inline void tables_to(u64 realm, u64 ipa, unsigned from, unsigned to)
{
	for (unsigned level = from; level <= to; level++)
		ACCEPTED(RMI_RTT_CREATE, realm, delegated(),
			 align_down(ipa, s2_entry_size(level - 1)), level);
}

static inline void zoo_init(void)
{
	machine_reset();
	zoo[GRANULE_NS] = ns_page();
	zoo[GRANULE_DELEGATED] = delegated();
	RD = realm_new(33, 2, 8);
	zoo[GRANULE_RTT] = delegated();
	ACCEPTED(RMI_RTT_CREATE, RD, zoo[GRANULE_RTT], RAM, 3);
	zoo[GRANULE_DATA] = delegated();
	ACCEPTED(RMI_DATA_CREATE, RD, zoo[GRANULE_DATA], RAM, ns_page(), 0);
	zoo[GRANULE_REC] = rec_new(RD, 0, true, RAM);
	assert_int_not_equal(zoo[GRANULE_REC], 0);
	zoo[GRANULE_REC_AUX] = rec_of(zoo[GRANULE_REC])->aux[0];
}

static inline int zoo_setup(void **state)
{
	(void)state;
	zoo_init();
	return 0;
}

struct entry {
	u64 level, state, desc, ripas;
};

static inline struct entry read_entry(u64 realm, u64 ipa, u64 level)
{
	struct rmi_result r = rmi_call(RMI_RTT_READ_ENTRY, realm, ipa, level, 0, 0);

	assert_int_equal(r.x[0], RMI_SUCCESS);
	return (struct entry){ r.x[1], r.x[2], r.x[3], r.x[4] };
}

#endif
