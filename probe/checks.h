/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the probe: the check functions and what several subjects use. */
#ifndef CHECKS_H
#define CHECKS_H

#include "deadline.h"
#include "probe.h"
#include "range.h"

#define CHECK(fn, id, aim, rule, needs, platforms, arch, class, end) void fn(void);
#include "checks.def"
#undef CHECK

/* ---- waiting: every wait of a check ends, also where the host never answers ---- */
#define WAIT_NS 2000000000ULL

u64 ticks_to_ns(u64 ticks);

/* ---- test memory ---- */
/* A private block of 2 MiB, mapped as one, for the calling check; false: skip has been said. */
bool block_get(struct range *r);
void block_put(struct range r);
/* Zeroed page for a structure the platform reads or writes; 0: skip has been said. */
u64 page_get(void);
void page_put(u64 page);

/* ---- ktap.c ---- */
enum outcome { OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_SKIP };

void ktap_begin(size_t plan);
void ktap_announce(const struct check *c);
enum outcome ktap_result(const struct check *c, size_t number);
void ktap_totals(void);
size_t ktap_failures(void);

/* ---- probe/<arch>/ ---- */
/* Leaves to whoever runs below this guest and comes back: an instruction that is trapped. */
void visit_host(void);
/* Interrupts nobody set up, for the host to raise. */
#define UNASKED_IDS 3
extern const u32 unasked_ids[UNASKED_IDS];
/* Has no check seen the counter step back? */
bool counter_is_sound(void);
/* The counter that this timer compares with (the virtual one: arch_counter). */
u64 timer_now(bool physical);

/* ---- control channel to a reference host (probe/<arch>/); never there on a real one ---- */
#define COOP_ARGS 4
struct coop {
	u64 arg[COOP_ARGS]; /* arg[0] goes to gprs[1]; results come back the same way */
};
/* Asks once, remembers. */
bool coop_available(void);
/* Is this command known to the host? Says the skip when not. */
bool coop_needs(unsigned command);
bool coop_has(unsigned command);
/* True: the host did it. */
bool coop_call(unsigned command, struct coop *c);
bool coop_do(unsigned command, u64 arg1, u64 arg2);

/* Lines of the report's head that only this platform has. */
void header_platform(void);

#endif
